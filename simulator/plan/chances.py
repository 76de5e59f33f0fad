"""When risks occur: chances, what they depend on, and what mitigations put in their place."""

from dataclasses import dataclass
from math import prod

import numpy as np

from simulator.plan.context import Compilation, read_only
from simulator.plan.gates import risk_status
from simulator.plan.work_calendar import Floats
from simulator.scenario.risks import Chance, Mitigation

_CERTAIN = {"occurred": 1.0, "closed": 0.0}
"""The chance of a risk of which the status knows."""


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


def epochs_of(compilation: Compilation) -> Floats:
    """When bought mitigations come into force after the program's start, ascending."""
    dates = {
        compilation.instant_ms(mitigation.at, ends=False)
        for mitigation in compilation.scenario.mitigations.values()
        if mitigation.bought and mitigation.at is not None and mitigation.on
    }
    return np.array(sorted(date for date in dates if date > 0))


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
    in_force = [
        [m for m in _bought(compilation, risk_id) if _since(compilation, m) <= begin]
        for begin in (0.0, *thresholds)
    ]
    if chance is not spec.chance:
        in_force = [[m for m in epoch if m.on[risk_id].chance is None] for epoch in in_force]
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
