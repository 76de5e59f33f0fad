"""Where work that must not be interrupted fits."""

import numpy as np

from simulator.errors import RunError
from simulator.plan.work_calendar import WEEK, Floats, WorkCalendar


def fit(calendar: WorkCalendar, position: Floats, work: Floats) -> Floats:
    """The first working time >= `position` (N,) at which `work` (N,) is done in one spell.

    Work longer than every spell to come starts with the first spell that is as long as the longest
    of a plain week.
    """
    if calendar.always:
        return position
    begins, lengths = calendar.work[:-1], calendar.lengths
    spell = np.maximum(np.searchsorted(begins, position, side="right") - 1, 0)
    longest = np.append(np.maximum.accumulate(lengths[::-1])[::-1][1:], 0.0)
    too_long = work > longest[spell]
    wanted = np.where(too_long, longest_of_week(calendar), work)
    found = position.copy()
    waiting = (work > 0) & (position + work > begins[spell] + lengths[spell])
    waiting &= ~(too_long & (position == begins[spell]) & (lengths[spell] >= wanted))
    while waiting.any():
        spell[waiting] += 1
        if spell[waiting].max() >= len(lengths):
            raise RunError(f"calendar {calendar.name}: unbroken work finds no window to start in")
        fits = waiting & (lengths[spell] >= wanted)
        found[fits] = begins[spell[fits]]
        waiting &= ~fits
    return found


def longest_of_week(calendar: WorkCalendar) -> float:
    """The longest spell of the last week of the table, which repeats for ever."""
    return float(calendar.lengths[calendar.starts[:-1] >= calendar.end - WEEK].max(initial=0.0))
