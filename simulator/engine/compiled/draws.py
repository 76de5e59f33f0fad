"""Everything drawn for some lanes of a chunk of 1,024 iterations, as `simulator.engine.draws`.

Variable by variable: its random words, which stay in the first cache, and its values from them.
"""

from typing import NamedTuple

import numpy as np

from simulator.engine.compiled.draw_tape import Bytes, DrawTape
from simulator.engine.compiled.jit import inlined, inner
from simulator.engine.compiled.laws import (
    Cells,
    Index,
    Position,
    Words,
    rounded,
    score_law,
    steps_law,
    table_law,
    triangular_law,
    uniform_law,
)
from simulator.engine.compiled.schemes import SchemeTape, row_words, row_words_apart
from simulator.plan.law_columns import CONSTANT, SCORE_TABLE, TABLE, TRIANGULAR, UNIFORM
from simulator.plan.plan import Ints
from simulator.plan.work_calendar import Floats

NORMAL = Index(0)
"""Row of `nodes` that turns `u` into a standard normal score."""
FACTOR, MIXED, CHANCE = Index(0), Index(0), Index(0)
"""Rows of `scratch`, one use after the other; cells of tables take the last."""
ONE = Index(1)


class Drawn(NamedTuple):
    """What `draw_lanes` writes, in the order of its parameters, and its scratch space."""

    values: Floats
    occurs: Bytes
    taken: Ints
    again: Bytes
    words: Words
    scratch: Floats


@inner
def draw_lanes(
    tape: DrawTape,
    scheme: SchemeTape,
    chunk: int,
    first: int,
    n: int,
    values: Floats,
    occurs: Bytes,
    taken: Ints,
    again: Bytes,
    work: Floats,
    words: Words,
    scratch: Floats,
) -> None:
    """Everything drawn for n lanes: iterations of a chunk from counter `first` on, as `row_words`.

    Parameters
    ----------
    values
        (V, B): not rounded.
    occurs
        (R, B): whether each risk occurs.
    taken
        (branches, B): the outcome of each.
    again
        (rounds, B): whether each rework round would follow the one before it.
    work
        (T, B): takes the work of rows that are one variable and nothing else, rounded.
    words, scratch
        (B,), (4, B): free to be overwritten.
    """
    lanes, block, counter = Index(n), Index(chunk), Index(first)
    cells = scratch[3].view(np.int32)
    _scores(tape, scheme, block, counter, lanes, words, values, scratch, cells)
    _mix(tape.dense, tape.lower, lanes, values, scratch)
    for v in range(Index(len(tape.kind))):
        if not (tape.score[v] or tape.kind[v] == CONSTANT):
            row_words(scheme, v, block, counter, words)
        draw_row(tape, v, words, lanes, values, work, cells)
    occurrences(
        tape.risk, tape.chance, tape.condition_first, tape.condition, tape.condition_chance,
        lanes, values, occurs, scratch,
    )  # fmt: skip
    _choices(
        tape.branch, tape.limit_first, tape.limits, tape.again, tape.again_chance, lanes, values,
        taken, again,
    )  # fmt: skip


@inlined
def draw_row(
    tape: DrawTape, v: Position, words: Words, n: Position, values: Floats, work: Floats,
    cells: Cells,
) -> None:  # fmt: skip
    """The values of one variable from its words, or in place of scores if it takes such."""
    kind, row = tape.kind[v], Index(tape.place[v])
    own = tape.work_row[v] >= 0
    out, to = (work, Index(tape.work_row[v])) if own else (values, v)
    if kind == UNIFORM:
        uniform_law(words, n, tape.parameters[v, 0], tape.parameters[v, 1], out, to)
    elif kind == TRIANGULAR:
        triangular_law(words, v, n, tape.parameters, out, to)
    elif kind == TABLE:
        table_law(words, n, tape.nodes, row, out, to, cells)
    elif kind == SCORE_TABLE:
        score_law(tape.score_nodes, row, n, values, v, cells)
    elif kind == CONSTANT:
        value = tape.parameters[v, 0]
        for j in range(n):
            out[to, j] = value
    else:
        if not tape.score[v]:
            uniform_law(words, n, 0.0, 1.0, out, to)
        low_end, high_end = Index(tape.step_first[row]), Index(tape.step_first[row + ONE])
        steps_law(tape.thresholds, low_end, high_end, tape.step_values, row, n, out, to, cells)
    if own:
        scale = tape.work_scale[v]
        for j in range(n):
            work[to, j] = rounded(work[to, j] * scale)


