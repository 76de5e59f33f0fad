"""The compiled plan: arrays that every iteration reads and none writes.

Shapes: `T` rows, `L` links, `V` variables, `N` iterations. Instants are clock time from program
start and durations working time, both float64 holding whole milliseconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple, overload

import numpy as np
import numpy.typing as npt

from simulator.plan.unfolding import NOTHING, Pools, RowCondition, Unfolding
from simulator.plan.variables import VariableTable
from simulator.plan.work_calendar import Floats, WorkCalendar

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

FS, SS, FF, SF = range(4)
"""As `LINK_KINDS` numbers them."""
_FIRST, _LAST = datetime(1, 1, 8), datetime(9999, 12, 24)
NONE = -1
"""In an index array: nothing there."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What is scheduled, in an order in which everything comes after what it waits for.

    A row is a task, a milestone, a span, or one task's share of a rework round (`round` > 0).
    """

    ids: tuple[str, ...]
    task: Ints
    round: Ints
    project: Ints
    calendar: Ints
    """When it works: its own calendar and those of its pools; `NONE` for 24x7."""
    unit_calendar: Ints
    """Whose days its estimates are in."""
    snap: Ints
    """Where an instant, or the start of elapsed time, moves to working time; `NONE`: it stands."""
    start_floor: Floats
    finish_floor: Floats
    """No start or finish before these instants; -inf where free."""
    start_cap: Floats
    finish_cap: Floats
    """Hard dates that win over logic (`constraints: honour`); +inf where free."""
    span: Bools

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Links:
    """Links sorted by the row they lead to; those of row `i` are `first[i]` to `first[i + 1]`."""

    pred: Ints
    succ: Ints
    kind: Ints
    lag: Floats
    """Fixed lag; working time of `calendar`."""
    lag_variable: Ints
    """Row of `Durations.lags` that holds the lag, `NONE` where fixed."""
    lag_share: Floats
    """Lag as a share of the predecessor's work, nan where it is none."""
    lag_drawn_share: Bools
    """Whether the drawn lag is such a share."""
    share_of: Ints
    """The row whose work such a share is of: the predecessor's first round."""
    calendar: Ints
    first: Ints

    def into(self, row: int) -> range:
        """The links that lead to a row."""
        return range(int(self.first[row]), int(self.first[row + 1]))


class TaskRows(NamedTuple):
    """The `base`, `first` and `last` of all tasks as columns (K,)."""

    base: Ints
    first: Ints
    last: Ints


class TaskPlan(NamedTuple):
    """One task of the scenario and the rows it became."""

    id: str
    name: str
    project: int
    kind: str
    """`task`, `milestone`, `margin` or `span`."""
    base: int
    """Its row: of a running task that of what remains."""
    first: int
    last: int
    """Rows of its first start, and of its last finish (the last rework round)."""
    rows: tuple[int, ...]
    """Every row that is work of this task, in other tasks' rework too."""
    deadline: float | None
    tags: dict[str, str]
    targets: dict[str, float]
    """Dates that are reported on, by constraint."""
    source_uid: str | None

    @property
    def parts(self) -> tuple[int, ...]:
        """The rows that hold its work: what is done of a running task, and what remains."""
        return (self.base,) if self.first == self.base else (self.first, self.base)


