"""Properties of the import: calendars and times are exact, odd records never crash it."""

from datetime import date, datetime, time, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import ImportFileError
from simulator.importers.plans.calendars import CalendarBook
from simulator.importers.plans.convert import scenario_of
from simulator.importers.plans.durations import hours_of, time_text
from simulator.importers.plans.source import (
    Amount,
    CalendarException,
    Hours,
    SourceAssignment,
    SourceCalendar,
    SourceFile,
    SourceLink,
    SourceProject,
    SourceResource,
    SourceTask,
    WorkWeek,
)
from simulator.importers.plans.working_time import resolve
from simulator.importers.plans.written import scenario_text
from simulator.plan.calendars import CalendarTables, Horizon
from simulator.scenario.calendars import CalendarSpec
from simulator.scenario.loading import loads
from simulator.scenario.units import HOURS_OF_ELAPSED, MS_PER_HOUR, parse_quantity

START = datetime(2027, 1, 4)
minutes = st.integers(0, 23 * 60 + 59).map(lambda m: time(m // 60, m % 60))
hours = st.lists(st.builds(Hours, minutes, minutes), max_size=3).map(tuple)
days = st.dates(date(2026, 6, 1), date(2027, 12, 31))
exceptions = st.builds(
    lambda first, length, hours: CalendarException(first, first + timedelta(length), hours),
    days, st.integers(0, 20), hours,
)  # fmt: skip
weeks = st.lists(st.none() | hours, min_size=7, max_size=7).map(tuple)
work_weeks = st.builds(
    lambda first, length, week: WorkWeek(first, first + timedelta(length), week),
    days, st.integers(0, 30), weeks,
)  # fmt: skip


def calendar(uid: int, **more):
    """A calendar with its own week, derived from an earlier one or from none."""
    return st.builds(
        SourceCalendar,
        uid=st.just(uid),
        name=st.sampled_from(["Standard", "Bob", "", "24x7", "Übung"]),
        week=weeks,
        parent=st.none() | st.integers(0, 4),
        exceptions=st.lists(exceptions, max_size=3).map(tuple),
        work_weeks=st.lists(work_weeks, max_size=1).map(tuple),
        minutes_per_day=st.none() | st.sampled_from([480, 450, 1440]),
        **more,
    )


@given(one=calendar(0), other=calendar(1))
@settings(max_examples=60, deadline=None)
def test_written_calendars_are_open_when_those_of_the_file_are(one, other) -> None:
    """Week, exceptions, work weeks and parents: the compiled spells are those of each day."""
    found = resolve((one, other))
    book, names = CalendarBook(), {}
    for uid, open_ in found.items():
        if not open_.is_empty and not any(end > 1440 for day in open_.week for _, end in day):
            source = (one, other)[uid]
            names[uid] = book.id_of(open_, source.name, 8.0, found.get(source.parent))
    specs = {
        key: CalendarSpec.model_validate(spec) for key, spec in book.specs(START.date()).items()
    }
    tables = CalendarTables(specs, Horizon.around(START, START))
    for uid, name in names.items():
        table = tables.tables[tables.index(name)]
        for step in range(400):
            day = START.date() + timedelta(step)
            if any(
                end > 1440 for near in (-1, 0) for _, end in found[uid].day(day + timedelta(near))
            ):
                continue
            begin = step * 86_400_000.0
            worked = np.diff(table.work_at(np.array([begin, begin + 86_400_000.0])))[0]
            assert worked == sum(end - first for first, end in found[uid].day(day)) * 60_000


@given(calendar(0), st.integers(0, 60 * 24 * 60), st.integers(1, 30_000))
@settings(max_examples=60, deadline=None)
def test_finish_is_where_the_work_is_done(source, start, work) -> None:
    """So many working minutes lie between, and none of them is later."""
    found = resolve((source,))[0]
    begin = START + timedelta(minutes=start)
    finish = found.finish(begin, work)
    if finish is None:
        assert found.is_empty or found.minutes_between(begin, begin + timedelta(days=300)) < work
    elif not any(end > 1440 for day in (*found.week, *found.special.values()) for _, end in day):
        assert abs(found.minutes_between(begin, finish) - work) < 1e-6
        assert found.minutes_between(begin, finish - timedelta(seconds=1)) < work


units = st.sampled_from(["min", "h", "d", "w", "mo", "y", "emin", "eh", "ed", "ew", "emo", "ey"])
amounts = st.builds(Amount, st.floats(0, 1e4) | st.integers(0, 4000).map(lambda n: n / 480), units)


@given(amounts, st.sampled_from([480, 450, 600, 1440]), st.sampled_from([8.0, 7.5, 24.0]),
       st.sampled_from(["MPP", "XER"]))  # fmt: skip
def test_times_are_written_to_the_millisecond(amount, minutes_per_day, hours_per_day, kind) -> None:
    """Whatever unit is chosen, it reads back as the same whole milliseconds."""
    project = SourceProject(1, "p", kind, minutes_per_day=minutes_per_day)
    read = parse_quantity(time_text(amount, project, hours_per_day))
    lengths = {"h": 1.0, "d": hours_per_day, "mo": 20 * hours_per_day, **HOURS_OF_ELAPSED}
    ours = read.value * lengths[read.unit] * MS_PER_HOUR
    assert abs(round(ours) - round(hours_of(amount, project) * MS_PER_HOUR)) <= 1


uids = st.integers(0, 6)
moments = st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)) | st.datetimes(
    START - timedelta(days=40), START + timedelta(days=40)
)  # fmt: skip
some = st.none() | amounts
links = st.builds(
    SourceLink,
    pred=uids,
    kind=st.sampled_from(["FS", "SS", "FF", "SF"]),
    lag=some | st.builds(Amount, st.floats(-100, 200), st.sampled_from(["%", "e%", "d"])),
    external=st.sampled_from(["", "", "other"]),
)
constraints = st.sampled_from(
    [
        "",
        "AS_SOON_AS_POSSIBLE",
        "AS_LATE_AS_POSSIBLE",
        "MUST_START_ON",
        "MUST_FINISH_ON",
        "START_ON",
        "START_NO_EARLIER_THAN",
        "FINISH_NO_LATER_THAN",
        "FINISH_ON",
        "START_NO_LATER_THAN",
    ]
)
percents = st.none() | st.sampled_from([0.0, 12.5, 100.0, 120.0])
tasks = st.builds(
    SourceTask,
    uid=uids,
    name=st.text(max_size=12),
    wbs=st.text(max_size=4),
    parent=st.none() | uids,
    summary=st.booleans(),
    active=st.sampled_from([True, True, False]),
    manual=st.booleans(),
    external=st.booleans(),
    kind=st.sampled_from(["", "TASK_DEPENDENT", "RESOURCE_DEPENDENT", "LEVEL_OF_EFFORT",
                          "FINISH_MILESTONE", "START_MILESTONE", "WBS_SUMMARY"]),
    fixed=st.sampled_from(["", "FIXED_DURATION"]),
    duration=some, remaining=some, percent=percents, physical_percent=percents,
    calendar=st.none() | st.integers(0, 4),
    ignore_resource_calendar=st.booleans(),
    priority=st.none() | st.integers(0, 1000),
    constraint=constraints, constraint_date=moments,
    second_constraint=constraints, second_constraint_date=moments, deadline=moments,
    start=moments, finish=moments, early_start=moments, early_finish=moments,
    actual_start=moments, actual_finish=moments,
    suspended=moments, resumed=moments, stop=moments, resume=moments,
    cost=st.none() | st.floats(0, 1e6), fixed_cost=st.none() | st.floats(0, 1e6),
    notes=st.text(max_size=5),
    links=st.lists(links, max_size=3).map(tuple),
    assignments=st.lists(
        st.builds(SourceAssignment, resource=st.none() | st.integers(0, 3),
                  units=st.none() | st.floats(0, 5), work=some, cost=st.none() | st.floats(0, 1e5)),
        max_size=3,
    ).map(tuple),
)  # fmt: skip
resources = st.builds(
    SourceResource,
    uid=st.integers(0, 2),
    name=st.text(max_size=6),
    kind=st.sampled_from(["WORK", "NON_LABOR", "MATERIAL", "COST"]),
    max_units=st.none() | st.floats(0, 10),
    calendar=st.none() | st.integers(0, 4),
    rate=st.none() | st.builds(Amount, st.floats(0, 1e4), st.sampled_from(["h", "d", "y", "?"])),
    cost_per_use=st.none() | st.floats(0, 1e3),
)
projects = st.builds(
    SourceProject,
    uid=st.integers(0, 3),
    name=st.text(max_size=10),
    file_type=st.sampled_from(["MPP", "XER", "GANTTPROJECT", "PLANNER"]),
    start=moments,
    status_date=moments,
    must_finish_by=moments,
    from_finish=st.booleans(),
    calendar=st.none() | st.integers(0, 4),
    currency=st.text(max_size=3),
    lag_calendar=st.sampled_from(["", "PREDECESSOR", "TWENTY_FOUR_HOUR", "PROJECT_DEFAULT"]),
    honour_constraints=st.none() | st.booleans(),
    calendars=st.tuples(calendar(0), calendar(1)),
    resources=st.lists(resources, max_size=3).map(tuple),
    tasks=st.lists(tasks, max_size=6).map(tuple),
)


@given(st.lists(projects, min_size=1, max_size=2).map(tuple), st.booleans())
@settings(max_examples=60, deadline=None)
def test_odd_records_make_a_scenario_without_faults_or_are_refused(found, level) -> None:
    """Whatever a file holds: a scenario that loads as it is, or one clear fault."""
    source = SourceFile(found)
    try:
        imported = scenario_of(source, "odd.mpp", level=level, ranges="routine")
    except ImportFileError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert refusal.startswith("the file cannot be imported\nodd.mpp: ")
        return
    assert loads(scenario_text(imported, source, "odd.mpp")) == imported.scenario
