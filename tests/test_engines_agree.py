"""The vectorized engine against the one that lives through every iteration, bit for bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.engine.draws import draw
from simulator.engine.durations import durations_of
from simulator.engine.network_pass import network_pass
from simulator.engine.schedule import Schedule
from simulator.engine.simpy_engine import simpy_pass
from simulator.plan.compile import Plan, compile_plan
from simulator.scenario.checks import cross_check
from simulator.scenario.program import Scenario
from tests.strategies import scenarios, seeds

ARRAYS = ("start", "finish", "exists", "work", "asked", "stopped")
UNHURRIED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


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


def agree(data: dict[str, Any], seed: int, iterations: int) -> None:
    plan = plan_of(data)
    durations = durations_of(plan, draw(plan, seed, 0, iterations))
    assert_equal(network_pass(plan.network, durations), simpy_pass(plan.network, durations))


@settings(max_examples=60, derandomize=True, **UNHURRIED)
@given(scenarios(), seeds())
def test_engines_agree(data: dict[str, Any], seed: int) -> None:
    """Any scenario gives the same schedule in both engines."""
    agree(data, seed, 12)


@pytest.mark.slow
@settings(max_examples=400, **UNHURRIED)
@given(scenarios(most_tasks=14), seeds())
def test_engines_agree_on_many(data: dict[str, Any], seed: int) -> None:
    """Any larger scenario gives the same schedule in both engines."""
    agree(data, seed, 20)
