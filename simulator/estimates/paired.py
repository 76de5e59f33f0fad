"""What changes between two runs of the same futures, with the interval of the difference.

What the two have in common cancels, so the interval is that of the differences and far narrower
than that of either figure. A mean is linear: its difference is the mean of the differences. A
quantile nearly is: by the representation

    Q = q + 1 / N sum (p - 1{x_i <= q}) / f(q) + o(N^(-1/2))

each iteration moves it by its *influence* (p - 1{x_i <= q}) / f(q). The interval of a difference
of quantiles is therefore that of the mean of the differences of influences, for any scheme.

Source: R. R. Bahadur (1966), A note on quantiles in large samples, Annals of Mathematical
Statistics 37, 577-580.
"""

from __future__ import annotations

import math

import numpy as np
import scipy

from simulator.estimates.estimate import UNKNOWN, Estimate, FloatArray
from simulator.estimates.estimator import Estimator, Sample
from simulator.estimates.quantiles import rank

_NEAR = 1.96
"""Standard errors of a rank within which a quantile may well be another value."""
_JUMP = 2.0
"""How much steeper than over the wide spacing values must rise nearby to count as a jump."""


def mean_difference(a: Sample, b: Sample, estimator: Estimator) -> Estimate:
    """Return the mean of b - a; unknown where something never happens, or does not exist."""
    if not (a.always and b.always):
        return UNKNOWN
    return estimator.mean(Sample(b.values - a.values))


def quantile_difference(a: Sample, b: Sample, percent: int, estimator: Estimator) -> Estimate:
    """Return the quantile of b less that of a; unknown where one of them never happens.

    Both (N,) are of the same futures and exist in all of them. An end is infinite where the
    quantile can only be bounded by what never happens.
    """
    n = len(a.values)
    place = rank(percent, n) - 1
    value = float(b.ordered[place]) - float(a.ordered[place])
    if not math.isfinite(value):
        return UNKNOWN
    moved = _influence(b, percent) - _influence(a, percent)
    if not np.isfinite(moved).all():
        return Estimate(value, -math.inf, math.inf)
    around = estimator.mean(Sample(moved))
    half = (around.high - around.low) / 2
    return Estimate(value, value - half, value + half)


def _influence(sample: Sample, percent: int) -> FloatArray:
    """Return by how much each iteration (N,) moves a quantile, times N."""
    values, ordered = sample.values, sample.ordered
    n, p = len(values), percent / 100
    place = rank(percent, n) - 1
    near = max(int(_NEAR * math.sqrt(n * p * (1 - p))), 1)
    below, above = _rise(ordered, place, near, 0), _rise(ordered, place, 0, near)
    smooth = _rise(ordered, place, *(2 * [_spacing(n, p)]))
    steep = max(below, above) if max(below, above) > _JUMP * smooth else smooth
    # Iterations that tie with the quantile lie on the side on which it does not move.
    passed = values < ordered[place] if below > above else values <= ordered[place]
    return (p - passed) * steep if steep else np.zeros(n)


def _spacing(n: int, p: float) -> int:
    """Return over how many ranks on each side of a quantile 1 / f is measured.

    It is the one of least mean squared error for a normal distribution, N h with
    h = (4.5 phi(z)^4 / (2 z^2 + 1)^2 / N)^(1/5). Where values jump, as dates of a board do, that is
    too smooth: then it is how far they rise within the quantile's own interval, on the steeper
    side.

    Source: M. M. Siddiqui (1960), J. of Research of the National Bureau of Standards 64B, 145-150;
    D. A. Bloch and J. L. Gastwirth (1968), Annals of Mathematical Statistics 39, 1083-1085; the
    constant: E. Bofinger (1975), Australian J. of Statistics 17, 1-7.
    """
    z = float(scipy.special.ndtri(p))
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    share = (4.5 * density**4 / (2 * z * z + 1) ** 2 / n) ** 0.2
    return math.ceil(n * float(share))


def _rise(ordered: FloatArray, place: int, below: int, above: int) -> float:
    """Return how far values rise a rank around a place, times N, within the values there are."""
    low, high = max(place - below, 0), min(place + above, len(ordered) - 1)
    if low == high or ordered[low] == ordered[high]:
        return 0.0
    return float(ordered[high] - ordered[low]) * len(ordered) / (high - low)
