"""Whole milliseconds: how finished quantities are rounded."""

import numpy as np

from simulator.plan.work_calendar import Floats
from simulator.scenario.units import DAYS_PER_YEAR, MS_PER_DAY

LONGEST = 3_000 * DAYS_PER_YEAR * MS_PER_DAY
"""Milliseconds of the longest work, wait or lag: sums of dozens lie below 2^53."""


def whole(values: Floats | float) -> Floats:
    """Whole milliseconds, ties to even, of at most 3,000 years: sums of them stay exact.

    Only tails without a mean reach that far; what they mean by it is never.
    """
    return np.asarray(np.rint(np.clip(values, -LONGEST, LONGEST)))


def finished_work(exact: Floats, delays: Floats) -> Floats:
    """Whole milliseconds of work, delays included."""
    return np.maximum(whole(np.maximum(exact, 0.0)) + delays, 0.0)
