"""Everything drawn for some lanes of a chunk of 1,024 iterations, as `simulator.engine.draws`.

`fill_words` makes the random words of a chunk, `draw_lanes` turns those of a sub-block into values.
Nothing else is random: whoever rewrites words in between rewrites what is drawn.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.jit import inlined, kernel
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
from simulator.engine.draws import _replaced as replaced
from simulator.plan.compile import Plan
from simulator.plan.laws import (
    ConstantLaw,
    Law,
    Steps,
    Table,
    TriangularLaw,
    UniformLaw,
    ZTable,
    normal_scores,
)
from simulator.plan.plan import DenseGroup, Ints, Variable
from simulator.plan.table_nodes import CELLS, SCORE_CELLS
from simulator.plan.work_calendar import Floats

Bytes = npt.NDArray[np.uint8]

CONSTANT, UNIFORM, TRIANGULAR, TABLE, SCORE_TABLE, STEPS = range(6)
"""Kinds of law."""
NORMAL = Index(0)
"""Row of `nodes` that turns `u` into a standard normal score."""
NO_PARAMETERS = (0.0,) * 5
PROBES = (1, CELLS // 2, CELLS, -3)
"""Nodes by which tables are told apart before they are compared."""
FACTOR, MIXED, CHANCE = Index(0), Index(0), Index(0)
"""Rows of `scratch`, one use after the other; cells of tables take the last."""
ONE = Index(1)


class DrawTape(NamedTuple):
    """What is drawn, flat: V variables and G groups of equal correlation, in W = V + G rows.

    Lists of lists are one array and the positions where each list begins (`..._first`, one entry
    more than lists).
    """

    addresses: npt.NDArray[np.uint64]
    """(W,): of the variables, then of the factors that groups share."""
    kind: Ints
    """(V,)"""
    score: Bytes
    """(V,): whether the law takes a normal score."""
    place: Ints
    """(V,): row of `nodes` or `score_nodes`, or number of the steps."""
    parameters: Floats
    """(V, 5): the value; low, width; or low, high, cut, rise, fall."""
    nodes: Floats
    """(K, 2 CELLS + 2): tables of u; the first is that of the standard normal score."""
    score_nodes: Floats
    """(Z, SCORE_CELLS + 2)"""
    step_first: Ints
    thresholds: Floats
    """Those of steps s begin at `step_first[s]`."""
    step_values: Floats
    """One more for each steps: those of steps s begin at `step_first[s] + s`."""
    member_first: Ints
    members: Ints
    """The variables of each group."""
    own: Floats
    shared: Floats
    """(G,)"""
    dense: Ints
    """(D,): the variables that a matrix correlates."""
    lower: Floats
    """(D (D + 1) / 2,): the lower triangle of its root, by rows."""
    risk: Ints
    """(R,): the variable of each risk."""
    chance: Floats
    """(R,): where no condition holds."""
    condition_first: Ints
    condition: Ints
    """Risks upon which each risk depends, the one that counts first coming last."""
    condition_chance: Floats
    branch: Ints
    """The variable of each branch."""
    limit_first: Ints
    limits: Floats
    """Where each outcome but the last of a branch ends."""
    again: Ints
    again_chance: Floats
    """The variable and the chance of each rework round, in the order of the plan."""


def draw_tape(plan: Plan) -> DrawTape:
    """The tape of a plan; of risks, the chances in its first epoch."""
    variables = plan.variables
    laws = _Laws(variables.table)
    factors = np.array([group.address for group in variables.equal], dtype=np.uint64)
    dense, lower = _triangle(variables.dense)
    risks, branches, rework = plan.effects.risks, plan.work.branches, plan.work.rework
    conditions = [risk.conditions[::-1] for risk in risks]
    return DrawTape(
        addresses=np.concatenate([variables.addresses, factors]),
        kind=_ints(laws.kinds),
        score=np.array([variable.score for variable in variables.table], dtype=np.uint8),
        place=_ints(laws.places),
        parameters=_floats(laws.parameters).reshape(-1, len(NO_PARAMETERS)),
        nodes=np.array(laws.nodes),
        score_nodes=_floats(laws.score_nodes).reshape(-1, SCORE_CELLS + 2),
        step_first=_firsts(law.thresholds for law in laws.steps),
        thresholds=_joined([law.thresholds for law in laws.steps]),
        step_values=_joined([law.values for law in laws.steps]),
        member_first=_firsts(group.members for group in variables.equal),
        members=_ints(list(chain.from_iterable(group.members for group in variables.equal))),
        own=_floats([group.own for group in variables.equal]),
        shared=_floats([group.shared for group in variables.equal]),
        dense=dense,
        lower=lower,
        risk=_ints([risk.variable for risk in risks]),
        chance=_floats([replaced(risk.otherwise, risk.levers[0]) for risk in risks]),
        condition_first=_firsts(conditions),
        condition=_ints([number for each in conditions for number, _ in each]),
        condition_chance=_floats(
            [
                replaced(chance, risk.levers[0])
                for risk, each in zip(risks, conditions, strict=True)
                for _, chance in each
            ]
        ),
        branch=_ints([branch.variable for branch in branches]),
        limit_first=_firsts(branch.upper[:-1] for branch in branches),
        limits=_floats([limit for branch in branches for limit in branch.upper[:-1]]),
        again=_ints([variable for each in rework for variable in each.occurs]),
        again_chance=_floats([chance for each in rework for chance in each.chances]),
    )


class _Laws:
    """The laws of all variables, with every table once."""

    def __init__(self, table: Sequence[Variable]) -> None:
        normal = normal_scores()
        self.kinds: list[int] = []
        self.places: list[int] = []
        self.parameters: list[tuple[float, ...]] = []
        self.nodes: list[Floats] = []
        self.score_nodes: list[Floats] = []
        self.steps: list[Steps] = []
        self._known: dict[tuple[float, ...], int] = {}
        self._table(normal.nodes, self.nodes)
        for variable in table:
            kind, place, parameters = self._compiled(variable.law)
            self.kinds.append(kind)
            self.places.append(place)
            self.parameters.append(parameters)

    def _compiled(self, law: Law) -> tuple[int, int, tuple[float, ...]]:
        match law:
            case UniformLaw():
                return UNIFORM, 0, (law.low, law.width, 0.0, 0.0, 0.0)
            case TriangularLaw():
                return TRIANGULAR, 0, (law.low, law.high, law.cut, law.rise, law.fall)
            case Table():
                return TABLE, self._table(law.nodes, self.nodes), NO_PARAMETERS
            case ZTable():
                return SCORE_TABLE, self._table(law.nodes, self.score_nodes), NO_PARAMETERS
            case ConstantLaw():
                return CONSTANT, 0, (law.value, 0.0, 0.0, 0.0, 0.0)
            case Steps():
                self.steps.append(law)
                return STEPS, len(self.steps) - 1, NO_PARAMETERS
        raise TypeError(law)

    def _table(self, nodes: Floats, tables: list[Floats]) -> int:
        """The row of a table: that of an equal one if there is any."""
        key = (len(nodes), *(nodes.item(place) for place in PROBES))
        row = self._known.setdefault(key, len(tables))
        if row < len(tables) and (nodes == tables[row]).all():
            return row
        tables.append(nodes)
        return len(tables) - 1


def _triangle(group: DenseGroup | None) -> tuple[Ints, Floats]:
    if group is None:
        return _ints([]), _floats([])
    return group.members.copy(), group.lower[np.tril_indices(len(group.members))]


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int32)


def _floats(values: Sequence[Any]) -> Floats:
    return np.array(values, dtype=np.float64)


def _firsts(lists: Iterable[Any]) -> Ints:
    """Where each list begins, and the end of the last."""
    return np.cumsum([0, *(len(each) for each in lists)], dtype=np.int32)


def _joined(arrays: list[Floats]) -> Floats:
    return np.concatenate([np.empty(0), *arrays])


@kernel
def fill_words(tape: DrawTape, seed: np.uint64, chunk: np.int64, words: Words) -> None:
    """Fill `words` (W, 1024) with the random words of iterations `1024 chunk` and on."""
    philox_words(tape.addresses, seed, chunk, words)


@kernel
def draw_lanes(
    tape: DrawTape,
    words: Words,
    first: int,
    n: int,
    values: Floats,
    occurs: Bytes,
    taken: Ints,
    again: Bytes,
    scratch: Floats,
) -> None:
    """Everything drawn for lanes `first` to `first + n - 1` of a chunk, as lanes 0 to n - 1.

    Parameters
    ----------
    words
        (W, 1024), of the whole chunk.
    values
        (V, B): not rounded.
    occurs
        (R, B): whether each risk occurs.
    taken
        (branches, B): the outcome of each.
    again
        (rounds, B): whether each rework round would follow the one before it.
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
        words, start, lanes, values, cells,
    )  # fmt: skip
    _occurrences(
        tape.risk, tape.chance, tape.condition_first, tape.condition, tape.condition_chance,
        lanes, values, occurs, scratch,
    )  # fmt: skip
    _choices(
        tape.branch, tape.limit_first, tape.limits, tape.again, tape.again_chance, lanes, values,
        taken, again,
    )  # fmt: skip


