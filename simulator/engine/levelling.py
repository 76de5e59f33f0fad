"""What is to be levelled: rows, links and pools of one future on an axis of time.

Where every row that works shares a calendar, that axis is its working time: a row takes as long on
it as it has work, and lags are distances. Who ends where another starts there, does so on the clock
at the latest. Other plans are levelled by the clock, see `simulator.engine.levelling_clock`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.engine.placing import lag_of
from simulator.engine.schedule import Durations, Inside
from simulator.plan.plan import FF, NONE, SF, SS, Bools, Ints, Network
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
    "fast": Effort(schedules=9_000, members=40, grows=0.5, at_least=400),
    "best": Effort(schedules=100_000, members=100, grows=0.5, at_least=1_000),
}
"""The levels of `check --dates --level`."""


@dataclass(frozen=True, slots=True)
class ClockRules:
    """What places rows (T) and links (L) where there are several calendars; instants by the clock.

    Calendars are told by position, `NONE` for the clock.
    """

    calendars: tuple[WorkCalendar, ...]
    calendar: Ints
    snap: Ints
    finish_floor: Floats
    start_cap: Floats
    finish_cap: Floats
    lag: Floats
    lag_calendar: Ints
    unbroken: Bools
    board: Ints
    """The board of each row, `NONE` without."""
    meetings: tuple[Floats, ...]
    """Of each board, and the cut-offs of each meeting."""
    cutoffs: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class LevelProblem:
    """Rows (T) in topological order, links (L) sorted by successor, needs (K) sorted by row.

    Times are whole milliseconds of the axis. A link asks its successor to start no earlier than
    its predecessor's finish, or start, plus `offset`; by the clock the rules say more exactly when.
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
    early: Times
    late: Times
    """The earliest finish of each row and the latest start, as if pools had all that is asked."""
    rules: ClockRules | None = None


def plain_work(network: Network, durations: Durations) -> Floats | None:
    """The work of each row (T,) if only links, dates, calendars, boards and pools place it.

    None where a risk or a condition has a say in it, and where a row needs units for no time at
    all, which others may then not hold across that instant.
    """
    work, there = durations.work[:, 0].copy(), durations.exists[:, 0]
    for row, versions in durations.versions.items():
        if np.ptp(versions.work) or versions.elapsed.any() or versions.working.any():
            return None
        work[row] = versions.work[0, 0]
    work[~there | network.rows.span] = 0.0
    needing = np.zeros(0, dtype=np.int32) if network.pools is None else network.pools.rows
    if (there[needing] & (work[needing] == 0)).any():
        return None
    boards, links = network.unfolding.board_tasks, network.links
    if any(task.refusals != NONE and durations.dates[task.refusals, 0] for task in boards.values()):
        return None
    # A share of the work of a board's task is known once it has met.
    shares = ~np.isnan(links.lag_share) | links.lag_drawn_share
    if np.isin(links.share_of[shares], list(boards)).any():
        return None
    moved = network.unfolding.conditions or _moved(durations) or _inside(durations.inside)
    return None if moved else work


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
        (stop.occurs is not None and stop.occurs.any())
        or (stop.at is not None and np.isfinite(stop.at).any())
        for stop in durations.stops
    )
    return stops or any(np.any(part) for part in (*waits, *hits))


def _inside(inside: Inside) -> bool:
    """Whether anything happens inside the schedule."""
    windows = any(hit.occurs.any() for hits in inside.windows.values() for hit in hits)
    arrivals = any(np.isfinite(rate.since).any() for rate in inside.rates)
    return windows or arrivals or any(np.isfinite(hit.begin).any() for hit in inside.units)


def shared_calendar(network: Network, durations: Durations, work: Floats) -> int | None:
    """The calendar that every row and lag runs in, `NONE` for the clock; None if there are several.

    None too where rows meet boards, may not be interrupted, or keep dates against logic.
    """
    rows, there = network.rows, durations.exists[:, 0]
    if network.unfolding.special or min(rows.start_cap.min(), rows.finish_cap.min()) < np.inf:
        return None
    used = set(rows.calendar[work > 0].tolist()) or {NONE}
    used |= {int(each) for each in rows.snap[there & (rows.snap != NONE)]}
    used |= {
        NONE if network.calendar(int(index)).always else int(index)
        for index in network.links.calendar[lags_of(network, durations, work) != 0]
    }
    return used.pop() if len(used) == 1 else None


def lags_of(network: Network, durations: Durations, work: Floats) -> Floats:
    """The lag of each link (L,), 0 into absent rows; shares are of `work` (T,), which absent rows
    have none of."""
    links = network.links
    found = np.where(durations.exists[links.succ, 0], links.lag, 0.0)
    loose = (links.lag_variable != NONE) | ~np.isnan(links.lag_share)
    for link in np.flatnonzero(loose & durations.exists[links.succ, 0]).tolist():
        lag = lag_of(network, link, durations.lags, work[[links.share_of[link]]])
        found[link] = 0.0 if lag is None else float(np.max(lag))
    return found


