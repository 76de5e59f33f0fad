"""How late each row may finish without moving the program's finish, in many iterations at once."""

import numpy as np

from simulator.engine.placing import lag_of
from simulator.engine.positions import direct_links, working
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.plan import FF, FS, NONE, SS, Network
from simulator.plan.work_calendar import Floats


def total_float(
    network: Network, durations: Durations, schedule: Schedule, target: Floats
) -> Floats:
    """Working time (T, N) by which each row could last longer without moving `target` (N,).

    By links alone: pools, boards and conditions do not hold a row back on the way. Absent rows pass
    on what their links ask for, without lags. Latest finishes are kept as working time of their
    row's calendar, so that links within a calendar need no conversion; those of rows that may have
    no work as instants, since such a row may stand at any.

    Source: the backward pass of the critical path method, Kelley and Walker (1959), with each step
    taken in the calendar of its row or lag.
    """
    links, rows = network.links, network.rows
    clocked = (rows.calendar != NONE) & (schedule.work <= 0).any(axis=1)
    direct = direct_links(network) & (clocked[links.pred] == clocked[links.succ])
    direct &= ~clocked[links.succ]
    late = np.array(
        [target if clocked[row] else working(network, row, target) for row in range(len(rows))]
    )
    found = np.empty_like(late)
    for row in range(len(rows) - 1, -1, -1):
        work, latest = schedule.work[row], late[row]
        if clocked[row]:
            calendar = network.calendar(rows.calendar[row])
            position = calendar.work_at(latest)
            begin = np.where(work > 0, calendar.start_at(position - work), latest)
        else:
            position, begin = latest, latest - work
        found[row] = position - working(network, row, schedule.finish[row])
        for link in links.into(row):
            pred, kind = int(links.pred[link]), links.kind[link]
            bound = begin if kind in (FS, SS) else latest
            if not direct[link]:
                instant = bound if clocked[row] else _instant(network, row, bound, target)
                instant = _before_lag(network, durations, schedule, link, instant)
                if clocked[pred] and kind in (FS, FF):
                    bound = instant
                else:
                    bound = working(network, pred, instant)
            if kind not in (FS, FF):
                bound = bound + schedule.work[pred]
                if clocked[pred]:
                    bound = network.calendar(rows.calendar[pred]).finish_at(bound)
            np.minimum(late[pred], bound, out=late[pred])
    return np.asarray(np.maximum(found, 0.0))


def _instant(network: Network, row: int, position: Floats, target: Floats) -> Floats:
    """The latest instant up to `target` at which a row's calendar has worked so much."""
    index = network.rows.calendar[row]
    if index == NONE:
        return position
    return np.asarray(np.minimum(network.calendar(index).start_at(position), target))


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
