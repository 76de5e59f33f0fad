"""How pools are used over time: found by scheduling the first iterations of a run once more.

A pool's time is the working time of its calendar, else of the program's. A task that waits for
units of a pool needs them already: what is needed in a month is what is held and what is waited
for. Tasks that wait for several pools in turn count as waiting for each just before they start.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from simulator.engine.draws import Draws, draw
from simulator.engine.durations import durations_of
from simulator.engine.holding import may_hold
from simulator.engine.peaks import most_held
from simulator.engine.sampling import Sampling
from simulator.engine.schedule import Durations, Schedule
from simulator.estimates.estimate import Estimate
from simulator.estimates.estimator import Estimator
from simulator.estimates.quantiles import percentiles
from simulator.plan.compile import Plan
from simulator.plan.context import calendars_of
from simulator.plan.plan import NONE, Ints, Network
from simulator.plan.pools import THOUSANDTHS
from simulator.plan.work_calendar import Floats, WorkCalendar
from simulator.run.block import engine_of, meeting_waits, special_tasks
from simulator.run.holds import Hold, Holds
from simulator.run.pool_capacity import capacity_of, planned_capacity, worked
from simulator.run.settings import CHUNK, Settings
from simulator.scenario.units import MS_PER_HOUR

LOAD_PERCENTS = (50, 80)
_AT_ONCE = 1 << 21
"""Rows times iterations that are scheduled at once."""


@dataclass(frozen=True, slots=True)
class Load:
    """Units needed on average over the working time of each month, (M,) each."""

    p50: Floats
    p80: Floats
    mean: Floats


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How one pool is used; what only finite pools have is nan, or None, for the others."""

    id: str
    utilisation: float
    """Mean share of what there is of it from first to last need that is held."""
    over_asked: Estimate
    """The chance that some task waits for it."""
    peak: dict[str, float]
    """The most units held at once, by percentile."""
    months: tuple[str, ...]
    needed: Load
    held: Load
    capacity: Floats | None
    """(M,): units that the file says there are, on average over the working time of each month."""
    waited: Floats
    """(M,): the chance that some task waits for it in that month."""
    by_project: dict[str, Load]
    """What each project that needs it needs."""


@dataclass(frozen=True, slots=True)
class Use:
    """The use of every pool that is needed, of boards, and how much tasks work."""

    iterations: int
    pools: dict[str, PoolUse]
    refused: dict[str, Estimate]
    """For each board: the share of its decisions that are refusals."""
    work_hours: Floats
    """(tasks,): mean work, rework rounds included, without waits for meetings."""
    holds: tuple[Hold, ...]
    """What held tasks back besides pools and boards, the longest waits first."""


@dataclass(frozen=True, slots=True)
class _Needs:
    """Who needs a pool: rows (K,), units (K,), projects (K,), places among `Pools` (K,)."""

    id: str
    finite: int
    """Its number among the finite pools, `NONE` for an unlimited one."""
    hours: WorkCalendar
    rows: Ints
    units: Floats
    projects: Ints
    waits: Ints


@dataclass(slots=True)
class _Found:
    """What iterations say of one pool, a block after the other; loads are (projects, M, N)."""

    held: list[Floats] = field(default_factory=list)
    waiting: list[Floats] = field(default_factory=list)
    share: list[Floats] = field(default_factory=list)
    peak: list[Floats] = field(default_factory=list)
    over_asked: list[npt.NDArray[np.bool_]] = field(default_factory=list)


def use_of(plan: Plan, settings: Settings, sampling: Sampling, estimator: Estimator) -> Use | None:
    """How pools and boards are used, and what else holds tasks back.

    None without such iterations, and where there is nothing of the kind.
    """
    count = min(settings.iterations, settings.task_iterations, CHUNK)
    needs, boards = _needs(plan), plan.network.unfolding.boards
    holding = may_hold(plan)
    if not count or not (needs or boards or holding):
        return None
    holds = Holds(plan)
    found = {each.id: _Found() for each in needs}
    decisions = np.zeros((2, len(boards)), dtype=np.int64)
    work = np.zeros(len(plan.network.rows))
    for draws, durations, schedule in _schedules(plan, settings, sampling, count):
        work += np.where(schedule.exists, schedule.work, 0.0).sum(axis=1)
        work[list(plan.network.unfolding.board_tasks)] -= meeting_waits(schedule)
        decisions += _decisions(plan.network, durations, schedule)
        for each in needs:
            _look(plan, each, durations, schedule, found[each.id])
        if holding:
            holds.note(draws, durations, schedule)
    refused = [estimator.shares(kept[None], tried[None]) for kept, tried in decisions.T]
    hours = [work[list(task.rows)].sum() for task in plan.network.tasks]
    return Use(
        iterations=count,
        pools={each.id: _pool_use(plan, each, found[each.id], estimator) for each in needs},
        refused={
            board.id: Estimate(*map(float, ends))
            for board, ends in zip(boards, refused, strict=True)
        },
        work_hours=np.array(hours) / (count * MS_PER_HOUR),
        holds=holds.found(estimator),
    )


