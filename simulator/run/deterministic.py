"""The deterministic plan: one schedule of central values, with late dates and float."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress

import numpy as np

from simulator.engine.backward import LateDates, late_dates, links_from
from simulator.engine.costs import Costs, costs_of
from simulator.engine.draws import Draws, deterministic_draws
from simulator.engine.driving import criticality, driving_links
from simulator.engine.durations import durations_of
from simulator.engine.finishes import program_finish
from simulator.engine.network_pass import network_pass
from simulator.engine.placing import lag_of
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.compile import Plan
from simulator.plan.plan import FF, FS, NONE, SS, Bools, Network
from simulator.plan.work_calendar import Floats
from simulator.run.levelled import levelled
from simulator.scenario.units import MS_PER_HOUR

Engine = Callable[[Network, Durations], Schedule]


@dataclass(frozen=True)
class DeterministicPlan:
    """What the plan says if everything goes as planned: milliseconds, one iteration.

    It is scheduled by any engine, and levelled as hard as `level` says. Everything is computed when
    it is first asked for.
    """

    plan: Plan
    engine: Engine = network_pass
    level: str = "fast"

    @cached_property
    def durations(self) -> Durations:
        """Central values."""
        return durations_of(self.plan, self._draws)

    @cached_property
    def early(self) -> Schedule:
        """What follows from logic, calendars and constraints alone."""
        return self.engine(self.plan.network.with_pools(None), self.durations)

    @cached_property
    def shown(self) -> Schedule:
        """Levelled where there are finite pools; tasks that are as late as possible are moved."""
        return _shown(self)

    @cached_property
    def finish(self) -> float:
        """When the program finishes."""
        return float(program_finish(self.plan.network, self.durations, self.shown)[0])

    @cached_property
    def duration(self) -> float:
        """The working time of the program's calendar until then."""
        calendar = self.plan.network.calendar(self.plan.network.program_calendar)
        return float(calendar.work_at(np.array([self.finish]))[0])

    @property
    def cost(self) -> float:
        """What it costs in all."""
        return float(self.costs.total[0])

    @cached_property
    def costs(self) -> Costs:
        """What it costs."""
        finish = np.array([self.finish])
        return costs_of(self.plan, self._draws, self.durations, self.shown, finish)

    @cached_property
    def _draws(self) -> Draws:
        return deterministic_draws(self.plan)

    @cached_property
    def late(self) -> LateDates:
        """The latest dates that move neither the finish nor a date that must be kept."""
        return _late(self.plan, self.durations, self.early)

    @cached_property
    def float_hours(self) -> Floats:
        """Total float (T,) in working hours of each row's days."""
        return _float_hours(self.plan.network, self.early, self.late)

    @cached_property
    def critical(self) -> Bools:
        """The rows (T,) on a chain of driving links to the finish."""
        network = self.plan.network.with_pools(None)
        drives = driving_links(network, self.durations, self.early).drives
        rows = tuple((row,) for row in range(len(network.rows)))
        counts = criticality(network, self.early, drives, (network.finish_rows,), rows)
        return np.asarray(counts[0, 0] > 0)

    def complete(self) -> None:
        """Schedule, level and cost it now.

        Raises
        ------
        RunError
            A pool never has the units that a task needs.
        """
        _ = self.duration, self.costs


def deterministic_plan(
    plan: Plan, engine: Engine = network_pass, level: str = "fast"
) -> DeterministicPlan:
    """Schedule and cost the deterministic plan, by any engine; level it as hard as told.

    Raises
    ------
    RunError
        A pool never has the units that a task needs.
    """
    found = DeterministicPlan(plan, engine, level)
    found.complete()
    return found


def _late(plan: Plan, durations: Durations, early: Schedule) -> LateDates:
    """The latest dates; no-later constraints can make float negative."""
    network = plan.network
    target = program_finish(network, durations, early)
    last = float(np.maximum(target, early.finish[~network.rows.span].max())[0])
    caps = np.full(len(network.rows), np.inf)
    tasks = network.tasks
    for number in compress(range(len(tasks)), tasks.targets):
        row, targets = tasks.rows.last[number], tasks.targets[number]
        for key in ("finish_no_later_than", "must_finish"):
            caps[row] = min(caps[row], targets.get(key, np.inf))
    return late_dates(network, durations, early, last, caps)


