"""Plans with a set of levers, made of one compiled plan: to the last bit those of the edited file.

What a mitigation does to risks is a few numbers of each risk (`simulator.plan.chances`), and its
cost one flow: both are switched in a plan that has them all. Units of pools also change what is
shared and paid, so there is one compiled plan for each set of units.
"""

from dataclasses import dataclass, field, replace

from simulator.analysis.mitigation.levers import NOTHING, Lever, bought_in, members, set_of
from simulator.plan.chances import with_mitigations
from simulator.plan.compile import Plan, compile_plan
from simulator.plan.flows import MoneyPlan
from simulator.run.results import Results
from simulator.run.variants import planned
from simulator.scenario.program import Scenario

_LEVELLED = "levelled"
"""The priority rule that asks the levelled plan, which depends on the units there are."""


@dataclass(frozen=True)
class LeverPlans:
    """The plans of a run's scenario with any set of levers.

    `scenario` has the levers, none of them bought; `results` are a run without them.
    """

    results: Results
    scenario: Scenario
    levers: tuple[Lever, ...]
    _compiled: dict[int, Plan] = field(default_factory=dict, repr=False)

    def gives_units(self, lever: Lever) -> bool:
        """Whether a lever changes how many units of a pool there are to contend for."""
        pools = self.results.plan.network.pools
        shared = () if pools is None else pools.ids
        return any(units and pool in shared for pool, units in lever.mitigation.units.items())

    def idle(self, lever: Lever) -> bool:
        """Whether a lever changes nothing but what is paid."""
        on = lever.mitigation.on.values()
        changes = any(each.chance is not None or each.effects not in (None, 1.0) for each in on)
        return not changes and not self.gives_units(lever)

    def scenario_of(self, chosen: int) -> Scenario:
        """The scenario in which a set of levers is bought."""
        return bought_in(self.scenario, self.levers, chosen)

    def plan(self, chosen: int, *, paid: int | None = None, costed: bool = True) -> Plan:
        """The plan with a set of levers, of which another set is paid if told so.

        Where it is not costed, nothing in it costs money.
        """
        base, scenario = self.compiled(chosen), self.scenario_of(chosen)
        risks, thresholds = with_mitigations(base.effects.risks, scenario, base.clock)
        effects = replace(base.effects, risks=risks, thresholds=thresholds)
        payer = scenario if paid is None else self.scenario_of(paid)
        money = _paying(base.money, payer) if costed else _free(base.money)
        return replace(base, scenario=scenario, effects=effects, money=money)

    def price(self, lever: int) -> Plan:
        """The plan without any lever in which nothing costs money but one of them."""
        base, own = self.plan(NOTHING), self.levers[lever].id
        money = self.compiled(NOTHING).money
        if self.gives_units(self.levers[lever]):
            money = self.compiled(1 << lever).money
        paid = tuple(each for each in money.mitigations if money.accounts[each[0]].id == own)
        only = replace(_free(money), accounts=money.accounts, mitigations=paid)
        return replace(base, money=only)

    def units_of(self, chosen: int) -> int:
        """The levers of a set that give units."""
        return set_of(k for k in members(chosen) if self.gives_units(self.levers[k]))

    def compiled(self, chosen: int) -> Plan:
        """The plan with the units of a set, and with all levers that give none."""
        own, every = self.units_of(chosen), (1 << len(self.levers)) - 1
        if own not in self._compiled:
            others = every ^ self.units_of(every)
            self._compiled[own] = self._compile(self.scenario_of(own | others))
        return self._compiled[own]

    def _compile(self, scenario: Scenario) -> Plan:
        """Compiled as a run would; rows come in the order of the run, which no unit changes."""
        pools = self.results.plan.network.pools
        if pools is not None and pools.rule == _LEVELLED:
            return planned(self.results, scenario)
        plan = compile_plan(scenario).simulated(keep_hard=self.results.settings.keep_hard)
        own = plan.network.pools
        if pools is None or own is None:
            return plan
        network = plan.network.with_pools(replace(own, order=pools.order))
        return replace(plan, network=network)


def _paying(money: MoneyPlan, scenario: Scenario) -> MoneyPlan:
    """Money in which only the mitigations are paid that a scenario has bought."""
    bought = {key for key, each in scenario.mitigations.items() if each.bought}
    paid = tuple(each for each in money.mitigations if money.accounts[each[0]].id in bought)
    return replace(money, mitigations=paid)


def _free(money: MoneyPlan) -> MoneyPlan:
    """Money without anything that costs."""
    return replace(
        money, accounts=(), rows=(), retained=(), lines=(), risks=(), mitigations=(), penalty=None
    )
