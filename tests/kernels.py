"""Inner functions of the compiled engine with a door for Python."""

from typing import Any

from simulator.engine.compiled import draws, durations
from simulator.engine.compiled.draw_tape import DrawTape
from simulator.engine.compiled.draws import Drawn
from simulator.engine.compiled.jit import frugal
from simulator.engine.compiled.schemes import SchemeTape
from simulator.engine.compiled.terms import WorkArrays, WorkTape
from simulator.plan.work_calendar import Floats

_draw, _fill = draws.draw_lanes, durations.fill_durations


@frugal
def draw_lanes(
    tape: DrawTape, scheme: SchemeTape, chunk: int, first: int, n: int, drawn: Drawn, work: Floats
) -> None:
    """`draws.draw_lanes`."""
    values, occurs, taken, again, words, scratch = drawn
    _draw(tape, scheme, chunk, first, n, values, occurs, taken, again, work, words, scratch)


@frugal
def fill_durations(tape: WorkTape, n: int, drawn: tuple[Any, ...], arrays: WorkArrays) -> None:
    """`durations.fill_durations`."""
    values, occurs, taken, again = drawn
    (
        work, exists, elapsed, working, lags, dates, first_delay, first_elapsed, first_working,
        stop_at, version_elapsed, version_working, exact, scratch,
    ) = arrays  # fmt: skip
    _fill(
        tape, n, values, occurs, taken, again, work, exists, elapsed, working, lags, dates,
        first_delay, first_elapsed, first_working, stop_at, version_elapsed, version_working, exact,
        scratch,
    )  # fmt: skip
