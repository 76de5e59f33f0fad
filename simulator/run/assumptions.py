"""The same program under other assumptions, on the same futures: what the model band is made of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from simulator.engine.finishes import Ends
from simulator.engine.sampling import Sampling
from simulator.errors import SimulatorError
from simulator.plan.compile import Plan
from simulator.plan.correlation import named_groups
from simulator.plan.plan import NONE
from simulator.run.ends import ends_of
from simulator.run.removals import planned_values, with_values
from simulator.run.settings import Settings
from simulator.run.variants import planned_with
from simulator.scenario.program import Scenario
from simulator.scenario.risks import Correlation
from simulator.scenario.tasks import Project, Task

CORRELATION, REFERENCE_CLASS = "correlation", "reference class"

RHOS = (0.0, 0.3, 0.6)


@dataclass(frozen=True, slots=True)
class Assumption:
    """One other assumption."""

    kind: str
    """`correlation` between all durations, or `reference class` in place of all estimates."""
    rho: float | None
    """Spearman's correlation; None for a reference class."""
    class_: str | None
    """The class that stands in place of the estimates; None for a correlation."""

    @property
    def name(self) -> str:
        """What it is called: `correlation 0.3`, `reference class history`."""
        return f"{self.kind} {self.class_ if self.rho is None else f'{self.rho:g}'}"


Found = tuple[Assumption, Ends | str]
"""What the program comes to under an assumption, or why that cannot be simulated."""


def assumed(scenario: Scenario, settings: Settings, sampling: Sampling) -> list[Found]:
    """What a scenario comes to under every other assumption; none where nothing varies."""
    found: list[Found] = []
    for case, compiled in _cases(scenario, settings):
        try:
            found.append((case, ends_of(compiled(), settings, sampling)))
        except SimulatorError as error:
            found.append((case, str(error)))
    return found


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


def _cases(
    scenario: Scenario, settings: Settings
) -> Iterator[tuple[Assumption, Callable[[], Plan]]]:
    """Every other assumption, and what compiles the plan under it."""
    if _vary_together(scenario):
        for rho in RHOS:
            other = correlated(scenario, rho)
            yield Assumption(CORRELATION, rho, None), partial(planned_with, settings, other)
    for key, spec in scenario.classes.items():
        if spec.includes_risks:
            case = Assumption(REFERENCE_CLASS, None, key)
            yield case, partial(_at_planned_values, settings, scenario, key)


def _vary_together(scenario: Scenario) -> bool:
    """Whether there are two durations that vary."""
    own = scenario.model_copy(update={"correlations": (Correlation(between=("*",), rho=0.5),)})
    return bool(named_groups(own))


def _at_planned_values(settings: Settings, scenario: Scenario, class_: str) -> Plan:
    """The plan in which every estimate is its deterministic value times a reference class."""
    plan = planned_with(settings, by_reference_class(scenario, class_))
    work, table = plan.work, plan.variables.table
    rows = np.flatnonzero(work.includes_risks & (work.variable != NONE))
    variables = work.variable[rows].tolist()
    central: dict[int, float] = dict(zip(variables, table.central[variables].tolist(), strict=True))
    given = planned_values(plan)
    return with_values(plan, {v: given.get(v, value) for v, value in central.items()})
