"""What happens in each future under some mitigations, told by a code.

Of the risks that levers change, a future's schedule and costs depend only on which of them occur in
it, since when, and on the scale of what they do. Two sets of levers for which these are the same in
a future come to the same there.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from simulator.analysis.mitigation.memory import Codes
from simulator.engine.draws import Draws, occurrences
from simulator.plan.chances import RiskPlan
from simulator.plan.effects import EffectPlan
from simulator.plan.names import address
from simulator.plan.work_calendar import Floats

_Risks = tuple[RiskPlan, ...]


@dataclass
class FutureStates:
    """The codes of all futures of some draws.

    `touched` are the risks that levers change, by number; `effects` of any plan with these risks.
    """

    draws: Draws
    effects: EffectPlan
    touched: frozenset[int]
    _known: dict[object, Codes] = field(default_factory=dict, repr=False)

    def codes(self, risks: _Risks, thresholds: Floats, kind: str) -> Codes:
        """A code for each future (N,); `kind` tells plans apart that differ in something else.

        A sum of 64-bit hashes of what each risk does: two states of a future share one with a
        chance of 5e-20.
        """
        found = np.full(self.draws.iterations, np.uint64(address(kind)), dtype=np.uint64)
        for number in self._live:
            found += self._codes_of(risks, thresholds, number)
        return found

    @property
    def _live(self) -> list[int]:
        """The touched risks, and those whose chances depend on them."""
        found = set(self.touched)
        for number, risk in enumerate(self.effects.risks):  # conditions come first
            if any(condition in found for condition, _ in risk.conditions):
                found.add(number)
        return sorted(found)

    def _codes_of(self, risks: _Risks, thresholds: Floats, number: int) -> Codes:
        """The part of one risk; kept for every way in which it and its conditions may stand."""
        own = _behind(risks, number)
        epochs, since = _changes([risks[each] for each in own], thresholds)
        levers = tuple(
            (risks[each].levers[epoch], float(risks[each].effects[epoch]))
            for each in own
            for epoch in epochs
        )
        key = (number, tuple(since), levers)
        if key not in self._known:
            self._known[key] = self._new_codes(risks, own, epochs, since)
        return self._known[key]

    def _new_codes(
        self, risks: _Risks, own: list[int], epochs: list[int], since: list[float]
    ) -> Codes:
        risk = risks[own[-1]]
        kept = tuple(
            replace(
                each,
                conditions=tuple((own.index(number), chance) for number, chance in each.conditions),
                levers=tuple(each.levers[epoch] for epoch in epochs),
            )
            for each in (risks[number] for number in own)
        )
        alone = EffectPlan(kept, np.array(since[1:]), (), (), ())
        occurs = occurrences(alone, self.draws.values)[:, -1]
        if own[-1] in {rate.risk for rate in self.effects.inside.rates}:
            occurs[:] = True  # it arrives, and may arrive in any future
        patterns, which = np.unique(occurs, axis=1, return_inverse=True)
        hashes = [
            address(f"{risk.id}/{_state(pattern, risk, epochs, since)}") if any(pattern) else 0
            for pattern in patterns.T.tolist()
        ]
        return np.array(hashes, dtype=np.uint64)[which.ravel()]


def _behind(risks: _Risks, number: int) -> list[int]:
    """A risk and all that its chance depends on, itself the last."""
    found, stack = {number}, [number]
    while stack:
        conditions = {condition for condition, _ in risks[stack.pop()].conditions}
        stack += conditions - found
        found |= conditions
    return sorted(found)


def _changes(risks: list[RiskPlan], thresholds: Floats) -> tuple[list[int], list[float]]:
    """The epochs in which something changes for some risks, and when each begins."""
    epochs, since = [0], [0.0]
    for epoch, begin in enumerate(thresholds.tolist(), 1):
        if any(
            risk.levers[epoch] != risk.levers[epoch - 1]
            or risk.effects[epoch] != risk.effects[epoch - 1]
            for risk in risks
        ):
            epochs.append(epoch)
            since.append(begin)
    return epochs, since


def _state(occurs: list[bool], risk: RiskPlan, epochs: list[int], since: list[float]) -> str:
    """What a risk does over time; whether it changes tells in which order its terms are applied."""
    found: list[tuple[float, float | None]] = []
    for own, epoch, begin in zip(occurs, epochs, since, strict=True):
        scale = float(risk.effects[epoch]) if own else None
        if not found or found[-1][1] != scale:
            found.append((begin, scale))
    return f"{len(epochs) > 1}/{found!r}"
