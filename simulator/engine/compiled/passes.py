"""The forward pass over some lanes: every row in the plan's order.

Most rows never meet a clock: they are placed in working time of their own calendar, all lanes at
once, and clock times are made where something asks for them. What does not fit that - rows under
waits, caps or gates, lanes without work, lanes that may be stopped - is placed lane by lane.
"""

import numpy as np

from simulator.engine.compiled.calendars import to_finish, to_start, to_work
from simulator.engine.compiled.drives import (
    RAISED,
    RAISED_BITS,
    drive,
    held,
    max_of,
    min_of,
    pack,
    pack_row,
    sum_row,
    whole_sum,
)
from simulator.engine.compiled.gates import settle, stop_row
from simulator.engine.compiled.jit import Whole, frugal, inlined, inner
from simulator.engine.compiled.lanes import (
    ALONE,
    ASKED,
    ENDED,
    ENDS,
    EXISTS,
    FINISH,
    HAS_FINISH,
    HAS_START,
    IDLE,
    ODD,
    POSITION,
    READY,
    REDO,
    SETTLED,
    SPARE,
    START,
    WORK,
    Bits,
    Ints,
    Lanes,
    Wide,
)
from simulator.engine.compiled.network_tape import (
    ALWAYS,
    AT_FIRST_DELAY,
    AT_OCCURS,
    AT_STOP,
    CALENDAR,
    DIRECT,
    ELAPSED,
    END_GATES,
    END_GATES_END,
    FIRST,
    FLOORS,
    FLOORS_END,
    FROM_FINISH,
    GATES,
    GATES_END,
    LAG,
    LAG_CALENDAR,
    LAGGED,
    LAST,
    LATE,
    MODE,
    PASSES,
    PLAIN,
    PRED,
    SINGLY,
    SLOTS,
    SLOTS_END,
    SNAP,
    SPAN,
    SPANS,
    SPANS_END,
    START_FLOOR,
    START_FLOOR_WORK,
    STOP_COUNT,
    STOPS,
    STOPS_END,
    SUMS,
    TO_FINISH,
    WORKS,
    NetworkTape,
)
from simulator.engine.compiled.singles import ask, clock_of, passed_on, place
from simulator.engine.sums import FURTHEST
from simulator.plan.work_calendar import Floats

FEW = 3
"""Links that are looked at together."""


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
            _place_plainly(table, floors, links, times, drives, sums, np.uint64(row), np.uint64(n))
        elif mode != SPAN:
            _place_otherwise(tape, lanes, row, redo, n)
    settle(tape, lanes, tape.lists[END_GATES], tape.lists[END_GATES_END], n)
    for row in range(rows):
        if tape.rows[LATE, row]:
            for j in range(n):
                if lanes.marked[ODD, j]:
                    drive(tape, lanes, row, j)
    _span_all(tape, lanes, n)


@inner
def _place_otherwise(tape: NetworkTape, lanes: Lanes, row: Whole, redo: Whole, n: Whole) -> None:
    """Place a row by positions, and the lanes that do not fit this one by one."""
    if tape.rows[MODE, row] < SINGLY:
        _place_quickly(tape, lanes, row, redo, n)
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


@inlined
def _place_plainly(
    table: Ints,
    floors: Floats,
    links: Ints,
    times: Floats,
    drives: Bits,
    sums: Wide,
    row: Whole,
    n: Whole,
) -> None:
    """Place a row behind finishes in its own calendar, and see which of them drive it.

    Arrays are indexed and never cut: a view costs as much as a hundred lanes.
    """
    first, last = np.uint64(table[FIRST, row]), np.uint64(table[LAST, row])
    floor, ready, ended = floors[START_FLOOR_WORK, row], np.int64(0), np.int64(0)
    if first == last:
        for j in range(n):
            times[POSITION, row, j] = floor
            times[ENDS, row, j] = floor + times[WORK, row, j]
        ended = sum_row(times, np.uint64(ENDS), row, n)
    elif last - first <= np.uint64(FEW) and n == np.uint64(64 * drives.shape[1]):
        ready, ended = _place_behind_few(links, times, drives, floor, row, first, last)
    else:
        for j in range(n):
            times[POSITION, row, j] = floor
        for link in range(first, last):
            one = np.uint64(links[PRED, link])
            for j in range(n):
                latest = max_of(times[ENDS, one, j], times[POSITION, row, j])
                times[POSITION, row, j] = latest
                times[ENDS, row, j] = latest + times[WORK, row, j]
        for link in range(first, last):
            pack_row(times, np.uint64(links[PRED, link]), row, drives, link)
        ready = sum_row(times, np.uint64(POSITION), row, n)
        ended = sum_row(times, np.uint64(ENDS), row, n)
    sums[ENDED, row] = ended
    if last - first > np.uint64(1):
        sums[READY, row] += ready
        for link in range(first, last):
            sums[ALONE, link] += sums[ENDED, np.uint64(links[PRED, link])]


