"""Arrays that the cost stage fills and works in, for one sub-block of lanes."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

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
    prices: Floats
    """(M, B): price factors."""
    registers: Floats
    """(K, B), see `money_code`."""
    order: Floats
    """(2, 2 rows of the largest pool): when one lane's units are taken and given back, in order."""
    trouble: npt.NDArray[np.int64]
    """(2,): what went wrong in which calendar, as `calendars` notes it."""


def cost_arrays(tape: MoneyTape, lanes: int) -> CostArrays:
    """Room for a sub-block."""
    months = 0 if tape.empty else len(tape.clock) - 1
    return CostArrays(
        cash=np.zeros((months, lanes)),
        accounts=np.zeros((tape.accounts, lanes)),
        total=np.zeros(lanes),
        present_value=np.zeros(lanes),
        prices=np.ones((months, lanes)),
        registers=np.zeros((tape.holds + 2 * tape.most_rows, lanes)),
        order=np.zeros((2, 2 * tape.most_rows)),
        trouble=np.zeros(2, dtype=np.int64),
    )
