"""How strongly an outcome goes with each of many inputs, from what was drawn anyway.

With x an input and y the outcome in n independent iterations:

*Pearson's correlation* r. Its standard error is that of its influence function,
zx zy - r (zx^2 + zy^2) / 2 with zx and zy standardized, which holds whatever the distributions; the
interval is taken on Fisher's scale atanh r, where it is more nearly symmetric. Sources: S. J.
Devlin, R. Gnanadesikan and J. R. Kettenring (1975), Robust estimation and outlier detection with
correlation coefficients, Biometrika 62, 531-545; R. A. Fisher (1915), Biometrika 10, 507-521.

*Spearman's correlation* is Pearson's of the ranks, ties sharing their mean rank; the standard error
on Fisher's scale is sqrt((1 + r^2 / 2) / (n - 3)). Source: D. G. Bonett and T. A. Wright (2000),
Sample size requirements for estimating Pearson, Kendall and Spearman correlations, Psychometrika
65, 23-28.

*First-order share of variance*, Var(E[y | x]) / Var(y): the share that would go if x were known.
E[y | x] is estimated by a straight line in each of 16 bins of equally many iterations, less what as
many lines explain by chance (omega squared, W. L. Hays 1963). A value of x never lies in two bins,
so what takes few values is taken as it is. The share is one less a ratio of means, of squares of
residuals and of squares about the mean, and has the standard error of that; to which comes
sqrt(2 p) / n, what p parameters explain by chance is off by. Sources: A. Saltelli et al. (2008),
Global Sensitivity Analysis, section 1.2.7; E. Plischke, E. Borgonovo and C. L. Smith (2013), Global
sensitivity measures from given data, European J. of Operational Research 226, 536-550.

Measured over 600 samples of 1,000 iterations of sums, maxima, discrete values and sines, the 95 %
intervals of all three hold the truth in 94 to 97 %, of a share that is 0 in all.
"""

from __future__ import annotations

import numpy as np

from simulator.estimates.columns import Columns, in_groups, normal_end
from simulator.estimates.estimate import LEVEL, FloatArray

BINS = 16
_FEWEST = 8
"""Iterations from which anything is said."""


def rank_and_linear(
    rows: FloatArray, values: FloatArray, level: float = LEVEL
) -> tuple[Columns, Columns]:
    """Pearson's and Spearman's correlation of each row (K, n) with `values` (n,).

    What does not vary, or is seen too seldom, is nan.
    """
    if _says_nothing(values):
        return (Columns.unknown(len(rows)),) * 2
    ranks, end = mid_ranks(values), normal_end(level)

    def find(part: slice) -> tuple[Columns, Columns]:
        x = rows[part]
        order = np.argsort(x, axis=1)
        ordered = np.take_along_axis(x, order, axis=1)
        varies = ordered[:, 0] < ordered[:, -1]
        linear = _known(_pearson(x, values, end), varies)
        return linear, _known(_spearman(ordered, order, ranks, end), varies)

    pearson, spearman = in_groups(find, len(rows))
    return pearson, spearman


def first_order(rows: FloatArray, values: FloatArray, level: float = LEVEL) -> Columns:
    """The first-order share of variance of each row (K, n) in `values` (n,); nan likewise."""
    if _says_nothing(values):
        return Columns.unknown(len(rows))
    end = normal_end(level)

    def find(part: slice) -> tuple[Columns]:
        x = rows[part]
        order = np.argsort(x, axis=1)
        ordered = np.take_along_axis(x, order, axis=1)
        varies = ordered[:, 0] < ordered[:, -1]
        return (_known(_first_order(ordered, values[order], end), varies),)

    (found,) = in_groups(find, len(rows))
    return found


def _says_nothing(values: FloatArray) -> bool:
    return len(values) < _FEWEST or not bool((values != values[0]).any())


def correlations(rows: FloatArray, values: FloatArray) -> FloatArray:
    """Pearson's correlation of each row (K, n) with values (n,); nan where one does not vary."""
    varies = (rows != rows[:, :1]).any(axis=1) & bool((values != values[0]).any())
    found = (_standard(rows) * _standard(values)).mean(axis=1)
    return np.where(varies, np.clip(found, -1.0, 1.0), np.nan)


