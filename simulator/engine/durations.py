"""Draws turned into durations: work, presence, waits, lags; all rounded to whole milliseconds."""

from dataclasses import dataclass

import numpy as np

from simulator.engine.draws import Draws
from simulator.engine.inside import inside_of
from simulator.engine.rounding import whole
from simulator.engine.schedule import (
    NOTHING_INSIDE,
    Durations,
    Exact,
    FirstHit,
    Inside,
    Stop,
    Versions,
    Waits,
)
from simulator.plan.compile import Plan
from simulator.plan.context import Operand
from simulator.plan.effects import Effect, EffectPlan, FirstEffect
from simulator.plan.plan import NONE, Bools
from simulator.plan.targets import DELAY, FACTOR, WAIT_ELAPSED, WAIT_WORKING
from simulator.plan.work_calendar import Floats


def durations_of(plan: Plan, draws: Draws, *, keep_margin: bool = False) -> Durations:
    """Everything that the schedule of a block depends on."""
    builder = _Builder(plan, draws, keep_margin or draws.deterministic)
    return builder.durations()


def varying_risks(effects: EffectPlan) -> frozenset[int]:
    """Risks that dated mitigations change, or whose chance depends on such a risk."""
    found: set[int] = set()
    if effects.epochs == 1:
        return frozenset()
    for number, risk in enumerate(effects.risks):
        changes = len(set(risk.levers)) > 1 or len(set(risk.effects)) > 1
        if changes or any(condition in found for condition, _ in risk.conditions):
            found.add(number)
    return frozenset(found)


def amount_of(  # noqa: PLR0917 - what tells an amount
    effects: EffectPlan, draws: Draws, kind: str, operand: Operand, risk: int, epoch: int
) -> Floats:
    """What is left of a term of a risk in an epoch; times are whole and waits not negative."""
    scaled = _scaled(kind, draws.of(operand), effects.risks[risk].effects[epoch])
    if kind == FACTOR:
        return np.asarray(scaled)
    return whole(scaled) if kind == DELAY else np.maximum(whole(scaled), 0.0)


def _scaled(kind: str, value: Floats | float, scale: Floats | float) -> Floats | float:
    """What is left of an effect under mitigations: e of it, or 1 + (f - 1) e of a factor."""
    if np.ndim(scale) == 0 and scale == 1.0:
        return value
    scaled = 1.0 + (value - 1.0) * scale if kind == FACTOR else value * scale
    return scaled if np.ndim(scale) == 0 else np.where(scale == 1.0, value, scaled)


@dataclass(slots=True)
class _Sums:
    """Waits of rows added up; a row without waits has no entry."""

    elapsed: dict[int, Floats]
    working: dict[int, Floats]

    def add(self, kind: str, row: int, amount: Floats) -> None:
        target = self.elapsed if kind == WAIT_ELAPSED else self.working
        target[row] = target[row] + amount if row in target else amount


@dataclass(slots=True)
class _Exact:
    """Unrounded work and delays of a row, version by version."""

    work: list[Floats]
    delays: list[Floats]

    def add(self, work: Floats, delays: Floats | None, count: int) -> None:
        self.work.append(work.copy())
        self.delays.append(np.zeros(count) if delays is None else delays)


