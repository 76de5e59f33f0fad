"""The forward pass over some lanes: every row in the plan's order.

Most rows never meet a clock: they are placed in working time of their own calendar, all lanes at
once, and clock times are made where something asks for them. What does not fit that - rows under
waits, caps or gates, lanes without work, lanes that may be stopped - is placed lane by lane.
"""

import numpy as np

from simulator.engine.compiled.clocks import link_clocks
from simulator.engine.compiled.drives import add_up, drive, whole_sum
from simulator.engine.compiled.filling import fill_clock
from simulator.engine.compiled.gates import settle, stop_row, stop_some
from simulator.engine.compiled.jit import Whole, inlined, inner, merged
from simulator.engine.compiled.lanes import (
    ASKED,
    CUT,
    ENDED,
    ENDS,
    EXISTS,
    HAS_FINISH,
    HAS_START,
    IDLE,
    INSTANT,
    ODD,
    REDO,
    SETTLED,
    STOPPED,
    STOPPING,
    UNEVEN,
    WORK,
    Lanes,
)
from simulator.engine.compiled.network_tape import (
    ALWAYS,
    AT_FIRST_DELAY,
    AT_FIRST_ELAPSED,
    AT_FIRST_WORKING,
    AT_OCCURS,
    AT_STOP,
    BOARD,
    CALENDAR,
    DIRECT,
    END_GATES,
    END_GATES_END,
    FIRST,
    FROM_FINISH,
    GATES,
    GATES_END,
    INSTANTS,
    LAST,
    LATE,
    LEAN,
    MODE,
    PASSES,
    PLAIN,
    PRED,
    SINGLY,
    SLOTS,
    SLOTS_END,
    SPAN,
    STOP_COUNT,
    SUMS,
    VERSION,
    WORKS,
    NetworkTape,
)
from simulator.engine.compiled.plain import place_lean_rows, place_plainly
from simulator.engine.compiled.quick import place_quickly
from simulator.engine.compiled.singles import ask, passed_on, place
from simulator.engine.compiled.spans import span_all


@inner
def schedule(tape: NetworkTape, lanes: Lanes, n: Whole) -> None:
    """Schedule every row; its work, presence and amounts stand in `lanes`."""
    begin(tape, lanes, n)
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
        stopping = table[LATE, row] == 1 and lanes.marked[STOPPING, 0] > 0
        if mode == LEAN:
            if row == 0 or table[MODE, row - 1] != LEAN:
                words = np.uint64(drives.shape[1])
                place_lean_rows(table, floors, links, times, np.uint64(row), words)
        elif mode == PLAIN and redo == 0 and not stopping:
            place_plainly(table, floors, links, times, drives, sums, np.uint64(row), np.uint64(n))
        elif mode != SPAN:
            _place_otherwise(tape, lanes, row, redo, n)
    settle(tape, lanes, tape.lists[END_GATES], tape.lists[END_GATES_END], n)
    for row in range(rows):
        if table[LATE, row] >= 2:
            for k in range(1, 1 + lanes.marked[STOPPING, 0]):
                j = np.int64(lanes.marked[STOPPING, k])
                link_clocks(tape, lanes, row, j)
                drive(tape, lanes, row, j)
    span_all(tape, lanes, n)


@inlined
def _place_otherwise(tape: NetworkTape, lanes: Lanes, row: Whole, redo: Whole, n: Whole) -> None:
    """Place a row by positions, and the lanes that do not fit this one by one."""
    quick, late = tape.rows[MODE, row] < SINGLY, tape.rows[LATE, row]
    if quick:
        place_quickly(tape, lanes, row, n)
    else:
        lanes.known[HAS_START, row] = lanes.known[HAS_FINISH, row] = 1
    if 8 * redo > n:
        for link in range(tape.rows[FIRST, row], tape.rows[LAST, row]):
            pred = np.int64(tape.links[PRED, link])
            fill_clock(tape, lanes, pred, np.int64(tape.links[FROM_FINISH, link]), n)
    if redo:
        _place_listed(tape, lanes, row, redo)
    if quick:
        if late == 1:
            redo = stop_some(tape, lanes, row, redo)
        add_up(tape, lanes, row, redo, n)
    if redo:
        _drive_listed(tape, lanes, row, redo)
    if tape.rows[SUMS, row]:
        lanes.sums[ENDED, row] = whole_sum(lanes.times[ENDS, row], n)


@inner
def _place_listed(tape: NetworkTape, lanes: Lanes, row: Whole, redo: Whole) -> None:
    """Place a row in the lanes listed, one by one."""
    late = tape.rows[LATE, row]
    for k in range(redo):
        j = np.int64(lanes.marked[REDO, k])
        place(tape, lanes, row, j)
        if late & 1 and lanes.marked[ODD, j]:
            stop_row(tape, lanes, row, j)


@inner
def _drive_listed(tape: NetworkTape, lanes: Lanes, row: Whole, redo: Whole) -> None:
    """See which links drive a row in the lanes listed."""
    late = tape.rows[LATE, row]
    for k in range(redo):
        j = np.int64(lanes.marked[REDO, k])
        if not (late >= 2 and lanes.marked[ODD, j]):
            drive(tape, lanes, row, j)


