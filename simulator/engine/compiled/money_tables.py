"""Tables that the flows of a tape point into: numbers, instants, lists of rows, axes of time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simulator.engine.compiled.calendars import CalendarTape, calendar_tape
from simulator.plan.context import Operand
from simulator.plan.flows import Instant
from simulator.plan.months import Months
from simulator.plan.plan import NONE, Ints, Network
from simulator.plan.work_calendar import Floats

DATE, ROW_START, ROW_FINISH = range(3)
"""What an instant is."""
BY_CLOCK, BY_MONTH = 0, 1
"""The first two axes."""
_MOST_CELLS = 1 << 13


class Axes(NamedTuple):
    """Kinds of time in which money is spread: the clock, months, working times of calendars.

    The month of a time is found by its cell of a power of two milliseconds and `steps`
    comparisons with the bounds.
    """

    bounds: Floats
    """(K, M + 2): when each month begins, infinite behind the last, which takes what follows."""
    heads: Floats
    """(K, 2): when the first cell begins, and cells per millisecond."""
    marks: Ints
    """(K, 4): the first and the last cell, steps, and the calendar (`NONE` for the first two)."""
    cells: Ints
    """The last month that has begun when a cell begins."""
    by_day: Ints
    """The month of each day of the clock since the first bound."""
    clock: Floats
    """(M + 1,): the bounds of all months."""
    calendars: CalendarTape


class Lists(NamedTuple):
    """What flows point into."""

    costs: Ints
    """(C, 3): account, number and mode of every amount; those of a flow stand together."""
    items: Ints
    """Lists of rows and of stops, one behind the other."""
    units: Floats
    """Thousandths of a pool's unit that the rows among `items` hold."""
    instants: Ints
    """(I, 3): what it is, its row, and the row that tells whether it comes at all."""
    clocks: Floats
    """(I,): the instants that are dates."""


class Tables:
    """Collects what flows point to."""

    def __init__(self, network: Network, months: Months) -> None:
        self._network, self._months = network, months
        self._known: dict[Operand, int] = {}
        self.instants: list[Instant] = []
        self.items: list[int] = []
        self.units: list[int] = []
        self._calendars: list[int] = [NONE, NONE]
        self._places: dict[int, int] = {}

    def number(self, operand: Operand) -> int:
        """The place of a number."""
        return self._known.setdefault(operand, len(self._known))

    def instant(self, instant: Instant | None) -> int:
        """The place of an instant, `NONE` for none."""
        if instant is None:
            return NONE
        self.instants.append(instant)
        return len(self.instants) - 1

    def axis(self, calendar: int) -> int:
        """The axis of a calendar's working time; the clock for one that always works."""
        if calendar == NONE or self._network.calendar(calendar).always:
            return BY_CLOCK
        place = self._places.setdefault(calendar, len(self._calendars))
        if place == len(self._calendars):
            self._calendars.append(calendar)
        return place

    def axis_of(self, per: str, calendar: int) -> int:
        """The axis in which a rate per unit of time counts."""
        if per == "month":
            return BY_MONTH
        return self.axis(NONE if per == "clock" else calendar)

    def listed(self, rows: Sequence[int], units: Sequence[int] = ()) -> tuple[int, int]:
        """Where a list of rows, with units of a pool, begins and ends among all lists."""
        begin = len(self.items)
        self.items += rows
        self.units += units or [0] * len(rows)
        return begin, len(self.items)

    @property
    def numbers(self) -> list[Operand]:
        """All numbers."""
        return list(self._known)

    def axes(self, *, used: bool) -> Axes:
        """The axes of everything asked for, with the month bounds on each."""
        clock = self._months.bounds
        count = len(clock) - 1
        bounds = np.full((len(self._calendars), count + 2), np.inf)
        heads, cells = [], []
        for place, calendar in enumerate(self._calendars):
            if place == BY_MONTH:
                own = np.arange(count + 1, dtype=np.float64)
            else:
                own = clock if calendar == NONE else self._network.calendar(calendar).work_at(clock)
            bounds[place, :count] = own[:-1]
            head, found = _cells(own[:-1])
            heads.append(head)
            cells.append(found)
        begins = np.cumsum([0, *(len(each) for each in cells)])
        marks = [
            (begins[k], begins[k + 1] - 1, heads[k][2], calendar)
            for k, calendar in enumerate(self._calendars)
        ]
        return Axes(
            bounds,
            np.array([head[:2] for head in heads]),
            np.array(marks, dtype=np.int32),
            np.concatenate(cells),
            self._months.by_day,
            self._months.bounds,
            calendar_tape(self._network.calendars if used else ()),
        )


def kind_of(instant: Instant) -> int:
    """Which of the three it is."""
    if instant.row == NONE:
        return DATE
    return ROW_FINISH if instant.finish else ROW_START


def _cells(bounds: Floats) -> tuple[tuple[float, float, int], Ints]:
    """Origin, cells per millisecond, correction steps, and the month at each cell's begin."""
    origin, span = float(bounds[0]), float(bounds[-1] - bounds[0])
    gaps = np.diff(bounds)
    size = 2.0 ** np.floor(np.log2(np.min(gaps[gaps > 0], initial=max(span, 1.0))))
    size = max(size, 2.0 ** np.ceil(np.log2(max(span, 1.0) / _MOST_CELLS)))
    begins = origin + np.arange(int(span / size) + 2) * size
    found = np.searchsorted(bounds, begins, side="right") - 1
    steps = int(np.max(np.diff(found), initial=0))
    return (origin, 1.0 / size, steps), found.astype(np.int32)


def ints(values: Sequence[int] | Sequence[Sequence[int]]) -> Ints:
    """A whole array of numbers."""
    return np.array(values, dtype=np.int32)
