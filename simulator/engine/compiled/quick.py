"""A row placed in working time of its own calendar, all lanes at once, whatever its links."""

import numpy as np

from simulator.engine.compiled.calendars import (
    FINISH_AT,
    START_AT,
    WORK_AT,
    convert,
    convert_all,
)
from simulator.engine.compiled.drives import pack
from simulator.engine.compiled.filling import fill_clock, in_work
from simulator.engine.compiled.jit import Whole, inlined, inner, merged
from simulator.engine.compiled.lanes import (
    ENDS,
    FINISH,
    HAS_FINISH,
    HAS_START,
    INSTANT,
    POSITION,
    SPARE,
    START,
    WORK,
    Lanes,
)
from simulator.engine.compiled.network_tape import (
    CALENDAR,
    DIRECT,
    ELAPSED,
    FIRST,
    FLOORS,
    FLOORS_END,
    FROM_FINISH,
    LAG,
    LAG_CALENDAR,
    LAG_DRAWN,
    LAG_DRAWN_SHARE,
    LAG_SHARE,
    LAGGED,
    LAST,
    PRED,
    SHARE_OF,
    SNAP,
    START_FLOOR,
    START_FLOOR_WORK,
    TO_FINISH,
    NetworkTape,
)
from simulator.plan.work_calendar import Floats


