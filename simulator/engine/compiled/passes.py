"""The forward pass over some lanes: every row in the plan's order.

Most rows never meet a clock: they are placed in working time of their own calendar, all lanes at
once, and clock times are made where something asks for them. What does not fit that - rows under
waits, caps or gates, lanes without work, lanes that may be stopped - is placed lane by lane.
"""

import numpy as np

from simulator.engine.compiled.drives import drive, whole_sum
from simulator.engine.compiled.filling import fill_clock
from simulator.engine.compiled.gates import settle, stop_row
from simulator.engine.compiled.jit import Whole, frugal, inner
from simulator.engine.compiled.lanes import (
    ASKED,
    ENDED,
    ENDS,
    EXISTS,
    HAS_FINISH,
    HAS_START,
    IDLE,
    ODD,
    REDO,
    SETTLED,
    WORK,
    Lanes,
)
from simulator.engine.compiled.network_tape import (
    ALWAYS,
    AT_FIRST_DELAY,
    AT_OCCURS,
    AT_STOP,
    CALENDAR,
    END_GATES,
    END_GATES_END,
    GATES,
    GATES_END,
    LATE,
    MODE,
    PASSES,
    PLAIN,
    SINGLY,
    SLOTS,
    SLOTS_END,
    SPAN,
    STOP_COUNT,
    STOPS,
    STOPS_END,
    SUMS,
    WORKS,
    NetworkTape,
)
from simulator.engine.compiled.plain import place_plainly
from simulator.engine.compiled.quick import place_quickly
from simulator.engine.compiled.singles import ask, passed_on, place
from simulator.engine.compiled.spans import span_all


@frugal
def schedule(tape: NetworkTape, lanes: Lanes, n: Whole) -> None:
    """Schedule every row; its work, presence and amounts stand in `lanes`."""
    _begin(tape, lanes, n)
    table, floors, links, times = tape.rows, tape.floors, tape.links, lanes.times
    drives, sums = lanes.drives, lanes.sums
    rows = table.shape[1]
    for row in range(rows):
        mode = table[MODE, row]
        if table[GATES, row] < table[GATES_END, row]:
            settle(tape, lanes, table[GATES, row], table[GATES_END, row], n)
        steady = table[ALWAYS, row] != 0 and table[CALENDAR, row] < 0 and table[LATE, row] == 0
        steady &= table[SLOTS, row] == table[SLOTS_END, row]
        steady = mode < SINGLY and (steady or table[WORKS, row] != 0)
        redo = 0 if steady else _to_redo(tape, lanes, row, n)
        if mode == PLAIN and redo == 0:
            place_plainly(table, floors, links, times, drives, sums, np.uint64(row), np.uint64(n))
        elif mode != SPAN:
            _place_otherwise(tape, lanes, row, redo, n)
    settle(tape, lanes, tape.lists[END_GATES], tape.lists[END_GATES_END], n)
    for row in range(rows):
        if tape.rows[LATE, row]:
            for j in range(n):
                if lanes.marked[ODD, j]:
                    drive(tape, lanes, row, j)
    span_all(tape, lanes, n)


@inner
def _place_otherwise(tape: NetworkTape, lanes: Lanes, row: Whole, redo: Whole, n: Whole) -> None:
    """Place a row by positions, and the lanes that do not fit this one by one."""
    if tape.rows[MODE, row] < SINGLY:
        place_quickly(tape, lanes, row, redo, n)
    else:
        lanes.known[HAS_START, row] = lanes.known[HAS_FINISH, row] = 1
    stoppable = tape.rows[STOPS, row] < tape.rows[STOPS_END, row]
    for k in range(redo):
        j = np.int64(lanes.marked[REDO, k])
        place(tape, lanes, row, j)
        if stoppable and lanes.marked[ODD, j]:
            stop_row(tape, lanes, row, j)
        if not (tape.rows[LATE, row] and lanes.marked[ODD, j]):
            drive(tape, lanes, row, j)
    if tape.rows[SUMS, row]:
        lanes.sums[ENDED, row] = whole_sum(lanes.times[ENDS, row], n)


