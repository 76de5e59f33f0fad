"""The compiled dispatcher: the bits of the SimPy engine, whole blocks, who comes first, errors."""

import dataclasses
import json
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
from simulator.engine.sampling import Sampling
from simulator.engine.simpy_engine import simpy_pass
from simulator.errors import RunError, ScenarioError, SettingsError
from simulator.plan.compile import Plan, compile_plan
from simulator.run.block import Span, _numpy_block, block_maker, simulate_block
from simulator.run.deterministic import deterministic_plan
from simulator.run.priorities import in_order
from simulator.run.settings import Settings
from simulator.scenario.program import Scenario
from tests.strategies import seeds
from tests.unfolding import plan_of_unfolding, unfolding_scenarios

ARRAYS = (
    "start", "finish", "exists", "work", "asked", "stopped", "stop_at", "waiting", "short",
)  # fmt: skip
DAY = 24 * 3600 * 1000


def _plan(tasks: dict[str, Any], pools: dict[str, Any], risks: Any = None, **program: Any) -> Plan:
    text = {
        "format": 1,
        "program": {"start": "2027-01-04", "calendar": "24x7", **program},
        "pools": pools,
        "projects": {"p": {"tasks": tasks}},
        "risks": risks or {},
    }
    plan = compile_plan(simulator.loads(json.dumps(text)))
    return in_order(plan, deterministic_plan(plan))


def _starts(plan: Plan) -> dict[str, float]:
    """When each task starts in the first iteration, in days."""
    schedule = compiled_pass(plan.network, durations_of(plan, draw(plan, 1, 0, 1)))
    return {task.id[2:]: schedule.start[task.base, 0] / DAY for task in plan.network.tasks}


@settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(unfolding_scenarios(pools=True), seeds())
def test_dispatched_schedules_have_the_bits_of_simpy(data: dict[str, Any], seed: int) -> None:
    """Pools, calendars, links of all kinds, boards, branches, risks, stops, rework: every array."""
    plan = plan_of_unfolding(data)
    durations = durations_of(plan, draw(plan, seed, 0, 12))
    assume(not durations.inside.windows and not durations.inside.rates)
    one = simpy_pass(plan.network, durations)
    other = compiled_pass(plan.network, durations)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(unfolding_scenarios(), seeds())
def test_boards_branches_and_unbroken_rows_have_the_bits_of_numpy(
    data: dict[str, Any], seed: int
) -> None:
    """Without pools the kernels place what unfolds as the NumPy pass does."""
    plan = plan_of_unfolding(data)
    durations = durations_of(plan, draw(plan, seed, 0, 12))
    one = network_pass(plan.network, durations)
    other = compiled_pass(plan.network, durations)
    for name in ARRAYS[:-2]:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("pools", [False, True])
@settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data(), seed=seeds())
def test_what_unfolds_gives_the_same_results_lived_and_compiled(
    pools: bool, data: st.DataObject, seed: int
) -> None:
    """Everything that `result.json` holds, or why there is none."""
    written = data.draw(unfolding_scenarios(pools=pools, inside=True))
    plan_of_unfolding(written)
    scenario, found = Scenario.model_validate(written), []
    for engine in ("simpy", "compiled"):
        try:
            run = simulator.simulate(scenario, iterations=40, seed=seed, engine=engine).to_dict()
        except RunError as error:
            found.append(str(error))
            continue
        del run["settings"], run["warnings"]
        found.append(json.dumps(run, indent=0).splitlines())
    assert found[0] == found[1]


def test_a_project_ends_with_what_is_there_of_it() -> None:
    """A condition takes the last task of a project out: the one before it ends the project."""
    scenario = simulator.loads(
        "format: 1\n"
        "program: {name: x, start: 2027-01-04}\n"
        "projects:\n"
        "  a:\n"
        "    tasks:\n"
        "      one: {duration: 1d}\n"
        "      two: {duration: 1d, after: one, on: late.yes}\n"
        "    branches: {late: {when: one starts after 2027-01-05}}\n"
        "  b: {tasks: {three: {duration: 5d}}}\n"
    )
    for engine in ("simpy", "numpy", "compiled"):
        found = simulator.simulate(scenario, iterations=20, engine=engine).to_dict()
        finish = found["outcomes"]["finish:a"]["quantiles"]["p80"]["value"]
        assert str(finish).startswith("2027-01-04T17"), engine


