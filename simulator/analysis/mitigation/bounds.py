"""A value that no set of levers can beat, from a program that is easier than all of theirs.

In the easier program there are all levers that are still open, in force from the start and without
a cost; pools have no limit; and hits of which only the schedule tells whether, where or how often
they fall do not come. If every such change can only let rows start and finish sooner - each lever
that is added only helps, and a row that is ready sooner never finishes later - then in each future
the easier program finishes no later than any set's, and so does the quantile.

Rows are ordered so where no condition brings other rows into being, no lead is a share of the work
before it, no hard date wins over logic, and no row that a finish holds back lets others start by
its own start: work that shrinks there starts later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from simulator.analysis.mitigation.directions import OPPORTUNITY, THREAT, helps, risk_direction
from simulator.analysis.mitigation.ends import Asked
from simulator.analysis.mitigation.futures import LeverFutures
from simulator.analysis.mitigation.levers import NOTHING, members, set_of
from simulator.analysis.mitigation.objectives import Outcome
from simulator.plan.chances import with_mitigations
from simulator.plan.compile import Plan
from simulator.plan.inside import NOTHING_INSIDE
from simulator.plan.plan import FF, SF, SS, Network
from simulator.scenario.risks import Mitigation


@dataclass
class LeverBounds:
    """Bounds of the values of sets that hold some levers and of others as much as they like."""

    futures: LeverFutures
    sure: int
    """The levers that can only help."""
    possible: bool
    """Whether there are bounds at all."""
    _known: dict[int, float] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, futures: LeverFutures) -> "LeverBounds":
        """What can be said of the scenario of a run."""
        plans = futures.plans
        plan, levers = plans.results.plan, plans.levers
        there = [each for each in plans.scenario.mitigations.values() if each.bought]
        every = [*there, *(lever.mitigation for lever in levers)]
        sure = set_of(k for k, each in enumerate(levers) if helps(plan, each.mitigation, every))
        steady = all(each.at is None or helps(plan, each, every) for each in there)
        return cls(futures, sure, steady and ordered(plan.network) and _threats_alone(plan))

    def bounds(self, nodes: Sequence[tuple[int, int]]) -> list[float]:
        """For each (chosen, open) at most the value of every set that holds `chosen`, and more
        levers of `open` only; -inf where nothing is known."""
        free = [
            self.possible and not rest & ~self.sure and self._steady(chosen)
            for chosen, rest in nodes
        ]
        both = [chosen | rest for chosen, rest in nodes]
        told = zip(both, free, strict=True)
        new = [
            each for each in dict.fromkeys(k for k, yes in told if yes) if each not in self._known
        ]
        ends = self.futures.ends
        if ends is None:
            return [-np.inf] * len(nodes)
        asked = [Asked(self._easier(each), "easier") for each in new]
        for each, (finish, _) in zip(new, ends.of(asked) if asked else [], strict=True):
            unpaid = np.full(len(finish), -np.inf)
            self._known[each] = self.futures.objective.value(Outcome(finish, unpaid))
        return [self._known[each] if yes else -np.inf for each, yes in zip(both, free, strict=True)]

    def _steady(self, chosen: int) -> bool:
        """Whether what does not only help holds from the start on."""
        levers = self.futures.plans.levers
        return all(levers[k].mitigation.at is None for k in members(chosen & ~self.sure))

    def _easier(self, chosen: int) -> Plan:
        plans = self.futures.plans
        plan, bought = plans.plan(NOTHING, costed=False), plans.scenario_of(chosen)
        mitigations: dict[str, Mitigation] = {
            key: each.model_copy(update={"at": None}) for key, each in bought.mitigations.items()
        }
        scenario = bought.model_copy(update={"mitigations": mitigations})
        risks, thresholds = with_mitigations(plan.effects.risks, scenario, plan.clock)
        effects = replace(
            plan.effects,
            risks=risks,
            thresholds=thresholds,
            firsts=(),
            stops=(),
            inside=NOTHING_INSIDE,
        )
        network = replace(plan.network.with_pools(None), settle_before={}, stop_before={})
        return replace(plan, scenario=scenario, effects=effects, network=network)


def ordered(network: Network) -> bool:
    """Whether rows that are ready sooner and work less never make others finish later."""
    links, rows = network.links, network.rows
    if network.unfolding.conditions or links.lag_drawn_share.any() or (links.lag_share < 0).any():
        return False
    if np.isfinite(rows.start_cap).any() or np.isfinite(rows.finish_cap).any():
        return False
    held = np.isfinite(rows.finish_floor)
    held[links.succ[np.isin(links.kind, (FF, SF))]] = True
    held[[row for row, finish, _ in network.floor_variables if finish]] = True
    starting = links.pred[np.isin(links.kind, (SS, SF))]
    return not held[starting].any()


def _threats_alone(plan: Plan) -> bool:
    """Whether the hits that only the schedule settles, and stops, are threats."""
    inside = plan.effects.inside
    settled = {first.risk for first in plan.effects.firsts}
    settled |= {stop.risk for stop in plan.effects.stops}
    settled |= {risk for risk, _ in inside.terms} | {each.risk for each in inside.units}
    directions = {risk_direction(plan, risk) for risk in settled}
    return OPPORTUNITY not in directions and directions <= {THREAT, "neither"}
