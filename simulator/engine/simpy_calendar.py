"""Working time looked up one instant at a time, for the engine that checks the others.

It shares nothing with the tables' own look-up but their spells: weeks beyond the table are written
out one after the other, instead of being folded back into it.
"""

import math
from bisect import bisect_left, bisect_right

from simulator.errors import RunError
from simulator.plan.work_calendar import WEEK, WorkCalendar

Spells = list[tuple[float, float]]


class SpellCalendar:
    """The spells of one calendar in clock order; it grows by whole weeks where it is asked to."""

    def __init__(self, calendar: WorkCalendar) -> None:
        spells = [(float(begin), float(end)) for begin, end in calendar.spells]
        self.name = calendar.name
        self._low, self._high = calendar.begin, calendar.end
        self._table_end = calendar.end
        self._known = 0
        self._whole: tuple[list[float], list[float]] = ([], [])
        self._first_week = _within(spells, self._low, self._low + WEEK)
        self._last_week = _within(spells, self._high - WEEK, self._high)
        self._begins = [begin for begin, _ in spells]
        self._ends = [end for _, end in spells]
        self._done = [0.0]
        for begin, end in spells[:-1]:
            self._done.append(self._done[-1] + (end - begin))
        at_program_start = self._position(0.0)
        self._done = [done - at_program_start for done in self._done]

    def work_at(self, clock: float) -> float:
        """Working time from program start up to an instant."""
        self._check(clock)
        while clock >= self._high:
            self._append_week()
        if clock < self._low:
            self._prepend_weeks(math.ceil((self._low - clock) / WEEK))
        return self._position(clock)

    def start_at(self, work: float) -> float:
        """The latest instant up to which `work` has been done: from there on, work goes on."""
        self._cover(work)
        spell = bisect_right(self._done, work) - 1
        return self._begins[spell] + (work - self._done[spell])

    def finish_at(self, work: float) -> float:
        """The earliest instant up to which `work` has been done."""
        self._cover(work)
        spell = bisect_left(self._done, work) - 1
        return self._begins[spell] + (work - self._done[spell])

    def shift(self, clock: float, lag: float) -> float:
        """An instant moved by working time: forward to the earliest, back to the latest one."""
        if lag == 0:
            return clock
        moved = self.work_at(clock) + lag
        return self.finish_at(moved) if lag > 0 else self.start_at(moved)

    def fitting(self, done: float, work: float) -> float:
        """The first working time from `done` on at which `work` goes on without a break (rule 10).

        Work longer than all that is to come starts with a stretch as long as the longest of a plain
        week.
        """
        at = self.start_at(done)
        if self.finish_at(done + work) - at == work:
            return done
        begins, lengths = self._stretches(at)
        own = bisect_right(begins, at) - 1
        wanted = work
        if work > max(lengths[own + 1 :]):
            wanted = self._longest_of_plain_week()
            if begins[own] == at and lengths[own] >= wanted:
                return done
        return self.work_at(
            next(
                begin
                for begin, length in zip(begins[own + 1 :], lengths[own + 1 :], strict=True)
                if length >= wanted
            )
        )

    def _stretches(self, at: float) -> tuple[list[float], list[float]]:
        """Begins and lengths of whole stretches of work, up to a plain week beyond an instant."""
        while self._high < max(at, self._table_end) + 2 * WEEK:
            self._append_week()
        if self._known != len(self._begins):
            self._known = len(self._begins)
            joined: list[list[float]] = []
            for begin, end in zip(self._begins, self._ends, strict=True):
                if joined and joined[-1][1] == begin:
                    joined[-1][1] = end
                else:
                    joined.append([begin, end])
            whole = [(begin, end) for begin, end in joined if begin < self._high - WEEK]
            self._whole = [begin for begin, _ in whole], [end - begin for begin, end in whole]
        return self._whole

    def _longest_of_plain_week(self) -> float:
        begins, lengths = self._whole
        plain = bisect_left(begins, self._high - 2 * WEEK)
        return max(lengths[plain:])

    def _position(self, clock: float) -> float:
        spell = bisect_right(self._begins, clock) - 1
        if spell < 0:
            return self._done[0]
        return self._done[spell] + min(clock, self._ends[spell]) - self._begins[spell]

    def _cover(self, work: float) -> None:
        """Grow until `work` is done strictly after the first and before the last known instant."""
        self._check(work)
        while work >= self._done[-1] + (self._ends[-1] - self._begins[-1]):
            self._append_week()
        while work <= self._done[0]:
            self._prepend_weeks(1)

    def _append_week(self) -> None:
        if not self._last_week:
            raise RunError(f"calendar {self.name} runs out of working time")
        for begin, end in self._last_week:
            self._done.append(self._done[-1] + (self._ends[-1] - self._begins[-1]))
            self._begins.append(self._high + begin)
            self._ends.append(self._high + end)
        self._high += WEEK

    def _prepend_weeks(self, count: int) -> None:
        if not self._first_week:
            raise RunError(f"calendar {self.name} has no working time so early")
        mondays = [self._low - week * WEEK for week in range(count, 0, -1)]
        week = self._first_week
        spells = [(monday + begin, monday + end) for monday in mondays for begin, end in week]
        done = self._done[0] - sum(end - begin for begin, end in spells)
        before = []
        for begin, end in spells:
            before.append(done)
            done += end - begin
        self._begins = [begin for begin, _ in spells] + self._begins
        self._ends = [end for _, end in spells] + self._ends
        self._done = before + self._done
        self._low -= count * WEEK

    def _check(self, value: float) -> None:
        if not math.isfinite(value):
            raise RunError(f"calendar {self.name}: an instant without end reached the schedule")


def _within(spells: Spells, low: float, high: float) -> Spells:
    """The parts of spells between two instants, counted from the first of these."""
    clipped = [(max(begin, low), min(end, high)) for begin, end in spells]
    return [(begin - low, end - low) for begin, end in clipped if begin < end]
