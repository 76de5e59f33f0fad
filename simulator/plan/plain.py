"""Plain tasks, as most are: an estimate of working time, links, a name. Compiled by the column."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.scenario.columns import SPECIAL, Estimates
from simulator.scenario.program import Scenario
from simulator.scenario.tasks import Task


@dataclass(frozen=True, slots=True)
class PlainTasks:
    """The kind of every estimate (T,) in declared order, those of each kind, and other tasks.

    Estimates of working time in one unit, fixed or of a kind with columns, are compiled by the
    column. A plain task has but such an estimate, links, a name and tags; `special` are (number,
    id, task) of all others.
    """

    kinds: npt.NDArray[np.int8]
    estimates: dict[int, Estimates]
    special: tuple[tuple[int, str, Task], ...]


def plain_tasks(
    scenario: Scenario, correlated: frozenset[str], begun: frozenset[int]
) -> PlainTasks:
    """Tell plain tasks from others, by number.

    Special are estimates that take a correlated score, and tasks that have begun.
    """
    columns = scenario.columns
    if not correlated and not begun:
        return PlainTasks(columns.kinds, columns.estimates, columns.special)
    scored = np.array([f"{task_id}/duration" in correlated for task_id in columns.ids])
    scored[list(begun)] = True
    special = dict.fromkeys(number for number, _, _ in columns.special)
    special |= dict.fromkeys(np.flatnonzero(scored).tolist())
    tasks = list(scenario.tasks.items())
    return PlainTasks(
        np.where(scored, SPECIAL, columns.kinds).astype(np.int8),
        {kind: each.of(~scored[each.task]) for kind, each in columns.estimates.items()},
        tuple((number, *tasks[number]) for number in sorted(special)),
    )
