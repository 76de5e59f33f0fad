"""The levelled plan: the deterministic plan with starts chosen so that pools suffice."""

from dataclasses import replace

import numpy as np

from simulator.engine.levelling import EFFORTS, problem_of, shared_calendar
from simulator.engine.levelling_orders import best_order
from simulator.engine.network_pass import network_pass
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.plan import NONE, Ints, Network
from simulator.plan.unfolding import Pools
from simulator.plan.work_calendar import Floats


def levelled(network: Network, pools: Pools, durations: Durations, level: str) -> Schedule:
    """A schedule of one future that no pool is too small for, by a search of so much effort.

    Rows that need no finite pool start as early as what they wait for lets them.

    Raises
    ------
    RunError
        A pool never has the units that a row needs.
    """
    axis = shared_calendar(network, durations)
    if axis is None:
        from simulator.engine.compiled.engine import compiled_pass  # noqa: PLC0415

        return best_order(network, pools, durations, EFFORTS[level], compiled_pass)
    from simulator.engine.compiled.levelling_tape import best_starts  # noqa: PLC0415

    problem = problem_of(network, durations, pools, axis)
    chosen = best_starts(problem, EFFORTS[level]).astype(np.float64)
    held = np.unique(problem.need_row)
    floor = network.rows.start_floor.copy()
    floor[held] = np.maximum(floor[held], _clock(network, axis, chosen[held]))
    moved = replace(network.with_pools(None), rows=replace(network.rows, start_floor=floor))
    found = network_pass(moved, durations)
    if (_position(network, axis, found.start[held, 0]) != chosen[held]).any():
        raise AssertionError("the levelled plan and the network pass disagree")
    return found


def _clock(network: Network, axis: int, position: Floats) -> Floats:
    return position if axis == NONE else network.calendar(axis).start_at(position)


def _position(network: Network, axis: int, clock: Floats) -> Floats:
    return clock if axis == NONE else network.calendar(axis).work_at(clock)


def levelled_order(schedule: Schedule) -> Ints:
    """The place of each row (T,) by its start in a levelled plan, then by its finish."""
    rows = np.arange(len(schedule.start))
    ordered = np.lexsort((rows, schedule.finish[:, 0], schedule.start[:, 0]))
    place = np.empty(len(rows), dtype=np.int32)
    place[ordered] = rows
    return place
