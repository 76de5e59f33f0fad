"""How much work each row is, and whether it is there at all."""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from simulator.plan.calendars import hours_of
from simulator.plan.context import Compilation, Operand, read_only
from simulator.plan.law_columns import Laws, pert_laws, triangular_laws, uniform_laws
from simulator.plan.plan import NONE, Bools, Ints, Network
from simulator.plan.remaining import remaining_work
from simulator.plan.rows import redone_by, reworked_tasks, round_key, rounds_of, task_path
from simulator.plan.task_estimates import estimate_operand, sharing
from simulator.plan.variables import VariableTable
from simulator.plan.work_calendar import Floats
from simulator.scenario.columns import FIXED, SPECIAL, TRIANGULAR, UNIFORM, Estimates
from simulator.scenario.distribution_kinds.base import LARGEST
from simulator.scenario.program import Scenario
from simulator.scenario.status_checks import taken_outcome
from simulator.scenario.tasks import ConditionalBranch, Task
from simulator.scenario.units import MS_PER_HOUR, WORKING
from simulator.scenario.values import units_of


@dataclass(frozen=True, slots=True)
class Branch:
    """A choice made once an iteration: outcome k where u < upper[k] (and not below)."""

    id: str
    outcomes: tuple[str, ...]
    variable: int
    upper: tuple[float, ...]
    likeliest: int


@dataclass(frozen=True, slots=True)
class ReworkPlan:
    """The rounds of one task: chances, draws, and the rows that each round repeats."""

    task: int
    row: int
    chances: tuple[float, ...]
    at_least: int
    occurs: tuple[int, ...]
    shares: tuple[Operand, ...]
    rows: tuple[tuple[tuple[int, int], ...], ...]
    """For each round: (row, the row of the task that it repeats)."""


@dataclass(frozen=True, slots=True)
class WorkPlan:
    """Estimates (T,) in milliseconds, not rounded: fixed, or a variable; times a class.

    Rows of rework rounds take theirs from the row they repeat.
    """

    fixed: Floats
    variable: Ints
    scale: Floats
    class_variable: Ints
    class_fixed: Floats
    planned: Floats
    """What the deterministic plan takes instead; nan where the estimate gives it."""
    margin: Bools
    includes_risks: Bools
    branches: tuple[Branch, ...]
    on: Ints
    """(T, 2): branch and outcome that a row belongs to, `NONE` where always there."""
    rework: tuple[ReworkPlan, ...]


def work_plan(compilation: Compilation, network: Network) -> WorkPlan:
    """Compile estimates, classes, branches and rework."""
    count = len(network.rows)
    fixed, scale, planned = np.zeros(count), np.ones(count), np.full(count, np.nan)
    variable, class_variable = (np.full(count, NONE, dtype=np.int32) for _ in range(2))
    class_fixed = np.ones(count)
    margin, includes = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    branches, index = _branches(compilation)
    on = np.full((count, 2), NONE, dtype=np.int32)
    reserved = _Reserved(compilation, network)
    for row, done in network.facts.items():
        fixed[row] = done
    for number, task_id, task in compilation.plain.special:
        reserved.up_to(number + 1)
        row = network.tasks[number].base
        if row in network.facts:
            continue
        unit = int(network.rows.unit_calendar[row])
        status = compilation.progress.get(number)
        if status is not None:
            estimate, promised = remaining_work(compilation, network, number, (task_id, task))
            fixed[row], planned[row] = estimate.fixed, promised
            variable[row], scale[row] = estimate.variable, estimate.scale
        elif compilation.plain.kinds[number] == SPECIAL:
            estimate = estimate_operand(compilation, task_id, task, unit)
            fixed[row] = estimate.fixed if estimate.is_fixed else 0.0
            variable[row] = estimate.variable
            scale[row] = estimate.scale
        if task.plan is not None and status is None:
            divisor = sharing(task) if units_of(task.plan) == {"effort"} else 1.0
            path = (*task_path(task_id), "plan")
            operand = compilation.time(task.plan, unit, f"{task_id}/plan", path)
            planned[row] = operand.fixed / divisor
        margin[row] = task.margin
        if task.class_ is not None and not (status is not None and status.stands):
            operand = class_operand(compilation, task_id, task)
            class_variable[row] = operand.variable
            class_fixed[row] = 1.0 if operand.variable != NONE else operand.fixed
            includes[row] = compilation.scenario.classes[task.class_].includes_risks
        if task.on is not None and status is None:
            outcome = _outcome_key(task_id.partition(".")[0], task.on, index)
            on[row] = index.get(outcome, (NONE, NONE))
    reserved.up_to(len(network.tasks))
    reserved.fill(fixed, variable)
    return WorkPlan(
        read_only(fixed), read_only(variable), read_only(scale), read_only(class_variable),
        read_only(class_fixed), read_only(planned), read_only(margin), read_only(includes),
        branches, read_only(on), _rework(compilation, network),
    )  # fmt: skip