@inner
def _scores(
    tape: DrawTape, scheme: SchemeTape, chunk: Position, first: Position, n: Position,
    words: Words, values: Floats, scratch: Floats, cells: Cells,
) -> None:  # fmt: skip
    """Standard normal scores where laws take them, those of each group sharing its factor."""
    count = Index(len(tape.score))
    for v in range(count):
        if tape.score[v]:
            row_words_apart(scheme, v, chunk, first, words)
            table_law(words, n, tape.nodes, NORMAL, values, v, cells)
    for group in range(Index(len(tape.own))):
        row_words_apart(scheme, count + group, chunk, first, words)
        table_law(words, n, tape.nodes, NORMAL, scratch, FACTOR, cells)
        for j in range(n):
            scratch[FACTOR, j] = scratch[FACTOR, j] * tape.shared[group]
        for at in range(Index(tape.member_first[group]), Index(tape.member_first[group + ONE])):
            member = Index(tape.members[at])
            for j in range(n):
                values[member, j] = values[member, j] * tape.own[group] + scratch[FACTOR, j]


@inlined
def _mix(dense: Ints, lower: Floats, n: Position, values: Floats, scratch: Floats) -> None:
    """Correlate scores by a matrix, from the last on, since each needs those before it.

    The sums run in the order of the variables.
    """
    for i in range(len(dense) - 1, -1, -1):
        weight_0 = i * (i + 1) // 2
        row, weight = Index(dense[0]), lower[weight_0]
        for j in range(n):
            scratch[MIXED, j] = values[row, j] * weight
        for k in range(1, i + 1):
            row, weight = Index(dense[k]), lower[weight_0 + k]
            for j in range(n):
                scratch[MIXED, j] = scratch[MIXED, j] + values[row, j] * weight
        row = Index(dense[i])
        for j in range(n):
            values[row, j] = scratch[MIXED, j]


@inlined
def occurrences(
    risk: Ints, chance: Floats, condition_first: Ints, condition: Ints, condition_chance: Floats,
    n: Position, values: Floats, occurs: Bytes, scratch: Floats,
) -> None:  # fmt: skip
    """Whether each risk occurs; the last of its conditions in the list that holds counts."""
    for r in range(Index(len(risk))):
        u = Index(risk[r])
        for j in range(n):
            scratch[CHANCE, j] = chance[r]
        for at in range(Index(condition_first[r]), Index(condition_first[r + ONE])):
            other, value = Index(condition[at]), condition_chance[at]
            for j in range(n):
                kept = scratch[CHANCE, j]
                scratch[CHANCE, j] = value if occurs[other, j] else kept
        for j in range(n):
            occurs[r, j] = np.uint8(values[u, j] < scratch[CHANCE, j])


@inlined
def _choices(
    branch: Ints, limit_first: Ints, limits: Floats, rework: Ints, rework_chance: Floats,
    n: Position, values: Floats, taken: Ints, again: Bytes,
) -> None:  # fmt: skip
    """The outcome of each branch, and whether each rework round would follow."""
    for b in range(Index(len(branch))):
        u = Index(branch[b])
        for j in range(n):
            taken[b, j] = 0
        for at in range(Index(limit_first[b]), Index(limit_first[b + ONE])):
            limit = limits[at]
            for j in range(n):
                taken[b, j] += np.int32(values[u, j] >= limit)
    for k in range(Index(len(rework))):
        u, chance = Index(rework[k]), rework_chance[k]
        for j in range(n):
            again[k, j] = np.uint8(values[u, j] < chance)
