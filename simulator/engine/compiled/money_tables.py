"""Axes of time on which flows of money are spread over months."""

from typing import NamedTuple

import numpy as np

from simulator.plan.months import Months
from simulator.plan.plan import NONE, Ints, Network
from simulator.plan.work_calendar import Floats

BY_CLOCK, BY_MONTH = 0, 1
"""The first two axes."""
_MOST_CELLS = 1 << 12


class Axes(NamedTuple):
    """Kinds of time in which money is spread: the clock, months, working times of calendars.

    Cells, some power of two milliseconds long, tell roughly which month a time falls in.
    """

    bounds: Floats
    """(K, M + 4): when each month begins, infinite behind the last, which takes what follows."""
    heads: Floats
    """(K, 3): when the first cell begins, cells per millisecond, and the number of the last."""
    cells: Ints
    """(K, C): the last month that has begun when a cell begins."""


class Tables:
    """Collects the axes that flows are spread on."""

    def __init__(self, network: Network, months: Months) -> None:
        self._network, self._months = network, months
        self._calendars: list[int] = [NONE, NONE]
        self._places: dict[int, int] = {}

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

    def calendar_of(self, axis: int) -> int:
        """The calendar of an axis, `NONE` for the clock and for months."""
        return self._calendars[axis]

    def axes(self) -> Axes:
        """The axes of everything asked for, with the month bounds on each."""
        clock = self._months.bounds
        count = len(clock) - 1
        bounds = np.full((len(self._calendars), count + 4), np.inf)
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
        width = max(len(own) for own in cells)
        table = np.array([np.pad(own, (0, width - len(own))) for own in cells])
        return Axes(bounds, np.array(heads), table)


def _cells(bounds: Floats) -> tuple[tuple[float, float, float], Ints]:
    """Origin, cells per millisecond and the last cell's number; the month at each cell's begin."""
    origin, span = float(bounds[0]), float(bounds[-1] - bounds[0])
    size = 2.0 ** np.ceil(np.log2(max(span, 1.0) / _MOST_CELLS))
    begins = origin + np.arange(int(span / size) + 2) * size
    found = np.searchsorted(bounds, begins, side="right") - 1
    return (origin, 1.0 / size, float(len(found) - 1)), found.astype(np.int32)
