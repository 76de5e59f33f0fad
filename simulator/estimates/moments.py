"""Means and standard deviations, the same bits for any blocks, workers and processors.

Iterations are reduced in fixed chunks of 1,024, and the chunks are folded one after the other in
the order of the iterations, so how a run was cut into blocks leaves no trace. Only + - * / and
sqrt touch the data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy

from simulator.estimates.estimate import LEVEL, Estimate, FloatArray

CHUNK = 1024
"""Iterations reduced at once; a power of two, so that halving ends at one sum."""

_AT_ONCE = 16 * CHUNK
"""Values held in work arrays at once: they stay in a processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class ChunkMoments:
    """Moments of ``C`` consecutive chunks of ``K`` outcomes; only the last may be short.

    ``count`` is (C,). ``mean`` and the sums ``m2``, ``m3``, ``m4`` of the powers of the deviations
    from the chunk's own mean are (K, C).
    """

    count: npt.NDArray[np.int64]
    mean: FloatArray
    m2: FloatArray
    m3: FloatArray
    m4: FloatArray


@dataclass(frozen=True, slots=True)
class Moments:
    """Moments of all iterations of one outcome.

    ``m2``, ``m3``, ``m4`` are sums of powers of deviations from the mean. The mean is ``inf``, and
    they are nan, where some iteration is (never happens).
    """

    count: int
    mean: float
    m2: float
    m3: float
    m4: float

    @property
    def variance(self) -> float:
        """The unbiased variance, m2 / (n - 1); nan for a single iteration."""
        return self.m2 / (self.count - 1) if self.count > 1 else math.nan

    @property
    def sd(self) -> float:
        """The standard deviation, the root of the unbiased variance."""
        return math.sqrt(self.variance)


