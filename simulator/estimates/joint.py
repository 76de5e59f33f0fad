"""Joint confidence: which dates and costs hold together, and how likely.

A finish of ``inf`` never happens. Everything here counts iterations: nothing is fitted or smoothed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.estimates.estimate import FloatArray
from simulator.estimates.estimator import Sample
from simulator.estimates.quantiles import Percent, rank

Ranks = npt.NDArray[np.integer[Any]]


class Ranked(Sample):
    """An outcome that exists in every iteration, ordered together with its iterations.

    ``order`` (N,) are the iterations by value, those that tie in their own order; ``first`` (N,)
    is, for each of the ordered values, the least rank of those that tie with it, from 0.
    """

    def __init__(self, values: FloatArray) -> None:
        super().__init__(values)
        kind = _kind(len(values))
        if len(values) and (values == values[0]).all():
            self.order, self.ordered = np.arange(len(values), dtype=kind), values
            self.first = np.zeros(len(values), dtype=kind)
            return
        order = np.argsort(values)
        self.ordered = values[order]
        new = np.ones(len(order), dtype=bool)
        np.not_equal(self.ordered[1:], self.ordered[:-1], out=new[1:])
        first = np.arange(len(order), dtype=kind)
        first *= new
        self.first = np.maximum.accumulate(first)
        if not new.all():
            # A stable sort costs more than this second one, of whole numbers.
            groups = np.multiply(self.first, len(order), dtype=np.int64)
            order += groups
            order.sort()
            order -= groups
        self.order = order.astype(kind)


@dataclass(frozen=True)
class Joint:
    """Finish and cost of the same iterations."""

    finish: Ranked
    cost: Ranked

    @cached_property
    def costs_by_date(self) -> Ranks:
        """The rank by cost, from 0, of each iteration in order of its date."""
        return _inverse(self.cost.order)[self.finish.order]

    @cached_property
    def dates_by_cost(self) -> Ranks:
        """The rank by date, from 0, of each iteration in order of its cost."""
        return _inverse(self.costs_by_date)

    @cached_property
    def larger(self) -> Ranks:
        """The larger of the two ranks of each iteration, in order of date; ties share the least."""
        return np.maximum(self.finish.first, self.cost.first[self.costs_by_date])


def balanced_point(joint: Joint, percent: Percent) -> tuple[float, float]:
    """Return the date and the cost of equal marginal chance that hold together at ``percent``.

    An iteration keeps the m-th smallest finish and the m-th smallest cost exactly if the larger
    of its two ranks is at most m, where values that tie share the smallest rank. So the least
    such m is an order statistic of that larger rank. (With the largest rank for ties the point
    would leave the frontier: if no cost is uncertain, its date would be the last of all.) The
    date is ``inf`` where so many iterations never finish that no date will do.
    """
    if not len(joint.larger):
        return math.nan, math.nan
    place = rank(percent, len(joint.larger)) - 1
    m = int(np.partition(joint.larger, place)[place])
    return float(joint.finish.ordered[m]), float(joint.cost.ordered[m])


def frontier(joint: Joint, percent: Percent, points: int = 60) -> tuple[FloatArray, FloatArray]:
    """Return dates, rising, and costs, falling, that hold together at ``percent``.

    For a date, the least cost that does is an order statistic of the costs of the iterations
    that keep the date; it is exact. The dates are at most ``points`` of those that happened,
    evenly spread by rank between the earliest at which any cost does and the first at which the
    least cost does. Both arrays are empty where no date will do.
    """
    if points < 2:
        raise ValueError(f"a frontier needs its two ends, got points={points}")
    dates, costs = joint.finish.ordered, joint.cost.ordered
    possible = int(np.searchsorted(dates, np.inf))
    need = rank(percent, len(dates)) if len(dates) else 1
    if possible < need:
        return np.empty(0), np.empty(0)
    if costs[0] == costs[-1]:
        return dates[need - 1 : need].copy(), costs[:1].copy()
    targets = dates[_places(joint, possible, need, points)]
    kept = np.searchsorted(dates, targets, side="right")
    least = costs[_least(joint, kept, need)]
    corner = np.concatenate(([True], least[1:] < least[:-1]))
    return targets[corner], least[corner]


def _places(joint: Joint, possible: int, need: int, points: int) -> Ranks:
    """Spread places over the dates that happen, from feasible to no longer improving."""
    by_date, costs = joint.costs_by_date[:possible], joint.cost.ordered
    least = costs[np.partition(by_date, need - 1)[need - 1]]
    cheap_enough = np.flatnonzero(by_date < np.searchsorted(costs, least, side="right"))
    first, last = need - 1, int(cheap_enough[need - 1])
    return np.unique(first + (last - first) * np.arange(points) // (points - 1))


def _least(joint: Joint, kept: Ranks, need: int) -> Ranks:
    """For each of ``kept`` (P,), rising, the need-th smallest rank of the first so many costs.

    Ranks are counted in boxes of about sqrt(N), then one by one in the box that holds the answer.
    """
    count, points = len(joint.costs_by_date), len(kept)
    bits = (count.bit_length() + 1) // 2
    boxes = ((count - 1) >> bits) + 1
    step = np.repeat(np.arange(points) * boxes, np.diff(kept, prepend=0))
    cells = step + (joint.costs_by_date[: kept[-1]] >> bits)
    table = np.bincount(cells, minlength=points * boxes).reshape(points, boxes)
    up_to = table.cumsum(axis=0).cumsum(axis=1)
    box = np.count_nonzero(up_to < need, axis=1)
    before = np.where(box > 0, up_to[np.arange(points), box - 1], 0)
    dates = np.full(boxes << bits, count)
    dates[:count] = joint.dates_by_cost
    inside = (dates.reshape(boxes, 1 << bits)[box] < kept[:, np.newaxis]).cumsum(axis=1)
    place = np.count_nonzero(inside < (need - before)[:, np.newaxis], axis=1)
    return np.asarray((box << bits) + place)


def _inverse(order: Ranks) -> Ranks:
    """The place of each number in a permutation of 0, 1, 2 ..."""
    found = np.empty_like(order)
    found[order] = np.arange(len(order), dtype=order.dtype)
    return found


def _kind(count: int) -> type[np.integer[Any]]:
    """Whole numbers wide enough for ranks of so many: of a million, memory takes the time."""
    return np.int32 if count <= np.iinfo(np.int32).max else np.int64
