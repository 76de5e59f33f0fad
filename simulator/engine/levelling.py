"""What is to be levelled: rows, links and pools of one future on one axis of time.

Where every row that works shares a calendar, that axis is its working time: a row takes as long on
it as it has work, and lags are distances. Who ends where another starts there, does so on the clock
at the latest. Other plans have no such axis; see `simulator.engine.levelling_orders`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.engine.placing import lag_of
from simulator.engine.schedule import Durations
from simulator.plan.plan import FF, NONE, SF, SS, Bools, Network
from simulator.plan.unfolding import Pools
from simulator.plan.work_calendar import Floats, WorkCalendar

Times = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int64]
ALWAYS_BEFORE = -(1 << 61)
"""The time of what has always been."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard a search tries: so many schedules for a plan of 120 rows, fewer for more rows."""

    schedules: int
    members: int
    grows: float
    """How the number falls with rows: by their number to the power of this."""
    at_least: int

    def of(self, rows: int) -> int:
        """The number of schedules for a plan of so many rows."""
        share: float = (120.0 / max(rows, 120)) ** self.grows
        return max(round(self.schedules * share), self.at_least)


EFFORTS = {
    "fast": Effort(schedules=7_000, members=40, grows=1.0, at_least=400),
    "best": Effort(schedules=100_000, members=100, grows=0.5, at_least=1_000),
}
"""The levels of `check --dates --level`."""


@dataclass(frozen=True, slots=True)
class LevelProblem:
    """Rows (T) in topological order, links (L) sorted by successor, needs (K) sorted by row.

    Times are whole milliseconds of the axis. A link asks its successor to start no earlier than
    its predecessor's finish, or start, plus `offset`.
    """

    span: Times
    floor: Times
    pred: Numbers
    succ: Numbers
    from_start: Bools
    to_finish: Bools
    offset: Times
    need_row: Numbers
    need_pool: Numbers
    need_units: Numbers
    steps: tuple[tuple[Times, Numbers], ...]
    """When the units of each pool change, and to how many."""
    project: Numbers
    counted: Bools
    """Rows whose finishes count for their project, and, if nothing else is named, the program."""
    finishes: Bools
    """Rows whose latest finish is the program's."""
    classes: Numbers
    """Who comes first by priority: 0, then 1 and so on; never after one that waits for it."""


def shared_calendar(network: Network, durations: Durations) -> int | None:
    """The calendar that every row and lag runs in, `NONE` for the clock; None if there are several.

    None too where something else than links, dates and pools places a row, and where a row needs
    units for no time at all, which others may then not hold across that instant.
    """
    rows, work, there = network.rows, durations.work[:, 0], durations.exists[:, 0]
    needing = np.zeros(0, dtype=np.int32) if network.pools is None else network.pools.rows
    if (there[needing] & (work[needing] == 0)).any():
        return None
    if network.unfolding.special or durations.versions or _moved(durations):
        return None
    if min(rows.start_cap.min(), rows.finish_cap.min()) < np.inf:
        return None
    working = there & (work > 0) & ~rows.span
    used = set(rows.calendar[working].tolist()) or {NONE}
    used |= {int(each) for each in rows.snap[there & (rows.snap != NONE)]}
    used |= {
        NONE if network.calendar(int(index)).always else int(index)
        for index in network.links.calendar[_lags(network, durations) != 0]
    }
    return used.pop() if len(used) == 1 else None


def _moved(durations: Durations) -> bool:
    """Whether risks move or stop anything."""
    waits = (
        part
        for each in durations.waits.values()
        for part in (each.elapsed, each.working)
        if part is not None
    )
    hits = (part for f in durations.firsts for part in (f.delay, f.elapsed, f.working))
    stops = any(
        stop.occurs is not None or (stop.at is not None and np.isfinite(stop.at).any())
        for stop in durations.stops
    )
    return stops or any(np.any(part) for part in (*waits, *hits))


