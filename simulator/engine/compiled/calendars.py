"""Clock time to working time and back, one instant at a time; bits as `plan.work_calendar`.

Every calendar of a network is packed into one float64 and one int32 array, because a kernel passes
two arrays along cheaply. Errors are noted in `trouble` (2,): what, and in which calendar.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.jit import Real, Whole, inner, signed
from simulator.errors import RunError
from simulator.plan.work_calendar import WEEK, Floats, WorkCalendar

Ints = npt.NDArray[np.int32]
Trouble = npt.NDArray[np.int64]

ENDLESS, NO_WORK = 1, 2
"""What can go wrong: an instant without end, and a calendar that runs out of working time."""
WORK_AT, START_AT, FINISH_AT = range(3)
_NUMBERS, _PLACES = 10, 6
"""Entries a calendar has at the front of either array."""
_WEEK = float(WEEK)


class CalendarTape(NamedTuple):
    """All calendars; `numbers[10 c:]` and `places[6 c:]` begin with what calendar c is."""

    numbers: Floats
    """Begin, end, work of a week, work at begin and at end, origin and cells per ms of the clock
    index and of the work index, first start; further back start, length, work, 0 of each."""
    places: Ints
    """Always open?, where the spells stand in `numbers`, where the clock index and the work index
    stand here, their correction steps; further back the indices."""


def calendar_tape(calendars: tuple[WorkCalendar, ...]) -> CalendarTape:
    """Pack calendars; the number of a calendar is its position."""
    floats, ints = _NUMBERS * len(calendars), _PLACES * len(calendars)
    heads: list[float] = []
    marks: list[int] = []
    spells: list[Floats] = []
    cells: list[Ints] = []
    for calendar in calendars:
        clock, work = calendar.clock_cells, calendar.work_cells
        heads += [
            calendar.begin, calendar.end, calendar.week_work, float(calendar.work[0]),
            calendar.work_end, clock.origin, clock.per_ms, work.origin, work.per_ms,
            float(calendar.starts[0]),
        ]  # fmt: skip
        own = np.zeros((len(calendar.starts), 4))
        own[:, 0], own[:-1, 1], own[:, 2] = calendar.starts, calendar.lengths, calendar.work
        behind = ints + len(clock.first)
        marks += [int(calendar.always), floats, ints, behind, clock.steps, work.steps]
        spells.append(own.ravel())
        cells += [clock.first, work.first]
        floats, ints = floats + own.size, behind + len(work.first)
    return CalendarTape(
        np.concatenate([np.array(heads, dtype=np.float64), *spells]),
        np.concatenate([np.array(marks, dtype=np.int32), *cells]).astype(np.int32),
    )


def raise_trouble(trouble: Trouble, calendars: tuple[WorkCalendar, ...]) -> None:
    """Raise what kernels noted, in the words of `plan.work_calendar`."""
    if trouble[0]:
        name = calendars[trouble[1]].name
        if trouble[0] == ENDLESS:
            raise RunError(f"calendar {name}: an instant without end reached the schedule")
        raise RunError(
            f"calendar {name} runs out of working time; give it a week with working hours"
        )


@inner
def _weeks(value: float, low: float, high: float, period: float) -> Real:
    """By how many periods a value from outside low <= value < high is folded."""
    if value >= high:
        return np.floor((value - high) / period) + 1.0
    return np.floor((value - low) / period)


@inner
def _weeks_up(value: float, low: float, high: float, period: float) -> Real:
    """By how many periods a value from outside low < value <= high is folded."""
    if value > high:
        return np.ceil((value - high) / period)
    return np.ceil((value - low) / period) - 1.0 if period > 0.0 else 0.0


@inner
def to_work(
    numbers: Floats, places: Ints, c: Whole, clocks: Floats, out: Floats, n: Whole, trouble: Trouble
) -> None:
    """Working time of calendar c from program start up to each of n instants."""
    if places[6 * c]:
        for j in range(n):
            out[j] = clocks[j]
        return
    begin, end, week, first = numbers[10 * c], numbers[10 * c + 1], numbers[10 * c + 2], 0.0
    origin, per_ms, first = numbers[10 * c + 5], numbers[10 * c + 6], numbers[10 * c + 9]
    spells, cells = numbers[places[6 * c + 1] :], places[places[6 * c + 2] :]
    steps = places[6 * c + 4]
    for j in range(n):
        clock = clocks[j]
        weeks = 0.0
        if not begin <= clock < end:
            if not abs(clock) < np.inf:
                trouble[0], trouble[1] = ENDLESS, c
                clock = begin
            weeks = _weeks(clock, begin, end, _WEEK)
            clock = clock - weeks * _WEEK
        clock = max(clock, first)
        at = np.uint32(cells[np.uint32(np.int32((clock - origin) * per_ms))] * 4)
        for _ in range(steps):
            at = np.uint32(at + np.uint32(4) * (clock >= spells[np.uint32(at + np.uint32(4))]))
        done = min(clock - spells[at], spells[np.uint32(at + np.uint32(1))])
        out[j] = done + spells[np.uint32(at + np.uint32(2))] + weeks * week


@inner
def to_start(
    numbers: Floats, places: Ints, c: Whole, works: Floats, out: Floats, n: Whole, trouble: Trouble
) -> None:
    """For each of n: the first instant of calendar c at which so much has been done, and more can
    be."""
    if places[6 * c]:
        for j in range(n):
            out[j] = works[j]
        return
    week, low, high = numbers[10 * c + 2], numbers[10 * c + 3], numbers[10 * c + 4]
    origin, per_ms = numbers[10 * c + 7], numbers[10 * c + 8]
    spells, cells = numbers[places[6 * c + 1] :], places[places[6 * c + 3] :]
    steps = places[6 * c + 5]
    for j in range(n):
        work = works[j]
        weeks = 0.0
        if not low <= work < high:
            if not abs(work) < np.inf or week <= 0.0:
                trouble[0], trouble[1] = NO_WORK if abs(work) < np.inf else ENDLESS, c
                work = low
            else:
                weeks = _weeks(work, low, high, week)
                work = work - weeks * week
        at = np.uint32(cells[np.uint32(np.int32((work - origin) * per_ms))] * 4)
        for _ in range(steps):
            at = np.uint32(at + np.uint32(4) * (work >= spells[np.uint32(at + np.uint32(6))]))
        clock = work - spells[np.uint32(at + np.uint32(2))] + spells[at]
        out[j] = clock + weeks * _WEEK


@inner
def to_finish(
    numbers: Floats, places: Ints, c: Whole, works: Floats, out: Floats, n: Whole, trouble: Trouble
) -> None:
    """For each of n: the earliest instant of calendar c by which so much has been done."""
    if places[6 * c]:
        for j in range(n):
            out[j] = works[j]
        return
    week, low, high = numbers[10 * c + 2], numbers[10 * c + 3], numbers[10 * c + 4]
    origin, per_ms = numbers[10 * c + 7], numbers[10 * c + 8]
    spells, cells = numbers[places[6 * c + 1] :], places[places[6 * c + 3] :]
    steps = places[6 * c + 5]
    for j in range(n):
        work = works[j]
        weeks = 0.0
        if not low < work <= high:
            if not abs(work) < np.inf or (week <= 0.0 and work != low):
                trouble[0], trouble[1] = NO_WORK if abs(work) < np.inf else ENDLESS, c
                work = low
            else:
                weeks = _weeks_up(work, low, high, week)
                work = work - weeks * week
        at = np.uint32(cells[np.uint32(np.int32((work - origin) * per_ms))] * 4)
        at = np.uint32(
            at
            - np.uint32(4) * ((at > np.uint32(0)) & (work <= spells[np.uint32(at + np.uint32(2))]))
        )
        for _ in range(steps):
            at = np.uint32(at + np.uint32(4) * (work > spells[np.uint32(at + np.uint32(6))]))
        clock = work - spells[np.uint32(at + np.uint32(2))] + spells[at]
        out[j] = clock + weeks * _WEEK


@signed("f8(f8[::1], i4[::1], i8, i8, f8, i8[::1])")
def convert(
    numbers: Floats, places: Ints, c: Whole, way: Whole, value: float, trouble: Trouble
) -> Real:
    """One instant in working time (`WORK_AT`), or back to the clock (`START_AT`, `FINISH_AT`)."""
    if places[6 * c]:
        return value
    low, high, period = numbers[10 * c + 3], numbers[10 * c + 4], numbers[10 * c + 2]
    index, key = 3, 2
    if way == WORK_AT:
        low, high, period, index, key = numbers[10 * c], numbers[10 * c + 1], _WEEK, 2, 0
    upper = way == FINISH_AT
    weeks = 0.0
    inside = low < value <= high if upper else low <= value < high
    if not inside:
        if not abs(value) < np.inf or (period <= 0.0 and not (upper and value == low)):
            trouble[0], trouble[1] = NO_WORK if abs(value) < np.inf else ENDLESS, c
            value = low
        else:
            weeks = (
                _weeks_up(value, low, high, period) if upper else _weeks(value, low, high, period)
            )
            value -= weeks * period
    spells, cells = places[6 * c + 1], places[6 * c + index]
    origin, per_ms = numbers[10 * c + 2 * index + 1], numbers[10 * c + 2 * index + 2]
    if way == WORK_AT:
        value = max(value, numbers[10 * c + 9])
    at = spells + 4 * places[cells + int((value - origin) * per_ms)]
    if upper and at > spells and value <= numbers[at + key]:
        at -= 4
    for _ in range(places[6 * c + index + 2]):
        after = numbers[at + key + 4]
        at += 4 * int(value > after if upper else value >= after)
    if way == WORK_AT:
        done = min(value - numbers[at], numbers[at + 1]) + numbers[at + 2]
        return done + weeks * numbers[10 * c + 2]
    return value - numbers[at + 2] + numbers[at] + weeks * _WEEK


@signed("f8(f8[::1], i4[::1], i8, f8, f8, i8[::1])")
def shifted(
    numbers: Floats, places: Ints, c: Whole, clock: float, lag: float, trouble: Trouble
) -> Real:
    """An instant moved by working time of a calendar, of the clock if c is negative: forward to the
    earliest, back to the latest instant."""
    if lag == 0.0 or c < 0:
        return clock + lag
    work = convert(numbers, places, c, WORK_AT, clock, trouble) + lag
    return convert(numbers, places, c, FINISH_AT if lag > 0.0 else START_AT, work, trouble)
