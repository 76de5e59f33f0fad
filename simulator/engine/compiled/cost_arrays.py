"""Arrays that the cost stage fills and works in, for one sub-block of lanes."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.ledger import AHEAD, MONTH, SCRATCH, STRIP
from simulator.engine.compiled.memory import blank
from simulator.engine.compiled.money_tape import MoneyTape
from simulator.plan.work_calendar import Floats


class CostArrays(NamedTuple):
    """Results and scratch of `fill_costs`, for B lanes, M months, A accounts."""

    cash: Floats
    """(M, B), of which it writes the first months."""
    accounts: Floats
    """(A, B)"""
    total: Floats
    """(B,)"""
    present_value: Floats
    """(B,)"""
    books: Floats
    """(S, 128 months): price factors and cash before prices rise, see `ledger`."""
    strip: Floats
    """A flow in one strip of lanes, see `ledger`."""
    registers: Floats
    """(K, B), see `money_code`."""
    order: Floats
    """(2, 2 rows of the largest pool): when one lane's units are taken and given back, in order."""
    months: npt.NDArray[np.int64]
    """(1,): how many months have cash."""
    trouble: npt.NDArray[np.int64]
    """(2,): what went wrong in which calendar, as `calendars` notes it."""


def cost_arrays(tape: MoneyTape, lanes: int) -> CostArrays:
    """Room for a sub-block."""
    months = 0 if tape.empty else len(tape.clock) - 1
    strips = -(-lanes // int(STRIP))
    books = blank(strips, months + AHEAD, int(MONTH))
    books[:, :, : int(STRIP)] = 1.0
    return CostArrays(
        cash=blank(months, lanes),
        accounts=blank(tape.accounts, lanes),
        total=blank(lanes),
        present_value=blank(lanes),
        books=books.reshape(strips, -1),
        strip=blank(SCRATCH),
        registers=blank(tape.holds + 2 * tape.most_rows, lanes),
        order=blank(2, 2 * tape.most_rows),
        months=np.zeros(1, dtype=np.int64),
        trouble=np.zeros(2, dtype=np.int64),
    )
