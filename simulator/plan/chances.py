"""When risks occur: chances, what they depend on, and what mitigations put in their place."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from simulator.plan.context import Compilation, read_only
from simulator.plan.gates import risk_status
from simulator.plan.plan import Clock
from simulator.plan.work_calendar import Floats
from simulator.scenario.program import Scenario
from simulator.scenario.risks import Chance, Mitigation

_CERTAIN = {"occurred": 1.0, "closed": 0.0}
"""The chance of a risk of which the status knows."""


@dataclass(frozen=True, slots=True)
class RiskPlan:
    """When a risk occurs: u < its chance, which may depend on risks compiled before it.

    `levers[e]` are the chances that mitigations in force in epoch e put in its place, `effects[e]`
    the scale they put on what it does: (E,), or (1, N) where each iteration has its own.
    """

    id: str
    name: str
    variable: int
    conditions: tuple[tuple[int, float], ...]
    otherwise: float
    levers: tuple[tuple[float, ...], ...]
    effects: Floats


def epochs_of(scenario: Scenario, clock: Clock) -> Floats:
    """When bought mitigations come into force after the program's start, ascending."""
    dates = {
        _since(clock, mitigation)
        for mitigation in scenario.mitigations.values()
        if mitigation.bought and mitigation.on
    }
    return read_only(np.array(sorted(date for date in dates if date > 0)))


def risks_of(compilation: Compilation, thresholds: Floats) -> list[RiskPlan]:
    """Every risk, in an order in which the risks that a chance depends on come first."""
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
    chance = _CERTAIN.get(risk_status(compilation.scenario, risk_id), spec.chance)
    conditions: tuple[tuple[int, float], ...] = ()
    if isinstance(chance, Chance):
        conditions = tuple((number[name], value) for name, value in chance.conditions)
        otherwise = chance.otherwise
    else:
        otherwise = float(chance or 0.0)
    levers, effects = _in_force(compilation.scenario, compilation.clock, risk_id, thresholds)
    return RiskPlan(
        risk_id,
        spec.name or risk_id.replace("_", " ").capitalize(),
        compilation.uniform(f"risks.{risk_id}/occurs"),
        conditions,
        otherwise,
        levers,
        effects,
    )


def with_mitigations(
    risks: Iterable[RiskPlan], scenario: Scenario, clock: Clock
) -> tuple[tuple[RiskPlan, ...], Floats]:
    """Compiled risks and when epochs begin, under the mitigations that a scenario has bought."""
    thresholds = epochs_of(scenario, clock)
    found = []
    for risk in risks:
        levers, effects = _in_force(scenario, clock, risk.id, thresholds)
        found.append(replace(risk, levers=levers, effects=effects))
    return tuple(found), thresholds


def _in_force(
    scenario: Scenario, clock: Clock, risk_id: str, thresholds: Floats
) -> tuple[tuple[tuple[float, ...], ...], Floats]:
    """For each epoch the chances that are put in a risk's place, and the scale of its effects."""
    every = scenario.mitigations.values()
    bought = [m for m in every if m.bought and risk_id in m.on]
    in_force = [[m for m in bought if _since(clock, m) <= begin] for begin in (0.0, *thresholds)]
    settled = risk_status(scenario, risk_id) in _CERTAIN
    levers = tuple(
        tuple(c for m in epoch if not settled and (c := m.on[risk_id].chance) is not None)
        for epoch in in_force
    )
    effects = [
        prod(scale for m in epoch if (scale := m.on[risk_id].effects) is not None)
        for epoch in in_force
    ]
    return levers, read_only(np.array(effects))


def _since(clock: Clock, mitigation: Mitigation) -> float:
    return 0.0 if mitigation.at is None else clock.ms(mitigation.at.begins())
