"""Records of a file with only what a scenario may hold: printable texts, dates of its years."""

from dataclasses import fields, replace
from datetime import datetime
from typing import Any, TypeVar

from simulator.importers.plans.source import (
    SourceCalendar,
    SourceProject,
    SourceResource,
    SourceTask,
)
from simulator.importers.plans.working_time import FIRST_YEAR, LAST_YEAR

Record = TypeVar("Record", SourceProject, SourceTask, SourceResource, SourceCalendar)


def cleaned(project: SourceProject) -> SourceProject:
    """A project whose records can be written; dates that no scenario knows are not there."""
    clean = _clean(project)
    return replace(
        clean,
        tasks=tuple(_believable(_clean(task)) for task in project.tasks),
        resources=tuple(map(_clean, project.resources)),
        calendars=tuple(map(_clean, project.calendars)),
    )


def contradicts_itself(task: SourceTask) -> bool:
    """Whether a task has an actual finish, and yet nothing of it is done and all remains."""
    remains = task.remaining is not None and task.remaining.value > 0
    return task.actual_finish is not None and task.percent == 0 and remains


def _believable(task: SourceTask) -> SourceTask:
    """A task without actual dates that the rest of it contradicts."""
    if not contradicts_itself(task):
        return task
    return replace(task, actual_start=None, actual_finish=None)


def _clean(record: Record) -> Record:
    """A record with its own texts and dates cleaned."""
    changed: dict[str, Any] = {}
    for each in fields(record):
        value = getattr(record, each.name)
        if isinstance(value, str) and not value.isprintable():
            changed[each.name] = printable(value)
        elif isinstance(value, datetime) and not FIRST_YEAR <= value.year <= LAST_YEAR:
            changed[each.name] = None
    return replace(record, **changed) if changed else record


def printable(text: str) -> str:
    """A text on one line, without control characters."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
