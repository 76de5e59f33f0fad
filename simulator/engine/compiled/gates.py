"""What is settled between rows: hits on the first of several, and stops."""

import numpy as np

from simulator.engine.compiled.calendars import WORK_AT, convert
from simulator.engine.compiled.jit import Whole, inner
from simulator.engine.compiled.lanes import (
    ENDS,
    EXISTS,
    FINISH,
    ODD,
    POSITION,
    SETTLED,
    START,
    STOPPED,
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
from simulator.engine.compiled.singles import ask, clock_of, passed_on, put, start_of, wait


@inner
def settle(tape: NetworkTape, lanes: Lanes, begin: Whole, end: Whole, n: Whole) -> None:
    """Settle a range of gates."""
    for k in range(begin, end, 2):
        if tape.lists[k] == FIRST_GATE:
            _settle_first(tape, lanes, np.int64(tape.lists[k + 1]), n)
        else:
            _settle_stop(tape, lanes, np.int64(tape.lists[k + 1]), n)


@inner
def _settle_first(tape: NetworkTape, lanes: Lanes, hit: Whole, n: Whole) -> None:
    """Find the candidate that becomes ready first, and give the hit to it."""
    at = tape.lists[HITS] + 2 * hit
    low, high, slots = tape.lists[at] + 1, tape.lists[at + 1], tape.lists[FIRST_SLOTS]
    slot = tape.lists[tape.lists[at]]
    for j in range(n):
        if not _may_hit(tape, lanes, slot, high - low, j):
            continue
        soonest, judged, winner = np.inf, 0.0, low
        for k in range(low, high):
            row = np.int64(tape.lists[k])
            work = lanes.times[WORK, row, j]
            if tape.rows[VERSION, row] >= 0:
                work = lanes.amounts[tape.lists[AT_VERSION_WORK] + tape.rows[VERSION, row], j]
            asked = wait(tape, lanes, row, ask(tape, lanes, row, work, j), j)
            ready = asked if lanes.flags[EXISTS, row, j] else np.inf
            if k == low or ready < soonest:
                soonest, winner = ready, k
                judged = start_of(tape, lanes, row, asked, work)
        epoch = np.searchsorted(tape.thresholds, judged, side="right")
        for k in range(low, high):
            won = winner == k and lanes.flags[EXISTS, tape.lists[k], j] != 0
            for kind in range(3):
                own = tape.lists[AT_FIRST_DELAY + kind] + slot + k - low
                amount = lanes.amounts[own + epoch * slots, j]
                lanes.amounts[own, j] = amount if won else 0.0
    for k in range(high - low):
        lanes.marked[SETTLED, slot + k] = 1


@inner
def _may_hit(tape: NetworkTape, lanes: Lanes, slot: Whole, count: Whole, j: Whole) -> bool:
    """Whether a hit does anything to any of its candidates, under any mitigations."""
    found, slots = False, tape.lists[FIRST_SLOTS]
    for kind in range(3):
        for epoch in range(len(tape.thresholds) + 1):
            at = tape.lists[AT_FIRST_DELAY + kind] + epoch * slots + slot
            for k in range(count):
                found |= lanes.amounts[at + k, j] != 0.0
    return found


@inner
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
def stop_row(tape: NetworkTape, lanes: Lanes, row: Whole, j: Whole) -> None:
    """Make absent what has not started by a stop, and cut short what runs."""
    times, at = lanes.times, np.inf
    for k in range(tape.rows[STOPS, row], tape.rows[STOPS_END, row]):
        at = min(at, lanes.amounts[tape.lists[AT_STOP] + tape.lists[k], j])
    if at == np.inf or not lanes.flags[EXISTS, row, j]:
        return
    halted = False
    for link in range(tape.rows[FIRST, row], tape.rows[LAST, row]):
        halted |= lanes.flags[STOPPED, tape.links[PRED, link], j] != 0
    start = times[START, row, j]
    late = start >= at if times[WORK, row, j] > 0.0 or halted else start > at
    if late:
        lanes.flags[STOPPED, row, j] = 1
        lanes.flags[EXISTS, row, j] = 0
        put(tape, lanes, row, passed_on(tape, lanes, row, j), 0.0, j)
    elif times[FINISH, row, j] > at:
        lanes.flags[STOPPED, row, j] = 1
        times[FINISH, row, j] = at
        c, done = np.int64(tape.rows[CALENDAR, row]), at
        if c >= 0:
            done = convert(tape.numbers, tape.places, c, WORK_AT, at, lanes.trouble)
        times[WORK, row, j] = done - times[POSITION, row, j]
        times[ENDS, row, j] = done
