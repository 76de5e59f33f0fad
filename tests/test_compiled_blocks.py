"""Whole blocks of the compiled engine against NumPy's, bit for bit."""

from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulator
from simulator.engine.sampling import Sampling
from simulator.plan.compile import Plan, compile_plan
from simulator.run import simulate as chain
from simulator.run.block import Block, Span, block_maker, drawn_by_kernels, sampling_of
from simulator.run.settings import CHUNK, Settings
from simulator.scenario.program import Scenario
from tests.programs import scenario, without_limits
from tests.strategies import scenarios, seeds

SCENARIOS = ("core_banking", "erp_rollout")
SCHEMES = ("mc", "lhs", "sobol")
UNHURRIED: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
BY_MONTH = ("cash", "task_cash")
"""They hold as many months as some iteration needs; what is left out is nothing."""
PLAIN = """a: {duration: {uniform: [1d, 30d]}}
    b: {duration: {pert: [5d, 8d, 40d]}, after: a}
    c: {duration: {triangular: [10d, 20d, 50d]}}
    d: {duration: 3d, after: [b, c]}"""
DATED = """
risks:
  r: {chance: 0.6, hits: [{tasks: ["*"], apply: each, delay: {uniform: [1d, 9d]}, cost: 7}]}
mitigations:
  m: {cost: 10, on: {r: {chance: 0.1, effects: 0.5}}, bought: true, at: 2027-01-20}
"""


# --- what is the same


def assert_same(one: Block, other: Block) -> None:
    """Every field of two blocks is the same, bit for bit."""
    for field in fields(Block):
        name = field.name
        mine, its = getattr(one, name), getattr(other, name)
        if isinstance(mine, np.ndarray) and name in BY_MONTH:
            months = max(len(mine), len(its))
            mine, its = (np.pad(x, ((0, months - len(x)), (0, 0))) for x in (mine, its))
        np.testing.assert_array_equal(mine, its, err_msg=name)


def agree(plan: Plan, span: Span, **chosen: Any) -> Block:
    """The block that both engines agree on."""
    numpy, compiled = (Settings(engine=engine, **chosen) for engine in ("numpy", "compiled"))
    sampling = sampling_of(plan, numpy)
    found = block_maker(plan, numpy, sampling)(span)
    assert_same(block_maker(plan, compiled, sampling)(span), found)
    return found


def loaded(name: str) -> Plan:
    """The plan of one of the scenarios as it is simulated, but for limits of pools."""
    scenario = without_limits(simulator.load(f"scenarios/{name}.yaml"))
    return compile_plan(scenario).simulated()


def network(rows: int) -> Plan:
    """Tasks on the clock, each after up to three of the fifty before it."""
    rng = np.random.default_rng(rows)
    tasks: dict[str, Any] = {}
    for number in range(rows):
        low, mode, high = np.cumsum(rng.uniform(1, 5, 3)).round(3).tolist()
        before = rng.integers(max(0, number - 50), max(number, 1), 3)
        after = [f"t{each}" for each in np.unique(before)] if number else []
        tasks[f"t{number}"] = {
            "duration": {"triangular": [f"{low}d", f"{mode}d", f"{high}d"]},
            **({"after": after} if after else {}),
        }
    program = {"start": "2027-01-04", "calendar": "24x7"}
    return compile_plan(
        Scenario.model_validate(
            {"format": 1, "program": program, "projects": {"p": {"tasks": tasks}}}
        )
    )


# --- blocks


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_blocks_of_whole_programs_are_the_same(name: str, scheme: str) -> None:
    """Calendars, risks, branches, rework, money: every field, from a later chunk on."""
    agree(loaded(name), Span(CHUNK, 4000), scheme=scheme, iterations=20_000)


@pytest.mark.parametrize("count", [1, 63, 64, 65, 1023, 1024, 1025, 2500])
def test_blocks_of_any_length_are_the_same(count: int) -> None:
    """Lanes that do not fill a strip, a chunk or a block."""
    agree(loaded("core_banking"), Span(2 * CHUNK, 2 * CHUNK + count), task_iterations=2100)


@pytest.mark.parametrize("task_iterations", [0, 1, 1500, 10_000])
def test_tasks_are_kept_of_the_first_iterations(task_iterations: int) -> None:
    """As many as the block has of them."""
    plan = loaded("erp_rollout")
    found = agree(plan, Span(CHUNK, 3 * CHUNK), task_iterations=task_iterations)
    kept = min(max(task_iterations - CHUNK, 0), 2 * CHUNK)
    tasks = len(plan.network.tasks)
    assert found.task_start.shape == found.task_present.shape == (tasks, kept)


def test_without_money_there_is_none() -> None:
    """No account, no cash: costs are zero."""
    plan = compile_plan(scenario(PLAIN))
    found = agree(plan, Span(0, 1500))
    assert not found.cost.any()
    assert len(found.accounts) == 0


def test_a_program_of_nothing_ends_at_once_and_its_project_has_no_finish() -> None:
    """Where the only task is on a branch that is not taken."""
    branches = "    branches: {way: {yes: 0.5, no: 0.5}}\n"
    plan = compile_plan(scenario("a: {duration: 1d, on: way.yes}", more=branches))
    found = agree(plan, Span(0, 200))
    assert np.isnan(found.finishes).any()
    assert np.isfinite(found.finish).all()