@dataclass(frozen=True, eq=False)
class TaskPlans(Sequence[TaskPlan]):
    """The K tasks by the column; objects are made of them when one is looked at."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    project: tuple[int, ...]
    kinds: tuple[str, ...]
    rows: TaskRows
    repeated: dict[int, tuple[int, ...]]
    """Every row of the tasks that have several, by their number."""
    deadlines: tuple[float | None, ...]
    tags: tuple[dict[str, str], ...]
    targets: tuple[dict[str, float], ...]
    source_uids: tuple[str | None, ...]

    @cached_property
    def _made(self) -> tuple[TaskPlan, ...]:
        rows: list[tuple[int, ...]] = list(zip(self.rows.base.tolist(), strict=True))
        for number, own in self.repeated.items():
            rows[number] = own
        columns = (
            self.ids, self.names, self.project, self.kinds, *(each.tolist() for each in self.rows),
            rows, self.deadlines, self.tags, self.targets, self.source_uids,
        )  # fmt: skip
        return tuple(map(TaskPlan._make, zip(*columns, strict=True)))

    def __len__(self) -> int:
        """How many tasks there are."""
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> TaskPlan: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[TaskPlan]: ...
    def __getitem__(self, place: int | slice) -> TaskPlan | Sequence[TaskPlan]:
        """One of them, or some."""
        return self._made[place]

    def __iter__(self) -> Iterator[TaskPlan]:
        """Each of them, in order."""
        return iter(self._made)


@dataclass(frozen=True, slots=True)
class EqualGroup:
    """Variables of one rank correlation: score = own * sqrt(1 - r) + factor * sqrt(r)."""

    members: Ints
    own: float
    shared: float
    address: int


@dataclass(frozen=True, slots=True)
class DenseGroup:
    """Variables with a matrix of correlations: scores = lower @ independent scores."""

    members: Ints
    lower: Floats


@dataclass(frozen=True, slots=True)
class Variables:
    """Everything drawn: laws and 64-bit addresses, and how normal scores are correlated."""

    table: VariableTable
    addresses: npt.NDArray[np.uint64]
    equal: tuple[EqualGroup, ...] = ()
    dense: DenseGroup | None = None
    repaired: float = 0.0
    """Distance (Frobenius) to the nearest valid correlation matrix, 0 where none was needed."""

    def __len__(self) -> int:
        """Number of variables."""
        return len(self.table)


@dataclass(frozen=True, slots=True)
class Clock:
    """From milliseconds since program start to dates and back."""

    start: datetime

    def date(self, ms: float) -> datetime:
        """The instant, rounded up to a whole second: a date is never stated too early."""
        return self.start + timedelta(seconds=float(np.ceil(self.within(ms) / 1000.0)))

    def within(self, ms: float) -> float:
        """The instant, or the first or last that has a date: fat tails have later ones."""
        first, last = self.range
        return min(max(ms, first), last)

    @property
    def range(self) -> tuple[float, float]:
        """The first and last instants that have a date, in the years 1 and 9999."""
        return self.ms(_FIRST), self.ms(_LAST)

    def ms(self, at: datetime) -> float:
        """Milliseconds from program start."""
        return float(round((at - self.start) / timedelta(milliseconds=1)))


@dataclass(frozen=True, slots=True)
class Network:
    """Rows, links and calendars: what the schedule needs."""

    rows: Rows
    links: Links
    tasks: TaskPlans
    projects: tuple[str, ...]
    calendars: tuple[WorkCalendar, ...]
    program_calendar: int
    finish_rows: Ints
    """Rows whose latest finish is the program's finish: one, or all that are not spans."""
    finish_is_default: bool
    spanned: dict[int, tuple[tuple[int, int], ...]]
    """For each span: (first row, last row) of the tasks it spans."""
    settle_before: dict[int, tuple[int, ...]]
    """For each row: the `apply: first` hits that are settled just before it."""
    floor_variables: tuple[tuple[int, bool, int], ...]
    """(row, whether it bounds the finish, row of `Durations.dates`)."""
    stop_before: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """For each row: the `stops` that are settled just before it by the start of a task they hit."""
    as_late_as_possible: dict[int, str] = field(default_factory=dict)
    """The first row of each task that is as late as possible: by `free` or by `total` float."""
    unfolding: Unfolding = NOTHING
    """Shared pools, boards, conditions, unbroken rows."""

    facts: dict[int, float] = field(default_factory=dict)
    """The rows that have happened, and the work of each in milliseconds."""
    data_date: float = -np.inf
    """What has not happened by then does not begin before it in any simulated future."""

    def calendar(self, index: int) -> WorkCalendar:
        """A calendar by its position."""
        return self.calendars[index]

    def with_calendars(self, calendars: tuple[WorkCalendar, ...]) -> "Network":
        """The same network over a longer list of calendars."""
        return replace(self, calendars=calendars)

    def without_caps(self) -> "Network":
        """The same network where no hard date wins over logic."""
        free = np.full(len(self.rows), np.inf)
        return replace(self, rows=replace(self.rows, start_cap=free, finish_cap=free))

    def held(self) -> "Network":
        """The same network where all that has not happened waits for the data date."""
        if self.data_date == -np.inf:
            return self
        rows, happened = self.rows, list(self.facts)
        floor = np.maximum(rows.start_floor, self.data_date)
        floor[happened] = rows.start_floor[happened]
        start_cap, finish_cap = (
            np.maximum(cap, self.data_date) for cap in (rows.start_cap, rows.finish_cap)
        )
        held = replace(rows, start_floor=floor, start_cap=start_cap, finish_cap=finish_cap)
        return replace(self, rows=held)

    @property
    def task_rows(self) -> TaskRows:
        """The rows of all tasks, by the column."""
        return self.tasks.rows

    @property
    def pools(self) -> Pools | None:
        """The finite pools that rows contend for."""
        return self.unfolding.pools

    def with_conditions(self, conditions: dict[int, tuple[RowCondition, ...]]) -> "Network":
        """The same network where other rows exist only under conditions."""
        return replace(self, unfolding=replace(self.unfolding, conditions=conditions))

    def with_pools(self, pools: Pools | None) -> "Network":
        """The same network with other pools, or with none: then everything is always free."""
        return replace(self, unfolding=replace(self.unfolding, pools=pools))
