"""One outcome of a run: its values, and what they say with which certainty."""

from dataclasses import dataclass, replace

import numpy as np

from simulator.estimates.estimate import UNKNOWN, Estimate
from simulator.estimates.estimator import Estimator, Sample
from simulator.plan.plan import Clock
from simulator.plan.work_calendar import Floats
from simulator.run.iso_dates import iso_dates
from simulator.run.result_dict import numbers
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
        cls, key: str, unit: str, sample: Sample, deterministic: float, estimator: Estimator
    ) -> "Outcome":
        """Estimate everything that is reported of an outcome."""
        always = sample.always
        found = cls(
            id=key,
            unit=unit,
            values=sample.values,
            mean=estimator.mean(sample) if always else UNKNOWN,
            sd=estimator.sd(sample) if always else UNKNOWN,
            quantiles=estimator.quantiles(sample, PERCENTS),
            deterministic=deterministic,
            deterministic_confidence=UNKNOWN,
            contingency={},
            never=estimator.probability(np.isinf(sample.values), sample.which),
        )
        return found.beside(key, unit, deterministic, estimator)

    def beside(self, key: str, unit: str, deterministic: float, estimator: Estimator) -> "Outcome":
        """The outcome of the same values under another name, or beside another plan."""
        if self.contingency and deterministic == self.deterministic:
            return replace(self, id=key, unit=unit)
        none = np.isnan(deterministic)
        return replace(
            self,
            id=key,
            unit=unit,
            deterministic=deterministic,
            deterministic_confidence=(
                UNKNOWN if none else self.probability(deterministic, estimator)
            ),
            contingency={p: self.quantiles[p].value - deterministic for p in CONTINGENCY},
        )

    def probability(self, limit: float, estimator: Estimator) -> Estimate:
        """The chance of at most `limit`, among the iterations where the outcome exists."""
        missing = np.isnan(self.values)
        which = ~missing if missing.any() else None
        return estimator.probability(self.values <= limit, which)

    def to_dict(self, clock: Clock) -> dict[str, object]:
        """The outcome as it stands in `result.json`; what never happens is None."""
        unit = MS_PER_HOUR if self.unit == HOURS else 1.0
        spread = MS_PER_DAY if self.unit == DATE else unit
        figures = [self.mean, *self.quantiles.values()]
        ends = np.array([[e.value, e.low, e.high] for e in figures]).ravel()
        values = np.append(ends, self.deterministic)
        shown = iso_dates(clock, values) if self.unit == DATE else numbers(values / unit)
        mean, *quantiles = (
            {"value": value, "low": low, "high": high}
            for value, low, high in zip(shown[:-1:3], shown[1::3], shown[2::3], strict=True)
        )
        contingency = numbers(np.array([*self.contingency.values()]) / spread)
        return {
            "unit": self.unit,
            "mean": mean,
            "sd": _scaled(self.sd, spread).to_dict(),
            "deterministic": shown[-1],
            "deterministic_confidence": self.deterministic_confidence.to_dict(),
            "contingency": {
                f"p{p}": value for p, value in zip(self.contingency, contingency, strict=True)
            },
            "never": self.never.to_dict(),
            "quantiles": {f"p{p}": e for p, e in zip(self.quantiles, quantiles, strict=True)},
        }


def _scaled(estimate: Estimate, unit: float) -> Estimate:
    return Estimate(estimate.value / unit, estimate.low / unit, estimate.high / unit)
