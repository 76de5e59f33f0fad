"""Laws: the quantile of a distribution in arithmetic that any engine may do per iteration.

A law uses only ``+ - * / sqrt``, comparisons and tables built here, once, so that every engine
gets the same bits on every CPU. Each value depends on its own ``u`` alone: a block may be cut
anywhere.

*Tables* (`Table`) are linear in ``q = sqrt(sqrt(min(u, 1 - u)))``, with `CELLS` equal cells on
either side of the median from ``u = 2^-33``, the smallest that the generator makes. The fourth
root spreads the tails out. A line through points of a curve lies on the inner side of it, by up to
``h^2 f'' / 8``; the nodes are therefore moved out by a twelfth of their second difference, which
makes the error of each cell average zero. Mean and sd are then of fourth order in the cell width
(2e-7 sd) and single quantiles err by ``h^2 f'' / 12`` at most (P1 to P99: 4.4e-5 sd), at 6 kB a
table. `benchmarks/quantile_accuracy.py` measures it. The outermost nodes are exact, and no node
is moved beyond them, so that a bound is never overstepped.

In the outermost cells (u near 1e-9) a line stretches a long tail: by 0.04 sd for an exponential,
by 0.9 for a lognormal with a coefficient of variation of 1, at a chance too small to show.

The heaviest tails (Pareto with alpha below 3.5, lognormal with a coefficient of variation of 3 or
more) fall short of their sd by more than 1e-4 of it: that part of it lies beyond the 2^-33 that a
32-bit ``u`` can reach.

*Score laws* (`ZTable`, and `Steps` with thresholds in scores) take a standard normal score in
place of ``u``: correlated variables arrive so.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Self

import numpy as np
import scipy
from numpy.typing import NDArray

from simulator.plan.table_nodes import (
    CELLS,
    FURTHEST_SCORE,
    SCORE_CELLS,
    SMALLEST,
    corrected,
    score_nodes,
    uncorrected,
    uniform_nodes,
    uniform_positions,
)
from simulator.scenario.distributions import (
    Discrete,
    Distribution,
    Normal,
    Poisson,
    Samples,
    Triangular,
    Trigen,
    Uniform,
)

Floats = NDArray[np.float64]
Function = Callable[[Floats], Floats]

FIRST = float(np.sqrt(np.sqrt(SMALLEST)))
"""The fourth root of the smallest `u`, where the outermost cell begins."""
PER_CELL = CELLS / (float(np.sqrt(np.sqrt(0.5))) - FIRST)
"""Cells per unit of the fourth root."""
FROM_MEDIAN = CELLS + FIRST * PER_CELL
"""Position of the fourth root 0, in cells counted from the median."""
PER_SCORE = SCORE_CELLS / (2.0 * FURTHEST_SCORE)
"""Cells per unit of the score."""


class Law(ABC):
    """A quantile function in plain arithmetic: `u` (or a score) in, values out."""

    __slots__ = ()

    @abstractmethod
    def apply(self, u: Floats) -> Floats:
        """A value for each `u` (or score), of the same shape."""

    @abstractmethod
    def affine(self, factor: float, offset: float) -> "Law":
        """The law of `offset + factor * x`."""

    @abstractmethod
    def map(self, function: Function) -> "Law":
        """The law of a monotone function of x, which is called here and never per iteration."""

    def scale(self, factor: float) -> "Law":
        """The law of `factor * x`."""
        return self.affine(factor, 0.0)


@dataclass(frozen=True, slots=True)
class ConstantLaw(Law):
    """Always the same value."""

    value: float

    def apply(self, u: Floats) -> Floats:
        """The value, as often as asked."""
        return np.full(u.shape, self.value)

    def affine(self, factor: float, offset: float) -> Law:
        """Another constant."""
        return ConstantLaw(offset + factor * self.value)

    def map(self, function: Function) -> Law:
        """Another constant."""
        return ConstantLaw(float(function(np.array([self.value]))[0]))


class _Line(NamedTuple):
    low: float
    width: float


class UniformLaw(_Line, Law):
    """`low + width * u`."""

    __slots__ = ()

    def apply(self, u: Floats) -> Floats:
        """A product and a sum."""
        found = u * self.width
        found += self.low
        return found

    def affine(self, factor: float, offset: float) -> Law:
        """Another line."""
        return UniformLaw(offset + factor * self.low, factor * self.width)

    def map(self, function: Function) -> Law:
        """A table."""
        return _mapped(self, function)


class _Roots(NamedTuple):
    low: float
    high: float
    cut: float
    rise: float
    fall: float


class TriangularLaw(_Roots, Law):
    """`low + rise * sqrt(u)` where `u < cut`, else `high + fall * sqrt(1 - u)`."""

    __slots__ = ()

    def apply(self, u: Floats) -> Floats:
        """One square root, of the side on which `u` lies."""
        rising = u < self.cut
        found = np.subtract(1.0, u)
        np.copyto(found, u, where=rising)
        np.sqrt(found, out=found)
        found *= np.where(rising, self.rise, self.fall)
        found += np.where(rising, self.low, self.high)
        return found

    def affine(self, factor: float, offset: float) -> Law:
        """Another pair of roots."""
        return TriangularLaw(
            low=offset + factor * self.low,
            high=offset + factor * self.high,
            cut=self.cut,
            rise=factor * self.rise,
            fall=factor * self.fall,
        )

    def map(self, function: Function) -> Law:
        """A table."""
        return _mapped(self, function)


@dataclass(frozen=True, slots=True, eq=False)
class Table(Law):
    """Linear between `nodes` in the fourth root of the distance of `u` from 0 or 1.

    `nodes` has `2 * CELLS + 2` entries, by rising `u`; the last repeats the one before it, so that
    the cell at the very end needs no test.
    """

    nodes: Floats

    def __post_init__(self) -> None:
        """Lock the nodes."""
        object.__setattr__(self, "nodes", _locked(self.nodes))

    @classmethod
    def each(cls, nodes: Floats) -> list[Self]:
        """A table for every row of nodes (K, 2 * CELLS + 2), which are locked."""
        nodes.flags.writeable = False
        found = [object.__new__(cls) for _ in range(len(nodes))]
        for table, row in zip(found, nodes, strict=True):
            object.__setattr__(table, "nodes", row)
        return found

    def apply(self, u: Floats) -> Floats:
        """Position in cells from the lower end, then a line."""
        side = u - 0.5
        place = np.abs(side)
        np.subtract(0.5, place, out=place)
        np.maximum(place, SMALLEST, out=place)
        np.sqrt(place, out=place)
        np.sqrt(place, out=place)
        place *= PER_CELL
        np.subtract(FROM_MEDIAN, place, out=place)
        np.copysign(place, side, out=place)
        place += CELLS
        return _between(self.nodes, place, side)

    def affine(self, factor: float, offset: float) -> Self:
        """Another table."""
        return type(self)(self.nodes * factor + offset)

    def map(self, function: Function) -> Self:
        """Another table, corrected for the curvature that the function adds."""
        return type(self)(padded(corrected(function(uncorrected(self.nodes[:-1])))))


@dataclass(frozen=True, slots=True, eq=False)
class ZTable(Law):
    """Linear between `nodes` in a standard normal score, which is held within +-6.5.

    `nodes` has `SCORE_CELLS + 2` entries; the last repeats the one before it.
    """

    nodes: Floats

    def __post_init__(self) -> None:
        """Lock the nodes."""
        object.__setattr__(self, "nodes", _locked(self.nodes))

    def apply(self, u: Floats) -> Floats:
        """Position in cells from the lower end, then a line; `u` are scores."""
        place = u + FURTHEST_SCORE
        place *= PER_SCORE
        np.maximum(place, 0.0, out=place)
        np.minimum(place, SCORE_CELLS, out=place)
        return _between(self.nodes, place, np.empty_like(place))

    def affine(self, factor: float, offset: float) -> Self:
        """Another table."""
        return type(self)(self.nodes * factor + offset)

    def map(self, function: Function) -> Self:
        """Another table, corrected for the curvature that the function adds."""
        return type(self)(padded(corrected(function(uncorrected(self.nodes[:-1])))))


@dataclass(frozen=True, slots=True, eq=False)
class Steps(Law):
    """`values[k]` where k of the rising `thresholds` are below `u` (or the score)."""

    thresholds: Floats
    values: Floats

    def __post_init__(self) -> None:
        """Lock both arrays."""
        object.__setattr__(self, "thresholds", _locked(self.thresholds))
        object.__setattr__(self, "values", _locked(self.values))

    def apply(self, u: Floats) -> Floats:
        """By binary search."""
        return self.values[np.searchsorted(self.thresholds, u, side="left")]

    def affine(self, factor: float, offset: float) -> Law:
        """Other values."""
        return Steps(self.thresholds, self.values * factor + offset)

    def map(self, function: Function) -> Law:
        """Other values."""
        return Steps(self.thresholds, function(self.values))


def compile_law(distribution: Distribution, *, score: bool = False) -> Law:
    """The law of a resolved distribution.

    Parameters
    ----------
    distribution
        With all its parameters as floats.
    score
        Whether the law is to take standard normal scores in place of `u`.
    """
    low, high = distribution.support()
    if low == high:
        return ConstantLaw(low)
    match distribution:
        case Discrete() | Samples() | Poisson():
            return _steps(distribution, score=score)
        case Uniform() if not score:
            return UniformLaw(low, high - low)
        case Trigen() if not score:
            return _triangular(distribution.as_triangular())
        case Triangular() if not score:
            return _triangular(distribution)
        case _:
            unit, shift, factor = distribution.standard()
            return unit_table(unit, score=score).affine(factor, shift)


def normal_scores() -> Table:
    """The law that turns `u` into a standard normal score."""
    law = unit_table(Normal(0.0, 1.0), score=False)
    assert isinstance(law, Table)
    return law


@lru_cache(maxsize=1024)
def unit_table(unit: Distribution, *, score: bool) -> Table | ZTable:
    """One table per shape: plans state many distributions that differ in place and size only."""
    if score:
        return ZTable(padded(score_nodes(unit)))
    return Table(padded(uniform_nodes(unit)))


def _steps(distribution: Discrete | Samples | Poisson, *, score: bool) -> Law:
    values, cumulative = distribution.steps()
    thresholds = np.minimum(cumulative[:-1], 1.0)
    return Steps(scipy.special.ndtri(thresholds) if score else thresholds, values)


def _triangular(distribution: Triangular) -> Law:
    low, high = distribution.support()
    width, below = high - low, distribution.mode() - low
    return TriangularLaw(
        low=low,
        high=high,
        cut=below / width,
        rise=float(np.sqrt(width * below)),
        fall=-float(np.sqrt(width * (high - distribution.mode()))),
    )


def _mapped(law: Law, function: Function) -> Table:
    return Table(padded(corrected(function(law.apply(uniform_positions())))))


def _between(nodes: Floats, place: Floats, spare: Floats) -> Floats:
    """The value at each place, counted in cells from the first node."""
    cell = place.astype(np.intp)
    place -= cell
    found = nodes.take(cell, mode="clip")
    nodes[1:].take(cell, out=spare, mode="clip")
    spare -= found
    spare *= place
    found += spare
    return found


def padded(nodes: Floats) -> Floats:
    """Nodes with the last one twice, so that a lookup there needs no care."""
    return np.append(nodes, nodes[-1])


def _locked(values: Floats) -> Floats:
    values = np.ascontiguousarray(values, dtype=np.float64)
    if values.flags.writeable:
        values = values.copy() if values.base is not None else values
        values.flags.writeable = False
    return values
