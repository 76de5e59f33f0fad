"""How far P80 would move if durations rose and fell together, or went as such work went before.

The interval of P80 says how exact the simulation is; whoever reads it as the accuracy of the
forecast is misled. Beside it stands the *model band*: the same program on the same futures

- with Spearman's correlation 0, 0.3 and 0.6 between the durations of all tasks, in place of the
  correlations between durations that the file has. Correlations between costs stay, and so do
  risks, which make durations rise together by themselves. Experts can seldom say how strongly the
  durations of one program are related, and the spread of a sum depends on it more than on any
  single range. Source: D. T. Hulett (2011), Integrated Cost-Schedule Risk Analysis, chapter 6; US
  Government Accountability Office (2020), Cost Estimating and Assessment Guide, GAO-20-195G,
  chapter 12, which takes 0.3 between elements where nothing is known.
- by each *reference class* of the file: a class that `includes_risks`, since what such work took
  contains what happened to it. It takes the place of every range: a task takes its value in the
  deterministic plan times the ratio that the class draws, as shared as the class says, without
  rework, and without what risks do to it; what the file says of work that has begun stays.
  Source: B. Flyvbjerg (2006), From Nobel Prize to project management: getting risks right,
  Project Management Journal 37, 5-15 (the outside view).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from simulator.estimates.estimate import Estimate
from simulator.estimates.estimator import Sample
from simulator.estimates.paired import quantile_difference
from simulator.estimates.quantiles import rank
from simulator.plan.compile import Plan
from simulator.plan.correlation import named_groups
from simulator.plan.plan import NONE
from simulator.plan.work_calendar import Floats
from simulator.run.model_band import CORRELATION, REFERENCE_CLASS, BandCase, ModelBand
from simulator.run.removals import planned_values, with_values
from simulator.run.results import Results
from simulator.run.simulate import simulate
from simulator.run.variants import on_same_futures, planned
from simulator.scenario.program import Scenario
from simulator.scenario.risks import Correlation
from simulator.scenario.tasks import Project, Task
from simulator.scenario.units import MS_PER_DAY

RHOS = (0.0, 0.3, 0.6)
PERCENT = 80
MOST_ITERATIONS = 4096
"""What lies between assumptions is wide: so many iterations tell it well enough."""


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
    few = _first(results)
    finish, cost = (
        Sample(values[: few.settings.iterations])
        for values in (results.joined.finish, results.joined.cost)
    )
    dates, amounts = _p80(results.joined.finish), _p80(results.joined.cost)
    found = []
    for kind, rho, class_, plan in _cases(few):
        other = on_same_futures(few, plan)
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
    return ModelBand(tuple(found), few.settings.iterations) if found else None


def with_band(results: Results) -> Results:
    """The results with their model band."""
    return replace(results, model_band=model_band(results))


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


def _cases(results: Results) -> Iterator[tuple[str, float | None, str | None, Plan]]:
    """Every other assumption, and the plan under it."""
    scenario = results.plan.scenario
    if _vary_together(scenario):
        for rho in RHOS:
            yield CORRELATION, rho, None, planned(results, correlated(scenario, rho))
    for key, spec in scenario.classes.items():
        if spec.includes_risks:
            plan = planned(results, by_reference_class(scenario, key))
            yield REFERENCE_CLASS, None, key, _at_planned_values(plan)


def _vary_together(scenario: Scenario) -> bool:
    """Whether there are two durations that vary."""
    own = scenario.model_copy(update={"correlations": (Correlation(between=("*",), rho=0.5),)})
    return bool(named_groups(own))


def _at_planned_values(plan: Plan) -> Plan:
    """The plan in which every estimate under a reference class is its deterministic value."""
    work, table = plan.work, plan.variables.table
    rows = np.flatnonzero(work.includes_risks & (work.variable != NONE))
    central = {v: table[v].central for v in work.variable[rows].tolist()}
    planned = planned_values(plan)
    return with_values(plan, {v: planned.get(v, value) for v, value in central.items()})


def _p80(values: Floats) -> float:
    place = rank(PERCENT, len(values)) - 1
    return float(np.partition(values, place)[place])


def _first(results: Results) -> Results:
    """The run with the settings that give its first iterations.

    A short run is the beginning of a long one, but for Sobol's points where the numbers of
    replicates differ: there it is the whole run.
    """
    settings = results.settings
    few = replace(settings, iterations=min(MOST_ITERATIONS, settings.iterations))
    same = few.extended(settings.iterations).iterations == settings.iterations
    return replace(results, settings=few) if same else results
