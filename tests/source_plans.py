"""Stored schedules of other tools, and what mpxj read of them when they were stored."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from simulator.importers.plans.source import Amount, SourceProject, SourceTask

_ROOT = Path(__file__).parents[1]
OWN = Path(__file__).parent / "data" / "plans"
FOLDERS = (
    _ROOT / "shared" / "data" / "schedules",
    _ROOT.parent / "shared" / "data" / "schedules",
)
FOLDER = next((folder for folder in FOLDERS if folder.is_dir()), None)
needs_schedules = pytest.mark.skipif(
    FOLDER is None, reason=f"the stored schedules are not at {FOLDERS[0]} or {FOLDERS[1]}"
)
_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def names() -> list[str]:
    """The names of the stored schedules."""
    files = FOLDER.glob("*.truth.json*") if FOLDER else ()
    return sorted(path.name.partition(".truth")[0] for path in files)


def truth(name: str) -> list[dict[str, Any]]:
    """What is known of the projects of a stored schedule."""
    assert FOLDER is not None
    plain = FOLDER / f"{name}.truth.json"
    packed = plain.with_name(f"{plain.name}.gz")
    text = plain.read_bytes() if plain.is_file() else gzip.decompress(packed.read_bytes())
    projects: list[dict[str, Any]] = json.loads(text)["projects"]
    return projects


def header(project: SourceProject) -> dict[str, Any]:
    """The properties of a project in the words of what is known."""
    calendars = {each.uid: each.name for each in project.calendars}
    return {
        "file_type": project.file_type,
        "application": project.application,
        "title": project.name,
        "start": _instant(project.start),
        "finish": _instant(project.finish),
        "status_date": _instant(project.status_date),
        "schedule_from": str(int(project.from_finish)),
        "default_calendar": calendars.get(project.calendar or 0),
        "minutes_per_day": str(project.minutes_per_day),
        "minutes_per_week": str(project.minutes_per_week),
        "n_tasks": len(project.tasks),
        "n_calendars": len(project.calendars),
        "n_resources": len(project.resources),
    }


def calendars(project: SourceProject) -> list[dict[str, Any]]:
    """The calendars of a project in the words of what is known."""
    known = {each.uid: each.name for each in project.calendars}
    return [
        {
            "uid": each.uid,
            "name": each.name,
            "parent": known.get(each.parent) if each.parent is not None else None,
            "type": each.kind,
            "week": {
                day: {
                    "type": "DEFAULT" if hours is None else "WORKING" if hours else "NON_WORKING",
                    "hours": [_spell(spell) for spell in hours or ()],
                }
                for day, hours in zip(_DAYS, each.week, strict=True)
            },
            "exceptions": [
                [str(e.first), str(e.last), ";".join(map(_spell, e.hours))] for e in each.exceptions
            ],
        }
        for each in project.calendars
    ]


def resources(project: SourceProject) -> list[dict[str, Any]]:
    """The resources of a project in the words of what is known."""
    known = {each.uid: each.name for each in project.calendars}
    return [
        {
            "uid": each.uid,
            "name": each.name or None,
            "type": each.kind,
            "max_units": None if each.max_units is None else each.max_units * 100,
            "calendar": known.get(each.calendar) if each.calendar is not None else None,
            "rate": each.rate and f"{each.rate.value}/{each.rate.unit}",
        }
        for each in project.resources
    ]


def task(task: SourceTask, project: SourceProject) -> dict[str, Any]:
    """A task in the words of what is known; what is null or false there is left out."""
    known = {each.uid: each.name for each in project.calendars}
    people = {each.uid: each.name or None for each in project.resources}
    told = {
        "uid": task.uid,
        "id": str(task.id),
        "wbs": task.wbs,
        "name": task.name or None,
        "summary": task.summary,
        "milestone": task.milestone,
        "active": task.active,
        "mode": "MANUALLY_SCHEDULED" if task.manual else "AUTO_SCHEDULED",
        "type": task.fixed,
        "duration": _amount(task.duration),
        "remaining_duration": _amount(task.remaining),
        "percent_complete": task.percent,
        "constraint": task.constraint or None,
        "constraint_date": _instant(task.constraint_date),
        "deadline": _instant(task.deadline),
        "start": _instant(task.start),
        "finish": _instant(task.finish),
        "early_start": _instant(task.early_start),
        "early_finish": _instant(task.early_finish),
        "late_start": _instant(task.late_start),
        "late_finish": _instant(task.late_finish),
        "actual_start": _instant(task.actual_start),
        "actual_finish": _instant(task.actual_finish),
        "baseline_start": _instant(task.baseline_start),
        "baseline_finish": _instant(task.baseline_finish),
        "total_slack": _amount(task.total_slack),
        "critical": task.critical or None,
        "splits": len(task.splits),
        "cost": task.cost,
        "fixed_cost": task.fixed_cost,
        "work": _amount(task.work),
        "parent": task.parent,
        "activity_id": task.activity_id or None,
        "activity_type": task.kind or None,
        "calendar": known.get(task.calendar) if task.calendar is not None else None,
        "predecessors": [
            [link.pred, link.kind, *(_amount(link.lag) or [None, None])]
            for link in task.links
            if link.project is None
        ]
        or None,
        "assignments": [
            [people.get(a.resource or 0), a.units and a.units * 100, _amount(a.work)]
            for a in task.assignments
        ]
        or None,
    }
    return {key: value for key, value in told.items() if value is not None}


def _instant(value: Any) -> str | None:
    """An instant to the minute, to the second where it has seconds."""
    if value is None:
        return None
    text: str = value.isoformat(timespec="seconds" if value.second else "minutes")
    return text


def _spell(hours: Any) -> str:
    return f"{hours.start:%H:%M}-{hours.end:%H:%M}"


def _amount(value: Amount | None) -> list[Any] | None:
    """An amount as it was stored."""
    if value is None:
        return None
    unit = {"min": "m", "emin": "em"}.get(value.unit, value.unit)
    return [value.value, unit]
