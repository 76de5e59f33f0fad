"""Estimates of many figures at once, a column an end: what has K rows is found a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from simulator.estimates.estimate import Estimate, FloatArray

TOGETHER = 16
"""Rows worked on at once: with a few thousand iterations they stay in a processor's cache."""


@dataclass(frozen=True, slots=True)
class Columns:
    """K figures and the ends of their intervals, each (K,); nan where one is not known."""

    value: FloatArray
    low: FloatArray
    high: FloatArray

    @classmethod
    def about(cls, value: FloatArray, half: FloatArray) -> Columns:
        """Intervals that reach equally far to both sides."""
        return cls(value, value - half, value + half)

    @classmethod
    def unknown(cls, count: int) -> Columns:
        """So many figures that are not known."""
        column = np.full(count, np.nan)
        return cls(column, column, column)

    def estimates(self) -> list[Estimate]:
        """An estimate a figure."""
        rows = zip(self.value.tolist(), self.low.tolist(), self.high.tolist(), strict=True)
        return [Estimate(*ends) for ends in rows]


def in_groups(find: Callable[[slice], Sequence[Columns]], count: int) -> list[Columns]:
    """What `find` finds for a slice of rows, for all of `count` rows."""
    parts = [find(slice(at, at + TOGETHER)) for at in range(0, count, TOGETHER)]
    return [
        Columns(
            *(np.concatenate([getattr(each, end) for each in columns]) for end in Columns.__slots__)
        )
        for columns in zip(*parts, strict=True)
    ]


def normal_end(level: float) -> float:
    """How many standard errors a two-sided interval reaches to each side."""
    return float(scipy.special.ndtri(0.5 + level / 2))
