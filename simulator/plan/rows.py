"""Tasks to rows: what is scheduled, when it may work, what it waits for."""

import numpy as np

from simulator.plan.calendars import ALWAYS
from simulator.plan.context import Compilation, Path
from simulator.plan.draft import DraftLink, DraftNetwork
from simulator.plan.plan import NONE
from simulator.scenario.columns import SPECIAL
from simulator.scenario.distributions import Distribution
from simulator.scenario.selectors import select
from simulator.scenario.tasks import Project, Task
from simulator.scenario.units import Moment
from simulator.scenario.values import units_of


def task_path(task_id: str) -> Path:
    """Where a task stands in the file."""
    project, _, name = task_id.partition(".")
    return ("projects", project, "tasks", name)


def round_key(task_id: str, number: int, redone: str) -> str:
    """The key of one task's share of a rework round."""
    return f"{task_id}/rework.{number}/{redone}"


def plain_rows(
    compilation: Compilation, draft: DraftNetwork, rows: range, project: Project
) -> None:
    """Lay out rows as plain tasks of a project have them."""
    name = project.calendar or compilation.scenario.program.calendar
    own, where = [compilation.calendars.index(name)] * len(rows), slice(rows.start, rows.stop)
    draft.calendar[where] = draft.unit_calendar[where] = own
    if project.start is not None:
        floor = compilation.instant_ms(project.start, ends=False)
        draft.start_floor[where] = [floor] * len(rows)


def own_calendar(compilation: Compilation, task_id: str) -> str:
    """The calendar of a task: its own, else its project's, else the program's."""
    scenario = compilation.scenario
    project = scenario.project_of(task_id)
    return scenario.tasks[task_id].calendar or project.calendar or scenario.program.calendar


def rounds_of(task: Task) -> int:
    """How many rework rounds are unrolled.

    Without `at_most`: until fewer than one iteration in 10,000 would want another, at most 50.
    """
    rework = task.rework
    if rework is None:
        return 0
    if rework.at_most is not None:
        return rework.at_most
    left, count = 1.0, 0
    while count < 50 and (count < len(rework.chance) or left >= 1e-4):
        if count >= rework.at_least:
            left *= rework.chance[min(count, len(rework.chance) - 1)]
        count += 1
    return count


def redone_by(compilation: Compilation, task_id: str) -> tuple[str, ...]:
    """The tasks that a task's rework repeats, in sequence."""
    rework = compilation.scenario.tasks[task_id].rework
    if rework is None:
        return ()
    project = task_id.partition(".")[0]
    return select(compilation.scenario, rework.redo, project) if rework.redo else (task_id,)


def base_row(
    compilation: Compilation, draft: DraftNetwork, row: int, task_id: str, task: Task
) -> None:
    """Lay out the row of one task; one that has begun keeps to dates of its finish alone."""
    tables = compilation.calendars
    own = own_calendar(compilation, task_id)
    unit = tables.index(own)
    named = tables.index(task.calendar) if task.calendar else NONE
    if task.milestone == "start":
        named = unit
    pools = () if task.ignore_pool_calendars else _pool_calendars(compilation, task)
    calendar = unit
    if task.milestone:
        calendar = tables.index(ALWAYS)
    elif _runs_on_the_clock(compilation, row, task):
        own, unit = ALWAYS, tables.index(ALWAYS)
        calendar = unit
    if pools and not task.milestone:
        try:
            calendar = tables.index(own, *pools)
        except ValueError as error:
            compilation.faults.append(((*task_path(task_id), "needs"), str(error)))
    draft.calendar[row], draft.unit_calendar[row], draft.snap[row] = calendar, unit, named
    if row in compilation.progress:
        if not is_finished(compilation, row):
            _bound_finish(compilation, draft, row, task_id, task)
        return
    if task.spans:
        draft.spans.append(row)
    project = compilation.scenario.project_of(task_id)
    if project.start is None and all(date is None for date in _dates(task)):
        return
    _bound_start(compilation, draft, row, task_id, task)
    _bound_finish(compilation, draft, row, task_id, task)
    _cap(compilation, draft, row, task)


