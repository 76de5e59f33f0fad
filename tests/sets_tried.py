"""Every set of mitigations tried by editing the file: what `mitigate` is compared with."""

import itertools
import math
from dataclasses import dataclass

import simulator
from simulator.analysis.mitigation.levers import mean_cost


@dataclass(frozen=True)
class OneSet:
    """A set, its value, and by what sets are compared."""

    ids: tuple[str, ...]
    value: float
    spend: float
    key: tuple


@dataclass(frozen=True)
class Tried:
    """All sets."""

    sets: tuple[OneSet, ...]

    def best(self, budget: float) -> OneSet:
        """The best one within a budget."""
        return min((each for each in self.sets if each.spend <= budget), key=lambda e: e.key)

    def frontier(self, budget: float) -> list[tuple[tuple[str, ...], float]]:
        """The sets that are better than all that cost as little or less."""
        within = [each for each in self.sets if each.spend <= budget]
        best = [
            min((e for e in within if e.spend <= each.spend), key=lambda e: e.key)
            for each in sorted(within, key=lambda e: e.spend)
        ]
        return [(each.ids, each.value) for each in dict.fromkeys(best)]


def every_set(
    scenario: simulator.Scenario,
    minimise: str,
    *,
    iterations: int,
    behind: dict[str, str] | None = None,
    **settings,
) -> Tried:
    """Simulate the file with every set of its mitigations bought."""
    ids = [key for key, each in scenario.mitigations.items() if not each.bought]
    found = []
    for size in range(len(ids) + 1):
        for places in itertools.combinations(range(len(ids)), size):
            own = tuple(ids[k] for k in places)
            if any(key in own and before not in own for key, before in (behind or {}).items()):
                continue
            mitigations = {
                key: each.model_copy(update={"bought": each.bought or key in own})
                for key, each in scenario.mitigations.items()
            }
            edited = scenario.model_copy(update={"mitigations": mitigations})
            results = simulator.simulate(
                edited, iterations=iterations, task_iterations=0, **settings
            )
            value = value_of(results, minimise)
            spend = math.fsum(mean_cost(key, scenario.mitigations[key]) for key in own)
            found.append(OneSet(own, value, spend, (value, spend, size, places)))
    return Tried(tuple(found))


def value_of(results: simulator.Results, minimise: str) -> float:
    """The value of a run."""
    if minimise == "not_all":
        return 1.0 - results.probability["all"].value
    return results.outcomes[minimise.removesuffix("_p80")].quantiles[80].value