def chunk_moments(values: npt.ArrayLike) -> ChunkMoments:
    """Reduce ``values`` (N,) or (K, N), whose first iteration begins a chunk."""
    rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
    outcomes, n = rows.shape
    step = CHUNK * max(1, _AT_ONCE // (CHUNK * max(1, outcomes)))
    groups = [_reduce(rows[:, at : at + step]) for at in range(0, n, step)]
    counts = np.minimum(CHUNK, n - np.arange(0, n, CHUNK))
    sums = np.concatenate(groups, axis=-1) if groups else np.empty((4, outcomes, 0))
    for array in (counts, sums):
        array.flags.writeable = False
    return ChunkMoments(counts, *sums)


def _reduce(rows: FloatArray) -> FloatArray:
    """Return mean, m2, m3, m4 of each chunk of ``rows`` (K, n), as (4, K, chunks)."""
    outcomes, n = rows.shape
    chunks = -(-n // CHUNK)
    count = np.full(chunks, float(CHUNK))
    count[-1] = n - (chunks - 1) * CHUNK
    x = np.zeros((outcomes, chunks, CHUNK))
    x.reshape(outcomes, -1)[:, :n] = rows
    # From the first value: a constant then has its own value as mean and exactly no spread.
    origin = np.where(np.isfinite(x[..., :1]), x[..., :1], 0.0)
    with np.errstate(invalid="ignore"):  # inf - inf: the spread of what may never happen
        d = x - origin
        padding = d.reshape(outcomes, -1)[:, n:]
        padding[:] = 0.0
        mean = origin[..., 0] + _total(d) / count
        np.subtract(x, mean[..., np.newaxis], out=d)
        padding[:] = 0.0
        powers = np.empty((3, *d.shape))
        square = np.multiply(d, d, out=powers[0])
        np.multiply(square, d, out=powers[1])
        np.multiply(square, square, out=powers[2])
        return np.concatenate([mean[np.newaxis], _total(powers)])


def _total(terms: FloatArray) -> FloatArray:
    """Sum the last axis, of length ``CHUNK``, by adding its second half to its first until done.

    Only element-wise additions: the order is ours, and does not depend on the shape, on the
    memory layout, or on how a numpy or a processor arranges a reduction. Padding zeros change
    no bit of a sum.
    """
    while terms.shape[-1] > 1:
        half = terms.shape[-1] // 2
        terms = terms[..., :half] + terms[..., half:]
    return terms[..., 0]


def combine(parts: Iterable[ChunkMoments]) -> Moments:
    """Fold the blocks of one outcome, in the order of the iterations."""
    (moments,) = combine_rows(parts)
    return moments


def combine_rows(parts: Iterable[ChunkMoments]) -> tuple[Moments, ...]:
    """Fold the blocks of ``K`` outcomes, in the order of the iterations, into ``K`` moments.

    Raises ``ValueError`` if a short chunk comes before another one: the result would then
    depend on the blocks.
    """
    blocks = list(parts)
    counts = np.concatenate([block.count for block in blocks])
    if np.any(counts[:-1] != CHUNK):
        raise ValueError(f"only the last block may end within a chunk of {CHUNK} iterations")
    sums = np.concatenate([np.stack([b.mean, b.m2, b.m3, b.m4]) for b in blocks], axis=-1)
    return tuple(_fold(counts.tolist(), *row) for row in sums.transpose(1, 0, 2).tolist())


def _fold(counts: list[int], means: list[float], *powers: list[float]) -> Moments:
    """Merge the chunks of one outcome, one after the other.

    Source: Pebay (2008), Formulas for robust, one-pass parallel computation of covariances and
    arbitrary-order statistical moments, SAND2008-6212, pairwise formulas of orders 1 to 4.
    """
    total, mean, m2, m3, m4 = 0, math.nan, math.nan, math.nan, math.nan
    for count, *chunk in zip(counts, means, *powers, strict=True):
        if not total:
            total, (mean, m2, m3, m4) = count, chunk
            continue
        b, b2, b3, b4 = chunk
        n = float(total + count)
        share_a, share_b = total / n, count / n
        delta = b - mean
        square = delta * delta
        between = square * (total * share_b)
        mean = mean + delta * share_b
        balance = share_a * share_a - share_a * share_b + share_b * share_b
        m4 = m4 + b4 + between * square * balance
        m4 = m4 + 6.0 * square * (share_a * share_a * b2 + share_b * share_b * m2)
        m4 = m4 + 4.0 * delta * (share_a * b3 - share_b * m3)
        m3 = m3 + b3 + between * delta * (share_a - share_b)
        m3 = m3 + 3.0 * delta * (share_a * b2 - share_b * m2)
        m2 = m2 + b2 + between
        total += count
    # Once infinite, the fold's mean is nan; added up, infinite means stay infinite.
    if total and not math.isfinite(mean):
        mean = sum(means)
    return Moments(total, mean, m2, m3, m4)


def moments_of(values: npt.ArrayLike) -> Moments:
    """Return the moments of all iterations (N,) of one outcome."""
    return combine([chunk_moments(values)])


def constant_moments(values: FloatArray) -> Moments:
    """Return the moments of iterations (N,), at least one, that all have the same finite value."""
    return Moments(len(values), float(values[0]) + 0.0, 0.0, 0.0, 0.0)


def mean_estimate(moments: Moments, level: float = LEVEL) -> Estimate:
    """Return the mean with Student's interval, mean -+ t sd / sqrt(n).

    The ends are nan for a single iteration, and where the mean is infinite. Source: Student
    (1908), Biometrika 6, 1-25.
    """
    if moments.count < 2:
        return Estimate(moments.mean, math.nan, math.nan)
    half = _student(moments.count, level) * moments.sd / math.sqrt(moments.count)
    return Estimate(moments.mean, moments.mean - half, moments.mean + half)


def sd_estimate(moments: Moments, level: float = LEVEL) -> Estimate:
    """Return the standard deviation s with its interval on the logarithmic scale.

    s exp(-+ t se / s) with se = sqrt((mu4 - s^4 (n - 3) / (n - 1)) / n) / (2 s) by the delta
    method; the root's argument is never negative. Measured for normal, uniform, exponential and
    lognormal values, the logarithm with Student's t covers better than s -+ z se at n = 100
    (94, 95, 88, 87 % against 93, 94, 87, 86 %) and like it at n = 10,000 (95 %).

    Source: variance of s^2, Mood, Graybill and Boes (1974), Introduction to the Theory of
    Statistics, 3rd ed., section VI.2.
    """
    n, s = moments.count, moments.sd
    if n < 2 or not s > 0:
        return Estimate(s, s, s)
    square = moments.variance
    of_variance = (moments.m4 / n - square * square * (n - 3) / (n - 1)) / n
    factor = math.exp(_student(n, level) * math.sqrt(max(0.0, of_variance)) / (2 * square))
    return Estimate(s, s / factor, s * factor)


@lru_cache(maxsize=1024)
def _student(n: int, level: float) -> float:
    """Return the half width, in standard errors, of a two-sided interval from ``n`` values."""
    return float(scipy.special.stdtrit(n - 1, 0.5 + level / 2))
