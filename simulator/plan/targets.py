"""What a hit does, task by task: kinds of terms, and the operand of each of them."""

from dataclasses import dataclass

from simulator.plan.context import Compilation, Operand, Path
from simulator.plan.plan import NONE, Ints, Network
from simulator.scenario.risks import Hit
from simulator.scenario.values import Value, units_of

FACTOR, DELAY, WAIT_ELAPSED, WAIT_WORKING = "factor", "delay", "wait_elapsed", "wait_working"
Terms = tuple[tuple[str, tuple[Operand, ...]], ...]
"""What a hit does to several rows: (kind, an operand for each row)."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a hit falls on, and the name of its draws."""

    risk: int
    name: str
    own_draws: bool
    tasks: tuple[str, ...]
    path: Path

    def name_of(self, task: str) -> str:
        """The name of what is drawn for one task."""
        return f"{self.name}/{task}" if self.own_draws else self.name


def terms_of(hit: Hit) -> list[tuple[str, Value]]:
    """What a hit does to work and waits, as (kind, value)."""
    terms: list[tuple[str, Value]] = []
    if hit.factor is not None:
        terms.append((FACTOR, hit.factor))
    if hit.delay is not None:
        terms.append((DELAY, hit.delay))
    if hit.wait is not None:
        elapsed = "elapsed" in units_of(hit.wait)
        terms.append((WAIT_ELAPSED if elapsed else WAIT_WORKING, hit.wait))
    return terms


class Operands:
    """Compiles the values of hits for the rows they fall on."""

    def __init__(self, compilation: Compilation, network: Network) -> None:
        self._compilation = compilation
        self._units: Ints = network.rows.unit_calendar
        hitting = compilation.scenario.risks
        self.base = {task.id: task.base for task in network.tasks} if hitting else {}
        """The first row of each task."""

    def terms(self, target: Target, hit: Hit) -> Terms:
        """All that a hit does to work and waits."""
        return tuple((kind, tuple(self.of(target, kind, value))) for kind, value in terms_of(hit))

    def _check(self, target: Target, kind: str, task_id: str) -> None:
        task = self._compilation.scenario.tasks[task_id]
        if task.spans:
            problem = f"`{task_id}` spans other tasks; expected the tasks that it spans"
            self._compilation.faults.append((target.path, problem))
        if kind == DELAY and task.milestone:
            problem = f"`{task_id}` is a milestone and has no work to delay; use `wait`"
            self._compilation.faults.append((target.path, problem))

    def of(self, target: Target, kind: str, value: Value) -> list[Operand]:
        """The operand of a term on each task; one for tasks that share a draw and a calendar."""
        known: dict[tuple[str, int], Operand] = {}
        found = []
        for task in target.tasks:
            self._check(target, kind, task)
            unchanged = self._unchanged(kind, task)
            if unchanged is not None:
                found.append(unchanged)
                continue
            unit = NONE if kind == FACTOR else int(self._units[self.base[task]])
            key = (target.name_of(task), unit)
            if key not in known:
                known[key] = self._operand(target, kind, value, *key)
            found.append(known[key])
        return found

    def _unchanged(self, kind: str, task: str) -> Operand | None:
        """The operand that changes nothing, where a term does not hold for a task that has begun.

        It waits no longer, and what remains of it may be told with all its uncertainty.
        """
        status = self._compilation.scenario.progress.get(task)
        if status is None:
            return None
        if kind == FACTOR:
            return Operand(1.0) if status.stands else None
        return None if kind == DELAY else Operand(0.0)

    def _operand(self, target: Target, kind: str, value: Value, name: str, unit: int) -> Operand:
        if kind == FACTOR:
            path = (*target.path, FACTOR)
            return self._compilation.number(value, f"{name}/factor", path, central=1.0)
        effect = DELAY if kind == DELAY else "wait"
        return self._compilation.time(value, unit, f"{name}/{effect}", (*target.path, effect))
