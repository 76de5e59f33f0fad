"""Which pool costs how many days, and what one more unit of it is worth.

A run is repeated on the same futures with one pool changed, so that all differences are the pool's
doing; what two runs have in common cancels, and the intervals are those of the differences.
"""

import math
from dataclasses import replace

from simulator.estimates.estimate import Estimate
from simulator.estimates.estimator import Estimator, Sample
from simulator.estimates.paired import mean_difference, quantile_difference
from simulator.plan.plan import Network
from simulator.plan.pools import with_more
from simulator.plan.unfolding import Pools
from simulator.run.join import Joined
from simulator.run.pool_values import Effect, PoolValue, PoolValues
from simulator.run.results import Results
from simulator.run.variants import on_same_futures, planned
from simulator.scenario.program import Pool, Scenario, UnitsFrom
from simulator.scenario.tasks import Task
from simulator.scenario.units import MS_PER_DAY

PERCENT = 80


def pool_values(results: Results) -> PoolValues:
    """What every finite pool that some task needs costs, and what more of it is worth, ranked.

    A pool takes two runs as long as the one that `results` are of, three where its units share
    the effort of tasks.
    """
    pools = results.plan.network.pools
    if pools is None:
        return PoolValues(())
    found = [_value(results, pools, number) for number in range(len(pools.ids))]
    return PoolValues(tuple(sorted(found, key=_rank)))


def with_units(scenario: Scenario, pool: str, more: float) -> Scenario:
    """The same scenario with some more units of a pool at all times."""
    spec = scenario.pools[pool]
    units = spec.units
    if isinstance(units, tuple):
        steps = [(each.from_, each.units + more) for each in units]
        units = tuple(UnitsFrom.model_validate({"from": at, "units": n}) for at, n in steps)
    elif isinstance(units, float):
        units += more
    changed: Pool = spec.model_copy(update={"units": units})
    return scenario.model_copy(update={"pools": {**scenario.pools, pool: changed}})


def shared_efforts(scenario: Scenario, pool: str) -> tuple[str, ...]:
    """The tasks whose duration depends on how many units of a pool share their effort."""
    return tuple(
        key
        for key, task in scenario.tasks.items()
        if task.effort is not None and next(iter(task.needs), None) == pool
    )


def with_needs(scenario: Scenario, pool: str, more: float) -> Scenario:
    """The same scenario where some more units of a pool share the effort of each such task."""
    efforts = set(shared_efforts(scenario, pool))
    projects = {}
    for project_id, project in scenario.projects.items():
        tasks: dict[str, Task] = {}
        for task_id, task in project.tasks.items():
            needs = task.needs
            if f"{project_id}.{task_id}" in efforts:
                needs = {**needs, pool: needs[pool] + more}
            tasks[task_id] = (
                task if needs is task.needs else task.model_copy(update={"needs": needs})
            )
        projects[project_id] = project.model_copy(update={"tasks": tasks})
    return scenario.model_copy(update={"projects": projects})


def _value(results: Results, pools: Pools, number: int) -> PoolValue:
    key, plan = pools.ids[number], results.plan
    network: Network = plan.network.with_pools(with_more(pools, number, math.inf))
    richer = with_units(plan.scenario, key, 1.0)
    at_work = None
    if shared_efforts(richer, key):
        busier = with_needs(richer, key, 1.0)
        at_work = _effect(results, on_same_futures(results, planned(results, busier)))
    return PoolValue(
        key,
        unlimited=_effect(results, on_same_futures(results, replace(plan, network=network))),
        one_more=_effect(results, on_same_futures(results, planned(results, richer))),
        one_more_at_work=at_work,
    )


def _effect(results: Results, changed: Joined) -> Effect:
    """What a change does, from the outcomes of both on the same futures."""
    base, estimator = results.joined, results.estimator
    return Effect(
        *_differences(Sample(changed.finish), Sample(base.finish), estimator, MS_PER_DAY),
        *_differences(Sample(base.cost), Sample(changed.cost), estimator, 1.0),
    )


def _differences(
    a: Sample, b: Sample, estimator: Estimator, unit: float
) -> tuple[Estimate, Estimate]:
    """b - a at P80 and on average."""
    found = (quantile_difference(a, b, PERCENT, estimator), mean_difference(a, b, estimator))
    first, second = (Estimate(e.value / unit, e.low / unit, e.high / unit) for e in found)
    return first, second


def _rank(pool: PoolValue) -> tuple[float, float]:
    """By days at P80, then by mean days; what is unknown comes last."""
    days = (pool.unlimited.saves_days_p80.value, pool.unlimited.saves_days_mean.value)
    first, second = (math.inf if math.isnan(value) else -value for value in days)
    return first, second
