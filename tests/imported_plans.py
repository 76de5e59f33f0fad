"""Small schedules of other tools, made by hand for tests of the import."""

from datetime import datetime, time
from typing import Any

from simulator.importers.plans.convert import Imported, scenario_of
from simulator.importers.plans.source import (
    Amount,
    Hours,
    SourceAssignment,
    SourceCalendar,
    SourceFile,
    SourceLink,
    SourceProject,
    SourceResource,
    SourceTask,
)
from simulator.importers.plans.verify import verify
from simulator.importers.plans.written import scenario_text
from simulator.plan.compile import compile_plan
from simulator.reports.plan_dates import plan_dates
from simulator.run.deterministic import deterministic_plan
from simulator.scenario.loading import loads

OFFICE_DAY = (Hours(time(8), time(12)), Hours(time(13), time(17)))
OFFICE_WEEK = (OFFICE_DAY,) * 5 + ((),) * 2
OFFICE = SourceCalendar(1, "Standard", OFFICE_WEEK)
START = datetime(2027, 1, 4, 8)
"""A Monday."""


def at(day: int, hour: int = 8, minute: int = 0) -> datetime:
    """An instant of January 2027."""
    return datetime(2027, 1, day, hour, minute)


def d(value: float) -> Amount:
    """Days of a file."""
    return Amount(value, "d")


def task(uid: int, days: float = 1.0, *links: Any, **more: Any) -> SourceTask:
    """A task of so many days; links are uids, or (uid, kind, lag)."""
    told = (each if isinstance(each, tuple) else (each, "FS", None) for each in links)
    found = tuple(SourceLink(uid_, kind, lag) for uid_, kind, lag in told)
    return SourceTask(
        **{"uid": uid, "name": f"t{uid}", "duration": d(days), "links": found, **more}
    )


def summary(uid: int, **more: Any) -> SourceTask:
    """A summary."""
    return SourceTask(**{"uid": uid, "name": f"s{uid}", "summary": True, **more})


def project(*tasks: SourceTask, **more: Any) -> SourceProject:
    """A project of MS Project's on an office calendar."""
    base = {
        "uid": 1, "name": "Portal", "file_type": "MPP", "start": START, "calendar": 1,
        "calendars": (OFFICE,), "tasks": tasks,
    }  # fmt: skip
    return SourceProject(**{**base, **more})


def primavera(*tasks: SourceTask, **more: Any) -> SourceProject:
    """The same of Primavera's."""
    return project(*tasks, **{"file_type": "XER", **more})


def resource(uid: int, name: str, **more: Any) -> SourceResource:
    """Somebody."""
    return SourceResource(**{"uid": uid, "name": name, "max_units": 1.0, **more})


def assigned(uid: int, units: float = 1.0, **more: Any) -> SourceAssignment:
    """Somebody on a task."""
    return SourceAssignment(**{"resource": uid, "units": units, **more})


def imported(*projects: SourceProject, **settings: Any) -> Imported:
    """What an import makes of projects."""
    return scenario_of(SourceFile(projects), "portal.mpp", **settings)


def scenario(*tasks: SourceTask, **more: Any) -> Any:
    """The scenario of one project."""
    return imported(project(*tasks, **more)).scenario


def dates(found: Imported) -> dict[str, tuple[str, str]]:
    """Early start and finish of each task by its source uid, as the written file gives them."""
    plan = compile_plan(loads(text(found)))
    tasks = plan_dates(plan, deterministic_plan(plan))["tasks"].values()
    return {
        each["source_uid"]: (each["early_start"], each["early_finish"])
        for each in tasks
        if each["source_uid"]
    }


def text(found: Imported) -> str:
    """The written scenario."""
    return scenario_text(found, SourceFile((project(),)), "portal.mpp")


__all__ = [
    "OFFICE", "OFFICE_WEEK", "START", "assigned", "at", "d", "dates", "imported", "primavera",
    "project", "resource", "scenario", "summary", "task", "text", "verify",
]  # fmt: skip
