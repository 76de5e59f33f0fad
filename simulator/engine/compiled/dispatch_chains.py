"""Chains of links and released units back from a target, one iteration at a time."""

import numpy as np

from simulator.engine.compiled.dispatch_tape import Desk, PoolTape
from simulator.engine.compiled.drives import count_bits as bits_of
from simulator.engine.compiled.drives import ones, presence
from simulator.engine.compiled.jit import Whole, inner, merged
from simulator.engine.compiled.lanes import EXISTS, FINISH, Bits, Lanes, Wide
from simulator.engine.compiled.network_tape import FIRST, LAST, PRED, NetworkTape
from simulator.engine.compiled.outcome_tape import OutcomeTape
from simulator.engine.compiled.outcomes import count_groups, count_rounds, steady


@merged
def trace(
    network: NetworkTape, tape: PoolTape, wanted: OutcomeTape, lanes: Lanes, desk: Desk, j: Whole
) -> None:
    """Mark the rows on the chains to every target; ties all count."""
    for target in range(len(wanted.target_first) - 1):
        first, last = wanted.target_first[target], wanted.target_first[target + 1]
        latest = -np.inf
        for place in range(first, last):
            row = np.int64(wanted.targets[place])
            if lanes.flags[EXISTS, row, j]:
                latest = max(latest, lanes.times[FINISH, row, j])
        count = np.int64(0)
        for place in range(first, last):
            row = np.int64(wanted.targets[place])
            ends = lanes.flags[EXISTS, row, j] != 0 and lanes.times[FINISH, row, j] == latest
            if ends or last - first == 1:
                count = _mark(desk, target, row, count, j)
        while count > 0:
            count -= 1
            row = np.int64(desk.todo[count])
            for link in range(network.rows[FIRST, row], network.rows[LAST, row]):
                if lanes.drives[link, j // 64] & (np.uint64(1) << np.uint64(j % 64)):
                    pred = np.int64(network.links[PRED, link])
                    count = _mark(desk, target, pred, count, j)
            if desk.short[row]:
                for k in range(desk.released[0, row], desk.released[1, row]):
                    other = np.int64(desk.log_row[k])
                    if _holds_some(tape, other, desk.short[row]):
                        count = _mark(desk, target, other, count, j)


@merged
def _mark(desk: Desk, target: Whole, row: Whole, count: Whole, j: Whole) -> Whole:
    """Mark a row and note that its chain goes on, unless it is marked; how many are noted."""
    bit = np.uint64(1) << np.uint64(j % 64)
    if desk.chains[target, row, j // 64] & bit:
        return count
    desk.chains[target, row, j // 64] |= bit
    desk.todo[count] = row
    return count + 1


@merged
def _holds_some(tape: PoolTape, row: Whole, pools: Whole) -> bool:
    """Whether a row needs units of one of some pools."""
    found = False
    for k in range(tape.first[row], tape.first[row + 1]):
        found |= (pools >> np.int64(tape.pool[k])) & 1 != 0
    return found


@inner
def count_chains(
    network: NetworkTape,
    wanted: OutcomeTape,
    lanes: Lanes,
    desk: Desk,
    there: Bits,
    critical: Wide,
    present: Wide,
    spent: Wide,
    n: Whole,
) -> None:
    """Add up in how many lanes tasks are critical, rows exist, and last rounds were needed."""
    for row in range(network.rows.shape[1]):
        if steady(network, row):
            present[row] += n
            for w in range(there.shape[1]):
                there[row, w] = ones(n, np.int64(w))
        else:
            presence(lanes.flags, np.uint64(row), there, n)
            for w in range(there.shape[1]):
                present[row] += bits_of(there[row, w])
    count_rounds(wanted.rework_first, wanted.rework, there, spent)
    for target in range(len(wanted.target_first) - 1):
        marks = desk.chains[target]
        count_groups(wanted.group_first, wanted.groups, marks, there, critical, target)
