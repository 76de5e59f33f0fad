"""Whole files out of mpxj as plain records, in the child process only."""

from datetime import date, datetime
from typing import Any

from simulator.importers.plans.java_values import (
    instant,
    integer,
    name,
    number,
    rate,
    share,
    text,
    uid,
)
from simulator.importers.plans.pull_calendars import YEARS_BEYOND, calendar_of
from simulator.importers.plans.pull_tasks import tasks_of
from simulator.importers.plans.source import (
    Availability,
    SourceFile,
    SourceProject,
    SourceResource,
)

_OPTIONS = {
    "make_open_ended_critical": "MakeOpenEndedActivitiesCritical",
    "start_lag_from_early_start": "ComputeStartToStartLagFromEarlyStart",
    "ignore_links_to_other_projects": "IgnoreRelationshipsToAndFromOtherProjects",
    "critical_slack_limit": "CriticalSlackLimit",
    "total_slack_calculation": "TotalSlackCalculationType",
    "level_all_resources": "LevelAllResources",
    "split_in_progress_tasks": "SplitInProgressTasks",
    "move_completed_ends_back": "MoveCompletedEndsBack",
    "move_completed_ends_forward": "MoveCompletedEndsForward",
    "move_remaining_starts_back": "MoveRemainingStartsBack",
    "move_remaining_starts_forward": "MoveRemainingStartsForward",
    "new_tasks_are_manual": "NewTasksAreManual",
    "spread_actual_cost": "SpreadActualCost",
    "default_start_time": "DefaultStartTime",
    "default_end_time": "DefaultEndTime",
    "planned_start": "PlannedStart",
    "scheduled_finish": "ScheduledFinish",
    "last_saved": "LastSaved",
    "project_id": "ProjectID",
    "version": "ApplicationVersion",
}
"""Other properties of a project that are handed over as texts, and what mpxj calls them."""


class UnreadableFileError(Exception):
    """mpxj knows no reader for the file, or its reader found nothing in it."""


def read(path: str) -> SourceFile:
    """Read a file of whatever kind mpxj recognises by its content.

    Raises
    ------
    UnreadableFileError
        No reader knows the file.
    """
    from java.io import File  # noqa: PLC0415
    from org.mpxj.reader import (  # noqa: PLC0415
        UniversalProjectReader,
    )

    proxy = UniversalProjectReader().getProjectReaderProxy(File(path))
    if proxy is None:
        raise UnreadableFileError("this is no schedule of a kind that can be read")
    try:
        driving = _prepared(proxy.getProjectReader())
        projects = [each for each in proxy.readAll() or () if each is not None]
    finally:
        proxy.close()
    if not projects:
        raise UnreadableFileError("there is no project in it")
    losses: list[str] = []
    uids = _uids(projects)
    names = dict(zip(uids, map(_title, projects), strict=True))
    found = tuple(
        _project(project, own, names, driving, losses)
        for own, project in zip(uids, projects, strict=True)
    )
    return SourceFile(found, tuple(losses))


def _prepared(reader: Any) -> Any:
    """Have a reader of Primavera's files keep what it leaves out by default.

    Returns the field of assignments in which it puts whether they drive the dates of their task.
    """
    kind = str(reader.getClass().getSimpleName())
    if kind in {"PrimaveraXERFileReader", "PrimaveraPMFileReader"}:
        reader.setLinkCrossProjectRelations(True)
    if kind != "PrimaveraXERFileReader":
        return None
    from org.mpxj import AssignmentField  # noqa: PLC0415

    reader.getAssignmentFieldMap().put(AssignmentField.FLAG1, "rollup_dates_flag")
    return AssignmentField.FLAG1


def _uids(projects: list[Any]) -> list[int]:
    """A number for each project: its own, if every one has its own."""
    own = [uid(each.getProjectProperties()) for each in projects]
    told = [each for each in own if each is not None]
    if len(set(told)) == len(projects):
        return told
    return list(range(1, len(projects) + 1))


def _title(project: Any) -> str:
    properties = project.getProjectProperties()
    return text(properties.getProjectTitle() or properties.getName() or properties.getProjectID())


