"""What has happened by a data date: facts stand, what remains is simulated, engines agree."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import simulator
from simulator.engine.compiled.engine import compiled_pass
from simulator.engine.draws import draw
from simulator.engine.durations import durations_of
from simulator.engine.network_pass import network_pass
from simulator.engine.simpy_engine import simpy_pass
from simulator.errors import ScenarioError
from simulator.plan.compile import Plan, compile_plan
from simulator.reports.plan_dates import plan_dates
from simulator.run.deterministic import deterministic_plan
from simulator.scenario.checks import cross_check
from simulator.scenario.program import Scenario
from tests import truth
from tests.programs import block, compiled, planned, row, scenario
from tests.strategies import scenarios, seeds

WORKDAY = 8 * 3_600_000.0
CHAIN = """
a: {duration: 5d}
b: {duration: 10d, after: [a]}
c: {duration: 5d, after: [b]}
"""


def status(text: str) -> str:
    return f"status: {{{text}}}"


def dates(tasks: str, text: str, program: str = "") -> dict[str, Any]:
    """What `check --dates --json` says of each task of project `p`."""
    plan = compiled(tasks, program=program, more=status(text))
    found = plan_dates(plan, deterministic_plan(plan))["tasks"]
    return {key.partition(".")[2]: value for key, value in found.items()}


# -- the deterministic plan ----------------------------------------------------------------------


def test_a_finished_task_keeps_its_dates_and_the_rest_waits_for_the_date() -> None:
    """Finished on Tuesday, the date is Friday night: the next task begins on Monday."""
    text = "date: 2027-01-15, tasks: {p.a: {started: 2027-01-05, finished: 2027-01-12}}"
    assert planned(CHAIN, more=status(text)) == {
        "a": ("Tue 05 Jan 09:00", "Tue 12 Jan 17:00"),
        "b": ("Mon 18 Jan 09:00", "Fri 29 Jan 17:00"),
        "c": ("Mon 01 Feb 09:00", "Fri 05 Feb 17:00"),
    }


def test_work_at_odd_hours_stands_to_the_minute() -> None:
    """Begun on a Saturday at seven and finished on a Sunday at midnight, whatever the calendar."""
    text = "date: 2027-01-15, tasks: {p.a: {started: 2027-01-09 07:00, finished: 2027-01-10 23:59}}"
    assert planned(CHAIN, more=status(text))["a"] == ("Sat 09 Jan 07:00", "Sun 10 Jan 23:59")


@pytest.mark.parametrize(
    ("told", "finish"),
    [
        ("remaining: 3d", "Wed 20 Jan 17:00"),
        ("percent: 80", "Tue 19 Jan 17:00"),
        ("remaining: {pert: [1d, 2d, 9d]}", "Tue 19 Jan 17:00"),
        ("remaining: 3d, suspended: 2027-01-12, resumed: 2027-01-20", "Fri 22 Jan 17:00"),
        ("expected_finish: 2027-01-21", "Thu 21 Jan 17:00"),
        ("remaining: 0d", "Sat 16 Jan 00:00"),
    ],
)
def test_what_remains_of_a_running_task_goes_on_at_the_date(told: str, finish: str) -> None:
    """Its start stays, its finish is that of what remains; an instant is where it is asked for."""
    text = f"date: 2027-01-15, tasks: {{p.b: {{started: 2027-01-11, {told}}}}}"
    tasks = "b: {duration: 10d}"
    assert planned(tasks, more=status(text)) == {"b": ("Mon 11 Jan 09:00", finish)}


@pytest.mark.parametrize(
    ("logic", "start", "finish"),
    [
        ("retained", "2027-01-20T09:00:00", "2027-01-26T17:00:00"),
        ("override", "2027-01-18T09:00:00", "2027-01-22T17:00:00"),
    ],
)
def test_work_out_of_sequence_waits_or_does_not(logic: str, start: str, finish: str) -> None:
    """Retained: what remains still waits for the predecessor, which has two days to go."""
    text = (
        f"date: 2027-01-15, logic: {logic}, tasks: {{p.a: {{started: 2027-01-04, remaining: 2d}},"
        " p.b: {started: 2027-01-11, remaining: 5d}}"
    )
    found = dates(CHAIN, text)["b"]
    assert (found["early_start"], found["early_finish"]) == (start, finish)


def test_links_from_the_start_of_a_running_task_count_from_its_actual_start() -> None:
    """SS+8d after a start on the 11th is the 21st, though what remains goes on on the 18th."""
    tasks = "a: {duration: 10d}\nb: {duration: 1d, after: [a SS+8d]}"
    text = "date: 2027-01-15, tasks: {p.a: {started: 2027-01-11, remaining: 5d}}"
    found = planned(tasks, more=status(text))
    assert found["a"] == ("Mon 11 Jan 09:00", "Fri 22 Jan 17:00")
    assert found["b"] == ("Thu 21 Jan 09:00", "Thu 21 Jan 17:00")


def test_what_a_tool_shows_as_early_dates() -> None:
    """Primavera shows what remains, and the data date where nothing does; MS Project the facts."""
    tasks = (
        "p.a: {started: 2027-01-04, finished: 2027-01-08}, p.b: {started: 2027-01-11, percent: 50}"
    )
    left = dates(CHAIN, f"date: 2027-01-15, tasks: {{{tasks}}}")
    shown = dates(CHAIN, f"date: 2027-01-15, started_shows: actual, tasks: {{{tasks}}}")
    assert left["a"]["early_start"] == left["a"]["early_finish"] == "2027-01-16T00:00:00"
    assert left["b"]["early_start"] == "2027-01-18T09:00:00"
    assert shown["a"]["early_start"] == "2027-01-04T09:00:00"
    assert shown["b"]["early_start"] == "2027-01-11T09:00:00"
    assert left["b"]["start"] == shown["b"]["start"] == "2027-01-11T09:00:00"
    assert left["a"]["total_float_hours"] is None
    assert not left["a"]["critical"]
    assert left["b"]["critical"]


def test_a_tool_that_leaves_unstarted_work_where_it_was_planned() -> None:
    """In the plan of dates the past stays as planned; a simulation holds all to the date."""
    text = (
        "date: 2027-01-29, unstarted: as_planned, tasks: {p.a: {started: 2027-01-04, percent: 40}}"
    )
    assert planned(CHAIN, more=status(text)) == {
        "a": ("Mon 04 Jan 09:00", "Fri 08 Jan 17:00"),
        "b": ("Mon 11 Jan 09:00", "Fri 22 Jan 17:00"),
        "c": ("Mon 25 Jan 09:00", "Fri 29 Jan 17:00"),
    }
    plan = compiled(CHAIN, more=status(text)).simulated()
    _, schedule = block(plan, 4)
    assert schedule.finish[row(plan, "a")].tolist() == [ms(plan, "2027-02-03 17:00")] * 4


def ms(plan: Plan, at: str) -> float:
    return plan.clock.ms(datetime.fromisoformat(at))


def test_a_branch_is_decided_by_what_has_begun() -> None:
    """The outcome on which a task runs is certain, the other never happens."""
    text = """
