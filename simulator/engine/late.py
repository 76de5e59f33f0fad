"""How late each row may finish without moving the program's finish, in many iterations at once."""

import numpy as np

from simulator.engine.placing import lag_of
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.plan import FF, FS, NONE, SS, Network
from simulator.plan.work_calendar import Floats


def total_float(
    network: Network, durations: Durations, schedule: Schedule, target: Floats
) -> Floats:
    """Working time (T, N) by which each row could last longer without moving `target` (N,).

    By links alone: pools, boards and conditions do not hold a row back on the way. Absent rows pass
    on what their links ask for, without lags.

    Source: the backward pass of the critical path method, Kelley and Walker (1959), with each step
    taken in the calendar of its row or lag.
    """
    links, rows = network.links, network.rows
    count = schedule.start.shape[1]
    late = np.broadcast_to(target, (len(rows), count)).copy()
    found = np.empty_like(late)
    for row in range(len(rows) - 1, -1, -1):
        work = schedule.work[row]
        calendar = None if rows.calendar[row] == NONE else network.calendar(rows.calendar[row])
        if calendar is None:
            start = late[row] - work
            found[row] = late[row] - schedule.finish[row]
        else:
            position = calendar.work_at(late[row])
            start = np.where(work > 0, calendar.start_at(position - work), late[row])
            found[row] = position - calendar.work_at(schedule.finish[row])
        for link in links.into(row):
            pred, kind = int(links.pred[link]), links.kind[link]
            bound = start if kind in (FS, SS) else late[row]
            bound = _before_lag(network, durations, schedule, link, bound)
            if kind not in (FS, FF):
                bound = _finish_from(network, pred, bound, schedule.work[pred])
            np.minimum(late[pred], bound, out=late[pred])
    return np.maximum(found, 0.0)


def _before_lag(
    network: Network, durations: Durations, schedule: Schedule, link: int, bound: Floats
) -> Floats:
    """The instants from which the lag of a link still ends in time."""
    links = network.links
    lag = lag_of(network, link, durations.lags, schedule.work[links.share_of[link]])
    lag = np.where(schedule.exists[links.succ[link]], np.asarray(lag), 0.0)
    if not lag.any():
        return bound
    index = links.calendar[link]
    if index == NONE:
        return bound - lag
    calendar = network.calendar(index)
    position = calendar.work_at(bound) - lag
    moved = np.where(lag < 0, calendar.finish_at(position), calendar.start_at(position))
    return np.where(lag == 0, bound, moved)


def _finish_from(network: Network, row: int, start: Floats, work: Floats) -> Floats:
    """Where starts put the finish of a row."""
    index = network.rows.calendar[row]
    if index == NONE:
        return start + work
    calendar = network.calendar(index)
    return np.asarray(calendar.finish_at(calendar.work_at(start) + work))
