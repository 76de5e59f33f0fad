"""Boards, conditions and unbroken work in one row of one iteration."""

import numpy as np

from simulator.engine.compiled.calendars import (
    FINISH_AT,
    NO_MEETING,
    NO_WINDOW,
    WORK_AT,
    CalendarTape,
    convert,
)
from simulator.engine.compiled.clocks import clock_of
from simulator.engine.compiled.jit import Real, Whole, inner, merged
from simulator.engine.compiled.lanes import ENDS, EXISTS, FINISH, POSITION, WORK, Lanes
from simulator.engine.compiled.network_tape import (
    BOARD,
    CALENDAR,
    CONDITIONS,
    CONDITIONS_END,
    UNBROKEN,
    NetworkTape,
)
from simulator.engine.compiled.unfold_tape import (
    AGAIN,
    AT_FINISH,
    CONDITION,
    DATE,
    HOLDS,
    IF_AFTER,
    LONGEST,
    MEETING_COUNT,
    MEETINGS,
    PLAIN_LONGEST,
    PRESENT,
    READ,
    REFUSALS,
    WAITED,
)


@merged
def fitted(tape: NetworkTape, lanes: Lanes, row: Whole, position: float, work: float) -> Real:
    """The first position at or after one at which a row's work is done as it must be."""
    if tape.rows[UNBROKEN, row] == 0 or not work > 0.0:
        return position
    return _fitted(tape, lanes, row, position, work)


@inner
def _fitted(tape: NetworkTape, lanes: Lanes, row: Whole, position: float, work: float) -> Real:
    """The first position at which work is done in one spell; see `unbroken.fit`."""
    at, c = np.int64(tape.rows[UNBROKEN, row]), np.int64(tape.rows[CALENDAR, row])
    spell = spell_at(tape, c, position)
    if position + work <= tape.numbers[spell + 2] + spell_length(tape, spell):
        return position
    wanted, last = work, tape.numbers[10 * c + 1]
    too_long = work > tape.numbers[at + LONGEST] or next_as_long(tape, spell, work) < 0
    if too_long:
        wanted = tape.numbers[at + PLAIN_LONGEST]
        if position == tape.numbers[spell + 2] and spell_length(tape, spell) >= wanted:
            return position
    found = next_as_long(tape, spell, wanted)
    if found < 0 or not tape.numbers[found] < last:
        lanes.trouble[0], lanes.trouble[1] = NO_WINDOW, c
        return position
    return tape.numbers[found + 2]


@inner
def spell_at(tape: NetworkTape | CalendarTape, c: Whole, position: float) -> Whole:
    """Where the numbers tell the spell of a calendar that a position lies in; the first or last
    outside the table."""
    numbers, places, head = tape.numbers, tape.places, 10 * c
    value = min(max(position, numbers[head + 3]), numbers[head + 4] - 1.0)
    cell = np.int64((value - numbers[head + 7]) * numbers[head + 8])
    spell = np.int64(places[6 * c + 1]) + 4 * np.int64(places[places[6 * c + 3] + cell])
    for _ in range(places[6 * c + 5]):
        spell += 4 * np.int64(value >= numbers[spell + 6])
    return spell


@merged
def spell_length(tape: NetworkTape | CalendarTape, spell: Whole) -> Real:
    """How long a spell is."""
    return tape.numbers[spell + 1] - tape.numbers[spell]


@inner
def next_as_long(tape: NetworkTape | CalendarTape, spell: Whole, wanted: float) -> Whole:
    """The next spell that is long enough; -1 if the table has none."""
    spell += 4
    while tape.numbers[spell] < np.inf:
        if spell_length(tape, spell) >= wanted:
            return spell
        spell += 4
    return np.int64(-1)


@inner
def end_at_meeting(tape: NetworkTape, lanes: Lanes, row: Whole, j: Whole) -> None:
    """Let a row that has been placed end at the meeting that approves it; see rule 11."""
    times, c = lanes.times, np.int64(tape.rows[CALENDAR, row])
    meeting = _approval(tape, lanes, row, times[FINISH, row, j], j)
    ends = meeting
    if c >= 0:
        ends = convert(tape.numbers, tape.places, c, WORK_AT, meeting, lanes.trouble)
    board = np.int64(tape.rows[BOARD, row])
    worked, slot = times[ENDS, row, j], tape.lists[board + REFUSALS]
    if slot >= 0:
        worked += lanes.amounts[slot, j] * tape.numbers[tape.lists[board + AGAIN]]
    lanes.amounts[tape.lists[board + WAITED], j] = ends - worked
    times[FINISH, row, j], times[ENDS, row, j] = meeting, ends
    times[WORK, row, j] = ends - times[POSITION, row, j]


@inner
def _approval(tape: NetworkTape, lanes: Lanes, row: Whole, done: float, j: Whole) -> Real:
    """The meeting that approves a row whose own work is done."""
    board, c = np.int64(tape.rows[BOARD, row]), np.int64(tape.rows[CALENDAR, row])
    first, count = tape.lists[board + MEETINGS], tape.lists[board + MEETING_COUNT]
    refusals, slot = 0.0, tape.lists[board + REFUSALS]
    if slot >= 0:
        refusals = lanes.amounts[slot, j]
    again = tape.numbers[tape.lists[board + AGAIN]]
    number, ready, round_ = np.int64(0), done, 0.0
    while True:
        cutoffs = tape.numbers[first + count : first + 2 * count]
        number = max(number, np.searchsorted(cutoffs, ready))
        if number >= count:
            lanes.trouble[0], lanes.trouble[1] = NO_MEETING, row
            return done
        meeting = tape.numbers[first + number]
        if not refusals > round_:
            return meeting
        ready = meeting
        if again > 0.0:
            ready = meeting + again
            if c >= 0:
                ready = convert(tape.numbers, tape.places, c, WORK_AT, meeting, lanes.trouble)
                ready = convert(
                    tape.numbers, tape.places, c, FINISH_AT, ready + again, lanes.trouble
                )
        number, round_ = number + 1, round_ + 1.0


@merged
def meet(tape: NetworkTape, lanes: Lanes, row: Whole, j: Whole) -> None:
    """Make a row absent where one of its conditions is not met; see rule 9."""
    lists = tape.lists
    for k in range(tape.rows[CONDITIONS, row], tape.rows[CONDITIONS_END, row], CONDITION):
        read, there = np.int64(lists[k + READ]), lanes.flags[EXISTS, lists[k + PRESENT], j] != 0
        at = clock_of(tape, lanes, read, np.int64(lists[k + AT_FINISH]), j)
        date = tape.numbers[lists[k + DATE]]
        true = there and (at > date if lists[k + IF_AFTER] else at < date)
        if true != (lists[k + HOLDS] != 0):
            lanes.flags[EXISTS, row, j] = 0
