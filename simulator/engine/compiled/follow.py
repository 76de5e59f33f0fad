"""The kernel of the network: what follows from the durations of some lanes.

One kernel for all of it, because whatever two kernels call is compiled for each of them, and
because threads wait for the interpreter's lock between kernels.
"""

from typing import NamedTuple

import numpy as np

from simulator.engine.compiled.jit import Whole, frugal
from simulator.engine.compiled.lanes import Bits, Ints, Lanes, Wide
from simulator.engine.compiled.memory import blank
from simulator.engine.compiled.network_tape import NetworkTape
from simulator.engine.compiled.outcome_tape import OutcomeTape
from simulator.engine.compiled.outcomes import count, fill_outcomes, fill_wanted
from simulator.engine.compiled.passes import ask_all, schedule
from simulator.plan.work_calendar import Floats


class Kept(NamedTuple):
    """Where outcomes go: see `fill_outcomes` and `count`."""

    out: Floats
    marks: Bits
    there: Bits
    critical: Wide
    present: Wide
    spent: Wide


def kept_for(wanted: OutcomeTape, rows: int, tasks: int, lanes: int) -> Kept:
    """Room for the outcomes of some lanes, and counts of nothing yet."""
    targets, words = len(wanted.target_first) - 1, lanes // 64
    return Kept(
        out=blank(len(wanted.kind) + 2, lanes),
        marks=blank(rows, words, dtype=np.uint64),
        there=blank(rows, words, dtype=np.uint64),
        critical=np.zeros((targets, tasks), dtype=np.int64),
        present=np.zeros(rows, dtype=np.int64),
        spent=np.zeros(len(wanted.rework_first) - 1, dtype=np.int64),
    )


@frugal
def follow(
    tape: NetworkTape,
    wanted: OutcomeTape,
    lanes: Lanes,
    kept: Kept,
    starts: Ints,
    ends: Ints,
    n: Whole,
    asking: bool,
) -> None:
    """Schedule n lanes; then fill every clock time if `asking`, else outcomes, counts and the
    clock times of some rows."""
    schedule(tape, lanes, n)
    if asking:
        ask_all(tape, lanes, n)
    else:
        fill_outcomes(tape, wanted, lanes, kept.out, n)
        count(
            tape, wanted, lanes, kept.out, kept.marks, kept.there, kept.critical, kept.present,
            kept.spent, n,
        )  # fmt: skip
        fill_wanted(tape, lanes, starts, ends, n)
