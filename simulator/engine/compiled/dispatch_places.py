"""A row becomes known, asks or starts; who knows more then. See rules 12 and 14.

Most rows are easy: they wait for starts of links, dates and risks alone. The others go through the
functions of the pass, which take longer to call than an easy row takes altogether.
"""

import numpy as np

from simulator.engine.compiled.calendars import (
    FINISH_AT,
    START_AT,
    WORK_AT,
    convert,
    shifted,
)
from simulator.engine.compiled.clocks import link_clocks
from simulator.engine.compiled.dispatch_queue import TODO, give_back, push
from simulator.engine.compiled.dispatch_tape import Desk, PoolTape
from simulator.engine.compiled.drives import drive, held
from simulator.engine.compiled.gates import stop_at, stop_row
from simulator.engine.compiled.jit import Real, Whole, inner, merged
from simulator.engine.compiled.lanes import (
    ALONE,
    ASKED,
    ENDS,
    EXISTS,
    FINISH,
    ODD,
    POSITION,
    READY,
    START,
    WORK,
    Lanes,
)
from simulator.engine.compiled.network_tape import (
    BOARD,
    CALENDAR,
    ELAPSED,
    FIRST,
    FROM_FINISH,
    LAG,
    LAG_CALENDAR,
    LAG_DRAWN,
    LAG_DRAWN_SHARE,
    LAG_SHARE,
    LAGGED,
    LAST,
    LATE,
    PRED,
    SHARE_OF,
    SLOTS,
    SLOTS_END,
    START_FLOOR,
    UNIT_CALENDAR,
    WORKING,
    NetworkTape,
)
from simulator.engine.compiled.singles import put, readied, start_of
from simulator.engine.compiled.unfolding import end_at_meeting, meet


@merged
def find_ready(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, j: Whole
) -> Real:
    """When a row is ready of which all that it waits for is known; an absent one stands there."""
    if tape.easy[row] and not (network.rows[LATE, row] and lanes.marked[ODD, j]):
        return _ready_easily(network, lanes, desk, row, j)
    return _ready_otherwise(network, lanes, row, j)


@inner
def _ready_otherwise(network: NetworkTape, lanes: Lanes, row: Whole, j: Whole) -> Real:
    meet(network, lanes, row, j)
    return readied(network, lanes, row, j)


@merged
def _ready_easily(network: NetworkTape, lanes: Lanes, desk: Desk, row: Whole, j: Whole) -> Real:
    """The latest instant that links and the row's floor ask for, moved by its waits."""
    table, links, times = network.rows, network.links, lanes.times
    first, last = np.int64(table[FIRST, row]), np.int64(table[LAST, row])
    exists = lanes.flags[EXISTS, row, j] != 0
    asked = network.floors[START_FLOOR, row] if exists else 0.0
    for link in range(first, last):
        clock = times[FINISH if links[FROM_FINISH, link] else START, links[PRED, link], j]
        if links[LAGGED, link] and exists:
            lag = _lag(network, lanes, link, j)
            c = np.int64(links[LAG_CALENDAR, link])
            clock = shifted(network.numbers, network.places, c, clock, lag, lanes.trouble)
        desk.clocks[link - first] = clock
        asked = max(asked, clock)
    if not exists:
        times[WORK, row, j] = 0.0
    times[ASKED, row, j] = asked
    _drive_easily(network, lanes, desk, row, asked, j)
    ready = asked
    if exists and table[ELAPSED, row] >= 0:
        ready += lanes.amounts[table[ELAPSED, row], j]
    if exists and table[WORKING, row] >= 0:
        c = np.int64(table[CALENDAR, row])
        c = np.int64(table[UNIT_CALENDAR, row]) if c < 0 else c
        wait = lanes.amounts[table[WORKING, row], j]
        ready = shifted(network.numbers, network.places, c, ready, wait, lanes.trouble)
    return ready


@merged
def _lag(network: NetworkTape, lanes: Lanes, link: Whole, j: Whole) -> Real:
    """The lag of a link in milliseconds."""
    lag, drawn = network.lags[LAG, link], network.links[LAG_DRAWN, link]
    done = lanes.times[WORK, network.links[SHARE_OF, link], j]
    if drawn >= 0:
        lag = lanes.amounts[drawn, j]
        lag = np.rint(lag * done) if network.links[LAG_DRAWN_SHARE, link] else lag
    elif not np.isnan(network.lags[LAG_SHARE, link]):
        lag = np.rint(network.lags[LAG_SHARE, link] * done)
    return lag


