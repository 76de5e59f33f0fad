"""What is settled between rows: hits on the first of several, and stops."""

import numpy as np

from simulator.engine.compiled.calendars import WORK_AT, convert
from simulator.engine.compiled.clocks import clock_of
from simulator.engine.compiled.jit import Real, Whole, inlined, inner, merged
from simulator.engine.compiled.lanes import (
    ASKED,
    CUT,
    ENDS,
    EXISTS,
    FINISH,
    ODD,
    POSITION,
    REDO,
    SETTLED,
    START,
    STOPPED,
    STOPPING,
    WORK,
    Lanes,
)
from simulator.engine.compiled.network_tape import (
    AT_FIRST_DELAY,
    AT_OCCURS,
    AT_STOP,
    AT_VERSION_WORK,
    CALENDAR,
    FIRST,
    FIRST_GATE,
    FIRST_SLOTS,
    HITS,
    LAST,
    PRED,
    STOP_COUNT,
    STOP_HITS,
    STOPS,
    STOPS_END,
    VERSION,
    NetworkTape,
)
from simulator.engine.compiled.singles import ask, passed_on, put, start_of, wait
from simulator.engine.compiled.unfolding import meet


@inner
def settle(tape: NetworkTape, lanes: Lanes, begin: Whole, end: Whole, n: Whole) -> None:
    """Settle a range of gates."""
    for k in range(begin, end, 2):
        if tape.lists[k] == FIRST_GATE:
            _settle_first(tape, lanes, np.int64(tape.lists[k + 1]), n)
        else:
            _settle_stop(tape, lanes, np.int64(tape.lists[k + 1]), n)


@inlined
def _settle_first(tape: NetworkTape, lanes: Lanes, hit: Whole, n: Whole) -> None:
    """Find the candidate that becomes ready first, and give the hit to it."""
    at = tape.lists[HITS] + 2 * hit
    low, high, slots = tape.lists[at] + 1, tape.lists[at + 1], tape.lists[FIRST_SLOTS]
    slot = tape.lists[tape.lists[at]]
    for j in range(n):
        if not may_hit(tape, lanes, slot, high - low, j):
            continue
        soonest, judged, winner = np.inf, 0.0, low
        for k in range(low, high):
            row = np.int64(tape.lists[k])
            meet(tape, lanes, row, j)
            if not lanes.flags[EXISTS, row, j]:
                continue
            work = lanes.times[WORK, row, j]
            if tape.rows[VERSION, row] >= 0:
                work = lanes.amounts[tape.lists[AT_VERSION_WORK] + tape.rows[VERSION, row], j]
            ready = wait(tape, lanes, row, ask(tape, lanes, row, work, j), j)
            if ready < soonest:
                soonest, winner = ready, k
                if len(tape.thresholds) > 0:
                    judged = start_of(tape, lanes, row, ready, work)
        epoch = np.searchsorted(tape.thresholds, judged, side="right")
        for k in range(low, high):
            won = winner == k and lanes.flags[EXISTS, tape.lists[k], j] != 0
            for kind in range(3):
                own = tape.lists[AT_FIRST_DELAY + kind] + slot + k - low
                amount = lanes.amounts[own + epoch * slots, j]
                lanes.amounts[own, j] = amount if won else 0.0
    for k in range(high - low):
        lanes.marked[SETTLED, slot + k] = 1


@merged
def may_hit(tape: NetworkTape, lanes: Lanes, slot: Whole, count: Whole, j: Whole) -> bool:
    """Whether a hit does anything to any of its candidates, under any mitigations."""
    found, slots = False, tape.lists[FIRST_SLOTS]
    for kind in range(3):
        for epoch in range(len(tape.thresholds) + 1):
            at = tape.lists[AT_FIRST_DELAY + kind] + epoch * slots + slot
            for k in range(count):
                found |= lanes.amounts[at + k, j] != 0.0
    return found