format: 1
program: {start: 2027-01-04}
projects:
  p:
    tasks:
      buy: {duration: 5d, on: way.buy}
      build: {duration: 50d, on: way.build}
    branches: {way: {buy: 0.1, build: 0.9}}
status: {date: 2027-01-06, tasks: {p.buy: {started: 2027-01-05, remaining: 3d}}}
"""
    plan = compile_plan(simulator.loads(text))
    _, schedule = block(plan.simulated(), 64)
    assert schedule.exists[row(plan, "buy")].all()
    assert not schedule.exists[row(plan, "build")].any()


def test_an_end_that_is_late_already_decides_its_branch() -> None:
    """A condition on the finish of a finished task is a fact."""
    text = """
format: 1
program: {start: 2027-01-04}
projects:
  p:
    tasks:
      test: {duration: {pert: [1d, 2d, 30d]}}
      plan_b: {duration: 5d, after: [test], on: fallback.yes}
    branches: {fallback: {when: test finishes after 2027-01-08}}
status: {date: 2027-01-15, tasks: {p.test: {started: 2027-01-04, finished: 2027-01-%s}}}
"""
    for day, taken in (("08", False), ("11", True)):
        plan = compile_plan(simulator.loads(text % day)).simulated()
        _, schedule = block(plan, 64)
        assert (schedule.exists[row(plan, "plan_b")] == taken).all()


# -- the simulation ------------------------------------------------------------------------------


def test_remaining_takes_the_number_of_the_duration_it_replaces() -> None:
    """The same future is lucky in what remains as it was in the whole."""
    tasks = "a: {duration: {uniform: [0d, 10d]}}"
    running = "p.a: {started: 2027-01-04, remaining: {uniform: [0d, 5d]}}"
    whole, left = (
        compiled(tasks),
        compiled(tasks, more=status(f"date: 2027-01-05, tasks: {{{running}}}")),
    )
    works = [block(plan, 500)[0].work[row(plan, "a")] for plan in (whole, left)]
    np.testing.assert_allclose(works[1], works[0] / 2, atol=1.0)


@pytest.mark.parametrize(("remaining", "factored"), [("5d", True), ("{uniform: [4d, 6d]}", False)])
def test_a_number_takes_open_factors_and_a_distribution_stands(
    remaining: str, factored: bool
) -> None:
    """Only what remains as a number is multiplied by class and factor."""
    tasks = "a: {duration: 10d, class: double}"
    more = (
        "classes: {double: {uniform: [2, 2.000001]}}\n"
        "risks: {hot: {chance: 1, hits: [{tasks: [p.a], factor: 3}]}}\n"
        + status(
            f"date: 2027-01-05, tasks: {{p.a: {{started: 2027-01-04, remaining: {remaining}}}}}"
        )
    )
    plan = compiled(tasks, more=more)
    work = block(plan, 500)[0].work[row(plan, "a")] / WORKDAY
    if factored:
        np.testing.assert_allclose(work, 30.0, rtol=1e-6)
    else:
        assert 4.0 <= work.min() < work.max() <= 6.0


def test_without_a_word_on_what_remains_the_estimate_is_conditional() -> None:
    """Uniform on 0 to 10 days and not finished after 4: what is left is uniform on 0 to 6."""
    tasks = "a: {duration: {uniform: [0d, 10d]}}"
    text = "date: 2027-01-07, tasks: {p.a: {started: 2027-01-04}}"
    plan = compiled(tasks, more=status(text))
    work = block(plan, 20_000)[0].work[row(plan, "a")] / WORKDAY
    assert 0.0 <= work.min() < 0.01
    assert 5.99 < work.max() <= 6.0
    truth.assert_close([truth.mean("left", work, 3.0), truth.sd("left", work, 6.0 / np.sqrt(12.0))])
    assert "p.a" in plan.warnings[0]


def test_what_has_occurred_is_certain_for_what_has_not_begun() -> None:
    """A wait that fell in the past is in the facts; it falls on all tasks that have not begun."""
    risk = "risks: {{late: {{chance: 0.3, hits: [{{tasks: [p.a, p.b], apply: each, delay: 5d}}]}}}}"
    text = (
        "date: 2027-01-08, tasks: {{p.a: {{started: 2027-01-04, remaining: 1d}}}},"
        " risks: {{late: {told}}}"
    )
    expected = {"occurred": (1.0, 15.0), "closed": (1.0, 10.0)}
    for told, days in expected.items():
        more = f"{risk.format()}\n{status(text.format(told=told))}"
        plan = compiled(CHAIN, more=more)
        work = block(plan, 64)[0].work / WORKDAY
        assert (work[row(plan, "a")] == days[0]).all()
        assert (work[row(plan, "b")] == days[1]).all()


def test_costs_of_facts_are_what_was_booked_or_what_the_rates_say() -> None:
    """Booked is 7,000 for what is finished; half of a running task is at its rate, half to come."""
    tasks = """
