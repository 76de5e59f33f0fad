"""Rows of a file as tasks of a scenario."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.importers.ids import name_beside
from simulator.importers.plans.calendars import CalendarBook
from simulator.importers.plans.constraints import NO_EARLIER, ConstraintWriter, instant
from simulator.importers.plans.costs import cost_keys
from simulator.importers.plans.durations import hours_of, hours_text, time_text
from simulator.importers.plans.lags import LagWriter
from simulator.importers.plans.links import NewLink, NewLinks
from simulator.importers.plans.losses import Losses
from simulator.importers.plans.names import NewProject, Places, Ref
from simulator.importers.plans.outline import Outline
from simulator.importers.plans.progress import DONE
from simulator.importers.plans.resources import ResourceBook
from simulator.importers.plans.shapes import Shape
from simulator.importers.plans.source import SourceTask
from simulator.importers.plans.starts import Start, holds_itself

USUAL_PRIORITY = 500
LAST_PRIORITY = 1001
"""Priorities of a file run from 0 to 1,000, the most urgent; a scenario's count the other way."""
LEVELLED_SPAN = "lasts as long as others do and so shares no pool of so many units: needs none"
NO_DURATION = "no duration in the file: a milestone here"


@dataclass(frozen=True)
class TaskWriter:
    """Writes the tasks of one project of the scenario."""

    project: NewProject
    outline: Outline
    places: Places
    links: NewLinks
    shapes: Mapping[Ref, Shape]
    lags: LagWriter
    resources: ResourceBook
    constraints: ConstraintWriter
    calendars: CalendarBook
    own_calendar: str
    """The calendar of tasks that name none."""
    uid_prefix: str
    start: Start | None
    """The project's start, where some tasks lie before it, so that others must be held to it."""
    class_id: str | None
    losses: Losses

    def tasks(self) -> dict[str, dict[str, Any]]:
        """Every task, and the milestones that end summaries, as the scenario writes them."""
        found: dict[str, dict[str, Any]] = {}
        for uid, name in self.project.tasks.items():
            task = self.outline.rows[uid]
            made = self._span(task) if self.outline.is_span(uid) else self._work(task)
            found[name] = {**name_beside(name, task.name), **made, **self._marks(task)}
            for gate in self.links.gates_after(self._ref(task)):
                after = [self.places.named(pred, self.project.id) for pred in gate.preds]
                own = gate.id.partition(".")[2]
                found[own] = {**name_beside(own, gate.name), "milestone": True, "after": after}
        return found

    def _ref(self, task: SourceTask) -> Ref:
        return self.project.source, task.uid

    def _full(self, task: SourceTask) -> str:
        return self.places.full[self._ref(task)]

    def _marks(self, task: SourceTask) -> dict[str, Any]:
        """What tells where a task comes from."""
        tags = {"wbs": task.wbs, "activity": task.activity_id}
        kept = {key: value for key, value in tags.items() if value}
        return {**({"tags": kept} if kept else {}), "source_uid": f"{self.uid_prefix}{task.uid}"}

    def _span(self, task: SourceTask) -> dict[str, Any]:
        """A task that lasts as long as others do."""
        refs = [(self.project.source, uid) for uid in self.outline.spanned[task.uid]]
        keys: dict[str, Any] = {"spans": [self.places.named(r, self.project.id) for r in refs]}
        hours = hours_of(task.duration, self.outline.project) if task.duration else 0.0
        needs = self.resources.needs(
            self.project.source, task, hours=hours, name=self._full(task), calendars={}
        )
        if needs and self.resources.level:
            self.losses.add(LEVELLED_SPAN, self._full(task))
        elif needs:
            keys["needs"] = needs
        return {**keys, **self._cost(task, hours)}

    def _work(self, task: SourceTask) -> dict[str, Any]:
        """A task or a milestone."""
        shape = self.shapes[self._ref(task)]
        keys: dict[str, Any] = {}
        if shape.milestone:
            keys["milestone"] = shape.milestone
            if shape.amount is None:
                self.losses.add(NO_DURATION, self._full(task))
        else:
            keys |= self._estimate(task, shape)
        if task.priority not in (None, USUAL_PRIORITY):
            keys["priority"] = LAST_PRIORITY - (task.priority or 0)
        if shape.in_calendar and shape.calendar.id != self.own_calendar:
            keys["calendar"] = shape.calendar.id
        links = self.links.into(self._ref(task))
        if links:
            keys["after"] = [self._link(task, link) for link in links]
        keys |= self._cost(task, shape.hours)
        keys |= self.constraints.of(task, self._full(task))
        held = holds_itself(task) or any(link.kind in ("FS", "SS") for link in links)
        at = None if self.start is None or held else self.start.at
        if self.outline.keeps_starts and not links:
            at = task.start
        if at is not None:
            key = NO_EARLIER["START"]
            keys[key] = max(keys.get(key, ""), instant(at))
        return keys

    def _estimate(self, task: SourceTask, shape: Shape) -> dict[str, Any]:
        """How long a task works, and what it holds."""
        keys: dict[str, Any] = {"duration": self._duration(shape)}
        if self.class_id and task.actual_finish is None and (task.percent or 0) < DONE:
            keys["class"] = self.class_id
        needs = self.resources.needs(
            self.project.source,
            task,
            hours=0.0 if shape.elapsed else shape.hours,
            name=self._full(task),
            calendars=dict(shape.calendar.pools),
        )
        if needs:
            keys["needs"] = needs
            if shape.calendar.ignore_pools:
                keys["ignore_pool_calendars"] = True
        return keys

    def _duration(self, shape: Shape) -> str:
        project, amount = self.outline.project, shape.amount
        if amount is None or hours_of(amount, project) != shape.hours:
            return hours_text(shape.hours)
        return time_text(amount, project, self.calendars.hours_of_day(shape.calendar.id))

    def _cost(self, task: SourceTask, hours: float) -> dict[str, Any]:
        return cost_keys(
            self.resources,
            self.project.source,
            task,
            hours=hours,
            name=self._full(task),
            losses=self.losses,
        )

    def _link(self, task: SourceTask, link: NewLink) -> dict[str, Any]:
        """One link as the task names it."""
        if isinstance(link.pred, str):
            named = self.links.gates[link.pred].id
            project, _, own = named.partition(".")
            named = own if project == self.project.id else named
        else:
            named = self.places.named(link.pred, self.project.id)
        kind = {"link": link.kind} if link.kind != "FS" else {}
        return {"task": named, **kind, **self.lags.keys(self._ref(task), link)}
