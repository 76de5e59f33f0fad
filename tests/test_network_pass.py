"""Dates by hand: links, lags, calendars, constraints, milestones, spans, margins, presence."""

import numpy as np
import pytest

from tests.programs import block, compiled, day, hours, planned, row

WEEK = 7 * 24


def test_work_starts_at_the_next_working_time_and_ends_when_it_is_done():
    """Two days from Monday 00:00 are Monday 09:00 to Tuesday 17:00, not Wednesday 09:00."""
    assert planned("a: {duration: 2d}") == {"a": ("Mon 04 Jan 09:00", "Tue 05 Jan 17:00")}


@pytest.mark.parametrize(
    ("link", "start", "finish"),
    [
        ("a", "Thu 07 Jan 09:00", "Fri 08 Jan 17:00"),
        ("a FS+1d", "Fri 08 Jan 09:00", "Mon 11 Jan 17:00"),
        ("a FS-1d", "Wed 06 Jan 09:00", "Thu 07 Jan 17:00"),
        ("a FS+3ed", "Mon 11 Jan 09:00", "Tue 12 Jan 17:00"),
        ("a FS+100%", "Tue 12 Jan 09:00", "Wed 13 Jan 17:00"),
        ("a SS", "Mon 04 Jan 09:00", "Tue 05 Jan 17:00"),
        ("a SS+4h", "Mon 04 Jan 13:00", "Wed 06 Jan 13:00"),
        ("a FF", "Tue 05 Jan 09:00", "Wed 06 Jan 17:00"),
        ("a FF+1d", "Wed 06 Jan 09:00", "Thu 07 Jan 17:00"),
        ("a SF+4d", "Wed 06 Jan 09:00", "Thu 07 Jan 17:00"),
    ],
)
def test_links(link, start, finish):
    """`a` lasts Monday to Wednesday, `b` two days; each link puts `b` where its inequality does."""
    found = planned(f"a: {{duration: 3d}}\nb: {{duration: 2d, after: '{link}'}}")
    assert found["b"] == (start, finish)


def test_a_lead_never_starts_before_the_program():
    """A lead longer than what went before is bounded by program start."""
    found = planned("a: {duration: 1d}\nb: {duration: 1d, after: 'a FS-5d'}")
    assert found["b"][0] == "Mon 04 Jan 09:00"


def test_a_lag_runs_in_the_calendar_it_names():
    """Two days of lag are over on Friday in the week, on Thursday evening in a 24-hour calendar."""
    tasks = "a: {duration: 3d}\nb: {duration: 1d, after: {task: a, lag: 2d, calendar: %s}}"
    assert planned(tasks % "weekdays")["b"][0] == "Mon 11 Jan 09:00"
    assert planned(tasks % "24x7")["b"][0] == "Mon 11 Jan 09:00"
    assert planned(tasks.replace("lag: 2d", "lag: 1d") % "24x7")["b"][0] == "Fri 08 Jan 09:00"


@pytest.mark.parametrize(
    ("lag_calendar", "start"),
    [
        ("successor", "Sat 09 Jan 00:00"),
        ("predecessor", "Mon 11 Jan 17:00"),
        ("program", "Mon 11 Jan 17:00"),
        ("24x7", "Sat 09 Jan 00:00"),
    ],
)
def test_lag_calendar_is_the_default_of_lags(lag_calendar, start):
    """From Friday 17:00 a lag of 7 hours ends on Saturday 00:00, or on Monday in the week."""
    lag = "8h" if lag_calendar in ("predecessor", "program") else "7h"
    found = planned(
        f"a: {{duration: 5d}}\nb: {{duration: 1h, calendar: 24x7, after: 'a FS+{lag}'}}",
        program=f"lag_calendar: {lag_calendar}",
    )
    assert found["b"][0] == start


def test_milestones_stand_and_start_milestones_move():
    """A finish milestone stands on Friday evening, a start milestone moves to Monday morning."""
    found = planned(
        """a: {duration: 5d}
        done: {milestone: true, after: a}
        begun: {milestone: start, after: a}
        named: {milestone: true, calendar: weekdays, after: a}
        empty: {duration: 0, after: a}"""
    )
    assert {found[key] for key in ("done", "empty")} == {("Fri 08 Jan 17:00",) * 2}
    assert {found[key] for key in ("begun", "named")} == {("Mon 11 Jan 09:00",) * 2}


def test_elapsed_durations_run_on_the_clock():
    """48 elapsed hours from Friday 17:00 end on Sunday 17:00."""
    found = planned("a: {duration: 5d}\nb: {duration: 2ed, after: a}\nc: {duration: 1d, after: b}")
    assert found["b"] == ("Fri 08 Jan 17:00", "Sun 10 Jan 17:00")
    assert found["c"][0] == "Mon 11 Jan 09:00"


CONSTRAINTS = {
    "start_no_earlier_than: 2027-01-12": ("Tue 12 Jan 09:00", "Wed 13 Jan 17:00"),
    "start_no_earlier_than: 2027-01-09": ("Mon 11 Jan 09:00", "Tue 12 Jan 17:00"),
    "finish_no_earlier_than: 2027-01-14 12:00": ("Tue 12 Jan 12:00", "Thu 14 Jan 12:00"),
    "must_start: 2027-01-12": ("Tue 12 Jan 09:00", "Wed 13 Jan 17:00"),
    "must_finish: 2027-01-15": ("Thu 14 Jan 09:00", "Fri 15 Jan 17:00"),
    "start_no_later_than: 2027-01-05": ("Thu 07 Jan 09:00", "Fri 08 Jan 17:00"),
}


