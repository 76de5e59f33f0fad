"""Clock times of one row in one iteration, and the instants that its links ask for."""

import numpy as np

from simulator.engine.compiled.calendars import FINISH_AT, START_AT, convert, shifted
from simulator.engine.compiled.jit import Real, Whole, merged
from simulator.engine.compiled.lanes import (
    ENDS,
    EXISTS,
    FINISH,
    HAS_FINISH,
    HAS_START,
    ODD,
    POSITION,
    SPARE,
    START,
    STOPPED,
    WORK,
    Lanes,
)
from simulator.engine.compiled.network_tape import (
    CALENDAR,
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
    PASSES,
    PRED,
    SHARE_OF,
    NetworkTape,
)


@merged
def clock_of(tape: NetworkTape, lanes: Lanes, row: Whole, finish: Whole, j: Whole) -> Real:
    """Start or finish of a row by the clock."""
    while True:
        if lanes.known[HAS_FINISH if finish else HAS_START, row]:
            break
        c = tape.rows[CALENDAR, row]
        if c < 0:
            return lanes.times[ENDS if finish else POSITION, row, j]
        late = tape.rows[LATE, row]
        if late and (lanes.flags[STOPPED, row, j] or (late >= 2 and lanes.marked[ODD, j])):
            break
        if lanes.times[WORK, row, j] > 0.0:
            position = lanes.times[ENDS if finish else POSITION, row, j]
            way = FINISH_AT if finish else START_AT
            return convert(tape.numbers, tape.places, c, way, position, lanes.trouble)
        if not tape.rows[PASSES, row]:
            break
        link = tape.rows[FIRST, row]
        row, finish = np.int64(tape.links[PRED, link]), np.int64(tape.links[FROM_FINISH, link])
    return lanes.times[FINISH if finish else START, row, j]


@merged
def link_clocks(tape: NetworkTape, lanes: Lanes, row: Whole, j: Whole) -> Whole:
    """Note the instants that the links into a row ask for in `spare`; where they begin there."""
    at, first = np.int64(SPARE + (len(lanes.spare) - SPARE) // 2), np.int64(tape.rows[FIRST, row])
    for link in range(first, np.int64(tape.rows[LAST, row])):
        lanes.spare[at + link - first, j] = _link_clock(tape, lanes, row, link, j)
    return at


@merged
def _link_clock(tape: NetworkTape, lanes: Lanes, row: Whole, link: Whole, j: Whole) -> Real:
    """The instant that a link into a row asks for; without its lag where the row is absent."""
    pred, finish = np.int64(tape.links[PRED, link]), np.int64(tape.links[FROM_FINISH, link])
    clock = clock_of(tape, lanes, pred, finish, j)
    if not tape.links[LAGGED, link] or not lanes.flags[EXISTS, row, j]:
        return clock
    lag = lag_of(tape, lanes, link, lanes.times[WORK, tape.links[SHARE_OF, link], j], j)
    c = np.int64(tape.links[LAG_CALENDAR, link])
    return shifted(tape.numbers, tape.places, c, clock, lag, lanes.trouble)


@merged
def lag_of(tape: NetworkTape, lanes: Lanes, link: Whole, done: float, j: Whole) -> Real:
    """The lag of a link in milliseconds, by the work done of the row that it may be a share of."""
    lag, drawn = tape.lags[LAG, link], tape.links[LAG_DRAWN, link]
    if drawn >= 0:
        lag = lanes.amounts[drawn, j]
        lag = np.rint(lag * done) if tape.links[LAG_DRAWN_SHARE, link] else lag
    elif not np.isnan(tape.lags[LAG_SHARE, link]):
        lag = np.rint(tape.lags[LAG_SHARE, link] * done)
    return lag
