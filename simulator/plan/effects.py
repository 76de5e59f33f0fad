"""Risks compiled to terms: what is added to or multiplied into which rows, and when it occurs."""

from dataclasses import dataclass, replace

import numpy as np

from simulator.plan.chances import RiskPlan, epochs_of, risks_of
from simulator.plan.context import Compilation, Operand, read_only
from simulator.plan.gates import (
    FIRST,
    Gate,
    adds_to_first,
    affected_tasks,
    hit_tasks,
    stopping_hits,
)
from simulator.plan.inside import (
    NOTHING_INSIDE,
    InsidePlan,
    WindowEffect,
    refuse_early_rounds,
)
from simulator.plan.plan import NONE, Bools, Ints, Network
from simulator.plan.rates import Behind, Plausible, RateEffect, rate_of
from simulator.plan.targets import FACTOR, Operands, Target, Terms, terms_of
from simulator.plan.unit_hits import Falling, UnitsEffect, units_of_hit
from simulator.plan.windows import bounds_of
from simulator.plan.work import WorkPlan
from simulator.plan.work_calendar import Floats
from simulator.scenario.risk_checks import hit_name
from simulator.scenario.risks import Hit, Risk, Window
from simulator.scenario.selectors import full_id
from simulator.scenario.values import Value


@dataclass(frozen=True, slots=True)
class Effect:
    """One term: an operand that multiplies or adds to the work or the waits of rows."""

    kind: str
    risk: int
    operand: Operand
    rows: Ints


@dataclass(frozen=True, slots=True)
class FirstEffect:
    """A delay or wait that falls on the candidate that becomes ready first."""

    name: str
    risk: int
    candidates: Ints
    terms: Terms
    """For each candidate."""


@dataclass(frozen=True, slots=True)
class StopEffect:
    """A risk that ends a project, or the program."""

    risk: int
    what: str
    rows: Bools
    at: Operand | None
    hit_rows: Ints
    rerun: bool = False
    """Whether only a whole schedule tells when it comes, by the start of a row that it hits."""
    windows: Floats | None = None
    """When the window of each hit row, or of the date, begins and ends, (2, H); None without."""


@dataclass(frozen=True, slots=True)
class EffectPlan:
    """All risks and what they do. `thresholds` (E,) are when dated mitigations come into force.

    Epoch e holds from `thresholds[e - 1]` on; epoch 0 from the program's start.
    """

    risks: tuple[RiskPlan, ...]
    thresholds: Floats
    effects: tuple[Effect, ...]
    firsts: tuple[FirstEffect, ...]
    stops: tuple[StopEffect, ...]
    inside: InsidePlan = NOTHING_INSIDE
    """What only the schedule can settle: windows, rates, units of pools."""

    @property
    def epochs(self) -> int:
        """How many different sets of mitigations are in force over time."""
        return len(self.thresholds) + 1


def effect_plan(
    compilation: Compilation,
    network: Network,
    work: WorkPlan,
    gates: list[Gate],
    lags: tuple[int, ...],
) -> EffectPlan:
    """Compile every risk; they come in an order in which conditions come first.

    `lags` are the variables of drawn lags.
    """
    thresholds = epochs_of(compilation.scenario, compilation.clock)
    risks = risks_of(compilation, thresholds)
    number = {risk.id: position for position, risk in enumerate(risks)}
    builder = _Effects(compilation, network, gates, lags)
    for risk_id, spec in compilation.scenario.risks.items():
        builder.risk(number[risk_id], risk_id, spec)
    return EffectPlan(
        tuple(risks), thresholds, tuple(builder.effects), tuple(builder.firsts),
        tuple(builder.stops), builder.inside(work),
    )  # fmt: skip


