"""Quantiles that happened, with exact intervals that assume no distribution.

P80 is the ``(80 N + 99) // 100``-th smallest of ``N`` values: no interpolation, so a P-date is a
date of some iteration. ``inf`` (never happens) is a value like any other and sorts last.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import scipy

from simulator.estimates.estimate import LEVEL, UNKNOWN, Estimate, FloatArray

Percent = int | Fraction
"""A percentage above 0 and below 100, exact so that a rank never depends on rounding."""
AnyPercent = TypeVar("AnyPercent", bound=Percent)


def rank(percent: Percent, n: int) -> int:
    """Return the place, counted from 1, of a quantile among ``n`` sorted values: ceil(p n)."""
    if not 0 < percent < 100 or n < 1:
        raise ValueError(f"P{percent} of {n} values: need 0 < percent < 100 and a value")
    return int(-((-percent * n) // 100))


@lru_cache(maxsize=4096)
def interval_ranks(percent: Percent, n: int, level: float = LEVEL) -> tuple[int, int]:
    """Return the ranks (l, u) of the order statistics between which the true quantile lies.

    The number B of values at or below the true quantile is Bin(n, p) if the distribution is
    continuous, so the l-th to the u-th smallest value hold it with chance P(l <= B <= u - 1),
    and with at least that chance if values tie. Among the pairs with l <= rank <= u that reach
    ``level``, this is the one bounded on most sides, then the shortest, then the one with the
    most equal tails. As u is the least for its l, the chance exceeds ``level`` by less than
    P(B = u - 1). Rank 0 stands for minus infinity and n + 1 for infinity: too few values.

    Source: David and Nagaraja (2003), Order Statistics, 3rd ed., section 7.1; Conover (1999),
    Practical Nonparametric Statistics, 3rd ed., section 3.2.
    """
    middle, p = rank(percent, n), float(Fraction(percent) / 100)
    # One standard deviation and ten ranks more than the normal approximation asks for.
    reach = 10 + math.ceil((scipy.special.ndtri(0.5 + level / 2) + 1) * math.sqrt(n * p * (1 - p)))
    lower = np.arange(max(0, middle - reach), middle + 1)
    upper = np.arange(middle, min(n + 1, middle + reach) + 1)
    below, within = _binomial_cdf(lower - 1, n, p), _binomial_cdf(upper - 1, n, p)
    least = np.searchsorted(within, below + level)
    reached = least < upper.size
    lower, below, least = lower[reached], below[reached], least[reached]
    ends = upper[least]
    unbounded = (lower == 0).astype(int) + (ends == n + 1)
    # Rounded, so that a tie between mirror images is settled alike on every machine.
    unequal = np.round(np.abs(below - (1 - within[least])), 12)
    best = np.lexsort((unequal, ends - lower, unbounded))[0]
    return int(lower[best]), int(ends[best])


def _binomial_cdf(successes: npt.NDArray[np.int64], n: int, p: float) -> FloatArray:
    """P(B <= successes) for B from Bin(n, p); ``successes`` from -1 to n."""
    cdf = scipy.special.bdtr(np.maximum(successes, 0).astype(np.float64), n, p)
    return np.where(successes < 0, 0.0, cdf)


def quantile(sorted_values: FloatArray, percent: Percent) -> float:
    """Return the value at the rank of ``percent``; nan if there are no values."""
    if not len(sorted_values):
        return math.nan
    return float(sorted_values[rank(percent, len(sorted_values)) - 1])


def quantile_estimate(
    sorted_values: FloatArray, percent: Percent, level: float = LEVEL
) -> Estimate:
    """Return the quantile between the order statistics of :func:`interval_ranks`.

    An end for which there are too few values is infinite. For independent iterations only.
    """
    return quantile_estimates(sorted_values, (percent,), level)[percent]


def quantile_estimates(
    sorted_values: FloatArray, percents: tuple[AnyPercent, ...], level: float = LEVEL
) -> dict[AnyPercent, Estimate]:
    """Return the estimate of each of ``percents``, as :func:`quantile_estimate` has them."""
    n = len(sorted_values)
    if not n:
        return dict.fromkeys(percents, UNKNOWN)
    places = _places(percents, n, level)
    found = sorted_values[np.clip(places, 0, n - 1)]
    found[places < 0] = -math.inf
    found[places == n] = math.inf
    rows = zip(percents, found.tolist(), strict=True)
    return {percent: Estimate(*figures) for percent, figures in rows}


@lru_cache(maxsize=256)
def _places(percents: tuple[Percent, ...], n: int, level: float) -> npt.NDArray[np.int64]:
    """The places (P, 3), counted from 0, of quantiles and of the ends of their intervals."""
    ranks = [(rank(percent, n), *interval_ranks(percent, n, level)) for percent in percents]
    return np.array(ranks, dtype=np.int64) - 1


def percentiles(values: FloatArray, percents: Iterable[int]) -> dict[int, FloatArray]:
    """The values of some ranks in each row (R, N), as (R,); nan if there are no iterations."""
    rows, count = values.shape
    if not count:
        return {percent: np.full(rows, np.nan) for percent in percents}
    rest, begin, found = values.copy(), 0, {}
    for percent in sorted(percents):
        # What lies below a rank is out of the way of the next one.
        place = rank(percent, count) - 1
        rest[:, begin:].partition(place - begin, axis=1)
        found[percent], begin = rest[:, place].copy(), place
    return found


def contingency(
    sorted_values: FloatArray, deterministic: float, percents: Iterable[int]
) -> dict[int, float]:
    """Return what to add to the deterministic figure to reach each of ``percents``.

    It is quantile - deterministic, in the unit of the values: negative where the deterministic
    figure is already safer than asked, ``inf`` where the quantile never happens.
    """
    return {percent: quantile(sorted_values, percent) - deterministic for percent in percents}
