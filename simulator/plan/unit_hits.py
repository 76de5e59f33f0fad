"""Hits on the units of pools: how many, from when, for how long."""

from dataclasses import dataclass

import numpy as np

from simulator.plan.context import Compilation, Operand
from simulator.plan.plan import NONE, Network
from simulator.plan.pools import THOUSANDTHS
from simulator.plan.targets import Target
from simulator.scenario.risks import Hit
from simulator.scenario.units import MS_PER_MONTH
from simulator.scenario.values import units_named, units_of


@dataclass(frozen=True, slots=True)
class UnitsEffect:
    """A change of a pool's units while a risk that occurs lasts, or after each arrival of a rate.

    `pool` is that of `Pools.ids`, `units` are thousandths. `lasts` is time of `calendar`, `NONE`
    for the clock; None is for ever.
    """

    risk: int
    rate: int
    pool: int
    units: int
    begin: Operand
    lasts: Operand | None
    calendar: int
    window: tuple[float, float]
    """When it may begin, both ends included; what has no length of its own then ends with it."""

    @property
    def judged(self) -> bool:
        """Whether only the draws tell if it falls, or how long it lasts."""
        return np.isfinite(self.window).any().item()


@dataclass(frozen=True, slots=True)
class Falling:
    """A hit on units: of a rate, or `NONE`, and when its window begins and ends."""

    target: Target
    hit: Hit
    rate: int
    window: tuple[float, float]


def units_of_hit(compilation: Compilation, network: Network, falling: Falling) -> list[UnitsEffect]:
    """The changes that a hit brings to the pools that something waits for.

    Of a rate it comes with each arrival, else at `from`, with its window or the program's start.
    """
    target, hit, window = falling.target, falling.hit, falling.window
    pools = network.unfolding.pools
    begin = Operand(window[0] if np.isfinite(window[0]) else 0.0)
    if hit.from_ is not None:
        name, path = f"{target.name}/from", (*target.path, "from")
        begin = compilation.date(hit.from_, name, path)
    found = []
    for pool_id in hit.pools if pools is not None else ():
        if pools is None or pool_id not in pools.ids:
            continue
        lasts, calendar = _lasting(compilation, pool_id, target, hit)
        units, pool = round(THOUSANDTHS * (hit.units or 0.0)), pools.ids.index(pool_id)
        found.append(
            UnitsEffect(target.risk, falling.rate, pool, units, begin, lasts, calendar, window)
        )
    return found


def _lasting(
    compilation: Compilation, pool_id: str, target: Target, hit: Hit
) -> tuple[Operand | None, int]:
    """How long a change lasts, and by which calendar that is counted."""
    if hit.for_ is None:
        return None, NONE
    scenario, path = compilation.scenario, (*target.path, "for")
    calendar = scenario.pools[pool_id].calendar or scenario.program.calendar
    index = compilation.calendars.index(calendar)
    name = f"{target.name}/for"
    if units_named(hit.for_) == {"mo"}:
        return compilation.number(hit.for_, name, path, scale=MS_PER_MONTH), NONE
    lasts = compilation.time(hit.for_, index, name, path)
    return lasts, NONE if "elapsed" in units_of(hit.for_) else index