@inlined
def _settle_stop(tape: NetworkTape, lanes: Lanes, stop: Whole, n: Whole) -> None:
    """A stop comes with the earliest start of the rows that it hits."""
    at = tape.lists[STOP_HITS] + 3 * stop
    if not tape.lists[at + 2]:
        return
    for j in range(n):
        if not lanes.marked[ODD, j]:
            continue
        first = np.inf
        for k in range(tape.lists[at], tape.lists[at + 1]):
            row = np.int64(tape.lists[k])
            if lanes.flags[EXISTS, row, j]:
                first = min(first, clock_of(tape, lanes, row, np.int64(0), j))
        epoch = np.searchsorted(tape.thresholds, first, side="right")
        occurs = lanes.amounts[tape.lists[AT_OCCURS] + epoch * tape.lists[STOP_COUNT] + stop, j]
        lanes.amounts[tape.lists[AT_STOP] + stop, j] = first if occurs > 0.0 else np.inf
        for k in range(tape.lists[at], tape.lists[at + 1]):
            stop_row(tape, lanes, np.int64(tape.lists[k]), j)


@inner
def stop_some(tape: NetworkTape, lanes: Lanes, row: Whole, redo: Whole) -> Whole:
    """Stop a row placed in all lanes at once; how many lanes are then to redo.

    With W the working time of its calendar: a start at or after an instant t is a position not
    before W(t), and a finish after t is an end after W(t).
    """
    listed, c, count, k = lanes.marked[REDO], np.int64(tape.rows[CALENDAR, row]), redo, 0
    for place in range(1, 1 + lanes.marked[STOPPING, 0]):
        j = np.int64(lanes.marked[STOPPING, place])
        while k < redo and listed[k] < j:
            k += 1
        at = stop_at(tape, lanes, row, j)
        if (k < redo and listed[k] == j) or at == np.inf or not lanes.flags[EXISTS, row, j]:
            continue
        done = at
        if c >= 0:
            done = convert(tape.numbers, tape.places, c, WORK_AT, at, lanes.trouble)
        if lanes.times[POSITION, row, j] >= done or lanes.times[ENDS, row, j] > done:
            lanes.times[ASKED, row, j] = ask(tape, lanes, row, lanes.times[WORK, row, j], j)
            stop_row(tape, lanes, row, j)
        if lanes.flags[STOPPED, row, j]:
            listed[count] = j
            count += 1
    return count


@merged
def stop_at(tape: NetworkTape, lanes: Lanes, row: Whole, j: Whole) -> Real:
    """The first stop that ends a row."""
    at = np.inf
    for k in range(tape.rows[STOPS, row], tape.rows[STOPS_END, row]):
        at = min(at, lanes.amounts[tape.lists[AT_STOP] + tape.lists[k], j])
    return at


@merged
def stop_row(tape: NetworkTape, lanes: Lanes, row: Whole, j: Whole) -> None:
    """Make absent what has not started by a stop, and cut short what runs."""
    times, at = lanes.times, stop_at(tape, lanes, row, j)
    if at == np.inf or not lanes.flags[EXISTS, row, j]:
        return
    halted = False
    for link in range(tape.rows[FIRST, row], tape.rows[LAST, row]):
        halted |= lanes.flags[STOPPED, tape.links[PRED, link], j] != 0
    start = clock_of(tape, lanes, row, np.int64(0), j)
    finish = clock_of(tape, lanes, row, np.int64(1), j)
    late = start >= at if times[WORK, row, j] > 0.0 or halted else start > at
    if late:
        lanes.known[CUT, row] = lanes.flags[STOPPED, row, j] = 1
        lanes.flags[EXISTS, row, j] = 0
        put(tape, lanes, row, passed_on(tape, lanes, row, j), 0.0, j)
    elif finish > at:
        lanes.known[CUT, row] = lanes.flags[STOPPED, row, j] = 1
        times[START, row, j], times[FINISH, row, j] = start, at
        c, done = np.int64(tape.rows[CALENDAR, row]), at
        if c >= 0:
            done = convert(tape.numbers, tape.places, c, WORK_AT, at, lanes.trouble)
        times[WORK, row, j] = done - times[POSITION, row, j]
        times[ENDS, row, j] = done
