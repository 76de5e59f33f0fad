"""From Spearman's rho to correlated scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.plan.correlation_matrix import (
    cholesky,
    factor_loadings,
    nearest_correlation,
    normal_to_spearman,
    spearman_to_normal,
)


def _symmetric(size: int, seed: int, spread: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    lower = np.tril(np.clip(rng.normal(0.0, spread, (size, size)), -1.0, 1.0), -1)
    return lower + lower.T + np.eye(size)


def test_spearman_to_normal_and_back():
    """Known points of 2 sin(pi rho / 6), and the inverse."""
    rho = np.linspace(-1.0, 1.0, 41)
    assert np.allclose(normal_to_spearman(spearman_to_normal(rho)), rho, rtol=0, atol=1e-15)
    assert np.allclose(spearman_to_normal(np.array([-1.0, 0.0, 1.0])), [-1.0, 0.0, 1.0])
    assert spearman_to_normal(0.5) == pytest.approx(2 * np.sin(np.pi / 12), rel=1e-15)


def test_spearman_of_scores_is_what_was_asked_for():
    """Scores built from the loadings have the rank correlation, within five standard errors."""
    from scipy.stats import spearmanr

    rho, draws = 0.4, 40_000
    own, common = factor_loadings(spearman_to_normal(rho))
    shared, first, second = np.random.default_rng(2).normal(size=(3, draws))
    found = spearmanr(own * first + common * shared, own * second + common * shared).statistic
    assert abs(found - rho) < 5 / np.sqrt(draws)


def test_loadings_have_unit_variance_and_reject_negative_ones():
    """The squares of the loadings sum to one; a common factor cannot make scores disagree."""
    for rho in (0.0, 0.3, 1.0):
        own, common = factor_loadings(spearman_to_normal(rho))
        assert own**2 + common**2 == pytest.approx(1.0, rel=1e-15)
    with pytest.raises(ValueError, match="0 to 1"):
        factor_loadings(-0.1)


def test_higham_reproduces_his_example():
    """The 3 x 3 example of Higham 2002: distance 0.5278 and entries 0.7607, 0.1573."""
    asked = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    found, changed, distance = nearest_correlation(asked)
    assert changed
    assert distance == pytest.approx(0.5278, abs=5e-5)
    assert found[0, 1] == pytest.approx(0.7607, abs=5e-5)
    assert found[0, 2] == pytest.approx(0.1573, abs=5e-5)


def test_a_possible_matrix_is_left_alone():
    """A positive definite matrix comes back as it was."""
    asked = np.array([[1.0, 0.4, 0.2], [0.4, 1.0, -0.1], [0.2, -0.1, 1.0]])
    found, changed, distance = nearest_correlation(asked)
    assert np.array_equal(found, asked)
    assert not changed
    assert distance == 0.0


def test_a_singular_matrix_gets_a_factor_without_being_called_changed():
    """Full correlation is possible: only the floor on eigenvalues is applied."""
    found, changed, distance = nearest_correlation(np.ones((4, 4)))
    assert not changed
    assert distance < 1e-8
    factor = cholesky(found)
    assert np.allclose(factor @ factor.T, found, rtol=0, atol=1e-14)


@given(st.integers(2, 25), st.integers(0, 10**6), st.floats(0.1, 1.0))
@settings(max_examples=25, deadline=None)
def test_repaired_matrices_are_correlations(size, seed, spread):
    """Whatever is asked for, the result is symmetric with ones, has a factor, and is no farther
    than the identity is.
    """
    asked = _symmetric(size, seed, spread)
    found, changed, distance = nearest_correlation(asked)
    assert np.array_equal(found, found.T)
    assert np.array_equal(np.diag(found), np.ones(size))
    assert np.max(np.abs(found)) <= 1.0
    factor = cholesky(found)
    assert np.array_equal(factor, np.tril(factor))
    assert distance <= np.linalg.norm(asked - np.eye(size)) * (1 + 1e-9)
    assert changed == (np.linalg.eigvalsh(asked)[0] < -1e-8 * size)


@pytest.mark.parametrize(
    "matrix",
    [
        np.ones((2, 3)),
        np.array([[1.0, 1.2], [1.2, 1.0]]),
        np.array([[1.0, 0.2], [0.3, 1.0]]),
        np.array([[1.0, np.nan], [np.nan, 1.0]]),
        np.array([[0.9, 0.2], [0.2, 1.0]]),
    ],
)
def test_what_is_no_matrix_of_correlations_is_refused(matrix):
    """Shape, range, symmetry and diagonal are checked."""
    with pytest.raises(ValueError, match=r"square|outside|symmetric"):
        nearest_correlation(matrix)
