"""Who comes first when several rows ask for the same units: the allocation order of a plan."""

from dataclasses import replace

import numpy as np

from simulator.plan.compile import Plan
from simulator.run.deterministic import DeterministicPlan


def in_order(plan: Plan, deterministic: DeterministicPlan) -> Plan:
    """The plan with its rows in allocation order.

    What runs at the data date comes first; then priority, then `priority_rule` of the
    deterministic plan, which but for `levelled` needs no units, then declared order. Rework rounds
    come with their task.

    Source of the rules: R. Kolisch (1996), Efficient priority rules for the resource-constrained
    project scheduling problem, J. of Operations Management 14: LST, MSLK; the longest tail is the
    least latest finish, LFT.
    """
    network, pools = plan.network, plan.network.pools
    if pools is None:
        return plan
    count = len(network.rows)
    match pools.rule:
        case "latest_start":
            rule = deterministic.late.start[:, 0]
        case "least_float":
            rule = deterministic.float_hours
        case "longest_tail":
            rule = deterministic.late.finish[:, 0]
        case "levelled":
            rule = deterministic.shown.start[:, 0]
        case _:
            rule = np.zeros(count)
    base = network.task_rows.base[network.rows.task]
    own = np.where(deterministic.early.exists[:, 0], rule, rule[base])
    rows = np.arange(count)
    # What runs at the data date has its units already.
    running = np.zeros(count, dtype=bool)
    bases, firsts, _ = network.task_rows
    running[bases[firsts != bases]] = True
    sequence = np.lexsort((rows, network.rows.task, own, pools.priority, ~running))
    order = np.empty(count, dtype=np.int32)
    order[sequence] = rows
    return replace(plan, network=network.with_pools(replace(pools, order=order)))
