"""Sentences of the contract (FORMAT.md), each pinned by a scenario small enough to do by hand."""

import json

import numpy as np
import pytest

import simulator
from simulator.plan.rows import rounds_of
from simulator.run.store import result_text
from tests.programs import compiled, day, deterministic, planned, scenario

BRANCH = "    branches: {x: {y: %s, n: %s}}\n"
STOP = "risks:\n  s: {chance: 1, at: 2027-03-01, stops: %s}\n"


def results(tasks: str, *, program: str = "", more: str = "", n: int = 50) -> simulator.Results:
    """A small run."""
    return simulator.simulate(scenario(tasks, program=program, more=more), iterations=n)


def mean_cost(tasks: str, *, program: str = "", more: str = "") -> float:
    """The mean cost of a small run in which nothing about it is uncertain."""
    return float(results(tasks, program=program, more=more).joined.cost.mean())


# ---- section 2: units and dates


@pytest.mark.parametrize(
    ("duration", "finish"),
    [
        ("1w", "Fri 08 Jan 15:00"),  # weekly hours: 4 x 8 + 6
        ("38h", "Fri 08 Jan 15:00"),
        ("1d", "Mon 04 Jan 18:00"),  # hours_per_day
        ("1mo", "Mon 01 Feb 18:00"),  # 20 d = 160 h = 4 weeks of 38 h and 8 h
        ("30eh", "Tue 05 Jan 06:00"),
    ],
)
def test_units_of_a_duration(duration, finish):
    """`d` = hours_per_day; `w` = weekly hours; `mo` = 20 d; elapsed units run on 24x7."""
    office = (
        "calendars:\n  office: {week: {mon-thu: ['09:00-13:00', '14:00-18:00'],"
        " fri: ['09:00-15:00']}, hours_per_day: 8}\n"
    )
    tasks = f"a: {{duration: {duration}}}"
    assert planned(tasks, program="calendar: office", more=office)["a"][1] == finish


def test_a_day_without_hours_per_day_is_weekly_hours_over_working_weekdays():
    """Four days of 8 hours and one of 6 make days of 7.6 hours."""
    week = "{week: {mon-thu: ['09:00-17:00'], fri: ['09:00-15:00']}}"
    found = planned("a: {duration: 1d, calendar: c}", more=f"calendars:\n  c: {week}\n")
    assert found["a"][1] == "Mon 04 Jan 16:36"


def test_a_week_of_its_own_makes_days_of_its_own():
    """`d` = its hours_per_day, else weekly hours / working weekdays: ten hours here."""
    long = "calendars:\n  long: {based_on: weekdays, week: {mon-fri: ['08:00-18:00']}}\n"
    found = planned("a: {duration: 1d, calendar: long}", more=long)
    assert found["a"] == ("Mon 04 Jan 08:00", "Mon 04 Jan 18:00")


def test_a_month_of_money_is_a_calendar_month():
    """`mo` is a calendar month in money: all of February is one."""
    line = "costs: {x: {rate: 1_000/mo, from: 2027-02-01, to: 2027-02-28}}"
    assert deterministic("a: {duration: 60d}", program=line).cost == pytest.approx(1000)


def test_dates_without_a_time_begin_at_midnight_and_are_due_at_the_next():
    """A deadline on Friday is kept on Friday 17:00, one on Friday 16:59 is not."""
    for deadline, kept in (("2027-01-08", 1.0), ("2027-01-08 16:59", 0.0), ("2027-01-07", 0.0)):
        found = results("a: {duration: 5d}", program=f"deadline: {deadline}")
        assert found.probability["on_time"].value == kept
    freeze = "calendars:\n  c: {based_on: weekdays, freeze: [2027-01-05..2027-01-06]}\n"
    assert planned("a: {duration: 2d, calendar: c}", more=freeze)["a"][1] == "Thu 07 Jan 17:00"


# ---- section 3: what a time is


def test_milestones_stand_where_they_are_unless_they_name_a_calendar():
    """`finish` stands on Friday 17:00, `start` and a named calendar move on to Monday."""
    tasks = """a: {duration: 5d}
        f: {milestone: true, after: a}
        s: {milestone: start, after: a}
        n: {milestone: true, calendar: weekdays, after: a}
        z: {duration: 0d, after: a}"""
    found = planned(tasks)
    assert [found[key][0] for key in "fsnz"] == [
        "Fri 08 Jan 17:00", "Mon 11 Jan 09:00", "Mon 11 Jan 09:00", "Fri 08 Jan 17:00",
    ]  # fmt: skip


def test_percent_lags_are_of_the_predecessors_duration():
    """Half of ten days after its finish, after its start, and as a lead."""
    tasks = """a: {duration: 10d}
        b: {duration: 1d, after: a FS+50%}
        c: {duration: 1d, after: a SS+50%}
        d: {duration: 1d, after: a FS-50%}"""
    found = planned(tasks)
    assert [found[key][0][4:6] for key in "bcd"] == ["25", "11", "11"]


