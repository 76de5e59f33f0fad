"""Tables of many classical PERT distributions: all shapes are members of one family.

With the mode at `m` of the way from low to high, PERT is Beta(1 + 4m, 5 - 4m). The square root of
each node of the lower half of its table is a smooth function of m, and taken from polynomials on
`PIECES` pieces of it; the upper half is the lower half of the shape with the mode at 1 - m. A
table costs a tenth of an exact one and differs from it by 3e-9 of the range at most, by 1e-4 of
the distance from the bound in the far tails.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.plan.table_nodes import CELLS, uniform_nodes
from simulator.scenario.distributions import Beta

Floats = NDArray[np.float64]

FEWEST = 60
"""From so many shapes in a plan on, the polynomials cost less than exact tables."""
PIECES = 8
DEGREE = 6


def pert_beta(part: float) -> Beta:
    """The shape of a classical PERT whose mode is so far from low to high, from 0 to 1."""
    return Beta(0.0, 1.0, 1.0 + 4.0 * part, 1.0 + 4.0 * (1.0 - part))


def pert_nodes(parts: Floats) -> Floats:
    """Nodes (K, 2 * CELLS + 2) of the tables of shapes (K,) on 0 to 1.

    Each depends on its own shape alone, to the last bit.
    """
    found = np.empty((len(parts), 2 * CELLS + 2))
    found[:, : CELLS + 1] = _lower_half(parts)
    np.subtract(1.0, _lower_half(1.0 - parts)[:, CELLS - 1 :: -1], out=found[:, CELLS + 1 : -1])
    found[:, -1] = found[:, -2]
    return found


def _lower_half(parts: Floats) -> Floats:
    """Nodes (K, CELLS + 1) up to the median."""
    found = np.empty((len(parts), CELLS + 1))
    pieces = np.minimum((parts * PIECES).astype(np.intp), PIECES - 1)
    places = (parts * PIECES - pieces) * 2.0 - 1.0
    for piece in np.unique(pieces).tolist():
        at = np.flatnonzero(pieces == piece)
        polynomial, place = _polynomials()[piece], places[at, None]
        root = polynomial[DEGREE] * place
        for power in range(DEGREE - 1, 0, -1):
            root += polynomial[power]
            root *= place
        root += polynomial[0]
        found[at] = root * root
    return found


@lru_cache(maxsize=1)
def _polynomials() -> Floats:
    """Coefficients (PIECES, DEGREE + 1, CELLS + 1) by rising power, for -1 to 1 on each piece.

    They go through exact nodes at Chebyshev's points; sums in fixed order, so that no linear
    algebra library has a say in the bits.
    """
    count = DEGREE + 1
    angles = [math.pi * (point + 0.5) / count for point in range(count)]
    found = np.zeros((PIECES, count, CELLS + 1))
    for piece in range(PIECES // 2):
        lower = np.zeros((count, CELLS + 1))
        upper = np.zeros((count, CELLS + 1))
        for point, angle in enumerate(angles):
            part = (piece + 0.5 + 0.5 * math.cos(angle)) / PIECES
            nodes = uniform_nodes(pert_beta(part))
            lower[point] = np.sqrt(nodes[: CELLS + 1])
            upper[count - 1 - point] = np.sqrt(1.0 - nodes[: CELLS - 1 : -1])
        found[piece] = _through(lower, angles)
        found[PIECES - 1 - piece] = _through(upper, angles)
    return found


def _through(values: Floats, angles: list[float]) -> Floats:
    """Coefficients by rising power of the polynomial through values at the cosines of angles."""
    count = len(angles)
    found = np.zeros_like(values)
    for order in range(count):
        share = np.zeros(values.shape[1])
        for value, angle in zip(values, angles, strict=True):
            share += value * math.cos(order * angle)
        share *= (1.0 if order == 0 else 2.0) / count
        powers = np.polynomial.chebyshev.cheb2poly([0.0] * order + [1.0])
        for power, factor in enumerate(powers.tolist()):
            found[power] += share * factor
    return found
