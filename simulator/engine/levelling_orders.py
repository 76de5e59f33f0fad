"""Levelling by the dispatcher: many orders of the rows are tried, and what is good is varied.

The dispatcher knows every rule of a schedule - calendars, boards, windows, conditions - so that any
plan can be levelled this way; but it only ever looks forward, and takes longer for a schedule.

Source: Kolisch and Hartmann (1999), Heuristic algorithms for the RCPSP, for the parallel scheme,
priority rules and sampling.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from simulator.engine.finishes import program_finish
from simulator.engine.levelling import Effort
from simulator.engine.levelling_clock import latest_starts
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.plan import Network
from simulator.plan.unfolding import Pools
from simulator.plan.work_calendar import Floats

Engine = Callable[[Network, Durations], Schedule]
Order = npt.NDArray[np.intp]
_SCHEDULES_FOR_ONE = 100
"""How many of the quick search's schedules one dispatched schedule stands for."""
_KEPT = 8
_REACHES = (0.03, 0.1, 0.3)
"""How far rows move when an order is varied, as a share of all rows."""


def best_order(
    network: Network, pools: Pools, durations: Durations, effort: Effort, engine: Engine
) -> Schedule:
    """The schedule of the order that serves the program best: its finish, then its projects'."""
    tries = max(effort.of(len(network.rows)) // _SCHEDULES_FOR_ONE, 1)
    found: list[tuple[tuple[float, float], Order, Schedule]] = []
    seen: set[bytes] = set()
    for number, order in enumerate(_orders(network, pools, durations, engine, found)):
        if number >= tries:
            break
        if order.tobytes() in seen:
            continue
        seen.add(order.tobytes())
        place = np.empty(len(order), dtype=np.int32)
        place[order] = np.arange(len(order))
        schedule = engine(network.with_pools(replace(pools, order=place)), durations)
        value = _value(network, durations, schedule)
        if len(found) < _KEPT or value < found[-1][0]:
            found.append((value, order, schedule))
            found.sort(key=lambda each: each[0])
            del found[_KEPT:]
    return found[0][2]


def _value(network: Network, durations: Durations, schedule: Schedule) -> tuple[float, float]:
    """The finish of the program, and the sum of the finishes of its projects."""
    there = schedule.exists[:, 0] & ~network.rows.span
    latest = np.zeros(len(network.projects))
    np.maximum.at(latest, network.rows.project[there], schedule.finish[there, 0])
    return float(program_finish(network, durations, schedule)[0]), float(latest.sum())


def _orders(
    network: Network,
    pools: Pools,
    durations: Durations,
    engine: Engine,
    found: list[tuple[tuple[float, float], Order, Schedule]],
) -> Iterator[Order]:
    """Orders by rules; then the best so far by their starts, and varied."""
    for rank in _ranks(network, durations, engine):
        yield np.lexsort((rank, pools.priority))
    rows, counter = len(network.rows), 0
    while True:
        for reach in _REACHES:
            words = _words(counter, rows + 1)
            counter += rows + 1
            _, _, schedule = found[int(words[0] * len(found))]
            place = np.empty(rows)
            place[np.argsort(schedule.start[:, 0], kind="stable")] = np.arange(rows)
            moved = place + (2.0 * words[1:] - 1.0) * max(reach * rows, 2.0)
            yield np.lexsort((moved, pools.priority))


def _ranks(network: Network, durations: Durations, engine: Engine) -> Iterator[Floats]:
    """What rules rank rows by, the lower the earlier: late start, late finish, float, order."""
    early = engine(network.with_pools(None), durations)
    late = latest_starts(network, durations, early)
    yield late
    yield late + early.finish[:, 0] - early.start[:, 0]
    yield late - early.start[:, 0]
    yield np.arange(len(late), dtype=np.float64)


def _words(begin: int, count: int) -> Floats:
    """Numbers in [0, 1) that are the same each time: splitmix64 of a counter.

    Source: Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, fig. 17.
    """
    word = np.arange(begin + 1, begin + count + 1, dtype=np.uint64)
    word = word * np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    word ^= word >> np.uint64(31)
    return np.asarray((word >> np.uint64(11)) * 2.0**-53)
