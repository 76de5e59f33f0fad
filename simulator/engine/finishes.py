"""When the program, its projects and its milestones finish."""

import numpy as np

from simulator.engine.schedule import Durations, Schedule
from simulator.plan.plan import Bools, Network
from simulator.plan.work_calendar import Floats


def last_finish(network: Network, schedule: Schedule) -> Floats:
    """When the last task of the program ends, (N,), whether or not the program is done."""
    own = ~network.rows.span
    return np.asarray(np.where(schedule.exists[own], schedule.finish[own], 0.0).max(axis=0))


def program_finish(network: Network, durations: Durations, schedule: Schedule) -> Floats:
    """When the program finishes, (N,): infinite where it, or what finishes it, is stopped."""
    rows = network.finish_rows
    finish: Floats = schedule.finish[rows].max(axis=0)
    if network.finish_is_default:
        finish = last_finish(network, schedule)
    if schedule.stopped is None:
        return finish
    never = _program_stopped(durations, schedule.stopped)
    if not network.finish_is_default:
        never |= schedule.stopped[rows].any(axis=0)
    return np.where(never, np.inf, finish)


def project_finish(network: Network, schedule: Schedule, project: int) -> Floats:
    """When a project's last task ends, (N,): infinite where it is stopped."""
    own = (network.rows.project == project) & ~network.rows.span
    finish = np.where(schedule.exists[own], schedule.finish[own], 0.0).max(axis=0)
    if schedule.stopped is None:
        return np.asarray(finish)
    return np.where(schedule.stopped[own].any(axis=0), np.inf, finish)


def row_finish(schedule: Schedule, row: int) -> Floats:
    """When a row finishes, (N,): infinite where it is stopped, nan where it does not exist."""
    finish = np.where(schedule.exists[row], schedule.finish[row], np.nan)
    if schedule.stopped is None:
        return finish
    return np.where(schedule.stopped[row], np.inf, finish)


def _program_stopped(durations: Durations, stopped: Bools) -> Bools:
    """Where the whole program, not one project of it, was stopped before everything was done."""
    found = np.zeros(stopped.shape[1], dtype=bool)
    for stop in durations.stops:
        if stop.whole_program:
            if stop.at is not None:
                found |= np.isfinite(stop.at) & stopped.any(axis=0)
            elif stop.occurs is not None:
                found |= stop.occurs.any(axis=0) & stopped.any(axis=0)
    return found
