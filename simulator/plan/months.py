"""Calendar months as bins that money is booked in."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np

from simulator.plan.plan import Clock, Ints
from simulator.plan.work_calendar import Floats
from simulator.scenario.units import DAYS_PER_YEAR, MS_PER_DAY


@dataclass(frozen=True, slots=True)
class Months:
    """Bounds (M + 1,) of calendar months in clock time; the first begins in the start's month.

    Money after the last month is booked in the last.
    """

    bounds: Floats
    labels: tuple[str, ...]
    by_day: Ints
    """The month of each day since the first bound, so that a look-up is one gather."""

    @classmethod
    @lru_cache(maxsize=16)
    def over(cls, clock: Clock, end: float) -> "Months":
        """Every month from the program's start to the end of the calendar tables."""
        first = clock.start.year * 12 + clock.start.month - 1
        begins: list[float] = []
        labels: list[str] = []
        month = first
        while not begins or begins[-1] < end:
            at = datetime(month // 12, month % 12 + 1, 1)
            begins.append(clock.ms(at))
            labels.append(f"{at.year}-{at.month:02d}")
            month += 1
        bounds = np.array(begins)
        lengths = np.rint(np.diff(bounds) / MS_PER_DAY).astype(np.int64)
        by_day = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        for array in (bounds, by_day):
            array.flags.writeable = False
        return cls(bounds, tuple(labels[:-1]), by_day)

    def __len__(self) -> int:
        """Number of months."""
        return len(self.labels)

    def years_since(self, clock: float) -> Floats:
        """Years of 365.25 days from an instant to the middle of each month."""
        middles = (self.bounds[:-1] + self.bounds[1:]) / 2
        return np.asarray((middles - clock) / (DAYS_PER_YEAR * MS_PER_DAY))

    def position(self, clock: Floats) -> Floats:
        """Instants counted in calendar months: each month is 1, however many days it has."""
        month = self.indices(clock)
        begin, end = self.bounds[month], self.bounds[month + 1]
        return np.asarray(month + (clock - begin) / (end - begin))

    def of(self, clock: float) -> int:
        """The month that an instant falls in."""
        return int(self.indices(np.array([clock]))[0])

    def indices(self, clock: Floats) -> Ints:
        """The month that each instant falls in; the first and the last take what lies outside."""
        day = (clock - self.bounds[0]) * (1.0 / MS_PER_DAY)
        inside = np.minimum(np.maximum(day, 0.0), float(len(self.by_day) - 1))
        return np.asarray(self.by_day[inside.astype(np.int64)])
