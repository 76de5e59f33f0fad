"""Projects that are stopped by the start of a task, where only a whole schedule tells when."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import simulator
from simulator.engine.compiled.engine import compiled_pass
from simulator.engine.draws import draw
from simulator.engine.durations import durations_of
from simulator.engine.network_pass import network_pass
from simulator.engine.schedule import Durations, Schedule
from simulator.engine.simpy_engine import simpy_pass
from simulator.errors import ScenarioError
from simulator.plan.compile import Plan, compile_plan
from simulator.run.deterministic import deterministic_plan
from simulator.run.priorities import in_order
from simulator.scenario.program import Scenario
from tests.programs import at, compiled
from tests.strategies import scenarios, seeds
from tests.test_dispatch import ARRAYS
from tests.test_simpy_pools import assert_equal
from tests.unfolding import plan_of_unfolding, unfolding_scenarios

UNHURRIED: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
ONE_UNIT = "pools: {dev: {units: 1}}\n"
SHARED = """a: {duration: 2d, needs: {dev: 1}, priority: 1}
    b: {duration: 3d, needs: {dev: 1}, priority: 2}
    gate: {duration: 1d, needs: {dev: 1}, priority: 3}
    after: {duration: 1d, after: gate}
    long: {duration: 10d, cost: 100}"""
OTHER = "  q:\n    tasks:\n      own: {duration: 1d, after: [p.gate]}\n"


def risks(text: str) -> str:
    """The part of a file after its projects."""
    return f"risks:\n  {text}\n"


def shown(plan: Plan, schedule: Schedule, name: str) -> str:
    """From when to when a task of one iteration runs; empty where it does not."""
    task = next(each for each in plan.network.tasks if each.id == name)
    if not schedule.exists[task.base, 0]:
        return ""
    times = (schedule.start[task.first, 0], schedule.finish[task.last, 0])
    return " to ".join(plan.clock.date(float(ms)).strftime("%d %H:%M") for ms in times)


def scheduled(tasks: str, more: str) -> tuple[Plan, Schedule]:
    """One iteration by both engines that dispatch, and by NumPy where nothing is shared."""
    plan = compiled(tasks, more=more)
    plan = in_order(plan, deterministic_plan(plan))
    durations = durations_of(plan, draw(plan, 1, 0, 1))
    found = simpy_pass(plan.network, durations)
    assert_equal(found, compiled_pass(plan.network, durations))
    if plan.network.pools is None:
        assert_equal(found, network_pass(plan.network, durations))
    return plan, found


def test_a_task_that_waited_for_units_stops_its_project_when_it_gets_them():
    """The gate gets the unit on the 11th, after a and b; until then nobody knows."""
    halt = risks("halt: {chance: 1, stops: p, hits: [{tasks: [p.gate], factor: 1}]}")
    plan, found = scheduled(SHARED, OTHER + ONE_UNIT + halt)
    assert shown(plan, found, "p.a") == "04 09:00 to 05 17:00"
    assert shown(plan, found, "p.b") == "06 09:00 to 08 17:00"
    assert shown(plan, found, "p.gate") == ""
    assert shown(plan, found, "p.after") == ""
    assert shown(plan, found, "p.long") == "04 09:00 to 11 09:00"
    assert found.stop_at is not None
    assert found.stop_at[0, 0] == at(plan, "2027-01-11 09:00")
    assert shown(plan, found, "q.own") == "11 09:00 to 11 17:00"


def test_the_unit_goes_to_others_of_its_instant():
    """What the gate would have held goes to the task of another project that came after it."""
    tasks = "gate: {duration: 5d, needs: {dev: 1}, start_no_earlier_than: 2027-01-06, priority: 1}"
    other = "  q:\n    tasks:\n      own: {duration: 1d, needs: {dev: 1}, %s, priority: 2}\n"
    halt = risks("halt: {chance: 1, stops: p, hits: [{tasks: [p.gate], factor: 1}]}")
    late = other % "start_no_earlier_than: 2027-01-06"
    plan, found = scheduled(tasks, late + ONE_UNIT + halt)
    assert shown(plan, found, "q.own") == "06 09:00 to 06 17:00"


def test_the_earliest_of_several_stops_comes_first():
    """A project that is stopped brings no stop any more; one that goes on still does."""
    tasks = """first: {duration: 2d, needs: {dev: 1}, priority: 1}
        second: {duration: 2d, needs: {dev: 1}, priority: 2}"""
    other = """  q:
    tasks:
      early: {duration: 3d}
      late: {duration: 3d, after: early}
