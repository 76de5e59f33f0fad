"""Serial schedule generation by the clock, where rows and lags run in calendars of their own.

Backward in time, instants are turned round: what ends at f starts at -f. That pass only says in
which order rows are placed again, so that boards and unbroken work count forward alone.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.calendars import (
    FINISH_AT,
    START_AT,
    WORK_AT,
    CalendarTape,
    calendar_tape,
    convert,
    shifted,
)
from simulator.engine.compiled.jit import Real, Whole, inner, merged
from simulator.engine.compiled.levelling import (
    NEVER,
    Indices,
    LevelTape,
    Profile,
    Times,
    cleared,
    find,
    fits,
    hold,
)
from simulator.engine.compiled.unfolding import next_as_long, spell_at, spell_length
from simulator.engine.levelling import ClockRules, LevelProblem, Numbers
from simulator.engine.unbroken import longest_of_week
from simulator.plan.work_calendar import Floats

Ints = npt.NDArray[np.int32]


class ClockTape(NamedTuple):
    """The rules of rows (T) and links (L) in the order of a level tape; see `ClockRules`."""

    used: bool
    back: bool
    """Whether time is turned round."""
    numbers: Floats
    places: Ints
    calendar: Ints
    snap: Ints
    finish_floor: Floats
    caps: Floats
    """(2, T) of start and finish."""
    lag: Floats
    lag_calendar: Ints
    to_finish: Ints
    longest: Floats
    """(2, T) the longest spell of an unbroken row's calendar, and that of a week; 0 for others."""
    board: Ints
    board_first: Ints
    meetings: Floats
    cutoffs: Floats
    trouble: Times


def clock_tape(problem: LevelProblem, order: Numbers, *, back: bool) -> ClockTape:
    """The rules of a problem with links in some order; nothing where there are none."""
    rules, nothing = problem.rules, np.zeros(0, dtype=np.int32)
    none = np.zeros(0)
    if rules is None:
        two = np.zeros((2, 0))
        return ClockTape(
            False, back, none, nothing, nothing, nothing, none, two, none, nothing, nothing, two,
            nothing, nothing, none, none, np.zeros(2, dtype=np.int64),
        )  # fmt: skip
    calendars = calendar_tape(rules.calendars)
    rows = len(problem.span)
    free = np.full(rows, np.inf)
    to_finish = problem.from_start if back else problem.to_finish
    return ClockTape(
        used=True,
        back=back,
        numbers=calendars.numbers,
        places=calendars.places,
        calendar=rules.calendar,
        snap=rules.snap,
        finish_floor=-free if back else rules.finish_floor,
        caps=np.array([free, free] if back else [rules.start_cap, rules.finish_cap]),
        lag=rules.lag[order],
        lag_calendar=rules.lag_calendar[order],
        to_finish=to_finish[order].astype(np.int32),
        longest=_longest(rules, rows),
        board=rules.board,
        board_first=np.cumsum([0, *map(len, rules.meetings)]).astype(np.int32),
        meetings=np.concatenate([none, *rules.meetings]),
        cutoffs=np.concatenate([none, *rules.cutoffs]),
        trouble=np.zeros(2, dtype=np.int64),
    )


def _longest(rules: ClockRules, rows: int) -> Floats:
    found = np.zeros((2, rows))
    for row in np.flatnonzero(rules.unbroken & (rules.calendar >= 0)).tolist():
        calendar = rules.calendars[int(rules.calendar[row])]
        found[:, row] = calendar.lengths.max(), longest_of_week(calendar)
    return found


@inner
def generate_by_clock(
    tape: LevelTape, clock: ClockTape, order: Indices, floors: Times, profile: Profile
) -> Whole:
    """Place every row in the given order, as `generate` does on one axis."""
    used = cleared(tape, profile)
    two, one = np.uint64(2), np.uint64(1)
    for k in range(np.uint64(len(order))):
        row = np.uint64(order[k])
        asked, node = _ask(tape, clock, profile, row, np.float64(floors[row]))
        if np.int64(asked) < profile.time[node]:
            node = np.uint64(0)
        start, end = _spot(tape, clock, row, asked)
        needs = tape.need_first[row] != tape.need_first[row + one]
        while start < NEVER:
            later = np.uint64(profile.following[node])
            while profile.time[later] <= start:
                node = later
                later = np.uint64(profile.following[node])
            if not needs:
                break
            # Calendars are asked only where there are units for as long as the work at least.
            node, free = find(tape, profile, row, node, start)
            if free == start:
                blocked = _blocked(tape, profile, row, node, end)
                if profile.time[blocked] >= end:
                    break
                node = np.uint64(profile.following[blocked])
                free = profile.time[node]
            start = free
            if free < NEVER:
                start, end = _spot(tape, clock, row, np.float64(free))
        if start >= NEVER:
            return False
        profile.node[two * row] = node
        if needs:
            used, node, start = hold(tape, profile, row, node, start, end, used)
        profile.node[two * row + one] = node
        profile.ends[two * row] = end
        profile.ends[two * row + one] = start
    return True


@merged
def _blocked(tape: LevelTape, profile: Profile, row: Whole, node: Whole, end: Whole) -> Whole:
    """The first node before an end at which a row that starts in a node does not fit, or the first
    behind it."""
    at = np.uint64(node)
    while fits(tape, profile, row, at, at == np.uint64(node)):
        at = np.uint64(profile.following[at])
        if profile.time[at] >= end:
            break
    return at


