"""When a row is ready, and what asked for it. See rules 12 and 14.

Most rows are easy: they wait for starts of links, dates and risks alone. The others go through the
functions of the pass, which take longer to call than an easy row takes altogether.
"""

import numpy as np

from simulator.engine.compiled.calendars import (
    START_AT,
    WORK_AT,
    convert,
    shifted,
)
from simulator.engine.compiled.clocks import lag_of
from simulator.engine.compiled.dispatch_queue import (
    TURNS,
    done_by,
    opens,
)
from simulator.engine.compiled.dispatch_tape import (
    AFTER,
    AT_END,
    BEFORE,
    CLOSE,
    EASY,
    ENDED,
    FROM,
    LAGS,
    LATER,
    LINKS,
    LINKS_END,
    OPEN,
    PLACED,
    SAME,
    STOPPABLE,
    THERE,
    TRAITS,
    WANTED,
    WORKED,
    Desk,
    PoolTape,
)
from simulator.engine.compiled.drives import held, max_of
from simulator.engine.compiled.gates import stop_at
from simulator.engine.compiled.jit import Real, Whole, apart, merged
from simulator.engine.compiled.lanes import (
    ALONE,
    ODD,
    READY,
    WORK,
    Lanes,
)
from simulator.engine.compiled.network_tape import (
    CALENDAR,
    ELAPSED,
    LAG_CALENDAR,
    LATE,
    SHARE_OF,
    START_FLOOR,
    START_FLOOR_WORK,
    UNIT_CALENDAR,
    WORKING,
    NetworkTape,
)
from simulator.engine.compiled.singles import readied, start_of
from simulator.engine.compiled.unfolding import meet


@merged
def is_easy(tape: PoolTape, lanes: Lanes, row: Whole, j: Whole) -> bool:
    """Whether a row is easy in an iteration: nothing may stop it."""
    traits = tape.own[row, TRAITS]
    return bool(traits & EASY and (traits & STOPPABLE == 0 or lanes.marked[ODD, j] == 0))


@merged
def ready_promptly(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole
) -> Real:
    """The first instant at which a prompt row may start."""
    own, times = tape.own, desk.times
    calendar, works = np.int64(own[row, OPEN]), times[row, WORKED] > 0.0
    c = calendar if works else np.int64(-1)
    if own[row, TRAITS] & LATER:
        asked, given = _asked_alike(network, tape, desk, row, c)
    else:
        asked, given = _asked_by_links(network, tape, lanes, desk, row, c)
    times[row, WANTED], times[row, PLACED] = asked, given
    if c >= 0:
        return opens(network, lanes, desk.opened, c, asked)
    if calendar >= 0:
        times[row, PLACED] = done_by(network, lanes, desk.opened, calendar, asked)
    return asked


@merged
def _asked_alike(
    network: NetworkTape, tape: PoolTape, desk: Desk, row: Whole, c: Whole
) -> tuple[Real, Real]:
    """What links and floors ask of a row that is `LATER`, by the clock and in working time."""
    own, times = tape.own, desk.times
    asked, given = network.floors[START_FLOOR, row], network.floors[START_FLOOR_WORK, row]
    for k in range(BEFORE, AFTER):
        pred = np.uint64(own[row, k])
        asked = max_of(times[pred, ENDED], asked)
        given = max_of(times[pred, PLACED] + times[pred, WORKED], given)
    link = np.int64(own[row, LINKS]) + CLOSE
    while link < own[row, LINKS_END]:
        pred = np.uint64(tape.ends[np.uint64(link), FROM])
        asked = max_of(times[pred, ENDED], asked)
        given = max_of(times[pred, PLACED] + times[pred, WORKED], given)
        link += 1
    return asked, given if c >= 0 else asked


@merged
def _asked_by_links(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, c: Whole
) -> tuple[Real, Real]:
    """What links and floors ask of a prompt row, by the clock and in working time; see which links
    drive it."""
    times = desk.times
    first, last = np.uint64(tape.own[row, LINKS]), np.uint64(tape.own[row, LINKS_END])
    asked = network.floors[START_FLOOR, row]
    given = asked if c < 0 else network.floors[START_FLOOR_WORK, row]
    for link in range(first, last):
        pred = np.uint64(tape.ends[link, FROM])
        clock = times[pred, ENDED]
        alone = clock
        if c >= 0:
            if tape.ends[link, SAME]:
                alone = times[pred, PLACED] + times[pred, WORKED]
            else:
                alone = convert(network.numbers, network.places, c, WORK_AT, clock, lanes.trouble)
        desk.clocks[link - first] = alone
        asked, given = max_of(clock, asked), max_of(alone, given)
    _add_links(lanes, desk, row, first, last, given)
    return asked, given


@merged
def _add_links(
    lanes: Lanes, desk: Desk, row: Whole, first: Whole, last: Whole, given: float
) -> None:
    """See which links ask for what a row was given; add up where links meet."""
    some, ready = last - first > np.uint64(1), -np.inf
    for link in range(first, last):
        alone = desk.clocks[link - first]
        desk.driven[link] = alone == given
        if some:
            ready = max_of(alone, ready)
            lanes.sums[ALONE, link] += held(alone)
    if some:
        lanes.sums[READY, row] += held(ready)


@apart
def ready_otherwise(network: NetworkTape, lanes: Lanes, row: Whole, known: float, j: Whole) -> Real:
    """When a row that is not easy is ready; an absent one stands there."""
    meet(network, lanes, row, j)
    return readied(network, lanes, row, known, j)


@apart
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
    first, last = np.uint64(tape.own[row, LINKS]), np.uint64(tape.own[row, LINKS_END])
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
    times[row, PLACED] = _drive_easily(network, tape, lanes, desk, row, asked)
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
def _drive_easily(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, asked: float
) -> Real:
    """See which links drive a row, in its working time if it works; add up where links meet. What
    it was asked for in that time."""
    first, last = np.uint64(tape.own[row, LINKS]), np.uint64(tape.own[row, LINKS_END])
    c, given = np.int64(tape.own[row, OPEN]), asked
    if c >= 0 and desk.times[row, WORKED] > 0.0:
        given = convert(network.numbers, network.places, c, WORK_AT, asked, lanes.trouble)
        for link in range(first, last):
            alone = desk.clocks[link - first]
            if alone == asked:
                alone = given
            else:
                alone = convert(network.numbers, network.places, c, WORK_AT, alone, lanes.trouble)
            desk.clocks[link - first] = alone
    _add_links(lanes, desk, row, first, last, given)
    return given


@merged
def start_easily(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, ready: float
) -> Real:
    """The first instant at which an easy row may start once it is ready; where it stands then."""
    c = np.int64(tape.own[row, OPEN])
    if c < 0:
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
    desk.counts[TURNS] = 1
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
