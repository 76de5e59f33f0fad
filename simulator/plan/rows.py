"""Tasks to rows: what is scheduled, when it may work, what it waits for."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.plan.calendars import ALWAYS
from simulator.plan.context import Compilation, Operand, Path
from simulator.plan.plan import NONE
from simulator.scenario.columns import LINK_KINDS, TaskLinks, ToldLink
from simulator.scenario.program import Scenario
from simulator.scenario.selectors import select
from simulator.scenario.tasks import Link, Project, Task
from simulator.scenario.units import Moment
from simulator.scenario.values import units_of


class DraftLag(NamedTuple):
    """The lag of a link: fixed, drawn, or a share of the predecessor's work."""

    lag: Operand
    share: bool


class DraftLink(NamedTuple):
    """A link between rows by number, told in full.

    `share_of` is the row whose work a percentage is of: the first of the predecessor.
    """

    place: int
    """After which of the links as written it comes."""
    pred: int
    succ: int
    kind: int
    calendar: int
    share_of: int


_Column = npt.NDArray[np.intp]


def _no_links() -> _Column:
    return np.zeros(0, dtype=np.intp)


@dataclass(slots=True)
class DraftLinks:
    """Links (L,) by column, between rows by number; `lags` are those of links that have one."""

    told: list[DraftLink] = field(default_factory=list)
    """What `settle` will put among the links of plain tasks."""
    lags: dict[int, DraftLag] = field(default_factory=dict)
    """By the link's place in `told`, and once settled by its number."""
    pred: _Column = field(default_factory=_no_links)
    succ: _Column = field(default_factory=_no_links)
    kind: _Column = field(default_factory=_no_links)
    calendar: _Column = field(default_factory=_no_links)
    share_of: _Column = field(default_factory=_no_links)

    def settle(
        self, plain: TaskLinks, last: list[int], calendars: list[int], *, by_succ: bool
    ) -> None:
        """Fill the columns in the order as written, from the last row and calendar of each row."""
        share_of, succ, kind = plain.pred, plain.succ, plain.kind
        pred = np.where(kind & 1, share_of, np.array(last, dtype=np.intp)[share_of])
        calendar = np.array(calendars, dtype=np.intp)[succ if by_succ else share_of]
        columns = [pred, succ, kind, calendar, share_of]
        if self.told:
            place, *told = np.array(self.told, dtype=np.intp).T
            order = np.argsort(np.concatenate([plain.place, place]), kind="stable")
            columns = [np.concatenate(pair)[order] for pair in zip(columns, told, strict=True)]
            number = np.empty_like(order)
            number[order] = np.arange(len(order))
            first = len(plain.place)
            self.lags = {int(number[first + k]): lag for k, lag in self.lags.items()}
        self.pred, self.succ, self.kind, self.calendar, self.share_of = columns


@dataclass(slots=True)
class DraftNetwork:
    """Rows by column before their order is known: tasks as declared, then rounds of rework.

    `keys` name rows for ever and `number` finds them; floors and caps are those of fixed dates.
    """

    keys: list[str]
    number: dict[str, int]
    task: list[int]
    round: list[int]
    calendar: list[int]
    unit_calendar: list[int]
    snap: list[int]
    start_floor: list[float]
    finish_floor: list[float]
    caps: dict[int, tuple[float, float]] = field(default_factory=dict)
    floor_variables: dict[int, tuple[tuple[bool, Operand], ...]] = field(default_factory=dict)
    spans: list[int] = field(default_factory=list)
    links: DraftLinks = field(default_factory=DraftLinks)
    last: list[int] = field(default_factory=list)
    """The row whose finish is each task's finish."""

    @classmethod
    def of(cls, scenario: Scenario) -> "DraftNetwork":
        """A row for every task, free and without a calendar."""
        keys = list(scenario.tasks)
        count = len(keys)
        numbers = list(range(count))
        number = dict(zip(keys, numbers, strict=True))
        nowhere, free = [NONE] * count, [-np.inf] * count
        return cls(
            keys, number, numbers, [0] * count, nowhere, nowhere.copy(), nowhere.copy(), free,
            free.copy(), last=numbers.copy(),
        )  # fmt: skip

    def repeat(self, key: str, row: int, round_: int) -> int:
        """One more row like another one, for a round of rework; its number."""
        number = len(self.keys)
        self.keys.append(key)
        self.number[key] = number
        self.task.append(self.task[row])
        self.round.append(round_)
        for column in (self.calendar, self.unit_calendar, self.snap):
            column.append(column[row])
        self.start_floor.append(-np.inf)
        self.finish_floor.append(-np.inf)
        return number


def task_path(task_id: str) -> Path:
    """Where a task stands in the file."""
    project, _, name = task_id.partition(".")
    return ("projects", project, "tasks", name)


