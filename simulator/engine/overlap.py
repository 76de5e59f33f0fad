"""Whether a run overlaps a window (rule 16 of `simulator.engine.schedule`)."""

import numpy as np

from simulator.plan.plan import Bools
from simulator.plan.work_calendar import Floats


def within(at: Floats, window: tuple[float, float]) -> Bools:
    """Which instants lie in a window, both ends included."""
    return np.asarray((window[0] <= at) & (at <= window[1]))


def overlaps(start: Floats, finish: Floats, window: tuple[float, float]) -> Bools:
    """Where runs (N,) overlap a window: for some time, or at all if they take none."""
    begin, end = window
    lasting = (start < end) & (finish > begin)
    return np.asarray(np.where(finish > start, lasting, (start >= begin) & (start <= end)))
