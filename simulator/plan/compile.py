"""A scenario compiled once to the arrays that every iteration reads."""

from dataclasses import dataclass, replace

from simulator.errors import Fault, ScenarioError
from simulator.plan.boards import boards_of
from simulator.plan.conditions import conditions_of
from simulator.plan.context import Compilation, Path
from simulator.plan.correlation import correlate, correlated_names, named_groups
from simulator.plan.draft import DraftNetwork
from simulator.plan.effects import EffectPlan, effect_plan
from simulator.plan.flows import MoneyPlan
from simulator.plan.gates import FIRST, STOP, Gate, gates_of, may_still_run
from simulator.plan.layout import draft_network
from simulator.plan.money import money_plan
from simulator.plan.network import network_of, order_of
from simulator.plan.plan import Clock, Network, Variables
from simulator.plan.pools import pools_of, shares_pools
from simulator.plan.unbroken import refuse_what_never_fits, unbroken_rows
from simulator.plan.unfolding import Unfolding
from simulator.plan.unsupported import unsupported
from simulator.plan.work import WorkPlan, work_plan
from simulator.scenario.program import Scenario

_RUNNING = (
    "this version cannot settle a stop by a task whose predecessors may still run then; expected"
    " a date (`at`), or tasks with plain FS links before them"
)
_IN_NO_ORDER = (
    "this version settles `apply: first` only between tasks that do not wait for each other"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a run needs to know of a scenario, compiled."""

    scenario: Scenario
    clock: Clock
    network: Network
    work: WorkPlan
    effects: EffectPlan
    money: MoneyPlan
    variables: Variables
    lag_variables: tuple[int, ...]
    date_variables: tuple[int, ...]
    holidays: dict[str, dict[str, str]]
    warnings: tuple[str, ...] = ()
    """What was assumed where the file says too little."""

    def simulated(self, *, keep_hard: bool = False) -> "Plan":
        """The same plan as a simulation runs it.

        Nothing begins before the data date, and no hard date wins over logic unless it is kept.
        """
        network = self.network if keep_hard else self.network.without_caps()
        return replace(self, network=network.held())


def compile_plan(scenario: Scenario) -> Plan:
    """Compile a scenario.

    Raises
    ------
    ScenarioError
        It uses something that cannot be simulated yet, or contradicts itself in a way that only
        shows once calendars and orders are known.
    """
    _refuse(scenario, list(unsupported(scenario)))
    groups = named_groups(scenario)
    compilation = Compilation.of(scenario, correlated_names(groups))
    draft, facts = draft_network(compilation)
    gates = gates_of(compilation, draft)
    ordered, places = _order(compilation, draft, gates)
    _refuse(scenario, compilation.faults)
    network, drawn = network_of(compilation, draft, facts, ordered, places)
    network, refusals = _unfold(compilation, network, drawn)
    work = work_plan(compilation, network)
    refuse_what_never_fits(compilation, network, work)
    lags = tuple(variable for kind, variable in drawn if kind == "lag")
    effects = effect_plan(compilation, network, work, gates, lags)
    money = money_plan(compilation, network, effects, work)
    variables = correlate(compilation, groups)
    _refuse(scenario, compilation.faults)
    # Calendars may have been added since the network was laid out.
    network = network.with_calendars(tuple(compilation.calendars.tables))
    return Plan(
        scenario=scenario,
        clock=compilation.clock,
        network=network,
        work=work,
        effects=effects,
        money=money,
        variables=variables,
        lag_variables=lags,
        date_variables=(*(variable for kind, variable in drawn if kind == "date"), *refusals),
        holidays=compilation.calendars.holidays_used(),
        warnings=tuple(compilation.warnings),
    )


def _unfold(
    compilation: Compilation, network: Network, drawn: tuple[tuple[str, int], ...]
) -> tuple[Network, list[int]]:
    """The network with what unfolds with its schedule, and the variables of refusals by boards."""
    dates = sum(kind == "date" for kind, _ in drawn)
    boards, tasks, refusals = boards_of(compilation, network, dates)
    unfolding = Unfolding(
        pools_of(compilation, network),
        boards,
        tasks,
        conditions_of(compilation, network),
        unbroken_rows(compilation, network),
    )
    return replace(network, unfolding=unfolding), refusals


def _order(
    compilation: Compilation, draft: DraftNetwork, gates: list[Gate]
) -> tuple[list[int], dict[str, int]]:
    """Rows in order, with what is settled between them.

    Where one of the stops by tasks finds no place, whole schedules tell of all of them; hits on the
    first of several tasks that find none are refused.
    """
    _refuse_running(compilation, gates, draft)
    firsts = [gate for gate in gates if gate.kind == FIRST]
    stops = [gate for gate in gates if gate.kind == STOP]
    if shares_pools(compilation) or not all(gate.candidates for gate in stops):
        stops = []
    for tried in ([*firsts, *stops], firsts):
        try:
            return order_of(draft, tried)
        except ValueError as error:
            name = str(error)
    path = next(gate.path for gate in firsts if gate.name == name)
    compilation.faults.append((path, _IN_NO_ORDER))
    return order_of(draft, [])


def _refuse_running(compilation: Compilation, gates: list[Gate], draft: DraftNetwork) -> None:
    """Note stops by tasks that a stop might move: what they wait for may be cut short."""
    for gate in gates:
        if gate.kind == STOP and may_still_run(draft, gate.before):
            compilation.faults.append((gate.path, _RUNNING))


def _refuse(scenario: Scenario, faults: list[tuple[Path, str]]) -> None:
    if not faults:
        return
    source = scenario._source  # noqa: SLF001 - the scenario's own note of where it came from
    if source is None:
        raise ScenarioError([Fault(problem, path=path) for path, problem in faults])
    raise ScenarioError([source.fault(problem, "", path) for path, problem in faults])
