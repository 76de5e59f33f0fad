"""Variants that are drawn with their plan come to what they come to by themselves, bit for bit."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import simulator
from simulator.engine.draws import draw
from simulator.engine.durations import durations_of
from simulator.engine.finishes import Ends
from simulator.plan.compile import Plan, compile_plan
from simulator.run import variants
from simulator.run.block import varied_by_kernels
from simulator.run.removals import removals, with_values
from simulator.run.results import Results
from simulator.run.settings import Settings
from simulator.run.simulate import run
from simulator.run.variants import SameFutures, ends_on_same_futures, on_same_futures
from simulator.scenario.program import Scenario
from tests.programs import scenario
from tests.strategies import scenarios
from tests.unfolding import plan_of_unfolding, unfolding_scenarios

N = 1300
"""A whole chunk, and a part of one."""
RANDOM: dict[str, Any] = {"deadline": None, "phases": [Phase.explicit, Phase.generate]}
FIRST = """
risks:
  r: {chance: 0.6, hits: [{tasks: [p.a, p.b], apply: first, delay: {uniform: [1d, 9d]}}]}
  s: {chance: {if r: 0.7, else: 0.2}, hits: [{tasks: [p.c], wait: 3d}, {cost: 500}]}
  stop: {chance: 0.1, stops: p, hits: [{tasks: [p.b], cost: 10}]}
"""
TASKS = """a: {duration: {uniform: [1d, 3d]}, cost: 100}
    b: {duration: {pert: [1d, 2d, 5d]}, cost_rate: 50/d}
    c: {duration: {triangular: [1d, 2d, 4d]}, after: [a, b], cost: {uniform: [10, 20]}}
    d: {duration: 2d, after: c, rework: {chance: 0.5, share: {uniform: [0.2, 0.6]}}}"""


def compiled_run(given_scenario: Scenario, **chosen: Any) -> Results:
    """A run by the compiled engine."""
    chosen = {"iterations": N, "engine": "compiled", "task_iterations": 0, **chosen}
    return run(given_scenario, Settings(**chosen))


def assert_alike(results: Results, plans: Sequence[Plan]) -> None:
    """Together and one by one the plans come to the same."""
    for found, plan in zip(ends_on_same_futures(results, plans), plans, strict=True):
        alone = on_same_futures(results, plan)
        for name in Ends._fields:
            np.testing.assert_array_equal(getattr(found, name), getattr(alone, name), err_msg=name)


def changed(results: Results) -> list[Plan]:
    """Everything that `drivers` removes, one by one and the first two together, and nothing."""
    every = [each for each in removals(results) if each.combines]
    plans = [each.remove(results.plan) for each in every]
    plans += [each.spread(results.plan) for each in every if each.spread is not None]
    together = results.plan
    for each in every[:2]:
        together = each.remove(together)
    return [*plans, together, results.plan]


def shared(results: Results, plans: Sequence[Plan]) -> int:
    """How many of the plans are drawn with that of the run."""
    futures = SameFutures(results)
    return sum(futures._engine.variant(plan) is not None for plan in plans)


@settings(max_examples=25, **RANDOM)
@given(scenarios(), st.integers(0, 1000))
def test_removals_from_any_scenario(data, seed):
    """Branches, rework, classes, correlation, firsts, stops, costs: all of it."""
    loaded = Scenario.model_validate(data)
    if varied_by_kernels(compile_plan(loaded)):
        results = compiled_run(loaded, seed=seed)
        assert_alike(results, changed(results))


@settings(max_examples=25, **RANDOM)
@given(unfolding_scenarios(pools=True), st.integers(0, 1000))
def test_removals_from_what_unfolds(data, seed):
    """Pools, boards and conditional branches."""
    plan = plan_of_unfolding(data)
    if varied_by_kernels(plan):
        results = compiled_run(plan.scenario, seed=seed)
        assert_alike(results, changed(results))


@pytest.mark.parametrize("scheme", ["mc", "lhs", "sobol"])
@pytest.mark.parametrize("name", ["core_banking", "erp_rollout"])
def test_removals_from_the_scenarios(name, scheme):
    """Whatever the scheme; most removals are drawn with the plan."""
    results = compiled_run(simulator.load(f"scenarios/{name}.yaml"), scheme=scheme, threads=2)
    plans = changed(results)
    if scheme == "mc" and name == "core_banking":
        assert shared(results, plans) > 0.8 * len(plans)
        assert_alike(results, plans)
    else:
        assert_alike(results, plans[::9])


def test_what_schedules_write_is_put_back():
    """Hits on the first of several, conditions, stops and rework, in any order of variants."""
    results = compiled_run(scenario(TASKS, more=FIRST))
    plans = changed(results)
    assert shared(results, plans) == len(plans)
    assert_alike(results, [*plans, *reversed(plans)])


def test_a_row_that_loses_its_work_is_simulated_by_itself():
    """Kernels take for granted that some rows always have work."""
    results = compiled_run(scenario(TASKS))
    plan = results.plan
    number = [each.name for each in plan.variables.table].index("p.b/duration")
    idle, busy = (with_values(plan, {number: value}) for value in (0.0, 3_600_000.0))
    assert shared(results, [idle]) == 0
    assert shared(results, [busy]) == 1
    assert_alike(results, [idle, busy])


def test_other_draws_are_not_shared():
    """A plan with another address, work or law of its own draws its own numbers."""
    results = compiled_run(scenario(TASKS, more=FIRST))
    plan = results.plan
    other = replace(plan.variables, addresses=plan.variables.addresses + np.uint64(1))
    assert shared(results, [replace(plan, variables=other), compile_plan(plan.scenario)]) == 0
    assert_alike(results, [replace(plan, variables=other)])


def test_many_are_simulated_in_parts(monkeypatch):
    """The order stays, however many fit into memory together."""
    monkeypatch.setattr(variants, "_MOST_TOGETHER", 3)
    results = compiled_run(scenario(TASKS, more=FIRST))
    assert_alike(results, changed(results))


def test_numpy_simulates_each_by_itself():
    """Small plans do not wait for kernels to load."""
    results = compiled_run(scenario(TASKS, more=FIRST), engine="numpy")
    assert_alike(results, changed(results))


UNITS = """
pools:
  crew: {units: 2, rate: 400/d}