def _float_hours(network: Network, early: Schedule, late: LateDates) -> Floats:
    found = np.zeros(len(network.rows))
    own = network.rows.calendar
    index = np.where(own == NONE, network.rows.unit_calendar, own)
    for each in np.unique(index).tolist():
        rows, calendar = index == each, network.calendar(each)
        found[rows] = calendar.work_at(late.start[rows, 0]) - calendar.work_at(early.start[rows, 0])
    return found / MS_PER_HOUR


def _shown(found: DeterministicPlan) -> Schedule:
    """The early schedule levelled, and with those tasks moved that are as late as possible: by
    total float, which moves others, or by free float, which only tasks that need no finite pool
    have to give."""
    plan, durations, early, engine = found.plan, found.durations, found.early, found.engine
    kinds, pools = plan.network.as_late_as_possible, plan.network.pools
    network = plan.network
    total = [row for row, kind in kinds.items() if kind == "total"]
    if total:
        floor = network.rows.start_floor.copy()
        floor[total] = np.maximum(floor[total], found.late.start[total, 0])
        network = replace(network, rows=replace(network.rows, start_floor=floor))
    if pools is not None:
        shown = levelled(network, pools, durations, found.level, engine)
    elif total:
        shown = engine(network, durations)
    else:
        shown = early
    free = [row for row, kind in kinds.items() if kind == "free"]
    if pools is not None:
        held = set(pools.rows.tolist())
        last = {task.base: task.last for task in network.tasks}
        free = [row for row in free if held.isdisjoint(range(row, last[row] + 1))]
    return _delayed(plan, durations, shown, free)


def _delayed(plan: Plan, durations: Durations, early: Schedule, free: list[int]) -> Schedule:
    """A schedule with some tasks as late as their successors in it allow."""
    if not free:
        return early
    shown = replace(early, start=early.start.copy(), finish=early.finish.copy())
    outgoing = links_from(plan.network)
    last = {task.base: task.last for task in plan.network.tasks}
    for row in sorted(free, reverse=True):
        chain = [each for each in range(row, last[row] + 1) if _is_round(plan, each, row)]
        links = [
            link
            for each in (row, last[row])
            for link in outgoing[each]
            if int(plan.network.links.succ[link]) not in chain
        ]
        if links and shown.exists[row].all():
            _delay_freely(plan.network, row, links, durations, shown)
            # Rounds that the plan does without stand where their task ends.
            shown.start[chain[1:]] = shown.finish[chain[1:]] = shown.finish[row]
    return shown


def _is_round(plan: Plan, row: int, base: int) -> bool:
    """Whether a row is a task or a round of its own rework."""
    ids = plan.network.rows.ids
    return row == base or ids[row].startswith(f"{ids[base]}/rework.")


def _delay_freely(
    network: Network,
    row: int,
    links: list[int],
    durations: Durations,
    shown: Schedule,
) -> None:
    """Move one row as far as the shown dates of its successors allow, in place."""
    start, finish, work = shown.start, shown.finish, shown.work[row]
    index = network.rows.calendar[row]
    # An instant stands on the clock, whatever its calendar.
    calendar = None if index == NONE or not work.all() else network.calendar(index)
    room = np.full(work.shape, np.inf)
    for link in links:
        kind, succ = network.links.kind[link], network.links.succ[link]
        bound = start[succ] if kind in (FS, SS) else finish[succ]
        lag = lag_of(network, link, durations.lags, shown.work[network.links.share_of[link]])
        if lag is not None:
            back = np.where(shown.exists[succ], -np.asarray(lag), 0.0)
            bound = network.calendar(network.links.calendar[link]).shift(bound, back)
        reached = bound if calendar is None else calendar.work_at(bound)
        room = np.minimum(room, reached - work if kind in (FS, FF) else reached)
    if calendar is None:
        start[row] = np.maximum(start[row], room)
        finish[row] = start[row] + work
        return
    position = np.maximum(calendar.work_at(start[row]), room)
    start[row] = calendar.start_at(position)
    finish[row] = calendar.finish_at(position + work)
