"""How much a quantile moves with an input: the pathwise slope, given the outcome is the quantile.

Where an outcome T rises with rate D as an input d is shifted (D is 1 in the futures in which a task
is critical, else 0), its quantile q moves with the mean of D among the futures in which T is q:

    dq / dd = E[D | T = q].

Source: L. J. Hong (2009), Estimating quantile sensitivities, Operations Research 57, 118-130,
theorem 1; for D, Y.-C. Ho and X.-R. Cao (1983), Perturbation analysis and optimization of queueing
networks, J. of Optimization Theory and Applications 40, 559-582.

Hardly any T is q to the last digit, so the mean is taken about it, by ranks: with Epanechnikov's
weights 1 - (v / h)^2 of the iterations whose rank, as a share, is v from that of the quantile.
h = n^(-1/4), but no wider than reaches the nearer end: narrower than n^(-1/5), which makes bias and
chance of one size (B. W. Silverman 1986, Density Estimation, section 3.4), so that intervals, which
do not contain the bias, hold.
"""

from __future__ import annotations

import numpy as np

from simulator.estimates.columns import Columns
from simulator.estimates.dependence import mid_ranks
from simulator.estimates.estimate import LEVEL, FloatArray
from simulator.estimates.probabilities import probability_estimates


def weights_about(values: FloatArray, percent: int) -> FloatArray:
    """The weights (n,) of the iterations about a quantile of values (n,); they add up to 1."""
    n = len(values)
    centre = percent / 100
    width = min(n**-0.25, centre, 1 - centre)
    away = ((mid_ranks(values) + 0.5) / n - centre) / width
    found = np.maximum(1 - np.square(away), 0.0)
    return np.asarray(found / found.sum())


def quantile_slopes(
    rates: np.ndarray, values: FloatArray, percent: int, level: float = LEVEL
) -> Columns:
    """The slopes of a quantile of values (n,) by the inputs whose rates (K, n) are true or false.

    The interval is Wilson's for as many iterations as weigh as much, 1 / sum w^2; it does not
    contain what is off because the weights reach beyond the quantile.
    """
    weights = weights_about(values, percent)
    near = np.flatnonzero(weights > 0)
    own = weights[near]
    count = 1 / np.square(own).sum()
    share = np.array([own[row].sum() for row in rates[:, near]])
    return Columns(*probability_estimates(np.minimum(share, 1.0) * count, count, level))
