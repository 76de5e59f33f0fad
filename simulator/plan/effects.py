"""Risks compiled to terms: what is added to or multiplied into which rows, and when it occurs."""

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from simulator.plan.context import Compilation, Operand, Path, read_only
from simulator.plan.gates import FIRST, Gate, affected_tasks, hit_tasks
from simulator.plan.plan import NONE, Bools, Ints, Network
from simulator.plan.work_calendar import Floats
from simulator.scenario.checks import hit_name
from simulator.scenario.risks import Chance, Hit, Mitigation
from simulator.scenario.values import Value, units_of

FACTOR, DELAY, WAIT_ELAPSED, WAIT_WORKING = "factor", "delay", "wait_elapsed", "wait_working"


@dataclass(frozen=True, slots=True)
class RiskPlan:
    """When a risk occurs: u < its chance, which may depend on risks compiled before it.

    `levers[e]` are the chances that mitigations in force in epoch e put in its place, `effects[e]`
    the scale they put on what it does.
    """

    id: str
    name: str
    variable: int
    conditions: tuple[tuple[int, float], ...]
    otherwise: float
    levers: tuple[tuple[float, ...], ...]
    effects: Floats


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
    terms: tuple[tuple[str, tuple[Operand, ...]], ...]
    """(kind, an operand for each candidate)."""


@dataclass(frozen=True, slots=True)
class StopEffect:
    """A risk that ends a project, or the program."""

    risk: int
    what: str
    rows: Bools
    at: Operand | None
    hit_rows: Ints


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

    @property
    def epochs(self) -> int:
        """How many different sets of mitigations are in force over time."""
        return len(self.thresholds) + 1


def epochs_of(compilation: Compilation) -> Floats:
    """When bought mitigations come into force after the program's start, ascending."""
    dates = {
        compilation.instant_ms(mitigation.at, ends=False)
        for mitigation in compilation.scenario.mitigations.values()
        if mitigation.bought and mitigation.at is not None and mitigation.on
    }
    return np.array(sorted(date for date in dates if date > 0))


def effect_plan(compilation: Compilation, network: Network, gates: list[Gate]) -> EffectPlan:
    """Compile every risk; they come in an order in which conditions come first."""
    thresholds = epochs_of(compilation)
    risks = _risks(compilation, thresholds)
    number = {risk.id: position for position, risk in enumerate(risks)}
    builder = _Effects(compilation, network, gates)
    for risk_id, spec in compilation.scenario.risks.items():
        for position, hit in enumerate(spec.hits):
            builder.hit(number[risk_id], risk_id, hit, ("risks", risk_id, "hits", position))
        if spec.stops is not None:
            builder.stop(number[risk_id], risk_id)
    return EffectPlan(
        tuple(risks), read_only(thresholds), tuple(builder.effects), tuple(builder.firsts),
        tuple(builder.stops),
    )  # fmt: skip


def _risks(compilation: Compilation, thresholds: Floats) -> list[RiskPlan]:
    scenario = compilation.scenario
    ordered: dict[str, None] = {}

    def visit(risk_id: str) -> None:
        chance = scenario.risks[risk_id].chance
        if isinstance(chance, Chance):
            for name, _ in chance.conditions:
                if name not in ordered:
                    visit(name)
        ordered[risk_id] = None

    for risk_id in scenario.risks:
        if risk_id not in ordered:
            visit(risk_id)
    number = {risk_id: position for position, risk_id in enumerate(ordered)}
    return [_risk(compilation, risk_id, number, thresholds) for risk_id in ordered]


def _risk(
    compilation: Compilation, risk_id: str, number: dict[str, int], thresholds: Floats
) -> RiskPlan:
    spec = compilation.scenario.risks[risk_id]
    chance = spec.chance
    conditions: tuple[tuple[int, float], ...] = ()
    if isinstance(chance, Chance):
        conditions = tuple((number[name], value) for name, value in chance.conditions)
        otherwise = chance.otherwise
    else:
        otherwise = float(chance or 0.0)
    in_force = [
        [m for m in _bought(compilation, risk_id) if _since(compilation, m) <= begin]
        for begin in (0.0, *thresholds)
    ]
    levers = tuple(
        tuple(c for m in epoch if (c := m.on[risk_id].chance) is not None) for epoch in in_force
    )
    effects = [
        prod(scale for m in epoch if (scale := m.on[risk_id].effects) is not None)
        for epoch in in_force
    ]
    return RiskPlan(
        risk_id,
        spec.name or risk_id.replace("_", " ").capitalize(),
        compilation.uniform(f"risks.{risk_id}/occurs"),
        conditions,
        otherwise,
        levers,
        read_only(np.array(effects)),
    )


def _bought(compilation: Compilation, risk_id: str) -> list[Mitigation]:
    mitigations = compilation.scenario.mitigations.values()
    return [m for m in mitigations if m.bought and risk_id in m.on]