a: {duration: 5d, needs: {dev: 1}, cost: 900}
b: {duration: 10d, after: [a], needs: {dev: 1}, cost: 1000, cost_rate: 10/h}
c: {duration: 5d, after: [b], needs: {dev: 1}}
"""
    text = (
        "date: 2027-01-15, cost: {p: 500}, tasks: {p.a: {started: 2027-01-04, finished:"
        " 2027-01-08, cost: 7_000}, p.b: {started: 2027-01-11, remaining: 5d}}"
    )
    more = "pools: {dev: {units: unlimited, rate: 100/h}}\n" + status(text)
    plan = compiled(tasks, more=more)
    cost = deterministic_plan(plan).cost
    assert cost == pytest.approx(7_000 + 500 + 1_000 + 80 * 110 + 40 * 100)
    booked = more.replace("remaining: 5d", "remaining: 5d, cost: 6_000")
    cost = deterministic_plan(compiled(tasks, more=booked)).cost
    assert cost == pytest.approx(7_000 + 500 + 6_000 + 500 + 40 * 110 + 40 * 100)


def test_rework_of_what_is_done_repeats_a_share_of_all_of_its_work() -> None:
    """A round repeats a fifth of the four days done, of the six that remain, and of the test."""
    tasks = """
build: {duration: 10d}
test: {duration: 5d, after: [build], rework: {chance: 1, redo: [build, test], share: 0.2, \
at_most: 1}}
"""
    text = "date: 2027-01-07, tasks: {p.build: {started: 2027-01-04, remaining: 6d}}"
    plan = compiled(tasks, more=status(text)).simulated()
    _, schedule = block(plan, 8)
    last = plan.network.tasks[1].last
    finish = schedule.finish[last]
    assert (finish == ms(plan, "2027-01-27 17:00")).all()


def test_running_work_is_served_first() -> None:
    """One developer, who is at it already, goes on with it, whatever has priority."""
    tasks = """
