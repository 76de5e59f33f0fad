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

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from simulator.errors import SimulatorError
from simulator.estimates.estimate import Estimate
from simulator.estimates.estimator import Sample
from simulator.estimates.paired import quantile_difference
from simulator.estimates.quantiles import rank
from simulator.plan.compile import Plan
from simulator.plan.correlation import named_groups
from simulator.plan.plan import NONE, Clock
from simulator.plan.work_calendar import Floats
from simulator.run.beginnings import beginning
from simulator.run.removals import planned_values, with_values
from simulator.run.result_dict import iso_dates
from simulator.run.results import Results
from simulator.run.simulate import simulate
from simulator.run.variants import on_same_futures, planned
from simulator.scenario.program import Scenario
from simulator.scenario.risks import Correlation
from simulator.scenario.tasks import Project, Task
from simulator.scenario.units import MS_PER_DAY

CORRELATION, REFERENCE_CLASS = "correlation", "reference class"

RHOS = (0.0, 0.3, 0.6)
PERCENT = 80
MOST_ITERATIONS = 4096
"""What lies between assumptions is wide: so many iterations tell it well enough."""

Compiled = Callable[[], Plan]


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
        return named(self.kind, self.rho, self.class_)


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
    finish, cost = (
        Sample(values[: few.settings.iterations])
        for values in (results.joined.finish, results.joined.cost)
    )
    dates, amounts = _p80(results.joined.finish), _p80(results.joined.cost)
    found, impossible = [], {}
    for kind, rho, class_, plan in _cases(few):
        try:
            other = on_same_futures(few, plan())
        except SimulatorError as error:
            impossible[named(kind, rho, class_)] = str(error)
            continue
        days = quantile_difference(finish, Sample(other.finish), PERCENT, few.estimator)
        money = quantile_difference(cost, Sample(other.cost), PERCENT, few.estimator)
        found.append(
            BandCase(
                kind,
                rho,
                class_,
                dates + days.value,
                Estimate(*(end / MS_PER_DAY for end in (days.value, days.low, days.high))),
                amounts + money.value,
                money,
            )
        )
    if not (found or impossible):
        return None
    return ModelBand(tuple(found), few.settings.iterations, impossible)


def named(kind: str, rho: float | None, class_: str | None) -> str:
    """What an assumption is called: `correlation 0.3`, `reference class history`."""
    return f"{kind} {class_ if rho is None else f'{rho:g}'}"


def correlated(scenario: Scenario, rho: float) -> Scenario:
    """The same scenario with one correlation between the durations of all tasks, and no other."""
    kept = [
        each.model_copy(update={"of": "cost"})
        for each in scenario.correlations
        if each.of != "duration"
    ]
    if rho:
        kept.append(Correlation(between=("*",), rho=rho))
    return scenario.model_copy(update={"correlations": tuple(kept)})


def by_reference_class(scenario: Scenario, class_: str) -> Scenario:
    """The same scenario with a class on every estimate, and neither rework nor correlation."""
    projects: dict[str, Project] = {}
    changes = {"class_": class_, "rework": None}
    for key, project in scenario.projects.items():
        tasks = {
            name: task.model_copy(update=changes) if _is_estimated(task) else task
            for name, task in project.tasks.items()
        }
        projects[key] = project.model_copy(update={"tasks": tasks})
    return correlated(scenario, 0.0).model_copy(update={"projects": projects})


def _is_estimated(task: Task) -> bool:
    return any(each is not None for each in (task.duration, task.size, task.effort))


def _cases(results: Results) -> Iterator[tuple[str, float | None, str | None, Compiled]]:
    """Every other assumption, and what compiles the plan under it."""
    scenario = results.plan.scenario
    if _vary_together(scenario):
        for rho in RHOS:
            yield CORRELATION, rho, None, partial(planned, results, correlated(scenario, rho))
    for key, spec in scenario.classes.items():
        if spec.includes_risks:
            yield REFERENCE_CLASS, None, key, partial(_at_planned_values, results, key)


def _vary_together(scenario: Scenario) -> bool:
    """Whether there are two durations that vary."""
    own = scenario.model_copy(update={"correlations": (Correlation(between=("*",), rho=0.5),)})
    return bool(named_groups(own))


def _at_planned_values(results: Results, class_: str) -> Plan:
    """The plan in which every estimate is its deterministic value times a reference class."""
    plan = planned(results, by_reference_class(results.plan.scenario, class_))
    work, table = plan.work, plan.variables.table
    rows = np.flatnonzero(work.includes_risks & (work.variable != NONE))
    central = {v: table[v].central for v in work.variable[rows].tolist()}
    given = planned_values(plan)
    return with_values(plan, {v: given.get(v, value) for v, value in central.items()})


def _p80(values: Floats) -> float:
    place = rank(PERCENT, len(values)) - 1
    return float(np.partition(values, place)[place])