def _since(compilation: Compilation, mitigation: Mitigation) -> float:
    return 0.0 if mitigation.at is None else compilation.instant_ms(mitigation.at, ends=False)


@dataclass(frozen=True, slots=True)
class _Target:
    """What a hit falls on, and the name of its draws."""

    risk: int
    name: str
    own_draws: bool
    tasks: tuple[str, ...]
    path: Path

    def name_of(self, task: str) -> str:
        """The name of what is drawn for one task."""
        return f"{self.name}/{task}" if self.own_draws else self.name


def _terms(hit: Hit) -> list[tuple[str, Value]]:
    """What a hit does to work and waits, as (kind, value)."""
    terms: list[tuple[str, Value]] = []
    if hit.factor is not None:
        terms.append((FACTOR, hit.factor))
    if hit.delay is not None:
        terms.append((DELAY, hit.delay))
    if hit.wait is not None:
        elapsed = "elapsed" in units_of(hit.wait)
        terms.append((WAIT_ELAPSED if elapsed else WAIT_WORKING, hit.wait))
    return terms


class _Effects:
    """Collects the terms of hits."""

    def __init__(self, compilation: Compilation, network: Network, gates: list[Gate]) -> None:
        self.compilation, self.network = compilation, network
        self.first = {gate.path: gate.candidates for gate in gates if gate.kind == FIRST}
        hitting = compilation.scenario.risks
        self.base = {task.id: task.base for task in network.tasks} if hitting else {}
        self.units = network.rows.unit_calendar
        self.effects: list[Effect] = []
        self.firsts: list[FirstEffect] = []
        self.stops: list[StopEffect] = []

    def hit(self, risk: int, risk_id: str, hit: Hit, path: Path) -> None:
        """Compile one hit; its cost is money and compiled elsewhere."""
        tasks = affected_tasks(self.compilation.scenario, hit)
        target = _Target(risk, f"risks.{risk_id}/{hit_name(hit)}", hit.draw == "own", tasks, path)
        terms = _terms(hit)
        if path in self.first:
            added = [(kind, value) for kind, value in terms if kind != FACTOR]
            self._first(replace(target, tasks=self.first[path]), added)
            terms = [(kind, value) for kind, value in terms if kind == FACTOR]
        for kind, value in terms:
            self._each(target, kind, value)

    def _check(self, target: _Target, kind: str, task_id: str) -> None:
        task = self.compilation.scenario.tasks[task_id]
        if task.spans:
            problem = f"`{task_id}` spans other tasks; expected the tasks that it spans"
            self.compilation.faults.append((target.path, problem))
        if kind == DELAY and task.milestone:
            problem = f"`{task_id}` is a milestone and has no work to delay; use `wait`"
            self.compilation.faults.append((target.path, problem))

    def _operands(self, target: _Target, kind: str, value: Value) -> list[Operand]:
        """The operand of a term on each task; one for tasks that share a draw and a calendar."""
        known: dict[tuple[str, int], Operand] = {}
        found = []
        for task in target.tasks:
            self._check(target, kind, task)
            unit = NONE if kind == FACTOR else int(self.units[self.base[task]])
            key = (target.name_of(task), unit)
            if key not in known:
                known[key] = self._operand(target, kind, value, *key)
            found.append(known[key])
        return found

    def _operand(self, target: _Target, kind: str, value: Value, name: str, unit: int) -> Operand:
        if kind == FACTOR:
            path = (*target.path, FACTOR)
            return self.compilation.number(value, f"{name}/factor", path, central=1.0)
        effect = DELAY if kind == DELAY else "wait"
        return self.compilation.time(value, unit, f"{name}/{effect}", (*target.path, effect))

    def _each(self, target: _Target, kind: str, value: Value) -> None:
        """A term on every task; rows that share an operand share a term."""
        rows: dict[Operand, list[int]] = {}
        operands = self._operands(target, kind, value)
        for task, operand in zip(target.tasks, operands, strict=True):
            rows.setdefault(operand, []).append(self.base[task])
        for operand, where in rows.items():
            self.effects.append(Effect(kind, target.risk, operand, _ints(where)))

    def _first(self, target: _Target, added: list[tuple[str, Value]]) -> None:
        """Terms on the one task that becomes ready first."""
        terms = [(kind, tuple(self._operands(target, kind, value))) for kind, value in added]
        candidates = _ints([self.base[task] for task in target.tasks])
        self.firsts.append(FirstEffect(target.name, target.risk, candidates, tuple(terms)))

    def stop(self, risk: int, risk_id: str) -> None:
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
        hits = dict.fromkeys(
            task for hit in spec.hits for task in hit_tasks(self.compilation.scenario, hit)
        )
        hit_rows = _ints([] if at is not None else [self.base[task] for task in hits])
        self.stops.append(StopEffect(risk, what, read_only(members & ~rows.span), at, hit_rows))


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int32)