def _schedules(
    plan: Plan, settings: Settings, sampling: Sampling, count: int
) -> Iterator[tuple[Draws, Durations, Schedule]]:
    """The first iterations of a run once more, few enough at once for memory."""
    size = max(_AT_ONCE // len(plan.network.rows), 1)
    schedule = engine_of(settings)
    for start in range(0, count, size):
        draws = draw(plan, sampling, start, min(start + size, count))
        durations = durations_of(plan, draws, keep_margin=settings.keep_margin)
        yield draws, durations, schedule(plan.network, durations)


def _needs(plan: Plan) -> tuple[_Needs, ...]:
    """Every pool that some task needs, in the order of the file."""
    finite = plan.network.pools
    special = [(task, plan.scenario.tasks[task.id].needs) for _, task in special_tasks(plan)]
    needing = [(task, needs) for task, needs in special if needs]
    if not needing:
        return ()
    pairs = () if finite is None else zip(finite.rows.tolist(), finite.pool.tolist(), strict=True)
    place = {pair: k for k, pair in enumerate(pairs)}
    calendars = calendars_of(plan.scenario)
    found = []
    for key, spec in plan.scenario.pools.items():
        held = [
            (row, needs[key], task.project)
            for task, needs in needing
            if key in needs
            for row in task.rows
        ]
        if not held:
            continue
        number = finite.ids.index(key) if finite is not None and key in finite.ids else NONE
        rows, units, projects = (np.array(each) for each in zip(*held, strict=True))
        name = spec.calendar or plan.scenario.program.calendar
        waits = [place.get((row, number), NONE) for row in rows.tolist()]
        hours = calendars.tables[calendars.index(name)]
        found.append(_Needs(key, number, hours, rows, units, projects, np.array(waits)))
    return tuple(found)


def _look(
    plan: Plan, needs: _Needs, durations: Durations, schedule: Schedule, found: _Found
) -> None:
    """Note what a block of schedules says of one pool."""
    rows, hours = needs.rows, needs.hours
    busy = schedule.exists[rows] & (schedule.work[rows] > 0)
    begin, end = worked(hours, schedule.start[rows]), worked(hours, schedule.finish[rows])
    needed = busy.any(axis=0)
    first = np.where(needed, np.where(busy, begin, np.inf).min(axis=0), 0.0)
    last = np.where(needed, np.where(busy, end, -np.inf).max(axis=0), 0.0)
    starts = np.where(busy, schedule.start[rows], np.inf)
    thousandths = np.rint(THOUSANDTHS * needs.units).astype(np.int32)
    finishes = np.where(busy, schedule.finish[rows], -np.inf)
    found.peak.append(most_held(starts, finishes, thousandths) / THOUSANDTHS)
    end = np.where(busy, end, begin)
    bounds = _month_bounds(plan, hours)
    found.held.append(_spread(needs, bounds, begin, end))
    if needs.finite == NONE or schedule.waiting is None:
        return
    there = capacity_of(plan.network, durations, schedule, needs.finite, hours).between(first, last)
    held = (needs.units[:, None] * (end - begin)).sum(axis=0)
    found.share.append(held[there > 0] / there[there > 0])
    waits = schedule.waiting[needs.waits]
    found.over_asked.append(np.asarray((waits > 0).any(axis=0)))
    asked = np.array([
        worked(hours, _before(plan.network, row, start, wait))
        for row, start, wait in zip(rows.tolist(), schedule.start[rows], waits, strict=True)
    ])  # fmt: skip
    found.waiting.append(_spread(needs, bounds, asked, np.where(waits > 0, begin, asked)))


def _before(network: Network, row: int, start: Floats, wait: Floats) -> Floats:
    """When a row began to wait that started after so much waiting in its working time."""
    index = int(network.rows.calendar[row])
    if index == NONE:
        return start - wait
    calendar = network.calendar(index)
    return np.where(wait > 0, calendar.start_at(calendar.work_at(start) - wait), start)


def _month_bounds(plan: Plan, hours: WorkCalendar) -> Floats:
    """The bounds of months (M + 1,) in working time; the first begins with the program."""
    return hours.work_at(np.maximum(plan.money.months.bounds, 0.0))


def _spread(needs: _Needs, bounds: Floats, begin: Floats, end: Floats) -> Floats:
    """Units times time of rows (K, N), by project and month: (projects, M, N), M as needed."""
    firsts = np.searchsorted(bounds, begin.min(axis=1), side="right") - 1
    lasts = np.searchsorted(bounds, end.max(axis=1), side="left") - 1
    projects = np.unique(needs.projects)
    most = len(bounds) - 2
    found = np.zeros((len(projects), min(max(int(lasts.max()), 0), most) + 1, begin.shape[1]))
    place = np.searchsorted(projects, needs.projects)
    for k, units in enumerate(needs.units.tolist()):
        for month in range(max(int(firsts[k]), 0), min(int(lasts[k]), most) + 1):
            time = np.minimum(end[k], bounds[month + 1]) - np.maximum(begin[k], bounds[month])
            found[place[k], month] += units * np.maximum(time, 0.0)
    return found


def _pool_use(plan: Plan, needs: _Needs, found: _Found, estimator: Estimator) -> PoolUse:
    months = max(each.shape[1] for each in (*found.held, *found.waiting))
    bounds = _month_bounds(plan, needs.hours)[: months + 1]
    open_ms = np.diff(bounds)
    held = _average(found.held, open_ms)
    waiting = _average(found.waiting, open_ms) if found.waiting else np.zeros_like(held)
    needed = held + waiting
    capacity, pools = None, plan.network.pools
    if needs.finite != NONE and pools is not None:
        there = planned_capacity(pools, needs.finite, needs.hours, months)
        capacity = _per_open(there.between(bounds[:-1], bounds[1:]), open_ms)
    peaks, shares = np.concatenate(found.peak), np.concatenate([*found.share, np.empty(0)])
    over_asked = np.concatenate([*found.over_asked, np.empty(0, dtype=bool)])
    if not found.over_asked:
        over_asked = np.zeros(len(peaks), dtype=bool)
    at = percentiles(peaks[None], LOAD_PERCENTS)
    return PoolUse(
        id=needs.id,
        utilisation=float(shares.mean()) if len(shares) else np.nan,
        over_asked=estimator.probability(over_asked),
        peak={f"p{percent}": float(value[0]) for percent, value in at.items()},
        months=plan.money.months.labels[:months],
        needed=_load(needed.sum(axis=0)),
        held=_load(held.sum(axis=0)),
        capacity=capacity,
        waited=np.asarray((waiting.sum(axis=0) > 0).mean(axis=1)),
        by_project={
            plan.network.projects[number]: _load(load)
            for number, load in zip(np.unique(needs.projects).tolist(), needed, strict=True)
        },
    )


def _average(blocks: list[Floats], open_ms: Floats) -> Floats:
    """Units on average over each month's working time, (projects, M, N), of blocks of loads."""
    months = len(open_ms)
    padded = [np.pad(block, ((0, 0), (0, months - block.shape[1]), (0, 0))) for block in blocks]
    return _per_open(np.concatenate(padded, axis=2), open_ms[:, None])


def _per_open(load: Floats, open_ms: Floats) -> Floats:
    return np.divide(load, open_ms, out=np.zeros_like(load), where=open_ms > 0)


def _load(values: Floats) -> Load:
    at = percentiles(values, LOAD_PERCENTS)
    return Load(at[50], at[80], np.asarray(values.mean(axis=1)))


def _decisions(network: Network, durations: Durations, schedule: Schedule) -> npt.NDArray[np.int64]:
    """Refusals and decisions of each board, (2, boards)."""
    found = np.zeros((2, len(network.unfolding.boards)), dtype=np.int64)
    for row, task in network.unfolding.board_tasks.items():
        there = schedule.exists[row].copy()
        if schedule.stopped is not None:
            there &= ~schedule.stopped[row]
        if task.refusals != NONE:
            found[0, task.board] += int(durations.dates[task.refusals][there].sum())
        found[1, task.board] += int(there.sum())
    found[1] += found[0]
    return found
