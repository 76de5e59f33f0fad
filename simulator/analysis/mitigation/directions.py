"""Whether a mitigation can only help the finish, whatever else is bought and in every future."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from simulator.plan.chances import RiskPlan
from simulator.plan.compile import Plan
from simulator.plan.context import Operand
from simulator.plan.targets import FACTOR
from simulator.scenario.risks import Lever, Mitigation

_ENDS = np.array([2.0**-33, 1.0 - 2.0**-33])
"""The smallest and the largest number that is drawn."""
_FURTHEST = np.array([-6.5, 6.5])
"""The furthest scores that a law takes."""

THREAT, OPPORTUNITY, NEITHER, BOTH = "threat", "opportunity", "neither", "both"


def risk_direction(plan: Plan, risk: int) -> str:
    """What a risk does to work, waits and units: in every future, not on average."""
    signs: set[int] = set()
    for effect in plan.effects.effects:
        if effect.risk == risk:
            signs |= _signs(plan, effect.kind, (effect.operand,))
    hits = [(first.risk, first.terms) for first in plan.effects.firsts]
    for number, terms in [*hits, *plan.effects.inside.terms]:
        if number == risk:
            signs |= {sign for kind, operands in terms for sign in _signs(plan, kind, operands)}
    for change in plan.effects.inside.units:
        if change.risk == risk and change.units:
            signs.add(-1 if change.units > 0 else 1)
    if any(stop.risk == risk for stop in plan.effects.stops):
        # A stop of the program keeps it from finishing; one of a project may let it finish sooner.
        whole = all(stop.what == "program" for stop in plan.effects.stops if stop.risk == risk)
        signs |= {1} if whole else {1, -1}
    if len(signs) == 2:
        return BOTH
    return NEITHER if not signs else THREAT if 1 in signs else OPPORTUNITY


def helps(plan: Plan, mitigation: Mitigation, others: Sequence[Mitigation]) -> bool:
    """Whether a mitigation never makes a row start later or work longer, in no set of `others`.

    Those are all mitigations that may be bought with it, it among them.
    """
    if any(units < 0 for units in mitigation.units.values()):
        return False
    numbers = {risk.id: number for number, risk in enumerate(plan.effects.risks)}
    return all(
        _helps(plan, numbers[risk], lever, [each.on[risk] for each in others if risk in each.on])
        for risk, lever in mitigation.on.items()
    )


def _helps(plan: Plan, number: int, lever: Lever, every: list[Lever]) -> bool:
    direction, risk = risk_direction(plan, number), plan.effects.risks[number]
    if lever.chance is not None:
        chances = [each.chance for each in every if each.chance is not None]
        if not _lowers(risk, lever.chance, len(chances)):
            return False
        if not all(_follows(plan, each, number) for each in _dependants(plan, number)):
            return False
    if direction == NEITHER:
        return True
    # A factor of an opportunity may fall below 0 where its effects are scaled up.
    scaled = lever.effects is None or lever.effects <= 1.0
    return direction == THREAT and scaled


def _lowers(risk: RiskPlan, chance: float, how_many: int) -> bool:
    """Whether a chance put in a risk's place is never above what it replaces.

    Where several are, their ratios to what each condition says multiply: that falls with each of
    them, but is not ordered between conditions.
    """
    values = [value for _, value in risk.conditions] + [risk.otherwise]
    return chance <= min(values) and not (risk.conditions and how_many > 1)


def _dependants(plan: Plan, number: int) -> list[int]:
    """The risks whose chance depends on whether one occurs, directly or by others."""
    found: set[int] = set()
    for other, risk in enumerate(plan.effects.risks):  # conditions come first
        if any(condition == number or condition in found for condition, _ in risk.conditions):
            found.add(other)
    return sorted(found)


def _follows(plan: Plan, number: int, cause: int) -> bool:
    """Whether a risk is a threat, or nothing, that others make no less likely by occurring."""
    risk = plan.effects.risks[number]
    values = [value for _, value in risk.conditions] + [risk.otherwise]
    falling = all(one >= other for one, other in pairwise(values))
    return falling and risk_direction(plan, number) in (THREAT, NEITHER)


def _signs(plan: Plan, kind: str, operands: Sequence[Operand]) -> set[int]:
    """Whether terms lengthen (1) or shorten (-1), or do both."""
    still = 1.0 if kind == FACTOR else 0.0
    found: set[int] = set()
    for operand in operands:
        low, high = _range(plan, operand)
        found |= {1} if high > still else set()
        found |= {-1} if low < still else set()
    return found


def _range(plan: Plan, operand: Operand) -> tuple[float, float]:
    """The least and the largest value that an operand takes in any future."""
    if operand.is_fixed:
        return operand.fixed, operand.fixed
    variable = plan.variables.table[operand.variable]
    ends = variable.law.apply(_FURTHEST if variable.score else _ENDS) * operand.scale
    return float(ends.min()), float(ends.max())
