"""Lanes of numbers and instants that flows name, and where stops end the program."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.calendars import to_work
from simulator.engine.compiled.jit import kernel
from simulator.engine.compiled.ledger import copy, month_by_day, put
from simulator.engine.compiled.money_tables import BY_CLOCK, BY_MONTH, Axes
from simulator.plan.plan import Ints
from simulator.plan.work_calendar import Floats

Bytes = npt.NDArray[np.uint8]


class RowLanes(NamedTuple):
    """The schedule of every row, (T, B); clock times only where `wanted_clock` asks for them."""

    on_clock: Bytes
    start: Floats
    finish: Floats
    position: Floats
    work: Floats
    exists: Bytes


class Numbers(NamedTuple):
    """The numbers of a tape and the values drawn."""

    variables: Ints
    reals: Floats
    values: Floats


@kernel
def fill_number(numbers: Numbers, k: int, n: int, out: Floats) -> None:
    """The value of a number in each lane."""
    if numbers.variables[k] < 0:
        put(numbers.reals[k, 0], n, out)
        return
    drawn, scale = numbers.values[numbers.variables[k]], numbers.reals[k, 1]
    for j in range(n):
        out[j] = drawn[j] * scale


@kernel
def fill_start(rows: RowLanes, row: int, n: int, out: Floats) -> None:
    """When a row starts; rows on the clock have that as their position."""
    copy(rows.position[row] if rows.on_clock[row] else rows.start[row], n, out)


@kernel
def fill_finish(rows: RowLanes, row: int, n: int, out: Floats) -> None:
    """When a row finishes."""
    if not rows.on_clock[row]:
        copy(rows.finish[row], n, out)
        return
    position, work = rows.position[row], rows.work[row]
    for j in range(n):
        out[j] = position[j] + work[j]


@kernel
def to_months(axes: Axes, n: int, clock: Floats, out: Floats) -> None:
    """Instants of the clock counted in months, each of which is 1."""
    bounds = axes.clock
    for j in range(n):
        month = month_by_day(axes.by_day, bounds[0], clock[j])
        begin, end = bounds[month], bounds[month + 1]
        out[j] = np.float64(month) + (clock[j] - begin) / (end - begin)


@kernel
def to_axis(
    axes: Axes, axis: int, n: int, trouble: npt.NDArray[np.int64], clock: Floats, out: Floats
) -> None:
    """Instants of the clock as time of an axis."""
    if axis == BY_CLOCK:
        copy(clock, n, out)
    elif axis == BY_MONTH:
        to_months(axes, n, clock, out)
    else:
        numbers, places = axes.calendars.numbers, axes.calendars.places
        to_work(numbers, places, axes.marks[axis, 3], clock, out, n, trouble)


@kernel
def fill_program_stop(
    groups: Ints, items: Ints, n: int, stopped: Bytes, stop_at: Floats, reach: Floats, out: Floats
) -> None:
    """When the program is stopped before it is done, +inf where it is not.

    A stop counts if it cut or kept away a row that no other stop had reached before.
    """
    put(np.inf, n, out)
    for g in range(len(groups)):
        at = stop_at[groups[g, 0]]
        put(np.inf, n, reach)
        for k in items[groups[g, 3] : groups[g, 4]]:
            for j in range(n):
                reach[j] = min(reach[j], stop_at[k, j])
        for row in items[groups[g, 1] : groups[g, 2]]:
            for j in range(n):
                if (stopped[row, j] != 0) & (reach[j] == at[j]):
                    out[j] = min(out[j], at[j])
