"""A row placed in working time of its own calendar, all lanes at once, whatever its links."""

import numpy as np

from simulator.engine.compiled.calendars import to_start, to_work
from simulator.engine.compiled.drives import held, pack, whole_sum
from simulator.engine.compiled.filling import in_work, link_clock_of
from simulator.engine.compiled.jit import Whole, inner
from simulator.engine.compiled.lanes import ALONE, ENDS, POSITION, READY, REDO, SPARE, WORK, Lanes
from simulator.engine.compiled.network_tape import (
    CALENDAR,
    DIRECT,
    ELAPSED,
    FIRST,
    FLOORS,
    FLOORS_END,
    FROM_FINISH,
    LAG,
    LAST,
    PRED,
    SNAP,
    START_FLOOR,
    START_FLOOR_WORK,
    TO_FINISH,
    NetworkTape,
)
from simulator.plan.work_calendar import Floats


@inner
def place_quickly(tape: NetworkTape, lanes: Lanes, row: Whole, redo: Whole, n: Whole) -> None:
    """Place a row by positions; the lanes to redo count in no sum."""
    first, last = tape.rows[FIRST, row], tape.rows[LAST, row]
    position, ends = lanes.times[POSITION, row], lanes.times[ENDS, row]
    floor, work = tape.floors[START_FLOOR_WORK, row], lanes.times[WORK, row]
    ready, c = lanes.spare[2], np.int64(tape.rows[CALENDAR, row])
    for j in range(n):
        ready[j] = -np.inf
        position[j] = floor
    for k in range(tape.rows[FLOORS, row], tape.rows[FLOORS_END, row]):
        date = lanes.spare[0]
        in_work(tape, lanes, c, lanes.amounts[tape.lists[k] // 2], date, n)
        for j in range(n):
            own = date[j] - work[j] if tape.lists[k] % 2 else date[j]
            position[j] = own if own > position[j] else position[j]
    for link in range(first, last):
        alone = lanes.spare[SPARE + link - first]
        _alone(tape, lanes, row, link, alone, n)
        if tape.links[TO_FINISH, link]:
            for j in range(n):
                alone[j] -= work[j]
        for j in range(n):
            ready[j] = alone[j] if alone[j] > ready[j] else ready[j]
    for j in range(n):
        position[j] = ready[j] if ready[j] > position[j] else position[j]
    _drive_quickly(tape, lanes, row, redo, n)
    if tape.rows[ELAPSED, row] >= 0:
        _wait_elapsed(tape, lanes, row, n)
    snap = np.int64(tape.rows[SNAP, row])
    if c < 0 and snap >= 0:
        to_work(tape.numbers, tape.places, snap, position, ready, n, lanes.trouble)
        to_start(tape.numbers, tape.places, snap, ready, position, n, lanes.trouble)
    for j in range(n):
        ends[j] = position[j] + work[j]


@inner
def _drive_quickly(tape: NetworkTape, lanes: Lanes, row: Whole, redo: Whole, n: Whole) -> None:
    """Which links put a row where it is asked to be, and sums of where each would put it.

    A row on the clock that moves to working time compares in that time.
    """
    first, last = tape.rows[FIRST, row], tape.rows[LAST, row]
    if first == last:
        return
    asked, ready = lanes.times[POSITION, row], lanes.spare[2]
    snap = np.int64(tape.rows[SNAP, row])
    if tape.rows[CALENDAR, row] < 0 and snap >= 0:
        moved = lanes.spare[0]
        to_work(tape.numbers, tape.places, snap, asked, moved, n, lanes.trouble)
        asked = moved
        to_work(tape.numbers, tape.places, snap, ready, ready, n, lanes.trouble)
        for link in range(first, last):
            alone = lanes.spare[SPARE + link - first]
            to_work(tape.numbers, tape.places, snap, alone, alone, n, lanes.trouble)
    for link in range(first, last):
        alone = lanes.spare[SPARE + link - first]
        pack(alone, asked, lanes.drives, link)
        if last - first > 1:
            lanes.sums[ALONE, link] += _sum_but(alone, lanes, redo, n)
    if last - first > 1:
        lanes.sums[READY, row] += _sum_but(ready, lanes, redo, n)


@inner
def _sum_but(values: Floats, lanes: Lanes, redo: Whole, n: Whole) -> Whole:
    """The sum of all lanes but those to redo."""
    total = whole_sum(values, n)
    for k in range(redo):
        total -= held(values[lanes.marked[REDO, k]])
    return total


@inner
def _wait_elapsed(tape: NetworkTape, lanes: Lanes, row: Whole, n: Whole) -> None:
    """Move a row by its elapsed waits, from the clock time that its links ask for."""
    asked, moved = lanes.spare[2], lanes.spare[1]
    position, waits = lanes.times[POSITION, row], lanes.amounts[tape.rows[ELAPSED, row]]
    for j in range(n):
        asked[j] = tape.floors[START_FLOOR, row]
    for link in range(tape.rows[FIRST, row], tape.rows[LAST, row]):
        link_clock_of(tape, lanes, link, moved, n)
        for j in range(n):
            asked[j] = moved[j] if moved[j] > asked[j] else asked[j]
    for j in range(n):
        asked[j] += waits[j]
    in_work(tape, lanes, np.int64(tape.rows[CALENDAR, row]), asked, position, n)


@inner
def _alone(tape: NetworkTape, lanes: Lanes, row: Whole, link: Whole, out: Floats, n: Whole) -> None:
    """Where a link alone would put the start of a row that works."""
    pred, c = np.int64(tape.links[PRED, link]), np.int64(tape.rows[CALENDAR, row])
    finish, lag = np.int64(tape.links[FROM_FINISH, link]), tape.lags[LAG, link]
    if tape.links[DIRECT, link]:
        given = lanes.times[ENDS if finish else POSITION, pred]
        for j in range(n):
            out[j] = given[j] + lag
        return
    moved = lanes.spare[1]
    link_clock_of(tape, lanes, link, moved, n)
    in_work(tape, lanes, c, moved, out, n)