def problem_on_axis(
    network: Network, durations: Durations, pools: Pools, work: Floats, axis: int
) -> LevelProblem:
    """The first iteration of these durations as a problem in working time of one calendar."""
    links, there = network.links, durations.exists[:, 0]
    calendar = None if axis == NONE else network.calendar(axis)
    starts, finishes = floors_of(network, durations)
    if calendar is not None:
        bounded = finishes > -np.inf
        starts = calendar.work_at(starts)
        finishes[bounded] = calendar.work_at(np.maximum(finishes[bounded], calendar.begin))
    floor = whole(np.maximum(starts, finishes - work))
    to_finish = ((links.kind == FF) | (links.kind == SF)) & there[links.succ]
    offset = whole(lags_of(network, durations, work) - np.where(to_finish, work[links.succ], 0.0))
    span, from_start = whole(work), (links.kind == SS) | (links.kind == SF)
    early = _early(network, span, floor, from_start, offset)
    return _problem(
        network, durations, pools, span=span, floor=floor,
        links=(from_start, to_finish, offset),
        steps=tuple(_steps(pools, pool, calendar) for pool in range(len(pools.ids))),
        dates=(early, _late(network, span, early, from_start, offset)),
    )  # fmt: skip


def problem_by_clock(
    network: Network,
    durations: Durations,
    pools: Pools,
    *,
    work: Floats,
    rules: ClockRules,
    dates: tuple[Floats, Floats],
) -> LevelProblem:
    """The same with instants by the clock; `dates` are earliest finishes and latest starts."""
    links, there = network.links, durations.exists[:, 0]
    to_finish = ((links.kind == FF) | (links.kind == SF)) & there[links.succ]
    from_start = (links.kind == SS) | (links.kind == SF)
    return _problem(
        network, durations, pools, span=whole(work), floor=whole(floors_of(network, durations)[0]),
        links=(from_start, to_finish, whole(rules.lag)),
        steps=tuple(_steps(pools, pool, None) for pool in range(len(pools.ids))),
        dates=(whole(dates[0]), whole(dates[1])), rules=rules,
    )  # fmt: skip


def _problem(
    network: Network,
    durations: Durations,
    pools: Pools,
    *,
    span: Times,
    floor: Times,
    links: tuple[Bools, Bools, Times],
    steps: tuple[tuple[Times, Numbers], ...],
    dates: tuple[Times, Times],
    rules: ClockRules | None = None,
) -> LevelProblem:
    there, needing = durations.exists[:, 0], pools.rows
    held = there[needing]
    counted = there & ~network.rows.span
    finishes = counted.copy()
    if not network.finish_is_default:
        finishes[:] = False
        finishes[network.finish_rows] = True
    return LevelProblem(
        span=span,
        floor=floor,
        pred=network.links.pred.astype(np.int64),
        succ=network.links.succ.astype(np.int64),
        from_start=links[0],
        to_finish=links[1],
        offset=links[2],
        need_row=needing[held].astype(np.int64),
        need_pool=pools.pool[held].astype(np.int64),
        need_units=pools.units[held],
        steps=steps,
        project=network.rows.project.astype(np.int64),
        counted=counted,
        finishes=finishes,
        classes=_classes(network, pools, needing[held].astype(np.int64)),
        early=dates[0],
        late=dates[1],
        rules=rules,
    )


def whole(values: Floats) -> Times:
    """Whole milliseconds as integers."""
    return np.rint(values).astype(np.int64)


def floors_of(network: Network, durations: Durations) -> tuple[Floats, Floats]:
    """The instants before which each row may not start, and not finish; -inf where free."""
    rows, there = network.rows, durations.exists[:, 0]
    starts, finishes = np.maximum(rows.start_floor, 0.0), rows.finish_floor.copy()
    for row, is_finish, variable in network.floor_variables:
        target = finishes if is_finish else starts
        target[row] = max(target[row], float(durations.dates[variable, 0]))
    starts[~there | rows.span] = 0.0
    finishes[~there | rows.span] = -np.inf
    return starts, finishes


def _steps(pools: Pools, pool: int, calendar: WorkCalendar | None) -> tuple[Times, Numbers]:
    """When a pool's units change on the axis, each time once, and to how many."""
    at, units = pools.capacity(pool)
    later = at[1:] if calendar is None else calendar.work_at(at[1:])
    times = np.concatenate(([ALWAYS_BEFORE], whole(later)))
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


def _early(network: Network, span: Times, floor: Times, from_start: Bools, offset: Times) -> Times:
    """The earliest finish of each row by links and floors alone."""
    ends = np.stack((floor + span, floor), axis=1)
    for link, (pred, succ) in enumerate(zip(network.links.pred, network.links.succ, strict=True)):
        asked = ends[pred, int(from_start[link])] + offset[link]
        if asked > ends[succ, 1]:
            ends[succ] = asked + span[succ], asked
    return ends[:, 0].copy()


def _late(network: Network, span: Times, early: Times, from_start: Bools, offset: Times) -> Times:
    """The latest start of each row with which all is done when the earliest plan is."""
    start = int(early.max(initial=0)) - span
    links = network.links
    for link in range(len(links.pred) - 1, -1, -1):
        pred = links.pred[link]
        room = start[links.succ[link]] - offset[link]
        start[pred] = min(start[pred], room if from_start[link] else room - span[pred])
    return start
