"""Joint confidence: the chance to keep a date and a budget together.

``finish`` and ``cost`` are (N,), one entry an iteration in the same order; a finish of ``inf``
never happens. Everything here counts iterations: nothing is fitted or smoothed.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from simulator.estimates.estimate import LEVEL, Estimate, FloatArray
from simulator.estimates.probabilities import probability_estimate
from simulator.estimates.quantiles import Percent, rank


def joint_probability(
    finish: FloatArray, cost: FloatArray, date: float, budget: float, level: float = LEVEL
) -> Estimate:
    """Return P(finish <= date and cost <= budget); an infinite target asks for nothing."""
    kept = (np.asarray(finish) <= date) & (np.asarray(cost) <= budget)
    return probability_estimate(int(np.count_nonzero(kept)), kept.size, level)


def balanced_point(finish: FloatArray, cost: FloatArray, percent: Percent) -> tuple[float, float]:
    """Return the date and the cost of equal marginal chance that hold together at ``percent``.

    An iteration keeps the m-th smallest finish and the m-th smallest cost exactly if the larger
    of its two ranks is at most m, where values that tie share the smallest rank. So the least
    such m is an order statistic of that larger rank. (With the largest rank for ties the point
    would leave the frontier: if no cost is uncertain, its date would be the last of all.) The
    date is ``inf`` where so many iterations never finish that no date will do.
    """
    dates, costs = np.sort(finish), np.sort(cost)
    if not dates.size:
        return math.nan, math.nan
    # Ranks counted from 0.
    by_date = np.searchsorted(dates, finish, side="left")
    by_cost = np.searchsorted(costs, cost, side="left")
    place = rank(percent, dates.size) - 1
    m = int(np.partition(np.maximum(by_date, by_cost), place)[place])
    return float(dates[m]), float(costs[m])


def frontier(
    finish: FloatArray, cost: FloatArray, percent: Percent, points: int = 60
) -> tuple[FloatArray, FloatArray]:
    """Return dates, rising, and costs, falling, that hold together at ``percent``.

    For a date, the least cost that does is an order statistic of the costs of the iterations
    that keep the date; it is exact. The dates are at most ``points`` of those that happened,
    evenly spread by rank between the earliest at which any cost does and the first at which the
    least cost does. Both arrays are empty where no date will do.
    """
    if points < 2:
        raise ValueError(f"a frontier needs its two ends, got points={points}")
    finish, cost = np.asarray(finish, dtype=np.float64), np.asarray(cost, dtype=np.float64)
    order = np.argsort(finish, kind="stable")
    dates, costs = finish[order], cost[order]
    possible = int(np.searchsorted(dates, np.inf))
    need = rank(percent, dates.size) if dates.size else 1
    if possible < need:
        return np.empty(0), np.empty(0)
    targets = dates[_places(costs[:possible], need, points)]
    kept = np.searchsorted(dates, targets, side="right")
    least = np.array([_smallest(costs[:count], need) for count in kept])
    corner = np.concatenate(([True], least[1:] < least[:-1]))
    return targets[corner], least[corner]


def _places(costs: FloatArray, need: int, points: int) -> npt.NDArray[np.int64]:
    """Spread places over the costs in order of date, from feasible to no longer improving."""
    cheap_enough = np.cumsum(costs <= _smallest(costs, need))
    first, last = need - 1, int(np.searchsorted(cheap_enough, need))
    return np.unique(first + (last - first) * np.arange(points) // (points - 1))


def _smallest(values: FloatArray, place: int) -> float:
    """Return the ``place``-th smallest value, counted from 1."""
    return float(np.partition(values, place - 1)[place - 1])
