"""The SimPy engine on boards, conditions, unbroken rows and shared pools."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from simulator.engine.draws import draw
from simulator.engine.durations import durations_of
from simulator.engine.network_pass import network_pass
from simulator.engine.schedule import Schedule
from simulator.engine.simpy_engine import simpy_pass
from simulator.errors import RunError
from tests.inside_cases import unfolding_case
from tests.networks import HOUR
from tests.strategies import seeds
from tests.unfolding import plan_of_unfolding, unfolding_scenarios

ARRAYS = ("start", "finish", "exists", "work", "asked", "stopped", "stop_at")
UNHURRIED: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


def assert_equal(one: Schedule, other: Schedule) -> None:
    """Every array of two schedules is the same, bit for bit."""
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.chosen.keys() == other.chosen.keys()
    for row, chosen in one.chosen.items():
        np.testing.assert_array_equal(chosen, other.chosen[row], err_msg=f"chosen {row}")


def assert_same_hits(one: Schedule, other: Schedule) -> None:
    """The same hits fell, and the same arrived."""
    assert one.fell.keys() == other.fell.keys()
    for row, fell in one.fell.items():
        np.testing.assert_array_equal(fell, other.fell[row], err_msg=f"fell {row}")
    for came, came_too in zip(one.arrivals, other.arrivals, strict=True):
        np.testing.assert_array_equal(came, came_too, err_msg="arrivals")


@settings(max_examples=60, derandomize=True, **UNHURRIED)
@given(unfolding_scenarios(), seeds())
def test_the_pass_agrees_on_what_unfolds(data: dict[str, Any], seed: int) -> None:
    """Boards, conditional branches and unbroken tasks give the schedule of the NumPy pass."""
    plan = plan_of_unfolding(data)
    durations = durations_of(plan, draw(plan, seed, 0, 12))
    assert_equal(network_pass(plan.network, durations), simpy_pass(plan.network, durations))


@settings(max_examples=40, derandomize=True, **UNHURRIED)
@given(unfolding_scenarios(inside=True), seeds())
def test_the_pass_agrees_on_risks_inside(data: dict[str, Any], seed: int) -> None:
    """So do whole scenarios with windows and rates."""
    plan = plan_of_unfolding(data)
    durations = durations_of(plan, draw(plan, seed, 0, 8))
    fast, slow = network_pass(plan.network, durations), simpy_pass(plan.network, durations)
    assert_equal(fast, slow)
    assert_same_hits(fast, slow)


@settings(max_examples=60, derandomize=True, **UNHURRIED)
@given(unfolding_scenarios(pools=True, plenty=True), seeds())
def test_pools_that_are_never_short_change_nothing(data: dict[str, Any], seed: int) -> None:
    """With units for all the dispatcher gives the schedule of the pass, and nobody waits."""
    plan = plan_of_unfolding(data)
    durations = durations_of(plan, draw(plan, seed, 0, 12))
    dispatched = simpy_pass(plan.network, durations)
    assert_equal(network_pass(plan.network, durations), dispatched)
    for values in (dispatched.waiting, dispatched.short):
        assert values is None or not values.any()


@settings(max_examples=50, derandomize=True, **UNHURRIED)
@given(unfolding_scenarios(pools=True), seeds())
def test_nobody_starts_without_units(data: dict[str, Any], seed: int) -> None:
    """Where a row starts, all that is held of the pools it needs is there."""
    plan = plan_of_unfolding(data)
    pools = plan.network.pools
    found = simpy_pass(plan.network, durations_of(plan, draw(plan, seed, 0, 6)))
    if pools is None:
        return
    for iteration in range(6):
        there = found.exists[pools.rows, iteration]
        start, finish = found.start[pools.rows, iteration], found.finish[pools.rows, iteration]
        for need in np.flatnonzero(there):
            pool, at = pools.pool[need], start[need]
            holds = there & (pools.pool == pool) & (start <= at) & (finish > at)
            steps, units = pools.capacity(int(pool))
            assert pools.units[holds].sum() <= units[np.searchsorted(steps, at, side="right") - 1]


@pytest.mark.parametrize("seed", range(4))
def test_windows_and_rates_fall_alike(seed: int) -> None:
    """Hits with windows and of rates fall, and arrive, as in the NumPy pass."""
    for case in range(40):
        network, durations = unfolding_case(np.random.default_rng([seed, case, 2]), 6)
        fast, slow = network_pass(network, durations), simpy_pass(network, durations)
        assert_equal(fast, slow)
        assert_same_hits(fast, slow)


def test_units_that_are_taken_are_missed() -> None:
    """From 05:00 to 35:00 there is none: a holder keeps his, b waits until it is back."""
    taken = {"pools": ["dba"], "units": -1, "from": "2027-01-04 05:00", "for": "30eh"}
    schedule = hours_of({"dba": {"units": 1}}, {"flu": {"chance": 1, "hits": [taken]}})
    assert schedule.start[:, 0].tolist() == [0.0, 35.0]
    assert schedule.finish[:, 0].tolist() == [10.0, 45.0]
    assert schedule.waiting is not None
    assert schedule.waiting[:, 0].tolist() == [0.0, 35.0]


def test_units_that_never_come_back_are_an_error() -> None:
    """Whoever waits for them is named, and the pool."""
    taken = {"pools": ["dba"], "units": -1, "from": "2027-01-04 05:00"}
    with pytest.raises(RunError, match=r"p\.b waits for ever.* of dba"):
        hours_of({"dba": {"units": 1}}, {"flu": {"chance": 1, "hits": [taken]}})


def hours_of(pools: dict[str, Any], risks: dict[str, Any]) -> Schedule:
    """One iteration of `a` and `b` on the clock, its times in hours."""
    tasks = {name: {"duration": "10h", "needs": {"dba": 1}} for name in "ab"}
    data = {
        "format": 1,
        "program": {"start": "2027-01-04", "calendar": "24x7"},
        "pools": pools,
        "projects": {"p": {"tasks": tasks}},
        "risks": risks,
    }
    plan = plan_of_unfolding(data)
    found = simpy_pass(plan.network, durations_of(plan, draw(plan, 1, 0, 1)))
    assert found.waiting is not None
    times = {name: getattr(found, name) / HOUR for name in ("start", "finish", "waiting")}
    return replace(found, **times)