class _Builder:
    def __init__(self, plan: Plan, draws: Draws, keep_margin: bool) -> None:
        self.plan, self.draws, self.keep_margin = plan, draws, keep_margin
        self.count = draws.iterations
        self.varying = varying_risks(plan.effects)
        self.shares = {
            row: (base, share)
            for rework in plan.work.rework
            for rows, share in zip(rework.rows, rework.shares, strict=True)
            for row, base in rows
        }

    def durations(self) -> Durations:
        """Assemble the block."""
        plan = self.plan
        estimates = self._estimates()
        steady = [e for e in plan.effects.effects if e.risk not in self.varying]
        changing = [e for e in plan.effects.effects if e.risk in self.varying]
        versioned = self._versioned_rows(changing)
        exact = self._factored(estimates, steady, 0)
        common = _Sums({}, {})
        delays = self._additions(steady, 0, common)
        inside = self._kept_exact(exact, versioned, delays)
        work = self._work(self._factored(exact.copy(), changing, 0) if changing else exact, delays)
        waits = {
            row: Waits(common.elapsed.get(row), common.working.get(row))
            for row in {*common.elapsed, *common.working}
        }
        versions = self._versions(exact, changing, versioned, delays, inside)
        return Durations(
            work=work,
            exists=self._exists(),
            lags=self._drawn(plan.lag_variables, lags=True),
            dates=self._drawn(plan.date_variables, lags=False),
            waits=waits,
            versions=versions,
            firsts=tuple(self._first(first) for first in plan.effects.firsts),
            stops=tuple(self._stop(number) for number in range(len(plan.effects.stops))),
            inside=self._inside(inside),
        )

    def _kept_exact(
        self, exact: Floats, versioned: list[int], delays: dict[int, Floats]
    ) -> dict[int, _Exact]:
        """Unrounded work and delays of the rows that are settled inside the schedule.

        Those with versions are still empty.
        """
        inside = self.plan.effects.inside
        if inside.is_empty or self.draws.deterministic:
            return {}
        hit, factored = inside.rows_of(), inside.rows_of(factors=True)
        rows = {*hit, *(row for row, (base, _) in self.shares.items() if base in factored)}
        found = {row: _Exact([], []) for row in sorted(rows)}
        for row in rows.difference(versioned):
            found[row].add(exact[self._worked(row)], delays.get(row), self.count)
        return found

    def _worked(self, row: int) -> int:
        """The row whose work a row repeats, else itself."""
        return self.shares[row][0] if row in self.shares else row

    def _inside(self, kept: dict[int, _Exact]) -> Inside:
        """What is settled inside the schedule; nothing in the deterministic plan."""
        if self.plan.effects.inside.is_empty or self.draws.deterministic:
            return NOTHING_INSIDE
        exact = {}
        for row, each in kept.items():
            work, delays = np.array(each.work), np.array(each.delays)
            if row not in self.shares:
                exact[row] = Exact(work, delays)
                continue
            base, share = self.shares[row]
            shared = np.broadcast_to(self.draws.of(share), self.count)
            exact[row] = Exact(work, delays, base, np.asarray(shared))
        return inside_of(self.plan, self.draws, exact, self._amount)

    def _estimates(self) -> Floats:
        """Estimate times class (T, N), not rounded; rows of rework rounds are still empty."""
        spec, draws = self.plan.work, self.draws
        found = np.zeros((len(spec.fixed), self.count))
        fixed = spec.variable == NONE
        if not fixed.all():
            np.take(draws.values, np.maximum(spec.variable, 0), axis=0, out=found, mode="clip")
        for row in np.flatnonzero(spec.scale != 1.0).tolist():
            found[row] *= spec.scale[row]
        found[fixed] = spec.fixed[fixed, None]
        for row in np.flatnonzero(spec.class_variable != NONE).tolist():
            found[row] *= draws.values[spec.class_variable[row]]
        if not draws.deterministic:
            for row in np.flatnonzero(spec.class_fixed != 1.0).tolist():
                found[row] *= spec.class_fixed[row]
        if draws.deterministic:
            planned = ~np.isnan(spec.planned)
            found[planned] = spec.planned[planned, None]
        if not self.keep_margin:
            found[spec.margin] = 0.0
        return found

    def _factored(self, work: Floats, effects: list[Effect], epoch: int) -> Floats:
        """The work (T, N) times the factors of one epoch, in place."""
        for effect in effects:
            if effect.kind != FACTOR:
                continue
            factor = self._amount(FACTOR, effect.operand, effect.risk, epoch)
            applied = np.where(self.draws.occurs[epoch, effect.risk], factor, 1.0)
            for row in effect.rows:
                work[row] *= applied
        return work

    def _amount(self, kind: str, operand: Operand, risk: int, epoch: int) -> Floats:
        return amount_of(self.plan.effects, self.draws, kind, operand, risk, epoch)

    def _additions(self, effects: list[Effect], epoch: int, waits: _Sums) -> dict[int, Floats]:
        """Delays by row; waits go into `waits`."""
        delays: dict[int, Floats] = {}
        for effect in effects:
            if effect.kind == FACTOR:
                continue
            amount = self._amount(effect.kind, effect.operand, effect.risk, epoch)
            applied = np.where(self.draws.occurs[epoch, effect.risk], amount, 0.0)
            for row in effect.rows.tolist():
                if effect.kind == DELAY:
                    delays[row] = delays[row] + applied if row in delays else applied
                else:
                    waits.add(effect.kind, row, applied)
        return delays

    def _work(self, exact: Floats, delays: dict[int, Floats]) -> Floats:
        """Whole milliseconds of work: rounds of rework filled in, delays added."""
        for row, (base, share) in self.shares.items():
            exact[row] = exact[base] * self.draws.of(share)
        work = whole(np.maximum(exact, 0.0))
        for row, delay in delays.items():
            work[row] = np.maximum(work[row] + delay, 0.0)
        return work

    def _versioned_rows(self, changing: list[Effect]) -> list[int]:
        rows = {int(row) for effect in changing for row in effect.rows}
        factored = {int(row) for e in changing if e.kind == FACTOR for row in e.rows}
        rows |= {row for row, (base, _) in self.shares.items() if base in factored}
        inside = self.plan.effects.inside
        if not (inside.is_empty or self.draws.deterministic):
            rows |= inside.rows_under(self.varying)
        return sorted(rows)

    def _versions(
        self,
        exact: Floats,
        changing: list[Effect],
        rows: list[int],
        delays: dict[int, Floats],
        kept: dict[int, _Exact],
    ) -> dict[int, Versions]:
        """Work and waits of the rows that dated mitigations change, for each epoch.

        What is settled inside the schedule gets its versions in `kept`.
        """
        if not rows:
            return {}
        works, elapsed, working = [], [], []
        for epoch in range(self.plan.effects.epochs):
            waits = _Sums({}, {})
            own = self._additions(changing, epoch, waits)
            added = {row: _plus(delays.get(row), own.get(row)) for row in {*delays, *own}}
            factored = self._factored(exact.copy(), changing, epoch)
            for row in kept.keys() & set(rows):
                kept[row].add(factored[self._worked(row)], added.get(row), self.count)
            works.append(self._work(factored, added)[rows])
            nothing = np.zeros(self.count)
            elapsed.append([waits.elapsed.get(row, nothing) for row in rows])
            working.append([waits.working.get(row, nothing) for row in rows])
        thresholds = self.plan.effects.thresholds
        return {
            row: Versions(
                thresholds,
                np.array([each[k] for each in works]),
                np.array([each[k] for each in elapsed]),
                np.array([each[k] for each in working]),
            )
            for k, row in enumerate(rows)
        }

    def _exists(self) -> Bools:
        """Presence (T, N) by branches and rework rounds."""
        spec = self.plan.work
        found = np.ones((len(spec.fixed), self.count), dtype=bool)
        for row in np.flatnonzero(spec.on[:, 0] != NONE).tolist():
            branch, outcome = spec.on[row]
            found[row] = self.draws.taken[branch] == outcome
        for rework, again in zip(spec.rework, self.draws.again, strict=True):
            active = found[rework.row]
            for number, rows in enumerate(rework.rows):
                certain = number < rework.at_least and not self.draws.deterministic
                active = active if certain else active & again[number]
                for row, base in rows:
                    found[row] = active & found[base]
        return found

    def _drawn(self, variables: tuple[int, ...], *, lags: bool) -> Floats:
        """Drawn lags or dates (K, N); shares stay as they are."""
        values = self.draws.values[list(variables)]
        if not lags:
            return whole(values)
        links = self.plan.network.links
        share = np.zeros(len(variables), dtype=bool)
        drawn = links.lag_variable != NONE
        share[links.lag_variable[drawn]] = links.lag_drawn_share[drawn]
        return np.where(share[:, None], values, whole(values))

    def _first(self, first: FirstEffect) -> FirstHit:
        epochs = self.plan.effects.epochs
        shape = (epochs, len(first.candidates), self.count)
        amounts = {kind: np.zeros(shape) for kind in (DELAY, WAIT_ELAPSED, WAIT_WORKING)}
        for epoch in range(epochs):
            occurs = self.draws.occurs[epoch, first.risk]
            for kind, operands in first.terms:
                for place, operand in enumerate(operands):
                    amount = self._amount(kind, operand, first.risk, epoch)
                    amounts[kind][epoch, place] = np.where(occurs, amount, 0.0)
        return FirstHit(
            first.candidates,
            self.plan.effects.thresholds,
            amounts[DELAY],
            amounts[WAIT_ELAPSED],
            amounts[WAIT_WORKING],
        )

    def _stop(self, number: int) -> Stop:
        """When a project ends; by a date, the mitigations in force on that date count."""
        stop = self.plan.effects.stops[number]
        occurs = self.draws.occurs[:, stop.risk]
        everything = stop.what == "program"
        if stop.at is None:
            return Stop(
                stop.rows,
                hit_rows=stop.hit_rows,
                occurs=occurs,
                thresholds=self.plan.effects.thresholds,
                whole_program=everything,
                rerun=stop.rerun,
                windows=stop.windows,
            )
        at = whole(np.broadcast_to(self.draws.of(stop.at), (self.count,)))
        epoch = np.searchsorted(self.plan.effects.thresholds, at, side="right")
        comes = occurs[epoch, np.arange(self.count)]
        if stop.windows is not None:
            begin, end = stop.windows[:, 0].tolist()
            comes = comes & (begin <= at) & (at <= end)
        at = np.where(comes, at, np.inf)
        return Stop(stop.rows, at=at, whole_program=everything)


def _plus(one: Floats | None, other: Floats | None) -> Floats:
    if one is None:
        return other if other is not None else np.zeros(0)
    return one if other is None else one + other