class _Reserved:
    """Places among the variables of estimates that have columns, and what comes there."""

    def __init__(self, compilation: Compilation, network: Network) -> None:
        self._compilation, self._network = compilation, network
        self._drawn = np.flatnonzero(compilation.plain.kinds > FIXED)
        self._tasks: list[int] = self._drawn.tolist()
        self._places: list[int] = []

    def up_to(self, number: int) -> None:
        """Reserve places for all tasks before one."""
        drawn = bisect_left(self._tasks, number) - len(self._places)
        self._places += self._compilation.variables.keep(drawn)

    def fill(self, fixed: Floats, variable: Ints) -> None:
        """Compile all estimates that have columns, a kind at a time."""
        compilation, base = self._compilation, self._network.task_rows.base
        durations = compilation.scenario.columns.durations
        place = np.full(len(base), NONE, dtype=np.int32)
        place[self._drawn] = self._places
        for kind, estimates in compilation.plain.estimates.items():
            if not len(estimates.task):
                continue
            rows = base[estimates.task]
            numbers = self._milliseconds(estimates, rows)
            self._refuse(estimates, numbers)
            if kind == FIXED:
                fixed[rows] = numbers[:, 0]
                continue
            places = place[estimates.task]
            variable[rows] = places
            laws, central = _laws(kind, numbers)
            names = durations
            if len(places) < len(names):
                names = tuple(map(names.__getitem__, estimates.task.tolist()))
            score = np.zeros(len(names), dtype=bool)
            compilation.variables.fill(places, VariableTable(names, laws, central, score))

    def _milliseconds(self, estimates: Estimates, rows: Ints) -> Floats:
        """The numbers (K, P) in the units of each row's calendar."""
        tables = self._compilation.calendars.tables
        calendars = self._network.rows.unit_calendar[rows]
        hours = np.array([[hours_of(table, unit) for unit in WORKING] for table in tables])
        each = hours[calendars, estimates.unit]
        return np.asarray(estimates.numbers * each[:, None] * MS_PER_HOUR)

    def _refuse(self, estimates: Estimates, numbers: Floats) -> None:
        """Note what is too large once it is in milliseconds, as for any other estimate."""
        for k in np.flatnonzero((np.abs(numbers) > LARGEST).any(axis=1)).tolist():
            plan = self._network.tasks[estimates.task[k]]
            task = self._compilation.scenario.tasks[plan.id]
            unit = int(self._network.rows.unit_calendar[plan.base])
            estimate_operand(self._compilation, plan.id, task, unit)


def _laws(kind: int, numbers: Floats) -> tuple[Laws, Floats]:
    """Laws and central values of estimates of one kind."""
    if kind == UNIFORM:
        low, high = numbers.T
        return uniform_laws(low, high), low + 0.5 * (high - low)
    low, mode, high = numbers.T
    laws = triangular_laws if kind == TRIANGULAR else pert_laws
    return laws(low, mode, high), mode


def class_variable_name(task_id: str, class_id: str, shared: str) -> str:
    """The address of a class's draw: one for a task, for a project or for the program."""
    match shared:
        case "task":
            return f"{task_id}/class"
        case "project":
            return f"{task_id.partition('.')[0]}/class.{class_id}"
        case _:
            return f"program/class.{class_id}"


def class_operand(compilation: Compilation, task_id: str, task: Task) -> Operand:
    """The factor that a task's class puts on its estimate."""
    class_id = str(task.class_)
    spec = compilation.scenario.classes[class_id]
    name = class_variable_name(task_id, class_id, spec.shared)
    return compilation.number(spec.range, name, ("classes", class_id), central=1.0)


def _branches(compilation: Compilation) -> tuple[tuple[Branch, ...], dict[str, tuple[int, int]]]:
    found: list[Branch] = []
    index: dict[str, tuple[int, int]] = {}
    decided = decided_branches(compilation.scenario)
    for project_id, project in compilation.scenario.projects.items():
        for key, outcomes in project.branches.items():
            if isinstance(outcomes, ConditionalBranch):
                continue
            branch_id = f"{project_id}.{key}"
            chances = list(outcomes.values())
            if branch_id in decided:
                chances = [float(outcome == decided[branch_id]) for outcome in outcomes]
            upper = np.cumsum(chances)
            upper[-1] = 1.0
            for number, outcome in enumerate(outcomes):
                index[f"{branch_id}.{outcome}"] = (len(found), number)
            found.append(
                Branch(
                    branch_id,
                    tuple(outcomes),
                    compilation.uniform(f"{branch_id}/branch"),
                    tuple(float(limit) for limit in upper),
                    int(np.argmax(chances)),
                )
            )
    return tuple(found), index


def decided_branches(scenario: Scenario) -> dict[str, str]:
    """The outcome of every branch, by its full id, on which a task has begun."""
    begun = ((key, scenario.tasks[key].on) for key in scenario.progress)
    return dict(taken_outcome(key, on) for key, on in begun if on is not None)


def _outcome_key(project: str, name: str, index: dict[str, tuple[int, int]]) -> str:
    return name if name in index else f"{project}.{name}"


def _rework(compilation: Compilation, network: Network) -> tuple[ReworkPlan, ...]:
    reworked = reworked_tasks(compilation)
    if not reworked:
        return ()
    position = {key: row for row, key in enumerate(network.rows.ids)}
    plan = {task.id: task for task in network.tasks}
    plans = []
    for number, task_id, task in reworked:
        rework, task_plan = task.rework, network.tasks[number]
        if rework is None:
            continue
        count = rounds_of(task)
        last = len(rework.chance) - 1
        path = (*task_path(task_id), "rework", "share")
        names = [f"{task_id}/rework.{k}" for k in range(1, count + 1)]
        plans.append(
            ReworkPlan(
                task=number,
                row=task_plan.base,
                chances=tuple(rework.chance[min(k, last)] for k in range(count)),
                at_least=rework.at_least,
                occurs=tuple(compilation.uniform(f"{name}/occurs") for name in names),
                shares=tuple(
                    compilation.number(rework.share, f"{name}/share", path) for name in names
                ),
                rows=tuple(
                    tuple(
                        (position[round_key(task_id, k, network.rows.ids[part])], part)
                        for redone in redone_by(compilation, task_id)
                        for part in plan[redone].parts
                    )
                    for k in range(1, count + 1)
                ),
            )
        )
    return tuple(plans)
