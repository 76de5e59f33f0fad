"""What a task is estimated to take, whichever key says so."""

from simulator.plan.context import Compilation, Operand
from simulator.plan.rows import task_path
from simulator.scenario.distributions import Distribution
from simulator.scenario.program import Scenario
from simulator.scenario.tasks import Task
from simulator.scenario.values import Value


def estimate_of(scenario: Scenario, task: Task) -> Value | None:
    """The estimate as written, whichever key it stands under."""
    if task.size is not None:
        return scenario.sizes[task.size]
    return task.duration if task.duration is not None else task.effort


def estimate_operand(compilation: Compilation, task_id: str, task: Task, unit: int) -> Operand:
    """The work of a task in milliseconds, counted in the units of a calendar."""
    value = estimate_of(compilation.scenario, task)
    if value is None:
        return Operand(0.0)
    operand = compilation.time(value, unit, f"{task_id}/duration", task_path(task_id))
    if task.effort is None:
        return operand
    divisor = sharing(task)
    return Operand(operand.fixed / divisor, operand.variable, 1.0 / divisor)


def planned_work(compilation: Compilation, task: Task, unit: int) -> float:
    """The work of a task as the deterministic plan takes it, in milliseconds."""
    value = estimate_of(compilation.scenario, task)
    if value is None:
        return 0.0
    divisor = 1.0 if task.effort is None else sharing(task)
    return central_work(compilation, value, unit) / divisor


def central_work(compilation: Compilation, value: Value, unit: int) -> float:
    """The central value of an amount of time of a calendar, in milliseconds."""
    convert = compilation.milliseconds(unit)
    if isinstance(value, Distribution):
        return value.resolved(convert).central()
    return convert(value)


def sharing(task: Task) -> float:
    """What n people make of an effort: n to the power of `sharing`.

    Source: F. P. Brooks, The Mythical Man-Month (1975): people do not add up.
    """
    people = next(iter(task.needs.values()), 1.0)
    return float(people**task.sharing)
