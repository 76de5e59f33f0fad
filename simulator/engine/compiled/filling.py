"""Clock times of rows and links for all lanes, made when they are first asked for."""

import numpy as np

from simulator.engine.compiled.calendars import to_finish, to_start, to_work
from simulator.engine.compiled.jit import Whole, inner
from simulator.engine.compiled.lanes import (
    ENDS,
    FINISH,
    HAS_FINISH,
    HAS_START,
    IDLE,
    ODD,
    POSITION,
    START,
    WORK,
    Lanes,
)
from simulator.engine.compiled.network_tape import (
    CALENDAR,
    FROM_FINISH,
    LAG,
    LAG_CALENDAR,
    LAGGED,
    PASSES,
    PRED,
    STOPS,
    STOPS_END,
    NetworkTape,
)
from simulator.engine.compiled.singles import clock_of
from simulator.plan.work_calendar import Floats


@inner
def fill_clock(tape: NetworkTape, lanes: Lanes, row: Whole, finish: Whole, n: Whole) -> None:
    """Fill the starts or finishes of a row by the clock, unless that has been done."""
    kind = HAS_FINISH if finish else HAS_START
    if lanes.known[kind, row]:
        return
    c, work = np.int64(tape.rows[CALENDAR, row]), lanes.times[WORK, row]
    out = lanes.times[FINISH if finish else START, row]
    given, made = lanes.times[ENDS if finish else POSITION, row], lanes.spare[0]
    if c < 0:
        for j in range(n):
            out[j] = given[j]
    else:
        if finish:
            to_finish(tape.numbers, tape.places, c, given, made, n, lanes.trouble)
        else:
            to_start(tape.numbers, tape.places, c, given, made, n, lanes.trouble)
        odd = tape.rows[STOPS, row] < tape.rows[STOPS_END, row]
        passes = lanes.known[IDLE, row] and tape.rows[PASSES, row]
        for j in range(n):
            if odd and lanes.marked[ODD, j]:
                continue
            if work[j] > 0.0:
                out[j] = made[j]
            elif passes:
                out[j] = clock_of(tape, lanes, row, finish, j)
    lanes.known[kind, row] = 1


@inner
def in_work(
    tape: NetworkTape, lanes: Lanes, c: Whole, clock: Floats, out: Floats, n: Whole
) -> None:
    """Instants in working time of a calendar, of the clock if c is negative."""
    if c >= 0:
        to_work(tape.numbers, tape.places, c, clock, out, n, lanes.trouble)
    else:
        for j in range(n):
            out[j] = clock[j]


@inner
def link_clock_of(tape: NetworkTape, lanes: Lanes, link: Whole, moved: Floats, n: Whole) -> None:
    """The instants that a link with a fixed lag asks for, into a row of `spare` but the first."""
    pred, finish = np.int64(tape.links[PRED, link]), np.int64(tape.links[FROM_FINISH, link])
    lag, lags = tape.lags[LAG, link], np.int64(tape.links[LAG_CALENDAR, link])
    fill_clock(tape, lanes, pred, finish, n)
    clock = lanes.times[FINISH if finish else START, pred]
    if lags < 0 or not tape.links[LAGGED, link]:
        for j in range(n):
            moved[j] = clock[j] + lag
        return
    to_work(tape.numbers, tape.places, lags, clock, moved, n, lanes.trouble)
    for j in range(n):
        moved[j] += lag
    if lag > 0.0:
        to_finish(tape.numbers, tape.places, lags, moved, moved, n, lanes.trouble)
    else:
        to_start(tape.numbers, tape.places, lags, moved, moved, n, lanes.trouble)
