"""What changes between two runs of the same futures, with the interval of the difference.

What the two have in common cancels, so the interval is far narrower than that of either figure. A
mean is linear: its difference is the mean of the differences. A quantile is where a share of the
iterations has passed, so it moves as that share does: by the representation

    Q = q + (p - F_N(q)) / f(q) + o(N^(-1/2)),    F_N(q) = 1 / N sum 1{x_i <= q}

both quantiles are known once it is known how far the two shares F_N may be off together, which
their indicators tell for any scheme. Where values rise evenly that gives the standard error
sd((p - 1{x_i <= q_x}) / f_x - (p - 1{y_i <= q_y}) / f_y) / sqrt(N). Dates do not rise evenly: they
jump over nights, weekends, holidays, from one meeting of a board to the next. So 1 / f is not
measured: shares that are off by a normal pair are looked up among the values that there are, and
the interval holds the middle of the differences that come of it. It is the interval of Woodruff,
for two quantiles at once, and what a paired bootstrap would find.

Source: R. R. Bahadur (1966), A note on quantiles in large samples, Annals of Mathematical
Statistics 37, 577-580; R. S. Woodruff (1952), Confidence intervals for medians and other position
measures, J. of the American Statistical Association 47, 635-646.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import scipy

from simulator.estimates.estimate import UNKNOWN, Estimate, FloatArray
from simulator.estimates.estimator import Bools, Estimator, Sample
from simulator.estimates.quantiles import rank

_POINTS = 127
"""Equally likely values of each of the two normal numbers; all pairs are looked up."""


def mean_difference(a: Sample, b: Sample, estimator: Estimator) -> Estimate:
    """Return the mean of b - a; unknown where something never happens, or does not exist."""
    if not (a.always and b.always):
        return UNKNOWN
    if np.array_equal(a.values, b.values):
        return Estimate(0.0, 0.0, 0.0)
    return estimator.mean(Sample(b.values - a.values))


def chance_difference(a: Bools, b: Bools, estimator: Estimator) -> Estimate:
    """Return the share of iterations that keep b (N,) less the share of those that keep a (N,).

    It is the mean of 1, 0 or -1, with the interval of that mean, made as wide as if two more
    iterations differed: where few differ, or none does, it is not taken for certain that others
    do not. Source of the idea: A. Agresti and Y. Min (2005), Simple improved confidence intervals
    for comparing matched proportions, Statistics in Medicine 24, 729-740.
    """
    if not len(a):
        return UNKNOWN
    differ = b.astype(np.float64) - a.astype(np.float64)
    value = float(np.count_nonzero(b) - np.count_nonzero(a)) / len(a)
    found = estimator.mean(Sample(differ))
    own = (found.high - found.low) / 2 if found.high > found.low else 0.0
    end = float(scipy.special.ndtri(0.5 + estimator.level / 2))
    half = math.sqrt(own * own + 2 * (end / len(a)) ** 2)
    return Estimate(value, max(value - half, -1.0), min(value + half, 1.0))


def quantile_difference(a: Sample, b: Sample, percent: int, estimator: Estimator) -> Estimate:
    """Return the quantile of b less that of a; unknown where one of them never happens.

    Both (N,) are of the same futures and exist in all of them. An end is infinite where what never
    happens may well be the quantile.
    """
    place = rank(percent, len(a.values)) - 1
    value = float(b.ordered[place]) - float(a.ordered[place])
    if not math.isfinite(value):
        return UNKNOWN
    if np.array_equal(a.values, b.values):
        return Estimate(0.0, 0.0, 0.0)
    moved = [
        np.clip(np.rint(place + shift), 0, len(a.values) - 1).astype(np.int64)
        for shift in _shifts(_passed(a, percent), _passed(b, percent), estimator)
    ]
    with np.errstate(invalid="ignore"):  # inf - inf: neither of them ever happens
        found = b.ordered[moved[1]] - a.ordered[moved[0]]
    if np.isnan(found).any():
        return Estimate(value, -math.inf, math.inf)
    found.sort()
    outside = math.floor((1 - estimator.level) / 2 * len(found))
    low, high = float(found[outside]), float(found[-1 - outside])
    return Estimate(value, min(low, value), max(high, value))


def _passed(sample: Sample, percent: int) -> FloatArray:
    """Return which iterations (N,) have passed the quantile, as 0 and 1.

    Those that tie with it have, or have not, whichever brings their share nearer to `percent`: that
    is the end of the tie at which the quantile may become another value.
    """
    values = sample.values
    place = rank(percent, len(values)) - 1
    quantile = sample.ordered[place]
    below, up_to = values < quantile, values <= quantile
    nearer = place - np.count_nonzero(below) < np.count_nonzero(up_to) - 1 - place
    return np.asarray(below if nearer else up_to, dtype=np.float64)


def _shifts(a: FloatArray, b: FloatArray, estimator: Estimator) -> tuple[FloatArray, FloatArray]:
    """Return by how many ranks both shares may be off together, (K,) equally likely pairs."""
    n = len(a)
    of_a, of_b, of_both = (
        (each.high - each.low) / 2 for each in (estimator.mean(Sample(x)) for x in (a, b, b - a))
    )
    common = 0.0
    if of_a > 0 and of_b > 0:
        common = (of_a * of_a + of_b * of_b - of_both * of_both) / (2 * of_a * of_b)
    common = min(max(common, -1.0), 1.0)
    own = math.sqrt(1 - common * common)
    first, second = _pairs()
    ends = float(scipy.special.ndtri(0.5 + estimator.level / 2))
    return n * of_a / ends * first, n * of_b / ends * (common * first + own * second)


@cache
def _pairs() -> tuple[FloatArray, FloatArray]:
    """Equally likely pairs of independent normal numbers, (K,) each."""
    points = scipy.special.ndtri((np.arange(_POINTS) + 0.5) / _POINTS)
    first, second = (each.ravel() for each in np.meshgrid(points, points))
    return first, second
