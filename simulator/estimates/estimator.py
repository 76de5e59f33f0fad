"""The one way from iterations to intervals: figures go through an `Estimator`.

An interval depends on how the iterations of a run depend on each other. Whoever estimates gets the
values of the iterations, or counts by group of iterations, and need not know how they were drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from simulator.estimates.estimate import LEVEL, Estimate, FloatArray
from simulator.estimates.moments import (
    Moments,
    constant_moments,
    mean_estimate,
    moments_of,
    sd_estimate,
)
from simulator.estimates.probabilities import probability_estimate, probability_estimates
from simulator.estimates.quantiles import quantile_estimates

Bools = npt.NDArray[np.bool_]


class Sample:
    """The values of one outcome; what several figures need of them is worked out once.

    `values` (N,) stand in the order of the iterations, beginning with the first; nan where the
    outcome does not exist, inf where it never happens.
    """

    def __init__(self, values: FloatArray) -> None:
        self.values = values

    @cached_property
    def which(self) -> Bools | None:
        """In which iterations the outcome exists, (N,); None for all of them."""
        missing = np.isnan(self.values)
        return ~missing if missing.any() else None

    @cached_property
    def there(self) -> FloatArray:
        """The values that exist, in the order of the iterations."""
        return self.values if self.which is None else self.values[self.which]

    @cached_property
    def ordered(self) -> FloatArray:
        """The values that exist, rising."""
        return np.sort(self.there)

    @cached_property
    def moments(self) -> Moments:
        """The moments of the values that exist."""
        return constant_moments(self.there) if self.constant else moments_of(self.there)

    @property
    def constant(self) -> bool:
        """Whether all values that exist are one finite value."""
        return self.always and bool(self.ordered[0] == self.ordered[-1])

    @property
    def always(self) -> bool:
        """Whether there are values and all of them are finite: a mean means something then."""
        ordered = self.ordered
        return len(ordered) > 0 and bool(np.isfinite(ordered[[0, -1]]).all())


class Estimator(Protocol):
    """How sure figures are, given how the iterations of a run depend on each other."""

    @property
    def level(self) -> float:
        """The confidence level of every interval."""

    def quantiles(self, sample: Sample, percents: Iterable[int]) -> dict[int, Estimate]:
        """Return the estimate of each of ``percents``."""

    def mean(self, sample: Sample) -> Estimate:
        """Return the mean of the values that exist."""

    def sd(self, sample: Sample) -> Estimate:
        """Return the standard deviation of the values that exist."""

    def probability(self, kept: Bools, which: Bools | None = None) -> Estimate:
        """Return the share of iterations ``which`` (N,), all by default, that are ``kept`` (N,)."""

    def shares(
        self, counts: npt.ArrayLike, trials: npt.ArrayLike
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return shares and their lower and upper ends, (...), from counts by group, (G, ...).

        ``trials`` broadcast to the shape of the counts. Chunk c of the iterations belongs to
        group c % G.
        """


@dataclass(frozen=True, slots=True)
class Independent:
    """Iterations that know nothing of each other: plain Monte Carlo. Groups are added up."""

    level: float = LEVEL

    def quantiles(self, sample: Sample, percents: Iterable[int]) -> dict[int, Estimate]:
        """Return each quantile between two order statistics, exact for any distribution."""
        return quantile_estimates(sample.ordered, tuple(percents), self.level)

    def mean(self, sample: Sample) -> Estimate:
        """Return the mean with Student's interval."""
        return mean_estimate(sample.moments, self.level)

    def sd(self, sample: Sample) -> Estimate:
        """Return the standard deviation with its interval on the logarithmic scale."""
        return sd_estimate(sample.moments, self.level)

    def probability(self, kept: Bools, which: Bools | None = None) -> Estimate:
        """Return the share with Wilson's interval."""
        if which is None:
            return probability_estimate(int(np.count_nonzero(kept)), kept.size, self.level)
        trials = int(np.count_nonzero(which))
        return probability_estimate(int(np.count_nonzero(kept & which)), trials, self.level)

    def shares(
        self, counts: npt.ArrayLike, trials: npt.ArrayLike
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the shares of all groups together with Wilson's interval."""
        kept, tried = np.asarray(counts), np.asarray(trials)
        return probability_estimates(kept.sum(axis=0), tried.sum(axis=0), self.level)
