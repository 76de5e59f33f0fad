"""Instants as the contract writes dates, many at once."""

from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from simulator.plan.plan import Clock
from simulator.plan.work_calendar import Floats

_DAY, _MINUTE = 86_400, 60
"""Seconds."""
_BITS = 10
"""Days are written in blocks of so many bits, and each block once."""
_MOST_BLOCKS = 32
_PARTS = np.dtype([("day", "U10"), ("minute", "U6"), ("second", "U3")])

Texts = npt.NDArray[np.str_]
Wide = npt.NDArray[np.int64]


def iso_dates(clock: Clock, values: Floats) -> list[str | None]:
    """Instants (n,) as the contract writes dates, as `Clock.date` has them; None for no date."""
    there = np.isfinite(values)
    if not there.any():
        return [None] * len(values)
    if there.all():
        return _written(clock, values)
    found = np.full(len(values), None, dtype=object)
    found[there] = _written(clock, values[there])
    return list(found)


def _written(clock: Clock, values: Floats) -> list[str | None]:
    """Finite instants (n,)."""
    least, most, start = _frame(clock)
    seconds = np.ceil(np.minimum(np.maximum(values, least), most) / 1000.0).astype(np.int64)
    seconds += start
    day, second = np.divmod(seconds, _DAY)
    minute, second = np.divmod(second, _MINUTE)
    first, last = int(day.min()) >> _BITS, int(day.max()) >> _BITS
    found = np.empty(len(values), dtype=_PARTS)
    if last - first < _MOST_BLOCKS:
        blocks = np.concatenate([_days(block) for block in range(first, last + 1)])
        found["day"] = blocks[day - (first << _BITS)]
    else:
        found["day"] = day.astype("M8[D]").astype("U10")
    minutes, parts = _of_day()
    found["minute"], found["second"] = minutes[minute], parts[second]
    written: list[str | None] = found.view("U19").tolist()
    return written


@lru_cache(maxsize=64)
def _frame(clock: Clock) -> tuple[float, float, int]:
    """The first and last instants that have a date, and the seconds from 1970 to the start."""
    return *clock.range, int(np.datetime64(clock.start, "s").astype(np.int64))


@lru_cache(maxsize=64)
def _days(block: int) -> Texts:
    """The dates of a block of days."""
    first = block << _BITS
    return np.arange(first, first + (1 << _BITS)).astype("M8[D]").astype("U10")


@cache
def _of_day() -> tuple[Texts, Texts]:
    """Every minute of a day, and every second of a minute."""
    minutes = [f"T{hour:02}:{minute:02}" for hour in range(24) for minute in range(60)]
    return np.array(minutes), np.array([f":{second:02}" for second in range(60)])
