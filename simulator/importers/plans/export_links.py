"""Links of a scenario between the tasks that a file holds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simulator.importers.plans.export_values import central, plain
from simulator.importers.plans.source import Amount, SourceLink
from simulator.importers.plans.target import Target
from simulator.plan.calendars import hours_of
from simulator.plan.plan import TaskPlan
from simulator.plan.work_calendar import WorkCalendar
from simulator.run.deterministic import DeterministicPlan
from simulator.scenario.selectors import select
from simulator.scenario.tasks import Link, Task
from simulator.scenario.units import HOURS_OF_ELAPSED, MS_PER_HOUR, Quantity
from simulator.scenario.units import Amount as Told
from simulator.scenario.values import units_of

AT_ONCE = Amount(0.0, "h")


@dataclass(frozen=True, slots=True)
class LinkExport:
    """How links are written for one kind of file.

    `tasks` and `uids` are those of the plan by their ids, `uids` of those that are in the file.
    """

    found: DeterministicPlan
    target: Target
    tasks: Mapping[str, TaskPlan]
    uids: Mapping[str, int]
    losses: list[str]

    def of(self, task_id: str) -> tuple[SourceLink, ...]:
        """What a task waits for; a task that is not in the file passes on what it waits for."""
        kept: dict[tuple[int, str], SourceLink] = {}
        for link, pred in self._links(task_id):
            for uid, kind in self._ends(pred, link.link, {task_id}):
                each = SourceLink(uid, kind, self._lag(task_id, link, pred))
                if kept.setdefault((uid, kind), each) != each:
                    self.losses.append(f"{task_id}: a second {kind} link after {pred}")
        return tuple(kept.values())

    def spanning(self, task_id: str, task: Task) -> tuple[SourceLink, ...]:
        """The links by which a level of effort in Primavera spans tasks."""
        spanned = select(self.found.plan.scenario, task.spans, task_id.partition(".")[0])
        there = [self.uids[each] for each in spanned if each in self.uids]
        return tuple(SourceLink(uid, kind, AT_ONCE) for uid in there for kind in ("SS", "FF"))

    def _links(self, task_id: str) -> list[tuple[Link, str]]:
        scenario = self.found.plan.scenario
        project = task_id.partition(".")[0]
        return [
            (link, pred)
            for link in scenario.tasks[task_id].after
            for pred in select(scenario, (link.task,), project)
            if pred != task_id
        ]

    def _ends(self, pred: str, kind: str, seen: set[str]) -> list[tuple[int, str]]:
        """The tasks in the file that a link leads from, and its kind from each."""
        if pred in self.uids:
            return [(self.uids[pred], kind)]
        if pred in seen:
            return []
        return [
            (uid, before[0] + kind[1])
            for link, other in self._links(pred)
            for uid, before in self._ends(other, link.link, {*seen, pred})
        ]

    def _lag(self, succ: str, link: Link, pred: str) -> Amount:
        """The lag in hours of work or, where the tool knows them, elapsed or as a percentage."""
        kinds = units_of(link.lag)
        if "percent" in kinds:
            share = central(link.lag, plain)
            if not self.target.primavera:
                return Amount(share, "%")
            self.losses.append(f"{succ}: that its lag after {pred} is a share; the same hours now")
            task = self.tasks[pred]
            work = float(self.found.durations.work[task.base, 0])
            return Amount(share / 100 * work / MS_PER_HOUR, "h")
        calendar = None if "elapsed" in kinds else self._calendar(succ, link, pred)
        hours = central(link.lag, lambda each: _hours(each, calendar))
        on_clock = calendar is None or calendar.always
        if not hours:
            return AT_ONCE
        if on_clock and not self.target.primavera:
            return Amount(hours, "eh")
        if calendar is None or link.calendar:
            said = f"on the calendar {link.calendar}" if link.calendar else "elapsed time"
            self.losses.append(f"{succ}: that its lag after {pred} is {said}; the same date now")
            return Amount(self._same_date(succ, link, pred, (hours, calendar)), "h")
        return Amount(hours, "h")

    def _same_date(
        self, succ: str, link: Link, pred: str, lag: tuple[float, WorkCalendar | None]
    ) -> float:
        """Hours in the program's calendar of lags that, in this plan, lead to the same date."""
        hours, calendar = lag
        task, shown = self.tasks[pred], self.found.shown
        from_start = link.link[0] == "S"
        at = shown.start[[task.base], 0] if from_start else shown.finish[[task.last], 0]
        ms = np.array([hours * MS_PER_HOUR])
        until = at + ms if calendar is None else calendar.shift(at, ms)
        rule = self._ruled(succ, pred)
        if rule.always:
            return float((until - at)[0]) / MS_PER_HOUR
        return float((rule.work_at(until) - rule.work_at(at))[0]) / MS_PER_HOUR

    def _calendar(self, succ: str, link: Link, pred: str) -> WorkCalendar:
        calendars = self.found.plan.network.calendars
        if link.calendar:
            return next(
                (each for each in calendars if each.name == link.calendar),
                self._ruled(succ, pred),
            )
        return self._ruled(succ, pred)

    def _ruled(self, succ: str, pred: str) -> WorkCalendar:
        """The calendar that lags run in by the program's rule."""
        network = self.found.plan.network
        match self.found.plan.scenario.program.lag_calendar:
            case "successor" | "predecessor" as end:
                task = self.tasks[succ if end == "successor" else pred]
                return network.calendar(int(network.rows.unit_calendar[task.base]))
            case "program":
                return network.calendar(network.program_calendar)
            case _:
                return next(each for each in network.calendars if each.always)


def _hours(lag: Quantity, calendar: WorkCalendar | None) -> float:
    """Hours of a lag; a plain 0 has no unit."""
    if not isinstance(lag, Told):
        return plain(lag)
    if calendar is None:
        return lag.value * HOURS_OF_ELAPSED[lag.unit]
    return lag.value * hours_of(calendar, lag.unit)
