"""One row of one iteration, by every rule of `simulator.engine.schedule`, on the clock."""

import numpy as np

from simulator.engine.compiled.calendars import FINISH_AT, START_AT, WORK_AT, convert, shifted
from simulator.engine.compiled.clocks import link_clocks
from simulator.engine.compiled.jit import Real, Whole, inner, merged
from simulator.engine.compiled.lanes import (
    ASKED,
    ENDS,
    EXISTS,
    FINISH,
    POSITION,
    SETTLED,
    START,
    WORK,
    Lanes,
)
from simulator.engine.compiled.network_tape import (
    AT_FIRST_DELAY,
    AT_FIRST_ELAPSED,
    AT_FIRST_WORKING,
    AT_VERSION_ELAPSED,
    AT_VERSION_WORK,
    AT_VERSION_WORKING,
    BOARD,
    CALENDAR,
    ELAPSED,
    FINISH_CAP,
    FINISH_FLOOR,
    FIRST,
    FLOORS,
    FLOORS_END,
    LAST,
    SLOTS,
    SLOTS_END,
    SNAP,
    START_CAP,
    START_FLOOR,
    TO_FINISH,
    UNIT_CALENDAR,
    VERSION,
    VERSION_COUNT,
    WORKING,
    NetworkTape,
)
from simulator.engine.compiled.unfolding import end_at_meeting, fitted, meet


