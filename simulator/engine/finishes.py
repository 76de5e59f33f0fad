"""When the program, its projects and its milestones finish, and where the program is stopped."""

from typing import NamedTuple

import numpy as np

from simulator.engine.schedule import Durations, Schedule
from simulator.plan.plan import Bools, Network
from simulator.plan.work_calendar import Floats


class Ends(NamedTuple):
    """What N iterations came to: when the program finishes, other outcomes (K, N), money."""

    finish: Floats
    finishes: Floats
    cost: Floats


def last_finish(network: Network, schedule: Schedule) -> Floats:
    """When the last task of the program ends, (N,), whether or not the program is done."""
    return _latest(schedule, _own(network, np.ones(len(network.rows), dtype=bool)), 0.0)


def program_finish(network: Network, durations: Durations, schedule: Schedule) -> Floats:
    """When the program finishes, (N,): infinite where it, or what finishes it, is stopped."""
    rows = network.finish_rows
    finish: Floats = schedule.finish[rows].max(axis=0)
    if network.finish_is_default:
        finish = last_finish(network, schedule)
    if schedule.stopped is None:
        return finish
    never = np.isfinite(program_stop(durations, schedule))
    if not network.finish_is_default:
        never |= schedule.stopped[rows].any(axis=0)
    return np.where(never, np.inf, finish)


def program_stop(durations: Durations, schedule: Schedule) -> Floats:
    """When the whole program is stopped before it is done, (N,), +inf where it is not.

    A stop counts if it cut or kept away a row that no other stop had reached before.
    """
    found = np.full(schedule.start.shape[1], np.inf)
    if schedule.stopped is None or schedule.stop_at is None:
        return found
    for number, stop in enumerate(durations.stops):
        if stop.whole_program:
            at = schedule.stop_at[number]
            counts = np.zeros(len(at), dtype=bool)
            for row in np.flatnonzero(stop.rows):
                others = [k for k, each in enumerate(durations.stops) if each.rows[row]]
                first = schedule.stop_at[others].min(axis=0)
                counts |= schedule.stopped[row] & (first == at)
            found = np.where(counts, np.minimum(found, at), found)
    return found


def project_stop(durations: Durations, schedule: Schedule, project_rows: Bools) -> Floats:
    """When a project is stopped, (N,), by a stop of its own or of the program."""
    found = np.full(schedule.start.shape[1], np.inf)
    if schedule.stop_at is not None:
        for stop, at in zip(durations.stops, schedule.stop_at, strict=True):
            if stop.rows[project_rows].any():
                found = np.minimum(found, at)
    return found


def project_finish(network: Network, schedule: Schedule, project: int) -> Floats:
    """When a project's last task ends, (N,): infinite if it is stopped, nan if it has none."""
    own = _own(network, network.rows.project == project)
    finish = _latest(schedule, own, np.nan)
    if schedule.stopped is None:
        return finish
    return np.where(schedule.stopped[own].any(axis=0), np.inf, finish)


def task_finish(schedule: Schedule, base: int, last: int) -> Floats:
    """When a task finishes, (N,): infinite where it is stopped, nan where it does not exist.

    `base` and `last` are the rows of its first start and its last finish; the last round of its
    rework may not exist, and then passes the finish on.
    """
    if schedule.stopped is None:
        return np.where(schedule.exists[base], schedule.finish[last], np.nan)
    there = schedule.exists[base] | schedule.stopped[base]
    stopped = schedule.stopped[base] | schedule.stopped[last]
    return np.where(stopped, np.inf, np.where(there, schedule.finish[last], np.nan))


def _own(network: Network, members: Bools) -> Bools:
    """The members that are work or milestones; the spans, where there is nothing else."""
    plain = members & ~network.rows.span
    return plain if plain.any() else members


def _latest(schedule: Schedule, rows: Bools, none: float) -> Floats:
    finish = np.where(schedule.exists[rows], schedule.finish[rows], -np.inf).max(axis=0)
    return np.where(finish > -np.inf, finish, none)
