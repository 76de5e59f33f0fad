"""What sets of levers come to on the futures of a run."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from simulator.analysis.mitigation_objectives import Objective, Outcome
from simulator.analysis.mitigation_plans import LeverPlans
from simulator.plan.compile import Plan
from simulator.run.variants import on_same_futures

Told = Callable[[int], None]
"""Told how many sets have been looked at."""


@dataclass
class LeverFutures:
    """The outcomes of sets of levers on the futures of the run that `plans` are made for.

    Sets that differ in nothing that an objective depends on are simulated once.
    """

    plans: LeverPlans
    objective: Objective
    tell: Told | None = None
    looked_at: int = 0
    _values: dict[object, float] = field(default_factory=dict, repr=False)

    def values(self, sets: Sequence[int]) -> Iterable[float]:
        """The value of each set, in their order."""
        for chosen in sets:
            key = chosen if self.objective.costed else self.plans.signature(chosen)
            if key not in self._values:
                plan = self.plans.plan(chosen, costed=self.objective.costed)
                self._values[key] = self.objective.value(self._outcome(plan))
            self.looked_at += 1
            if self.tell is not None:
                self.tell(self.looked_at)
            yield self._values[key]

    def outcomes(self, sets: Iterable[int]) -> Iterator[Outcome]:
        """Finish and cost with each set, in their order."""
        for chosen in sets:
            yield self._outcome(self.plans.plan(chosen))

    def _outcome(self, plan: Plan) -> Outcome:
        joined = on_same_futures(self.plans.results, plan)
        return Outcome(joined.finish, joined.cost)
