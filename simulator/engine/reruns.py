"""Stops by the start of a task that no order of the rows can settle: rule 6, all iterations.

Nothing that such a stop does moves the start that brings it. So the schedule without it tells when
it comes, and the next schedule has it as a stop by a date.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from simulator.engine.overlap import overlaps
from simulator.engine.schedule import Durations, Schedule, Stop
from simulator.plan.plan import Network
from simulator.plan.work_calendar import Floats

Engine = Callable[[Network, Durations], Schedule]
Numbers = npt.NDArray[np.int64]
_NOBODY = np.iinfo(np.int64).max


def needs_reruns(durations: Durations) -> bool:
    """Whether some stop is told by a whole schedule only."""
    return any(stop.rerun for stop in durations.stops)


def with_reruns(network: Network, durations: Durations, engine: Engine) -> Schedule:
    """Schedule until no further stop comes; each time the earliest that is left in an iteration."""
    count = durations.iterations
    ends = {k: np.full(count, np.inf) for k, stop in enumerate(durations.stops) if stop.rerun}
    while True:
        schedule = engine(network, _dated(durations, ends))
        first, row, chosen = (np.full(count, np.inf), *np.full((2, count), _NOBODY))
        for number, at in ends.items():
            comes, by = _coming(durations.stops[number], schedule)
            comes = np.where(np.isfinite(at), np.inf, comes)
            sooner = (comes < first) | ((comes == first) & np.isfinite(comes) & (by < row))
            first, row = np.where(sooner, comes, first), np.where(sooner, by, row)
            chosen = np.where(sooner, number, chosen)
        if not np.isfinite(first).any():
            return schedule
        for number, at in ends.items():
            np.copyto(at, first, where=chosen == number)


def _dated(durations: Durations, ends: dict[int, Floats]) -> Durations:
    """The same with stops by the dates that are known so far."""
    stops = tuple(
        Stop(stop.rows, at=ends[k].copy(), whole_program=stop.whole_program) if k in ends else stop
        for k, stop in enumerate(durations.stops)
    )
    return replace(durations, stops=stops)


def _coming(stop: Stop, schedule: Schedule) -> tuple[Floats, Numbers]:
    """When a stop comes in a schedule made without it, +inf if never, and by which row, (N,)."""
    assert stop.hit_rows is not None
    assert stop.occurs is not None
    assert stop.thresholds is not None
    count = schedule.start.shape[1]
    first, row = np.full(count, np.inf), np.full(count, _NOBODY)
    for place, hit in enumerate(stop.hit_rows.tolist()):
        falls = schedule.exists[hit]
        if stop.windows is not None:
            begin, end = stop.windows[:, place].tolist()
            falls = falls & overlaps(schedule.start[hit], schedule.finish[hit], (begin, end))
        start = np.where(falls, schedule.start[hit], np.inf)
        sooner = (start < first) | (falls & (start == first) & (hit < row))
        first, row = np.where(sooner, start, first), np.where(sooner, hit, row)
    epoch = np.searchsorted(stop.thresholds, first, side="right")
    occurs = stop.occurs[epoch, np.arange(count)]
    return np.where(occurs, first, np.inf), row