@pytest.mark.parametrize("extra", [{"keep_margin": True}, {"level": 0.8}, {"seed": 2**64 - 1}])
def test_settings_are_followed(extra: dict[str, Any]) -> None:
    """Margins are kept or not; any seed draws the same."""
    agree(loaded("erp_rollout"), Span(0, 700), **extra)


@pytest.mark.parametrize("rows", [1_700, 6_000])
def test_large_networks_are_the_same(rows: int) -> None:
    """The more rows, the fewer iterations are worked on together."""
    agree(network(rows), Span(0, 2 * CHUNK), task_iterations=100, iterations=2 * CHUNK)


def test_dated_mitigations_are_the_same() -> None:
    """What rows come to in each epoch is drawn, and their starts choose."""
    plan = compile_plan(scenario(PLAIN, more=DATED))
    assert plan.effects.epochs == 2
    assert drawn_by_kernels(plan)
    for scheme in SCHEMES:
        agree(plan, Span(0, 2 * CHUNK), scheme=scheme)


@settings(max_examples=60, **UNHURRIED)
@given(scenarios(), seeds(), st.sampled_from(SCHEMES))
def test_blocks_of_any_scenario_are_the_same(data: dict[str, Any], seed: int, scheme: str) -> None:
    """Whatever the file can say."""
    plan = compile_plan(Scenario.model_validate(data)).simulated()
    numpy = Settings(engine="numpy", seed=seed, scheme=scheme, task_iterations=50)
    # A pilot for each scenario would take long: Sobol's points go to the first variables.
    names = [variable.name for variable in plan.variables.table][:64]
    dimensions = {name: place for place, name in enumerate(names)} if scheme == "sobol" else {}
    sampling = Sampling(scheme, seed, numpy.replicates, dimensions)
    compiled = replace(numpy, engine="compiled")
    makers = (block_maker(plan, each, sampling) for each in (numpy, compiled))
    one, other = (make(Span(CHUNK, CHUNK + 90)) for make in makers)
    assert_same(other, one)


# --- runs


@pytest.mark.parametrize("scheme", SCHEMES)
def test_results_do_not_depend_on_engine_or_threads(scheme: str) -> None:
    """To the last digit of every figure; only the name of the engine differs."""
    told = []
    for engine, threads in (("numpy", 1), ("compiled", 1), ("compiled", 2), ("compiled", 3)):
        found = simulator.simulate(
            simulator.load("scenarios/core_banking.yaml"),
            iterations=9_000, scheme=scheme, engine=engine, threads=threads, task_iterations=2_000,
        ).to_dict()  # fmt: skip
        assert found["settings"].pop("engine") == engine
        told.append(found)
    assert all(each == told[0] for each in told[1:])


@settings(max_examples=10, **UNHURRIED)
@given(st.sampled_from([None, 1, 2, 3, 5]), st.integers(1, 4), st.integers(1, 6 * CHUNK))
def test_results_do_not_depend_on_blocks(block: int | None, threads: int, count: int) -> None:
    """One engine that works through blocks of any size beside another."""
    chosen = Settings(count, engine="compiled", threads=threads, task_iterations=1100)
    sized = replace(chosen, block=block and block * CHUNK)
    plan = compile_plan(scenario(PLAIN, more=DATED.replace(", at: 2027-01-20", "")))
    one = chain.simulate_plan(plan, sized)
    other = chain.simulate_plan(plan, replace(chosen, engine="numpy", threads=1))
    for field in fields(one):
        np.testing.assert_array_equal(
            getattr(one, field.name), getattr(other, field.name), err_msg=field.name
        )


def test_a_block_is_its_parts() -> None:
    """Spans of whole chunks put together are one span."""
    plan, chosen = loaded("core_banking"), Settings(engine="compiled")
    make = block_maker(plan, chosen, sampling_of(plan, chosen))
    whole = make(Span(0, 4 * CHUNK + 100))
    parts = [make(Span(a, b)) for a, b in pairwise((0, CHUNK, 3 * CHUNK, 4 * CHUNK + 100))]
    for name in ("finish", "cost", "finishes", "task_start", "accounts"):
        joined = np.concatenate([getattr(part, name) for part in parts], axis=-1)
        np.testing.assert_array_equal(getattr(whole, name), joined, err_msg=name)
    for name in ("critical", "present", "occurred", "rework_spent"):
        added = sum(getattr(part, name).sum(axis=0) for part in parts)
        np.testing.assert_array_equal(getattr(whole, name).sum(axis=0), added, err_msg=name)


def test_a_calendar_that_runs_out_is_told_alike() -> None:
    """The same words, whichever engine meets it first."""
    calendar = """calendars:
  short: {week: {mon: off}, exceptions: {2027-01-05: ["09:00-17:00"]}}
"""
    task = "a: {duration: {uniform: [1h, 30h]}, calendar: short, plan: 2h}"
    loaded = scenario(task, more=calendar)
    told = []
    for engine in ("numpy", "compiled", "simpy"):
        with pytest.raises(simulator.RunError) as fault:
            simulator.simulate(loaded, iterations=100, engine=engine)
        told.append(str(fault.value))
    assert "short runs out of working time" in told[0]
    assert told[1] == told[0]