class _Effects:
    """Collects the terms of hits."""

    def __init__(
        self,
        compilation: Compilation,
        network: Network,
        gates: list[Gate],
        lags: tuple[int, ...],
    ) -> None:
        self.compilation, self.network = compilation, network
        self.behind = Behind(compilation, network, lags)
        self.first = {gate.path: gate.candidates for gate in gates if gate.kind == FIRST}
        self.operands = Operands(compilation, network)
        self.effects: list[Effect] = []
        self.firsts: list[FirstEffect] = []
        self.stops: list[StopEffect] = []
        self.windows: list[WindowEffect] = []
        self.rates: list[tuple[tuple[int, str], Risk]] = []
        self.hits: list[RateEffect] = []
        self.units: list[UnitsEffect] = []

    def risk(self, risk: int, risk_id: str, spec: Risk) -> None:
        """Compile one risk: its hits, and what it stops."""
        rate = NONE
        if spec.rate is not None:
            rate = len(self.rates)
            self.rates.append(((risk, risk_id), spec))
        for position, hit in enumerate(spec.hits):
            target = Target(
                risk,
                f"risks.{risk_id}/{hit_name(hit)}",
                hit.draw == "own",
                affected_tasks(self.compilation.scenario, risk_id, hit),
                ("risks", risk_id, "hits", position),
            )
            if rate != NONE:
                self._arriving(rate, spec, target, hit)
            else:
                self._hit(target, hit, hit.when or spec.when)
            if hit.units is not None:
                window = hit.when if rate != NONE else hit.when or spec.when
                between = bounds_of(self.compilation, window)
                falling = Falling(target, hit, rate, between)
                self.units += units_of_hit(self.compilation, self.network, falling)
        if spec.stops is not None:
            self._stop(risk, risk_id)

    def inside(self, work: WorkPlan) -> InsidePlan:
        """What was found that only the schedule can settle."""
        if not (self.windows or self.rates or self.units):
            return NOTHING_INSIDE
        factors = [(each.rows, each.operand) for each in self.effects if each.kind == FACTOR]
        plausible = Plausible(self.compilation, self.network, work, factors)
        rates = tuple(
            rate_of(plausible, *rate, [hit for hit in self.hits if hit.rate == number])
            for number, rate in enumerate(self.rates)
        )
        found = InsidePlan(tuple(self.windows), rates, tuple(self.hits), tuple(self.units))
        refuse_early_rounds(self.compilation, self.network, found)
        return found

    def _rows(self, target: Target) -> Ints:
        return _ints([self.operands.base[task] for task in target.tasks])

    def _arriving(self, rate: int, spec: Risk, target: Target, hit: Hit) -> None:
        """Compile what each arrival of a rate does to tasks."""
        terms = self.operands.terms(target, hit)
        if not (terms and target.tasks):
            return
        row = self.operands.base[full_id(self.compilation.scenario, str(spec.during))]
        self.behind.refuse_others(row, target, hit)
        between = bounds_of(self.compilation, hit.when)
        rows = self._rows(target)
        self.hits.append(RateEffect(target.name, rate, target.risk, rows, terms, between))

    def _hit(self, target: Target, hit: Hit, window: Window | None) -> None:
        """Compile one hit on tasks; its cost is money and compiled elsewhere."""
        if window is not None:
            terms = self.operands.terms(target, hit)
            if terms and target.tasks:
                between = bounds_of(self.compilation, window)
                rows = self._rows(target)
                self.windows.append(WindowEffect(target.name, target.risk, *between, rows, terms))
            return
        effects = terms_of(hit)
        added = [(kind, value) for kind, value in effects if kind != FACTOR]
        if target.path in self.first:
            self._first(replace(target, tasks=self.first[target.path]), added)
            added = []
        for kind, value in effects:
            if kind == FACTOR:
                self._each(target, kind, value)
        if adds_to_first(hit) and len(hit_tasks(self.compilation.scenario, hit)) > 1:
            begun = self.compilation.scenario.progress
            target = replace(target, tasks=tuple(key for key in target.tasks if key not in begun))
        for kind, value in added:
            self._each(target, kind, value)

    def _each(self, target: Target, kind: str, value: Value) -> None:
        """A term on every task; rows that share an operand share a term."""
        rows: dict[Operand, list[int]] = {}
        operands = self.operands.of(target, kind, value)
        for task, operand in zip(target.tasks, operands, strict=True):
            rows.setdefault(operand, []).append(self.operands.base[task])
        for operand, where in rows.items():
            self.effects.append(Effect(kind, target.risk, operand, _ints(where)))

    def _first(self, target: Target, added: list[tuple[str, Value]]) -> None:
        """Terms on the one task that becomes ready first."""
        terms = [(kind, tuple(self.operands.of(target, kind, value))) for kind, value in added]
        self.firsts.append(FirstEffect(target.name, target.risk, self._rows(target), tuple(terms)))

    def _stop(self, risk: int, risk_id: str) -> None:
        """Compile what a risk stops, and when."""
        spec = self.compilation.scenario.risks[risk_id]
        what = str(spec.stops)
        rows = self.network.rows
        members = np.ones(len(rows), dtype=bool)
        if what != "program":
            members = rows.project == self.network.projects.index(what)
        at = None
        if spec.at is not None:
            at = self.compilation.date(spec.at, f"risks.{risk_id}/at", ("risks", risk_id, "at"))
        hits = [] if at is not None else stopping_hits(self.compilation.scenario, risk_id)
        windows = [spec.when] if at is not None else [window for _, window in hits]
        if at is None and not hits:
            at = Operand(np.inf)
        hit_rows = _ints([self.operands.base[task] for task, _ in hits])
        members &= ~rows.span
        members[list(self.network.facts)] = False
        ordered = any(len(self.stops) in own for own in self.network.stop_before.values())
        rerun = at is None and not ordered
        between = self._between(windows)
        self.stops.append(StopEffect(risk, what, read_only(members), at, hit_rows, rerun, between))

    def _between(self, windows: list[Window | None]) -> Floats | None:
        """When windows begin and end, (2, H); None if there is none at all."""
        if all(each is None for each in windows):
            return None
        return np.array([bounds_of(self.compilation, each) for each in windows]).T


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int32)
