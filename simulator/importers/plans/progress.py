"""How far a plan is: the status section, by the rules of the tool that the file comes from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from simulator.importers.plans.constraints import instant
from simulator.importers.plans.durations import time_text
from simulator.importers.plans.losses import Losses
from simulator.importers.plans.names import Places, Ref
from simulator.importers.plans.outline import Outline
from simulator.importers.plans.source import SourceTask
from simulator.importers.plans.task_calendars import TaskCalendars

_LOGIC = {
    "RETAINED_LOGIC": "retained",
    "PROGRESS_OVERRIDE": "override",
    "ACTUAL_DATES": "actual_dates",
}
OTHER_DATE = "the data date of {name}, {date}: a scenario has one, that of the latest project"
OTHER_LOGIC = "the rule for progress of {name}, since another project of the file has another one"
NO_ACTUAL = "progress without an actual date: the planned one is taken"
DONE = 100.0


def has_begun(task: SourceTask) -> bool:
    """Whether anything of a task is done."""
    return task.actual_start is not None or task.actual_finish is not None or bool(task.percent)


def task_dates(task: SourceTask) -> tuple[datetime | None, datetime | None]:
    """When a task that has begun started, and finished if it has: planned dates for lack of any."""
    done = task.actual_finish is not None or (task.percent or 0) >= DONE
    started = task.actual_start or task.start or task.early_start
    finished = (task.actual_finish or task.finish or task.early_finish) if done else None
    return started or finished, finished


def status_of(
    outlines: Sequence[Outline],
    places: Places,
    days: Mapping[Ref, float],
    choosers: Sequence[TaskCalendars],
    losses: Losses,
) -> dict[str, Any]:
    """The status section; empty where no task has begun.

    `days` are hours of a day in the calendar of each task.
    """
    tasks: dict[str, Any] = {}
    begun: list[Outline] = []
    for number, outline in enumerate(outlines):
        found = {}
        for uid, task in outline.leaves.items():
            if has_begun(task) and not outline.is_span(uid):
                ref = (number, uid)
                found[places.full[ref]] = _task(
                    task, outline, days, ref,
                    places=places, losses=losses, chooser=choosers[number],
                )  # fmt: skip
        if found:
            begun.append(outline)
            tasks |= found
    if not begun:
        return {}
    status = _rules(begun, losses)
    return {**status, "tasks": tasks}


def _rules(begun: Sequence[Outline], losses: Losses) -> dict[str, Any]:
    """The data date, and what a task may do before it."""
    status: dict[str, Any] = {}
    dates = {outline.project.status_date for outline in begun} - {None}
    if dates:
        latest = max(each for each in dates if each is not None)
        status["date"] = instant(latest)
        for outline in begun:
            own = outline.project.status_date
            if own not in (None, latest):
                text = OTHER_DATE.format(name=outline.project.name, date=instant(own or latest))
                losses.add(text)
    logic = [_LOGIC.get(outline.project.logic, "retained") for outline in begun]
    if logic[0] != "retained":
        status["logic"] = logic[0]
    for outline, each in zip(begun, logic, strict=True):
        if each != logic[0]:
            losses.add(OTHER_LOGIC.format(name=outline.project.name))
    if not any(outline.primavera for outline in begun):
        status |= {"unstarted": "as_planned", "started_shows": "actual"}
    return status


def _task(
    task: SourceTask,
    outline: Outline,
    days: Mapping[Ref, float],
    ref: Ref,
    *,
    places: Places,
    losses: Losses,
    chooser: TaskCalendars,
) -> dict[str, Any]:
    """Where one task stands."""
    started, finished = task_dates(task)
    if task.actual_start is None or finished != task.actual_finish:
        losses.add(NO_ACTUAL, places.full[ref])
    found: dict[str, Any] = {}
    if started is not None:
        found["started"] = instant(started)
    if finished is not None:
        found["finished"] = instant(max(finished, started or finished))
    else:
        remaining = task.remaining if task.remaining is not None or task.percent else task.duration
        if remaining is not None:
            found["remaining"] = time_text(remaining, outline.project, days[ref])
    if task.percent and finished is None:
        found["percent"] = min(round(task.percent, 4), DONE)
    if task.physical_percent and finished is None:
        found["physical_percent"] = min(round(task.physical_percent, 4), DONE)
    if task.actual_cost:
        found["cost"] = round(task.actual_cost, 2)
    if finished is None and started is not None:
        found |= _interrupted(task, outline, started, chooser)
    return found


def _interrupted(
    task: SourceTask, outline: Outline, started: datetime, chooser: TaskCalendars
) -> dict[str, str]:
    """When work on a running task stopped, goes on, or is expected to end."""
    found: dict[str, str] = {}
    stopped, goes_on = task.suspended, task.resumed
    if not outline.primavera and stopped is None:
        stopped, goes_on = _gap(task, chooser)
    if stopped is not None and stopped >= started:
        found["suspended"] = instant(stopped)
        if goes_on is not None and goes_on >= stopped:
            found["resumed"] = instant(goes_on)
    if task.expected_finish is not None and outline.project.use_expected_finish:
        found["expected_finish"] = instant(task.expected_finish)
    return found


def _gap(task: SourceTask, chooser: TaskCalendars) -> tuple[datetime | None, datetime | None]:
    """MS Project's gap between the finished part of a task and the rest, if there is one."""
    stop, resume = task.stop, task.resume
    if stop is None or resume is None or not chooser.worked_between(task, stop, resume):
        return None, None
    return stop, resume