def round_key(task_id: str, number: int, redone: str) -> str:
    """The key of one task's share of a rework round."""
    return f"{task_id}/rework.{number}/{redone}"


def draft_network(compilation: Compilation) -> DraftNetwork:
    """Every task as rows, its rework unrolled, and every link between them."""
    scenario, plain = compilation.scenario, compilation.plain
    draft = DraftNetwork.of(scenario)
    special = {number: (task_id, task) for number, task_id, task in plain.special}
    first = 0
    for project in scenario.projects.values():
        last = first + len(project.tasks)
        filled = False
        for row in range(first, last) if special else (first,):
            if row in special:
                _base_row(compilation, draft, row, *special[row])
            elif not filled:
                _plain_rows(compilation, draft, range(row, last), project)
                filled = True
        first = last
    for number, task_id, task in plain.special:
        if task.rework:
            _unroll(compilation, draft, number, task_id, task)
    _links(compilation, draft)
    return draft


def _plain_rows(
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


def _base_row(
    compilation: Compilation, draft: DraftNetwork, row: int, task_id: str, task: Task
) -> None:
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
    draft.calendar[row], draft.unit_calendar[row], draft.snap[row] = calendar, unit, named
    if task.spans:
        draft.spans.append(row)
    _bound(compilation, draft, row, task_id, task)


def _pool_calendars(compilation: Compilation, task: Task) -> tuple[str, ...]:
    pools = (compilation.scenario.pools[name] for name in task.needs)
    return tuple(pool.calendar for pool in pools if pool.calendar)


def _runs_on_the_clock(compilation: Compilation, task: Task) -> bool:
    estimate = task.duration if task.duration is not None else None
    if task.size is not None:
        estimate = compilation.scenario.sizes[task.size]
    return estimate is not None and "elapsed" in units_of(estimate)


def _bound(
    compilation: Compilation, draft: DraftNetwork, row: int, task_id: str, task: Task
) -> None:
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
    draft.start_floor[row], draft.finish_floor[row] = max(starts), max(finishes)
    if drawn:
        draft.floor_variables[row] = tuple(drawn)
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


def _unroll(
    compilation: Compilation, draft: DraftNetwork, number: int, task_id: str, task: Task
) -> None:
    previous = number
    for round_ in range(1, rounds_of(task) + 1):
        for redone in redone_by(compilation, task_id):
            row = draft.repeat(round_key(task_id, round_, redone), draft.number[redone], round_)
            draft.links.told.append(DraftLink(-1, previous, row, 0, NONE, previous))
            previous = row
    draft.last[number] = previous


def _links(compilation: Compilation, draft: DraftNetwork) -> None:
    """Every link of every task; those without lag and calendar have been read by the column."""
    links = compilation.scenario.columns.links
    for told in links.told:
        _link(compilation, draft, told)
    calendars, by_succ = _plain_calendars(compilation, draft)
    last = [*draft.last, *range(len(draft.last), len(draft.keys))]
    draft.links.settle(links, last, calendars, by_succ=by_succ)


def _link(compilation: Compilation, draft: DraftNetwork, told: ToldLink) -> None:
    """One link as written, which a wildcard makes several."""
    succ, link = told.task, told.link
    task_id = draft.keys[succ]
    path = (*task_path(task_id), "after", told.position)
    for pred in select(compilation.scenario, (link.task,), task_id.partition(".")[0]):
        if pred == task_id:
            continue
        kind, base = LINK_KINDS[link.link], draft.number[pred]
        calendar = _lag_calendar(compilation, pred, task_id, link)
        share = "percent" in units_of(link.lag)
        name = f"{task_id}/lag.{pred}.{link.link}"
        lag = (
            compilation.number(link.lag, name, path, scale=0.01)
            if share
            else compilation.time(link.lag, calendar, name, path)
        )
        draft.links.lags[len(draft.links.told)] = DraftLag(lag, share)
        from_row = base if kind & 1 else draft.last[base]
        draft.links.told.append(DraftLink(told.place, from_row, succ, kind, calendar, base))


def _plain_calendars(compilation: Compilation, draft: DraftNetwork) -> tuple[list[int], bool]:
    """A calendar for each row, and whether a link's successor chooses among them."""
    scenario, tables = compilation.scenario, compilation.calendars
    rule = scenario.program.lag_calendar
    if rule in ("program", "24x7"):
        index = tables.index(scenario.program.calendar if rule == "program" else ALWAYS)
        return [index] * len(draft.keys), True
    own = draft.unit_calendar.copy()
    for number, task_id, _ in compilation.plain.special:
        own[number] = tables.index(own_calendar(compilation, task_id))
    return own, rule == "successor"


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
