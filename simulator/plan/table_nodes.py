"""Nodes of the quantile tables: where they stand, their exact values, and their correction.

The quantile of a beta distribution costs 2 us a value; a fine table is therefore filled from
every eighth node (every node in the far tails), by cubic Hermite pieces whose slopes come from
the density. Source: Fritsch and Carlson 1980 for the pieces.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from simulator.scenario.distributions import Beta, Distribution

Floats = NDArray[np.float64]

CELLS = 384
"""Cells of a table on either side of the median."""
SMALLEST = 2.0**-33
"""The smallest `u` of the generator; whatever is nearer to 0 or 1 is taken for it."""
SCORE_CELLS = 2048
FURTHEST_SCORE = 6.5
"""Scores are held within this: 2^-33 is at 6.3."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Nodes of a table by rising probability.

    Attributes
    ----------
    below, above
        Probability below and above each node, both without cancellation.
    density
        Probability per cell at each node.
    coarse
        Index of the nodes at which costly quantiles are computed.
    """

    below: Floats
    above: Floats
    density: Floats
    coarse: NDArray[np.intp]


@lru_cache(maxsize=1)
def uniform_grid() -> Grid:
    """Equal cells in the fourth root of the distance from 0 or 1."""
    root = np.linspace(np.sqrt(np.sqrt(SMALLEST)), np.sqrt(np.sqrt(0.5)), CELLS + 1)
    lower = root**4
    lower[0], lower[-1] = SMALLEST, 0.5
    rate = 4.0 * root**3 * (root[1] - root[0])
    below = np.concatenate([lower, 1.0 - lower[-2::-1]])
    density = np.concatenate([rate, rate[-2::-1]])
    side = np.concatenate([np.arange(17), np.arange(20, 48, 4), np.arange(48, CELLS + 1, 8)])
    coarse = np.concatenate([side, 2 * CELLS - side[-2::-1]])
    return Grid(below, below_reversed(lower), density, coarse)


def below_reversed(lower: Floats) -> Floats:
    """The probability above each node, from that below the nodes of the lower half."""
    return np.concatenate([1.0 - lower, lower[-2::-1]])


@lru_cache(maxsize=1)
def score_grid() -> Grid:
    """Equal cells in the standard normal score."""
    score = np.linspace(-FURTHEST_SCORE, FURTHEST_SCORE, SCORE_CELLS + 1)
    width = score[1] - score[0]
    density = np.exp(-0.5 * score * score) * (width / np.sqrt(2.0 * np.pi))
    coarse = np.arange(0, SCORE_CELLS + 1, 8)
    return Grid(scipy.special.ndtr(score), scipy.special.ndtr(-score), density, coarse)


def uniform_positions() -> Floats:
    """The `u` at each node of a `Table`."""
    return uniform_grid().below


def uniform_nodes(distribution: Distribution) -> Floats:
    """Corrected nodes of a `Table`."""
    return corrected(_quantiles(distribution, uniform_grid()))


def score_nodes(distribution: Distribution) -> Floats:
    """Corrected nodes of a `ZTable`."""
    return corrected(_quantiles(distribution, score_grid()))


def nodes_of(quantile: Callable[[Floats], Floats], *, score: bool) -> Floats:
    """Corrected nodes of a table of any quantile function."""
    return corrected(quantile((score_grid() if score else uniform_grid()).below))


def corrected(exact: Floats) -> Floats:
    """Nodes whose lines have the same average in each cell as the curve through `exact`."""
    nodes = exact.copy()
    nodes[1:-1] -= np.diff(exact, 2) / 12.0
    if exact[0] > exact[-1]:
        return -_rising(-nodes)
    return _rising(nodes)


def _rising(nodes: Floats) -> Floats:
    """Nodes that neither fall nor leave the range of the first and the last."""
    held: Floats = np.clip(nodes, nodes[0], nodes[-1])
    return np.maximum.accumulate(held)


def uncorrected(nodes: Floats) -> Floats:
    """The curve whose corrected nodes these are, to fourth order."""
    exact = nodes.copy()
    exact[1:-1] += np.diff(nodes, 2) / 12.0
    return exact


def _quantiles(distribution: Distribution, grid: Grid) -> Floats:
    if isinstance(distribution, Beta) and distribution.support() == (0.0, 1.0):
        return _beta_quantiles(distribution.alpha, distribution.beta, grid)
    return distribution.ppf(grid.below)


def _beta_quantiles(alpha: float, beta: float, grid: Grid) -> Floats:
    """Quantiles on 0 to 1: exact at coarse nodes, Hermite pieces between them."""
    if alpha < 0.5 or beta < 0.5:  # the density has poles: pieces would be too crude there
        found: Floats = scipy.special.betaincinv(alpha, beta, grid.below)
        return found
    at = grid.coarse
    lower = grid.below[at] <= 0.5
    low = scipy.special.betaincinv(alpha, beta, grid.below[at][lower])
    high = scipy.special.betaincinv(beta, alpha, grid.above[at][~lower])
    value, rest = np.concatenate([low, 1.0 - high]), np.concatenate([1.0 - low, high])
    log_density = (alpha - 1.0) * np.log(value) + (beta - 1.0) * np.log(rest)
    slope = grid.density[at] * np.exp(scipy.special.betaln(alpha, beta) - log_density)
    return _hermite(at, value, slope)


def _hermite(at: NDArray[np.intp], value: Floats, slope: Floats) -> Floats:
    """Values at 0, 1, ... from values and slopes at the positions `at`."""
    fine = np.arange(at[-1] + 1)
    piece = np.minimum(np.searchsorted(at, fine, side="right") - 1, len(at) - 2)
    width = np.diff(at)[piece]
    t = (fine - at[piece]) / width
    rise = np.diff(value)[piece]
    first, last = slope[piece] * width, slope[piece + 1] * width
    bend = (1.0 - t) * (first - rise) - t * (last - rise)
    found: Floats = value[piece] + t * rise + t * (1.0 - t) * bend
    return found
