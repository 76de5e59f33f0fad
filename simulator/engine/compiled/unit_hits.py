"""Hits of risks on the units of pools, for some lanes that were drawn; as `engine.inside`."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.calendars import FINISH_AT, START_AT, WORK_AT, convert
from simulator.engine.compiled.dispatch_tape import Desk
from simulator.engine.compiled.draws import Drawn
from simulator.engine.compiled.jit import Real, Whole, inner
from simulator.engine.compiled.lanes import Lanes
from simulator.engine.compiled.network_tape import NetworkTape
from simulator.engine.rounding import LONGEST
from simulator.plan.compile import Plan
from simulator.plan.context import Operand
from simulator.plan.plan import NONE, Ints
from simulator.plan.work_calendar import Floats

_LONGEST = float(LONGEST)
BEGIN, LASTS = range(2)


class HitTape(NamedTuple):
    """H hits; their begin and how long they last, milliseconds, are rows 0 and 1 of (2, H)."""

    risk: Ints
    units: npt.NDArray[np.int64]
    """(H,) thousandths."""
    calendar: Ints
    """(H,): by which it is counted how long they last, `NONE` for the clock."""
    fixed: Floats
    """What they are without a variable; for ever is +inf."""
    variable: Ints
    scale: Floats


def hit_pools(plan: Plan) -> tuple[int, ...]:
    """The pool of each hit."""
    return tuple(hit.pool for hit in plan.effects.inside.units)


def hit_tape(plan: Plan) -> HitTape:
    """Flatten hits of a plan without dated mitigations and hits of rates."""
    effects, hits = plan.effects, plan.effects.inside.units
    always = [*(each.always for each in plan.network.calendars), True]
    lasts = [Operand(np.inf) if hit.lasts is None else hit.lasts for hit in hits]
    operands = [*(hit.begin for hit in hits), *lasts]

    def rows(values: list[float]) -> Floats:
        return np.array(values, dtype=np.float64).reshape(2, len(hits))

    return HitTape(
        risk=np.array([hit.risk for hit in hits], dtype=np.int32),
        units=np.array(
            [round(hit.units * float(effects.risks[hit.risk].effects[0])) for hit in hits],
            dtype=np.int64,
        ),
        calendar=np.array(
            [NONE if always[hit.calendar] else hit.calendar for hit in hits], dtype=np.int32
        ),
        fixed=rows([each.fixed for each in operands]),
        variable=rows([each.variable for each in operands]).astype(np.int32),
        scale=rows([each.scale for each in operands]),
    )


@inner
def fill_hits(
    tape: HitTape, network: NetworkTape, drawn: Drawn, desk: Desk, lanes: Lanes, n: Whole
) -> None:
    """Note how many units each hit changes in n lanes, from when until when."""
    for hit in range(len(tape.risk)):
        for j in range(n):
            begin = _amount(tape, drawn, BEGIN, hit, j)
            occurs = drawn.occurs[tape.risk[hit], j] != 0
            desk.hit_units[hit, j] = tape.units[hit]
            desk.hit_from[hit, j] = begin if occurs else np.inf
            desk.hit_until[hit, j] = np.inf
            if tape.variable[LASTS, hit] != NONE or tape.fixed[LASTS, hit] < np.inf:
                lasts, calendar = _amount(tape, drawn, LASTS, hit, j), tape.calendar[hit]
                desk.hit_until[hit, j] = _shift(network, calendar, begin, lasts, lanes)


@inner
def _amount(tape: HitTape, drawn: Drawn, row: Whole, hit: Whole, j: Whole) -> Real:
    """Whole milliseconds in one lane."""
    amount: Real = tape.fixed[row, hit]
    variable = tape.variable[row, hit]
    if variable != NONE:
        amount = drawn.values[variable, j] * tape.scale[row, hit]
    amount = -_LONGEST if amount < -_LONGEST else amount
    return np.rint(_LONGEST if amount > _LONGEST else amount)


@inner
def _shift(network: NetworkTape, calendar: Whole, begin: Real, lasts: Real, lanes: Lanes) -> Real:
    """An instant moved by working time, as `WorkCalendar.shift`."""
    if calendar == NONE:
        return begin + lasts
    c, way = np.uint64(calendar), np.uint64(FINISH_AT if lasts > 0.0 else START_AT)
    numbers, places = network.numbers, network.places
    work = convert(numbers, places, c, np.uint64(WORK_AT), begin, lanes.trouble) + lasts
    if lasts == 0.0:
        return begin
    return convert(numbers, places, c, way, work, lanes.trouble)
