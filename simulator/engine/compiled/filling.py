"""Clock times of rows and links for all lanes, made when they are first asked for."""

import numpy as np

from simulator.engine.compiled.calendars import FINISH_AT, START_AT, WORK_AT, convert_all
from simulator.engine.compiled.clocks import clock_of
from simulator.engine.compiled.jit import Whole, inner
from simulator.engine.compiled.lanes import (
    CUT,
    ENDS,
    FINISH,
    HAS_FINISH,
    HAS_START,
    IDLE,
    ODD,
    POSITION,
    START,
    STOPPING,
    UNEVEN,
    WORK,
    Lanes,
)
from simulator.engine.compiled.network_tape import CALENDAR, PASSES, NetworkTape
from simulator.plan.work_calendar import Floats


@inner
def fill_clock(tape: NetworkTape, lanes: Lanes, row: Whole, finish: Whole, n: Whole) -> None:
    """Fill the starts or finishes of a row by the clock, unless that has been done."""
    kind = HAS_FINISH if finish else HAS_START
    if lanes.known[kind, row]:
        return
    lanes.known[kind, row] = 1
    c, known, way = np.int64(tape.rows[CALENDAR, row]), lanes.known, START_AT
    out, given = lanes.times[START, row], lanes.times[POSITION, row]
    if finish:
        out, given, way = lanes.times[FINISH, row], lanes.times[ENDS, row], FINISH_AT
    if c < 0:
        for j in range(n):
            out[j] = given[j]
        return
    mixed = known[IDLE, row] or known[CUT, row]
    made = lanes.spare[0] if mixed else out
    convert_all(tape.numbers, tape.places, c, way, given, made, n, lanes.trouble)
    if mixed:
        lanes.known[kind, row] = 0
        _mix(tape, lanes, row, finish, n)
        lanes.known[kind, row] = 1


@inner
def fill_working(tape: NetworkTape, lanes: Lanes, row: Whole, finish: Whole, n: Whole) -> None:
    """Fill them where the row works, as the last thing that is done: elsewhere is anything."""
    c, known = np.int64(tape.rows[CALENDAR, row]), lanes.known
    if c < 0 or known[HAS_FINISH if finish else HAS_START, row] or known[CUT, row]:
        fill_clock(tape, lanes, row, finish, n)
    elif finish:
        given, out = lanes.times[ENDS, row], lanes.times[FINISH, row]
        convert_all(tape.numbers, tape.places, c, FINISH_AT, given, out, n, lanes.trouble)
    else:
        given, out = lanes.times[POSITION, row], lanes.times[START, row]
        convert_all(tape.numbers, tape.places, c, START_AT, given, out, n, lanes.trouble)


@inner
def _mix(tape: NetworkTape, lanes: Lanes, row: Whole, finish: Whole, n: Whole) -> None:
    """Take the clock times in `spare` where a row works, and others where it does not."""
    work, out = lanes.times[WORK, row], lanes.times[FINISH if finish else START, row]
    made, also, cut = lanes.spare[0], lanes.spare[0], lanes.known[CUT, row] != 0
    marked, c = lanes.marked[ODD], np.int64(tape.rows[CALENDAR, row])
    if lanes.known[UNEVEN, row]:
        also = out
    elif not finish and lanes.known[IDLE, row]:
        also, given = lanes.spare[3], lanes.times[ENDS, row]
        convert_all(tape.numbers, tape.places, c, FINISH_AT, given, also, n, lanes.trouble)
    for j in range(n):
        own = made[j] if work[j] > 0.0 else also[j]
        out[j] = out[j] if cut and marked[j] != 0 else own
    if lanes.known[UNEVEN, row] and tape.rows[PASSES, row]:
        for j in range(n):
            if not work[j] > 0.0:
                out[j] = clock_of(tape, lanes, row, finish, j)
    if cut:
        for k in range(1, 1 + lanes.marked[STOPPING, 0]):
            lane = np.int64(lanes.marked[STOPPING, k])
            out[lane] = clock_of(tape, lanes, row, finish, lane)


@inner
def in_work(
    tape: NetworkTape, lanes: Lanes, c: Whole, clock: Floats, out: Floats, n: Whole
) -> None:
    """Instants in working time of a calendar, of the clock if c is negative."""
    if c >= 0:
        convert_all(tape.numbers, tape.places, c, WORK_AT, clock, out, n, lanes.trouble)
    else:
        for j in range(n):
            out[j] = clock[j]
