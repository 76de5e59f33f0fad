"""A calendar for one instant at a time: what `WorkCalendar` says, without arrays."""

from bisect import bisect_left, bisect_right
from functools import lru_cache

import numpy as np

from simulator.plan.work_calendar import WorkCalendar


class InstantCalendar:
    """Clock time to working time and back for single instants, the same bits as for many.

    What lies outside the calendar's table is asked of the calendar itself.
    """

    __slots__ = ("_calendar", "_lengths", "_starts", "_work", "_work_begin", "_work_end", "always")

    def __init__(self, calendar: WorkCalendar) -> None:
        self._calendar = calendar
        self.always = calendar.always
        self._starts = calendar.starts.tolist()
        self._lengths = calendar.lengths.tolist()
        self._work = calendar.work.tolist()
        self._work_begin, self._work_end = self._work[0], calendar.work_end

    def work_at(self, clock: float) -> float:
        """Working time from program start up to an instant."""
        if self.always:
            return clock
        if not self._calendar.begin < clock < self._calendar.end:
            return float(self._calendar.work_at(np.array([clock]))[0])
        starts = self._starts
        clock = max(clock, starts[0])
        spell = bisect_right(starts, clock) - 1
        done: float = min(clock - starts[spell], self._lengths[spell])
        return done + self._work[spell]  # type: ignore[no-any-return]

    def start_at(self, work: float) -> float:
        """The first working instant at which `work` has been done and more can be."""
        if self.always:
            return work
        if not self._work_begin < work < self._work_end:
            return float(self._calendar.start_at(np.array([work]))[0])
        spell = bisect_right(self._work, work) - 1
        return work - self._work[spell] + self._starts[spell]  # type: ignore[no-any-return]

    def finish_at(self, work: float) -> float:
        """The earliest instant by which `work` has been done."""
        if self.always:
            return work
        if not self._work_begin < work < self._work_end:
            return float(self._calendar.finish_at(np.array([work]))[0])
        spell = bisect_left(self._work, work) - 1
        return work - self._work[spell] + self._starts[spell]  # type: ignore[no-any-return]

    def shift(self, clock: float, lag: float) -> float:
        """An instant moved by working time: forward to the earliest, back to the latest one."""
        if self.always:
            return clock + lag
        if lag == 0:
            return clock
        work = self.work_at(clock) + lag
        return self.finish_at(work) if lag > 0 else self.start_at(work)


@lru_cache(maxsize=32)
def instants_of(calendar: WorkCalendar) -> InstantCalendar:
    """A calendar prepared for single instants, once for all runs that share it."""
    return InstantCalendar(calendar)
