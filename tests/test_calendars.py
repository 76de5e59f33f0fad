"""Calendars against a week painted minute by minute, and against dates counted by hand."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from holidays import country_holidays
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.engine.simpy_calendar import SpellCalendar
from simulator.errors import RunError
from simulator.plan.calendars import CalendarTables, Horizon
from simulator.plan.work_calendar import WEEK, Floats, WorkCalendar
from simulator.scenario.calendars import CalendarSpec, parse_date_range, parse_days, parse_hours
from tests.choices import START, calendars

MINUTE, HOUR, DAY = 60_000.0, 3_600_000.0, 86_400_000.0
FROM, DAYS = START - timedelta(days=30), 130
"""The painted days: they hold every date that the strategies name."""
TRIALS = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

Specs = dict[str, dict[str, Any]]


def tables(specs: Specs, start: datetime = START) -> CalendarTables:
    """The compiled calendars of a file."""
    models = {name: CalendarSpec.model_validate(spec) for name, spec in specs.items()}
    return CalendarTables(models, Horizon.around(start, start))


def compiled(spec: dict[str, Any], start: datetime = START) -> WorkCalendar:
    """One compiled calendar."""
    found = tables({"own": spec}, start)
    return found.tables[found.index("own")]


def chain(specs: Specs, name: str) -> list[dict[str, Any]]:
    """A calendar and what it is based on, nearest first."""
    found = []
    while name != "weekdays":
        found.append(specs[name])
        name = specs[name].get("based_on", "")
        if not name:
            return found
    return [*found, {"week": {"mon-fri": ["09:00-17:00"]}}]


def hours_on(layers: list[dict[str, Any]], day: date) -> tuple[tuple[int, int], ...]:
    """The spells that begin on a day: an exception's, none on a holiday, else the week's."""
    for layer in layers:
        for text, hours in reversed(layer.get("exceptions", {}).items()):
            first, last = parse_date_range(text)
            if first <= day <= last:
                return parse_hours(hours)
    for layer in layers:
        codes = layer.get("holidays", ())
        for code in (codes,) if isinstance(codes, str) else codes:
            country, _, region = code.partition("-")
            if day in country_holidays(country, subdiv=region or None, years=day.year):
                return ()
    for layer in layers:
        for text, hours in layer.get("week", {}).items():
            if day.weekday() in parse_days(text):
                return parse_hours(hours)
    return ()


def painted(specs: Specs, name: str, begin: datetime = FROM, days: int = DAYS) -> Floats:
    """Whether each minute is working time."""
    minutes = np.zeros((days + 2) * 1440, dtype=bool)
    layers = chain(specs, name)
    for number in range(days + 1):
        day = (begin + timedelta(days=number - 1)).date()
        for first, last in hours_on(layers, day):
            minutes[number * 1440 + first : number * 1440 + last] = True
    for layer in layers:
        for text in layer.get("freeze", ()):
            first_day, last_day = parse_date_range(text)
            from_day = (first_day - begin.date()).days + 1
            minutes[max(from_day, 0) * 1440 : ((last_day - begin.date()).days + 2) * 1440] = False
    return minutes[1440:-1440]


def assert_same(table: WorkCalendar, minutes: Floats, begin: datetime = FROM) -> None:
    """The table has the working time of the painted minutes, both ways, to the millisecond."""
    clock = (begin - START) / timedelta(milliseconds=1) + np.arange(len(minutes) + 1) * MINUTE
    done = np.concatenate(([0.0], np.cumsum(minutes) * MINUTE))
    origin = table.work_at(clock[:1])[0]
    np.testing.assert_array_equal(table.work_at(clock) - origin, done)
    inside = clock[:-1] + 12_345.0
    np.testing.assert_array_equal(table.work_at(inside) - origin, done[:-1] + 12_345.0 * minutes)
    work = np.unique(np.concatenate((done, done[:-1] + 12_345.0, done[1:] - 1.0)))
    work = work[(work > 0) & (work < done[-1])]
    minute = np.searchsorted(done, work, side="right") - 1
    np.testing.assert_array_equal(
        table.start_at(work + origin), clock[minute] + (work - done[minute])
    )
    minute = np.searchsorted(done, work, side="left") - 1
    np.testing.assert_array_equal(
        table.finish_at(work + origin), clock[minute] + (work - done[minute])
    )


@TRIALS
@given(calendars())
def test_calendars_match_painted_minutes(specs: Specs) -> None:
    """Weeks, night shifts, exceptions, holidays, freezes and bases give the minutes they say."""
    found = tables(specs)
    for name in specs:
        assert_same(found.tables[found.index(name)], painted(specs, name))


@TRIALS
@given(calendars())
def test_intersections_match_painted_minutes(specs: Specs) -> None:
    """A row that needs several calendars works in the minutes that all of them have."""
    found = tables(specs)
    names = [*specs, "weekdays", "24x7"]
    minutes = np.logical_and.reduce([painted(specs, name) for name in names[:-1]])
    assert_same(found.tables[found.index(*names)], minutes)


@TRIALS
@given(calendars(), st.sampled_from([-40, -3, 17, 60]))
def test_plain_weeks_repeat_beyond_the_table(specs: Specs, years: int) -> None:
    """Far before and after the table the plain week repeats, without exceptions and freezes."""
    found = tables(specs)
    monday = START + timedelta(weeks=52 * years)
    for name in specs:
        plain = {
            key: {k: spec[k] for k in ("week", "based_on") if k in spec}
            for key, spec in specs.items()
        }
        minutes = painted(plain, name, monday, 16)
        assert_same(found.tables[found.index(name)], minutes, monday)


INSTANTS = st.lists(
    st.one_of(
        st.integers(-3 * 10**9, 10**10),
        st.integers(-(10**12), 3 * 10**12),
        st.integers(-1000, 9000).map(lambda half_hours: half_hours * 1_800_000),
    ),
    min_size=2,
    max_size=60,
).map(lambda values: np.array(sorted(values), dtype=np.float64))


@TRIALS
@given(calendars(), INSTANTS)
def test_round_trips(specs: Specs, instants: Floats) -> None:
    """Both ways back from working time lead to it, and bound the instants that have it."""
    found = tables(specs)
    for name in specs:
        table = found.tables[found.index(name)]
        work = table.work_at(instants)
        start, finish = table.start_at(work), table.finish_at(work)
        np.testing.assert_array_equal(table.work_at(start), work)
        np.testing.assert_array_equal(table.work_at(finish), work)
        np.testing.assert_array_equal(table.work_at(finish - 1.0), work - 1.0)
        np.testing.assert_array_equal(table.work_at(start + 1.0), work + 1.0)
        assert (finish <= instants).all()
        assert (instants <= start).all()
        assert (np.diff(work) >= 0).all()
        assert (np.diff(work) <= np.diff(instants)).all()


@TRIALS
@given(calendars(), INSTANTS, st.integers(-(10**10), 10**10))
def test_spells_looked_up_one_by_one(specs: Specs, instants: Floats, lag: int) -> None:
    """The look-up of the SimPy engine, which shares no code, finds the same for every instant."""
    found = tables(specs)
    names = [*specs, "24x7"]
    for table in [found.tables[found.index(name)] for name in names]:
        spells = SpellCalendar(table)
        lags = np.full(instants.shape, float(lag))
        for vectorized, scalar in (
            (table.work_at(instants), spells.work_at),
            (table.start_at(instants), spells.start_at),
            (table.finish_at(instants), spells.finish_at),
            (table.shift(instants, lags), lambda at, one=spells: one.shift(at, float(lag))),
        ):
            np.testing.assert_array_equal(vectorized, [scalar(float(at)) for at in instants])


OFFICE = {"week": {"mon-thu": ["09:00-13:00", "14:00-18:00"], "fri": ["09:00-15:00"]}}
NIGHT = {"week": {"sun": ["22:00-06:00"], "mon-thu": ["22:00-06:00"]}}


def at(text: str, start: datetime = START) -> float:
    """Milliseconds from program start to a date and time."""
    return (datetime.fromisoformat(text) - start) / timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("spec", "begin", "hours", "start", "finish"),
    [
        (OFFICE, "2027-01-04 00:00", 8, "2027-01-04 09:00", "2027-01-04 18:00"),
        (OFFICE, "2027-01-07 17:00", 1, "2027-01-07 17:00", "2027-01-07 18:00"),
        (OFFICE, "2027-01-07 18:00", 6, "2027-01-08 09:00", "2027-01-08 15:00"),
        (OFFICE, "2027-01-08 15:00", 8, "2027-01-11 09:00", "2027-01-11 18:00"),
        (OFFICE, "2027-01-09 12:00", 0.5, "2027-01-11 09:00", "2027-01-11 09:30"),
        (NIGHT, "2027-01-04 05:00", 2, "2027-01-04 05:00", "2027-01-04 23:00"),
        (NIGHT, "2027-01-08 05:00", 2, "2027-01-08 05:00", "2027-01-10 23:00"),
        (
            {**OFFICE, "exceptions": {"2027-01-05": "off", "2027-01-09": ["10:00-11:30"]}},
            "2027-01-04 14:00", 31.5, "2027-01-04 14:00", "2027-01-11 13:00",
        ),
        (
            {**OFFICE, "freeze": ["2027-01-04..2027-01-10"]},
            "2027-01-04 09:00", 1, "2027-01-11 09:00", "2027-01-11 10:00",
        ),
        (
            {**NIGHT, "freeze": ["2027-01-05"]},
            "2027-01-04 22:00", 3, "2027-01-04 22:00", "2027-01-06 01:00",
        ),
        (
            {**OFFICE, "holidays": "DE-BY"},
            "2027-01-05 17:00", 2, "2027-01-05 17:00", "2027-01-07 10:00",
        ),
    ],
)  # fmt: skip
def test_dates_counted_by_hand(
    spec: dict[str, Any], begin: str, hours: float, start: str, finish: str
) -> None:
    """Work begins and ends on the dates that a calendar on the wall gives."""
    table = compiled(spec)
    position = table.work_at(np.array([at(begin)]))
    assert table.start_at(position)[0] == at(start)
    assert table.finish_at(position + hours * HOUR)[0] == at(finish)


def test_lags_forward_and_back() -> None:
    """A lag leads to the earliest instant that far on, a lead to the latest one that far back."""
    table = compiled(OFFICE)
    friday = np.array([at("2027-01-08 15:00")])
    assert table.shift(friday, np.array([6 * HOUR]))[0] == at("2027-01-11 16:00")
    assert table.shift(friday, np.array([-6 * HOUR]))[0] == at("2027-01-08 09:00")
    assert table.shift(friday, np.array([0.0]))[0] == friday[0]
    thursday = np.array([at("2027-01-07 14:00")])
    assert table.shift(thursday, np.array([-4 * HOUR]))[0] == at("2027-01-07 09:00")
    assert table.shift(thursday, np.array([4 * HOUR]))[0] == at("2027-01-07 18:00")


def test_units_of_a_calendar() -> None:
    """A day is `hours_per_day`, else weekly hours over working weekdays; a week has all hours."""
    assert compiled(OFFICE).hours_per_day == pytest.approx(38 / 5, rel=1e-15)
    assert compiled(OFFICE).hours_per_week == 38
    assert compiled({**OFFICE, "hours_per_day": 8}).hours_per_day == 8
    assert compiled({"based_on": "weekdays", "week": {"sat": ["09:00-13:00"]}}).hours_per_week == 44


def test_working_time_counts_from_an_odd_start() -> None:
    """Working time is zero at the program's start, wherever in a spell that falls."""
    start = datetime(2027, 1, 6, 10, 37)
    table = compiled(OFFICE, start)
    assert table.work_at(np.array([0.0]))[0] == 0
    assert table.finish_at(np.array([HOUR]))[0] == HOUR
    assert table.work_at(np.array([at("2027-01-06 09:00", start)]))[0] == -97 * MINUTE


def test_a_calendar_that_runs_out_says_so() -> None:
    """A calendar with exceptional hours only ends; going on beyond them is a fault of the run."""
    table = compiled({"week": {"mon": "off"}, "exceptions": {"2027-01-05": ["09:00-17:00"]}})
    assert table.finish_at(np.array([8 * HOUR]))[0] == at("2027-01-05 17:00")
    with pytest.raises(RunError, match="runs out of working time"):
        table.finish_at(np.array([8 * HOUR + 1]))
    with pytest.raises(RunError, match="runs out of working time"):
        SpellCalendar(table).finish_at(8 * HOUR + 1)


def test_freezes_do_not_reach_the_weeks_that_repeat() -> None:
    """A freeze that outlasts the table does not stop working time for ever."""
    table = compiled({**OFFICE, "freeze": ["2027-02-01..2069-12-31"]})
    assert table.work_at(np.array([at("2027-02-01 00:00")]))[0] == 4 * 38 * HOUR
    assert table.week_work == 38 * HOUR
    assert table.work_at(np.array([table.end + WEEK]))[0] > table.work_at(np.array([table.end]))[0]
