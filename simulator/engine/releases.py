"""Who finished just in time for a row that waited for units: driving where pools are short."""

from collections.abc import Iterator

import numpy as np

from simulator.engine.schedule import Schedule
from simulator.plan.plan import NONE, Bools, Network
from simulator.plan.unfolding import Pools
from simulator.plan.work_calendar import Floats


def releases(network: Network, schedule: Schedule) -> Iterator[tuple[int, int, Bools]]:
    """(row, other row, where) such that the other's units let the row start, in iterations (N,).

    The other held units of a pool that was short in the row's last turn in vain, and its finish,
    taken to the calendar in which the row asks, is the row's start.
    """
    pools, short = network.pools, schedule.short
    if pools is None or short is None:
        return
    needing = np.unique(pools.rows).tolist()
    masks = {row: _mask(pools, row) for row in needing}
    for row in needing:
        waited = schedule.exists[row] & (short[row] != 0)
        if not waited.any():
            continue
        start = schedule.start[row]
        at = _in_gate(network, row, start)
        for other in needing:
            shared = masks[row] & masks[other]
            if other == row or not shared:
                continue
            where = waited & schedule.exists[other] & (short[row] & masks[other] != 0)
            where &= (schedule.finish[other] > schedule.start[other]) & (
                schedule.finish[other] <= start
            )
            if where.any():
                where &= _in_gate(network, row, schedule.finish[other]) == at
                if where.any():
                    yield row, other, where


def _mask(pools: Pools, row: int) -> int:
    """The pools that a row needs, as bits."""
    needs = pools.pool[pools.first[row] : pools.first[row + 1]].tolist()
    return sum(1 << pool for pool in needs)


def _in_gate(network: Network, row: int, clock: Floats) -> Floats:
    """Instants in the calendar at whose working instants a row asks."""
    calendar, snap = int(network.rows.calendar[row]), int(network.rows.snap[row])
    index = calendar if calendar != NONE else snap
    return clock if index == NONE else network.calendar(index).work_at(clock)