risks:
  leave: {chance: 0.5, hits: [{pools: [crew], units: -1, from: 2027-01-05,
    for: {uniform: [1d, 6d]}}]}
  outage: {chance: 0.3, hits: [{pools: [crew], units: -2, from: {uniform: [2027-01-04, 2027-01-07]},
    for: 20eh}]}
mitigations:
  standby: {cost: 10, on: {leave: {effects: 0.5}}, bought: true}
"""
SHARED = """a: {duration: {uniform: [1d, 3d]}, needs: {crew: 1}}
    b: {duration: {pert: [1d, 2d, 5d]}, needs: {crew: 2}}
    c: {duration: {triangular: [1d, 2d, 4d]}, after: [a, b], needs: {crew: 1}}
    d: {duration: 2d, after: a, needs: {crew: 0.5}}"""


def test_hits_on_units_are_drawn_by_kernels():
    """As SimPy has them, whose draws are NumPy's; removals of them too."""
    loaded = scenario(SHARED, more=UNITS)
    results = compiled_run(loaded)
    assert varied_by_kernels(results.plan)
    other = compiled_run(loaded, engine="simpy")
    for name in Ends._fields:
        np.testing.assert_array_equal(getattr(results.joined, name), getattr(other.joined, name))
    plans = changed(results)
    assert shared(results, plans) == len(plans)
    assert_alike(results, plans)
    finishes = [found.finish.mean() for found in ends_on_same_futures(results, plans)]
    assert min(finishes) < results.joined.finish.mean()


def test_a_plan_that_was_compiled_anew_may_be_the_base():
    """What counts is what is drawn, not whose plan it is."""
    results = compiled_run(scenario(TASKS, more=FIRST))
    again = compile_plan(results.plan.scenario).simulated()
    futures = SameFutures(results, again)
    other = with_values(again, {0: 3_600_000.0})
    assert futures._engine.variant(other) is not None
    for found, plan in zip(futures.ends([again, other]), (again, other), strict=True):
        np.testing.assert_array_equal(found.finish, on_same_futures(results, plan).finish)


@settings(max_examples=60, **RANDOM)
@given(scenarios(), st.integers(0, 1000))
def test_rows_that_are_said_to_have_work_have_some(data, seed):
    """Kernels do not look at them again."""
    from simulator.engine.compiled.draw_tape import draw_tape
    from simulator.engine.compiled.positive import least_values, positive_rows
    from simulator.engine.compiled.versions import versions_of
    from simulator.engine.compiled.work_tape import work_tape

    plan = compile_plan(Scenario.model_validate(data))
    if varied_by_kernels(plan):
        said = positive_rows(
            least_values(draw_tape(plan)), work_tape(plan, versions_of(plan), keep_margin=False)
        )
        durations = durations_of(plan, draw(plan, seed, 0, 512))
        assert (durations.work[said] >= 1.0).all()