@kernel
def draw_rows(
    begin: Position, end: Position, kind: Ints, score: Bytes, place: Ints, parameters: Floats,
    nodes: Floats, score_nodes: Floats, step_first: Ints, thresholds: Floats, step_values: Floats,
    words: Words, first: Position, n: Position, values: Floats, cells: Cells,
) -> None:  # fmt: skip
    """The values of variables `begin` to `end - 1`, in place of scores where they take such.

    Arrays in place of a tape: taking them out of a tape counts references at every use.
    """
    for v in range(begin, end):
        row = Index(place[v])
        if kind[v] == UNIFORM:
            low, width = parameters[v, 0], parameters[v, 1]
            uniform_law(words, v, first, n, low, width, values)
        elif kind[v] == TRIANGULAR:
            triangular_law(words, v, first, n, parameters, values)
        elif kind[v] == TABLE:
            table_law(words, v, first, n, nodes, row, values, v, cells)
        elif kind[v] == SCORE_TABLE:
            score_law(score_nodes, row, n, values, v, cells)
        elif kind[v] == CONSTANT:
            value = parameters[v, 0]
            for j in range(n):
                values[v, j] = value
        else:
            if not score[v]:
                uniform_law(words, v, first, n, 0.0, 1.0, values)
            low_end, high_end = Index(step_first[row]), Index(step_first[row + ONE])
            steps_law(thresholds, low_end, high_end, step_values, row, n, values, v, cells)


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
