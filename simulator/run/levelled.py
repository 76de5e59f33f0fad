"""The levelled plan: the deterministic plan with starts chosen so that pools suffice."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from simulator.engine.levelling import EFFORTS, Effort, plain_work, problem_on_axis, shared_calendar
from simulator.engine.levelling_clock import clock_problem
from simulator.engine.levelling_orders import best_order
from simulator.engine.network_pass import network_pass
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.plan import NONE, Network, Rows
from simulator.plan.unfolding import Pools
from simulator.plan.work_calendar import Floats

_GUESSES = 4
"""How often what conditions decide is guessed anew."""

Engine = Callable[[Network, Durations], Schedule]


def levelled(
    network: Network,
    pools: Pools,
    durations: Durations,
    level: str,
    engine: Engine = network_pass,
) -> Schedule:
    """A schedule of one future that no pool is too small for, by a search of so much effort.

    Rows that need no finite pool start as early as what they wait for lets them.

    Raises
    ------
    RunError
        A pool never has the units that a row needs.
    """
    effort, free = EFFORTS[level], network.with_pools(None)
    settled = network.with_conditions({})
    there = durations.exists
    if network.unfolding.conditions:
        there = engine(free, durations).exists
    # What conditions decide is taken as known, until a plan comes out as was thought.
    for _ in range(_GUESSES):
        known = replace(durations, exists=there)
        work = plain_work(settled, known)
        chosen = None if work is None else _searched(settled, pools, known, work, (effort, engine))
        if chosen is None:
            break
        rows, found = chosen
        if network.unfolding.conditions:
            found = engine(replace(free, rows=rows), durations)
        if (found.exists == there).all():
            return found
        there = found.exists
    from simulator.engine.compiled.engine import compiled_pass  # noqa: PLC0415

    return best_order(network, pools, durations, effort, compiled_pass)


def _searched(
    network: Network,
    pools: Pools,
    durations: Durations,
    work: Floats,
    by: tuple[Effort, Engine],
) -> tuple[Rows, Schedule] | None:
    """The rows with floors where the quick search lets them start, and the schedule of these; None
    if one finds no place."""
    from simulator.engine.compiled.levelling_tape import best_starts  # noqa: PLC0415

    axis = shared_calendar(network, durations, work)
    calendar = None if axis is None or axis == NONE else network.calendar(axis)
    if axis is None:
        problem = clock_problem(network, durations, pools, work)
    else:
        problem = problem_on_axis(network, durations, pools, work, axis)
    effort, engine = by
    starts = best_starts(problem, effort)
    if starts is None:
        return None
    held = np.unique(problem.need_row)
    chosen = starts.astype(np.float64)[held]
    floor = network.rows.start_floor.copy()
    floor[held] = chosen if calendar is None else calendar.start_at(chosen)
    start_cap, finish_cap = network.rows.start_cap.copy(), network.rows.finish_cap.copy()
    # A date that wins over logic does not win over pools: what was chosen stands.
    dated = held[np.minimum(start_cap[held], finish_cap[held]) < np.inf]
    start_cap[dated], finish_cap[dated] = floor[dated], np.inf
    rows = replace(network.rows, start_floor=floor, start_cap=start_cap, finish_cap=finish_cap)
    found = engine(replace(network.with_pools(None), rows=rows), durations)
    shown = found.start[held, 0]
    if ((shown if calendar is None else calendar.work_at(shown)) != chosen).any():
        raise AssertionError("the levelled plan and the network pass disagree")
    return rows, found
