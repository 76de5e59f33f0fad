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
from simulator.engine.compiled.clocks import lag_of, link_clocks
from simulator.engine.compiled.dispatch_queue import give_back, look_at, push
from simulator.engine.compiled.dispatch_tape import (
    AT_END,
    BEGUN,
    DUE,
    ENDED,
    FROM,
    HOLDS,
    KNOWN,
    LAGS,
    LEFT,
    PLACED,
    THERE,
    WANTED,
    WORKED,
    Desk,
    PoolTape,
)
from simulator.engine.compiled.drives import drive, held, max_of
from simulator.engine.compiled.gates import stop_at, stop_row
from simulator.engine.compiled.jit import Real, Whole, inner, merged
from simulator.engine.compiled.lanes import (
    ALONE,
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
    LAG_CALENDAR,
    LAST,
    LATE,
    SHARE_OF,
    START_FLOOR,
    UNIT_CALENDAR,
    WORKING,
    NetworkTape,
)
from simulator.engine.compiled.singles import put, readied, start_of
from simulator.engine.compiled.unfolding import end_at_meeting, meet


@merged
def is_easy(network: NetworkTape, tape: PoolTape, lanes: Lanes, row: Whole, j: Whole) -> bool:
    """Whether a row is easy in an iteration: nothing may stop it."""
    stoppable = network.rows[LATE, row] != 0 and lanes.marked[ODD, j] != 0
    return tape.easy[row] != 0 and not stoppable


@inner
def ready_otherwise(network: NetworkTape, lanes: Lanes, row: Whole, known: float, j: Whole) -> Real:
    """When a row that is not easy is ready; an absent one stands there."""
    meet(network, lanes, row, j)
    return readied(network, lanes, row, known, j)


@inner
def start_otherwise(
    network: NetworkTape, lanes: Lanes, row: Whole, ready: float, known: float, j: Whole
) -> Real:
    """The first instant at which a row that is not easy may start, once it is known."""
    work = lanes.times[WORK, row, j]
    at = start_of(network, lanes, row, ready, work)
    return start_of(network, lanes, row, known, work) if at < known else at


@merged
def ready_easily(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, j: Whole
) -> Real:
    """The latest instant that links and the row's floor ask for, moved by its waits."""
    table, times = network.rows, desk.times
    first, last = np.uint64(table[FIRST, row]), np.uint64(table[LAST, row])
    exists = desk.marks[row, THERE] != 0
    asked = network.floors[START_FLOOR, row] if exists else 0.0
    for link in range(first, last):
        clock = times[np.uint64(tape.ends[link, FROM]), np.uint64(tape.ends[link, AT_END])]
        if tape.ends[link, LAGS] and exists:
            done = times[np.uint64(network.links[SHARE_OF, link]), WORKED]
            lag = lag_of(network, lanes, link, done, j)
            c = np.int64(network.links[LAG_CALENDAR, link])
            clock = shifted(network.numbers, network.places, c, clock, lag, lanes.trouble)
        desk.clocks[link - first] = clock
        asked = max_of(clock, asked)
    if not exists:
        times[row, WORKED] = 0.0
    times[row, WANTED] = asked
    times[row, PLACED] = _drive_easily(network, lanes, desk, row, asked)
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
def _drive_easily(network: NetworkTape, lanes: Lanes, desk: Desk, row: Whole, asked: float) -> Real:
    """See which links drive a row, in its working time if it works; add up where links meet. What
    it was asked for in that time."""
    first, last = np.uint64(network.rows[FIRST, row]), np.uint64(network.rows[LAST, row])
    c, some = np.int64(network.rows[CALENDAR, row]), last - first > np.uint64(1)
    if not desk.times[row, WORKED] > 0.0 or (c >= 0 and network.places[6 * c]):
        c = np.int64(-1)
    ready, given = -np.inf, asked
    if c >= 0:
        given = convert(network.numbers, network.places, c, WORK_AT, asked, lanes.trouble)
    for link in range(first, last):
        alone = desk.clocks[link - first]
        if c >= 0:
            if alone == asked:
                alone = given
            else:
                alone = convert(network.numbers, network.places, c, WORK_AT, alone, lanes.trouble)
        desk.driven[link] = alone == given
        if some:
            ready = max_of(alone, ready)
            lanes.sums[ALONE, link] += held(alone)
    if some:
        lanes.sums[READY, row] += held(ready)
    return given


