"""What is to be kept of every iteration, flattened to arrays that kernels read."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.lanes import Ints
from simulator.plan.compile import Plan
from simulator.plan.plan import NONE, Bools, Network, TaskPlan

PROGRAM, PROJECT, TASK = range(3)

Rows = npt.NDArray[np.integer]


class OutcomeTape(NamedTuple):
    """Outcomes (the program first), targets of criticality, tasks and reworks, as lists of rows."""

    kind: Ints
    """(1 + K,)"""
    calendar: Ints
    """(1,): the program's."""
    first: Ints
    rows: Ints
    """Rows whose latest finish is an outcome; base and last row of a task."""
    own_first: Ints
    own: Ints
    """Rows that must not be stopped for it to finish."""
    target_first: Ints
    targets: Ints
    group_first: Ints
    groups: Ints
    rework_first: Ints
    rework: Ints
    whole: Ints
    """Stops of the whole program."""
    only: int
    """Whether the program is one project that is never empty, and done with its last task."""


def outcome_tape(
    plan: Plan,
    always: Bools,
    finishes: tuple[tuple[int, TaskPlan | None], ...],
    targets: tuple[Ints, ...],
) -> OutcomeTape:
    """Flatten what is to be kept.

    Parameters
    ----------
    always
        (T,): rows that exist in every iteration, before stops.
    finishes
        For each outcome but the program's: the number of a project, or a task.
    targets
        The rows whose latest finish is each target of criticality; the program's first.
    """
    network = plan.network
    everything = np.ones(len(network.rows), dtype=bool)
    steady = always & ~network.rows.span
    for stop in plan.effects.stops:
        steady &= ~stop.rows
    default = network.finish_is_default
    program = _ends(network, _own(network, everything), steady)
    nothing = np.zeros(0, dtype=np.int32)
    lists: list[Rows] = [program if default else network.finish_rows]
    own: list[Rows] = [nothing if default else network.finish_rows]
    kinds = [PROGRAM]
    for project, task in finishes:
        kinds.append(PROJECT if task is None else TASK)
        if task is None:
            members = _own(network, network.rows.project == project)
            lists.append(_ends(network, members, steady))
            own.append(np.flatnonzero(members))
        else:
            lists.append(np.array([task.base, task.last]))
            own.append(lists[-1])
    chosen = [program if default and k == 0 else rows for k, rows in enumerate(targets)]
    rounds = [np.array([row for row, _ in rework.rows[-1]]) for rework in plan.work.rework]
    return OutcomeTape(
        np.array(kinds, dtype=np.int32),
        np.array([network.program_calendar], dtype=np.int32),
        *_csr(lists),
        *_csr(own),
        *_csr(chosen),
        *_task_rows(network),
        *_csr(rounds),
        np.array(
            [k for k, stop in enumerate(plan.effects.stops) if stop.what == "program"],
            dtype=np.int32,
        ),
        int(
            default
            and len(network.projects) == 1
            and not plan.effects.stops
            and bool((always & ~network.rows.span).any())
        ),
    )


def no_outcomes() -> OutcomeTape:
    """The tape of a schedule of which nothing is kept."""
    none, lists = np.zeros(0, dtype=np.int32), _csr([])
    return OutcomeTape(none, none, *lists, *lists, *lists, *lists, *lists, none, 0)


def _task_rows(network: Network) -> tuple[Ints, Ints]:
    """Every row of each task."""
    tasks = network.tasks
    if tasks.repeated:
        return _csr([np.array(task.rows) for task in tasks])
    return np.arange(len(tasks) + 1, dtype=np.int32), tasks.rows.base.copy()


def _own(network: Network, members: Bools) -> Bools:
    """The members that are work or milestones; the spans, where there is nothing else."""
    plain = members & ~network.rows.span
    return plain if plain.any() else members


def _ends(network: Network, members: Bools, steady: Bools) -> Rows:
    """The members that may end last: those without a successor among them that ends no sooner."""
    links, rows = network.links, network.rows
    if (rows.start_cap < np.inf).any() or (rows.finish_cap < np.inf).any():
        return np.flatnonzero(members)
    behind = (links.kind == 0) & (links.lag >= 0) & (links.lag_variable == NONE)
    behind &= np.isnan(links.lag_share) & steady[links.succ] & members[links.succ]
    covered = np.zeros(len(rows), dtype=bool)
    covered[links.pred[behind]] = True
    return np.flatnonzero(members & ~covered)


def _csr(lists: Sequence[Rows]) -> tuple[Ints, Ints]:
    first = np.cumsum([0, *map(len, lists)], dtype=np.int32)
    return first, np.concatenate([np.zeros(0, dtype=np.int32), *lists], dtype=np.int32)
