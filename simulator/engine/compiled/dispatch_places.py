"""A row becomes known, asks or starts; who knows more then. See rules 12 and 14."""

import numpy as np

from simulator.engine.compiled.clocks import link_clocks
from simulator.engine.compiled.dispatch_queue import TODO, give_back, push, take
from simulator.engine.compiled.dispatch_tape import Desk, PoolTape
from simulator.engine.compiled.drives import drive
from simulator.engine.compiled.gates import stop_at, stop_row
from simulator.engine.compiled.jit import Whole, inner, merged
from simulator.engine.compiled.lanes import EXISTS, FINISH, ODD, START, WORK, Lanes
from simulator.engine.compiled.network_tape import (
    BOARD,
    FIRST,
    LAST,
    LATE,
    SLOTS,
    SLOTS_END,
    NetworkTape,
)
from simulator.engine.compiled.singles import put, readied, start_of
from simulator.engine.compiled.unfolding import end_at_meeting, meet


@inner
def look_at_known(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, now: float, j: Whole
) -> None:
    """See when each row is ready for which nothing is unknown any more."""
    while desk.counts[TODO] > 0:
        desk.counts[TODO] -= 1
        row = np.int64(desk.todo[desk.counts[TODO]])
        meet(network, lanes, row, j)
        ready = readied(network, lanes, row, j)
        if not lanes.flags[EXISTS, row, j]:
            place_at(network, tape, lanes, desk, row, ready, j)
        elif _may_be_first(network, tape, desk, row):
            at = max(ready, desk.known[row])
            desk.candidate_at[row] = at
            push(desk, at, row)
        else:
            ask_or_start(network, tape, lanes, desk, row, ready, now, j)


@merged
def _may_be_first(network: NetworkTape, tape: PoolTape, desk: Desk, row: Whole) -> bool:
    """Whether a hit on the first of several rows may still fall on a row."""
    found = False
    for k in range(network.rows[SLOTS, row], network.rows[SLOTS_END, row]):
        found |= desk.settled[tape.hit_of[network.lists[k]]] == 0
    return found


@inner
def ask_or_start(
    network: NetworkTape,
    tape: PoolTape,
    lanes: Lanes,
    desk: Desk,
    row: Whole,
    ready: float,
    now: float,
    j: Whole,
) -> None:
    """Start a row that needs nothing when it is ready; let another one ask then."""
    work = lanes.times[WORK, row, j]
    at = start_of(network, lanes, row, ready, work)
    if at < desk.known[row]:
        at = start_of(network, lanes, row, desk.known[row], work)
    place = np.int64(tape.place_of[row])
    stopped = network.rows[LATE, row] != 0 and lanes.marked[ODD, j] != 0
    if place < 0 or (stopped and at >= stop_at(network, lanes, row, j)):
        place_at(network, tape, lanes, desk, row, at, j)
    elif at > now:
        push(desk, at, row)
    else:
        let_ask(desk, place)


@merged
def let_ask(desk: Desk, place: Whole) -> None:
    """Let the row at a place have its turn from now on."""
    bit = np.uint64(1) << np.uint64(place % 64)
    desk.ready[place // 64] |= bit
    desk.fresh[place // 64] |= bit


@inner
def place_at(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, at: float, j: Whole
) -> None:
    """Set every time of a row, and let those know that wait for it."""
    times, exists = lanes.times, lanes.flags[EXISTS, row]
    put(network, lanes, row, at, times[WORK, row, j], j)
    if network.rows[BOARD, row] and exists[j]:
        end_at_meeting(network, lanes, row, j)
    if network.rows[LATE, row] and lanes.marked[ODD, j]:
        stop_row(network, lanes, row, j)
    link_clocks(network, lanes, row, j)
    drive(network, lanes, row, j)
    if desk.short[row]:
        for link in range(network.rows[FIRST, row], network.rows[LAST, row]):
            lanes.drives[link, j // 64] &= ~(np.uint64(1) << np.uint64(j % 64))
    start = desk.known[row]
    if exists[j]:
        start = times[START, row, j]
        if tape.place_of[row] >= 0:
            take(tape, desk, row)
            if times[FINISH, row, j] > start:
                push(desk, times[FINISH, row, j], -1 - row)
            else:
                give_back(tape, desk, row)
    for k in range(tape.behind_first[row], tape.behind_first[row + 1]):
        other = np.int64(tape.behind[k])
        desk.known[other] = max(desk.known[other], start)
        desk.left[other] -= 1
        if desk.left[other] == 0:
            desk.todo[desk.counts[TODO]] = other
            desk.counts[TODO] += 1
