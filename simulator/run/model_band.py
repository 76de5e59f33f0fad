"""How far P80 moves with what nobody knows: figures of paired runs under other assumptions.

The interval of P80 is simulation error: it shrinks with more iterations. What a forecast hides is
larger, and stays: how far the durations of tasks rise and fall together, which hardly any file
knows, and whether the estimates resemble what such work took elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.estimates.estimate import Estimate

CORRELATION, REFERENCE_CLASS = "correlation", "reference class"


@dataclass(frozen=True, slots=True)
class BandCase:
    """P80 under one other assumption, beside that of the run.

    The differences are those of the first iterations under both assumptions, the values are the
    run's P80 moved by them.
    """

    kind: str
    """`correlation` between all durations, or `reference class` in place of all estimates."""
    rho: float | None
    """Spearman's correlation; None for a reference class."""
    class_: str | None
    """The class that stands in place of the estimates; None for a correlation."""
    finish_p80: float
    """Milliseconds from program start."""
    finish_p80_days: Estimate
    """Calendar days later than in the run."""
    cost_p80: float
    cost_p80_difference: Estimate
    """Money more than in the run."""

    @property
    def name(self) -> str:
        """What it is called: `correlation 0.3`, `reference class history`."""
        return f"{self.kind} {self.class_ if self.rho is None else f'{self.rho:g}'}"


@dataclass(frozen=True, slots=True)
class ModelBand:
    """P80 for correlation 0 to 0.6, and by each reference class of the file."""

    cases: tuple[BandCase, ...]
    iterations: int
    """The iterations of which the differences are made: the first ones of the run."""

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

    def to_dict(self, date: Callable[[float], str | None]) -> dict[str, Any]:
        """The key `model_band` of `result.json`; `date` writes an instant."""
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
        }
