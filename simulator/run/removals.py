"""What a program would be without one thing: plans with one cause removed, on the same futures.

A risk does not occur, a common factor is 1, a range is its value in the deterministic plan, a class
is 1, a pool has no limit, a board approves at once. Beside it, where there is a range, the range is
its mean: that takes the spread away and leaves the bias.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import scipy

from simulator.plan.compile import Plan
from simulator.plan.plan import NONE
from simulator.plan.pools import with_more
from simulator.plan.variables import Variable
from simulator.run.results import Results
from simulator.run.variants import planned
from simulator.scenario.program import Scenario
from simulator.scenario.tasks import Task
from simulator.scenario.units import Rate

RISK, RANGE, CLASS, FACTOR, POOL, BOARD = "risk", "range", "class", "factor", "pool", "board"
_POINTS = 1 << 14
"""Equally likely values of a law whose mean is taken."""
NOT_RANGES = ("class", "rework.", "refusals", "branch")

_ESCALATION = "program/escalation"

Change = Callable[[Plan], Plan]


@dataclass(frozen=True, slots=True)
class Removal:
    """One thing that moves the outcome, and plans without it.

    `spread` takes the spread of a range away and leaves its mean; None where there is no range.
    """

    name: str
    kind: str
    remove: Change
    spread: Change | None = None
    combines: bool = True
    """Whether it can be removed from a plan from which something else was removed."""


def removals(results: Results) -> tuple[Removal, ...]:
    """Everything that can be removed from the scenario of a run."""
    plan = results.plan
    return (
        *_risks(results),
        *_ranges(plan),
        *_classes(results),
        *_pools(plan),
        *_boards(results),
    )


def without_risk(plan: Plan, risk: int) -> Plan:
    """The plan in which a risk with a chance never occurs, whatever mitigations make of it."""
    risks = list(plan.effects.risks)
    never = tuple(() for _ in risks[risk].levers)
    risks[risk] = replace(risks[risk], conditions=(), otherwise=0.0, levers=never)
    return replace(plan, effects=replace(plan.effects, risks=tuple(risks)))


def with_values(plan: Plan, values: Mapping[int, float]) -> Plan:
    """The plan in which some variables always have one value each."""
    table = plan.variables.table.with_constants(values)
    return replace(plan, variables=replace(plan.variables, table=table))


def law_mean(variable: Variable) -> float:
    """The mean of a variable, from equally likely points of its law."""
    u = (np.arange(_POINTS) + 0.5) / _POINTS
    points = scipy.special.ndtri(u) if variable.score else u
    return float(np.mean(variable.law.apply(points)))


def _risks(results: Results) -> Iterator[Removal]:
    plan, scenario = results.plan, results.plan.scenario
    number = {risk.id: place for place, risk in enumerate(plan.effects.risks)}
    drawn: dict[str, list[int]] = {}
    for variable, name in enumerate(plan.variables.table.names):
        owner, _, what = name.partition("/")
        if what != "occurs":
            drawn.setdefault(owner, []).append(variable)
    for key, spec in scenario.risks.items():
        if spec.rate is not None:
            edited = partial(_replanned, results, _without_rate(scenario, key))
            yield Removal(key, RISK, edited, combines=False)
            continue
        factor = spec.chance == 1.0 and spec.stops is None
        own = drawn.get(f"risks.{key}", [])
        remove = partial(without_risk, risk=number[key])
        yield Removal(
            key, FACTOR if factor else RISK, remove, _to_means(plan, own) if factor else None
        )


def _ranges(plan: Plan) -> Iterator[Removal]:
    """The ranges of each task together - estimate, cost, lags, dates - and each other range."""
    groups: dict[str, list[int]] = {}
    for number, called in enumerate(plan.variables.table.names):
        owner, _, what = called.partition("/")
        own_law = owner.startswith("risks.") or called == _ESCALATION
        if own_law or what.startswith(NOT_RANGES):
            continue
        name = owner if owner in plan.scenario.tasks else called.replace("/", ".")
        groups.setdefault(name, []).append(number)
    at_plan = planned_values(plan)
    for name, own in groups.items():
        central = {v: at_plan.get(v, plan.variables.table[v].central) for v in own}
        yield Removal(name, RANGE, partial(with_values, values=central), _to_means(plan, own))
    prices = plan.money.escalation
    if prices is not None and prices.variable != NONE:
        yield Removal(_ESCALATION.replace("/", "."), RANGE, _with_planned_prices)


def _with_planned_prices(plan: Plan) -> Plan:
    """The plan whose prices rise as in the deterministic plan: their law is one a month."""
    prices = plan.money.escalation
    if prices is None:
        return plan
    return replace(plan, money=replace(plan.money, escalation=replace(prices, variable=NONE)))


def planned_values(plan: Plan) -> dict[int, float]:
    """What the deterministic plan takes in place of the central value of an estimate."""
    work = plan.work
    rows = np.flatnonzero(~np.isnan(work.planned) & (work.variable != NONE)).tolist()
    return {int(work.variable[row]): float(work.planned[row] / work.scale[row]) for row in rows}


def _classes(results: Results) -> Iterator[Removal]:
    """Every class that has a range and a task."""
    plan = results.plan
    rows: dict[str, set[int]] = {}
    base = {task.id: task.base for task in plan.network.tasks}
    for key, task in plan.scenario.tasks.items():
        if task.class_ is not None:
            variable = int(plan.work.class_variable[base[key]])
            if variable != NONE:
                rows.setdefault(task.class_, set()).add(variable)
    for key, own in rows.items():
        ones = partial(with_values, values=dict.fromkeys(own, 1.0))
        yield Removal(key, CLASS, ones, _to_means(plan, sorted(own)))


def _pools(plan: Plan) -> Iterator[Removal]:
    pools = plan.network.pools
    for number, key in enumerate(() if pools is None else pools.ids):
        yield Removal(key, POOL, partial(_without_limit, pool=number))


def _without_limit(plan: Plan, pool: int) -> Plan:
    pools = plan.network.pools
    if pools is None:
        return plan
    return replace(plan, network=plan.network.with_pools(with_more(pools, pool, math.inf)))


def _boards(results: Results) -> Iterator[Removal]:
    scenario = results.plan.scenario
    for key in scenario.boards:
        if any(task.board == key for task in scenario.tasks.values()):
            edited = partial(_replanned, results, without_board(scenario, key))
            yield Removal(key, BOARD, edited, combines=False)


def without_board(scenario: Scenario, board: str) -> Scenario:
    """The same scenario where what a board decides is approved at once, without papers."""
    projects = {}
    for key, project in scenario.projects.items():
        tasks = {
            task_id: task.model_copy(update={"board": None, **_no_work(task)})
            if task.board == board
            else task
            for task_id, task in project.tasks.items()
        }
        projects[key] = project.model_copy(update={"tasks": tasks})
    return scenario.model_copy(update={"projects": projects})


def _no_work(task: Task) -> dict[str, float]:
    """A task that only waited for a board has no work of its own."""
    own = (task.duration, task.size, task.effort, task.backlog)
    return {"duration": 0.0} if all(each is None for each in own) else {}


def _without_rate(scenario: Scenario, risk: str) -> Scenario:
    """The same scenario in which the arrivals of a risk never come."""
    never = scenario.risks[risk].model_copy(update={"rate": Rate(0.0, "mo")})
    return scenario.model_copy(update={"risks": {**scenario.risks, risk: never}})


def _replanned(results: Results, scenario: Scenario, plan: Plan) -> Plan:
    """A scenario that takes another network compiled anew, whatever plan there is."""
    return planned(results, scenario)


def _to_means(plan: Plan, variables: Sequence[int]) -> Change | None:
    """The change that leaves some variables only their means; None without any."""
    if not variables:
        return None
    return partial(_with_means, variables=tuple(variables))


def _with_means(plan: Plan, variables: tuple[int, ...]) -> Plan:
    return with_values(plan, {v: law_mean(plan.variables.table[v]) for v in variables})
