"""Price factors of every month, from the one number drawn; bits as the laws of `plan.laws`."""

import math

import numpy as np

from simulator.engine.compiled.jit import Whole, inner
from simulator.engine.compiled.ledger import MONTH, STRIP
from simulator.engine.compiled.money_code import ONE, OTHER
from simulator.engine.compiled.money_prices import BY_NUMBER, BY_SCORE, RISING, STEADY
from simulator.plan.laws import FROM_MEDIAN, PER_CELL, PER_SCORE
from simulator.plan.table_nodes import CELLS, FURTHEST_SCORE, SCORE_CELLS, SMALLEST
from simulator.plan.work_calendar import Floats

_MIDDLE = float(CELLS)
_LAST_SCORE = float(SCORE_CELLS)
_PLACE, _BETWEEN, _NEXT = np.uint64(ONE), np.uint64(OTHER), np.uint64(1)


@inner
def fill_prices(
    kind: Whole, variable: Whole, nodes: Floats, thresholds: Floats, values: Floats, n: Whole,
    months: Whole, regs: Floats, books: Floats,
) -> None:  # fmt: skip
    """The factors of the first months into `books`; all months share a place in their tables."""
    if kind == STEADY:
        return
    u = np.uint64(max(variable, 0))
    for j in range(n):
        regs[_PLACE, j] = 0.0
    if kind == BY_NUMBER:
        for j in range(n):
            side = values[u, j] - 0.5
            root = math.sqrt(math.sqrt(max(0.5 - abs(side), SMALLEST)))
            regs[_PLACE, j] = math.copysign(FROM_MEDIAN - root * PER_CELL, side) + _MIDDLE
    elif kind == BY_SCORE:
        for j in range(n):
            score = (values[u, j] + FURTHEST_SCORE) * PER_SCORE
            regs[_PLACE, j] = min(max(score, 0.0), _LAST_SCORE)
    elif kind != RISING:
        for k in range(len(thresholds)):
            for j in range(n):
                regs[_PLACE, j] += np.float64(thresholds[k] < values[u, j])
    _look_up(nodes, n, months, regs, books)


@inner
def _look_up(nodes: Floats, n: Whole, months: Whole, regs: Floats, books: Floats) -> None:
    """The factors of every month, at the places in `ONE`; `OTHER` is lost."""
    for j in range(n):
        regs[_BETWEEN, j] = regs[_PLACE, j] - np.float64(np.int64(regs[_PLACE, j]))
    for s in range((n + STRIP - _NEXT) // STRIP):
        lane = s * STRIP
        for m in range(months):
            at = m * MONTH
            for j in range(min(STRIP, n - lane)):
                cell = np.uint64(np.int32(regs[_PLACE, lane + j]))
                low = nodes[m, cell]
                factor = (nodes[m, cell + _NEXT] - low) * regs[_BETWEEN, lane + j] + low
                books[s, at + j] = factor
