"""Hits on the one of several rows that becomes ready first, while rows are dispatched."""

import numpy as np

from simulator.engine.compiled.dispatch_queue import look_at, push
from simulator.engine.compiled.dispatch_tape import KNOWN, Desk, PoolTape
from simulator.engine.compiled.gates import may_hit
from simulator.engine.compiled.jit import Whole, apart, merged
from simulator.engine.compiled.lanes import SETTLED, WORK, Lanes
from simulator.engine.compiled.network_tape import (
    AT_FIRST_DELAY,
    AT_VERSION_WORK,
    FIRST_SLOTS,
    HITS,
    SLOTS,
    SLOTS_END,
    VERSION,
    NetworkTape,
)
from simulator.engine.compiled.singles import readied, start_of


@apart
def open_hits(network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, j: Whole) -> None:
    """Forget who met which hit; hits that do nothing in this iteration are settled."""
    slots, slot = np.int64(network.lists[FIRST_SLOTS]), np.int64(0)
    while slot < slots:
        hit, count = np.int64(tape.hit_of[slot]), np.int64(0)
        while slot + count < slots and tape.hit_of[slot + count] == hit:
            lanes.marked[SETTLED, slot + count] = 0
            count += 1
        desk.settled[hit] = np.uint8(not may_hit(network, lanes, slot, count, j))
        slot += count


@merged
def may_be_first(network: NetworkTape, tape: PoolTape, desk: Desk, row: Whole) -> bool:
    """Whether a hit on the first of several rows may still fall on a row."""
    found = False
    for k in range(network.rows[SLOTS, row], network.rows[SLOTS_END, row]):
        found |= desk.settled[tape.hit_of[network.lists[k]]] == 0
    return found


@apart
def become_ready(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, at: float, j: Whole
) -> None:
    """Let a row that hits may fall on be ready: settle those hits, then look at it again. What they
    do to it never takes it back before this instant."""
    moved = False
    for k in range(network.rows[SLOTS, row], network.rows[SLOTS_END, row]):
        hit = np.int64(tape.hit_of[network.lists[k]])
        if moved or desk.settled[hit]:
            continue
        winner = _fall_on(network, lanes, desk, hit, at, j)
        known = desk.times[winner, KNOWN]
        ready = max(readied(network, lanes, winner, known, j), known, at)
        if ready != at:
            desk.candidate_at[winner] = ready
            push(desk.queue_at, desk.queue_what, desk.counts, ready, winner)
            moved = winner == row
    if not moved:
        desk.candidate_at[row], desk.times[row, KNOWN] = np.inf, at
        look_at(desk, row)


@merged
def _fall_on(
    network: NetworkTape, lanes: Lanes, desk: Desk, hit: Whole, at: float, j: Whole
) -> Whole:
    """Let a hit fall on the first declared of the rows that are ready now; which one it is."""
    lists, amounts = network.lists, lanes.amounts
    place = lists[HITS] + 2 * hit
    low, high, slots = np.int64(lists[place]) + 1, np.int64(lists[place + 1]), lists[FIRST_SLOTS]
    slot, winner = np.int64(lists[low - 1]), low
    while winner < high - 1 and desk.candidate_at[lists[winner]] != at:
        winner += 1
    row = np.int64(lists[winner])
    work, version = lanes.times[WORK, row, j], np.int64(network.rows[VERSION, row])
    if version >= 0:
        work = amounts[lists[AT_VERSION_WORK] + version, j]
    epoch = np.int64(0)
    if len(network.thresholds) > 0:
        judged = start_of(network, lanes, row, at, work)
        epoch = np.int64(np.searchsorted(network.thresholds, judged, side="right"))
    for k in range(low, high):
        for kind in range(3):
            own = lists[AT_FIRST_DELAY + kind] + slot + k - low
            amount = amounts[own + epoch * slots, j]
            amounts[own, j] = amount if k == winner else 0.0
        lanes.marked[SETTLED, slot + k - low] = 1
    if version < 0:
        delay = amounts[lists[AT_FIRST_DELAY] + slot + winner - low, j]
        lanes.times[WORK, row, j] = max(lanes.times[WORK, row, j] + delay, 0.0)
    desk.settled[hit] = 1
    return row
