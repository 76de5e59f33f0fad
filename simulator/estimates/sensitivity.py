"""Which inputs matter, from values of a function at designed points, each with its interval.

The function may be anything: these take its values and how the points belong together.

Sobol's indices, from Saltelli's design: f at A, at B, and at A with input i of B, for n points.
With values less their mean and V their variance over A and B,

    first order S_i = mean f_B (f_i - f_A) / V    or    1 - mean (f_B - f_i)^2 / (2 V),
    total       T_i = mean (f_A - f_i)^2 / (2 V).

The first form of S_i is exact where S_i is small, the second where it is large; here it is that mix
of both whose rows vary least, with a weight from 0 to 1.
S_i is the share of the variance that goes if input i becomes known; T_i the share that stays if all
others do. S_i adds up to 1 where inputs only add, T_i to more where they act together.
Sources: A. Saltelli et al. (2010), Computer Physics Communications 181, 259-270, table 2 (b), (c)
and (f); M. J. W. Jansen (1999), Computer Physics Communications 117, 35-43.

Each index is a ratio of means. Its standard error is that of a ratio estimator (Cochran 1977,
equation 2.46): the spread, over groups of base points that know nothing of each other, of the
numerator less the index times the denominator; with Student's t. Groups are replicates of a
scrambled sequence, or single base points where these are independent.

Morris' measures, from trajectories in which one input moves at a step: mu*, the mean size of the
elementary effects of an input; mu, their mean; sigma, their standard deviation, which is that of an
input that acts in steps, in curves or with others. Source: F. Campolongo, J. Cariboni and A.
Saltelli (2007), Environmental Modelling and Software 22, 1509-1518.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy

from simulator.estimates.estimate import LEVEL, UNKNOWN, Estimate, FloatArray
from simulator.estimates.estimator import Independent, Sample
from simulator.estimates.replicates import Groups


@dataclass(frozen=True, slots=True)
class Indices:
    """Sobol's indices of one input."""

    first_order: Estimate
    total: Estimate


@dataclass(frozen=True, slots=True)
class Screening:
    """Morris' measures of one input, in the unit of the function over the input's whole range."""

    mu_star: Estimate
    mu: Estimate
    sigma: Estimate


def sobol_indices(
    values: FloatArray, replicates: int = 0, level: float = LEVEL
) -> tuple[Indices, ...]:
    """The indices of k inputs from values (n, k + 2): at A, at B, at A with each input of B.

    Parameters
    ----------
    values
        One row a base point; rows with nan are left out.
    replicates
        How many independent groups of equally many rows, one after the other, there are; 0 where
        every row is independent of the others.
    """
    there = np.isfinite(values).all(axis=1)
    count = len(values)
    each = count // replicates if replicates else 1
    group = (np.arange(count) // max(each, 1))[there]
    found = values[there]
    inputs = int(values.shape[1]) - 2
    if len(np.unique(group)) < 2:
        return tuple(Indices(UNKNOWN, UNKNOWN) for _ in range(inputs))
    centred = found - found[:, :2].mean()
    a, b, others = centred[:, 0], centred[:, 1], centred[:, 2:]
    variance = (a * a + b * b) / 2
    if not variance.mean() > 0:
        return tuple(Indices(UNKNOWN, UNKNOWN) for _ in range(inputs))
    return tuple(
        Indices(
            _ratio(_first_order(a, b, other, variance), variance, group, level),
            _ratio((a - other) ** 2 / 2, variance, group, level),
        )
        for other in others.T
    )


def morris_measures(
    values: FloatArray, units: FloatArray, level: float = LEVEL
) -> tuple[Screening, ...]:
    """The measures of k inputs from trajectories.

    Parameters
    ----------
    values
        (r, k + 1): the function along each trajectory; steps at nan are left out.
    units
        (r, k + 1, k): where the points are, 0 to 1 for each input.
    """
    moved = np.diff(units, axis=1)
    effects = np.diff(values, axis=1) / moved.sum(axis=2)
    inputs = np.abs(moved).argmax(axis=2)
    estimator = Independent(level)
    found = []
    for number in range(units.shape[2]):
        own = effects[inputs == number]
        own = own[np.isfinite(own)]
        if len(own) < 2:
            found.append(Screening(UNKNOWN, UNKNOWN, UNKNOWN))
            continue
        size = estimator.mean(Sample(np.abs(own)))
        size = Estimate(size.value, max(size.low, 0.0), size.high)
        found.append(Screening(size, estimator.mean(Sample(own)), estimator.sd(Sample(own))))
    return tuple(found)


def _first_order(a: FloatArray, b: FloatArray, own: FloatArray, below: FloatArray) -> FloatArray:
    """Rows (n,) whose sum by that of `below` is a first-order index: the mix that varies least."""
    small, large = b * (own - a), below - (b - own) ** 2 / 2
    off = small - small.sum() / below.sum() * below
    apart = large - large.sum() / below.sum() * below - off
    spread = float(apart @ apart)
    weight = min(max(-float(off @ apart) / spread, 0.0), 1.0) if spread > 0 else 0.0
    return weight * large + (1 - weight) * small


def _ratio(above: FloatArray, below: FloatArray, group: Groups, level: float) -> Estimate:
    """The ratio of two means over rows (n,) in groups, with its interval."""
    value = float(above.sum() / below.sum())
    _, place = np.unique(group, return_inverse=True)
    off = np.bincount(place, above - value * below)
    groups = len(off)
    error = math.sqrt(float(np.square(off).sum()) * groups / (groups - 1)) / float(below.sum())
    reach = float(scipy.special.stdtrit(groups - 1, 0.5 + level / 2)) * error
    return Estimate(value, value - reach, value + reach)