@merged
def ask(tape: NetworkTape, lanes: Lanes, row: Whole, work: float, j: Whole) -> Real:
    """The instant that links and constraints ask for, before waits."""
    starts, finishes = tape.floors[START_FLOOR, row], tape.floors[FINISH_FLOOR, row]
    for k in range(tape.rows[FLOORS, row], tape.rows[FLOORS_END, row]):
        date = lanes.amounts[tape.lists[k] // 2, j]
        if tape.lists[k] % 2:
            finishes = max(finishes, date)
        else:
            starts = max(starts, date)
    at, first = link_clocks(tape, lanes, row, j), np.int64(tape.rows[FIRST, row])
    for link in range(first, np.int64(tape.rows[LAST, row])):
        clock = lanes.spare[at + link - first, j]
        if tape.links[TO_FINISH, link]:
            finishes = max(finishes, clock)
        else:
            starts = max(starts, clock)
    c = np.int64(tape.rows[CALENDAR, row])
    asked = max(starts, finishes - work if c < 0 else finishes)
    if c >= 0 and work > 0.0:
        asked = starts
        if finishes > -np.inf:
            begin = max(finishes, tape.numbers[10 * c])
            bound = convert(tape.numbers, tape.places, c, WORK_AT, begin, lanes.trouble) - work
            if convert(tape.numbers, tape.places, c, WORK_AT, starts, lanes.trouble) < bound:
                asked = convert(tape.numbers, tape.places, c, START_AT, bound, lanes.trouble)
    asked = min(asked, tape.floors[START_CAP, row])
    cap = tape.floors[FINISH_CAP, row]
    if cap < np.inf and c < 0:
        asked = min(asked, cap - work)
    elif cap < np.inf:
        if work > 0.0:
            cap = convert(tape.numbers, tape.places, c, WORK_AT, cap, lanes.trouble) - work
            cap = convert(tape.numbers, tape.places, c, START_AT, cap, lanes.trouble)
        asked = min(asked, cap)
    return asked


@merged
def wait(tape: NetworkTape, lanes: Lanes, row: Whole, asked: float, j: Whole) -> Real:
    """An instant after the row's own waits and those of hits that it was the first to meet."""
    elapsed, working = 0.0, 0.0
    if tape.rows[ELAPSED, row] >= 0:
        elapsed = lanes.amounts[tape.rows[ELAPSED, row], j]
    if tape.rows[WORKING, row] >= 0:
        working = lanes.amounts[tape.rows[WORKING, row], j]
    for k in range(tape.rows[SLOTS, row], tape.rows[SLOTS_END, row]):
        slot = tape.lists[k]
        if lanes.marked[SETTLED, slot]:
            elapsed += lanes.amounts[tape.lists[AT_FIRST_ELAPSED] + slot, j]
            working += lanes.amounts[tape.lists[AT_FIRST_WORKING] + slot, j]
    return wait_for(tape, lanes, row, asked, elapsed, working)


@merged
def wait_for(
    tape: NetworkTape, lanes: Lanes, row: Whole, asked: float, elapsed: float, working: float
) -> Real:
    """An instant after an elapsed and a working wait."""
    c = np.int64(tape.rows[CALENDAR, row])
    c = np.int64(tape.rows[UNIT_CALENDAR, row]) if c < 0 else c
    return shifted(tape.numbers, tape.places, c, asked + elapsed, working, lanes.trouble)


@merged
def snapped(tape: NetworkTape, lanes: Lanes, row: Whole, asked: float, work: float) -> Real:
    """Where a row that waits no longer starts to count its work from."""
    snap = np.int64(tape.rows[SNAP, row])
    if snap < 0 or (tape.rows[CALENDAR, row] >= 0 and work > 0.0):
        return asked
    position = convert(tape.numbers, tape.places, snap, WORK_AT, asked, lanes.trouble)
    return convert(tape.numbers, tape.places, snap, START_AT, position, lanes.trouble)


@inner
def start_of(tape: NetworkTape, lanes: Lanes, row: Whole, asked: float, work: float) -> Real:
    """The start of a row that waits no longer."""
    c = np.int64(tape.rows[CALENDAR, row])
    asked = snapped(tape, lanes, row, asked, work)
    if c < 0 or not work > 0.0:
        return asked
    position = convert(tape.numbers, tape.places, c, WORK_AT, asked, lanes.trouble)
    position = fitted(tape, lanes, row, position, work)
    return convert(tape.numbers, tape.places, c, START_AT, position, lanes.trouble)


@merged
def put(tape: NetworkTape, lanes: Lanes, row: Whole, start: float, work: float, j: Whole) -> None:
    """Set every time of a row that begins to count its work at `start`."""
    times, c = lanes.times, np.int64(tape.rows[CALENDAR, row])
    position, finish = start, start + work
    if c >= 0:
        position = convert(tape.numbers, tape.places, c, WORK_AT, start, lanes.trouble)
        position = fitted(tape, lanes, row, position, work)
        finish = start
        if work > 0.0:
            start = convert(tape.numbers, tape.places, c, START_AT, position, lanes.trouble)
            finish = position + work
            finish = convert(tape.numbers, tape.places, c, FINISH_AT, finish, lanes.trouble)
    times[WORK, row, j] = work
    times[POSITION, row, j], times[ENDS, row, j] = position, position + work
    times[START, row, j], times[FINISH, row, j] = start, finish


@merged
def passed_on(tape: NetworkTape, lanes: Lanes, row: Whole, j: Whole) -> Real:
    """The latest instant that the links of an absent row ask for, without their lags."""
    at, latest = link_clocks(tape, lanes, row, j), 0.0
    for k in range(at, at + np.int64(tape.rows[LAST, row] - tape.rows[FIRST, row])):
        latest = max(latest, lanes.spare[k, j])
    return latest


@merged
def place(tape: NetworkTape, lanes: Lanes, row: Whole, j: Whole) -> None:
    """Place a row by every rule but that of stops; delays by hits that it is the first to meet
    stand in its work, but for a row with versions."""
    meet(tape, lanes, row, j)
    waited = readied(tape, lanes, row, -np.inf, j)
    work = lanes.times[WORK, row, j]
    if lanes.flags[EXISTS, row, j]:
        waited = snapped(tape, lanes, row, waited, work)
    put(tape, lanes, row, waited, work, j)
    if tape.rows[BOARD, row] and lanes.flags[EXISTS, row, j]:
        end_at_meeting(tape, lanes, row, j)


@merged
def readied(tape: NetworkTape, lanes: Lanes, row: Whole, known: float, j: Whole) -> Real:
    """The instant at which a row is ready, its work and what it was asked for noted; for an absent
    row the instant that it passes on. Its version is that of a start once it is known."""
    lists = tape.lists
    work, version = lanes.times[WORK, row, j], tape.rows[VERSION, row]
    elapsed, working = 0.0, 0.0
    if version >= 0:
        first = lanes.amounts[lists[AT_VERSION_WORK] + version, j]
        judged = wait(tape, lanes, row, ask(tape, lanes, row, first, j), j)
        judged = start_of(tape, lanes, row, max(judged, known), first)
        epoch = np.searchsorted(tape.thresholds, judged, side="right")
        lanes.chosen[version, j] = epoch
        at = epoch * lists[VERSION_COUNT] + version
        work = lanes.amounts[lists[AT_VERSION_WORK] + at, j]
        elapsed = lanes.amounts[lists[AT_VERSION_ELAPSED] + at, j]
        working = lanes.amounts[lists[AT_VERSION_WORKING] + at, j]
    if not lanes.flags[EXISTS, row, j]:
        passed = passed_on(tape, lanes, row, j)
        lanes.times[ASKED, row, j] = passed
        lanes.times[WORK, row, j] = 0.0
        return passed
    if version >= 0:
        for k in range(tape.rows[SLOTS, row], tape.rows[SLOTS_END, row]):
            if lanes.marked[SETTLED, lists[k]]:
                work = max(work + lanes.amounts[lists[AT_FIRST_DELAY] + lists[k], j], 0.0)
    asked = ask(tape, lanes, row, work, j)
    lanes.times[ASKED, row, j], lanes.times[WORK, row, j] = asked, work
    waited = wait(tape, lanes, row, asked, j)
    if version >= 0:
        waited = wait_for(tape, lanes, row, waited, elapsed, working)
    return waited