@inlined
def begin(tape: NetworkTape, lanes: Lanes, n: Whole) -> None:
    """Forget the lanes before, and see in which of these something may stop."""
    for kind in range(lanes.known.shape[0]):
        for row in range(lanes.known.shape[1]):
            lanes.known[kind, row] = 0
    for slot in range(lanes.marked.shape[1]):
        lanes.marked[SETTLED, slot] = 0
    stops, count = tape.lists[STOP_COUNT], 0
    for j in range(n):
        odd = False
        for stop in range(stops):
            odd |= lanes.amounts[tape.lists[AT_STOP] + stop, j] < np.inf
            for epoch in range(len(tape.thresholds) + 1):
                odd |= lanes.amounts[tape.lists[AT_OCCURS] + epoch * stops + stop, j] > 0.0
        lanes.marked[ODD, j] = np.int32(odd)
        lanes.marked[STOPPING, count + 1] = j
        count += odd
    lanes.marked[STOPPING, 0] = count


@merged
def _to_redo(tape: NetworkTape, lanes: Lanes, row: Whole, n: Whole) -> Whole:
    """List the lanes in which a row must be placed by itself; absent rows do no work."""
    work, exists, table = lanes.times[WORK, row], lanes.flags[EXISTS, row], tape.rows
    alone, late, clock = table[MODE, row] == SINGLY, table[LATE, row], table[CALENDAR, row] < 0
    if not table[ALWAYS, row]:
        for j in range(n):
            work[j] = work[j] if exists[j] else 0.0
    if table[VERSION, row] < 0:
        _meet(tape, lanes, row, n)
    some = every = False
    for j in range(n):
        some |= work[j] <= 0.0
    if some and table[INSTANTS, row]:
        every = True
        for j in range(n):
            every &= work[j] <= 0.0
        lanes.known[INSTANT, row] = every
    _know(tape, lanes, row, some)
    slots = table[SLOTS, row] < table[SLOTS_END, row]
    idle = some and not (every or table[PASSES, row])
    if not (alone or idle or slots or late >= 2):
        return 0
    listed, odd, count = lanes.marked[REDO], lanes.marked[ODD], 0
    for j in range(n):
        listed[count] = j
        standing = idle and work[j] <= 0.0 and not (clock and exists[j] != 0)
        standing |= alone or (late >= 2 and odd[j] != 0)
        count += standing or (slots and _waits(tape, lanes, row, j))
    return count


@inlined
def _know(tape: NetworkTape, lanes: Lanes, row: Whole, idle: bool) -> None:
    """Note whether a row is idle in some lane, and whether its ends then tell its finishes."""
    known, link = lanes.known, tape.rows[FIRST, row]
    known[IDLE, row] = np.uint8(idle)
    known[UNEVEN, row] = np.uint8(idle or tape.rows[BOARD, row] != 0)
    known[CUT, row] = np.uint8(tape.rows[LATE, row] == 3 and lanes.marked[STOPPING, 0] > 0)
    if idle and tape.rows[PASSES, row] and tape.links[DIRECT, link]:
        pred, finish = np.int64(tape.links[PRED, link]), tape.links[FROM_FINISH, link]
        known[CUT, row] |= known[CUT, pred]
        known[UNEVEN, row] = known[UNEVEN, pred] if finish else np.uint8(1)


@inlined
def _meet(tape: NetworkTape, lanes: Lanes, row: Whole, n: Whole) -> None:
    """Add the delays by hits that a row was the first to meet to its work."""
    work = lanes.times[WORK, row]
    for k in range(tape.rows[SLOTS, row], tape.rows[SLOTS_END, row]):
        if lanes.marked[SETTLED, tape.lists[k]]:
            delay = lanes.amounts[tape.lists[AT_FIRST_DELAY] + tape.lists[k]]
            for j in range(n):
                work[j] = max(work[j] + delay[j], 0.0)


@merged
def _waits(tape: NetworkTape, lanes: Lanes, row: Whole, j: Whole) -> bool:
    """Whether a row waits for hits that it was the first to meet."""
    found = False
    for k in range(tape.rows[SLOTS, row], tape.rows[SLOTS_END, row]):
        found |= lanes.amounts[tape.lists[AT_FIRST_ELAPSED] + tape.lists[k], j] != 0.0
        found |= lanes.amounts[tape.lists[AT_FIRST_WORKING] + tape.lists[k], j] != 0.0
    return found


@inner
def ask_all(tape: NetworkTape, lanes: Lanes, n: Whole) -> None:
    """Fill every clock time, and what each row was asked for, of a schedule that stands."""
    for row in range(tape.rows.shape[1]):
        fill_clock(tape, lanes, row, np.int64(0), n)
        fill_clock(tape, lanes, row, np.int64(1), n)
    for row in range(tape.rows.shape[1]):
        if tape.rows[MODE, row] >= SINGLY:
            continue
        for j in range(n):
            late = tape.rows[LATE, row] >= 2 and lanes.marked[ODD, j] != 0
            if late or lanes.flags[STOPPED, row, j]:
                continue
            if lanes.flags[EXISTS, row, j]:
                asked = ask(tape, lanes, row, lanes.times[WORK, row, j], j)
            else:
                asked = passed_on(tape, lanes, row, j)
            lanes.times[ASKED, row, j] = asked
