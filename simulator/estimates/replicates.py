"""Intervals from replicates: groups of iterations that are independent of each other.

The iterations of a Latin hypercube, or of a Sobol sequence, are no independent draws: within a
group they are spread more evenly than chance would do it, so that an interval for independent ones
is wrong. The groups themselves are independent and alike, and what differs between them says how
exact the whole is, whatever happens within them.

Figures are those of all iterations together. Each is a ratio of sums over groups; its standard
error is that of a ratio estimator, sqrt(G / (G - 1) sum e^2) / n with e the sum of a group less
ratio times size, and its interval takes Student's t with G - 1 degrees of freedom.
Source: Cochran (1977), Sampling Techniques, 3rd ed., equation (2.46); Owen (2013), Monte Carlo
theory, methods and examples, sections 10.3 and 17.3.

Two rules keep the intervals honest. Standard errors of counts are at least one iteration, since
groups of a few thousand can agree by chance, and stratified counts are whole numbers. And fewer
than eight groups say too little about their spread: then the intervals are those of independent
iterations, which a Latin hypercube never needs by more than n / (n - 1) in variance.
Source: Owen (1997), SIAM Journal on Numerical Analysis 34, 1884-1910.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from simulator.estimates.estimate import LEVEL, Estimate, FloatArray
from simulator.estimates.estimator import Bools, Independent, Sample
from simulator.estimates.moments import CHUNK
from simulator.estimates.probabilities import probability_estimates
from simulator.estimates.quantiles import rank

Groups = npt.NDArray[np.int64]

_FEWEST = 8
"""Groups that say how much they differ."""
_AT_LEAST = 3
"""Iterations that groups which agree may all be off together."""
_EACH = 10
"""Iterations a group needs, on average, for its share to be near normal."""


@dataclass(frozen=True, slots=True)
class Replicated:
    """Estimates from iterations whose chunk c belongs to group c % ``groups``."""

    level: float = LEVEL
    groups: int = 1
    chunk: int = CHUNK

    def quantiles(self, sample: Sample, percents: Iterable[int]) -> dict[int, Estimate]:
        """Return each quantile between two order statistics.

        With F the share at or below the quantile and F- the share strictly below it, their ranks
        are n (p - t se(F-)) and n (p + t se(F)), rounded outwards: beyond them, a value would be
        the quantile only if one of the shares were off by more than its interval. For values that
        tie the two shares differ, and what ties is inside.
        """
        group, groups = self._grouped(sample.values, sample.which)
        if not _enough(len(group), groups):
            return Independent(self.level).quantiles(sample, percents)
        there, ordered, n = sample.there, sample.ordered, len(group)
        wanted = sorted(percents)
        at = ordered[[rank(percent, n) - 1 for percent in wanted]]
        distinct, place = np.unique(at, return_inverse=True)
        counts = _counted(there, group, groups, distinct)
        below, up_to = (self._reach(each, group)[place] for each in counts)
        found = {}
        for percent, value, less, more in zip(wanted, at.tolist(), below, up_to, strict=True):
            first = math.ceil(percent * n / 100 - less)
            last = math.floor(percent * n / 100 + more) + 1
            low = float(ordered[first - 1]) if first >= 1 else -math.inf
            high = float(ordered[last - 1]) if last <= n else math.inf
            found[percent] = Estimate(value, low, high)
        return found

    def mean(self, sample: Sample) -> Estimate:
        """Return the mean; its ends are nan where it is infinite.

        They are at least three iterations away from it. Stratified, what happens in a few
        iterations of each group may happen equally often in all of them by chance; groups that
        agree say that in all at most three are off (Hanley and Lippman-Hand 1983, JAMA 249, the
        rule of three). An iteration off at a gap between two values moves the sum by the gap, and
        gaps are off independently of each other: by the range where there are two values, by next
        to nothing where values lie close.
        """
        group, groups = self._grouped(sample.values, sample.which)
        mean = sample.moments.mean
        if not _enough(len(group), groups) or not math.isfinite(mean):
            return Independent(self.level).mean(sample)
        off = np.bincount(group, sample.there - mean, groups)
        reach = _student(groups, self.level) * float(_spread(off))
        one = float(np.sqrt(np.square(np.diff(sample.ordered)).sum()))
        half = max(reach, _AT_LEAST * one) / len(group)
        return Estimate(mean, mean - half, mean + half)

    def sd(self, sample: Sample) -> Estimate:
        """Return the standard deviation s with its interval on the logarithmic scale.

        That is s exp(-+ (t se / s + 1 / (2 n))), where se = se(variance) / (2 s) by the delta
        method. The last term is what dividing by n - 1 instead of n is worth: the divisor is right
        for independent iterations, and even strata may be more exact than that.
        """
        group, groups = self._grouped(sample.values, sample.which)
        moments = sample.moments
        s = moments.sd
        if not _enough(len(group), groups) or not s > 0:
            return Independent(self.level).sd(sample)
        off = (sample.there - moments.mean) ** 2 - moments.m2 / moments.count
        of_variance = float(_spread(np.bincount(group, off, groups))) / moments.count
        reach = _student(groups, self.level) * of_variance / (2 * s * s)
        factor = math.exp(reach + 1 / (2 * moments.count))
        return Estimate(s, s / factor, s * factor)

    def probability(self, kept: Bools, which: Bools | None = None) -> Estimate:
        """Return the share of iterations ``which`` that are ``kept``, with :meth:`shares`."""
        group, groups = self._grouped(kept, which)
        trials = np.bincount(group, minlength=groups)
        counts = np.bincount(group[kept if which is None else kept[which]], minlength=groups)
        value, low, high = self.shares(counts, trials)
        return Estimate(float(value), float(low), float(high))

    def shares(
        self, counts: npt.ArrayLike, trials: npt.ArrayLike
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return shares and their lower and upper ends, (...), from counts by group, (G, ...).

        ``trials`` broadcast to the counts. The interval is Wilson's, with t for z and with the n
        that would give independent iterations the same standard error; so it stays within 0 and 1.
        Where all or none are kept no groups can differ: then it is that of n independent
        iterations.
        """
        kept = np.asarray(counts, dtype=np.float64)
        tried = np.broadcast_to(np.asarray(trials, dtype=np.float64), kept.shape)
        groups, s, n = len(kept), kept.sum(axis=0), tried.sum(axis=0)
        value, low, high = probability_estimates(s, n, self.level)
        told = _enough(n, groups) & (s > 0) & (s < n)
        share, counted = np.where(told, value, 0.5), np.maximum(n, 1.0)
        error = np.maximum(_spread(kept - share * tried), 1.0) / counted
        ends = _wilson(share, share * (1 - share) / (error * error), _student(groups, self.level))
        return value, np.where(told, ends[0], low), np.where(told, ends[1], high)

    def _grouped(self, values: npt.NDArray[Any], which: Bools | None) -> tuple[Groups, int]:
        """Return the group of each iteration that counts, and how many groups there are."""
        chunks = -(-len(values) // self.chunk)
        groups = min(self.groups, chunks)
        group = np.repeat(np.arange(chunks) % max(groups, 1), self.chunk)[: len(values)]
        return group if which is None else group[which], groups

    def _reach(self, counts: FloatArray, group: Groups) -> FloatArray:
        """Return t standard errors of the sums (P,) of counts by group (G, P), in iterations."""
        groups, n = len(counts), len(group)
        sizes = np.bincount(group, minlength=groups)[:, np.newaxis]
        off = counts - counts.sum(axis=0) / n * sizes
        return _student(groups, self.level) * np.maximum(_spread(off), 1.0)


def _enough(n: npt.ArrayLike, groups: int) -> Bools:
    """Return whether ``n`` iterations in ``groups`` say how much the groups differ."""
    return np.asarray((groups >= _FEWEST) & (np.asarray(n) >= _EACH * groups))


def _counted(
    values: FloatArray, group: Groups, groups: int, at: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Count by group (G, P) the values strictly below each of ``at`` (P,), rising, and up to it."""
    bins = len(at) + 1
    # A value lies above the first j of `at` and counts from the next one on.
    j = np.searchsorted(at, values, side="left")
    table = np.bincount(group * bins + j, minlength=groups * bins).reshape(groups, bins)
    up_to = np.cumsum(table[:, :-1], axis=1).astype(np.float64)
    tied = np.flatnonzero(np.append(at, np.nan)[j] == values)
    place = group[tied] * bins + j[tied]
    equal = np.bincount(place, minlength=groups * bins).reshape(groups, bins)[:, :-1]
    return up_to - equal, up_to


def _spread(off: npt.ArrayLike) -> FloatArray:
    """Return the standard error (...) of a sum over groups, from what each is off by (G, ...)."""
    square = np.square(np.asarray(off, dtype=np.float64))
    groups = max(len(square), 2)
    return np.asarray(np.sqrt(square.sum(axis=0) * groups / (groups - 1)))


def _student(groups: int, level: float) -> float:
    """Return the half width, in standard errors, of a two-sided interval from ``groups``."""
    return float(scipy.special.stdtrit(max(groups - 1, 1), 0.5 + level / 2))


def _wilson(share: FloatArray, n: FloatArray, t: float) -> tuple[FloatArray, FloatArray]:
    """Return Wilson's interval about ``share`` for ``n`` trials, which need not be whole."""
    middle, scale = share + t * t / (2 * n), 1 + t * t / n
    half = t * np.sqrt(share * (1 - share) / n + t * t / (4 * n * n))
    return np.maximum((middle - half) / scale, 0.0), np.minimum((middle + half) / scale, 1.0)
