"""Plain tasks, as most are: an estimate of working time, links, a name. Compiled by the column."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.scenario.distributions import Pert, Triangular, Uniform
from simulator.scenario.program import Scenario
from simulator.scenario.tasks import Task
from simulator.scenario.units import WORKING, Amount

SPECIAL, FIXED, UNIFORM, TRIANGULAR, PERT = range(5)
"""What estimate a task has; `SPECIAL` are those that are compiled one by one."""
_KEYS = frozenset({"name", "duration", "after", "tags", "source_uid"})
_UNITS = frozenset(WORKING)
_CLASSICAL = 4.0
"""The weight of a PERT that has columns."""


Read = tuple[str, tuple[float, ...]]
"""The one unit of some quantities, and their numbers; the unit is empty where there are several."""


def _one(estimate: Any) -> Read:
    return estimate.unit, (estimate.value,)


def _two(estimate: Any) -> Read:
    low, high = estimate.low, estimate.high
    unit = low.unit
    return unit if unit == high.unit else "", (low.value, high.value)


def _three(estimate: Any) -> Read:
    low, mode, high = estimate.low, estimate.mode_value, estimate.high
    unit = low.unit
    same = unit == mode.unit == high.unit
    return unit if same else "", (low.value, mode.value, high.value)


_READERS: dict[type, tuple[int, Callable[[Any], Read]]] = {
    Amount: (FIXED, _one),
    Uniform: (UNIFORM, _two),
    Triangular: (TRIANGULAR, _three),
    Pert: (PERT, _three),
}
"""For each type of estimate with columns: its kind and how it is read."""


@dataclass(slots=True)
class Estimates:
    """Estimates of one kind: the task (K,) each belongs to, its unit (K,), its numbers (K P,)."""

    task: list[int] = field(default_factory=list)
    unit: list[str] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PlainTasks:
    """The kind of every estimate (T,) in declared order, those of each kind, and other tasks.

    Estimates of working time in one unit, fixed or of a kind with columns, are compiled by the
    column. A plain task has but such an estimate, links, a name and tags; `special` are (number,
    id, task) of all others.
    """

    kinds: list[int]
    estimates: dict[int, Estimates]
    special: tuple[tuple[int, str, Task], ...]


def plain_tasks(scenario: Scenario, correlated: frozenset[str]) -> PlainTasks:
    """Tell plain tasks from others; an estimate that takes a correlated score is special."""
    found = {kind: Estimates() for kind in (FIXED, UNIFORM, TRIANGULAR, PERT)}
    kinds: list[int] = []
    special: list[tuple[int, str, Task]] = []
    for number, (task_id, task) in enumerate(scenario.tasks.items()):
        duration = task.duration
        known = _READERS.get(type(duration))
        kind = SPECIAL
        if known:
            try:
                unit, numbers = known[1](duration)
            except AttributeError:  # a plain 0 has no unit
                unit, numbers = "", ()
            if unit in _UNITS:
                kind = known[0]
                if kind == PERT and duration.weight != _CLASSICAL:  # type: ignore[union-attr]
                    kind = SPECIAL
                if correlated and f"{task_id}/duration" in correlated:
                    kind = SPECIAL
        kinds.append(kind)
        if kind != SPECIAL:
            column = found[kind]
            column.task.append(number)
            column.unit.append(unit)
            column.numbers.extend(numbers)
        if kind == SPECIAL or not task.model_fields_set <= _KEYS:
            special.append((number, task_id, task))
    return PlainTasks(kinds, found, tuple(special))
