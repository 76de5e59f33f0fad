"""How long tasks wait, and for what: means over all iterations, in working hours of each task."""

import math
from dataclasses import dataclass

from simulator.plan.compile import Plan
from simulator.run.join import Joined
from simulator.scenario.units import MS_PER_HOUR


@dataclass(frozen=True, slots=True)
class Waits:
    """Mean working hours: of tasks by pool or board, and of pools and boards summed over tasks."""

    tasks: dict[str, dict[str, float]]
    """For tasks that need a finite pool or go to a board."""
    pools: dict[str, float]
    boards: dict[str, float]
    board_tasks: dict[str, tuple[str, ...]]
    """The tasks that go to each board."""


def waits_of(plan: Plan, joined: Joined) -> Waits:
    """Add up the waits of rows."""
    network = plan.network
    tasks: dict[str, dict[str, float]] = {}
    pools: dict[str, float] = {}
    boards = {board.id: 0.0 for board in network.unfolding.boards}
    going: dict[str, tuple[str, ...]] = dict.fromkeys(boards, ())

    def add(row: int, short: str, ms: float) -> float:
        task = network.tasks[int(network.rows.task[row])].id
        own = tasks.setdefault(task, {})
        own[short] = own.get(short, 0.0) + ms / MS_PER_HOUR
        return ms / MS_PER_HOUR

    if network.pools is not None:
        pools = dict.fromkeys(network.pools.ids, 0.0)
        needs = zip(network.pools.rows.tolist(), network.pools.pool.tolist(), strict=True)
        for (row, pool), ms in zip(needs, joined.waited[0].tolist(), strict=True):
            key = network.pools.ids[pool]
            pools[key] += add(row, key, ms)
    for (row, task), ms in zip(
        network.unfolding.board_tasks.items(), joined.met.tolist(), strict=True
    ):
        key = network.unfolding.boards[task.board].id
        boards[key] += add(row, key, ms)
        going[key] += (network.tasks[int(network.rows.task[row])].id,)
    return Waits(tasks, pools, boards, going)


def starving(waits: Waits, work_hours: dict[str, float]) -> tuple[str, ...]:
    """The tasks that wait longer for pools than they work, on average, the longest wait first."""
    waited = {
        key: sum(hours for short, hours in each.items() if short in waits.pools)
        for key, each in waits.tasks.items()
    }
    found = [key for key, hours in waited.items() if hours > work_hours.get(key, math.inf)]
    return tuple(sorted(found, key=lambda key: -waited[key]))
