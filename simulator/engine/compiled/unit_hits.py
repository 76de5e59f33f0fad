"""Hits of risks on the units of pools, for some lanes that were drawn; as `engine.inside`."""

import numpy as np

from simulator.engine.compiled.dispatch_tape import Desk
from simulator.engine.compiled.draws import Drawn
from simulator.engine.rounding import whole
from simulator.plan.compile import Plan
from simulator.plan.context import Operand
from simulator.plan.plan import NONE
from simulator.plan.unit_hits import UnitsEffect
from simulator.plan.work_calendar import Floats


def hit_pools(plan: Plan) -> tuple[int, ...]:
    """The pool of each hit."""
    return tuple(hit.pool for hit in plan.effects.inside.units)


def fill_unit_hits(plan: Plan, drawn: Drawn, desk: Desk, n: int) -> None:
    """Note how many units each hit changes in n lanes, from when until when.

    The plan has no mitigations that come into force later, and no hits of rates.
    """
    effects = plan.effects
    for number, hit in enumerate(effects.inside.units):
        begin = whole(_of(hit.begin, drawn, n))
        desk.hit_units[number, :n] = round(hit.units * float(effects.risks[hit.risk].effects[0]))
        desk.hit_from[number, :n] = np.where(drawn.occurs[hit.risk, :n] != 0, begin, np.inf)
        desk.hit_until[number, :n] = _until(plan, hit, begin, drawn)


def _until(plan: Plan, hit: UnitsEffect, begin: Floats, drawn: Drawn) -> Floats | float:
    if hit.lasts is None:
        return np.inf
    lasts = whole(_of(hit.lasts, drawn, len(begin)))
    if hit.calendar == NONE:
        return np.asarray(begin + lasts)
    return plan.network.calendar(hit.calendar).shift(begin, lasts)


def _of(operand: Operand, drawn: Drawn, n: int) -> Floats:
    """An operand in n lanes, not rounded."""
    if operand.is_fixed:
        return np.full(n, operand.fixed)
    return np.asarray(drawn.values[operand.variable, :n] * operand.scale)
