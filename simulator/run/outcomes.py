"""One outcome of a run: its values, and what they say with which certainty."""

from dataclasses import dataclass

import numpy as np

from simulator.estimates.estimate import Estimate
from simulator.estimates.moments import mean_estimate, moments_of, sd_estimate
from simulator.estimates.probabilities import probability_estimate
from simulator.estimates.quantiles import quantile_estimates, rank
from simulator.plan.plan import Clock
from simulator.plan.work_calendar import Floats
from simulator.scenario.units import MS_PER_DAY, MS_PER_HOUR

PERCENTS = (*range(5, 100, 5), 99)
CONTINGENCY = (50, 70, 80, 90)
DATE, HOURS, MONEY = "date", "hours", "money"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The values of one outcome, in milliseconds for dates and hours, and their estimates.

    `values` (N,): +inf where it never happens, nan where it does not exist (a branch not taken).
    """

    id: str
    unit: str
    values: Floats
    mean: Estimate
    sd: Estimate
    quantiles: dict[int, Estimate]
    deterministic: float
    deterministic_confidence: Estimate
    contingency: dict[int, float]
    never: Estimate
    """The chance that it never happens."""

    @classmethod
    def of(
        cls, key: str, unit: str, values: Floats, deterministic: float, level: float
    ) -> "Outcome":
        """Estimate everything that is reported of an outcome."""
        there = values[~np.isnan(values)]
        moments = moments_of(there)
        quantiles = quantile_estimates(there, PERCENTS, level)
        kept = int(np.count_nonzero(there <= deterministic))
        unknown = Estimate(np.nan, np.nan, np.nan)
        always = bool(np.isfinite(there).all()) and len(there) > 0
        return cls(
            id=key,
            unit=unit,
            values=values,
            mean=mean_estimate(moments, level) if always else unknown,
            sd=sd_estimate(moments, level) if always else unknown,
            quantiles=quantiles,
            deterministic=deterministic,
            deterministic_confidence=(
                unknown
                if np.isnan(deterministic)
                else probability_estimate(kept, len(there), level)
            ),
            contingency={p: quantiles[p].value - deterministic for p in CONTINGENCY},
            never=probability_estimate(int(np.isinf(there).sum()), len(there), level),
        )

    def probability(self, limit: float, level: float) -> Estimate:
        """The chance of at most `limit`, among the iterations where the outcome exists."""
        there = self.values[~np.isnan(self.values)]
        return probability_estimate(int(np.count_nonzero(there <= limit)), len(there), level)

    def to_dict(self, clock: Clock) -> dict[str, object]:
        """The outcome as it stands in `result.json`."""
        return {
            "unit": self.unit,
            "mean": self._estimate(self.mean, clock),
            "sd": _scaled(self.sd, MS_PER_DAY if self.unit == DATE else self._scale()).to_dict(),
            "deterministic": self.shown(self.deterministic, clock),
            "deterministic_confidence": self.deterministic_confidence.to_dict(),
            "contingency": {
                f"p{p}": _number(value / (MS_PER_DAY if self.unit == DATE else self._scale()))
                for p, value in self.contingency.items()
            },
            "never": self.never.to_dict(),
            "quantiles": {f"p{p}": self._estimate(e, clock) for p, e in self.quantiles.items()},
        }

    def shown(self, value: float, clock: Clock) -> object:
        """One value as `result.json` writes it; None where it never happens."""
        if not np.isfinite(value):
            return None
        return clock.date(value).isoformat() if self.unit == DATE else value / self._scale()

    def _scale(self) -> float:
        return MS_PER_HOUR if self.unit == HOURS else 1.0

    def _estimate(self, estimate: Estimate, clock: Clock) -> dict[str, object]:
        return {
            "value": self.shown(estimate.value, clock),
            "low": self.shown(estimate.low, clock),
            "high": self.shown(estimate.high, clock),
        }


def _scaled(estimate: Estimate, unit: float) -> Estimate:
    return Estimate(estimate.value / unit, estimate.low / unit, estimate.high / unit)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def percentile(values: Floats, percent: int) -> float:
    """The value of a rank among iterations, nan if there are none."""
    if not len(values):
        return float("nan")
    place = rank(percent, len(values)) - 1
    return float(np.partition(values, place)[place])
