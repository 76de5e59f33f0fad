"""Calendar months as bins that money is booked in."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from simulator.plan.plan import Clock
from simulator.plan.work_calendar import Floats
from simulator.scenario.units import DAYS_PER_YEAR, MS_PER_DAY


@dataclass(frozen=True, slots=True)
class Months:
    """Bounds (M + 1,) of calendar months in clock time; the first begins in the start's month.

    Money after the last month is booked in the last.
    """

    bounds: Floats
    labels: tuple[str, ...]

    @classmethod
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
        bounds.flags.writeable = False
        return cls(bounds, tuple(labels[:-1]))

    def __len__(self) -> int:
        """Number of months."""
        return len(self.labels)

    def years_since(self, clock: float) -> Floats:
        """Years of 365.25 days from an instant to the middle of each month."""
        middles = (self.bounds[:-1] + self.bounds[1:]) / 2
        return np.asarray((middles - clock) / (DAYS_PER_YEAR * MS_PER_DAY))

    def of(self, clock: float) -> int:
        """The month that an instant falls in."""
        month = int(np.searchsorted(self.bounds, clock, side="right")) - 1
        return min(max(month, 0), len(self) - 1)
