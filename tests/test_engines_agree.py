"""The vectorized and the compiled engine against the one that lives through every iteration."""

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulator
from simulator.engine.compiled.engine import compiled_pass
from simulator.engine.draws import Draws, deterministic_draws, draw
from simulator.engine.driving import driving_links
from simulator.engine.durations import durations_of
from simulator.engine.network_pass import network_pass
from simulator.engine.schedule import Durations, FirstHit, Schedule, Stop, Versions, Waits
from simulator.engine.simpy_engine import simpy_pass
from simulator.plan.compile import Plan, compile_plan
from simulator.plan.plan import FF, FS, NONE, SF, Network
from simulator.plan.work_calendar import Floats
from simulator.scenario.checks import cross_check
from simulator.scenario.program import Scenario
from tests.networks import DAY, HOUR, OFFICE, Link, by_hand, lasting, random_case
from tests.strategies import scenarios, seeds

NEVER = np.array([])
ARRAYS = ("start", "finish", "exists", "work", "asked", "stopped", "stop_at")
UNHURRIED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


# -- whole scenarios -----------------------------------------------------------------------------


def plan_of(data: dict[str, Any]) -> Plan:
    """The plan of a scenario that has no faults."""
    scenario = Scenario.model_validate(data)
    assert not list(cross_check(scenario))
    return compile_plan(scenario)


def assert_equal(one: Schedule, other: Schedule) -> None:
    """Every array of two schedules is the same, bit for bit."""
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.chosen.keys() == other.chosen.keys()
    for row, chosen in one.chosen.items():
        np.testing.assert_array_equal(chosen, other.chosen[row], err_msg=f"chosen {row}")
    assert_waits_equal(one, other)


def assert_waits_equal(one: Schedule, other: Schedule) -> None:
    """Rows that are there and go on wait alike for meetings and by hits they are first to meet."""
    on = one.exists if one.stopped is None else one.exists & ~one.stopped
    assert list(one.approval_waits) == list(other.approval_waits)
    for row, waits in one.approval_waits.items():
        np.testing.assert_array_equal(waits[on[row]], other.approval_waits[row][on[row]])
    assert len(one.first_waits) == len(other.first_waits)
    for own, others in zip(one.first_waits, other.first_waits, strict=True):
        each = np.arange(len(own.row))
        there = (own.row != NONE) & on[own.row, each]
        np.testing.assert_array_equal(there, (others.row != NONE) & on[others.row, each])
        for name in ("row", "elapsed", "working"):
            np.testing.assert_array_equal(getattr(own, name)[there], getattr(others, name)[there])


def all_three(network: Network, durations: Durations, schedule: Schedule) -> Schedule:
    """The schedule of two engines that agree with that of the third, positions included."""
    fast, compiled = network_pass(network, durations), compiled_pass(network, durations)
    assert_equal(fast, schedule)
    assert_equal(compiled, fast)
    np.testing.assert_array_equal(compiled.position, fast.position)
    return fast


def agree(data: dict[str, Any], seed: int, iterations: int) -> None:
    """All engines schedule a scenario alike."""
    plan = plan_of(data)
    durations = durations_of(plan, draw(plan, seed, 0, iterations))
    slow = simpy_pass(plan.network, durations)
    fast = all_three(plan.network, durations, slow)
    # The fast engines keep positions in working time; without them links must drive the same.
    kept, converted = (driving_links(plan.network, durations, each) for each in (fast, slow))
    np.testing.assert_array_equal(kept.drives, converted.drives)
    np.testing.assert_array_equal(kept.ready, converted.ready)


@settings(max_examples=60, derandomize=True, **UNHURRIED)
@given(scenarios(), seeds())
def test_engines_agree(data: dict[str, Any], seed: int) -> None:
    """Any scenario gives the same schedule in all engines."""
    agree(data, seed, 12)


@pytest.mark.slow
@settings(max_examples=400, **UNHURRIED)
@given(scenarios(most_tasks=14), seeds())
def test_engines_agree_on_many(data: dict[str, Any], seed: int) -> None:
    """Any larger scenario gives the same schedule in all engines."""
    agree(data, seed, 20)


