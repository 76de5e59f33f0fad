"""What rows spend: for their work, their clock time, or at their start or finish."""

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.cost_arrays import FROM, OTHER, SPARE, START_AT, TO
from simulator.engine.compiled.cost_times import (
    Numbers,
    RowLanes,
    fill_finish,
    fill_number,
    fill_start,
    to_months,
)
from simulator.engine.compiled.jit import kernel
from simulator.engine.compiled.ledger import copy
from simulator.engine.compiled.money_flows import (
    ACCRUED,
    AT_END,
    AT_ONCE,
    AXIS,
    COSTS,
    COSTS_END,
    PER_CLOCK,
    PER_MONTH,
    PER_WORK,
    WAY_ACCRUES,
    WAY_BY_CLOCK,
    WAY_ROW,
)
from simulator.engine.compiled.money_tables import Axes
from simulator.plan.plan import Ints
from simulator.plan.work_calendar import Floats

Bytes = npt.NDArray[np.uint8]


@kernel
def set_way(  # noqa: PLR0912 - arrays of a kernel
    axes: Axes,
    costs: Ints,
    can_stop: bool,
    flow: Ints,
    n: int,
    numbers: Numbers,
    rows: RowLanes,
    planned: Floats,
    stopped: Bytes,
    lanes: Floats,
    own: Floats,
) -> None:
    """When and how much a row spends in one way."""
    row, accrues = flow[WAY_ROW], flow[WAY_ACCRUES]
    first, last, work = lanes[FROM], lanes[TO], rows.work[row]
    for c in range(flow[COSTS], flow[COSTS_END]):
        number, mode, each = costs[c, 1], costs[c, 2], own[c - flow[COSTS]]
        if mode == PER_WORK and numbers.variables[number] < 0:
            rate = numbers.reals[number, 0]
            for j in range(n):
                each[j] = rate * work[j]
            continue
        fill_number(numbers, number, n, each)
        if mode == PER_WORK:
            for j in range(n):
                each[j] *= work[j]
        elif mode in (PER_CLOCK, PER_MONTH):
            begin, end = lanes[OTHER], lanes[SPARE]
            fill_start(rows, row, n, begin)
            fill_finish(rows, row, n, end)
            if mode == PER_MONTH:
                to_months(axes, n, begin, begin)
                to_months(axes, n, end, end)
            for j in range(n):
                each[j] *= end[j] - begin[j]
        elif can_stop and mode == ACCRUED:
            for j in range(n):
                share = work[j] / planned[row, j] if planned[row, j] > 0.0 else 1.0
                share = 0.0 if accrues == AT_END else min(share, 1.0)
                each[j] *= share if stopped[row, j] else 1.0
        for j in range(n):
            each[j] = each[j] if rows.exists[row, j] else 0.0
    if flow[AT_ONCE] or flow[WAY_BY_CLOCK] or flow[AXIS] < 0:
        if accrues == AT_END:
            fill_finish(rows, row, n, lanes[START_AT])
        else:
            fill_start(rows, row, n, lanes[START_AT])
    if flow[WAY_BY_CLOCK]:
        copy(lanes[START_AT], n, first)
        fill_finish(rows, row, n, last)
    else:
        position = rows.position[row]
        for j in range(n):
            first[j], last[j] = position[j], position[j] + work[j]