@pytest.mark.parametrize(("constraint", "dates"), CONSTRAINTS.items())
def test_constraints(constraint, dates):
    """No-earlier dates bound, no-later dates are only reported on."""
    found = planned(f"a: {{duration: 3d}}\nb: {{duration: 2d, after: a, {constraint}}}")
    assert found["b"] == dates


def test_hard_dates_win_over_logic_where_they_are_honoured():
    """With `constraints: honour` a task that must start early does, whatever it waits for."""
    tasks = "a: {duration: 3d}\nb: {duration: 2d, after: a, must_start: 2027-01-05}"
    assert planned(tasks)["b"][0] == "Thu 07 Jan 09:00"
    assert planned(tasks, program="constraints: honour")["b"][0] == "Tue 05 Jan 09:00"


def test_as_late_as_possible_shifts_the_plan():
    """By free float up to what follows; by total float up to the end."""
    tasks = """long: {duration: 5d}
        short: {duration: 1d, as_late_as_possible: %s}
        next: {duration: 1d, after: short}
        end: {milestone: true, after: [long, next]}"""
    free, total = planned(tasks % "free"), planned(tasks % "total")
    assert free["short"][0] == "Mon 04 Jan 09:00"
    assert free["next"][0] == "Tue 05 Jan 09:00"
    assert total["short"][0] == "Thu 07 Jan 09:00"
    assert total["end"][0] == "Fri 08 Jan 17:00"


def test_spans_last_from_first_start_to_last_finish_and_margins_vanish():
    """A span follows its tasks; a margin counts in the plan and not in the simulation."""
    tasks = """a: {duration: 3d}
        b: {duration: 2d, after: a}
        buffer: {duration: 5d, margin: true, after: b}
        end: {milestone: true, after: buffer}
        office: {spans: [a, b]}"""
    found = planned(tasks)
    assert found["office"] == ("Mon 04 Jan 09:00", "Fri 08 Jan 17:00")
    assert found["end"][0] == "Fri 15 Jan 17:00"
    plan = compiled(tasks)
    _, schedule = block(plan, 1)
    assert day(plan, schedule.finish[row(plan, "end"), 0]) == "Fri 08 Jan 17:00"


def test_an_absent_task_passes_on_what_its_links_ask_for():
    """The branch not taken takes no time, ignores its own lag and date, and keeps the next lag."""
    tasks = """a: {duration: 1d}
        buy: {duration: 20d, after: 'a FS+5d', on: way.buy, start_no_earlier_than: 2027-03-01}
        c: {duration: 1d, after: 'buy FS+1d'}"""
    plan = compiled(tasks, more="    branches:\n      way: {buy: 0.5, build: 0.5}\n")
    _, schedule = block(plan)
    absent = ~schedule.exists[row(plan, "buy")]
    assert 900 < absent.sum() < 1150
    starts = {day(plan, ms) for ms in schedule.start[row(plan, "c")][absent]}
    assert starts == {"Wed 06 Jan 09:00"}


def test_rework_repeats_its_tasks_in_sequence():
    """Each round repeats the share of build and of test; what follows test waits for the last."""
    tasks = """build: {duration: 10d}
        test: {duration: 5d, after: build,
               rework: {chance: [0.5, 0.25], redo: [build, test], share: 0.2, at_most: 2}}
        live: {milestone: true, after: test}
        docs: {duration: 1d, after: build}"""
    plan = compiled(" ".join(tasks.split()).replace("} ", "}\n"))
    _, schedule = block(plan, 10_240)
    calendar = plan.network.calendar(plan.network.program_calendar)
    worked = hours(calendar.work_at(schedule.finish[row(plan, "live")])) / 8
    values, counts = np.unique(worked, return_counts=True)
    assert values.tolist() == [15.0, 18.0, 21.0]
    expected = np.array([0.5, 0.375, 0.125])
    error = np.sqrt(expected * (1 - expected) / 10_240)
    assert np.all(np.abs(counts / 10_240 - expected) < 5 * error)
    assert np.all(schedule.start[row(plan, "docs")] == schedule.start[row(plan, "docs"), 0])


def test_calendars_of_pools_narrow_when_a_task_works():
    """A task works only where its own calendar and that of its pool are open."""
    more = """calendars: {mornings: {week: {mon-fri: [09:00-13:00]}}}
pools: {dba: {units: unlimited, calendar: mornings}}
"""
    tasks = "a: {duration: 2d, needs: {dba: 1}%s}"
    assert planned(tasks % "", more=more)["a"][1] == "Thu 07 Jan 13:00"
    ignoring = planned(tasks % ", ignore_pool_calendars: true", more=more)
    assert ignoring["a"][1] == "Tue 05 Jan 17:00"


def test_effort_is_shared_by_the_first_pool():
    """40 person-days shared by four at 0.5 last as long as 20 days of one."""
    more = "pools: {dev: {units: unlimited}}\n"
    found = planned("a: {effort: 40pd, needs: {dev: 4}, sharing: 0.5}", more=more)
    assert found["a"] == planned("a: {duration: 20d}")["a"]


def test_finishing_earlier_can_finish_later_through_a_finish_link():
    """FF into SS: a longer task starts earlier, and so does what starts with it.

    The reason why longer durations need not mean later finishes once FF or SF feed an SS.
    """
    tasks = """a: {duration: 10d}
        b: {duration: %s, after: 'a FF'}
        c: {duration: 10d, after: 'b SS'}"""
    short, long = planned(tasks % "1d"), planned(tasks % "8d")
    assert short["c"][1] == "Thu 28 Jan 17:00"
    assert long["c"][1] == "Tue 19 Jan 17:00"
