"""Tasks, links and assignments out of mpxj, in the child process only."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from simulator.importers.plans.java_values import (
    amount,
    flag,
    instant,
    integer,
    name,
    number,
    share,
    text,
    uid,
)
from simulator.importers.plans.source import SourceAssignment, SourceLink, SourceTask

KINDS = {"FINISH_START": "FS", "START_START": "SS", "FINISH_FINISH": "FF", "START_FINISH": "SF"}
"""mpxj's names of the types of links, and ours."""
_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "name": ("Name", text),
    "id": ("ID", integer),
    "activity_id": ("ActivityID", text),
    "wbs": ("WBS", text),
    "parent": ("ParentTask", uid),
    "summary": ("Summary", flag),
    "milestone": ("Milestone", flag),
    "active": ("Active", flag),
    "external": ("ExternalTask", flag),
    "kind": ("ActivityType", name),
    "fixed": ("Type", name),
    "estimated": ("Estimated", flag),
    "duration": ("Duration", amount),
    "planned": ("PlannedDuration", amount),
    "remaining": ("RemainingDuration", amount),
    "work": ("Work", amount),
    "percent": ("PercentageComplete", number),
    "percent_kind": ("PercentCompleteType", name),
    "physical_percent": ("PhysicalPercentComplete", number),
    "calendar": ("Calendar", uid),
    "ignore_resource_calendar": ("IgnoreResourceCalendar", flag),
    "constraint": ("ConstraintType", name),
    "constraint_date": ("ConstraintDate", instant),
    "second_constraint": ("SecondaryConstraintType", name),
    "second_constraint_date": ("SecondaryConstraintDate", instant),
    "deadline": ("Deadline", instant),
    "expected_finish": ("ExpectedFinish", instant),
    "external_early_start": ("ExternalEarlyStart", instant),
    "external_late_finish": ("ExternalLateFinish", instant),
    "start": ("Start", instant),
    "finish": ("Finish", instant),
    "early_start": ("EarlyStart", instant),
    "early_finish": ("EarlyFinish", instant),
    "late_start": ("LateStart", instant),
    "late_finish": ("LateFinish", instant),
    "actual_start": ("ActualStart", instant),
    "actual_finish": ("ActualFinish", instant),
    "actual_duration": ("ActualDuration", amount),
    "remaining_early_start": ("RemainingEarlyStart", instant),
    "suspended": ("SuspendDate", instant),
    "stop": ("Stop", instant),
    "baseline_start": ("BaselineStart", instant),
    "baseline_finish": ("BaselineFinish", instant),
    "total_slack": ("TotalSlack", amount),
    "critical": ("Critical", flag),
    "leveling_delay": ("LevelingDelay", amount),
    "cost": ("Cost", number),
    "fixed_cost": ("FixedCost", number),
    "fixed_cost_accrual": ("FixedCostAccrual", name),
    "actual_cost": ("ActualCost", number),
    "notes": ("Notes", text),
}
"""A field of `SourceTask`, what mpxj calls it, and what its value becomes."""
_PRIMAVERA_ONLY = {"planned", "percent_kind"}


def tasks_of(
    project: Any, primavera: bool, names: dict[int, str], driving: Any
) -> tuple[SourceTask, ...]:
    """All tasks of a project that are no empty rows, summaries before what they sum up.

    `names` are those of the projects of the file by their uid. `driving` is the field of an
    assignment that says whether its dates drive the task's, None where the file has no such field.
    """
    getters = [
        (field, f"get{getter}", become)
        for field, (getter, become) in _FIELDS.items()
        if primavera or field not in _PRIMAVERA_ONLY
    ]
    found = []
    for task in project.getTasks():
        if not task.getNull():
            values = {field: become(getattr(task, get)()) for field, get, become in getters}
            resumed = instant(task.getResume())
            found.append(
                SourceTask(
                    uid=integer(task.getUniqueID()) or 0,
                    manual=name(task.getTaskMode()) == "MANUALLY_SCHEDULED",
                    priority=_priority(task),
                    resumed=resumed if primavera else None,
                    resume=None if primavera else resumed,
                    splits=_splits(task),
                    links=_links(task, project, names),
                    assignments=tuple(
                        _assignment(each, driving) for each in task.getResourceAssignments()
                    ),
                    **values,
                )
            )
    return _parents_first(found)


def _priority(task: Any) -> int | None:
    priority = task.getPriority()
    return None if priority is None else int(priority.getValue())


def _splits(task: Any) -> tuple[tuple[datetime, datetime], ...]:
    splits = task.getWorkSplits()
    if splits is None or splits.size() < 2:
        return ()
    spells = ((instant(each.getStart()), instant(each.getEnd())) for each in splits)
    return tuple((first, last) for first, last in spells if first and last)


def _links(task: Any, project: Any, names: dict[int, str]) -> tuple[SourceLink, ...]:
    found = []
    for relation in task.getPredecessors():
        before = relation.getPredecessorTask()
        external, other = "", None
        if before.getExternalTask():
            external = text(before.getSubprojectFile()) or text(before.getProject())
        elif not before.getParentFile().equals(project):
            other = uid(before.getParentFile().getProjectProperties())
            external = names.get(other, "") if other is not None else ""
        kind = KINDS[name(relation.getType()) or "FINISH_START"]
        lag = amount(relation.getLag())
        found.append(SourceLink(uid(before) or 0, kind, lag, external, other))
    return tuple(found)


def _assignment(assignment: Any, driving: Any) -> SourceAssignment:
    contour = assignment.getWorkContour()
    return SourceAssignment(
        resource=uid(assignment.getResource()),
        units=share(assignment.getUnits()),
        work=amount(assignment.getWork()),
        remaining_work=amount(assignment.getRemainingWork()),
        cost=number(assignment.getCost()),
        start=instant(assignment.getStart()),
        finish=instant(assignment.getFinish()),
        delay=amount(assignment.getDelay()),
        driving=None if driving is None else flag(assignment.get(driving)),
        contour="" if contour is None or contour.isContourFlat() else text(contour.getName()),
    )


def _parents_first(tasks: list[SourceTask]) -> tuple[SourceTask, ...]:
    """Tasks in their order, each after the summary that it belongs to."""
    known = {task.uid for task in tasks}
    children: dict[int | None, list[SourceTask]] = {}
    for task in tasks:
        above = task.parent if task.parent in known and task.parent != task.uid else None
        children.setdefault(above, []).append(task)
    ordered = []
    stack: list[Iterator[SourceTask]] = [iter(children.pop(None, ()))]
    while stack:
        for task in stack[-1]:
            ordered.append(task)
            stack.append(iter(children.pop(task.uid, ())))
            break
        else:
            stack.pop()
    return tuple(ordered)