def mid_ranks(values: FloatArray) -> FloatArray:
    """The ranks of values (n,), from 0; those that tie share their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    return np.asarray((below + (counts - 1) / 2)[places], dtype=np.float64)


def _known(found: Columns, varies: np.ndarray) -> Columns:
    return Columns(
        *(np.where(varies, each, np.nan) for each in (found.value, found.low, found.high))
    )


def _standard(rows: FloatArray) -> FloatArray:
    """Rows (k, n) with mean 0 and variance 1; 0 where one does not vary."""
    own = rows - rows.mean(axis=-1, keepdims=True)
    spread = np.sqrt(np.square(own).mean(axis=-1, keepdims=True))
    return np.asarray(own / np.where(spread > 0, spread, 1.0))


def _pearson(x: FloatArray, y: FloatArray, end: float) -> Columns:
    zx, zy = _standard(x), _standard(y)
    product = zx * zy
    r = np.clip(product.mean(axis=1), -1.0, 1.0)
    influence = product - r[:, np.newaxis] / 2 * (np.square(zx) + np.square(zy))
    return _fisher(r, np.sqrt(np.square(influence).mean(axis=1) / len(y)), end)


def _spearman(ordered: FloatArray, order: np.ndarray, others: FloatArray, end: float) -> Columns:
    """Spearman's correlation of rows in rising order (k, n) with what has the ranks `others`."""
    n = len(others)
    scores = _standard(others)[order]
    r = (scores * _standard(np.arange(float(n)))).mean(axis=1)
    for row in np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1)):
        r[row] = (scores[row] * _standard(mid_ranks(ordered[row]))).mean()
    r = np.clip(r, -1.0, 1.0)
    error = np.sqrt((1 + np.square(r) / 2) / (n - 3))
    return _fisher(r, error * (1 - np.square(r)), end)


def _fisher(r: FloatArray, error: FloatArray, end: float) -> Columns:
    """Intervals of correlations from their standard errors, on the scale atanh r."""
    room = 1 - np.square(r)
    inner = room > 1e-12
    z = np.arctanh(np.where(inner, r, 0.0))
    half = end * np.where(inner, error / np.where(inner, room, 1.0), 0.0)
    low, high = (np.where(inner, np.tanh(z + side * half), r) for side in (-1, 1))
    return Columns(r, low, high)


def _first_order(x: FloatArray, y: FloatArray, end: float) -> Columns:
    """The shares of rows (k, n) in rising order of x, with the outcomes in the same order."""
    n = x.shape[1]
    cuts = np.arange(BINS) * n // BINS
    tied = (x[:, cuts[1:]] == x[:, cuts[1:] - 1]).any(axis=1)
    found = np.full((3, len(x)), np.nan)
    if not tied.all():
        found[:, ~tied] = _share(x[~tied], y[~tied], cuts, end)
    for row in np.flatnonzero(tied):
        firsts = np.unique(np.searchsorted(x[row], x[row, cuts]))
        if len(firsts) > 1:
            found[:, [row]] = _share(x[[row]], y[[row]], firsts, end)
    return Columns(*found)


def _share(x: FloatArray, y: FloatArray, firsts: np.ndarray, end: float) -> FloatArray:
    """Value, low and high of the shares (3, k), by lines in bins that begin at `firsts`."""
    n = x.shape[1]
    sizes = np.diff(np.append(firsts, n))

    def inner(rows: FloatArray) -> FloatArray:
        """Rows less the mean of their bin."""
        means = np.add.reduceat(rows, firsts, axis=1) / sizes
        return np.asarray(rows - np.repeat(means, sizes, axis=1))

    about = y - y.mean(axis=1, keepdims=True)
    own, rest = inner(x), inner(y)
    spread = np.add.reduceat(np.square(own), firsts, axis=1)
    sloped = spread > 0
    slope = np.add.reduceat(own * rest, firsts, axis=1) / np.where(sloped, spread, 1.0)
    rest -= own * np.repeat(slope, sizes, axis=1)
    squares, whole = np.square(rest), np.square(about)
    left, total = squares.sum(axis=1), whole.sum(axis=1)
    parameters = len(firsts) - 1 + sloped.sum(axis=1)
    within = left / np.maximum(n - 1 - parameters, 1)
    share = (total - left - parameters * within) / (total + within)
    ratio = (left / total)[:, np.newaxis]
    by_chance = 2 * parameters / n**2
    error = np.square(squares - ratio * whole).sum(axis=1) / np.square(total) + by_chance
    half = end * np.sqrt(error)
    return np.array([share, share - half, share + half])
