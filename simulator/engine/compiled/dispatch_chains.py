"""Chains of links and released units back from a target, one iteration at a time."""

import numpy as np

from simulator.engine.compiled.dispatch_tape import (
    ENDED,
    FROM,
    LATER,
    LINKS,
    LINKS_END,
    OPEN,
    PLACED,
    RELEASED,
    RELEASED_END,
    THERE,
    TRAITS,
    WANTED,
    WORKED,
    Desk,
    PoolTape,
)
from simulator.engine.compiled.jit import Whole, inner, merged
from simulator.engine.compiled.lanes import Bits, Ints, Lanes, Wide
from simulator.engine.compiled.network_tape import NetworkTape
from simulator.engine.compiled.outcome_tape import OutcomeTape
from simulator.engine.compiled.outcomes import count_groups, count_there


@merged
def trace(tape: PoolTape, wanted: OutcomeTape, desk: Desk, j: Whole) -> None:
    """Mark the rows on the chains to every target; ties all count."""
    word, bit = np.uint64(j // 64), np.uint64(1) << np.uint64(j % 64)
    for target in range(np.uint64(len(wanted.target_first) - 1)):
        first, last = wanted.target_first[target], wanted.target_first[target + np.uint64(1)]
        latest, count = -np.inf, np.uint64(0)
        for place in range(first, last):
            row = np.uint64(wanted.targets[place])
            if desk.marks[row, THERE]:
                latest = max(latest, desk.times[row, ENDED])
        for place in range(first, last):
            row = np.uint64(wanted.targets[place])
            ends = desk.marks[row, THERE] != 0 and desk.times[row, ENDED] == latest
            if ends or last - first == 1:
                count = _mark(desk.chains, desk.todo, (target, row, word), bit, count)
        while count > np.uint64(0):
            count -= np.uint64(1)
            row = np.uint64(desk.todo[count])
            if desk.short[row]:
                for k in range(desk.marks[row, RELEASED], desk.marks[row, RELEASED_END]):
                    other = np.uint64(desk.log_row[k])
                    if _holds_some(tape, other, desk.short[row]):
                        count = _mark(desk.chains, desk.todo, (target, other, word), bit, count)
                continue
            for link in range(np.uint64(tape.own[row, LINKS]), np.uint64(tape.own[row, LINKS_END])):
                pred = np.uint64(tape.ends[link, FROM])
                if _drives(tape, desk, row, link, pred):
                    count = _mark(desk.chains, desk.todo, (target, pred, word), bit, count)


@merged
def _drives(tape: PoolTape, desk: Desk, row: Whole, link: Whole, pred: Whole) -> bool:
    """Whether a link drives a row that never was short of units."""
    times = desk.times
    if tape.own[row, TRAITS] & LATER == 0:
        return bool(desk.driven[link])
    if tape.own[row, OPEN] >= 0 and times[row, WORKED] > 0.0:
        return bool(times[pred, PLACED] + times[pred, WORKED] == times[row, PLACED])
    return bool(times[pred, ENDED] == times[row, WANTED])


@merged
def _mark(
    chains: Bits, todo: Ints, where: tuple[Whole, Whole, Whole], bit: Whole, count: Whole
) -> Whole:
    """Mark a row and note that its chain goes on, unless it is marked; how many are noted."""
    if chains[where] & bit:
        return count
    chains[where] |= bit
    todo[count] = where[1]
    return count + np.uint64(1)


@merged
def _holds_some(tape: PoolTape, row: Whole, pools: Whole) -> bool:
    """Whether a row needs units of one of some pools."""
    found = False
    for k in range(tape.first[row], tape.first[row + np.uint64(1)]):
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
    count_there(network, wanted, lanes, there, present, spent, n)
    for target in range(len(wanted.target_first) - 1):
        marks = desk.chains[target]
        count_groups(wanted.group_first, wanted.groups, marks, there, critical, target)