def test_a_percent_lag_of_a_reworked_task_is_of_its_duration():
    """In the deterministic plan there is no rework, and the lag is that of any other task."""
    tasks = "a: {duration: 10d, rework: {chance: 0.2}}\nb: {duration: 1d, after: a FS+50%}"
    assert planned(tasks)["b"][0] == "Mon 25 Jan 09:00"


def test_must_start_reports_breaches_only():
    """A task that starts on the first working instant of the day it must start on keeps it."""
    found = results("a: {duration: 5d, must_start: 2027-01-06}").to_dict()
    assert found["tasks"]["p.a"]["constraints"]["must_start"]["value"] == 1.0


@pytest.mark.parametrize(
    "task",
    [
        pytest.param("{duration: 0d, %s}", id="no duration"),
        pytest.param("{duration: 5d, on: x.y, %s}", id="absent"),
    ],
)
def test_as_late_as_possible_never_ends_before_it_begins(task):
    """An instant stays one, and an absent task only passes on."""
    late = task % "as_late_as_possible: free"
    tasks = f"a: {late}\nb: {{duration: 5d}}\nc: {{duration: 5d, after: [a, b]}}"
    shown = deterministic(tasks, more=BRANCH % (0.1, 0.9)).shown
    assert np.all(shown.start <= shown.finish)


# ---- section 4: one iteration


def test_rework_follows_its_chances_between_its_bounds():
    """Certain at first, never after: one round of half the work."""
    tasks = "a: {duration: 10d, rework: {chance: [1, 0], share: 0.5, at_most: 3}}"
    assert np.all(results(tasks).joined.duration == 15 * 8 * 3_600_000)
    tasks = "a: {duration: 10d, rework: {chance: 0, share: 0.1, at_least: 2}}"
    assert np.all(results(tasks).joined.duration == 12 * 8 * 3_600_000)


def test_rework_goes_on_after_the_rounds_that_are_certain():
    """Of the iterations, 3 in 10 want a 21st round."""
    loaded = scenario("a: {duration: 5d, rework: {chance: 0.3, at_least: 20}}")
    assert rounds_of(loaded.tasks["p.a"]) > 21


@pytest.mark.parametrize("what", ["p", "program"])
def test_a_milestone_behind_stopped_work_is_never_reached(what):
    """Tasks not started by the stop are absent; a stopped `finish` never comes."""
    tasks = """a: {duration: 60d}
        b: {duration: 20d, after: a}
        go: {milestone: true, after: b, deadline: 2028-01-01}"""
    found = results(tasks, program="finish: p.go, deadline: 2028-01-01", more=STOP % what)
    assert not np.isfinite(found.joined.finish).any()
    assert found.probability["on_time:p.go"].value in {0.0, None}


def test_a_program_that_ends_before_its_stop_is_not_stopped():
    """Only one project was stopped, and the program finished years before its own stop."""
    risks = STOP % "m" + "  late: {chance: 1, at: 2040-01-01, stops: program}\n"
    more = "  m:\n    tasks: {b: {duration: 90d}}\n" + risks
    assert np.isfinite(results("a: {duration: 5d}", more=more).joined.finish).all()


@pytest.mark.parametrize(
    ("program", "more", "expected"),
    [
        ("costs: {x: {amount: 700, at: 2027-02-01}}", "", 700),
        ("costs: {x: {rate: 10/ed, from: 2027-02-01, to: 2027-12-31}}", "", 280),
        ("", "mitigations: {m: {cost: 700, at: 2027-02-01, bought: true}}\n", 700),
        ("", "  r: {chance: 1, hits: [{cost: 700, at: 2027-02-01}]}\n", 700),
    ],
)
def test_cost_counts_up_to_the_stop(program, more, expected):
    """Nobody works between the two tasks when the program is stopped in March."""
    tasks = "a: {duration: 5d}\nb: {duration: 5d, after: a FS+100d}"
    found = mean_cost(tasks, program=program, more=STOP % "program" + more)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(("plan", "days"), [("10d", 10), ("30pd", 10), ("10pd", 10 / 3)])
def test_the_deterministic_plan_takes_what_the_task_plans(plan, days):
    """`plan:` if the task gives one: a duration as it is, an effort shared by those it needs."""
    pool = "pools:\n  dev: {units: unlimited}\n"
    task = f"a: {{effort: 60pd, plan: {plan}, needs: {{dev: 3}}}}"
    found = deterministic(task, more=pool).duration
    assert found == pytest.approx(days * 8 * 3_600_000, abs=1)


def test_a_planned_range_is_refused():
    """The plan takes one value; a range is refused, never ignored."""
    with pytest.raises(simulator.ScenarioError, match="is a range"):
        deterministic("a: {duration: 5d, plan: {pert: [10d, 20d, 30d]}}")


