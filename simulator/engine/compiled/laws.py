"""The laws of `simulator.plan.laws` over lanes, in the same arithmetic and hence the same bits.

Each fills lanes 0 to n - 1 of row `to` of `out`. A law of `u` reads random words k of one variable;
``u = (k + 0.5) 2^-32`` without any rounding. A law of a
normal score finds the scores where it leaves the values. Positions in a table come first, for all
lanes, and are then looked up: only so does the first part become vector arithmetic.

Rows are indexed and never taken as views: each view would count references, which costs as much
as 30 values. Indices are unsigned, or every one would be tested for counting from the end.
"""

import math

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.jit import Real, inlined, inner
from simulator.engine.rounding import LONGEST as LONGEST_MS
from simulator.plan.laws import FROM_MEDIAN, PER_CELL, PER_SCORE, Floats
from simulator.plan.table_nodes import CELLS, FURTHEST_SCORE, SCORE_CELLS

Words = npt.NDArray[np.uint32]
Cells = npt.NDArray[np.int32]
Index = np.uint64
Position = int | np.uint64

UNIT = 2.0**-32
BELOW_MEDIAN = float(CELLS)
LAST_SCORE_CELL = float(SCORE_CELLS)
ONE = np.uint32(1)
LONGEST = float(LONGEST_MS)


@inlined
def uniform_law(
    words: Words, n: Position, low: float, width: float, out: Floats, to: Position
) -> None:  # fmt: skip
    """`low + width * u`."""
    for j in range(n):
        out[to, j] = (np.float64(words[j]) + 0.5) * UNIT * width + low


@inlined
def triangular_law(
    words: Words, v: Position, n: Position, parameters: Floats, out: Floats, to: Position
) -> None:  # fmt: skip
    """One square root, of the side on which `u` lies; parameters as in `TriangularLaw`.

    What is chosen is computed beforehand, so that choosing stays a choice and no jump.
    """
    low, high, cut = parameters[v, 0], parameters[v, 1], parameters[v, 2]
    rise, fall = parameters[v, 3], parameters[v, 4]
    for j in range(n):
        u = (np.float64(words[j]) + 0.5) * UNIT
        rest = 1.0 - u
        rising = u < cut
        inner = u if rising else rest
        factor = rise if rising else fall
        offset = low if rising else high
        out[to, j] = math.sqrt(inner) * factor + offset


@inlined
def rounded(amount: float) -> Real:
    """Work in whole milliseconds, of which there are not too many."""
    amount = 0.0 if amount <= 0.0 else amount
    return np.rint(LONGEST if amount > LONGEST else amount)


@inner
def table_law(
    words: Words, n: Position, nodes: Floats, row: Position, out: Floats, to: Position,
    cells: Cells,
) -> None:  # fmt: skip
    """Linear between the nodes of a `Table`; `u` never lies beyond the outermost of them."""
    for j in range(n):
        side = (np.float64(words[j]) + 0.5) * UNIT - 0.5
        root = math.sqrt(math.sqrt(0.5 - abs(side)))
        place = math.copysign(FROM_MEDIAN - root * PER_CELL, side) + BELOW_MEDIAN
        cell = np.int32(place)
        cells[j] = cell
        out[to, j] = place - np.float64(cell)
    between(nodes, row, n, out, to, cells)


@inlined
def score_law(
    nodes: Floats, row: Position, n: Position, out: Floats, to: Position, cells: Cells
) -> None:
    """Linear between the nodes of a `ZTable`, in place of scores."""
    for j in range(n):
        place = (out[to, j] + FURTHEST_SCORE) * PER_SCORE
        place = place if place > 0.0 else 0.0
        place = place if place < LAST_SCORE_CELL else LAST_SCORE_CELL
        cell = np.int32(place)
        cells[j] = cell
        out[to, j] = place - np.float64(cell)
    between(nodes, row, n, out, to, cells)


@inlined
def between(
    nodes: Floats, row: Position, n: Position, out: Floats, to: Position, cells: Cells
) -> None:
    """The value at a share `out` of the way through each of `cells`, in place of the share."""
    for j in range(n):
        cell = np.uint32(cells[j])
        value = nodes[row, cell]
        out[to, j] = (nodes[row, cell + ONE] - value) * out[to, j] + value


@inlined
def steps_law(
    thresholds: Floats, begin: Position, end: Position, values: Floats, row: Position, n: Position,
    out: Floats, to: Position, cells: Cells,
) -> None:  # fmt: skip
    """Where k of thresholds `begin` to `end - 1` are below, value k of steps number `row`.

    In place of `u` or scores. The search halves what is left for all lanes at a time, since jumps
    that nobody can foresee cost more than the few comparisons that are made in vain.
    """
    for j in range(n):
        cells[j] = 0
    left = end - begin
    while left > 0:
        half = (left + Index(1)) >> Index(1)
        last = begin + half - Index(1)
        for j in range(n):
            found = Index(cells[j])
            cells[j] = np.int32(found + half * Index(thresholds[last + found] < out[to, j]))
        left -= half
    for j in range(n):
        out[to, j] = values[begin + row + Index(cells[j])]
