"""Pools as resources, needs as assignments."""

import math
from datetime import datetime, time

from simulator.importers.plans.export_values import central, plain
from simulator.importers.plans.source import (
    Amount,
    Availability,
    SourceAssignment,
    SourceResource,
)
from simulator.plan.calendars import hours_of
from simulator.plan.compile import Plan
from simulator.scenario.program import Pool
from simulator.scenario.tasks import Task
from simulator.scenario.units import WORKING, Quantity, Rate


def resources_of(plan: Plan, losses: list[str]) -> tuple[SourceResource, ...]:
    """A resource a pool; one without limit has as many units as all tasks need together."""
    return tuple(
        _resource(uid, key, pool, plan, losses)
        for uid, (key, pool) in enumerate(plan.scenario.pools.items(), 1)
    )


def assignments_of(plan: Plan, task: Task, hours: float) -> tuple[SourceAssignment, ...]:
    """An assignment a need, for as long as the task works."""
    uids = {key: uid for uid, key in enumerate(plan.scenario.pools, 1)}
    return tuple(
        SourceAssignment(
            uids[key],
            units,
            Amount(units * hours, "h"),
            Amount(units * hours, "h"),
        )
        for key, units in task.needs.items()
    )


def _resource(uid: int, key: str, pool: Pool, plan: Plan, losses: list[str]) -> SourceResource:
    spells: tuple[Availability, ...] = ()
    if pool.units == "unlimited":
        tasks = plan.scenario.tasks.values()
        most = float(math.ceil(sum(task.needs.get(key, 0.0) for task in tasks))) or 1.0
        losses.append(f"that the pool {key} has no limit: {most:g} units, enough for all tasks")
    elif isinstance(pool.units, tuple):
        starts = [
            datetime.combine(each.from_.at.date(), time()) if each.from_ else None
            for each in pool.units
        ]
        spells = tuple(
            Availability(first, last, each.units)
            for each, first, last in zip(pool.units, starts, [*starts[1:], None], strict=True)
        )
        most = max(each.units for each in pool.units)
    else:
        most = float(pool.units)
    return SourceResource(
        uid=uid,
        name=pool.name or key.replace("_", " ").capitalize(),
        max_units=most,
        rate=_rate(key, pool, plan, losses),
        availability=spells,
    )


def _rate(key: str, pool: Pool, plan: Plan, losses: list[str]) -> Amount | None:
    """Money an hour, by the days of the program's calendar."""
    if pool.rate is None:
        return None
    calendar = plan.network.calendar(plan.network.program_calendar)

    def an_hour(rate: Quantity) -> float:
        if isinstance(rate, Rate) and rate.per in WORKING:
            return rate.value / hours_of(calendar, rate.per)
        return plain(rate)

    value = central(pool.rate, an_hour)
    if isinstance(pool.rate, Rate) and pool.rate.per not in WORKING:
        losses.append(f"the rate {pool.rate} of the pool {key}, which is for elapsed time")
        return None
    return Amount(value, "h")