@merged
def _ask(
    tape: LevelTape, clock: ClockTape, profile: Profile, row: Whole, starts: float
) -> tuple[Real, Whole]:
    """The instant that floors and links ask for, and a node that may begin before it."""
    finishes, node = np.float64(clock.finish_floor[row]), np.uint64(0)
    sign = -1.0 if clock.back else 1.0
    for link in range(np.uint64(tape.first[row]), np.uint64(tape.first[row + np.uint64(1)])):
        code, lag = np.uint64(tape.code[link]), clock.lag[link]
        instant, c = sign * np.float64(profile.ends[code]), np.int64(clock.lag_calendar[link])
        instant = shifted(clock.numbers, clock.places, c, instant, sign * lag, clock.trouble)
        instant *= sign
        if clock.to_finish[link]:
            finishes = max(finishes, instant)
        elif instant > starts:
            starts = instant
            if lag >= 0.0:
                node = np.uint64(profile.node[code])
    if finishes > -np.inf:
        starts = _through_work(tape, clock, row, starts, finishes)
    if not clock.back:
        starts = _capped(tape, clock, row, starts)
    return starts, node


@inner
def _through_work(
    tape: LevelTape, clock: ClockTape, row: Whole, starts: float, finishes: float
) -> Real:
    """The later of a start bound and of where a finish bound puts the start."""
    c, work = np.int64(clock.calendar[row]), np.float64(tape.span[row])
    if c < 0 or work == 0.0:
        return max(starts, finishes - work)
    if clock.back:
        last = convert(clock.numbers, clock.places, c, WORK_AT, -finishes, clock.trouble) + work
        at = convert(clock.numbers, clock.places, c, WORK_AT, -starts, clock.trouble)
        if at <= last:
            return starts
        return -convert(clock.numbers, clock.places, c, FINISH_AT, last, clock.trouble)
    finishes = max(finishes, clock.numbers[10 * c])
    first = convert(clock.numbers, clock.places, c, WORK_AT, finishes, clock.trouble) - work
    if convert(clock.numbers, clock.places, c, WORK_AT, starts, clock.trouble) >= first:
        return starts
    return convert(clock.numbers, clock.places, c, START_AT, first, clock.trouble)


@inner
def _capped(tape: LevelTape, clock: ClockTape, row: Whole, asked: float) -> Real:
    """Hard dates win over logic."""
    c, work, cap = np.int64(clock.calendar[row]), np.float64(tape.span[row]), clock.caps[1, row]
    asked = min(asked, clock.caps[0, row])
    if cap == np.inf:
        return asked
    latest = cap - work
    if c >= 0 and work > 0.0:
        latest = convert(clock.numbers, clock.places, c, WORK_AT, cap, clock.trouble) - work
        latest = convert(clock.numbers, clock.places, c, START_AT, latest, clock.trouble)
    return min(asked, latest)


@merged
def _spot(tape: LevelTape, clock: ClockTape, row: Whole, asked: float) -> tuple[Whole, Whole]:
    """When a row starts and ends that may start from an instant on; both `NEVER` if it cannot."""
    c, work = np.int64(clock.calendar[row]), np.float64(tape.span[row])
    if clock.back:
        if c < 0 or work == 0.0:
            return np.int64(asked), np.int64(asked + work)
        position = convert(clock.numbers, clock.places, c, WORK_AT, -asked, clock.trouble)
        end = convert(clock.numbers, clock.places, c, FINISH_AT, position, clock.trouble)
        start = convert(clock.numbers, clock.places, c, START_AT, position - work, clock.trouble)
        return np.int64(-end), np.int64(-start)
    snap = np.int64(clock.snap[row])
    if snap >= 0 and (c < 0 or work == 0.0):
        position = convert(clock.numbers, clock.places, snap, WORK_AT, asked, clock.trouble)
        asked = convert(clock.numbers, clock.places, snap, START_AT, position, clock.trouble)
    start, end = asked, asked + work
    if c >= 0 and work > 0.0:
        position = convert(clock.numbers, clock.places, c, WORK_AT, asked, clock.trouble)
        position = _unbroken(clock, row, position, work)
        if position == np.inf:
            return NEVER, NEVER
        start = convert(clock.numbers, clock.places, c, START_AT, position, clock.trouble)
        end = convert(clock.numbers, clock.places, c, FINISH_AT, position + work, clock.trouble)
    board = np.int64(clock.board[row])
    if board >= 0:
        first, last = np.int64(clock.board_first[board]), np.int64(clock.board_first[board + 1])
        while first < last and clock.cutoffs[first] < end:
            first += 1
        if first == last:
            return NEVER, NEVER
        end = clock.meetings[first]
    return np.int64(start), np.int64(end)


@inner
def _unbroken(clock: ClockTape, row: Whole, position: float, work: float) -> Real:
    """The first position at which work is done in one spell; see `unbroken.fit`."""
    longest, c = clock.longest[0, row], np.int64(clock.calendar[row])
    if longest == 0.0:
        return position
    calendars = CalendarTape(clock.numbers, clock.places)
    spell = spell_at(calendars, c, position)
    if position + work <= clock.numbers[spell + 2] + spell_length(calendars, spell):
        return position
    wanted = work
    if work > longest or next_as_long(calendars, spell, work) < 0:
        wanted = clock.longest[1, row]
        if position == clock.numbers[spell + 2] and spell_length(calendars, spell) >= wanted:
            return position
    found = next_as_long(calendars, spell, wanted)
    return clock.numbers[found + 2] if found >= 0 else np.inf