def test_a_chain_goes_on_behind_what_was_waited_for_to_start() -> None:
    """A task that shares people cannot know how long others will take before they start: here it
    starts with the one that its finish waits for, and that one is critical."""
    scenario = simulator.loads(
        "format: 1\n"
        "program: {name: x, start: 2027-01-04}\n"
        "pools: {dev: {units: 1}}\n"
        "projects:\n"
        "  a:\n"
        "    tasks:\n"
        "      late: {duration: 1d, finish_no_earlier_than: 2027-01-20}\n"
        "      long: {duration: 5d, after: {task: late, link: FF}, needs: {dev: 1}}\n"
    )
    for engine in ("simpy", "compiled"):
        found = simulator.simulate(scenario, iterations=20, engine=engine).to_dict()["tasks"]
        assert [found[f"a.{task}"]["criticality"]["value"] for task in ("late", "long")] == [1, 1]


def test_hits_that_take_all_work_fall_where_the_task_works() -> None:
    """A task asks for its people in working hours, since what falls is only known in its turn."""
    scenario = simulator.loads(
        "format: 1\n"
        "program: {name: x, start: 2027-01-04 09:00}\n"
        "pools: {dev: {units: 1}}\n"
        "projects: {a: {tasks: {one: {duration: 1d, needs: {dev: 1}}}}}\n"
        "risks:\n"
        "  late: {chance: 1, hits: [{tasks: a.one, wait: 0.4ed}]}\n"
        "  done: {chance: 1, when: {from: 2027-01-01}, hits: [{tasks: a.one, factor: 0}]}\n"
    )
    for engine in ("simpy", "compiled"):
        found = simulator.simulate(scenario, iterations=20, engine=engine).to_dict()
        finish = found["outcomes"]["finish"]["quantiles"]["p80"]["value"]
        assert str(finish).startswith("2027-01-05T09"), engine


def test_a_block_of_the_erp_roll_out_has_the_counts_and_costs_of_numpy() -> None:
    """What kernels count while they dispatch is what NumPy counts of the same schedules."""
    scenario = simulator.load("scenarios/erp_rollout.yaml")
    risks = {key: risk for key, risk in scenario.risks.items() if key != "data_specialist_leaves"}
    plan = compile_plan(scenario.model_copy(update={"risks": risks}))
    plan = in_order(plan, deterministic_plan(plan)).simulated()
    chosen, sampling = Settings(engine="compiled", task_iterations=100), Sampling("mc", 1)
    one = _numpy_block(plan, chosen, sampling, Span(0, 1100))
    other = block_maker(plan, chosen, sampling)(Span(0, 1100))
    for field in dataclasses.fields(one):
        np.testing.assert_array_equal(
            getattr(one, field.name), getattr(other, field.name), err_msg=field.name
        )


def test_priority_comes_before_the_rule_and_the_rule_before_declared_order() -> None:
    """Two tasks ask for one unit at once: a priority wins, else the one that must start sooner."""
    tasks = {
        "short": {"duration": "2d", "needs": {"dev": 1}},
        "long": {"duration": "2d", "needs": {"dev": 1}},
        "rest": {"duration": "10d", "after": "long"},
    }
    assert _starts(_plan(tasks, {"dev": {"units": 1}}))["long"] == 0
    assert _starts(_plan(tasks, {"dev": {"units": 1}}, priority_rule="declared"))["short"] == 0
    first = {**tasks, "short": {**tasks["short"], "priority": 1}}
    assert _starts(_plan(first, {"dev": {"units": 1}}))["short"] == 0


def test_one_that_does_not_fit_is_passed_over() -> None:
    """A big task waits for two units while a small one behind it takes the one that is free."""
    tasks = {
        "held": {"duration": "5d", "needs": {"dev": 1}, "priority": 1},
        "big": {"duration": "1d", "needs": {"dev": 2}, "priority": 2},
        "small": {"duration": "3d", "needs": {"dev": 1}, "priority": 3},
    }
    assert _starts(_plan(tasks, {"dev": {"units": 2}})) == {"held": 0, "small": 0, "big": 5}


