"""What a span of iterations gave: laid out by chunk while it is found, by iteration at its end."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.addresses import LANE
from simulator.engine.compiled.memory import scratch
from simulator.engine.sums import QUARTERS
from simulator.plan.work_calendar import Floats

Counts = npt.NDArray[np.int64]


class Found(NamedTuple):
    """What a span of N iterations gave; counts and sums are by chunk of 1,024."""

    outcomes: Floats
    """(2 + K, N): finish and duration of the program, other finishes."""
    cost: Floats
    present_value: Floats
    critical: Counts
    """(chunks, targets, tasks)"""
    present: Counts
    occurred: Counts
    spent: Counts
    ready: Counts
    """(T,): sums over the span of when rows became ready; (L,) of when each link made them so."""
    alone: Counts
    waited: Counts
    """(2, K): milliseconds that rows waited for their needs over the span, and how often."""
    met: Counts
    """(rows of boards,): milliseconds that they waited for meetings over the span."""
    cash: Floats
    """(months, chunks)"""
    accounts: Floats
    task_start: Floats
    task_finish: Floats
    task_present: npt.NDArray[np.bool_]
    task_cash: Floats


class Sizes(NamedTuple):
    """How many there are of what is counted or kept."""

    outcomes: int
    targets: int
    tasks: int
    rows: int
    links: int
    risks: int
    reworks: int
    months: int
    accounts: int
    needs: int
    meetings: int


def nothing_found(chunks: int, kept: int, sizes: Sizes) -> Found:
    """Room for what whole chunks give, (..., chunks, 4, 256), and for tasks of the first `kept`."""
    each, first = (chunks, QUARTERS, LANE), (kept, QUARTERS, LANE)

    def counts(*shape: int) -> Counts:
        return np.zeros((chunks, *shape), dtype=np.int64)

    cost = scratch((2, *each))
    cost[:] = 0.0
    return Found(
        outcomes=scratch((sizes.outcomes, *each)),
        cost=cost[0],
        present_value=cost[1],
        critical=counts(sizes.targets, sizes.tasks),
        present=counts(sizes.rows),
        occurred=counts(sizes.risks),
        spent=counts(sizes.reworks),
        ready=np.zeros(sizes.rows, dtype=np.int64),
        alone=np.zeros(sizes.links, dtype=np.int64),
        waited=np.zeros((2, sizes.needs), dtype=np.int64),
        met=np.zeros(sizes.meetings, dtype=np.int64),
        cash=np.zeros((sizes.months, chunks)),
        accounts=np.zeros((sizes.accounts, chunks)),
        task_start=np.zeros((sizes.tasks, *first)),
        task_finish=np.zeros((sizes.tasks, *first)),
        task_present=np.zeros((sizes.tasks, *first), dtype=bool),
        task_cash=np.zeros((sizes.months, *first)),
    )


def cut(found: Found, iterations: int, keep: int, months: int) -> Found:
    """What was found, by iteration, of iterations and months that there are."""

    def flat(chunks: npt.NDArray[Any], count: int) -> Any:
        return chunks.reshape(*chunks.shape[:-3], -1)[..., :count]

    return found._replace(
        outcomes=flat(found.outcomes, iterations),
        cost=flat(found.cost, iterations),
        present_value=flat(found.present_value, iterations),
        cash=found.cash[:months],
        task_start=flat(found.task_start, keep),
        task_finish=flat(found.task_finish, keep),
        task_present=flat(found.task_present, keep),
        task_cash=flat(found.task_cash, keep)[:months],
    )