def _lags(network: Network, durations: Durations) -> Floats:
    """The lag of each link (L,), 0 into absent rows."""
    links, work = network.links, durations.work
    found = np.zeros(len(links.pred))
    for link in range(len(links.pred)):
        if durations.exists[links.succ[link], 0]:
            lag = lag_of(network, link, durations.lags, work[links.share_of[link]])
            found[link] = 0.0 if lag is None else float(np.max(lag))
    return found


def problem_of(network: Network, durations: Durations, pools: Pools, axis: int) -> LevelProblem:
    """The first iteration of these durations as a problem on the axis of a calendar."""
    rows, links, there = network.rows, network.links, durations.exists[:, 0]
    calendar = None if axis == NONE else network.calendar(axis)
    span = np.where(there & ~rows.span, durations.work[:, 0], 0.0)
    kind = links.kind
    to_finish = (kind == FF) | (kind == SF)
    offset = _lags(network, durations) - np.where(to_finish, span[links.succ], 0.0)
    needing = pools.rows
    held = there[needing]
    counted = there & ~rows.span
    finishes = counted.copy()
    if not network.finish_is_default:
        finishes[:] = False
        finishes[network.finish_rows] = True
    return LevelProblem(
        span=_whole(span),
        floor=_whole(_floors(network, durations, calendar, span)),
        pred=links.pred.astype(np.int64),
        succ=links.succ.astype(np.int64),
        from_start=(kind == SS) | (kind == SF),
        to_finish=to_finish,
        offset=_whole(offset),
        need_row=needing[held].astype(np.int64),
        need_pool=pools.pool[held].astype(np.int64),
        need_units=pools.units[held],
        steps=tuple(_steps(pools, pool, calendar) for pool in range(len(pools.ids))),
        project=rows.project.astype(np.int64),
        counted=counted,
        finishes=finishes,
        classes=_classes(network, pools, needing[held].astype(np.int64)),
    )


def _whole(values: Floats) -> Times:
    return np.rint(values).astype(np.int64)


def _floors(
    network: Network, durations: Durations, calendar: WorkCalendar | None, span: Floats
) -> Floats:
    """The time before which no row may start, from its start and finish floors."""
    rows = network.rows
    starts, finishes = np.maximum(rows.start_floor, 0.0), rows.finish_floor.copy()
    for row, is_finish, variable in network.floor_variables:
        target = finishes if is_finish else starts
        target[row] = max(target[row], float(durations.dates[variable, 0]))
    starts[~durations.exists[:, 0] | rows.span] = 0.0
    if calendar is not None:
        starts = calendar.work_at(starts)
        bounded = finishes > -np.inf
        finishes[bounded] = calendar.work_at(np.maximum(finishes[bounded], calendar.begin))
    finishes[~durations.exists[:, 0] | rows.span] = -np.inf
    return np.maximum(starts, finishes - span)


def _steps(pools: Pools, pool: int, calendar: WorkCalendar | None) -> tuple[Times, Numbers]:
    """When a pool's units change on the axis, each time once, and to how many."""
    at, units = pools.capacity(pool)
    later = at[1:] if calendar is None else calendar.work_at(at[1:])
    times = np.concatenate(([ALWAYS_BEFORE], _whole(later)))
    last = np.append(times[1:] != times[:-1], True)
    return times[last], units[last].astype(np.int64)


def _classes(network: Network, pools: Pools, needing: Numbers) -> Numbers:
    """Ranks of priorities; who waits for somebody lends them its own where it is better."""
    priority = np.full(len(network.rows), np.inf)
    priority[needing] = pools.priority[needing]
    links = network.links
    for link in range(len(links.pred) - 1, -1, -1):
        pred, succ = links.pred[link], links.succ[link]
        priority[pred] = min(priority[pred], priority[succ])
    found = np.unique(priority, return_inverse=True)[1]
    return np.asarray(found, dtype=np.int64).reshape(-1)