def test_units_that_come_and_go_are_waited_for() -> None:
    """A second unit from a date on lets the second task start then; holders keep theirs."""
    tasks = {
        "one": {"duration": "20d", "needs": {"dev": 1}},
        "two": {"duration": "1d", "needs": {"dev": 1}},
    }
    steps = [{"units": 1}, {"from": "2027-01-11", "units": 2}]
    assert _starts(_plan(tasks, {"dev": {"units": steps}})) == {"one": 0, "two": 7}
    falling = [{"units": 2}, {"from": "2027-01-05", "units": 1}]
    late = {**tasks, "two": {**tasks["two"], "start_no_earlier_than": "2027-01-06"}}
    assert _starts(_plan(late, {"dev": {"units": falling}})) == {"one": 0, "two": 20}


def test_an_instant_that_waits_for_units_at_a_stop_does_not_come() -> None:
    """A task without work that finds no units at the very instant of the stop is absent."""
    tasks = {
        "idle": {"duration": 0, "needs": {"dev": 1}, "start_no_earlier_than": "2027-01-06"},
        "free": {"duration": 0, "start_no_earlier_than": "2027-01-06"},
    }
    steps = [{"units": 0}, {"from": "2027-01-07", "units": 1}]
    stop = {"halt": {"chance": 1, "at": "2027-01-06", "stops": "p"}}
    plan = _plan(tasks, {"dev": {"units": steps}}, risks=stop)
    durations = durations_of(plan, draw(plan, 1, 0, 1))
    for engine in (simpy_pass, compiled_pass):
        found = engine(plan.network, durations)
        assert found.exists[:, 0].tolist() == [False, True]
        assert found.stopped is not None
        assert found.stopped[:, 0].tolist() == [True, False]


def test_a_need_that_is_never_met_is_a_fault() -> None:
    """More units than the pool has in the end are refused where they stand."""
    with pytest.raises(ScenarioError, match="never free"):
        _plan({"a": {"duration": "1d", "needs": {"dev": 2}}}, {"dev": {"units": 1}})


def test_more_pools_than_shortages_can_tell_are_a_fault() -> None:
    """The pools that are short are bits of one number: 62 are enough for it, 63 are too many."""
    tasks = {f"t{k}": {"duration": "1d", "needs": {f"p{k}": 1}} for k in range(63)}
    pools = {f"p{k}": {"units": 1} for k in range(63)}
    with pytest.raises(ScenarioError, match="63 finite pools; expected at most 62"):
        _plan(tasks, pools)
    del tasks["t62"]
    assert set(_starts(_plan(tasks, pools)).values()) == {0}


def test_units_that_are_lost_for_ever_are_an_error_that_names_the_task() -> None:
    """A risk that takes the last unit for good leaves a task waiting: the run says which."""
    text = """
    format: 1
    program: {start: 2027-01-04}
    pools: {dev: {units: 1}}
    projects: {p: {tasks: {a: {duration: 5d}, b: {duration: 5d, after: a, needs: {dev: 1}}}}}
    risks: {gone: {chance: 1, hits: [{pools: [dev], units: -1, from: 2027-01-06}]}}
    """
    with pytest.raises(RunError, match=r"`p\.b` waits for ever"):
        simulator.simulate(simulator.loads(text), iterations=10)


def test_numpy_does_not_dispatch() -> None:
    """The engine that places rows in the plan's order refuses pools by name."""
    text = """
    format: 1
    program: {start: 2027-01-04}
    pools: {dev: {units: 1}}
    projects: {p: {tasks: {a: {duration: 5d, needs: {dev: 1}}}}}
    """
    scenario = simulator.loads(text)
    with pytest.raises(SettingsError, match="does not share finite pools"):
        simulator.simulate(scenario, iterations=10, engine="numpy")
    with pytest.raises(SettingsError, match="does not share finite pools"):
        simulate_block(compile_plan(scenario), Settings(engine="numpy"), Span(0, 10))


def test_simpy_gives_sobol_points_to_the_variables_that_kernels_choose() -> None:
    """The pilot of a plan with pools dispatches, whichever engine runs: the same finishes."""
    tasks = {
        "a": {"duration": {"uniform": ["1d", "9d"]}, "needs": {"dev": 1}},
        "b": {"duration": {"uniform": ["1d", "2d"]}, "needs": {"dev": 1}},
        "c": {"duration": {"uniform": ["4d", "9d"]}},
    }
    scenario = _plan(tasks, {"dev": {"units": 1}}).scenario
    one, other = (
        simulator.simulate(scenario, iterations=64, scheme="sobol", engine=engine)
        for engine in ("simpy", "compiled")
    )
    assert one.dimensions == other.dimensions
    np.testing.assert_array_equal(one.joined.finish, other.joined.finish)
