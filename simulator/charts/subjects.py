"""The two questions of a steering committee, finish and cost, in one form for every chart."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from simulator.charts.look import ChartSkippedError, Slide
from simulator.charts.ticks import date_ticks, money_ticks
from simulator.charts.words import (
    NEVER,
    chance_range,
    chance_text,
    date_range,
    date_text,
    money_range,
    money_text,
)
from simulator.estimates.estimate import Estimate
from simulator.plan.work_calendar import Floats
from simulator.run.outcomes import Outcome
from simulator.run.results import Results
from simulator.scenario.units import MS_PER_DAY


@dataclass(frozen=True, slots=True)
class Subject:
    """Finish or cost: its values, its promise, and how both are written."""

    outcome: Outcome
    values: Floats
    """Sorted, those that happen."""
    count: int
    """How many iterations there are, with those where it never happens."""
    axis: str
    rising: str
    """What the curve of the chances says."""
    target_name: str
    target: float | None
    chance: Estimate | None
    verb: str
    """What keeping the promise is called, before the target."""
    kept: str
    missed: str
    text: Callable[[float], str]
    span: Callable[[Estimate], str]
    ticks: Callable[[Slide, Axes], None]
    smallest: float
    """The width of the axis where all values are equal."""

    @property
    def never(self) -> float:
        """The share of iterations in which it never happens."""
        return 1 - len(self.values) / self.count

    def at(self, percent: int) -> str:
        """A percentile in words."""
        value = self.outcome.quantiles[percent].value
        return self.text(value) if np.isfinite(value) else NEVER

    def notes(self, level: float) -> list[str]:
        """The intervals for the subtitle."""
        p80 = self.outcome.quantiles[80]
        bounded = np.isfinite(p80.value) and np.isfinite([p80.low, p80.high]).any()
        found = [f"P80 {self.span(p80)}"] if bounded else []
        if self.chance is not None:
            found.insert(0, f"chance {chance_range(self.chance)}")
        intervals = [f"{chance_text(level)} intervals: {', '.join(found)}"] if found else []
        return intervals + self.never_notes()

    def never_notes(self) -> list[str]:
        """What the subtitle says of iterations without a value."""
        return [f"{chance_text(self.never)} never finish"] if self.never > 0 else []


def finish_subject(results: Results) -> Subject:
    """When the program finishes.

    Raises
    ------
    ChartSkippedError
        It never does.
    """
    clock, deadline = results.plan.clock, results.plan.scenario.program.deadline
    outcome = results.outcomes["finish"]
    values = _happening(outcome)
    if not len(values):
        raise ChartSkippedError("the program finishes in no iteration")
    return Subject(
        outcome=outcome,
        values=values,
        count=len(outcome.values),
        axis="Finish of the program",
        rising="Chance to finish by then",
        target_name="Deadline",
        target=clock.ms(deadline.ends()) if deadline else None,
        chance=results.probability.get("on_time"),
        verb="to finish by",
        kept="on time",
        missed="late",
        text=lambda ms: date_text(clock, ms),
        span=lambda estimate: date_range(clock, estimate),
        ticks=lambda slide, axes: date_ticks(slide, axes, clock),
        smallest=30 * MS_PER_DAY,
    )


def cost_subject(results: Results) -> Subject:
    """What the program costs.

    Raises
    ------
    ChartSkippedError
        It costs nothing.
    """
    program, outcome = results.plan.scenario.program, results.outcomes["cost"]
    values = _happening(outcome)
    if not len(values) or not np.any(values):
        raise ChartSkippedError("the scenario has no cost")
    return Subject(
        outcome=outcome,
        values=values,
        count=len(outcome.values),
        axis=f"Total cost, {program.currency}",
        rising="Chance to stay within",
        target_name="Budget",
        target=program.budget,
        chance=results.probability.get("on_budget"),
        verb="to stay within",
        kept="within budget",
        missed="over budget",
        text=lambda value: money_text(value, program.currency),
        span=lambda estimate: money_range(estimate, program.currency),
        ticks=money_ticks,
        smallest=0.1 * float(np.max(np.abs(values))),
    )


def _happening(outcome: Outcome) -> Floats:
    return np.sort(outcome.values[np.isfinite(outcome.values)])