@inlined
def _place_behind_few(
    links: Ints,
    times: Floats,
    drives: Bits,
    floor: float,
    row: Whole,
    first: Whole,
    last: Whole,
) -> tuple[Whole, Whole]:
    """Place a row behind one to three finishes in one go; sums of its positions and its ends."""
    one = np.uint64(links[PRED, first])
    two = np.uint64(links[PRED, min(first + np.uint64(1), last - np.uint64(1))])
    three = np.uint64(links[PRED, last - np.uint64(1)])
    ready, ended = np.int64(0), np.int64(0)
    words = np.uint64(drives.shape[1])
    for word in range(words):
        by_one, by_two, by_three = np.uint64(0), np.uint64(0), np.uint64(0)
        base = word * np.uint64(64)
        for j in range(np.uint64(64)):
            a, b = times[ENDS, one, base + j], times[ENDS, two, base + j]
            c = times[ENDS, three, base + j]
            latest = max_of(max_of(a, b), max_of(c, floor))
            end = latest + times[WORK, row, base + j]
            times[POSITION, row, base + j] = latest
            times[ENDS, row, base + j] = end
            by_one |= np.uint64(a == latest) << j
            by_two |= np.uint64(b == latest) << j
            by_three |= np.uint64(c == latest) << j
            ready += np.float64(min_of(latest, FURTHEST) + RAISED).view(np.int64)
            ended += np.float64(min_of(end, FURTHEST) + RAISED).view(np.int64)
        drives[first, word] = by_one
        drives[min(first + np.uint64(1), last - np.uint64(1)), word] = by_two
        drives[last - np.uint64(1), word] = by_three
    raised = np.int64(64) * np.int64(words) * np.int64(RAISED_BITS)
    return ready - raised, ended - raised


@inner
def _place_quickly(tape: NetworkTape, lanes: Lanes, row: Whole, redo: Whole, n: Whole) -> None:
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
        _in_work(tape, lanes, c, lanes.amounts[tape.lists[k] // 2], date, n)
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
def _in_work(
    tape: NetworkTape, lanes: Lanes, c: Whole, clock: Floats, out: Floats, n: Whole
) -> None:
    """Instants in working time of a calendar, of the clock if c is negative."""
    if c >= 0:
        to_work(tape.numbers, tape.places, c, clock, out, n, lanes.trouble)
    else:
        for j in range(n):
            out[j] = clock[j]


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
        _link_clock(tape, lanes, link, moved, n)
        for j in range(n):
            asked[j] = moved[j] if moved[j] > asked[j] else asked[j]
    for j in range(n):
        asked[j] += waits[j]
    _in_work(tape, lanes, np.int64(tape.rows[CALENDAR, row]), asked, position, n)


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
    _link_clock(tape, lanes, link, moved, n)
    _in_work(tape, lanes, c, moved, out, n)


@inner
def _link_clock(tape: NetworkTape, lanes: Lanes, link: Whole, moved: Floats, n: Whole) -> None:
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
def _span_all(tape: NetworkTape, lanes: Lanes, n: Whole) -> None:
    """Spans last from the first start to the last finish of the rows they span."""
    k = np.int64(tape.lists[SPANS])
    while k < tape.lists[SPANS_END]:
        row, count = np.int64(tape.lists[k]), np.int64(tape.lists[k + 1])
        start, finish = lanes.times[START, row], lanes.times[FINISH, row]
        for j in range(n):
            start[j], finish[j] = np.inf, -np.inf
        for pair in range(k + 2, k + 2 + 2 * count, 2):
            base, last = np.int64(tape.lists[pair]), np.int64(tape.lists[pair + 1])
            fill_clock(tape, lanes, base, np.int64(0), n)
            fill_clock(tape, lanes, last, np.int64(1), n)
            for j in range(n):
                if lanes.flags[EXISTS, base, j]:
                    start[j] = min(start[j], lanes.times[START, base, j])
                    finish[j] = max(finish[j], lanes.times[FINISH, last, j])
        for j in range(n):
            if not lanes.flags[EXISTS, row, j] or start[j] == np.inf:
                lanes.flags[EXISTS, row, j] = 0
                start[j] = finish[j] = 0.0
            lanes.times[ASKED, row, j] = start[j]
        _measure(tape, lanes, row, n)
        k += 2 + 2 * count


@inner
def _measure(tape: NetworkTape, lanes: Lanes, row: Whole, n: Whole) -> None:
    """Working time of a row between its clock times."""
    c, position, ends = np.int64(tape.rows[CALENDAR, row]), lanes.spare[0], lanes.spare[1]
    start, finish = lanes.times[START, row], lanes.times[FINISH, row]
    if c >= 0:
        to_work(tape.numbers, tape.places, c, start, position, n, lanes.trouble)
        to_work(tape.numbers, tape.places, c, finish, ends, n, lanes.trouble)
    else:
        for j in range(n):
            position[j], ends[j] = start[j], finish[j]
    for j in range(n):
        lanes.times[POSITION, row, j], lanes.times[ENDS, row, j] = position[j], ends[j]
        lanes.times[WORK, row, j] = ends[j] - position[j]
    lanes.known[HAS_START, row] = lanes.known[HAS_FINISH, row] = 1


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
