"""Clock time to working time and back, one instant at a time; bits as `plan.work_calendar`.

Every calendar of a network is packed into one float64 and one int32 array, because a kernel passes
two arrays along cheaply. Errors are noted in `trouble` (2,): what, and in which calendar.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.jit import Real, Whole, merged, signed
from simulator.errors import RunError
from simulator.plan.plan import Network
from simulator.plan.pools import never_served
from simulator.plan.work_calendar import WEEK, Floats, WorkCalendar

Ints = npt.NDArray[np.int32]
Trouble = npt.NDArray[np.int64]

ENDLESS, NO_WORK, NO_WINDOW, NO_MEETING, NO_UNITS = range(1, 6)
"""What can go wrong: an instant without end, a calendar that runs out of working time, or has no
window for unbroken work; a board without a meeting, a pool without units for a row that waits."""
WORK_AT, START_AT, FINISH_AT = range(3)
_NUMBERS, _PLACES = 10, 6
"""Entries a calendar has at the front of either array."""
_WEEK = float(WEEK)


class CalendarTape(NamedTuple):
    """All calendars; `numbers[10 c:]` and `places[6 c:]` begin with what calendar c is."""

    numbers: Floats
    """Begin, end, work of a week, work at begin and at end, origin and cells per ms of the clock
    index and of the work index, first start; further back start, end, work, start less work of
    each."""
    places: Ints
    """Always open?, where the spells stand in `numbers`, where the clock index and the work index
    stand here, their correction steps; further back the indices."""


@lru_cache(maxsize=32)
def calendar_tape(calendars: tuple[WorkCalendar, ...]) -> CalendarTape:
    """Pack calendars, once for all runs that share them; nobody may write into what is packed.

    The number of a calendar is its position.
    """
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
        own[:, 0], own[:, 2] = calendar.starts, calendar.work
        own[:-1, 1] = calendar.starts[:-1] + calendar.lengths
        own[:-1, 3] = calendar.starts[:-1] - calendar.work[:-1]
        behind = ints + len(clock.first)
        marks += [int(calendar.always), floats, ints, behind, clock.steps, work.steps]
        spells.append(own.ravel())
        cells += [clock.first, work.first]
        floats, ints = floats + own.size, behind + len(work.first)
    return CalendarTape(
        np.concatenate([np.array(heads, dtype=np.float64), *spells]),
        np.concatenate([np.array(marks, dtype=np.int32), *cells]).astype(np.int32, copy=False),
    )


def raise_trouble(trouble: Trouble, network: Network) -> None:
    """Raise what kernels noted, in the words of the modules that they follow."""
    kind, where = trouble.tolist()
    if kind in {ENDLESS, NO_WORK, NO_WINDOW}:
        name = network.calendars[where].name
        raise RunError(
            {
                ENDLESS: f"calendar {name}: an instant without end reached the schedule",
                NO_WORK: f"calendar {name} runs out of working time;"
                " give it a week with working hours",
                NO_WINDOW: f"calendar {name}: unbroken work finds no window to start in",
            }[kind]
        )
    if kind == NO_MEETING:
        name = network.unfolding.boards[network.unfolding.board_tasks[where].board].name
        raise RunError(
            f"board {name}: a task is ready after its last meeting; give it later meetings"
        )
    if kind == NO_UNITS:
        raise RunError(never_served(network, where))


@signed("f8(f8[::1], i8, u8, f8, i8[::1])")
def _weeks(numbers: Floats, c: Whole, way: Whole, value: float, trouble: Trouble) -> Real:
    """By how many weeks an instant outside the table is folded into it; nan if it cannot be."""
    upper = way == np.uint64(FINISH_AT)
    low, high, period = numbers[10 * c + 3], numbers[10 * c + 4], numbers[10 * c + 2]
    if way == np.uint64(WORK_AT):
        low, high, period = numbers[10 * c], numbers[10 * c + 1], _WEEK
    if not abs(value) < np.inf:
        trouble[0], trouble[1] = ENDLESS, c
        return np.nan
    if period <= 0.0:
        if upper and value == low:
            return 0.0
        trouble[0], trouble[1] = NO_WORK, c
        return np.nan
    if upper:
        over = (value - high if value > high else value - low) / period
        return np.ceil(over) - np.float64(value <= high)
    over = (value - high if value >= high else value - low) / period
    return np.floor(over) + np.float64(value >= high)


@signed("f8(f8[::1], i4[::1], u8, u8, f8, i8[::1])")
def convert(
    numbers: Floats, places: Ints, c: Whole, way: Whole, value: float, trouble: Trouble
) -> Real:
    """One instant in working time (`WORK_AT`), or back to the clock (`START_AT`, `FINISH_AT`).

    Whole milliseconds make "before" the same as "at or before a millisecond earlier".
    """
    head, mark, one = c * np.uint64(10), c * np.uint64(6), np.uint64(1)
    if places[mark]:
        return value
    work, back = way == np.uint64(WORK_AT), 1.0 if way == np.uint64(FINISH_AT) else 0.0
    ends = head if work else head + np.uint64(3)
    index, key = np.uint64(2 if work else 3), np.uint64(0 if work else 2)
    moved = 0.0
    if not numbers[ends] <= value - back < numbers[ends + one]:
        weeks = _weeks(numbers, np.int64(c), way, value, trouble)
        period, other = numbers[head + np.uint64(2)], _WEEK
        if work:
            period, other = other, period
        value, moved = value - weeks * period, weeks * other
        if np.isnan(weeks):
            value, moved = numbers[ends], 0.0
    least, way_back = numbers[head + np.uint64(9)], -1.0
    if not work:
        least, way_back = numbers[ends], 1.0
    value = value if value > least else least
    at = head + np.uint64(2) * index
    cell = np.int32((value - back - numbers[at + one]) * numbers[at + np.uint64(2)])
    four, cells = np.uint64(4), np.uint64(places[mark + index])
    at = np.uint64(places[mark + one]) + four * np.uint64(places[cells + np.uint64(cell)])
    for _ in range(places[mark + index + np.uint64(2)]):
        at += four * np.uint64(value - back >= numbers[at + key + four])
    end = numbers[at + one] if work else np.inf
    return (value if value < end else end) + way_back * numbers[at + np.uint64(3)] + moved


@signed("void(f8[::1], i4[::1], i8, i8, f8[::1], f8[::1], i8, i8[::1])")
def convert_all(
    numbers: Floats,
    places: Ints,
    c: Whole,
    way: Whole,
    values: Floats,
    out: Floats,
    n: Whole,
    trouble: Trouble,
) -> None:
    """`convert` for each of n instants; `out` may be `values`.

    Inside the table, whose cells hold one begin of a spell at most, nothing depends on a branch.
    """
    if places[6 * c]:
        for j in range(n):
            out[j] = values[j]
        return
    work = way == WORK_AT
    back = 1.0 if way == FINISH_AT else 0.0
    low = numbers[10 * c] if work else numbers[10 * c + 3]
    high = numbers[10 * c + 1] if work else numbers[10 * c + 4]
    otherwise = places[6 * c + (4 if work else 5)] > 1
    for j in range(n):
        otherwise |= not ((values[j] - back >= low) & (values[j] - back < high))
    if otherwise:
        for j in range(n):
            out[j] = convert(numbers, places, c, way, values[j], trouble)
        return
    first = 10 * c + (5 if work else 7)
    origin, per_ms, least = numbers[first] + back, numbers[first + 1], numbers[10 * c + 9]
    spells, cells = np.uint64(places[6 * c + 1]), np.uint64(places[6 * c + (2 if work else 3)])
    one, two, three, four = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
    if work:
        for j in range(n):
            value = values[j] if values[j] > least else least
            cell = np.uint64(np.int32((value - origin) * per_ms))
            at = spells + four * np.uint64(places[cells + cell])
            at += four * np.uint64(value >= numbers[at + four])
            end = numbers[at + one]
            out[j] = (value if value < end else end) - numbers[at + three]
    else:
        for j in range(n):
            cell = np.uint64(np.int32((values[j] - origin) * per_ms))
            at = spells + four * np.uint64(places[cells + cell])
            at += four * np.uint64(values[j] - back >= numbers[at + four + two])
            out[j] = values[j] + numbers[at + three]


@merged
def shifted(
    numbers: Floats, places: Ints, c: Whole, clock: float, lag: float, trouble: Trouble
) -> Real:
    """An instant moved by working time of a calendar, of the clock if c is negative: forward to the
    earliest, back to the latest instant."""
    if lag == 0.0 or c < 0:
        return clock + lag
    return _shifted(numbers, places, c, clock, lag, trouble)


@signed("f8(f8[::1], i4[::1], i8, f8, f8, i8[::1])")
def _shifted(
    numbers: Floats, places: Ints, c: Whole, clock: float, lag: float, trouble: Trouble
) -> Real:
    work = convert(numbers, places, c, WORK_AT, clock, trouble) + lag
    return convert(numbers, places, c, FINISH_AT if lag > 0.0 else START_AT, work, trouble)
