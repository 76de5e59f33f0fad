"""How far P80 would move if durations rose and fell together, or went as such work went before.

The interval of P80 says how exact the simulation is, and shrinks with more iterations; whoever
reads it as the accuracy of the forecast is misled. Beside it stands the *model band*: the same
program on the same futures

- with Spearman's correlation 0, 0.3 and 0.6 between the durations of all tasks, in place of the
  correlations between durations that the file has. Correlations between costs stay, and so do
  risks, which make durations rise together by themselves. Experts can seldom say how strongly the
  durations of one program are related, and the spread of a sum depends on it more than on any
  single range. Source: D. T. Hulett (2011), Integrated Cost-Schedule Risk Analysis; Joint Agency
  Cost Schedule Risk and Uncertainty Handbook (2014), which takes 0.3 where nothing is known.
- by each *reference class* of the file: a class that `includes_risks`, since what such work took
  contains what happened to it. It takes the place of every range: a task takes its value in the
  deterministic plan times the ratio that the class draws, as shared as the class says, without
  rework, and without what risks do to it; what the file says of work that has begun stays.
  Source: B. Flyvbjerg (2006), From Nobel Prize to project management: getting risks right,
  Project Management Journal 37, 5-15 (the outside view).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.estimates.estimate import Estimate
from simulator.estimates.estimator import Sample
from simulator.estimates.paired import quantile_difference
from simulator.estimates.quantiles import rank
from simulator.plan.plan import Clock
from simulator.plan.work_calendar import Floats
from simulator.run.assumptions import CORRELATION, Assumption, Found, assumed
from simulator.run.beginnings import beginning
from simulator.run.iso_dates import iso_dates
from simulator.run.results import Results
from simulator.run.simulate import simulate
from simulator.scenario.program import Scenario
from simulator.scenario.units import MS_PER_DAY

PERCENT = 80
MOST_ITERATIONS = 4096
"""What lies between assumptions is wide: so many iterations tell it well enough."""


@dataclass(frozen=True, slots=True)
class BandCase:
    """P80 under one other assumption, beside that of the run.

    The differences are those of the first iterations under both assumptions, the values are the
    run's P80 moved by them.
    """

    assumption: Assumption
    finish_p80: float
    """Milliseconds from program start."""
    finish_p80_days: Estimate
    """Calendar days later than in the run."""
    cost_p80: float
    cost_p80_difference: Estimate
    """Money more than in the run."""

    @property
    def kind(self) -> str:
        """`correlation` between all durations, or `reference class` in place of all estimates."""
        return self.assumption.kind

    @property
    def rho(self) -> float | None:
        """Spearman's correlation; None for a reference class."""
        return self.assumption.rho

    @property
    def class_(self) -> str | None:
        """The class that stands in place of the estimates; None for a correlation."""
        return self.assumption.class_

    @property
    def name(self) -> str:
        """What it is called: `correlation 0.3`, `reference class history`."""
        return self.assumption.name


@dataclass(frozen=True, slots=True)
class ModelBand:
    """P80 for correlation 0 to 0.6, and by each reference class of the file."""

    cases: tuple[BandCase, ...]
    iterations: int
    """The iterations of which the differences are made: the first ones of the run."""
    impossible: dict[str, str]
    """Assumptions that cannot be simulated, by name, and why: a board may have met too often."""

    @property
    def finish_p80(self) -> tuple[float, float] | None:
        """The earliest and the latest P80 finish for correlation 0 to 0.6; None without any."""
        return self._ends(lambda case: case.finish_p80)

    @property
    def cost_p80(self) -> tuple[float, float] | None:
        """The least and the most P80 cost for correlation 0 to 0.6; None without any."""
        return self._ends(lambda case: case.cost_p80)

    def _ends(self, figure: Callable[[BandCase], float]) -> tuple[float, float] | None:
        found = [figure(case) for case in self.cases if case.kind == CORRELATION]
        return (min(found), max(found)) if found and np.isfinite(found).all() else None

    def to_dict(self, clock: Clock) -> dict[str, Any]:
        """Exactly what `model_band.json` holds, for the clock of the run's plan."""

        def date(ms: float) -> str | None:
            return iso_dates(clock, np.array([ms]))[0]

        finish, cost = self.finish_p80, self.cost_p80
        return {
            "iterations": self.iterations,
            "finish_p80": finish and {"low": date(finish[0]), "high": date(finish[1])},
            "cost_p80": cost and {"low": cost[0], "high": cost[1]},
            "cases": [
                {
                    "name": case.name,
                    "rho": case.rho,
                    "class": case.class_,
                    "finish_p80": date(case.finish_p80),
                    "finish_p80_days": case.finish_p80_days.to_dict(),
                    "cost_p80": case.cost_p80 if np.isfinite(case.cost_p80) else None,
                    "cost_p80_difference": case.cost_p80_difference.to_dict(),
                }
                for case in self.cases
            ],
            "impossible": self.impossible,
        }


def model_band(of: Results | Scenario, **settings: Any) -> ModelBand | None:
    """P80 of a run, or of a scenario, under other assumptions.

    Parameters
    ----------
    of
        What a run found, or a scenario, which is simulated first.
    settings
        For a scenario, as `simulate` has them.

    Returns
    -------
    ModelBand or None
        None where there is nothing to assume: no two durations that vary, and no reference class.
    """
    results = of if isinstance(of, Results) else simulate(of, **settings)
    few = beginning(results, MOST_ITERATIONS)
    return band_of(few, assumed(few.plan.scenario, few.settings, few.sampling))


def band_of(few: Results, others: Sequence[Found]) -> ModelBand | None:
    """How far the beginning of a run lies from what it comes to under other assumptions."""
    joined, count = few.joined, few.settings.iterations
    finish, cost = Sample(joined.finish[:count]), Sample(joined.cost[:count])
    dates, amounts = _p80(joined.finish), _p80(joined.cost)
    found, impossible = [], {}
    for case, ends in others:
        if isinstance(ends, str):
            impossible[case.name] = ends
            continue
        days = quantile_difference(finish, Sample(ends.finish), PERCENT, few.estimator)
        money = quantile_difference(cost, Sample(ends.cost), PERCENT, few.estimator)
        found.append(
            BandCase(
                case,
                dates + days.value,
                Estimate(*(end / MS_PER_DAY for end in (days.value, days.low, days.high))),
                amounts + money.value,
                money,
            )
        )
    return ModelBand(tuple(found), count, impossible) if others else None


def _p80(values: Floats) -> float:
    place = rank(PERCENT, len(values)) - 1
    return float(np.partition(values, place)[place])
