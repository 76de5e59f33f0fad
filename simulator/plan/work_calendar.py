"""Clock time to working time and back, for many instants at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.errors import RunError
from simulator.scenario.units import MS_PER_DAY

Floats = npt.NDArray[np.float64]
WEEK = 7 * MS_PER_DAY
_MOST_CELLS = 1 << 20


@dataclass(frozen=True, slots=True)
class CellIndex:
    """For each cell of a power of two milliseconds, the last entry at or before its begin.

    Looking an instant up costs one gather and `steps` comparisons instead of a binary search.
    """

    origin: float
    per_ms: float
    first: npt.NDArray[np.int32]
    steps: int

    @classmethod
    def over(cls, keys: Floats, end: float) -> "CellIndex":
        """Index sorted `keys` from the first of them up to `end`."""
        origin, span = float(keys[0]), max(end - float(keys[0]), 1.0)
        bits = 24
        while True:
            cells = int(span * 2.0**-bits) + 2
            begins = origin + np.arange(cells) * 2.0**bits
            first = np.searchsorted(keys, begins, side="right") - 1
            steps = int(np.max(np.diff(first, append=len(keys) - 1), initial=0))
            if steps <= 1 or cells > _MOST_CELLS:
                return cls(origin, 2.0**-bits, first.astype(np.int32), steps)
            bits -= 1

    def at_or_before(self, keys: Floats, values: Floats) -> npt.NDArray[np.int32]:
        """Position of the last key <= value; `keys` ends with a sentinel of infinity."""
        found = self.first[((values - self.origin) * self.per_ms).astype(np.int32)]
        for _ in range(self.steps):
            found += values >= keys[found + 1]
        return found

    def before(self, keys: Floats, values: Floats) -> npt.NDArray[np.int32]:
        """Position of the last key < value, or the first key."""
        found = self.first[((values - self.origin) * self.per_ms).astype(np.int32)]
        found -= (values <= keys[found]) & (found > 0)
        for _ in range(self.steps):
            found += values > keys[found + 1]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class WorkCalendar:
    """When work goes on: spells (`starts`, `lengths`) and the working time before each.

    Equal ones are one object, see `calendars`; so what is made of one can be kept by it.

    All in whole milliseconds; working time counts from the program's start. Outside the table the
    first and the last week repeat for ever. `always` marks 24x7, where both times are the same.

    Shapes: `starts`, `work` (K + 1,) with a sentinel of infinity at the end, `lengths` (K,).
    """

    name: str
    hours_per_day: float
    hours_per_week: float
    always: bool
    starts: Floats
    lengths: Floats
    work: Floats
    begin: float
    end: float
    week_work: float
    clock_cells: CellIndex
    work_cells: CellIndex

    @classmethod
    def from_spells(
        cls,
        name: str,
        hours_per_day: float,
        hours_per_week: float,
        spells: Floats,
        bounds: tuple[float, float],
    ) -> "WorkCalendar":
        """Tabulate disjoint ascending `spells` (K, 2) of clock time that cover `bounds`."""
        begin, end = bounds
        starts, lengths = spells[:, 0], spells[:, 1] - spells[:, 0]
        total = np.concatenate(([0.0], np.cumsum(lengths)))
        at_zero = _work_before(starts, lengths, total, 0.0)
        total -= at_zero
        last_week = total[-1] - (
            _work_before(starts, lengths, total + at_zero, end - WEEK) - at_zero
        )
        with_sentinel = np.append(starts, np.inf)
        work = np.append(total[:-1], np.inf)
        return cls(
            name=name,
            hours_per_day=hours_per_day,
            hours_per_week=hours_per_week,
            always=bool(len(starts) == 1 and lengths[0] == end - begin),
            starts=_frozen(with_sentinel),
            lengths=_frozen(lengths),
            work=_frozen(work),
            begin=begin,
            end=end,
            week_work=float(last_week),
            clock_cells=CellIndex.over(starts, end),
            work_cells=CellIndex.over(work[:-1], float(total[-1])),
        )

    @property
    def work_end(self) -> float:
        """Working time up to the end of the table."""
        return float(self.work[-2] + self.lengths[-1])

    @property
    def spells(self) -> Floats:
        """The spells as (K, 2) clock instants, begin and end."""
        return np.asarray(np.column_stack((self.starts[:-1], self.starts[:-1] + self.lengths)))

    def opened(self, spells: Floats) -> "WorkCalendar":
        """The same calendar that works in some more spells (K, 2) too."""
        both = np.concatenate((self.spells, spells))
        both = united(both[np.argsort(both[:, 0], kind="stable")])
        bounds = self.begin, self.end
        return WorkCalendar.from_spells(
            self.name, self.hours_per_day, self.hours_per_week, both, bounds
        )

    def work_at(self, clock: Floats) -> Floats:
        """Working time from program start up to each instant."""
        if self.always:
            return clock
        folded, weeks = self._fold(clock, self.begin, self.end, WEEK)
        folded = np.maximum(folded, self.starts[0])
        spell = self.clock_cells.at_or_before(self.starts, folded)
        done: Floats = np.minimum(folded - self.starts[spell], self.lengths[spell])
        done += self.work[spell]
        return done if weeks is None else done + weeks * self.week_work

    def start_at(self, work: Floats) -> Floats:
        """The first working instant at which `work` has been done and more can be."""
        if self.always:
            return work
        folded, weeks = self._fold(work, self.work[0], self.work_end, self.week_work)
        spell = self.work_cells.at_or_before(self.work, folded)
        clock = folded - self.work[spell] + self.starts[spell]
        return clock if weeks is None else clock + weeks * WEEK

    def finish_at(self, work: Floats) -> Floats:
        """The earliest instant by which `work` has been done."""
        if self.always:
            return work
        folded, weeks = self._fold(work, self.work[0], self.work_end, self.week_work, upper=True)
        spell = self.work_cells.before(self.work, folded)
        clock = folded - self.work[spell] + self.starts[spell]
        return clock if weeks is None else clock + weeks * WEEK

    def shift(self, clock: Floats, lag: Floats) -> Floats:
        """Each instant moved by working time: forward to the earliest, back to the latest one."""
        if self.always:
            return clock + lag
        work = self.work_at(clock) + lag
        if np.all(lag >= 0):
            return np.where(lag == 0, clock, self.finish_at(work))
        back = self.start_at(work)
        return np.where(lag == 0, clock, np.where(lag > 0, self.finish_at(work), back))

    def _fold(
        self, values: Floats, low: float, high: float, period: float, *, upper: bool = False
    ) -> tuple[Floats, Floats | None]:
        """Bring values outside the table back into its first or last week, and say by how many."""
        if low < float(values.min(initial=high)) and float(values.max(initial=low)) < high:
            return values, None
        outside = (values > high) if upper else (values >= high)
        below = (values <= low) if upper and period > 0 else (values < low)
        if not (outside.any() or below.any()):
            return values, None
        if not np.isfinite(values).all():
            raise RunError(f"calendar {self.name}: an instant without end reached the schedule")
        if period <= 0:
            raise RunError(
                f"calendar {self.name} runs out of working time; give it a week with working hours"
            )
        over = (values - high) / period
        weeks = np.where(outside, np.ceil(over) if upper else np.floor(over) + 1, 0.0)
        under = (values - low) / period
        weeks = np.where(below, np.ceil(under) - 1 if upper else np.floor(under), weeks)
        return values - weeks * period, weeks


def united(spells: Floats) -> Floats:
    """Join spells that touch or overlap; `spells` ascend by their begin."""
    if len(spells) < 2:
        return spells
    reach = np.maximum.accumulate(spells[:, 1])
    opens = np.concatenate(([True], spells[1:, 0] > reach[:-1]))
    firsts = np.flatnonzero(opens)
    lasts = np.append(firsts[1:], len(spells)) - 1
    return np.column_stack((spells[firsts, 0], reach[lasts]))


def _work_before(starts: Floats, lengths: Floats, total: Floats, clock: float) -> float:
    spell = int(np.searchsorted(starts, clock, side="right")) - 1
    if spell < 0:
        return 0.0
    return float(total[spell] + min(clock - starts[spell], lengths[spell]))


def _frozen(values: Floats) -> Floats:
    values = np.ascontiguousarray(values)
    values.flags.writeable = False
    return values
