"""Draws turned into what only the schedule can settle: windows, rates, units of pools."""

from collections.abc import Callable

import numpy as np

from simulator.engine.draws import Draws
from simulator.engine.overlap import within
from simulator.engine.rounding import whole
from simulator.engine.schedule import (
    Amounts,
    Exact,
    Inside,
    Rate,
    RateHit,
    UnitsHit,
    UnitsOfRate,
    WindowHit,
)
from simulator.plan.compile import Plan
from simulator.plan.context import Operand
from simulator.plan.plan import NONE, Bools
from simulator.plan.rates import RatePlan
from simulator.plan.targets import DELAY, FACTOR, WAIT_ELAPSED, WAIT_WORKING, Terms
from simulator.plan.unit_hits import UnitsEffect
from simulator.plan.work_calendar import Floats

Amount = Callable[[str, Operand, int, int], Floats]
"""What is left of a term (kind, operand) of a risk in an epoch of mitigations, (N,)."""


def inside_of(plan: Plan, draws: Draws, exact: dict[int, Exact], amount: Amount) -> Inside:
    """What a block's schedule has to settle; `exact` holds the rows that it changes."""
    return _Builder(plan, draws, exact, amount).inside()


class _Builder:
    def __init__(self, plan: Plan, draws: Draws, exact: dict[int, Exact], amount: Amount) -> None:
        self.plan, self.draws, self.exact, self.amount = plan, draws, exact, amount
        self.count = draws.iterations
        self._known: dict[tuple[str, Operand, int, int], Floats] = {}

    def inside(self) -> Inside:
        spec = self.plan.effects.inside
        windows: dict[int, list[WindowHit]] = {}
        for effect in spec.windows:
            for place, row in enumerate(effect.rows.tolist()):
                hit = WindowHit(
                    effect.begin,
                    effect.end,
                    self._occurs(effect.risk, row),
                    self._amounts(effect.terms, effect.risk, place, row),
                )
                windows.setdefault(row, []).append(hit)
        hits: dict[int, list[RateHit]] = {}
        for brought in spec.hits:
            for place, row in enumerate(brought.rows.tolist()):
                amounts = self._amounts(brought.terms, brought.risk, place, row)
                hits.setdefault(row, []).append(RateHit(brought.rate, amounts, brought.window))
        return Inside(
            exact=self.exact,
            windows={row: tuple(each) for row, each in windows.items()},
            rates=tuple(self._rate(rate) for rate in spec.rates),
            hits={row: tuple(each) for row, each in hits.items()},
            units=tuple(self._units(each) for each in spec.units if each.rate == NONE),
            lost=tuple(self._lost(each) for each in spec.units if each.rate != NONE),
        )

    def _versions(self, row: int) -> int:
        return len(self.exact[row].work)

    def _occurs(self, risk: int, row: int) -> Bools:
        """Where a risk occurs for each version of a row, (K, N)."""
        return self.draws.occurs[: self._versions(row), risk]

    def _amounts(self, terms: Terms, risk: int, place: int, row: int) -> Amounts:
        """What one hit does to one row, in each of its versions."""
        found = {kind: self._left(kind, each[place], risk, row) for kind, each in terms}
        return Amounts(*(found.get(kind) for kind in (FACTOR, DELAY, WAIT_ELAPSED, WAIT_WORKING)))

    def _left(self, kind: str, operand: Operand, risk: int, row: int) -> Floats:
        """A term in each version of a row (K, N); rows that share it share the array."""
        versions = self._versions(row)
        key = kind, operand, risk, versions
        if key not in self._known:
            each = (self.amount(kind, operand, risk, epoch) for epoch in range(versions))
            self._known[key] = np.array([np.broadcast_to(one, self.count) for one in each])
        return self._known[key]

    def _rate(self, rate: RatePlan) -> Rate:
        """Arrivals counted from the start of their row; gaps are a millisecond at least."""
        gaps = np.maximum(whole(self.draws.values[list(rate.gaps)]), 1.0)
        since = np.cumsum(gaps, axis=0)
        return Rate(rate.id, rate.row, since, rate.calendar, rate.window)

    def _thousandths(self, hit: UnitsEffect, scale: float) -> float:
        """The units that are left under mitigations."""
        return float(np.rint(hit.units * scale))

    def _lasts(self, hit: UnitsEffect) -> Floats:
        if hit.lasts is None:
            return np.full(self.count, np.inf)
        return whole(np.broadcast_to(self.draws.of(hit.lasts), self.count))

    def _units(self, hit: UnitsEffect) -> UnitsHit:
        """Under the mitigations that are in force when the change begins."""
        effects = self.plan.effects
        begin = np.broadcast_to(whole(self.draws.of(hit.begin)), self.count)
        epoch = np.searchsorted(effects.thresholds, begin, side="right")
        scales = effects.risks[hit.risk].effects
        units = np.array([self._thousandths(hit, float(scale)) for scale in scales])[epoch]
        occurs = self.draws.occurs[epoch, hit.risk, np.arange(self.count)]
        occurs = occurs & within(begin, hit.window)
        lasts = self._lasts(hit)
        # What has no length of its own is over with its window.
        end = np.full(self.count, hit.window[1])
        if hit.lasts is not None and hit.calendar == NONE:
            end = begin + lasts
        elif hit.lasts is not None:
            end = self.plan.network.calendar(hit.calendar).shift(begin, lasts)
        return UnitsHit(
            hit.pool, units.astype(np.int64), np.where(occurs, begin, np.inf), np.asarray(end)
        )

    def _lost(self, hit: UnitsEffect) -> UnitsOfRate:
        scales = self.plan.effects.risks[hit.risk].effects
        units = [np.full(self.count, self._thousandths(hit, float(scale))) for scale in scales]
        return UnitsOfRate(
            hit.pool,
            hit.rate,
            self.plan.effects.thresholds,
            np.array(units).astype(np.int64),
            self._lasts(hit),
            hit.calendar,
            hit.window,
        )
