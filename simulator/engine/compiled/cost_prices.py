"""Price factors of every month, from the one number drawn; bits as the laws of `plan.laws`."""

import math

import numpy as np

from simulator.engine.compiled.cost_arrays import Cells
from simulator.engine.compiled.jit import kernel
from simulator.engine.compiled.ledger import put
from simulator.engine.compiled.money_prices import BY_NUMBER, BY_SCORE, RISING, STEADY, PriceTape
from simulator.plan.laws import FROM_MEDIAN, PER_CELL, PER_SCORE
from simulator.plan.table_nodes import CELLS, FURTHEST_SCORE, SCORE_CELLS, SMALLEST
from simulator.plan.work_calendar import Floats

_MIDDLE = float(CELLS)
_LAST_SCORE = float(SCORE_CELLS)
_ONE = np.uintp(1)


@kernel
def fill_prices(
    tape: PriceTape, values: Floats, n: int, months: int, cells: Cells, place: Floats, out: Floats
) -> None:
    """The factors (M, B) of the first months; all months share a place in their tables."""
    if tape.kind == STEADY:
        return
    if tape.kind == RISING:
        for m in range(months):
            put(tape.nodes[m, 0], n, out[m])
        return
    u = values[tape.variable]
    if tape.kind == BY_NUMBER:
        for j in range(n):
            side = u[j] - 0.5
            root = math.sqrt(math.sqrt(max(0.5 - abs(side), SMALLEST)))
            place[j] = math.copysign(FROM_MEDIAN - root * PER_CELL, side) + _MIDDLE
    elif tape.kind == BY_SCORE:
        for j in range(n):
            place[j] = min(max((u[j] + FURTHEST_SCORE) * PER_SCORE, 0.0), _LAST_SCORE)
    else:
        for j in range(n):
            place[j] = np.float64(np.searchsorted(tape.thresholds, u[j]))
    for j in range(n):
        cell = np.int32(place[j])
        cells[j], place[j] = np.uint32(cell), place[j] - np.float64(cell)
    for m in range(months):
        nodes, factor = tape.nodes[m], out[m]
        for j in range(n):
            low = nodes[np.uintp(cells[j])]
            factor[j] = (nodes[np.uintp(cells[j]) + _ONE] - low) * place[j] + low
