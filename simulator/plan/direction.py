"""Whether a risk is a threat, an opportunity, or both."""

import numpy as np

from simulator.plan.compile import Plan
from simulator.plan.context import Operand
from simulator.plan.targets import FACTOR

THREAT, OPPORTUNITY, BOTH = "threat", "opportunity", "both"
_GRID = (np.arange(1000) + 0.5) / 1000
_EVEN = 1e-9
"""Effects whose mean is nearer than this to nothing point nowhere."""


def directions(plan: Plan) -> tuple[str, ...]:
    """For each risk: a threat, an opportunity (shorter or cheaper on average), or both."""
    signs: list[set[bool]] = [set() for _ in plan.effects.risks]

    def note(risk: int, excess: float) -> None:
        if abs(excess) > _EVEN:
            signs[risk].add(excess < 0)

    for effect in plan.effects.effects:
        note(effect.risk, _mean(plan, effect.operand) - (1.0 if effect.kind == FACTOR else 0.0))
    for first in plan.effects.firsts:
        for _, operands in first.terms:
            note(first.risk, _mean(plan, operands[0]))
    for risk, terms in plan.effects.inside.terms:
        for kind, operands in terms:
            note(risk, _mean(plan, operands[0]) - (1.0 if kind == FACTOR else 0.0))
    for change in plan.effects.inside.units:
        note(change.risk, float(-change.units))
    for cost in plan.money.risks:
        note(cost.risk, _mean(plan, cost.operand))
    for stop in plan.effects.stops:
        note(stop.risk, 1.0)
    return tuple(
        BOTH if len(sign) == 2 else OPPORTUNITY if True in sign else THREAT for sign in signs
    )


def _mean(plan: Plan, operand: Operand) -> float:
    """The mean of an operand, by the midpoints of a thousand equal chances."""
    if operand.is_fixed:
        return operand.fixed
    law = plan.variables.table[operand.variable].law
    return float(np.mean(law.apply(_GRID))) * operand.scale