"""
    both = risks(
        "one: {chance: 1, stops: p, hits: [{tasks: [p.second], factor: 1}]}\n"
        "  two: {chance: 1, stops: program, hits: [{tasks: [%s], factor: 1}]}"
    )
    plan, found = scheduled(tasks, other + ONE_UNIT + both % "q.late")
    assert found.stop_at is not None
    assert found.stop_at[:, 0].tolist() == [
        at(plan, "2027-01-06 09:00"), at(plan, "2027-01-07 09:00"),
    ]  # fmt: skip
    assert shown(plan, found, "p.second") == ""
    assert shown(plan, found, "q.early") == "04 09:00 to 06 17:00"
    plan, found = scheduled(tasks, other + ONE_UNIT + both % "p.second")
    assert found.stop_at is not None
    assert found.stop_at[:, 0].tolist() == [at(plan, "2027-01-06 09:00"), np.inf]
    assert shown(plan, found, "q.late") == "07 09:00 to 11 17:00"


def test_a_stop_by_a_task_whose_predecessors_may_still_run_is_refused():
    """Cut short by the stop, what it waits for would let it start sooner."""
    halt = risks("halt: {chance: 1, stops: p, hits: [{tasks: [p.b], cost: 1}]}")
    with pytest.raises(ScenarioError, match="cannot settle a stop"):
        compiled('a: {duration: 5d}\nb: {duration: 5d, after: "a FS-2d"}', more=halt)


def test_the_first_of_several_tasks_stops_a_project():
    """Tasks that wait for different things: no order of the rows settles which is first."""
    tasks = """a: {duration: 3d}
        b: {duration: 5d, after: a}
        c: {duration: 1d, start_no_earlier_than: 2027-01-08}"""
    halt = risks("halt: {chance: 1, stops: p, hits: [{tasks: [p.b, p.c], cost: 1}]}")
    plan, found = scheduled(tasks, halt)
    assert plan.effects.stops[0].rerun
    assert shown(plan, found, "p.a") == "04 09:00 to 06 17:00"
    assert shown(plan, found, "p.b") == shown(plan, found, "p.c") == ""


WINDOWS = {
    "{until: 2027-01-05}": "",
    "{until: 2027-01-08}": "05 17:00",
    "{from: 2027-01-08, until: 2027-02-01}": "05 17:00",
    "{from: 2027-01-13}": "",
}


@pytest.mark.parametrize(("window", "stopped"), WINDOWS.items())
@pytest.mark.parametrize("pools", [False, True])
def test_a_stop_with_a_window_needs_a_run_that_overlaps_it(window, stopped, pools):
    """The regulator stops the project only if the task runs then: from the 6th to the 12th."""
    need = ", needs: {dev: 1}" if pools else ""
    tasks = f"a: {{duration: 2d{need}}}\nb: {{duration: 5d, after: a{need}}}\nc: {{duration: 20d}}"
    more = ONE_UNIT if pools else ""
    for halt in (
        f"halt: {{chance: 1, stops: p, when: {window}, hits: [{{tasks: [p.b], factor: 1}}]}}",
        f"halt: {{chance: 1, stops: p, hits: [{{tasks: [p.b], factor: 1, when: {window}}}]}}",
    ):
        plan, found = scheduled(tasks, more + risks(halt))
        assert bool(shown(plan, found, "p.b")) == (not stopped)
        assert (found.stop_at is not None and np.isfinite(found.stop_at[0, 0])) == bool(stopped)


def test_the_first_task_whose_run_overlaps_brings_the_stop():
    """Tasks that are over before the window begins bring none."""
    tasks = "a: {duration: 2d}\nb: {duration: 5d, after: a}\nc: {duration: 5d, after: b}"
    hit = "hits: [{tasks: [p.a, p.b, p.c], factor: 1}]"
    halt = f"halt: {{chance: 1, stops: p, when: {{from: 2027-01-07}}, {hit}}}"
    plan, found = scheduled(tasks, risks(halt))
    assert found.stop_at is not None
    assert found.stop_at[0, 0] == at(plan, "2027-01-06 09:00")
    assert shown(plan, found, "p.a") == "04 09:00 to 05 17:00"


def test_a_dated_stop_comes_only_within_its_window():
    """Both ends count; what it would have cost is not charged where it does not come."""
    tasks = "a: {duration: 40d}"
    halt = (
        "halt: {chance: 1, stops: p, at: {uniform: [2027-01-11, 2027-01-21]},"
        " when: {until: 2027-01-13}, hits: [{cost: 7}]}"
    )
    plan = compiled(tasks, more=risks(halt))
    draws = draw(plan, 1, 0, 4096)
    schedule = network_pass(plan.network, durations_of(plan, draws))
    assert schedule.stop_at is not None
    comes = np.isfinite(schedule.stop_at[0])
    assert abs(comes.mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / 4096)
    assert schedule.stop_at[0][comes].max() <= at(plan, "2027-01-14")
    found = simulator.simulate(plan.scenario, iterations=4096)
    assert np.array_equal(found.joined.cost, np.where(comes, 7.0, 0.0))
    assert np.array_equal(~np.isfinite(found.outcomes["finish:p"].values), comes)


def test_its_cost_is_charged_when_it_comes():
    """At the stop, in February, though what the gate waits for is over at the start."""
    tasks = """a: {duration: 30d, needs: {dev: 1}, priority: 1}
        gate: {duration: 1d, needs: {dev: 1}, priority: 2}"""
    halt = risks("halt: {chance: 0.5, stops: p, hits: [{tasks: [p.gate], cost: 7}]}")
    plan = compiled(tasks, more=ONE_UNIT + halt)
    for engine in ("compiled", "simpy", "auto"):
        found = simulator.simulate(plan.scenario, iterations=256, engine=engine)
        stopped = ~np.isfinite(found.outcomes["finish:p"].values)
        assert 0 < stopped.sum() < 256
        assert np.array_equal(found.joined.cost, np.where(stopped, 7.0, 0.0))
        assert found.joined.cash[:2].tolist() == [0.0, 7.0 * stopped.mean()]


def without_order(plan: Plan, durations: Durations) -> tuple[Plan, Durations]:
    """The same stops, none settled between rows."""
    stops = tuple(replace(s, rerun=s.hit_rows is not None) for s in durations.stops)
    network = replace(plan.network, stop_before={})
    return replace(plan, network=network), replace(durations, stops=stops)


@settings(max_examples=40, derandomize=True, **UNHURRIED)
@given(scenarios(most_tasks=6), seeds())
def test_whole_schedules_tell_what_is_settled_between_rows(data: dict[str, Any], seed: int) -> None:
    """Where an order of the rows settles a stop, scheduling once more finds the same."""
    first = next(
        f"{key}.{task}" for key, each in data["projects"].items() for task in each["tasks"]
    )
    hit = {"tasks": [first], "name": "s", "factor": 1.5}
    others = {
        key: risk | ({"at": "2027-01-20"} if "stops" in risk else {})
        for key, risk in data.get("risks", {}).items()
    }
    halt = {"chance": 0.7, "stops": "program", "hits": [hit]}
    data = {**data, "risks": {**others, "halt": halt}}
    try:
        plan = compile_plan(Scenario.model_validate(data))
    except ScenarioError as error:
        assume("may still run" not in str(error))
        raise
    assume(bool(plan.network.stop_before))
    durations = durations_of(plan, draw(plan, seed, 0, 8))
    other, anew = without_order(plan, durations)
    assert_equal(network_pass(plan.network, durations), network_pass(other.network, anew))


@settings(max_examples=60, derandomize=True, **UNHURRIED)
@given(unfolding_scenarios(pools=True), seeds(), st.sampled_from([None, "from", "until"]))
def test_dispatched_stops_have_the_bits_of_simpy(
    data: dict[str, Any], seed: int, window: str | None
) -> None:
    """Stops by tasks beside pools, boards, branches and dated stops: every array."""
    plan = plan_of_unfolding(_with_halt(data, window))
    durations = durations_of(plan, draw(plan, seed, 0, 8))
    one = simpy_pass(plan.network, durations)
    other = compiled_pass(plan.network, durations)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@settings(max_examples=40, derandomize=True, **UNHURRIED)
@given(unfolding_scenarios(pools=True, plenty=True), seeds())
def test_with_units_for_all_a_stop_comes_as_in_the_pass(data: dict[str, Any], seed: int) -> None:
    """The dispatcher and the pass find the same start that brings it."""
    plan = plan_of_unfolding(_with_halt(data, None))
    durations = durations_of(plan, draw(plan, seed, 0, 8))
    assert_equal(
        network_pass(plan.network.with_pools(None), durations),
        simpy_pass(plan.network, durations),
    )


def _with_halt(data: dict[str, Any], window: str | None) -> dict[str, Any]:
    """The program is stopped by the start of one of the first tasks that wait for nothing."""
    free = [
        f"{key}.{name}"
        for key, project in data["projects"].items()
        for name, task in project["tasks"].items()
        if not task.get("after") and task.keys().isdisjoint({"milestone", "spans"})
    ]
    hit: dict[str, Any] = {"tasks": free[-2:], "name": "halt", "cost": 5}
    if window is not None:
        hit["when"] = {window: "2027-01-12"}
    halt = {"chance": 0.6, "stops": next(iter(data["projects"])), "hits": [hit]}
    return {**data, "risks": {**data.get("risks", {}), "halt": halt}} if free else data
