"""The kernels by which a variant changes what was drawn: whether risks occur, and durations."""

import numpy as np

from simulator.engine.compiled.draw_tape import Chances
from simulator.engine.compiled.draws import Drawn, occurrences
from simulator.engine.compiled.durations import fill_durations
from simulator.engine.compiled.jit import frugal
from simulator.engine.compiled.laws import Index
from simulator.engine.compiled.terms import WorkArrays, WorkTape
from simulator.plan.plan import Ints
from simulator.plan.work_calendar import Floats


@frugal
def choose_again(chances: Chances, n: int, drawn: Drawn) -> None:
    """Whether each risk occurs in n lanes, by other chances and the numbers that were drawn."""
    risk, chance, condition_first, condition, condition_chance = chances
    occurrences(
        risk, chance, condition_first, condition, condition_chance, Index(n), drawn.values,
        drawn.occurs, drawn.scratch,
    )  # fmt: skip


@frugal
def put_back(places: Ints, rows: Ints, kept: Floats, work: Floats) -> None:
    """Put the work (T, B) of some rows back, from where it was kept."""
    for k in range(len(places)):
        place, row = np.uint64(places[k]), np.uint64(rows[k])
        for j in range(np.uint64(work.shape[1])):
            work[row, j] = kept[place, j]


@frugal
def fill_again(tape: WorkTape, n: int, drawn: Drawn, given: WorkArrays) -> None:
    """Turn what was drawn for n lanes into the durations of a part of a plan."""
    values, occurs, taken, again, _, _ = drawn
    (
        work, exists, elapsed, working, lags, dates, first_delay, first_elapsed, first_working,
        stop_at, version_elapsed, version_working, exact, scratch,
    ) = given  # fmt: skip
    fill_durations(
        tape, n, values, occurs, taken, again, work, exists, elapsed, working, lags, dates,
        first_delay, first_elapsed, first_working, stop_at, version_elapsed, version_working, exact,
        scratch,
    )  # fmt: skip
