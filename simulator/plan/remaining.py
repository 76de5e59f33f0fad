"""How much work is left of a task that runs."""

import numpy as np

from simulator.plan.conditional_law import conditional_law
from simulator.plan.context import Compilation, Operand
from simulator.plan.facts import status_path
from simulator.plan.plan import NONE, Network
from simulator.plan.task_estimates import estimate_of, estimate_operand, sharing
from simulator.scenario.distributions import Distribution
from simulator.scenario.monitoring import TaskStatus
from simulator.scenario.tasks import Task
from simulator.scenario.values import Value


def remaining_work(
    compilation: Compilation, network: Network, number: int, named: tuple[str, Task]
) -> tuple[Operand, float]:
    """What remains of a running task, and what a promised finish makes of it in the plan.

    The second is in milliseconds, nan where no finish is promised. Draws take the number of the
    duration that they replace.
    """
    task_id, task = named
    status, row = compilation.progress[number], network.tasks[number].base
    unit = int(network.rows.unit_calendar[row])
    if status.expected_finish is not None:
        promised = _promised(compilation, network, row, status)
        if status.remaining is None:
            return Operand(promised), np.nan
        return _remaining(compilation, status.remaining, task_id, unit), promised
    if status.remaining is not None:
        return _remaining(compilation, status.remaining, task_id, unit), np.nan
    if status.percent is not None:
        left = 1.0 - status.percent / 100.0
        estimate = estimate_operand(compilation, task_id, task, unit)
        return Operand(estimate.fixed * left, estimate.variable, estimate.scale * left), np.nan
    done = network.facts[network.tasks[number].first]
    return _unfinished(compilation, (task_id, task), unit, done), np.nan


def _remaining(compilation: Compilation, value: Value, task_id: str, unit: int) -> Operand:
    path = (*status_path(task_id), "remaining")
    return compilation.time(value, unit, f"{task_id}/duration", path)


def _promised(compilation: Compilation, network: Network, row: int, status: TaskStatus) -> float:
    """The work from where it goes on to the end that is expected; none if that has passed."""
    assert status.expected_finish is not None
    end = compilation.instant_ms(status.expected_finish, ends=True)
    calendar = compilation.calendars.tables[int(network.rows.unit_calendar[row])]
    if network.rows.calendar[row] != NONE:
        calendar = network.calendar(int(network.rows.calendar[row]))
    begin = max(float(network.rows.start_floor[row]), network.data_date)
    first, last = calendar.work_at(np.array([begin, end])).tolist()
    return float(max(last - first, 0.0))


def _unfinished(
    compilation: Compilation, named: tuple[str, Task], unit: int, done: float
) -> Operand:
    """What is left of an estimate of which so much is done and which is not finished."""
    task_id, task = named
    divisor = 1.0 if task.effort is None else sharing(task)
    value, beyond = estimate_of(compilation.scenario, task), done * divisor
    compilation.warnings.append(
        f"`{task_id}` runs and its status says nothing of what remains: its estimate, given that"
        " it is not finished, was taken"
    )
    if isinstance(value, Distribution):
        found = _exceeding(compilation, value, f"{task_id}/duration", unit, beyond)
        if found is not None:
            return Operand(np.nan, found, 1.0 / divisor)
    elif value is not None:
        left = compilation.milliseconds(unit)(value) - beyond
        if left > 0.0:
            return Operand(left / divisor)
    problem = "the task runs and has taken longer than its estimate can be"
    expected = "expected what is `remaining`"
    compilation.faults.append((status_path(task_id), f"{problem}; {expected}"))
    return Operand(0.0)


def _exceeding(
    compilation: Compilation, value: Distribution, name: str, unit: int, beyond: float
) -> int | None:
    """The variable of what exceeds a duration, given that it is exceeded; None where it never is.

    The deterministic plan takes what the central value leaves, else the median.
    """
    score = name in compilation.correlated
    whole = value.resolved(compilation.milliseconds(unit))
    try:
        law = conditional_law(whole, beyond, score=score)
    except ValueError:
        return None
    middle = np.array([0.0 if score else 0.5])
    left = whole.central() - beyond
    return compilation.lawful(name, law, left if left > 0.0 else float(law.apply(middle)[0]))
