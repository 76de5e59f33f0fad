"""Levelling by the clock: rows in several calendars, boards, work that may not be interrupted.

A row holds its units from its start to its finish, whatever lies between.
"""

import numpy as np

from simulator.engine.backward import late_dates
from simulator.engine.finishes import program_finish
from simulator.engine.levelling import (
    ClockRules,
    LevelProblem,
    floors_of,
    lags_of,
    problem_by_clock,
)
from simulator.engine.network_pass import network_pass
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.plan import NONE, Ints, Network
from simulator.plan.unfolding import Pools
from simulator.plan.work_calendar import Floats


def clock_problem(
    network: Network, durations: Durations, pools: Pools, work: Floats
) -> LevelProblem:
    """The first iteration of these durations as a problem by the clock."""
    early = network_pass(network.with_pools(None), durations)
    dates = early.finish[:, 0], latest_starts(network, durations, early)
    rules = _rules(network, durations, work)
    return problem_by_clock(network, durations, pools, work=work, rules=rules, dates=dates)


def latest_starts(network: Network, durations: Durations, early: Schedule) -> Floats:
    """The latest start of each row (T,) with which all is done when the earliest plan is."""
    last = float(program_finish(network, durations, early)[0])
    last = max(last, float(early.finish[~network.rows.span].max()))
    caps = np.full(len(network.rows), np.inf)
    return late_dates(network, durations, early, last, caps).start[:, 0]


def _rules(network: Network, durations: Durations, work: Floats) -> ClockRules:
    rows, unfolding, there = network.rows, network.unfolding, durations.exists[:, 0]
    unbroken = np.zeros(len(rows), dtype=bool)
    unbroken[list(unfolding.unbroken)] = True
    board = np.full(len(rows), NONE, dtype=np.int32)
    for row, task in unfolding.board_tasks.items():
        board[row] = task.board if there[row] else NONE

    def present(values: Ints) -> Ints:
        return np.where(there, values, NONE).astype(np.int32)

    return ClockRules(
        calendars=network.calendars,
        calendar=present(rows.calendar),
        snap=present(rows.snap),
        finish_floor=floors_of(network, durations)[1],
        start_cap=np.where(there, rows.start_cap, np.inf),
        finish_cap=np.where(there, rows.finish_cap, np.inf),
        lag=lags_of(network, durations, work),
        lag_calendar=network.links.calendar.astype(np.int32),
        unbroken=unbroken,
        board=board,
        meetings=tuple(each.meetings for each in unfolding.boards),
        cutoffs=tuple(each.cutoffs for each in unfolding.boards),
    )
