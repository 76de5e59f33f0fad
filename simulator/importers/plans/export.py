"""A scenario with its deterministic plan as the project of another tool."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from simulator.importers.plans.export_calendars import calendar_record
from simulator.importers.plans.export_constraints import due, with_constraints
from simulator.importers.plans.export_links import LinkExport
from simulator.importers.plans.export_losses import losses_of
from simulator.importers.plans.export_resources import assignments_of, resources_of
from simulator.importers.plans.export_values import central
from simulator.importers.plans.source import Amount, SourceProject, SourceTask
from simulator.importers.plans.target import Column, PlanToWrite, Target, Value
from simulator.plan.plan import NONE, TaskPlan
from simulator.plan.work_calendar import WorkCalendar
from simulator.reports.plan_dates import early_dates
from simulator.run.deterministic import DeterministicPlan
from simulator.scenario.selectors import full_id
from simulator.scenario.tasks import Task
from simulator.scenario.units import MS_PER_HOUR, Moment

_BEFORE, _BEHIND = timedelta(days=366), timedelta(days=3 * 366)
"""How long before the program and after its finish exceptions of calendars are told."""
_ACCRUALS = {"start": "START", "even": "PRORATED", "end": "END"}
_LAG_CALENDARS = {
    "successor": "SUCCESSOR",
    "predecessor": "PREDECESSOR",
    "program": "PROJECT_DEFAULT",
    "24x7": "TWENTY_FOUR_HOUR",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """A project to write, and what stays behind."""

    written: PlanToWrite
    losses: tuple[str, ...]


def exported(
    found: DeterministicPlan, target: Target, result: Mapping[str, Any] | None, *, pin: bool
) -> Exported:
    """The deterministic plan of a scenario as a project.

    Parameters
    ----------
    found
        The plan; its levelled dates become the dates of the tasks.
    target
        The kind of file.
    result
        A `result.json`, whose P50 and P80 dates and criticality are added; None for none.
    pin
        Whether tasks that logic alone would start earlier are held by a constraint.
    """
    export = _Export(found, target, pin)
    project = export.project()
    columns = export.columns(result)
    return Exported(PlanToWrite(target, project, columns), tuple(export.losses))


class _Export:
    """The steps of one export, which share uids, calendars and the list of losses."""

    def __init__(self, found: DeterministicPlan, target: Target, pin: bool) -> None:
        self.found, self.target, self.pin = found, target, pin
        self.plan = found.plan
        self.scenario, self.network = self.plan.scenario, self.plan.network
        self.losses = losses_of(self.scenario, target)
        self.there = [task for task in self.network.tasks if bool(found.shown.exists[task.base, 0])]
        self.by_id = {task.id: task for task in self.network.tasks}
        self.uids = _uids(self.there)
        absent = [task.id for task in self.network.tasks if task.id not in self.uids]
        if absent:
            names = ", ".join(absent)
            self.losses.append(f"tasks of branches that the plan does not take: {names}")
        self.projects = _fresh(self.network.projects, self.uids.values())
        goal = self.scenario.program.finish
        self.finish_id = full_id(self.scenario, goal) if goal else None
        self.hours = {task.id: self._hours(task) for task in self.there}
        self.used: dict[int, int] = {}
        """The uid of each calendar that is written, by its place in the network."""
        self.program_calendar = self._calendar_uid(self.network.program_calendar)

    def project(self) -> SourceProject:
        """The whole project."""
        tasks = tuple(self._tasks())
        clock, program = self.plan.clock, self.scenario.program
        finish = _up(clock.date(self.found.finish))
        calendar = self.network.calendar(self.network.program_calendar)
        status = self.scenario.status
        date = getattr(status, "date", None)
        span = (clock.start.date() - _BEFORE, finish.date() + _BEHIND)
        return SourceProject(
            uid=1,
            name=program.name or "Program",
            file_type=self.target.name,
            start=clock.start,
            finish=finish,
            must_finish_by=due(program.deadline) if program.deadline else None,
            status_date=self._data_date(date),
            calendar=self.program_calendar,
            minutes_per_day=round(calendar.hours_per_day * 60),
            minutes_per_week=round(calendar.hours_per_week * 60),
            currency=program.currency,
            logic={"override": "PROGRESS_OVERRIDE", "actual_dates": "ACTUAL_DATES"}.get(
                getattr(status, "logic", ""), "RETAINED_LOGIC"
            ),
            lag_calendar=_LAG_CALENDARS[program.lag_calendar],
            honour_constraints=program.constraints == "honour",
            calendars=self._calendars(span),
            resources=resources_of(self.plan, self.losses),
            tasks=tasks,
        )

    def columns(self, result: Mapping[str, Any] | None) -> tuple[Column, ...]:
        """Ids and tags of the scenario, and what a run found of the tasks."""
        uids = dict(self.uids)
        if not self.target.primavera:  # its summaries have no such fields
            uids |= self.projects
        elif result is not None:
            self.losses.append("P50 and P80 dates of whole projects")
        tags = {
            self.uids[task.id]: "; ".join(f"{key}={value}" for key, value in task.tags.items())
            for task in self.there
            if task.tags
        }
        found = [Column("Simulator id", {uid: key for key, uid in uids.items()})]
        if tags:
            found.append(Column("Simulator tags", dict(tags)))
        if result is None:
            return tuple(found)
        for title, key in (("P50 finish", "p50"), ("P80 finish", "p80")):
            values = {uid: _finish(result, each, key) for each, uid in uids.items()}
            found.append(Column(title, _told(values)))
        chances = {
            self.uids[each]: round(100 * told["criticality"]["value"], 2)
            for each, told in result["tasks"].items()
            if each in self.uids and told["criticality"]["value"] is not None
        }
        return (*found, Column("Criticality %", _told(chances)))

    def _tasks(self) -> list[SourceTask]:
        """Each project as a summary, and behind it its tasks."""
        links = LinkExport(self.found, self.target, self.by_id, self.uids, self.losses)
        found: list[SourceTask] = []
        for number, (key, project) in enumerate(self.scenario.projects.items()):
            own = [task for task in self.there if task.project == number]
            if not own:
                continue
            start = min(float(self.found.shown.start[task.base, 0]) for task in own)
            finish = max(float(self.found.shown.finish[task.last, 0]) for task in own)
            found.append(
                SourceTask(
                    uid=self.projects[key],
                    name=project.name or key.replace("_", " ").capitalize(),
                    summary=True,
                    wbs=str(number + 1),
                    start=self._date(start),
                    finish=_up(self.plan.clock.date(finish)),
                    deadline=due(project.deadline) if project.deadline else None,
                )
            )
            for place, task in enumerate(own, 1):
                found.append(self._task(task, self.projects[key], f"{number + 1}.{place}", links))
        return found

    def _task(self, task: TaskPlan, parent: int, wbs: str, links: LinkExport) -> SourceTask:
        told = self.scenario.tasks[task.id]
        shown, early = self.found.shown, self.found.early
        row = task.base
        kind = self._kind(task, told)
        own = links.of(task.id)
        if task.kind == "span" and self.target.primavera:
            own = links.spanning(task.id, told)
        rows = self.network.rows
        index = int(rows.snap[row]) if task.kind == "milestone" else self._calendar_of(task)
        elapsed = index == NONE and not self.target.primavera
        duration = Amount(self.hours[task.id], "eh" if elapsed and self.hours[task.id] else "h")
        late, primavera = self.found.late, self.target.primavera
        begins, ends = early_dates(
            task, self.network, shown if primavera else early, of_what_remains=primavera
        )
        record = SourceTask(
            uid=self.uids[task.id],
            name=task.name,
            activity_id=task.id,
            wbs=wbs,
            parent=parent,
            milestone=task.kind == "milestone",
            manual=task.kind == "span" and not self.target.primavera,
            kind=kind,
            fixed="FIXED_DURATION",
            duration=duration,
            planned=duration,
            remaining=duration,
            calendar=self._task_calendar(index, elapsed),
            ignore_resource_calendar=True,
            start=self._date(float(shown.start[task.first, 0])),
            finish=_up(self.plan.clock.date(float(shown.finish[task.last, 0]))),
            early_start=self._date(begins),
            early_finish=_up(self.plan.clock.date(ends)),
            late_start=self._date(float(late.start[row, 0])),
            late_finish=self._date(float(late.finish[task.last, 0])),
            fixed_cost=None if told.cost is None else central(told.cost),
            fixed_cost_accrual=_ACCRUALS[told.accrues] if told.cost is not None else "",
            links=own,
            assignments=assignments_of(self.plan, told, self.hours[task.id]),
        )
        honour = self.scenario.program.constraints == "honour"
        record = with_constraints(
            record, told, self.plan.clock, self.target, honour=honour, losses=self.losses
        )
        deadline = self.scenario.program.deadline
        if not self.target.primavera and deadline and task.id == self.finish_id:
            record = replace(record, deadline=record.deadline or due(deadline))
        record = self._at_work(record, index)
        return self._with_status(self._pinned(self._held(record, task), task), task)

    def _at_work(self, record: SourceTask, index: int) -> SourceTask:
        """A task whose earliest start falls into working time, as tools write it."""
        if record.constraint != "START_NO_EARLIER_THAN" or index == NONE:
            return record
        calendar = self.network.calendar(index)
        at = np.array([self.plan.clock.ms(record.constraint_date or self.plan.clock.start)])
        return replace(
            record, constraint_date=self._date(float(calendar.start_at(calendar.work_at(at))[0]))
        )

    def _data_date(self, date: Moment | None) -> datetime | None:
        """The data date as the tool has it: Primavera begins what is left at that very instant."""
        if date is None:
            return None
        return date.ends() if self.target.primavera else due(date)

    def _held(self, record: SourceTask, task: TaskPlan) -> SourceTask:
        """A task that waits for the data date alone, which MS Project would begin before it.

        So does MS Project itself when it reschedules uncompleted work after a date.
        """
        date, row = self.network.data_date, task.base
        begins = self.found.early.start[row, 0]
        floor = self.network.rows.start_floor[row]
        free = record.constraint == "AS_SOON_AS_POSSIBLE" and task.id not in self.scenario.progress
        held = math.isfinite(date) and floor == date and free and not record.manual
        if self.target.primavera or not held:
            return record
        index = self._calendar_of(task)
        opens = date
        if index != NONE:
            calendar = self.network.calendar(index)
            opens = float(calendar.start_at(calendar.work_at(np.array([date])))[0])
        if begins > opens:
            return record
        return replace(record, constraint="START_NO_EARLIER_THAN", constraint_date=record.start)

    def _pinned(self, record: SourceTask, task: TaskPlan) -> SourceTask:
        """A task held at its start, where it starts later than logic alone would have it."""
        row = task.base
        later = self.found.shown.start[row, 0] > self.found.early.start[row, 0]
        if not (self.pin and later) or record.manual:
            return record
        if record.constraint != "AS_SOON_AS_POSSIBLE":
            self.losses.append(f"{task.id}: its constraint gives way to the one that pins it")
        return replace(record, constraint="START_NO_EARLIER_THAN", constraint_date=record.start)

    def _with_status(self, record: SourceTask, task: TaskPlan) -> SourceTask:
        """A task with what has happened of it."""
        told = self.scenario.progress.get(task.id)
        if told is None or record.duration is None:
            return record
        begun, hours, unit = told.started or told.finished, *record.duration
        left = 0.0 if told.is_finished else max(hours - self._done(task), 0.0)
        percent = told.percent
        if percent is None or told.is_finished:
            percent = 100.0 * (1.0 - left / hours) if hours else 100.0
        return replace(
            record,
            actual_start=None if begun is None else record.start,
            actual_finish=record.finish if told.is_finished else None,
            remaining=Amount(left, unit),
            actual_duration=Amount(hours - left, unit),
            percent=percent,
            physical_percent=told.physical_percent,
            suspended=told.suspended.at if told.suspended else None,
            resumed=told.resumed.at if told.resumed else None,
            expected_finish=due(told.expected_finish) if told.expected_finish else None,
            actual_cost=told.cost,
        )

    def _done(self, task: TaskPlan) -> float:
        """The hours worked by the data date on a task that runs."""
        return 0.0 if task.first == task.base else self.network.facts[task.first] / MS_PER_HOUR

    def _calendar_of(self, task: TaskPlan) -> int:
        """By which calendar a task works; what is finished by the one that counts its days."""
        rows, row = self.network.rows, task.base
        if row not in self.network.facts:
            return int(rows.calendar[row])
        unit = int(rows.unit_calendar[row])
        return NONE if self.network.calendar(unit).always else unit

    def _kind(self, task: TaskPlan, told: Task) -> str:
        if not self.target.primavera:
            return ""
        if task.kind == "milestone":
            # Only one that starts something waits for working time.
            moves = int(self.network.rows.snap[task.base]) != NONE
            return "START_MILESTONE" if moves or told.milestone == "start" else "FINISH_MILESTONE"
        return "LEVEL_OF_EFFORT" if task.kind == "span" else "TASK_DEPENDENT"

    def _hours(self, task: TaskPlan) -> float:
        """The working time from start to finish in the calendar of a task, in hours."""
        shown = self.found.shown
        ends = np.array([shown.start[task.base, 0], shown.finish[task.last, 0]])
        index = self._calendar_of(task)
        if index != NONE:
            ends = self.network.calendar(index).work_at(ends)
        if task.kind == "milestone":
            return 0.0
        return float(ends[1] - ends[0]) / MS_PER_HOUR + self._done(task)

    def _task_calendar(self, index: int, elapsed: bool) -> int | None:
        """The calendar of a task; None where it is that of the project, or the clock."""
        if elapsed:
            return None
        if index == NONE:
            index = next(k for k, each in enumerate(self.network.calendars) if each.always)
        uid = self._calendar_uid(index)
        return uid if self.target.primavera or uid != self.program_calendar else None

    def _calendar_uid(self, index: int) -> int:
        return self.used.setdefault(index, len(self.used) + 1)

    def _calendars(self, span: tuple[date, date]) -> tuple[Any, ...]:
        calendars: dict[int, WorkCalendar] = {
            uid: self.network.calendar(index) for index, uid in self.used.items()
        }
        return tuple(
            calendar_record(uid, calendar, self.plan.clock, span)
            for uid, calendar in calendars.items()
        )

    def _date(self, ms: float) -> datetime | None:
        return _up(self.plan.clock.date(ms)) if math.isfinite(ms) else None


def _uids(tasks: list[TaskPlan]) -> dict[str, int]:
    """The uid of each task: that of the file it came from where it has one of its own."""
    told = {
        task.id: int(task.source_uid)
        for task in tasks
        if task.source_uid and task.source_uid.isdecimal() and 0 < int(task.source_uid) < 2**31
    }
    kept: dict[int, str] = {}
    for task_id, uid in told.items():
        kept.setdefault(uid, task_id)
    own = {task_id: uid for uid, task_id in kept.items()}
    new = _fresh([task.id for task in tasks if task.id not in own], own.values())
    return {task.id: own.get(task.id) or new[task.id] for task in tasks}


def _fresh(names: Any, taken: Any) -> dict[str, int]:
    """Uids that nobody has yet."""
    used = set(taken)
    first = max(used, default=0) + 1
    return {name: first + k for k, name in enumerate(names)}


def _finish(result: Mapping[str, Any], key: str, percent: str) -> datetime | None:
    """A percentile of the finish of a task, or of a project."""
    if key in result["tasks"]:
        text = result["tasks"][key]["finish"][percent]
    else:
        outcome = result["outcomes"].get(f"finish:{key}")
        text = outcome["quantiles"][percent]["value"] if outcome else None
    return _up(datetime.fromisoformat(text)) if text else None


def _told(values: Mapping[int, Value | None]) -> dict[int, Value]:
    return {uid: value for uid, value in values.items() if value is not None}


def _up(at: datetime) -> datetime:
    """An instant rounded up to the minute, as tools show it."""
    return at if not at.second else at + timedelta(seconds=60 - at.second)
