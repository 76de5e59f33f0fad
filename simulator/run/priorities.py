"""Who comes first when several rows ask for the same units: the allocation order of a plan."""

from dataclasses import replace

import numpy as np

from simulator.engine.backward import LateDates
from simulator.engine.schedule import Schedule
from simulator.plan.plan import Network
from simulator.plan.work_calendar import Floats


def with_order(
    network: Network, early: Schedule, late: LateDates, float_hours: Floats, levelled: Floats
) -> Network:
    """The network with its rows in allocation order.

    Priority first, then `priority_rule` of the deterministic plan without limits, then declared
    order. `levelled` (T,) are the starts of the levelled plan; rework rounds come with their task.

    Source of the rules: R. Kolisch (1996), Efficient priority rules for the resource-constrained
    project scheduling problem, J. of Operations Management 14: LST, MSLK; the longest tail is the
    least latest finish, LFT.
    """
    pools = network.pools
    if pools is None:
        return network
    rule = {
        "latest_start": late.start[:, 0],
        "least_float": float_hours,
        "longest_tail": late.finish[:, 0],
        "declared": np.zeros(len(network.rows)),
        "levelled": levelled,
    }[pools.rule]
    base = np.array([task.base for task in network.tasks], dtype=np.intp)[network.rows.task]
    own = np.where(early.exists[:, 0], rule, rule[base])
    rows = np.arange(len(network.rows))
    sequence = np.lexsort((rows, network.rows.task, own, pools.priority))
    order = np.empty(len(rows), dtype=np.int32)
    order[sequence] = rows
    return network.with_pools(replace(pools, order=order))
