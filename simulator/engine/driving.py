"""What decided each start: driving links, criticality, merge bias."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.engine.placing import link_instant
from simulator.engine.positions import direct_links, direct_position, positions_of
from simulator.engine.releases import releases
from simulator.engine.schedule import Durations, Schedule
from simulator.engine.sums import counts
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
    ends = _Ends(network, durations, schedule)
    drives = np.zeros((len(links.pred), durations.iterations), dtype=bool)
    merging: list[int] = []
    ready: list[Floats] = []
    merged: list[Floats] = []
    for row in range(len(network.rows)):
        incoming = links.into(row)
        if not incoming:
            continue
        positions = [ends.of(row, link) for link in incoming]
        asked = ends.asked(row)
        for link, position in zip(incoming, positions, strict=True):
            np.equal(position, asked, out=drives[link])
            if schedule.short is not None:
                drives[link] &= schedule.short[row] == 0
        if len(incoming) > 1:
            merging.append(row)
            ready.append(np.maximum.reduce(positions))
            merged.append(np.array(positions))
    shape = (len(merging), durations.iterations)
    return Driving(drives, tuple(merging), np.array(ready).reshape(shape), tuple(merged))


class _Ends:
    """Where each link alone would put the start of its successor.

    In working time of the successor; on the clock where it has no work or does not exist.
    """

    def __init__(self, network: Network, durations: Durations, schedule: Schedule) -> None:
        self.network, self.durations, self.schedule = network, durations, schedule
        self.direct = direct_links(network)
        self.position = positions_of(network, schedule)
        self.works: Bools = schedule.exists & (schedule.work > 0)
        self.all_work: Bools = np.asarray(self.works.all(axis=1))
        self.may_wait = {*durations.waits, *durations.versions, *durations.inside.exact}
        self.may_wait |= network.unfolding.unbroken
        for first in durations.firsts:
            self.may_wait |= set(first.candidates.tolist())

    def of(self, row: int, link: int) -> Floats:
        """One link's end."""
        network, schedule = self.network, self.schedule
        on_start = network.links.kind[link] in (FS, SS)
        snapped = network.rows.calendar[row] == NONE and network.rows.snap[row] != NONE
        if self.direct[link] and self.all_work[row] and not snapped:
            position = direct_position(network, link, self.position, schedule.work)
        else:
            instant = link_instant(network, link, self.durations.lags, schedule)
            position = self._in_row(row, instant)
        if on_start:
            return position
        return np.where(schedule.exists[row], position - schedule.work[row], position)

    def asked(self, row: int) -> Floats:
        """The instant that the row was given, to compare its ends with."""
        on_calendar = self.network.rows.calendar[row] != NONE
        # Where pools are short, rows start when what they follow has started, not before.
        waits = row in self.may_wait or self.schedule.short is not None
        if on_calendar and self.all_work[row] and not waits:
            return np.asarray(self.position[row])
        return self._in_row(row, self.schedule.asked[row])

    def _in_row(self, row: int, clock: Floats) -> Floats:
        network = self.network
        index, snap = network.rows.calendar[row], network.rows.snap[row]
        if index == NONE and snap == NONE:
            return clock
        if index == NONE:
            return np.where(self.schedule.exists[row], network.calendar(snap).work_at(clock), clock)
        position = network.calendar(index).work_at(clock)
        return position if self.all_work[row] else np.where(self.works[row], position, clock)


def criticality(
    network: Network,
    schedule: Schedule,
    drives: Bools,
    targets: tuple[Ints, ...],
    groups: tuple[tuple[int, ...], ...],
    *,
    by_chunk: bool = False,
) -> npt.NDArray[np.int64]:
    """In how many iterations each group of rows lies on a chain of driving links to each target.

    A target is the latest of its rows; all ties count. A group, such as a task with its rework, is
    on the chain where one of its rows is. Returns counts (parts, targets, groups), see
    `sums.counts`.

    Source: the criticality index of Van Slyke (1963), by driving links instead of zero float.
    """
    parts = len(counts(drives[:0], by_chunk=by_chunk))
    found = np.zeros((parts, len(targets), len(groups)), dtype=np.int64)
    for first in range(0, len(targets), 8):
        marks = chains(network, schedule, drives, targets[first : first + 8])
        for number, rows in enumerate(groups):
            own = marks[rows[0]] if len(rows) == 1 else np.bitwise_or.reduce(marks[list(rows)])
            for bit in range(min(8, len(targets) - first)):
                on_chain = own & np.uint8(1 << bit)
                found[:, first + bit, number] = counts(on_chain, by_chunk=by_chunk)
    return found


def chains(
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
    released = list(releases(network, schedule))
    found, more = -1, True
    # A row may release units for one before it in the plan's order: again until all is found.
    while more:
        for row, other, where in released:
            marks[other] |= marks[row] * where
        for row in range(len(network.rows) - 1, -1, -1):
            own = marks[row]
            if own.any():
                for link in links.into(row):
                    marks[links.pred[link]] |= own * drives[link]
        before, found = found, int(marks.sum(dtype=np.int64))
        more = bool(released) and found != before
    return np.asarray(marks * schedule.exists)
