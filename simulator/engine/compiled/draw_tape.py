"""Everything that is drawn of a plan, flattened to arrays that kernels read."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.draws import replaced
from simulator.plan.compile import Plan
from simulator.plan.effects import EffectPlan
from simulator.plan.law_columns import Laws
from simulator.plan.laws import Steps, Table, ZTable, normal_scores
from simulator.plan.plan import NONE, DenseGroup, Ints
from simulator.plan.table_nodes import CELLS, SCORE_CELLS
from simulator.plan.work_calendar import Floats

Bytes = npt.NDArray[np.uint8]

PROBES = (1, CELLS // 2, CELLS, -3)
"""Nodes by which tables are told apart before they are compared."""


class DrawTape(NamedTuple):
    """What is drawn, flat: V variables and G groups of equal correlation, in W = V + G rows.

    Lists of lists are one array and the positions where each list begins (`..._first`, one entry
    more than lists).
    """

    addresses: npt.NDArray[np.uint64]
    """(W,): of the variables, then of the factors that groups share."""
    kind: Ints
    """(V,): as `law_columns` numbers them."""
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
    """(E R,): the variable of each risk, in each epoch."""
    chance: Floats
    """(E R,): where no condition holds."""
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
    work_row: Ints
    """(V,): the row whose work, times `work_scale`, is this variable and nothing else; else -1."""
    work_scale: Floats


def draw_tape(plan: Plan) -> DrawTape:
    """The tape of a plan."""
    variables = plan.variables
    laws = _Tables(variables.table.laws)
    factors = np.array([group.address for group in variables.equal], dtype=np.uint64)
    dense, lower = _triangle(variables.dense)
    branches, rework = plan.work.branches, plan.work.rework
    chances = chances_of(plan.effects)
    return DrawTape(
        addresses=np.concatenate([variables.addresses, factors]),
        kind=variables.table.laws.kinds.copy(),
        score=variables.table.score.astype(np.uint8),
        place=laws.places,
        parameters=variables.table.laws.parameters.copy(),
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
        **chances._asdict(),
        branch=_ints([branch.variable for branch in branches]),
        limit_first=_firsts(branch.upper[:-1] for branch in branches),
        limits=_floats([limit for branch in branches for limit in branch.upper[:-1]]),
        again=_ints([variable for each in rework for variable in each.occurs]),
        again_chance=_floats([chance for each in rework for chance in each.chances]),
        work_row=np.full(len(variables), NONE, dtype=np.int32),
        work_scale=np.ones(len(variables)),
    )


class Chances(NamedTuple):
    """With what chance each risk occurs in each epoch; fields as in `DrawTape`."""

    risk: Ints
    chance: Floats
    condition_first: Ints
    condition: Ints
    condition_chance: Floats


def chances_of(effects: EffectPlan) -> Chances:
    """The chances of all risks."""
    each = [(risk, epoch) for epoch in range(effects.epochs) for risk in effects.risks]
    conditions = [risk.conditions[::-1] for risk, _ in each]
    return Chances(
        risk=_ints([risk.variable for risk, _ in each]),
        chance=_floats([replaced(risk.otherwise, risk.levers[epoch]) for risk, epoch in each]),
        condition_first=_firsts(conditions),
        condition=_ints(
            [
                epoch * len(effects.risks) + number
                for (_, epoch), those in zip(each, conditions, strict=True)
                for number, _ in those
            ]
        ),
        condition_chance=_floats(
            [
                replaced(chance, risk.levers[epoch])
                for (risk, epoch), those in zip(each, conditions, strict=True)
                for _, chance in those
            ]
        ),
    )


class _Tables:
    """The laws that are more than a few numbers, every table once."""

    def __init__(self, laws: Laws) -> None:
        self.places = np.zeros(len(laws), dtype=np.int32)
        self.nodes: list[Floats] = [normal_scores().nodes]
        self.score_nodes: list[Floats] = []
        self.steps: list[Steps] = []
        self._known: dict[tuple[float, ...], int] = {self._key(self.nodes[0]): 0}
        for place, law in laws.others.items():
            if isinstance(law, Steps):
                self.places[place] = len(self.steps)
                self.steps.append(law)
            elif isinstance(law, Table):
                self.places[place] = self._table(law.nodes, self.nodes)
            elif isinstance(law, ZTable):
                self.places[place] = self._table(law.nodes, self.score_nodes)

    @staticmethod
    def _key(nodes: Floats) -> tuple[float, ...]:
        return (len(nodes), *(nodes.item(place) for place in PROBES))

    def _table(self, nodes: Floats, tables: list[Floats]) -> int:
        """The row of a table: that of an equal one if there is any."""
        row = self._known.setdefault(self._key(nodes), len(tables))
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
