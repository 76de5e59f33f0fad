"""Arrays that the cost stage fills and works in, for one sub-block of lanes."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.money_tape import MoneyTape
from simulator.plan.work_calendar import Floats

Cells = npt.NDArray[np.uint32]

FROM, TO, START_AT, SUM, PRICED, STOP, LAST, FINISH, SPARE, OTHER = range(10)
"""Lanes: begin and end of a flow in the time of its axis, and when it begins by the clock; the sum
of its amounts and their mean price factor; when the program is stopped, when its last task ends,
when it finishes."""
LANES = 10


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
    prices: Floats
    """(M, B): price factors."""
    lanes: Floats
    """(10, B)"""
    places: Cells
    """(B,)"""
    own: Floats
    """(numbers of the largest way, B)"""
    held: Floats
    """(2, rows of the largest pool, B): from when to when each row holds."""
    order: Floats
    """(4, rows of the largest pool): starts and finishes of one lane in order, with units."""
    trouble: npt.NDArray[np.int64]
    """(2,): what went wrong in which calendar, as `calendars` notes it."""


def cost_arrays(tape: MoneyTape, lanes: int) -> CostArrays:
    """Room for a sub-block."""
    months = 0 if tape.empty else len(tape.axes.clock) - 1
    accounts, most_costs, most_rows = tape.shape
    return CostArrays(
        cash=np.zeros((months, lanes)),
        accounts=np.zeros((accounts, lanes)),
        total=np.zeros(lanes),
        present_value=np.zeros(lanes),
        prices=np.ones((months, lanes)),
        lanes=np.zeros((LANES, lanes)),
        places=np.zeros(lanes, dtype=np.uint32),
        own=np.zeros((most_costs, lanes)),
        held=np.zeros((2, most_rows, lanes)),
        order=np.zeros((4, most_rows)),
        trouble=np.zeros(2, dtype=np.int64),
    )