@merged
def _drive_easily(
    network: NetworkTape, lanes: Lanes, desk: Desk, row: Whole, asked: float, j: Whole
) -> None:
    """See which links drive a row, in its working time if it works; add up where links meet."""
    first, last = np.int64(network.rows[FIRST, row]), np.int64(network.rows[LAST, row])
    c, word, bit = np.int64(network.rows[CALENDAR, row]), j // 64, np.uint64(1) << np.uint64(j % 64)
    if not lanes.times[WORK, row, j] > 0.0 or (c >= 0 and network.places[6 * c]):
        c = np.int64(-1)
    ready, given = -np.inf, asked
    if c >= 0 and last > first:
        given = convert(network.numbers, network.places, c, WORK_AT, asked, lanes.trouble)
    for link in range(first, last):
        alone = desk.clocks[link - first]
        if c >= 0:
            same = alone == asked
            alone = (
                given
                if same
                else convert(network.numbers, network.places, c, WORK_AT, alone, lanes.trouble)
            )
        lanes.drives[link, word] &= ~bit
        if alone == given:
            lanes.drives[link, word] |= bit
        if last - first > 1:
            ready = max(ready, alone)
            lanes.sums[ALONE, link] += held(alone)
    if last - first > 1:
        lanes.sums[READY, row] += held(ready)


@merged
def start_from(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, row: Whole, ready: float, j: Whole
) -> Real:
    """The first instant not before one at which a row may start."""
    work, c = lanes.times[WORK, row, j], np.int64(network.rows[CALENDAR, row])
    if not tape.easy[row]:
        return start_of(network, lanes, row, ready, work)
    if c < 0 or not work > 0.0 or network.places[6 * c]:
        return ready
    position = convert(network.numbers, network.places, c, WORK_AT, ready, lanes.trouble)
    return convert(network.numbers, network.places, c, START_AT, position, lanes.trouble)


@merged
def may_be_first(network: NetworkTape, tape: PoolTape, desk: Desk, row: Whole) -> bool:
    """Whether a hit on the first of several rows may still fall on a row."""
    found = False
    for k in range(network.rows[SLOTS, row], network.rows[SLOTS_END, row]):
        found |= desk.settled[tape.hit_of[network.lists[k]]] == 0
    return found


@merged
def let_ask(desk: Desk, place: Whole) -> None:
    """Let the row at a place have its turn from now on."""
    bit = np.uint64(1) << np.uint64(place % 64)
    desk.ready[place // 64] |= bit
    desk.fresh[place // 64] |= bit


@merged
def comes_after_stop(network: NetworkTape, lanes: Lanes, row: Whole, at: float, j: Whole) -> bool:
    """Whether the project of a row has been stopped by an instant."""
    if not (network.rows[LATE, row] and lanes.marked[ODD, j]):
        return False
    return at >= stop_at(network, lanes, row, j)


@merged
def place(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, at: float, j: Whole
) -> None:
    """Set every time of a row, and let those know that wait for it."""
    times, exists = lanes.times, lanes.flags[EXISTS, row, j] != 0
    if tape.easy[row] and not (network.rows[LATE, row] and lanes.marked[ODD, j]):
        _put_easily(network, lanes, row, at, j)
    else:
        _put_otherwise(network, lanes, row, at, j)
        exists = lanes.flags[EXISTS, row, j] != 0
    if desk.short[row]:
        for link in range(network.rows[FIRST, row], network.rows[LAST, row]):
            lanes.drives[link, j // 64] &= ~(np.uint64(1) << np.uint64(j % 64))
    start = times[START, row, j] if exists else desk.known[row]
    if desk.holds[row]:
        if exists and times[FINISH, row, j] > at:
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


@merged
def _put_easily(network: NetworkTape, lanes: Lanes, row: Whole, at: float, j: Whole) -> None:
    """Set the times of a row that starts at an instant at which it may."""
    times, c = lanes.times, np.int64(network.rows[CALENDAR, row])
    work = times[WORK, row, j]
    position, finish = at, at + work
    if c >= 0 and not network.places[6 * c]:
        position = convert(network.numbers, network.places, c, WORK_AT, at, lanes.trouble)
        finish = at
        if work > 0.0:
            finish = convert(
                network.numbers, network.places, c, FINISH_AT, position + work, lanes.trouble
            )
    times[POSITION, row, j], times[ENDS, row, j] = position, position + work
    times[START, row, j], times[FINISH, row, j] = at, finish


@inner
def _put_otherwise(network: NetworkTape, lanes: Lanes, row: Whole, at: float, j: Whole) -> None:
    """Set the times of any row, and see which links drive it."""
    put(network, lanes, row, at, lanes.times[WORK, row, j], j)
    if network.rows[BOARD, row] and lanes.flags[EXISTS, row, j]:
        end_at_meeting(network, lanes, row, j)
    if network.rows[LATE, row] and lanes.marked[ODD, j]:
        stop_row(network, lanes, row, j)
    link_clocks(network, lanes, row, j)
    drive(network, lanes, row, j)
