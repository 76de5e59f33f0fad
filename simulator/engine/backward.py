"""The backward pass: how late everything may be without moving a target."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from simulator.engine.network_pass import lag_of
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.plan import FF, FS, NONE, SS, Network
from simulator.plan.work_calendar import Floats


@dataclass(frozen=True, slots=True)
class LateDates:
    """Latest start and finish of every row, (T, N)."""

    start: Floats
    finish: Floats


def late_dates(
    network: Network, durations: Durations, schedule: Schedule, target: Floats, caps: Floats
) -> LateDates:
    """The latest dates that keep `target` (N,) and `caps` (T,), the latest finishes allowed.

    Source: the backward pass of the critical path method, Kelley and Walker (1959), with each
    step taken in the calendar of its row or lag.
    """
    count = len(network.rows)
    late = LateDates(np.zeros_like(schedule.start), np.zeros_like(schedule.start))
    start, finish = late.start, late.finish
    outgoing = links_from(network)
    for row in range(count - 1, -1, -1):
        latest = np.minimum(target, caps[row])
        for link in outgoing[row]:
            latest = np.minimum(latest, _allowed(network, link, durations, schedule, late))
        work = schedule.work[row]
        index = network.rows.calendar[row]
        if index == NONE:
            finish[row], start[row] = latest, latest - work
            continue
        calendar = network.calendar(index)
        position = calendar.work_at(latest)
        instant = work == 0
        finish[row] = np.where(instant, latest, calendar.finish_at(position))
        start[row] = np.where(instant, latest, calendar.start_at(position - work))
    return late


def links_from(network: Network) -> dict[int, list[int]]:
    """The links that lead out of each row."""
    found: dict[int, list[int]] = defaultdict(list)
    for link, pred in enumerate(network.links.pred):
        found[int(pred)].append(link)
    return found


def _allowed(
    network: Network,
    link: int,
    durations: Durations,
    schedule: Schedule,
    late: LateDates,
) -> Floats:
    """The latest finish of the predecessor that a link allows its successor's dates."""
    links = network.links
    pred, succ = int(links.pred[link]), int(links.succ[link])
    kind = links.kind[link]
    bound: Floats = late.start[succ] if kind in (FS, SS) else late.finish[succ]
    lag = lag_of(network, link, durations.lags, schedule.work[links.share_of[link]])
    if lag is not None:
        back = np.where(schedule.exists[succ], -np.asarray(lag), 0.0)
        bound = network.calendar(links.calendar[link]).shift(bound, back)
    if kind in (FS, FF):
        return bound
    index = network.rows.calendar[pred]
    if index == NONE:
        return np.asarray(bound + schedule.work[pred])
    calendar = network.calendar(index)
    return calendar.finish_at(calendar.work_at(bound) + schedule.work[pred])
