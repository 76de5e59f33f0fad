"""How much of a pool there is: its units over working time, with what risks take and add."""

from dataclasses import dataclass

import numpy as np

from simulator.engine.schedule import Durations, Schedule
from simulator.plan.plan import NONE, Network
from simulator.plan.pools import THOUSANDTHS
from simulator.plan.unfolding import Pools
from simulator.plan.work_calendar import Floats, WorkCalendar


@dataclass(frozen=True, slots=True)
class Capacity:
    """The units of a pool: by how much (E, N) they change when (E, N), in its working time."""

    times: Floats
    changes: Floats

    def between(self, first: Floats, last: Floats) -> Floats:
        """Units times working milliseconds from `first` to `last`, each (N,)."""
        order = np.argsort(self.times, axis=0, kind="stable")
        times = np.take_along_axis(self.times, order, axis=0)
        units = np.cumsum(np.take_along_axis(self.changes, order, axis=0), axis=0)
        marks = np.clip(np.concatenate((times, np.full_like(times[:1], np.inf))), first, last)
        return np.asarray((np.maximum(units, 0.0) * np.diff(marks, axis=0)).sum(axis=0))


def planned_capacity(pools: Pools, pool: int, hours: WorkCalendar, count: int) -> Capacity:
    """What the file says that there is of a pool, in the working time of `hours`."""
    at, units = pools.capacity(pool)
    times = np.concatenate(([-np.inf], worked(hours, at[1:])))
    changes = np.diff(units / THOUSANDTHS, prepend=0.0)
    shape = (len(at), count)
    return Capacity(
        np.broadcast_to(times[:, None], shape), np.broadcast_to(changes[:, None], shape)
    )


def capacity_of(
    network: Network, durations: Durations, schedule: Schedule, pool: int, hours: WorkCalendar
) -> Capacity:
    """What there is of a pool in each iteration, rule 18 of `engine.schedule`."""
    pools = network.pools
    if pools is None:
        raise ValueError("the network has no finite pools")
    planned = planned_capacity(pools, pool, hours, durations.iterations)
    times, changes = [planned.times], [planned.changes]
    inside = durations.inside
    for hit in inside.units:
        if hit.pool == pool:
            times += [worked(hours, hit.begin)[None], worked(hours, hit.end)[None]]
            changes += [hit.units[None] / THOUSANDTHS, -hit.units[None] / THOUSANDTHS]
    for lost in inside.lost:
        if lost.pool != pool:
            continue
        begin = schedule.arrivals[lost.rate]
        comes = np.isfinite(begin) & np.isfinite(lost.lasts)
        end = np.full(begin.shape, np.inf)
        lasts = np.broadcast_to(lost.lasts, begin.shape)[comes]
        calendar = None if lost.calendar == NONE else network.calendar(lost.calendar)
        end[comes] = (
            begin[comes] + lasts if calendar is None else calendar.shift(begin[comes], lasts)
        )
        version = np.searchsorted(lost.thresholds, begin, side="right")
        each = np.arange(durations.iterations)
        units = np.where(np.isfinite(begin), lost.units[version, each], 0) / THOUSANDTHS
        times += [worked(hours, begin), worked(hours, end)]
        changes += [units, -units]
    return Capacity(np.concatenate(times), np.concatenate(changes))


def worked(hours: WorkCalendar, clock: Floats) -> Floats:
    """Working time up to each instant; infinite where the instant is."""
    finite = np.isfinite(clock)
    if finite.all():
        return hours.work_at(clock)
    return np.where(finite, hours.work_at(np.where(finite, clock, 0.0)), clock)
