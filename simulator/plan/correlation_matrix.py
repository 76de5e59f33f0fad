"""Correlation: from Spearman's rho to the factor that makes independent scores correlated.

`rho` in a scenario is Spearman's; the copula is Gaussian, and its scores need Pearson's.
"""

import math
from typing import overload

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

INDEFINITE = 1e-8
"""An eigenvalue below minus this, per variable, counts as not positive semi-definite."""
FLOOR = 1e-10
"""The least eigenvalue, per variable, with which a Cholesky factor surely exists."""
MOST_PROJECTIONS = 200


@overload
def spearman_to_normal(rho: float) -> float: ...
@overload
def spearman_to_normal(rho: Floats) -> Floats: ...
def spearman_to_normal(rho: Floats | float) -> Floats | float:
    """Pearson's correlation of the normal scores whose ranks have Spearman's rho.

    ``r = 2 sin(pi rho / 6)``. Source: Pearson 1907; Kruskal 1958, eq. 6.3.
    """
    found = 2.0 * np.sin(np.multiply(rho, math.pi / 6.0))
    return found if isinstance(rho, np.ndarray) else float(found)


@overload
def normal_to_spearman(r: float) -> float: ...
@overload
def normal_to_spearman(r: Floats) -> Floats: ...
def normal_to_spearman(r: Floats | float) -> Floats | float:
    """Spearman's rho of normal scores with Pearson's correlation r, the inverse."""
    found = np.arcsin(np.multiply(r, 0.5)) * (6.0 / math.pi)
    return found if isinstance(r, np.ndarray) else float(found)


def factor_loadings(r: float) -> tuple[float, float]:
    """Weights of the own and of the common score in a group whose scores all correlate by `r`.

    ``sqrt(1 - r) own + sqrt(r) common`` has unit variance and correlation r with its like; r is
    that of the scores, `spearman_to_normal(rho)`.

    Raises
    ------
    ValueError
        r is not from 0 to 1.
    """
    if not 0.0 <= r <= 1.0 + 1e-12:
        raise ValueError(f"a correlation of {r:g} has no common factor; expected 0 to 1")
    r = min(r, 1.0)
    return math.sqrt(1.0 - r), math.sqrt(r)


def nearest_correlation(matrix: Floats) -> tuple[Floats, bool, float]:
    """The nearest matrix of correlations that can exist, and has a Cholesky factor.

    Alternating projections onto the positive semi-definite matrices and onto those with ones on
    the diagonal, with Dykstra's correction. Source: Higham 2002, algorithm 3.3. The result is
    then drawn towards the identity as little as makes its least eigenvalue positive.

    Returns
    -------
    matrix
        Symmetric, ones on its diagonal, positive definite.
    changed
        Whether what was asked for could not exist; the floor on eigenvalues alone does not count.
    distance
        Frobenius norm of the change.

    Raises
    ------
    ValueError
        It is not a matrix of correlations at all.
    """
    asked = _checked(matrix)
    least = float(np.linalg.eigvalsh(asked)[0]) if asked.size else 1.0
    changed = least < -INDEFINITE * len(asked)
    found = _floored(_projected(asked) if changed else asked)
    return found, changed, float(np.linalg.norm(found - asked))


def cholesky(matrix: Floats) -> Floats:
    """The lower triangular factor of a positive definite matrix.

    LAPACK may round differently from machine to machine; the factor is part of the plan, which is
    compiled once.
    """
    return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)


def _checked(matrix: Floats) -> Floats:
    asked = np.array(matrix, dtype=np.float64)
    if asked.ndim != 2 or asked.shape[0] != asked.shape[1]:
        raise ValueError(f"a matrix of shape {asked.shape} is not square")
    if not np.all(np.isfinite(asked)) or np.any(np.abs(asked) > 1.0 + 1e-12):
        raise ValueError("a correlation is outside -1 to 1")
    if np.any(np.abs(asked - asked.T) > 1e-12) or np.any(np.abs(np.diag(asked) - 1.0) > 1e-12):
        raise ValueError("a matrix of correlations is symmetric with ones on its diagonal")
    asked = np.clip(0.5 * (asked + asked.T), -1.0, 1.0)
    np.fill_diagonal(asked, 1.0)
    return asked


def _projected(asked: Floats) -> Floats:
    """Higham's iteration, until a step changes less than 1e-8 of the matrix."""
    found, correction = asked.copy(), np.zeros_like(asked)
    for _ in range(MOST_PROJECTIONS):
        target = found - correction
        positive = _semidefinite(target)
        correction = positive - target
        before = found
        found = positive.copy()
        np.fill_diagonal(found, 1.0)
        if np.linalg.norm(found - before) <= 1e-8 * np.linalg.norm(found):
            break
    return np.clip(found, -1.0, 1.0)


def _semidefinite(matrix: Floats) -> Floats:
    """The nearest positive semi-definite matrix: negative eigenvalues become zero."""
    values, vectors = np.linalg.eigh(matrix)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    found: Floats = root @ root.T
    return 0.5 * (found + found.T)


def _floored(matrix: Floats) -> Floats:
    """The matrix drawn towards the identity until its least eigenvalue reaches the floor."""
    if not matrix.size:
        return matrix
    floor = FLOOR * len(matrix)
    least = float(np.linalg.eigvalsh(matrix)[0])
    if least >= floor:
        return matrix
    part = (floor - least) / (1.0 - least)
    found = (1.0 - part) * matrix
    np.fill_diagonal(found, 1.0)
    return found
