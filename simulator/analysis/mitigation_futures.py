"""What sets of levers come to on the futures of a run, each future simulated as seldom as can be.

Many sets come to the same in a future, since most risks do not occur in it: what is known of it is
looked up (`mitigation_states`, `mitigation_memory`), and only the futures in which a set does
something new are simulated. What the levers themselves cost is added to what the rest costs, which
may differ from a run in the last bits: a choice by cost is settled by whole runs (`exact`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from simulator.analysis.mitigation_levers import NOTHING, members
from simulator.analysis.mitigation_memory import Memory, Places
from simulator.analysis.mitigation_objectives import Objective, Outcome
from simulator.analysis.mitigation_plans import LeverPlans
from simulator.analysis.mitigation_states import FutureStates
from simulator.engine.costs import costs_of
from simulator.engine.draws import Draws, draw, under
from simulator.engine.durations import durations_of
from simulator.engine.finishes import program_finish
from simulator.plan.compile import Plan
from simulator.plan.work_calendar import Floats
from simulator.run.block import engine_of
from simulator.run.settings import Settings
from simulator.run.simulate import settled
from simulator.run.variants import on_same_futures

Told = Callable[[int], None]
"""Told how many sets have been looked at."""

_DRAWN_BYTES = 1 << 30
"""Draws that take more memory are not kept, and nothing is looked up."""
_REMEMBERED = 3_000_000
_PIECE = 2_000_000
"""Rows times futures that are simulated at a time."""
_MOSTLY = 0.1
"""The share of new futures above which kernels simulate all futures sooner than NumPy those."""
NEAR = 1e-9
"""Values that differ by less than this share may be in the wrong order."""


@dataclass
class LeverFutures:
    """The outcomes of sets of levers on the futures of the run that `plans` are made for."""

    plans: LeverPlans
    objective: Objective
    tell: Told | None = None
    looked_at: int = 0
    _memory: Memory = field(default_factory=lambda: Memory(2, _REMEMBERED), repr=False)

    def values(self, sets: Sequence[int]) -> Iterable[float]:
        """The value of each set, in their order; up to `NEAR` where it depends on cost."""
        for chosen in sets:
            yield self._value(chosen)
            self.looked_at += 1
            if self.tell is not None:
                self.tell(self.looked_at)

    def exact(self, chosen: int) -> float:
        """The value of a set to the last bit."""
        if not self.objective.costed:
            return self._value(chosen)
        (outcome,) = self.outcomes((chosen,))
        return self.objective.value(outcome)

    def outcomes(self, sets: Iterable[int]) -> Iterator[Outcome]:
        """Finish and cost with each set as a run has them, in their order."""
        for chosen in sets:
            joined = on_same_futures(self.plans.results, self.plans.plan(chosen))
            yield Outcome(joined.finish, joined.cost)

    def _value(self, chosen: int) -> float:
        if self._draws is None or (self.objective.costed and self._stopped):
            (outcome,) = self.outcomes((chosen,))
            return self.objective.value(outcome)
        if not self.objective.costed:
            return self.objective.value(Outcome(self._ends(chosen)[0], None))
        finish, cost = self._ends(chosen)
        for lever in members(chosen):
            cost = cost + self._price(lever)
        near = NEAR * np.abs(cost)
        low, value, high = (
            self.objective.value(Outcome(finish, each)) for each in (cost - near, cost, cost + near)
        )
        if high - low > 4 * NEAR * abs(value):
            (outcome,) = self.outcomes((chosen,))
            return self.objective.value(outcome)
        return value

    @property
    def _stopped(self) -> bool:
        """Whether the program may be stopped, so that levers are not always paid."""
        return bool(self.plans.results.plan.effects.stops)

    @cached_property
    def _prices(self) -> dict[int, Floats]:
        return {}

    def _price(self, lever: int) -> Floats:
        """What a lever costs in each future (N,)."""
        if lever not in self._prices:
            joined = on_same_futures(self.plans.results, self.plans.price(lever))
            self._prices[lever] = joined.cost
        return self._prices[lever]

    def _ends(self, chosen: int) -> Floats:
        """Finish and cost, the levers themselves not paid, in each future (2, N)."""
        plan = self.plans.plan(chosen, paid=NOTHING, costed=self.objective.costed)
        return self.ends_of(plan, f"units/{self.plans.units_of(chosen)}")

    def ends_of(self, plan: Plan, kind: str) -> Floats:
        """Finish and cost (2, N) of a plan that differs from others of its kind in levers only."""
        effects = plan.effects
        codes = self._states.codes(effects.risks, effects.thresholds, kind)
        known, figures = self._memory.find(codes)
        new = np.flatnonzero(~known)
        if len(new):
            figures[:, new] = self._simulated(plan, new)
            self._memory.keep(codes[new], new, figures[:, new])
        return figures

    @cached_property
    def _draws(self) -> Draws | None:
        """What is drawn in all futures; None where that is too much."""
        results, plan = self.plans.results, self.plans.compiled(NOTHING)
        count = results.settings.iterations
        if len(plan.variables) * count * 8 > _DRAWN_BYTES:
            return None
        sampling = replace(results.sampling, replicates=results.settings.replicates)
        return draw(plan, sampling, 0, count)

    @cached_property
    def _states(self) -> FutureStates:
        plan = self.plans.compiled(NOTHING)
        touched = {key for lever in self.plans.levers for key in lever.mitigation.on}
        numbers = (k for k, risk in enumerate(plan.effects.risks) if risk.id in touched)
        return FutureStates(self._drawn, plan.effects, frozenset(numbers))

    @property
    def _drawn(self) -> Draws:
        if self._draws is None:
            raise ValueError("the draws were not kept")
        return self._draws

    def _simulated(self, plan: Plan, futures: Places) -> Floats:
        """Finish and cost (2, K) in some futures."""
        settings = settled(replace(self.plans.results.settings, task_iterations=0), plan)
        plainly = plan.effects.epochs == 1 and plan.effects.inside.is_empty
        many = len(futures) > _MOSTLY * self._drawn.iterations
        if settings.engine_used == "compiled" and plainly and many:
            joined = on_same_futures(self.plans.results, plan)
            return np.array([joined.finish, joined.cost])[:, futures]
        size = max(_PIECE // max(len(plan.network.rows), 1), 256)
        parts = [futures[at : at + size] for at in range(0, len(futures), size)]
        threads = min(settings.threads_used, len(parts))
        if threads <= 1:
            return np.concatenate([self._piece(plan, settings, part) for part in parts], axis=1)
        with ThreadPoolExecutor(threads) as pool:
            made = pool.map(lambda part: self._piece(plan, settings, part), parts)
            return np.concatenate(list(made), axis=1)

    def _piece(self, plan: Plan, settings: Settings, futures: Places) -> Floats:
        """The chain of `simulator.run.block` as far as finish and cost."""
        draws = under(plan, self._drawn, futures)
        durations = durations_of(plan, draws, keep_margin=settings.keep_margin)
        schedule = engine_of(settings)(plan.network, durations)
        finish = program_finish(plan.network, durations, schedule)
        if not self.objective.costed:
            return np.array([finish, np.zeros(len(finish))])
        return np.array([finish, costs_of(plan, draws, durations, schedule, finish).total])
