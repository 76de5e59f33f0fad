"""How prices rise from month to month, as tables."""

from typing import NamedTuple

import numpy as np

from simulator.plan.compile import Plan
from simulator.plan.laws import ConstantLaw, Law, Steps, Table, ZTable
from simulator.plan.plan import NONE
from simulator.plan.work_calendar import Floats

STEADY, RISING, BY_NUMBER, BY_SCORE, BY_STEPS = range(5)
"""Prices stand still, rise by what is known, or follow the one number drawn, by its law."""


class PriceTape(NamedTuple):
    """The price factor of each month: the laws of all months are of one kind."""

    kind: int
    variable: int
    nodes: Floats
    """(M, cells + 2): a month's factors at the nodes of its table, the last one twice; known ones
    as a table of no cell."""
    thresholds: Floats
    """Of steps, which have one cell more than thresholds."""


def price_tape(plan: Plan) -> PriceTape:
    """The laws of all months, one below the other."""
    spec, nothing = plan.money.escalation, np.zeros(0)
    if spec is None:
        return PriceTape(STEADY, NONE, np.ones((0, 2)), nothing)
    known = spec.central
    if spec.variable != NONE and isinstance(spec.laws[0], ConstantLaw):
        known = tuple(law.value for law in spec.laws if isinstance(law, ConstantLaw))
    elif spec.variable != NONE:
        return _drawn(spec.variable, spec.laws)
    still = spec.variable == NONE and all(factor == 1.0 for factor in known)
    kind = STEADY if still else RISING
    return PriceTape(kind, NONE, np.repeat(np.array(known).reshape(-1, 1), 2, axis=1), nothing)


def _drawn(variable: int, laws: tuple[Law, ...]) -> PriceTape:
    first = laws[0]
    if isinstance(first, Steps):
        values = [law.values for law in laws if isinstance(law, Steps)]
        nodes = np.array([np.append(each, each[-1]) for each in values])
        return PriceTape(BY_STEPS, variable, nodes, np.array(first.thresholds))
    kind = BY_SCORE if isinstance(first, ZTable) else BY_NUMBER
    nodes = np.array([law.nodes for law in laws if isinstance(law, Table | ZTable)])
    return PriceTape(kind, variable, nodes, np.zeros(0))
