"""What decided each start: driving links, criticality, merge bias."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.engine.network_pass import link_instant
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.plan import FS, NONE, SS, Bools, Ints, Network
from simulator.plan.work_calendar import Floats


@dataclass(frozen=True, slots=True)
class Driving:
    """`drives` (L, N): whether a link, taken to its successor's calendar, decided the start.

    `merging` are the M rows with two incoming ends or more; `ready` (M, N) is when they became
    ready and `ends` (K, N), for each of them, when each end alone would have made them so. Both
    are working time of the row, on the clock for rows without a calendar.
    """

    drives: Bools
    merging: tuple[int, ...]
    ready: Floats
    ends: tuple[Floats, ...]


def driving_links(network: Network, durations: Durations, schedule: Schedule) -> Driving:
    """Compare every link's instant with the instant that its successor was given."""
    links = network.links
    drives = np.zeros((len(links.pred), durations.iterations), dtype=bool)
    merging: list[int] = []
    ready: list[Floats] = []
    ends: list[Floats] = []
    for row in range(len(network.rows)):
        incoming = links.into(row)
        if not incoming:
            continue
        asked = _position(network, row, schedule.asked[row], schedule)
        positions = []
        for link in incoming:
            position = _link_position(network, link, schedule, durations)
            drives[link] = position == asked
            positions.append(position)
        if len(incoming) > 1:
            merging.append(row)
            ready.append(np.maximum.reduce(positions))
            ends.append(np.array(positions))
    return Driving(
        drives,
        tuple(merging),
        np.array(ready).reshape(len(merging), durations.iterations),
        tuple(ends),
    )


def _position(network: Network, row: int, clock: Floats, schedule: Schedule) -> Floats:
    """An instant in the working time of a row; on the clock for rows that have no work."""
    index = network.rows.calendar[row]
    snap = network.rows.snap[row]
    present = schedule.exists[row]
    if index == NONE and snap == NONE:
        return clock
    if index == NONE:
        return np.where(present, network.calendar(snap).work_at(clock), clock)
    works = present & (schedule.work[row] > 0)
    position = network.calendar(index).work_at(clock)
    return position if works.all() else np.where(works, position, clock)


def _link_position(network: Network, link: int, schedule: Schedule, durations: Durations) -> Floats:
    """Where a link alone would put the start of its successor."""
    links = network.links
    row = int(links.succ[link])
    instant = link_instant(network, link, durations.lags, schedule)
    position = _position(network, row, instant, schedule)
    if links.kind[link] in (FS, SS):
        return position
    return np.where(schedule.exists[row], position - schedule.work[row], position)


def criticality(
    network: Network,
    schedule: Schedule,
    drives: Bools,
    targets: tuple[Ints, ...],
    groups: tuple[tuple[int, ...], ...],
) -> npt.NDArray[np.int64]:
    """In how many iterations each group of rows lies on a chain of driving links to each target.

    A target is the latest of its rows; all ties count. A group, such as a task with its rework, is
    on the chain where one of its rows is. Returns counts (targets, groups).

    Source: the criticality index of Van Slyke (1963), by driving links instead of zero float.
    """
    counts = np.zeros((len(targets), len(groups)), dtype=np.int64)
    for first in range(0, len(targets), 8):
        marks = _chains(network, schedule, drives, targets[first : first + 8])
        for number, rows in enumerate(groups):
            own = marks[rows[0]] if len(rows) == 1 else np.bitwise_or.reduce(marks[list(rows)])
            for bit in range(min(8, len(targets) - first)):
                counts[first + bit, number] = np.count_nonzero(own & np.uint8(1 << bit))
    return counts


def _chains(
    network: Network, schedule: Schedule, drives: Bools, targets: tuple[Ints, ...]
) -> npt.NDArray[np.uint8]:
    """Which rows lie on the chains to up to eight targets, a bit of a byte for each, (T, N)."""
    links = network.links
    marks = np.zeros(schedule.start.shape, dtype=np.uint8)
    for bit, rows in enumerate(targets):
        finish = np.where(schedule.exists[rows], schedule.finish[rows], -np.inf)
        latest = finish.max(axis=0)
        for row, own in zip(rows, finish, strict=True):
            # A single target that is absent passes on what reached it: its chain counts.
            last = (own == latest) & ((own > -np.inf) | (len(rows) == 1))
            marks[row] |= last.astype(np.uint8) << np.uint8(bit)
    for row in range(len(network.rows) - 1, -1, -1):
        own = marks[row]
        if own.any():
            for link in links.into(row):
                marks[links.pred[link]] |= own * drives[link]
    return np.asarray(marks * schedule.exists)
