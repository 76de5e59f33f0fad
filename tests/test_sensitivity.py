"""Indices against functions whose indices are known, and how often their intervals hold them."""

import numpy as np
import pytest

from simulator.estimates.sensitivity import morris_measures, sobol_indices
from simulator.run.sweep.designs import STEP, saltelli, trajectories

A, B = 7.0, 0.1


def ishigami(units):
    """sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 for x even between -pi and pi."""
    x1, x2, x3 = np.moveaxis(np.pi * (2 * units - 1), -1, 0)
    return np.sin(x1) + A * np.sin(x2) ** 2 + B * x3**4 * np.sin(x1)


def linear(units):
    """u1 + 2 u2 + 4 u3."""
    return units @ np.array([1.0, 2.0, 4.0])


def exact_ishigami():
    """Source: T. Ishigami and T. Homma (1990), First International Symposium on Uncertainty
    Modeling and Analysis, 398-403; variances by integration over each input."""
    whole = A * A / 8 + B * np.pi**4 / 5 + B * B * np.pi**8 / 18 + 0.5
    first = np.array([0.5 * (1 + B * np.pi**4 / 5) ** 2, A * A / 8, 0.0]) / whole
    both = B * B * np.pi**8 * (1 / 18 - 1 / 50) / whole
    return first, first + np.array([both, 0.0, both])


CASES = {
    "ishigami": (ishigami, *exact_ishigami()),
    "linear": (linear, np.array([1, 4, 16]) / 21, np.array([1, 4, 16]) / 21),
}


@pytest.mark.parametrize("name", CASES)
def test_many_points_find_the_exact_indices(name):
    """Within five standard errors, and these are small."""
    function, first, total = CASES[name]
    units, replicates = saltelli(["a", "b", "c"], 8_192, 1)
    found = sobol_indices(function(units), replicates)
    for each, one, other in zip(found, first, total, strict=True):
        for estimate, exact in ((each.first_order, one), (each.total, other)):
            error = (estimate.high - estimate.low) / 2 / 2.1
            assert abs(estimate.value - exact) <= 5 * error + 1e-9
            assert error < 0.01


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("replicated", [True, False])
def test_intervals_hold_the_exact_indices(name, replicated):
    """In at least 90 of 100 designs of some 100 base points each; 95 less 4 standard errors."""
    function, first, total = CASES[name]
    held, seeds = 0, 60
    for seed in range(seeds):
        if replicated:
            units, replicates = saltelli(["a", "b", "c"], 96, seed)
        else:
            generator, replicates = np.random.default_rng(seed), 0
            a, b = generator.random((2, 96, 3))
            units = np.repeat(a[:, np.newaxis], 5, axis=1)
            units[:, 1] = b
            for number in range(3):
                units[:, 2 + number, number] = b[:, number]
        found = sobol_indices(function(units), replicates)
        for each, one, other in zip(found, first, total, strict=True):
            held += each.first_order.low <= one <= each.first_order.high
            held += each.total.low <= other <= each.total.high
    assert held / (6 * seeds) > 0.90


def test_points_without_a_value_leave_their_base_point_out():
    """Nothing else changes; a constant has no indices."""
    units, replicates = saltelli(["a", "b", "c"], 256, 3)
    values = linear(units)
    holed = values.copy()
    holed[5, 2] = np.nan
    less = sobol_indices(np.delete(values, 5, axis=0))
    some = sobol_indices(holed)
    assert some[0].first_order.value == pytest.approx(less[0].first_order.value, abs=1e-12)
    assert np.isnan(sobol_indices(np.ones_like(values), replicates)[0].total.value)


def test_morris_finds_the_slopes_of_a_linear_model():
    """mu* is what going from end to end changes, and nothing varies."""
    units = trajectories(["a", "b", "c"], 12, 1)
    for measures, slope in zip(morris_measures(linear(units), units), (1, 2, 4), strict=True):
        assert measures.mu_star.value == pytest.approx(slope)
        assert measures.mu.value == pytest.approx(slope)
        assert measures.sigma.value == pytest.approx(0, abs=1e-9)


def test_morris_tells_interaction_and_direction():
    """Of u1 u2 - u3 sigma is that of the other factor; mu of u3 is negative, mu* is not."""
    units = trajectories(["a", "b", "c"], 400, 1)
    found = morris_measures(units[..., 0] * units[..., 1] - units[..., 2], units)
    # The other factor is one of four levels, each equally often.
    levels = np.arange(4) / 3
    error = (found[0].sigma.high - found[0].sigma.low) / 2 / 1.96
    assert abs(found[0].sigma.value - levels.std()) < 5 * error
    assert found[2].mu.value == pytest.approx(-1)
    assert found[2].mu_star.value == pytest.approx(1)
    assert pytest.approx(2 / 3) == STEP
    holed = linear(units)
    holed[3] = np.nan
    assert morris_measures(holed, units)[1].mu.value == pytest.approx(2)