first: {duration: 5d, needs: {dev: 1}, priority: 1}
second: {duration: 5d, needs: {dev: 1}, priority: 2}
"""
    more = "pools: {dev: {units: 1}}\n" + status(
        "date: 2027-01-08, tasks: {p.second: {started: 2027-01-04, remaining: 2d}}"
    )
    results = simulator.simulate(scenario(tasks, more=more), iterations=64, engine="simpy")
    found = results.to_dict()["tasks"]
    assert found["p.second"]["finish"]["p50"] == "2027-01-12T17:00:00"
    assert found["p.second"]["start"]["p50"] == "2027-01-04T09:00:00"
    assert found["p.first"]["start"]["p50"] == "2027-01-13T09:00:00"


# -- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tasks: {p.x: {started: 2027-01-04}}", "there is no task `p.x`"),
        ("tasks: {p.a: {finished: 2027-01-08}}", "when it `started`, too"),
        ("tasks: {p.a: {percent: 20}}", "has not begun"),
        ("tasks: {p.a: {started: 2027-01-08, finished: 2027-01-07}}", "is before started"),
        ("tasks: {p.a: {started: 2026-12-30, remaining: 2d}}", "before the program"),
        ("tasks: {p.a: {started: 2027-01-04, resumed: 2027-01-05}}", "was not suspended"),
        ("risks: {none: occurred}", "there is no risk `none`"),
        ("cost: {q: 5}", "there is no project `q`"),
        ("date: 2027-02-15, tasks: {p.a: {started: 2027-01-04}}", "taken longer"),
    ],
)
def test_faults(text: str, said: str) -> None:
    """What cannot have happened, or means nothing, is told."""
    with pytest.raises(ScenarioError, match=said):
        compiled(CHAIN, more=status(text))


def test_a_status_of_its_own(tmp_path: Path) -> None:
    """A file named by the scenario, or given beside it, whose keys may stand under `status`."""
    text = "date: 2027-01-15\ntasks: {p.a: {started: 2027-01-05, finished: 2027-01-12}}\n"
    (tmp_path / "june.yaml").write_text(text, encoding="utf-8")
    inside = "".join(f"  {line}\n" for line in text.splitlines())
    (tmp_path / "july.yaml").write_text(f"status:\n{inside}", encoding="utf-8")
    head = "format: 1\nprogram: {start: 2027-01-04}\n"
    body = f"projects: {{p: {{tasks: {{{', '.join(CHAIN.strip().splitlines())}}}}}}}\n"
    named, plain = tmp_path / "named.yaml", tmp_path / "plain.yaml"
    named.write_text(f"{head}status: june.yaml\n{body}", encoding="utf-8")
    plain.write_text(head + body, encoding="utf-8")
    expected = simulator.load(named).status
    assert expected is not None
    assert simulator.load(plain, status=tmp_path / "july.yaml").status == expected
    named.write_text(f"{head}status: ../june.yaml\n{body}", encoding="utf-8")
    with pytest.raises(ScenarioError, match="outside the scenario's folder"):
        simulator.load(named)


# -- engines -------------------------------------------------------------------------------------


@st.composite
def progress(draw: st.DrawFn) -> dict[str, Any]:
    """A scenario some of whose tasks have begun."""
    data = draw(scenarios())
    begin = datetime.fromisoformat(str(data["program"]["start"]))
    hours = st.integers(0, 24 * 40)
    tasks, taken = {}, {}
    for name, project in data["projects"].items():
        for key, task in project["tasks"].items():
            kind = draw(st.sampled_from(("new", "new", "finished", "running", "spoken")))
            outcome = task.get("on", "")
            if kind == "new" or "spans" in task or taken.setdefault(name, outcome) != outcome:
                continue
            started = begin + timedelta(hours=draw(hours))
            told: dict[str, Any] = {"started": f"{started:%Y-%m-%d %H:%M}"}
            if kind == "finished":
                finished = started + timedelta(hours=draw(hours))
                told["finished"] = f"{finished:%Y-%m-%d %H:%M}"
            elif kind == "running":
                told["remaining"] = draw(
                    st.sampled_from(("0h", "7h", "3d", {"pert": ["1d", "2d", "9d"]}))
                )
            else:
                told["percent"] = draw(st.sampled_from((0, 25, 100)))
            tasks[f"{name}.{key}"] = told
    date = begin + timedelta(hours=draw(hours))
    data["status"] = {
        "date": f"{date:%Y-%m-%d %H:%M}",
        "logic": draw(st.sampled_from(("retained", "override", "actual_dates"))),
        "unstarted": draw(st.sampled_from(("after_date", "as_planned"))),
        "tasks": tasks,
        "risks": {
            key: draw(st.sampled_from(("open", "occurred", "closed")))
            for key in data.get("risks", {})
        },
    }
    return data


@settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(progress(), seeds())
def test_facts_stand_in_every_future_and_engine(data: dict[str, Any], seed: int) -> None:
    """All engines agree; facts are where they were; nothing else begins before the date."""
    scenario = Scenario.model_validate(data)
    assert not list(cross_check(scenario))
    try:
        plan = compile_plan(scenario).simulated()
    except ScenarioError as error:
        assume("this version" not in str(error))
        raise
    network, durations = plan.network, durations_of(plan, draw(plan, seed, 0, 8))
    found = network_pass(network, durations)
    for engine in (simpy_pass, compiled_pass):
        other = engine(network, durations)
        for name in ("start", "finish", "exists", "work", "asked"):
            np.testing.assert_array_equal(getattr(found, name), getattr(other, name), err_msg=name)
    assert_facts(plan, found.start, found.finish)
    begins = np.where(found.exists & ~network.rows.span[:, np.newaxis], found.start, np.inf)
    begins[list(network.facts)] = np.inf
    assert begins.min() >= network.data_date


def assert_facts(plan: Plan, start: np.ndarray, finish: np.ndarray) -> None:
    """Every task stands where the status says it stood."""
    for task in plan.network.tasks:
        told = plan.scenario.progress.get(task.id)
        if told is None or task.kind == "milestone":
            continue
        assert told.started is not None
        assert (start[task.first] == plan.clock.ms(told.started.at)).all()
        if told.finished is not None:
            assert (finish[task.last] == plan.clock.ms(told.finished.at)).all()