@inner
def _begin(tape: NetworkTape, lanes: Lanes, n: Whole) -> None:
    """Forget the lanes before, and see in which of these something may stop."""
    for kind in range(3):
        for row in range(lanes.known.shape[1]):
            lanes.known[kind, row] = 0
    for slot in range(lanes.marked.shape[1]):
        lanes.marked[SETTLED, slot] = 0
    stops = tape.lists[STOP_COUNT]
    for j in range(n):
        odd = False
        for stop in range(stops):
            odd |= lanes.amounts[tape.lists[AT_STOP] + stop, j] < np.inf
            for epoch in range(len(tape.thresholds) + 1):
                odd |= lanes.amounts[tape.lists[AT_OCCURS] + epoch * stops + stop, j] > 0.0
        lanes.marked[ODD, j] = np.int32(odd)


@inner
def _to_redo(tape: NetworkTape, lanes: Lanes, row: Whole, n: Whole) -> Whole:
    """List the lanes in which a row must be placed by itself; absent rows do no work."""
    work, listed = lanes.times[WORK, row], lanes.marked[REDO]
    if not tape.rows[ALWAYS, row]:
        exists = lanes.flags[EXISTS, row]
        for j in range(n):
            work[j] = work[j] if exists[j] else 0.0
    elif (
        tape.rows[MODE, row] < SINGLY
        and tape.rows[CALENDAR, row] < 0
        and not tape.rows[LATE, row]
        and tape.rows[SLOTS, row] == tape.rows[SLOTS_END, row]
    ):
        return 0
    least = np.inf
    for j in range(n):
        least = work[j] if work[j] < least else least
    lanes.known[IDLE, row] = np.uint8(least <= 0.0)
    alone = tape.rows[MODE, row] == SINGLY
    slots = tape.rows[SLOTS, row] < tape.rows[SLOTS_END, row]
    idle = least <= 0.0 and not tape.rows[PASSES, row]
    clock = tape.rows[CALENDAR, row] < 0
    if not (alone or idle or slots or tape.rows[LATE, row]):
        return 0
    count = 0
    for j in range(n):
        standing = idle and work[j] <= 0.0 and not (clock and lanes.flags[EXISTS, row, j])
        standing |= slots and _is_hit(tape, lanes, row, j)
        if alone or standing or (tape.rows[LATE, row] and lanes.marked[ODD, j]):
            listed[count] = j
            count += 1
    return count


@inner
def _is_hit(tape: NetworkTape, lanes: Lanes, row: Whole, j: Whole) -> bool:
    """Whether a hit on the first of several rows falls on this one."""
    found = False
    for k in range(tape.rows[SLOTS, row], tape.rows[SLOTS_END, row]):
        for kind in range(3):
            at = tape.lists[AT_FIRST_DELAY + kind] + tape.lists[k]
            found |= lanes.amounts[at, j] != 0.0
    return found


@frugal
def ask_all(tape: NetworkTape, lanes: Lanes, n: Whole) -> None:
    """Fill every clock time, and what each row was asked for, of a schedule that stands."""
    for row in range(tape.rows.shape[1]):
        fill_clock(tape, lanes, row, np.int64(0), n)
        fill_clock(tape, lanes, row, np.int64(1), n)
    for row in range(tape.rows.shape[1]):
        if tape.rows[MODE, row] >= SINGLY:
            continue
        for j in range(n):
            if tape.rows[LATE, row] and lanes.marked[ODD, j]:
                continue
            if lanes.flags[EXISTS, row, j]:
                asked = ask(tape, lanes, row, lanes.times[WORK, row, j], j)
            else:
                asked = passed_on(tape, lanes, row, j)
            lanes.times[ASKED, row, j] = asked
