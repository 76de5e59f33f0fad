"""What a plan's durations depend on besides draws, flattened to arrays that kernels read.

T rows, R risks, H hits of `apply: first`; numbers of rows, variables and risks are the plan's,
then those of `Versions`, where mitigations come into force on dates.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.memory import blank
from simulator.plan.plan import NONE, Ints
from simulator.plan.work_calendar import Floats

Bytes = npt.NDArray[np.uint8]
OF_WORK, OF_STOPS, OF_VERSIONS = 0, 6, 6
"""Groups of `Sums`; 1 and 2 are the waits, 3 to 5 `first_*` in the same order, 7 and 8 waits of
versions."""


class Terms(NamedTuple):
    """What risks bring about where they occur, each (E,): the effects, those that change once more
    for each later epoch, `firsts` of each epoch, and `stops`.

    Without a variable `fixed` is the factor, amount or instant, mitigated and rounded.
    """

    risk: Ints
    variable: Ints
    fixed: Floats
    scale: Floats
    left: Floats
    """What mitigations leave of it."""


class Lists(NamedTuple):
    """A list of numbers for each of K: `item[first[k]:first[k + 1]]`."""

    first: Ints
    item: Ints


class Estimates(NamedTuple):
    """Rows that are constant, those of one variable, and all others (G,), rework rounds last."""

    constant_row: Ints
    constant: Floats
    plain_row: Ints
    plain_variable: Ints
    plain_scale: Floats
    row: Ints
    variable: Ints
    """Of the estimate, or of a rework round's share of it."""
    scale: Floats
    """Of the variable; the estimate or share itself where there is none."""
    class_variable: Ints
    class_fixed: Floats
    repeats: Ints
    """Row of `exact` that a rework round takes its share of; else `NONE`."""
    keeps: Ints
    """Row of `exact` that keeps the work unrounded, for rework rounds; else `NONE`."""
    factors: Lists


class Sums(NamedTuple):
    """What terms are added up in (K,): rows of work, waits, `first_*` or `stop_at`."""

    group: Ints
    slot: Ints
    """The row in the array of its group."""
    low: Floats
    """What an amount is at least."""
    terms: Lists


class Presence(NamedTuple):
    """What makes rows present: branches, then rework rounds in sequence."""

    row: Ints
    branch: Ints
    outcome: Ints
    begins: Ints
    """The row whose presence begins a sequence of rounds, `NONE` for its later rounds (Q,)."""
    again: Ints
    """The row of `again` that a round depends on, `NONE` where it is certain (Q,)."""
    rows: Lists
    """What is present in each round."""
    base: Ints
    """The row that each of those repeats."""


class WorkTape(NamedTuple):
    """All that durations depend on besides draws."""

    always: Bytes
    """(T,): 1 for rows that are present in every iteration; `exists` is not written for them."""
    elapsed_slot: Ints
    working_slot: Ints
    """(T,): the row of `elapsed` or `working` that holds a row's waits; `NONE` without any."""
    first_offset: Ints
    """(H + 1,): candidates of hit h are rows `first_offset[h]` to `[h + 1]` of `first_*`, those of
    later epochs behind them."""
    epochs: int
    versions: int
    """How many versions of rows stand behind the rows of `work`."""
    terms: Terms
    estimates: Estimates
    sums: Sums
    presence: Presence
    lag_variable: Ints
    lag_share: Bytes
    date_variable: Ints
    date_share: Bytes


class WorkArrays(NamedTuple):
    """What `fill_durations` writes, in the order of its parameters, and its scratch space."""

    work: Floats
    exists: Bytes
    elapsed: Floats
    working: Floats
    lags: Floats
    dates: Floats
    first_delay: Floats
    first_elapsed: Floats
    first_working: Floats
    stop_at: Floats
    version_elapsed: Floats
    version_working: Floats
    exact: Floats
    """Unrounded work of the rows that rework rounds repeat."""
    scratch: Floats


def arrays_for(
    tape: WorkTape, lanes: int, work: Floats | None = None, exists: Bytes | None = None
) -> WorkArrays:
    """Arrays for as many lanes; what no kernel writes is already right in them.

    Work and presence may stand in arrays that there are: to fill large ones takes milliseconds.
    """
    firsts, sums = tape.epochs * int(tape.first_offset[-1]), tape.sums.group
    counts = (
        tape.elapsed_slot.max(initial=NONE) + 1, tape.working_slot.max(initial=NONE) + 1,
        len(tape.lag_variable), len(tape.date_variable), firsts, firsts, firsts,
        np.count_nonzero(sums == OF_STOPS), tape.versions, tape.versions,
        tape.estimates.keeps.max(initial=NONE) + 1, 2,
    )  # fmt: skip
    others = (blank(int(count), lanes) for count in counts)
    rows = len(tape.always)
    if work is None:
        work = blank(rows + tape.versions, lanes)
    if exists is None:
        exists = np.ones((rows, lanes), dtype=np.uint8)
    return WorkArrays(work, exists, *others)
