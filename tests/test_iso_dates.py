"""Dates written many at once are those that the clock gives one at a time."""

from datetime import datetime

import numpy as np
import pytest

from simulator.plan.plan import Clock
from simulator.run.iso_dates import iso_dates

DAY = 86_400_000.0


@pytest.mark.parametrize("reach", [1.0, 4_000.0, 40_000.0, 4_000_000.0])
def test_dates_are_those_of_the_clock(reach):
    """Rounded up to a second, near and far, before the start and 1970, and beyond the years."""
    clock = Clock(datetime(1969, 12, 30, 23, 59))
    values = np.random.default_rng(2).uniform(-reach, reach, 500) * DAY
    values[:4] = [0.0, 1.0, 1000.0, DAY - 1.0]
    expected = [clock.date(value).isoformat(timespec="seconds") for value in values.tolist()]
    assert iso_dates(clock, values) == expected


def test_what_is_no_date_is_none():
    """Alone and among dates."""
    clock = Clock(datetime(2027, 1, 4))
    assert iso_dates(clock, np.array([np.nan, 0.5, np.inf])) == [None, "2027-01-04T00:00:01", None]
    assert iso_dates(clock, np.array([np.nan, -np.inf])) == [None, None]
    assert iso_dates(clock, np.zeros(0)) == []