@merged
def place_quickly(tape: NetworkTape, lanes: Lanes, row: Whole, n: Whole) -> None:
    """Place a row by positions, and see which links put it where it is asked to be.

    Where each link alone would put it, and when all have, stays in `spare` for their sums. A row on
    the clock that moves to working time compares in that time. A row without work in any lane is
    an instant of the clock.
    """
    first, last = np.int64(tape.rows[FIRST, row]), np.int64(tape.rows[LAST, row])
    position, work = lanes.times[POSITION, row], lanes.times[WORK, row]
    c, instant = np.int64(tape.rows[CALENDAR, row]), lanes.known[INSTANT, row] != 0
    floor, snaps = tape.floors[START_FLOOR_WORK, row], c < 0 and tape.rows[SNAP, row] >= 0
    if instant:
        c, floor = np.int64(-1), tape.floors[START_FLOOR, row]
    elif snaps:
        c = np.int64(tape.rows[SNAP, row])
        floor = convert(tape.numbers, tape.places, c, WORK_AT, floor, lanes.trouble)
    _follow(tape, lanes, row, c, not (snaps or instant), n)
    ready = lanes.spare[2]
    for j in range(n):
        position[j] = ready[j] if ready[j] > floor else floor
    for k in range(tape.rows[FLOORS, row], tape.rows[FLOORS_END, row]):
        date, length = lanes.spare[0], np.float64(tape.lists[k] % 2)
        in_work(tape, lanes, c, lanes.amounts[tape.lists[k] // 2], date, n)
        for j in range(n):
            own = date[j] - length * work[j]
            position[j] = own if own > position[j] else position[j]
    for link in range(first, last):
        pack(lanes.spare[SPARE + link - first], position, lanes.drives, link)
    if tape.rows[ELAPSED, row] >= 0:
        _wait_elapsed(tape, lanes, row, c, n)
    if snaps:
        convert_all(tape.numbers, tape.places, c, START_AT, position, position, n, lanes.trouble)
    if instant:
        _stand(tape, lanes, row, n)
    for j in range(n):
        lanes.times[ENDS, row, j] = position[j] + work[j]


@inlined
def _follow(tape: NetworkTape, lanes: Lanes, row: Whole, c: Whole, in_row: bool, n: Whole) -> None:
    """Where each link alone would put a row, and when all have; `in_row` in its own calendar."""
    first, work = np.int64(tape.rows[FIRST, row]), lanes.times[WORK, row]
    ready = lanes.spare[2]
    for j in range(n):
        ready[j] = -np.inf
    for link in range(first, np.int64(tape.rows[LAST, row])):
        alone = lanes.spare[SPARE + link - first]
        _alone(tape, lanes, link, c, in_row and tape.links[DIRECT, link] != 0, alone, n)
        if tape.links[TO_FINISH, link]:
            for j in range(n):
                alone[j] -= work[j]
        for j in range(n):
            ready[j] = alone[j] if alone[j] > ready[j] else ready[j]


@inlined
def _stand(tape: NetworkTape, lanes: Lanes, row: Whole, n: Whole) -> None:
    """Note the clock times of a row that stands without work at a position by the clock."""
    position, c = lanes.times[POSITION, row], np.int64(tape.rows[CALENDAR, row])
    for j in range(n):
        lanes.times[START, row, j] = lanes.times[FINISH, row, j] = position[j]
    lanes.known[HAS_START, row] = lanes.known[HAS_FINISH, row] = 1
    in_work(tape, lanes, c, position, position, n)


@inlined
def _wait_elapsed(tape: NetworkTape, lanes: Lanes, row: Whole, c: Whole, n: Whole) -> None:
    """Move a row by its elapsed waits, from the clock time that its links ask for."""
    asked, moved = lanes.times[POSITION, row], lanes.spare[1]
    waits = lanes.amounts[tape.rows[ELAPSED, row]]
    for j in range(n):
        asked[j] = tape.floors[START_FLOOR, row]
    for link in range(np.int64(tape.rows[FIRST, row]), np.int64(tape.rows[LAST, row])):
        _alone(tape, lanes, link, np.int64(-1), False, moved, n)
        for j in range(n):
            asked[j] = moved[j] if moved[j] > asked[j] else asked[j]
    for j in range(n):
        asked[j] += waits[j]
    in_work(tape, lanes, c, asked, asked, n)


@inner
def _alone(
    tape: NetworkTape, lanes: Lanes, link: Whole, c: Whole, direct: bool, out: Floats, n: Whole
) -> None:
    """Where a link alone would put a row: in working time of calendar c, by the
    clock if that is negative; `direct` between rows of that calendar.

    What was a finish or start in working time is that working time again, so a lag in calendar c
    is added there. Lags that vary are in calendar c or on the clock.
    """
    pred, finish = np.int64(tape.links[PRED, link]), np.int64(tape.links[FROM_FINISH, link])
    lag, lags = tape.lags[LAG, link], np.int64(tape.links[LAG_CALENDAR, link])
    plane = ENDS if finish else POSITION
    if not direct and tape.rows[CALENDAR, pred] >= 0:
        fill_clock(tape, lanes, pred, finish, n)
        plane = FINISH if finish else START
    given = lanes.times[plane, pred]
    if not direct and tape.links[LAGGED, link] and lags >= 0:
        convert_all(tape.numbers, tape.places, lags, WORK_AT, given, out, n, lanes.trouble)
        given = out
    drawn, share = tape.links[LAG_DRAWN, link], tape.lags[LAG_SHARE, link]
    if drawn >= 0:
        _add_drawn(tape, lanes, link, given, out, n)
        given = out
    elif not np.isnan(share):
        done = lanes.times[WORK, tape.links[SHARE_OF, link]]
        for j in range(n):
            out[j] = given[j] + np.rint(share * done[j])
        given = out
    elif lag != 0.0 or direct or c < 0:
        for j in range(n):
            out[j] = given[j] + lag
        given = out
    if direct or (lags == c and tape.links[LAGGED, link]):
        return
    if tape.links[LAGGED, link] and lags >= 0:
        way = FINISH_AT if lag > 0.0 else START_AT
        convert_all(tape.numbers, tape.places, lags, way, given, out, n, lanes.trouble)
        given = out
    if c >= 0:
        convert_all(tape.numbers, tape.places, c, WORK_AT, given, out, n, lanes.trouble)


@inner
def _add_drawn(
    tape: NetworkTape, lanes: Lanes, link: Whole, given: Floats, out: Floats, n: Whole
) -> None:
    """Add a drawn lag, or a drawn share of a predecessor's work."""
    drawn = lanes.amounts[tape.links[LAG_DRAWN, link]]
    done = lanes.times[WORK, tape.links[SHARE_OF, link]]
    if tape.links[LAG_DRAWN_SHARE, link]:
        for j in range(n):
            out[j] = given[j] + np.rint(drawn[j] * done[j])
    else:
        for j in range(n):
            out[j] = given[j] + drawn[j]
