"""What is reported of mitigations and a budget: the best set, the frontier, each lever."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.analysis.comparison import Comparison
from simulator.analysis.mitigation.levers import Lever
from simulator.analysis.mitigation.objectives import Objective, Outcome
from simulator.estimates.estimate import UNKNOWN, Estimate
from simulator.plan.plan import Clock
from simulator.run.iso_dates import iso_dates
from simulator.run.outcomes import DATE
from simulator.run.results import Results
from simulator.scenario.units import MS_PER_DAY


@dataclass(frozen=True, slots=True)
class Choice:
    """A set of levers: what it costs, its value on fresh futures, and what it saves there.

    `in_sample` is the value on the futures that it was chosen on. `optimal`: no set that costs as
    little or less has a better one there.
    """

    ids: tuple[str, ...]
    spend: float
    value: Estimate
    saves: Estimate
    in_sample: float
    optimal: bool


@dataclass(frozen=True, slots=True)
class Alone:
    """One lever: alone, and what it adds to the best set, or would add; on fresh futures."""

    lever: Lever
    value: Estimate
    saves: Estimate
    chosen: bool
    in_set: Estimate
    """What the best set saves by it; of a lever outside, what it would save by it."""

    @property
    def per_money(self) -> Estimate:
        """What it saves alone for each unit of money; unknown where it costs nothing."""
        if not self.lever.spend > 0:
            return UNKNOWN
        ends = self.saves.value, self.saves.low, self.saves.high
        return Estimate(*(end / self.lever.spend for end in ends))


@dataclass(frozen=True, slots=True)
class BestMitigations:
    """The best set of levers within a budget, what more or less money buys, and each lever."""

    results: Results
    """The run without any lever that the set was chosen on."""
    fresh: Results
    """The run without any lever that everything is judged on."""
    objective: Objective
    budget: float
    levers: tuple[Lever, ...]
    best: Choice
    bound: float
    """No set within the budget has a value below this on the futures it was chosen on; -inf where
    nothing is known."""
    evaluated: int
    frontier: tuple[Choice, ...]
    alone: tuple[Alone, ...]
    comparison: Comparison
    """The program as it is and with the best set, both on fresh futures."""
    settings: tuple[str, ...]
    """What `--set` takes so that a run has the best set."""

    def to_dict(self) -> dict[str, Any]:
        """As `mitigate --json` prints it."""
        told = _Told(self.objective, self.results.plan.clock)
        return {
            "budget": self.budget,
            "minimise": self.objective.key,
            "best": {
                **told.choice(self.best),
                "bound": told.value(self.bound),
                "gap": told.gap(self.best.in_sample - self.bound),
                "evaluated": self.evaluated,
                "settings": list(self.settings),
                "difference": self.comparison.differences[0].to_dict(),
            },
            "frontier": [told.choice(each) for each in self.frontier],
            "alone": [
                {
                    "id": each.lever.id,
                    "name": each.lever.name,
                    "spend": each.lever.spend,
                    "value": told.estimate(each.value),
                    "saves": each.saves.to_dict(),
                    "per_money": each.per_money.to_dict(),
                    "chosen": each.chosen,
                    "in_set": each.in_set.to_dict(),
                }
                for each in self.alone
            ],
            "base": told.estimate(self.base),
            "saved_unit": self.objective.saved,
            "seeds": {"chosen": self.results.settings.seed, "fresh": self.fresh.settings.seed},
        }

    @property
    def base(self) -> Estimate:
        """The value without any lever, on fresh futures."""
        joined = self.fresh.joined
        return self.objective.estimate(Outcome(joined.finish, joined.cost), self.fresh.estimator)

    def __repr__(self) -> str:
        """One line: which set, and what it saves."""
        named = ", ".join(self.best.ids) or "nothing"
        saved = f"{self.best.saves.value:,.4g} {self.objective.saved}"
        return (
            f"<BestMitigations by {self.objective.key} within {self.budget:,.0f}: {named}; {saved}>"
        )


@dataclass(frozen=True, slots=True)
class _Told:
    """Figures as JSON has them: dates as text, what is not finite as None."""

    objective: Objective
    clock: Clock

    def value(self, value: float) -> str | float | None:
        """A value of the objective."""
        if not math.isfinite(value):
            return None
        if self.objective.unit == DATE:
            return iso_dates(self.clock, np.array([value]))[0]
        return value

    def estimate(self, found: Estimate) -> dict[str, str | float | None]:
        """An estimate of such a value."""
        return {key: self.value(getattr(found, key)) for key in ("value", "low", "high")}

    def gap(self, difference: float) -> float | None:
        """A difference of values, in days where they are dates."""
        if not math.isfinite(difference):
            return None
        return difference / MS_PER_DAY if self.objective.unit == DATE else difference

    def choice(self, each: Choice) -> dict[str, Any]:
        """A set of levers."""
        return {
            "spend": each.spend,
            "set": list(each.ids),
            "value": self.estimate(each.value),
            "saves": each.saves.to_dict(),
            "in_sample": self.value(each.in_sample),
            "optimal": each.optimal,
        }
