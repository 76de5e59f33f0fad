"""Probabilities as counted shares of the iterations, with Wilson's interval."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy

from simulator.estimates.estimate import LEVEL, UNKNOWN, Estimate, FloatArray


def probability_estimate(successes: int, trials: int, level: float = LEVEL) -> Estimate:
    """Return the share of successes with its interval; nan if there are no trials.

    The same bits as :func:`probability_estimates`, without arrays.
    """
    s, n = float(successes), float(trials)
    if not 0 <= s <= n:
        raise ValueError("successes must lie between 0 and trials")
    if not n:
        return UNKNOWN
    z, value = _normal(level), s / n
    spread = z * math.sqrt(s * (n - s) / n + z * z / 4)
    middle, scale = s + z * z / 2, n + z * z
    low = max(min((middle - spread) / scale, value), 0.0) if s else 0.0
    high = min(max((middle + spread) / scale, value), 1.0) if s < n else 1.0
    return Estimate(value, low, high)


def probability_estimates(
    successes: npt.ArrayLike, trials: npt.ArrayLike, level: float = LEVEL
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the shares and their lower and upper ends, each in the shape of ``successes``.

    The ends are the p at which the share s/n lies z standard errors sqrt(p (1 - p) / n) away:
    (s + z^2/2 -+ z sqrt(s (n - s) / n + z^2/4)) / (n + z^2). Always 0 <= low <= value <= high
    <= 1; low is 0 exactly without a success and high is 1 exactly without a failure. Unlike
    the textbook interval it keeps a width there, so "never seen" is not shown as impossible.

    Source: Wilson (1927), JASA 22, 209-212; recommended by Brown, Cai and DasGupta (2001),
    Statistical Science 16, 101-133.
    """
    s, n = np.broadcast_arrays(
        np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    )
    if np.any(s < 0) or np.any(s > n):
        raise ValueError("successes must lie between 0 and trials")
    z = _normal(level)
    counted = np.where(n > 0, n, np.nan)
    value = s / counted
    spread = z * np.sqrt(s * (n - s) / counted + z * z / 4)
    middle, scale = s + z * z / 2, counted + z * z
    # The bounds hold in exact arithmetic; rounding alone may cross them by one last bit.
    low = np.where((s == 0) & (n > 0), 0.0, np.minimum((middle - spread) / scale, value))
    high = np.where((s == n) & (n > 0), 1.0, np.maximum((middle + spread) / scale, value))
    return value, np.maximum(low, 0.0), np.minimum(high, 1.0)


@lru_cache(maxsize=64)
def _normal(level: float) -> float:
    """Return the half width, in standard errors, of a two-sided interval."""
    return float(scipy.special.ndtri(0.5 + level / 2))
