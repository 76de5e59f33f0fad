"""Tasks to rows: what is scheduled, when it may work, what it waits for."""

from dataclasses import dataclass, field

import numpy as np

from simulator.plan.calendars import ALWAYS
from simulator.plan.context import Compilation, Operand, Path
from simulator.plan.plan import LINK_TYPES, NONE
from simulator.scenario.selectors import select
from simulator.scenario.tasks import Link, Task
from simulator.scenario.units import Moment
from simulator.scenario.values import units_of


@dataclass(slots=True)
class DraftRow:
    """A row before its place in the order is known; `key` names it for ever."""

    key: str
    task: str
    round: int
    calendar: int
    unit_calendar: int
    snap: int
    needs: dict[str, float]
    floors: tuple[float, float] = (-np.inf, -np.inf)
    caps: tuple[float, float] = (np.inf, np.inf)
    floor_variables: tuple[tuple[bool, Operand], ...] = ()
    span: bool = False


@dataclass(frozen=True, slots=True)
class DraftLink:
    """A link between rows by key; the lag fixed, drawn, or a share of the predecessor's work."""

    pred: str
    succ: str
    kind: int
    lag: Operand
    share: bool
    calendar: int
    share_of: str
    """The row whose work a percentage is of."""


@dataclass(slots=True)
class DraftNetwork:
    """Rows and links by key, in declared order."""

    rows: dict[str, DraftRow] = field(default_factory=dict)
    links: list[DraftLink] = field(default_factory=list)
    last: dict[str, str] = field(default_factory=dict)
    """Key of the row whose finish is each task's finish."""


def task_path(task_id: str) -> Path:
    """Where a task stands in the file."""
    project, _, name = task_id.partition(".")
    return ("projects", project, "tasks", name)


def round_key(task_id: str, number: int, redone: str) -> str:
    """The key of one task's share of a rework round."""
    return f"{task_id}/rework.{number}/{redone}"


def draft_network(compilation: Compilation) -> DraftNetwork:
    """Every task as rows, its rework unrolled, and every link between them."""
    draft = DraftNetwork()
    scenario = compilation.scenario
    for task_id, task in scenario.tasks.items():
        draft.rows[task_id] = _base_row(compilation, task_id, task)
        draft.last[task_id] = task_id
    for task_id, task in scenario.tasks.items():
        if task.rework:
            _unroll(compilation, draft, task_id, task)
    for task_id, task in scenario.tasks.items():
        for position, link in enumerate(task.after):
            _link(compilation, draft, task_id, link, position)
    return draft


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


def _base_row(compilation: Compilation, task_id: str, task: Task) -> DraftRow:
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
    elif _runs_on_the_clock(compilation, task):
        own, unit = ALWAYS, tables.index(ALWAYS)
        calendar = unit
    if pools and not task.milestone:
        try:
            calendar = tables.index(own, *pools)
        except ValueError as error:
            compilation.faults.append(((*task_path(task_id), "needs"), str(error)))
    row = DraftRow(
        task_id, task_id, 0, calendar, unit, named, dict(task.needs), span=bool(task.spans)
    )
    _bound(compilation, row, task_id, task)
    return row


def _pool_calendars(compilation: Compilation, task: Task) -> tuple[str, ...]:
    pools = (compilation.scenario.pools[name] for name in task.needs)
    return tuple(pool.calendar for pool in pools if pool.calendar)


def _runs_on_the_clock(compilation: Compilation, task: Task) -> bool:
    estimate = task.duration if task.duration is not None else None
    if task.size is not None:
        estimate = compilation.scenario.sizes[task.size]
    return estimate is not None and "elapsed" in units_of(estimate)


def _bound(compilation: Compilation, row: DraftRow, task_id: str, task: Task) -> None:
    """Constraints as instants: floors for no-earlier, caps where hard dates are honoured."""
    project = compilation.scenario.project_of(task_id)
    starts, finishes = [-np.inf], [-np.inf]
    if project.start is not None:
        starts.append(compilation.instant_ms(project.start, ends=False))
    if task.must_start is not None:
        starts.append(compilation.instant_ms(task.must_start, ends=False))
    if task.must_finish is not None:
        finishes.append(compilation.instant_ms(task.must_finish, ends=True))
    drawn: list[tuple[bool, Operand]] = []
    for key, floors in (("start_no_earlier_than", starts), ("finish_no_earlier_than", finishes)):
        value = getattr(task, key)
        if isinstance(value, Moment):
            floors.append(compilation.instant_ms(value, ends=False))
        elif value is not None:
            operand = compilation.date(value, f"{task_id}/{key}", (*task_path(task_id), key))
            drawn.append((key.startswith("finish"), operand))
    row.floors = max(starts), max(finishes)
    row.floor_variables = tuple(drawn)
    if compilation.scenario.program.constraints == "honour":
        caps_start = [m for m in (task.must_start, task.start_no_later_than) if m is not None]
        caps_finish = [m for m in (task.must_finish, task.finish_no_later_than) if m is not None]
        row.caps = (
            min(
                (compilation.instant_ms(m, ends=m is not task.must_start) for m in caps_start),
                default=np.inf,
            ),
            min((compilation.instant_ms(m, ends=True) for m in caps_finish), default=np.inf),
        )


def _unroll(compilation: Compilation, draft: DraftNetwork, task_id: str, task: Task) -> None:
    previous = task_id
    for number in range(1, rounds_of(task) + 1):
        for redone in redone_by(compilation, task_id):
            base = draft.rows[redone]
            key = round_key(task_id, number, redone)
            draft.rows[key] = DraftRow(
                key, redone, number, base.calendar, base.unit_calendar, base.snap, base.needs
            )
            draft.links.append(DraftLink(previous, key, 0, Operand(0.0), False, NONE, previous))
            previous = key
    draft.last[task_id] = previous


def _link(
    compilation: Compilation, draft: DraftNetwork, task_id: str, link: Link, position: int
) -> None:
    scenario = compilation.scenario
    project = task_id.partition(".")[0]
    path = (*task_path(task_id), "after", position)
    for pred in select(scenario, (link.task,), project):
        if pred == task_id:
            continue
        kind = LINK_TYPES.index(link.link)
        calendar = _lag_calendar(compilation, pred, task_id, link)
        share = "percent" in units_of(link.lag)
        name = f"{task_id}/lag.{pred}.{link.link}"
        lag = (
            compilation.number(link.lag, name, path, scale=0.01)
            if share
            else compilation.time(link.lag, calendar, name, path)
        )
        from_row = draft.last[pred] if kind in (0, 2) else pred
        draft.links.append(DraftLink(from_row, task_id, kind, lag, share, calendar, pred))


def _lag_calendar(compilation: Compilation, pred: str, succ: str, link: Link) -> int:
    tables = compilation.calendars
    if "elapsed" in units_of(link.lag):
        return tables.index(ALWAYS)
    if link.calendar:
        return tables.index(link.calendar)
    match compilation.scenario.program.lag_calendar:
        case "successor":
            return tables.index(own_calendar(compilation, succ))
        case "predecessor":
            return tables.index(own_calendar(compilation, pred))
        case "program":
            return tables.index(compilation.scenario.program.calendar)
        case _:
            return tables.index(ALWAYS)
