"""What the chart of a replayed future shows: bars and waits of tasks, load of pools."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from simulator.plan.work_calendar import Floats
from simulator.run.replay import Replay, Waiting, window_of
from simulator.run.replay_reasons import Reasons
from simulator.run.replay_words import THOUSANDTHS

Stretch = tuple[float, float]
MOST_TASKS, MOST_POOLS = 22, 4
"""More cannot be read from the back of a room."""


@dataclass(slots=True)
class Bars:
    """One task: its stretches of work and of waiting, by the clock in milliseconds."""

    name: str
    project: int
    work: list[Stretch] = field(default_factory=list)
    chain: list[Stretch] = field(default_factory=list)
    """Those stretches of work that decided when the program finished."""
    pools: list[Stretch] = field(default_factory=list)
    """Waiting for units of pools."""
    board: list[Stretch] = field(default_factory=list)
    other: list[Stretch] = field(default_factory=list)
    """Held back by risks, or waiting for a window."""
    points: list[float] = field(default_factory=list)
    """Instants: milestones and tasks without work."""
    decides: bool = False
    """Whether the program finished when it did because of this task."""

    @property
    def waited(self) -> float:
        """How long it waited altogether."""
        return sum(end - begin for begin, end in (*self.pools, *self.board, *self.other))

    @property
    def lasted(self) -> float:
        """How long it worked."""
        return sum(end - begin for begin, end in (*self.work, *self.chain))


def bars_of(replay: Replay) -> list[Bars]:
    """The tasks that exist, in the plan's order; rounds of rework belong to their task."""
    network, states, waits = replay.plan.network, replay.watch.states, replay.waits()
    chain, found = Reasons(replay).chain(), []
    for task in network.tasks:
        if task.kind == "span":
            continue
        bars = Bars(task.name, task.project)
        for row in task.rows:
            if states[row].exists:
                _fill(bars, replay, row, waits.get(row, []), decides=row in chain)
        if bars.work or bars.chain or bars.points or bars.board:
            found.append(bars)
    return found


def _fill(bars: Bars, replay: Replay, row: int, waits: list[Waiting], *, decides: bool) -> None:
    state = replay.watch.states[row]
    bars.decides |= decides
    bars.pools += [(begin, end) for begin, end, _ in waits]
    if state.ready > state.asked:
        bars.other.append((state.asked, state.ready))
    window = window_of(replay, row)
    if window is not None:
        bars.other.append(window[1:])
    if state.finish == state.start:
        bars.points.append(state.finish)
        return
    done = min(state.done, state.finish) if state.meetings else state.finish
    if done > state.start:
        (bars.chain if decides else bars.work).append((state.start, done))
    if state.meetings:
        bars.board.append((done, state.finish))


def chosen(bars: list[Bars]) -> list[Bars]:
    """All tasks if they fit, or else those that decided the finish, waited or worked longest."""
    if len(bars) <= MOST_TASKS:
        return bars
    order = sorted(
        range(len(bars)), key=lambda k: (not bars[k].decides, -bars[k].waited, -bars[k].lasted, k)
    )
    return [bars[k] for k in sorted(order[:MOST_TASKS])]


@dataclass(frozen=True, slots=True)
class Load:
    """A pool over time: units from each instant to the next, (K,) for K + 1 `edges`."""

    pool: int
    edges: Floats
    held: Floats
    wanted: Floats
    """Held, and what rows that wait need."""
    capacity: Floats


def loads_of(replay: Replay, begin: float, end: float) -> list[Load]:
    """The pools that rows waited for longest, in declared order; else those that are held most."""
    pools = replay.plan.network.pools
    if pools is None:
        return []
    waits = replay.waits()
    found = [_load(replay, waits, pool, begin, end) for pool in range(len(pools.ids))]
    order = sorted(found, key=lambda load: (-_area(load, load.wanted - load.held), -_share(load)))
    return sorted(order[:MOST_POOLS], key=lambda load: load.pool)


def _load(
    replay: Replay, waits: dict[int, list[Waiting]], pool: int, begin: float,
    end: float,
) -> Load:  # fmt: skip
    """One pool's load, from the rows that need it."""
    pools, states = replay.plan.network.pools, replay.watch.states
    assert pools is not None
    held, waiting = list[tuple[float, float, int]](), list[tuple[float, float, int]]()
    for row, own, units in zip(
        pools.rows.tolist(), pools.pool.tolist(), pools.units.tolist(), strict=True
    ):
        if own == pool and states[row].exists:
            held.append((states[row].start, states[row].finish, units))
            waiting += [(first, last, units) for first, last, _ in waits.get(row, [])]
    state = replay.watch.pools[0]
    marks = {begin, end, *(m for first, last, _ in (*held, *waiting) for m in (first, last))}
    inside = sorted(mark for mark in {*marks, *state.marks(pool)} if begin <= mark <= end)
    middles = [(one + other) / 2 for one, other in pairwise(inside)]
    capacity = np.array([state.units(pool, at) for at in middles], dtype=np.float64)
    in_use = _units(held, middles)
    return Load(
        pool, np.array(inside), in_use, in_use + _units(waiting, middles), capacity / THOUSANDTHS
    )


def _units(stretches: list[tuple[float, float, int]], instants: list[float]) -> Floats:
    """How many units all stretches have together at instants."""
    found = [sum(u for begin, end, u in stretches if begin <= at < end) for at in instants]
    return np.array(found, dtype=np.float64) / THOUSANDTHS


def _area(load: Load, units: Floats) -> float:
    return float(np.sum(units * np.diff(load.edges)))


def _share(load: Load) -> float:
    """How much of a pool was held."""
    return _area(load, load.held) / max(_area(load, load.capacity), 1.0)