@settings(max_examples=60, derandomize=True, **UNHURRIED)
@given(scenarios(), seeds())
def test_engines_write_the_same_results(data: dict[str, Any], seed: int) -> None:
    """Everything that `result.json` holds, but for how it was made."""
    scenario = Scenario.model_validate(data)
    found = []
    for engine in ("simpy", "numpy", "compiled"):
        results = simulator.simulate(scenario, iterations=40, seed=seed, engine=engine).to_dict()
        del results["settings"], results["warnings"]
        found.append(json.dumps(results, indent=0, default=str).splitlines())
    assert found[0] == found[1]
    assert found[0] == found[2]


@settings(max_examples=40, derandomize=True, **UNHURRIED)
@given(scenarios(), seeds(), st.lists(st.integers(0, 100), max_size=4))
def test_any_block_size_gives_the_same_bits(
    data: dict[str, Any], seed: int, cuts: list[int]
) -> None:
    """Iterations 0 to 100 in one block are those of any blocks put together."""
    plan = plan_of(data)
    ends = sorted({0, *cuts, 100})
    whole = scheduled(plan, draw(plan, seed, 0, 100))
    parts = [scheduled(plan, draw(plan, seed, begin, end)) for begin, end in pairwise(ends)]
    for name in ARRAYS:
        each = [getattr(part, name) for part in parts]
        joined = None if each[0] is None else np.concatenate(each, axis=1)
        np.testing.assert_array_equal(getattr(whole, name), joined, err_msg=name)
    for row, chosen in whole.chosen.items():
        joined = np.concatenate([part.chosen[row] for part in parts])
        np.testing.assert_array_equal(chosen, joined)


@settings(max_examples=20, derandomize=True, **UNHURRIED)
@given(scenarios(), st.booleans())
def test_engines_agree_on_the_deterministic_plan(data: dict[str, Any], margin: bool) -> None:
    """The plan of central values is the same in all engines, with its margin or without."""
    plan = plan_of(data)
    durations = durations_of(plan, deterministic_draws(plan), keep_margin=margin)
    all_three(plan.network, durations, simpy_pass(plan.network, durations))


def scheduled(plan: Plan, draws: Draws) -> Schedule:
    return network_pass(plan.network, durations_of(plan, draws))


# -- networks made by hand -----------------------------------------------------------------------


def agreed(network: Network, durations: Durations) -> Schedule:
    """The schedule that all engines agree on."""
    return all_three(network, durations, simpy_pass(network, durations))


def hours(values: Floats) -> list[Any]:
    return (values / HOUR).tolist()


def test_a_stop_by_the_last_row_ends_the_project() -> None:
    """A stop is settled even where no row comes after the one that brings it about."""
    stop = Stop(
        np.array([True]), hit_rows=np.array([0]), occurs=np.array([[True, False]]), thresholds=NEVER
    )
    network = by_hand({"calendar": [OFFICE]}, [], stop_before={1: (0,)})
    schedule = agreed(network, lasting([[8, 8]], stops=(stop,)))
    assert schedule.exists.tolist() == [[False, True]]
    assert hours(schedule.finish) == [[0, 18]]


def test_a_row_stays_stopped() -> None:
    """A row stopped by a date is still said to be stopped after a stop by its start is settled."""
    rows = np.array([True, True])
    dated = Stop(rows, at=np.array([10.0]) * HOUR)
    by_start = Stop(rows, hit_rows=np.array([1]), occurs=np.array([[True]]), thresholds=NEVER)
    network = by_hand({"calendar": [OFFICE, OFFICE]}, [(0, 1, FS, {})], stop_before={2: (1,)})
    schedule = agreed(network, lasting([8, 8], stops=(dated, by_start)))
    assert schedule.stopped is not None
    assert schedule.stopped.tolist() == [[True], [True]]
    assert hours(schedule.work) == [[1], [0]]