def _dates(task: Task) -> tuple[object, ...]:
    """All that may hold or cap a start or a finish."""
    return (
        task.must_start, task.start_no_earlier_than, task.start_no_later_than,
        task.must_finish, task.finish_no_earlier_than, task.finish_no_later_than,
    )  # fmt: skip


def _pool_calendars(compilation: Compilation, task: Task) -> tuple[str, ...]:
    pools = (compilation.scenario.pools[name] for name in task.needs)
    return tuple(pool.calendar for pool in pools if pool.calendar)


def _runs_on_the_clock(compilation: Compilation, row: int, task: Task) -> bool:
    if compilation.plain.kinds[row] != SPECIAL:  # estimates that have columns are working time
        return False
    estimate = task.duration if task.duration is not None else None
    if task.size is not None:
        estimate = compilation.scenario.sizes[task.size]
    return estimate is not None and "elapsed" in units_of(estimate)


def _bound_start(
    compilation: Compilation, draft: DraftNetwork, row: int, task_id: str, task: Task
) -> None:
    """No start before these instants."""
    project = compilation.scenario.project_of(task_id)
    given = (project.start, task.must_start, task.start_no_earlier_than)
    fixed = [moment for moment in given if isinstance(moment, Moment)]
    draft.start_floor[row] = max(
        (compilation.instant_ms(moment, ends=False) for moment in fixed), default=-np.inf
    )
    _drawn_floor(compilation, draft, row, task_id, "start_no_earlier_than")


def _bound_finish(
    compilation: Compilation, draft: DraftNetwork, row: int, task_id: str, task: Task
) -> None:
    """No finish before these instants."""
    floors = [-np.inf]
    if task.must_finish is not None:
        floors.append(compilation.instant_ms(task.must_finish, ends=True))
    if isinstance(task.finish_no_earlier_than, Moment):
        floors.append(compilation.instant_ms(task.finish_no_earlier_than, ends=False))
    draft.finish_floor[row] = max(floors)
    _drawn_floor(compilation, draft, row, task_id, "finish_no_earlier_than")


def _drawn_floor(
    compilation: Compilation, draft: DraftNetwork, row: int, task_id: str, key: str
) -> None:
    """A date that is drawn, and before which a row does not start, or finish."""
    value = getattr(compilation.scenario.tasks[task_id], key)
    if isinstance(value, Distribution):
        operand = compilation.date(value, f"{task_id}/{key}", (*task_path(task_id), key))
        floor = (key.startswith("finish"), operand)
        draft.floor_variables[row] = (*draft.floor_variables.get(row, ()), floor)


def _cap(compilation: Compilation, draft: DraftNetwork, row: int, task: Task) -> None:
    """The hard dates of a task, where they win over logic."""
    if compilation.scenario.program.constraints == "honour":
        caps_start = [m for m in (task.must_start, task.start_no_later_than) if m is not None]
        caps_finish = [m for m in (task.must_finish, task.finish_no_later_than) if m is not None]
        draft.caps[row] = (
            min(
                (compilation.instant_ms(m, ends=m is not task.must_start) for m in caps_start),
                default=np.inf,
            ),
            min((compilation.instant_ms(m, ends=True) for m in caps_finish), default=np.inf),
        )


def unroll(
    compilation: Compilation, draft: DraftNetwork, number: int, task_id: str, task: Task
) -> None:
    """Lay out the rounds of a task's rework, each after the one before."""
    previous = number
    for round_ in range(1, rounds_of(task) + 1):
        for redone in redone_by(compilation, task_id):
            for repeated in draft.parts(redone):
                key = round_key(task_id, round_, draft.keys[repeated])
                row = draft.repeat(key, repeated, round_)
                draft.links.told.append(DraftLink(-1, previous, row, 0, NONE, previous))
                previous = row
    draft.last[number] = previous


def reworked_tasks(compilation: Compilation) -> list[tuple[int, str, Task]]:
    """The tasks, by number and id, that may still need rework."""
    return [
        (number, task_id, task)
        for number, task_id, task in compilation.plain.special
        if task.rework and not is_finished(compilation, number)
    ]


def is_finished(compilation: Compilation, number: int) -> bool:
    """Whether nothing is left of a task."""
    status = compilation.progress.get(number)
    return status is not None and status.is_finished
