"""What sets of levers come to on the futures of a run.

What the levers themselves cost is added to what the rest costs, which may differ from a run in the
last bits: a choice by cost is settled by whole runs (`exact`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from simulator.analysis.mitigation.ends import Asked, LeverEnds
from simulator.analysis.mitigation.levers import NOTHING, members
from simulator.analysis.mitigation.objectives import Objective, Outcome
from simulator.analysis.mitigation.plans import LeverPlans
from simulator.analysis.mitigation.states import FutureStates
from simulator.engine.draws import draw
from simulator.plan.work_calendar import Floats
from simulator.run.variants import SameFutures, on_same_futures

Told = Callable[[int], None]
"""Told how many sets have been looked at."""

_DRAWN_BYTES = 1 << 30
"""Draws that take more memory are not kept, and every set is simulated as a whole."""
_TOGETHER = 2_000_000
"""Sets times futures that are looked up at a time."""
_MOST_TOGETHER = 256
NEAR = 1e-9
"""Values that differ by less than this share may be in the wrong order."""


@dataclass
class LeverFutures:
    """The outcomes of sets of levers on the futures of the run that `plans` are made for."""

    plans: LeverPlans
    objective: Objective
    tell: Told | None = None
    looked_at: int = 0
    _prices: dict[int, Floats] = field(default_factory=dict, repr=False)

    def values(self, sets: Sequence[int]) -> Iterator[float]:
        """The value of each set, in their order; up to `NEAR` where it depends on cost."""
        ends, costed = self.ends, self.objective.costed
        size = min(max(_TOGETHER // self.plans.results.settings.iterations, 1), _MOST_TOGETHER)
        for begin in range(0, len(sets), size):
            batch = sets[begin : begin + size]
            if ends is None or (costed and self._stopped):
                found = [self.exact(chosen) for chosen in batch]
            else:
                asked = [self._asked(chosen) for chosen in batch]
                found = [self._value(*pair) for pair in zip(batch, ends.of(asked), strict=True)]
            self.looked_at += len(batch)
            if self.tell is not None:
                self.tell(self.looked_at)
            yield from found

    def exact(self, chosen: int) -> float:
        """The value of a set to the last bit, by a run of its own."""
        (outcome,) = self.outcomes((chosen,))
        return self.objective.value(outcome)

    def outcomes(self, sets: Sequence[int]) -> Iterator[Outcome]:
        """Finish and, where the objective asks for it, cost with each set as a run has them."""
        ends = self.ends
        if ends is not None and not self.objective.costed:
            for finish, _ in ends.of([self._asked(chosen) for chosen in sets]):
                yield Outcome(finish, None)
            return
        futures = SameFutures(self.plans.results, self.plans.compiled(NOTHING))
        for each in futures.ends([self.plans.plan(chosen) for chosen in sets]):
            yield Outcome(each.finish, each.cost)

    @cached_property
    def ends(self) -> LeverEnds | None:
        """What is known of the futures; None where their draws take too much memory."""
        results, plan = self.plans.results, self.plans.compiled(NOTHING)
        count = results.settings.iterations
        if len(plan.variables) * count * 8 > _DRAWN_BYTES:
            return None
        sampling = replace(results.sampling, replicates=results.settings.replicates)
        touched = {key for lever in self.plans.levers for key in lever.mitigation.on}
        numbers = (k for k, risk in enumerate(plan.effects.risks) if risk.id in touched)
        draws = draw(plan, sampling, 0, count)
        states = FutureStates(draws, plan.effects, frozenset(numbers))
        return LeverEnds(results, plan, states, self.objective.costed)

    def _asked(self, chosen: int) -> Asked:
        """The plan of a set, whose levers are not paid."""
        plan = self.plans.plan(chosen, paid=NOTHING, costed=self.objective.costed)
        return Asked(plan, f"units/{self.plans.units_of(chosen)}")

    def _value(self, chosen: int, ends: Floats) -> float:
        finish, cost = ends
        if not self.objective.costed:
            return self.objective.value(Outcome(finish, None))
        for lever in members(chosen):
            cost = cost + self._price(lever)
        near = NEAR * np.abs(cost)
        low, value, high = (
            self.objective.value(Outcome(finish, each)) for each in (cost - near, cost, cost + near)
        )
        # Costs so near a budget that the last bits may decide are settled by a run.
        return value if high - low <= 4 * NEAR * abs(value) else self.exact(chosen)

    def _price(self, lever: int) -> Floats:
        """What a lever costs in each future (N,)."""
        if lever not in self._prices:
            joined = on_same_futures(self.plans.results, self.plans.price(lever))
            self._prices[lever] = joined.cost
        return self._prices[lever]

    @property
    def _stopped(self) -> bool:
        """Whether the program may be stopped, so that levers are not always paid."""
        return bool(self.plans.results.plan.effects.stops)