def test_a_hard_finish_of_an_instant() -> None:
    """A row without work that must finish on a Saturday does so, though its calendar is closed."""
    network = by_hand(
        {"calendar": [OFFICE, OFFICE], "finish_cap": [np.inf, 5 * DAY]}, [(0, 1, FS, {})]
    )
    schedule = agreed(network, lasting([[80, 8], 0]))
    assert hours(schedule.start[1]) == [5 * 24, 18]


def test_finish_bounds_go_through_the_work() -> None:
    """A finish that is waited for puts the start where the work ends in time."""
    links: list[Link] = [(0, 1, FF, {"lag": 2 * HOUR}), (0, 2, SF, {"lag": 24 * HOUR})]
    schedule = agreed(by_hand({"calendar": [OFFICE] * 3}, links), lasting([16, 4, 4]))
    assert hours(schedule.start) == [[9], [24 + 16], [48 + 14]]
    assert hours(schedule.finish) == [[24 + 18], [48 + 11], [48 + 18]]


def test_the_first_ready_takes_the_hit() -> None:
    """A wait falls on the row that is ready first; of two at once, on the one declared first."""
    nothing = np.zeros((1, 2, 3))
    hit = FirstHit(np.array([2, 1]), np.zeros(0), nothing, nothing + 5 * HOUR, nothing)
    network = by_hand({"calendar": [NONE] * 3}, [(0, 1, FS, {})], settle_before={1: (0,)})
    waits = {2: Waits(elapsed=np.array([3.0, 0.0, 1.0]) * HOUR)}
    exists = np.array([[True] * 3, [True, False, True], [True] * 3])
    schedule = agreed(network, lasting([[1] * 3, 1, 1], waits=waits, firsts=(hit,), exists=exists))
    assert hours(schedule.start[1:]) == [[6, 1, 1], [3, 5, 6]]
    assert hours(schedule.asked[1:]) == [[1, 1, 1], [0, 0, 0]]


def test_the_start_chooses_the_version() -> None:
    """A row takes the work that the mitigations in force at its judged start leave it."""
    work = np.array([[4.0, 4.0, 4.0], [2.0, 2.0, 2.0]]) * HOUR
    waits = np.array([[0.0] * 3, [1.0] * 3]) * HOUR
    versions = Versions(np.array([10 * HOUR]), work, waits, 0 * waits)
    network = by_hand({"calendar": [NONE] * 2}, [(0, 1, FS, {})])
    schedule = agreed(network, lasting([[8, 10, 12], 9], versions={1: versions}))
    assert schedule.chosen[1].tolist() == [0, 1, 1]
    assert hours(schedule.start[1]) == [8, 11, 13]
    assert hours(schedule.finish[1]) == [12, 13, 15]


def test_a_stop_cuts_what_runs() -> None:
    """What runs at a stop ends there, with the working time done until then as its work."""
    stop = Stop(np.array([True, True, False]), at=np.array([24.0 + 16, np.inf, 9]) * HOUR)
    links: list[Link] = [(0, 1, FS, {}), (1, 2, FS, {})]
    network = by_hand({"calendar": [OFFICE] * 3}, links)
    schedule = agreed(network, lasting([[16] * 3, 8, 1], stops=(stop,)))
    assert hours(schedule.work) == [[14, 16, 0], [0, 8, 0], [1, 1, 1]]
    assert hours(schedule.start[2]) == [24 + 16, 3 * 24 + 9, 9]


# -- random networks, with what no scenario of this version makes of them -------------------------


@settings(max_examples=250, derandomize=True, **UNHURRIED)
@given(seeds())
def test_engines_agree_on_random_networks(seed: int) -> None:
    """Any network, with gates wherever they can be settled, gives one schedule."""
    agreed(*random_case(np.random.default_rng(seed), 6))


@pytest.mark.slow
@settings(max_examples=4000, **UNHURRIED)
@given(seeds())
def test_engines_agree_on_many_random_networks(seed: int) -> None:
    """Very many networks give one schedule each."""
    agreed(*random_case(np.random.default_rng(seed), 6))
