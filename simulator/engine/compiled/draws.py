"""Everything drawn for some lanes of a chunk of 1,024 iterations, as `simulator.engine.draws`.

`fill_words` makes the random words of a chunk, `draw_lanes` turns those of a sub-block into values.
Nothing else is random: whoever rewrites words in between rewrites what is drawn.
"""

import numpy as np

from simulator.engine.compiled.draw_tape import (
    CONSTANT,
    SCORE_TABLE,
    TABLE,
    TRIANGULAR,
    UNIFORM,
    Bytes,
    DrawTape,
)
from simulator.engine.compiled.jit import frugal, inlined, inner, kernel
from simulator.engine.compiled.laws import (
    Cells,
    Index,
    Position,
    Words,
    score_law,
    steps_law,
    table_law,
    triangular_law,
    uniform_law,
)
from simulator.engine.compiled.philox import philox_words
from simulator.engine.durations import LONGEST as LONGEST_MS
from simulator.plan.plan import Ints
from simulator.plan.work_calendar import Floats

NORMAL = Index(0)
"""Row of `nodes` that turns `u` into a standard normal score."""
FACTOR, MIXED, CHANCE = Index(0), Index(0), Index(0)
"""Rows of `scratch`, one use after the other; cells of tables take the last."""
ONE = Index(1)
LONGEST = float(LONGEST_MS)


@kernel
def fill_words(tape: DrawTape, seed: np.uint64, chunk: np.int64, words: Words) -> None:
    """Fill `words` (1024 / B, W, B) with the random words of iterations `1024 chunk` and on."""
    philox_words(tape.addresses, seed, chunk, words)


@frugal
def draw_lanes(
    tape: DrawTape,
    words: Words,
    first: int,
    n: int,
    values: Floats,
    occurs: Bytes,
    taken: Ints,
    again: Bytes,
    work: Floats,
    scratch: Floats,
) -> None:
    """Everything drawn for lanes `first` to `first + n - 1` of a strip, as lanes 0 to n - 1.

    Parameters
    ----------
    words
        (W, B), a strip of a chunk.
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
    scratch
        (4, B): free to be overwritten.
    """
    lanes, start, cells = Index(n), Index(first), scratch[3].view(np.int32)
    _scores(
        tape.score, tape.member_first, tape.members, tape.own, tape.shared, words, start, lanes,
        tape.nodes, values, scratch, cells,
    )  # fmt: skip
    _mix(tape.dense, tape.lower, lanes, values, scratch)
    draw_rows(
        Index(0), Index(len(tape.kind)), tape.kind, tape.score, tape.place, tape.parameters,
        tape.nodes, tape.score_nodes, tape.step_first, tape.thresholds, tape.step_values,
        tape.work_row, tape.work_scale, words, start, lanes, values, work, cells,
    )  # fmt: skip
    _occurrences(
        tape.risk, tape.chance, tape.condition_first, tape.condition, tape.condition_chance,
        lanes, values, occurs, scratch,
    )  # fmt: skip
    _choices(
        tape.branch, tape.limit_first, tape.limits, tape.again, tape.again_chance, lanes, values,
        taken, again,
    )  # fmt: skip


@inner
def draw_rows(
    begin: Position, end: Position, kind: Ints, score: Bytes, place: Ints, parameters: Floats,
    nodes: Floats, score_nodes: Floats, step_first: Ints, thresholds: Floats, step_values: Floats,
    work_row: Ints, work_scale: Floats, words: Words, first: Position, n: Position,
    values: Floats, work: Floats, cells: Cells,
) -> None:  # fmt: skip
    """The values of variables `begin` to `end - 1`, in place of scores where they take such.

    Arrays in place of a tape: taking them out of a tape counts references at every use.
    """
    for v in range(begin, end):
        row = Index(place[v])
        own = work_row[v] >= 0
        out, to = (work, Index(work_row[v])) if own else (values, v)
        if kind[v] == UNIFORM:
            low, width = parameters[v, 0], parameters[v, 1]
            uniform_law(words, v, first, n, low, width, out, to)
        elif kind[v] == TRIANGULAR:
            triangular_law(words, v, first, n, parameters, out, to)
        elif kind[v] == TABLE:
            table_law(words, v, first, n, nodes, row, out, to, cells)
        elif kind[v] == SCORE_TABLE:
            score_law(score_nodes, row, n, values, v, cells)
        elif kind[v] == CONSTANT:
            value = parameters[v, 0]
            for j in range(n):
                out[to, j] = value
        else:
            if not score[v]:
                uniform_law(words, v, first, n, 0.0, 1.0, out, to)
            low_end, high_end = Index(step_first[row]), Index(step_first[row + ONE])
            steps_law(thresholds, low_end, high_end, step_values, row, n, out, to, cells)
        if own:
            scale = work_scale[v]
            for j in range(n):
                amount = work[to, j] * scale
                amount = 0.0 if amount <= 0.0 else amount
                work[to, j] = np.rint(LONGEST if amount > LONGEST else amount)


@inlined
def _scores(
    score: Bytes, member_first: Ints, members: Ints, own: Floats, shared: Floats, words: Words,
    first: Position, n: Position, nodes: Floats, values: Floats, scratch: Floats, cells: Cells,
) -> None:  # fmt: skip
    """Standard normal scores where laws take them, those of each group sharing its factor."""
    for v in range(Index(len(score))):
        if score[v]:
            table_law(words, v, first, n, nodes, NORMAL, values, v, cells)
    for group in range(Index(len(own))):
        row = Index(len(score)) + group
        table_law(words, row, first, n, nodes, NORMAL, scratch, FACTOR, cells)
        for j in range(n):
            scratch[FACTOR, j] = scratch[FACTOR, j] * shared[group]
        for at in range(Index(member_first[group]), Index(member_first[group + ONE])):
            member = Index(members[at])
            for j in range(n):
                values[member, j] = values[member, j] * own[group] + scratch[FACTOR, j]


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
def _occurrences(
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