def _project(
    project: Any, own: int, names: dict[int, str], driving: Any, losses: list[str]
) -> SourceProject:
    properties = project.getProjectProperties()
    start, finish = instant(properties.getStartDate()), instant(properties.getFinishDate())
    kind = text(properties.getFileType())
    primavera = text(properties.getFileApplication()) == "Primavera"
    span = _span(start, finish)
    losses.extend(
        f"{names[own]}: {str(error.getMessage()).splitlines()[0]}"
        for error in project.getIgnoredErrors()
        if error.getMessage()
    )
    options = {
        ours: text(getattr(properties, f"get{theirs}")()) for ours, theirs in _OPTIONS.items()
    }
    return SourceProject(
        uid=own,
        name=names[own],
        file_type=kind,
        application=text(properties.getFileApplication()),
        exported=bool(properties.getExportFlag()) or not primavera,
        start=start,
        finish=finish,
        must_finish_by=instant(properties.getMustFinishBy()),
        status_date=instant(properties.getStatusDate()),
        from_finish=name(properties.getScheduleFrom()) == "FINISH",
        calendar=uid(project.getDefaultCalendar()),
        minutes_per_day=integer(properties.getMinutesPerDay()) or 480,
        minutes_per_week=integer(properties.getMinutesPerWeek()) or 2400,
        days_per_month=float(integer(properties.getDaysPerMonth()) or 20),
        currency=_currency(project),
        logic=name(properties.getSchedulingProgressedActivities()) if primavera else "",
        lag_calendar=name(properties.getRelationshipLagCalendar()) if primavera else "",
        honour_constraints=None if primavera else bool(properties.getHonorConstraints()),
        use_expected_finish=primavera and bool(properties.getUseExpectedFinishDates()),
        options={key: value for key, value in options.items() if value},
        calendars=tuple(calendar_of(each, span, losses) for each in project.getCalendars()),
        resources=tuple(_resource(each, start, losses) for each in project.getResources()),
        tasks=tasks_of(project, primavera, names, driving),
    )


def _currency(project: Any) -> str:
    """The code of a project's currency, its symbol where the file gives no code."""
    properties = project.getProjectProperties()
    symbol = text(properties.getCurrencySymbol())
    code = properties.getCurrencyCode() or next(
        (each.getCurrencyID() for each in project.getCurrencies() if each.getSymbol() == symbol),
        symbol,
    )
    return text(code)


def _span(start: datetime | None, finish: datetime | None) -> tuple[date, date]:
    """The days for which recurring exceptions are told."""
    first, last = start or finish, finish or start
    if first is None or last is None:
        return date.min, date.max
    begin = max(min(first, last).year - YEARS_BEYOND, 1)
    end = min(max(first, last).year + YEARS_BEYOND, 9999)
    return date(begin, 1, 1), date(end, 12, 31)


def _resource(resource: Any, start: datetime | None, losses: list[str]) -> SourceResource:
    entries = [each for each in resource.getCostRateTable(0) or () if each is not None]
    entry = next((each for each in entries if _holds(each, start)), entries[0] if entries else None)
    if len({str(each.getStandardRate()) for each in entries}) > 1:
        losses.append(
            f"resource {text(resource.getName())!r}: {len(entries)} rates one after the other;"
            " only the one at the project's start"
        )
    spells = tuple(
        Availability(
            instant(each.getRange().getStart()),
            instant(each.getRange().getEnd()),
            share(each.getUnits()) or 0.0,
        )
        for each in resource.getAvailability() or ()
        if each.getRange() is not None
    )
    return SourceResource(
        uid=integer(resource.getUniqueID()) or 0,
        name=text(resource.getName()),
        kind=name(resource.getType()) or "WORK",
        max_units=share(resource.getMaxUnits()),
        calendar=uid(resource.getCalendar()),
        rate=None if entry is None else rate(entry.getStandardRate()),
        cost_per_use=None if entry is None else number(entry.getCostPerUse()),
        active=bool(resource.getActive()),
        availability=spells if len({each.units for each in spells}) > 1 else (),
    )


def _holds(entry: Any, when: datetime | None) -> bool:
    """Whether the rates of an entry are those at an instant."""
    first, last = instant(entry.getStartDate()), instant(entry.getEndDate())
    return when is not None and (first or when) <= when <= (last or when)
