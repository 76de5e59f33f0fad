"""The public surface, literally, so that it cannot drift."""

import inspect

import numpy as np
import pytest

import simulator
from tests.programs import scenario

SURFACE = [
    "BestMitigations",
    "Comparison",
    "Drivers",
    "ModelBand",
    "Results",
    "RunError",
    "Scenario",
    "ScenarioError",
    "Settings",
    "SettingsError",
    "SimulatorError",
    "Sweep",
    "compare",
    "drivers",
    "extend",
    "load",
    "loads",
    "mitigate",
    "model_band",
    "simulate",
    "sweep",
]


def test_what_the_package_offers():
    """Names and arguments are a contract."""
    assert sorted(name for name in simulator.__all__ if name != "__version__") == SURFACE
    parameters = list(inspect.signature(simulator.simulate).parameters)
    assert parameters[:7] == [
        "scenario",
        "iterations",
        "seed",
        "scheme",
        "engine",
        "threads",
        "task_iterations",
    ]


def test_every_public_function_says_what_it_does():
    """Docstrings everywhere, with what goes wrong where something can."""
    for name in simulator.__all__:
        if name != "__version__":
            assert inspect.getdoc(getattr(simulator, name))
    assert "Raises" in (simulator.simulate.__doc__ or "")


def test_results_are_frozen_and_shown_in_one_line():
    """Nobody changes what was found; a prompt shows what matters."""
    results = simulator.simulate(scenario("a: {duration: 5d, cost: 100}"), iterations=10)
    with pytest.raises(AttributeError):
        results.seconds = 0.0
    assert repr(results).startswith("<Results of 'Program': 10 iterations, P80 finish 2027-01-08")
    assert "<table" in results._repr_html_()


def test_no_task_iterations_leave_their_keys_null():
    """task_iterations=0 gives no percentiles of tasks, and everything else."""
    loaded = scenario("a: {duration: {uniform: [1d, 5d]}}")
    found = simulator.simulate(loaded, iterations=50, task_iterations=0).to_dict()
    assert found["tasks"]["p.a"]["start"]["p50"] is None
    assert found["tasks"]["p.a"]["criticality"]["value"] == 1.0
    assert found["outcomes"]["finish"]["quantiles"]["p80"]["value"] is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"iterations": 0},
        {"seed": -1},
        {"scheme": "magic"},
        {"engine": "magic"},
        {"threads": 0},
        {"task_iterations": -1},
    ],
)
def test_settings_that_cannot_be_used_are_refused(wrong):
    """The message says what was given and what is expected."""
    with pytest.raises(simulator.SettingsError, match="expected"):
        simulator.simulate(scenario("a: {duration: 5d}"), **wrong)


def test_values_keep_their_order_and_their_units():
    """Outcomes hold an entry for each iteration in order: milliseconds and money."""
    results = simulator.simulate(
        scenario("a: {duration: {uniform: [1d, 5d]}, cost_rate: 8/d}"), iterations=300
    )
    duration = results.outcomes["duration"].values / 3_600_000
    assert np.allclose(duration, results.outcomes["cost"].values, rtol=1e-9)


def test_tails_without_a_mean_have_dates_that_can_be_written():
    """A Pareto tail reaches beyond the calendar's tables, and beyond the last year of any date."""
    loaded = scenario("a: {duration: {pareto: {low: 5d, alpha: 0.2}}}\nb: {duration: 3d, after: a}")
    found = simulator.simulate(loaded, iterations=5000).to_dict()["outcomes"]["finish"]
    assert found["quantiles"]["p99"]["value"] == "9999-12-24T00:00:00"
    assert found["quantiles"]["p5"]["value"].startswith("2027-01")
