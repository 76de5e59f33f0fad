"""What unfolds with the schedule: shared pools, board meetings, conditions."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.plan.work_calendar import Floats

Ints = npt.NDArray[np.int32]
Units = npt.NDArray[np.int64]
"""Thousandths of a unit, so that sums are exact."""


@dataclass(frozen=True, slots=True)
class Pools:
    """The P finite pools that rows hold units of, and who comes first.

    The needs (K,) of row `i` are `first[i]` to `first[i + 1]`, their pools in declared order. The
    steps (S,) of pool `p` are `step_first[p]` to `step_first[p + 1]`: from `step_at` on it has
    `step_units`; the first step begins at -inf.
    """

    ids: tuple[str, ...]
    first: Ints
    pool: Ints
    units: Units
    step_first: Ints
    step_at: Floats
    step_units: Units
    order: Ints
    """(T,): the place of each row among those that ask at the same instant."""
    priority: Floats
    """(T,): what the file says of a row's priority; +inf where it says nothing."""
    rule: str
    """Which of rows of one priority comes first, as `program.priority_rule` names it."""

    @property
    def rows(self) -> Ints:
        """The row of each need, (K,)."""
        return np.repeat(np.arange(len(self.first) - 1, dtype=np.int32), np.diff(self.first))

    def capacity(self, pool: int) -> tuple[Floats, Units]:
        """When a pool's units change, and to how many."""
        part = slice(int(self.step_first[pool]), int(self.step_first[pool + 1]))
        return self.step_at[part], self.step_units[part]


@dataclass(frozen=True, slots=True)
class BoardPlan:
    """The meetings (M,) of a board by the clock, and until when papers must be there for each.

    A refused task does `again` more work of its own calendar before the next meeting.
    """

    id: str
    name: str
    meetings: Floats
    cutoffs: Floats


@dataclass(frozen=True, slots=True)
class BoardTask:
    """A row that ends at a meeting: its board, its refusals, the work after each of them."""

    board: int
    again: float
    refusals: int
    """Row of `Durations.dates` that holds their number, `NONE` where it is always approved."""


@dataclass(frozen=True, slots=True)
class RowCondition:
    """A row exists only where another one's start or finish lies beyond a date, or does not."""

    read: int
    present: int
    """The row that tells whether the task that is read exists; absent, it does neither."""
    finish: bool
    after: bool
    date: float
    holds: bool
    """Whether the condition must hold (`yes`) or not (`no`)."""


@dataclass(frozen=True, slots=True)
class Unfolding:
    """What a network has besides rows and links; empty where nothing unfolds."""

    pools: Pools | None
    boards: tuple[BoardPlan, ...]
    board_tasks: dict[int, BoardTask]
    conditions: dict[int, tuple[RowCondition, ...]]
    unbroken: frozenset[int]
    """Rows that start only where they fit before the next non-working time."""

    @property
    def special(self) -> frozenset[int]:
        """Rows that are not placed by links, dates and waits alone."""
        return frozenset({*self.board_tasks, *self.conditions, *self.unbroken})


NOTHING = Unfolding(None, (), {}, {}, frozenset())