def test_several_mitigations_multiply_their_ratios():
    """0.4 halved and quartered is 0.05."""
    more = """risks:
  r: {chance: 0.4, hits: [{cost: 1}]}
mitigations:
  a: {bought: true, on: {r: {chance: 0.2}}}
  b: {bought: true, on: {r: {chance: 0.1}}}
"""
    found = results("a: {duration: 5d}", more=more, n=20_000).risks["r"].occurred
    assert found.low <= 0.05 <= found.high


# ---- section 7: results, and no traceback for a user's mistake


def test_an_absent_project_never_finishes():
    """What does not exist has no date, neither simulated nor planned."""
    more = (BRANCH % (0.0, 1.0)) + "  m:\n    tasks: {b: {duration: 5d, on: p.x.y}}\n"
    found = results("a: {duration: 5d}", more=more).to_dict()["outcomes"]["finish:m"]
    assert found["quantiles"]["p80"]["value"] is None
    assert found["deterministic"] is None


def test_a_task_that_the_plan_leaves_out_has_no_deterministic_dates():
    """`check --dates` says null, and so must the result."""
    tasks = "a: {duration: 5d}\nb: {duration: 5d, after: a, on: x.y}"
    found = results(tasks, more=BRANCH % (0.3, 0.7)).to_dict()
    assert found["tasks"]["p.b"]["start"]["deterministic"] is None


@pytest.mark.parametrize(
    ("program", "more"),
    [
        pytest.param("", "  m: {tasks: {office: {spans: [p.a]}}}\n", id="spans alone"),
        pytest.param(
            "",
            "  m: {tasks: {g: {milestone: true}}}\n"
            "risks: {r: {chance: 1, hits: [{projects: [m], factor: 2}]}}\n",
            id="hit on a project of milestones",
        ),
        pytest.param("escalation: {rate: -2, prices_of: 2026-01-01}", "", id="prices below zero"),
    ],
)
def test_what_is_legal_runs_and_what_is_not_is_a_fault(program, more):
    """Never a traceback for a user's mistake."""
    try:
        results("a: {duration: 5d, cost: 5}", program=program, more=more)
    except simulator.SimulatorError:
        return


@pytest.mark.parametrize("n", [1, 2, 40])
@pytest.mark.parametrize("first", [0, 1, 4096])
def test_result_json_is_what_to_dict_says(n, first):
    """`Results.to_dict()` is exactly `result.json`, with null and never nan, however few."""
    tasks = "a: {duration: {pert: [1d, 2d, 9d]}}\ng: {milestone: true, after: a, on: x.y}"
    loaded = scenario(tasks, program="deadline: 2026-01-01, budget: 5", more=BRANCH % (0.5, 0.5))
    found = simulator.simulate(loaded, iterations=n, task_iterations=first)
    assert json.loads(result_text(found)) == found.to_dict()
    json.dumps(found.to_dict(), allow_nan=False)
    if first == 0:
        assert found.to_dict()["tasks"]["p.a"]["start"]["p50"] is None


def test_addresses_are_spelled_as_the_contract_spells_them():
    """Paths of ids; a hit by its own name, else by its effect and targets."""
    tasks = """build: {duration: {uniform: [1d, 5d]}, rework: {chance: 0.1, at_most: 2,
          share: {uniform: [0.1, 0.3]}}}
        b: {duration: 5d, class: novel, on: x.y}""".replace(",\n          ", ", ")
    more = f"""{BRANCH % (0.5, 0.5)}classes:
  novel: {{uniform: [0.9, 1.2]}}
risks:
  late: {{chance: 0.5, hits: [{{name: big, tasks: [p.b], delay: {{uniform: [1d, 5d]}}}},
    {{tasks: [p.b], wait: {{uniform: [1d, 5d]}}}}]}}
"""
    names = {variable.name for variable in compiled(tasks, more=more).variables.table}
    assert names == {
        "p.build/duration", "p.build/rework.1/occurs", "p.build/rework.1/share",
        "p.build/rework.2/occurs", "p.build/rework.2/share", "p.b/class", "p.x/branch",
        "risks.late/occurs", "risks.late/big/delay", "risks.late/wait(p.b)/wait",
    }  # fmt: skip


def test_a_program_may_start_at_any_time_of_day():
    """Nothing begins before it, on any calendar, past midnight or not."""
    nights = "calendars:\n  n: {week: {mon-fri: ['22:00-06:00']}}\n"
    tasks = "a: {duration: 8h, calendar: n}\nb: {duration: 8h}"
    text = f"program: {{start: 2027-01-05 02:30}}\nprojects:\n  p:\n    tasks:\n      {tasks}\n"
    plan = simulator.loads(text.replace("\nb:", "\n      b:") + nights)
    found = simulator.simulate(plan, iterations=1)
    shown = found.deterministic.shown
    assert day(found.plan, shown.start[0, 0]) == "Tue 05 Jan 02:30"
    assert day(found.plan, shown.finish[0, 0]) == "Wed 06 Jan 02:30"
    assert day(found.plan, shown.start[1, 0]) == "Tue 05 Jan 09:00"
