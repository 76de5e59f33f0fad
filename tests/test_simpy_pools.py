"""The SimPy engine on boards, conditions, unbroken rows and shared pools."""

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings

from simulator.engine.draws import draw
from simulator.engine.durations import durations_of
from simulator.engine.network_pass import network_pass
from simulator.engine.schedule import Schedule
from simulator.engine.simpy_engine import simpy_pass
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


@settings(max_examples=60, derandomize=True, **UNHURRIED)
@given(unfolding_scenarios(), seeds())
def test_the_pass_agrees_on_what_unfolds(data: dict[str, Any], seed: int) -> None:
    """Boards, conditional branches and unbroken tasks give the schedule of the NumPy pass."""
    plan = plan_of_unfolding(data)
    durations = durations_of(plan, draw(plan, seed, 0, 12))
    assert_equal(network_pass(plan.network, durations), simpy_pass(plan.network, durations))


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