@merged
def start_easily(network: NetworkTape, lanes: Lanes, desk: Desk, row: Whole, ready: float) -> Real:
    """The first instant at which an easy row may start once it is ready; where it stands then."""
    c = np.int64(network.rows[CALENDAR, row])
    if c < 0 or network.places[6 * c]:
        desk.times[row, PLACED] = ready
        return ready
    position = desk.times[row, PLACED]
    if ready != desk.times[row, WANTED] or not desk.times[row, WORKED] > 0.0:
        position = convert(network.numbers, network.places, c, WORK_AT, ready, lanes.trouble)
    desk.times[row, PLACED] = position
    if not desk.times[row, WORKED] > 0.0:
        return ready
    return convert(network.numbers, network.places, c, START_AT, position, lanes.trouble)


@merged
def let_ask(desk: Desk, place: Whole, work: float) -> None:
    """Let the row at a place have its turn from now on."""
    bit, word = np.uint64(1) << np.uint64(place % 64), np.uint64(place // 64)
    desk.ready[word] |= bit
    desk.fresh[word] |= bit
    if not work > 0.0:
        desk.idle[word] |= bit


@merged
def comes_after_stop(
    network: NetworkTape, lanes: Lanes, desk: Desk, row: Whole, at: float, j: Whole
) -> bool:
    """Whether the project of a row is stopped before it may start."""
    if not (network.rows[LATE, row] and lanes.marked[ODD, j]):
        return False
    stop = stop_at(network, lanes, np.int64(row), j)
    return bool(at > stop or (at == stop and desk.times[row, WORKED] > 0.0))


@merged
def place(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, j: Whole
) -> None:
    """Set every time of a row that is due, and let those know that wait for it."""
    times, at = desk.times, desk.times[row, DUE]
    if is_easy(network, tape, lanes, row, j):
        _put_easily(network, lanes, desk, row, at, j)
        if network.rows[BOARD, row] and desk.marks[row, THERE]:
            lanes.times[WORK, row, j] = times[row, WORKED]
            end_at_meeting(network, lanes, np.int64(row), j)
            times[row, ENDED] = lanes.times[FINISH, row, j]
            times[row, WORKED] = lanes.times[WORK, row, j]
    else:
        _put_otherwise(network, lanes, np.int64(row), at, j)
        times[row, BEGUN], times[row, ENDED] = (
            lanes.times[START, row, j],
            lanes.times[FINISH, row, j],
        )
        times[row, WORKED] = lanes.times[WORK, row, j]
        desk.marks[row, THERE] = lanes.flags[EXISTS, row, j]
        for link in range(network.rows[FIRST, row], network.rows[LAST, row]):
            drives = lanes.drives[link, j // 64] >> np.uint64(j % 64)
            desk.driven[link] = np.uint8(drives & np.uint64(1))
    exists = desk.marks[row, THERE] != 0
    if desk.short[row]:
        for link in range(network.rows[FIRST, row], network.rows[LAST, row]):
            desk.driven[link] = 0
    if desk.marks[row, HOLDS]:
        if exists and times[row, ENDED] > at:
            push(desk.queue_at, desk.queue_what, desk.counts, times[row, ENDED], -1 - np.int64(row))
        else:
            give_back(tape, desk.pools, row)
    since = times[row, BEGUN] if exists else times[row, KNOWN]
    one = np.uint64(1)
    for k in range(np.uint64(tape.behind_first[row]), np.uint64(tape.behind_first[row + one])):
        other = np.uint64(tape.behind[k])
        times[other, KNOWN] = max(times[other, KNOWN], since)
        desk.marks[other, LEFT] -= 1
        if desk.marks[other, LEFT] == 0:
            look_at(desk, other)


@merged
def _put_easily(
    network: NetworkTape, lanes: Lanes, desk: Desk, row: Whole, at: float, j: Whole
) -> None:
    """Set the times of an easy row that starts at an instant at which it may."""
    c, work = np.int64(network.rows[CALENDAR, row]), desk.times[row, WORKED]
    position = desk.times[row, PLACED]
    ends, finish = position + work, at + work
    if c >= 0 and not network.places[6 * c]:
        finish = at
        if work > 0.0:
            finish = convert(network.numbers, network.places, c, FINISH_AT, ends, lanes.trouble)
    desk.times[row, BEGUN], desk.times[row, ENDED] = at, finish
    lanes.times[POSITION, row, j], lanes.times[ENDS, row, j] = position, ends
    lanes.times[START, row, j], lanes.times[FINISH, row, j] = at, finish
    if not desk.marks[row, THERE]:
        lanes.times[WORK, row, j] = 0.0


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
