"""Where a program and its projects begin, and what lies before a project's own start."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from simulator.errors import Fault, ImportFileError
from simulator.importers.plans.outline import Outline
from simulator.importers.plans.progress import has_begun, task_dates
from simulator.importers.plans.source import SourceTask

_HOLDING = frozenset(
    {"START_NO_EARLIER_THAN", "START_ON", "MUST_START_ON", "START_NO_LATER_THAN"}
    | {"FINISH_NO_EARLIER_THAN", "FINISH_ON", "MUST_FINISH_ON", "FINISH_NO_LATER_THAN"}
)


@dataclass(frozen=True, slots=True)
class Start:
    """The instant from which the unstarted tasks of a project may take place."""

    at: datetime
    has_earlier: bool
    """Whether dates of the file put some tasks before it."""
    first: datetime
    """The earliest date that the project holds."""


def start_of(outline: Outline, file: str) -> Start:
    """Where one project of a file begins.

    Primavera schedules from its data date on; where something has begun, the status says so.

    Raises
    ------
    ImportFileError
        Neither the project nor any of its tasks has a date.
    """
    project = outline.project
    at = project.start or min(_all_dates(outline), default=None)
    if at is None:
        fault = Fault(
            f"the project {project.name or project.uid} has no start, nor has any of its tasks",
            "at least one date",
            file=file,
        )
        raise ImportFileError(fault)
    begun = any(has_begun(task) for task in outline.leaves.values())
    if outline.primavera and not begun and project.status_date is not None:
        at = max(at, project.status_date)
    before = [each for each in _own_dates(outline) if each < at]
    facts = [task_dates(task) for task in outline.leaves.values() if has_begun(task)]
    begins = [each for dates in facts for each in dates if each is not None]
    return Start(at, bool(before), min([at, *before, *begins]))


def first_of(starts: Sequence[Start]) -> datetime:
    """Where the program begins."""
    return min(start.first for start in starts)


def holds_itself(task: SourceTask) -> bool:
    """Whether a task without links stands where a date of its own puts it, not at the start."""
    return (
        task.manual
        or task.external
        or has_begun(task)
        or bool({task.constraint, task.second_constraint} & _HOLDING)
    )


def _own_dates(outline: Outline) -> Iterator[datetime]:
    """Where dates of their own put tasks that have not begun."""
    for task in outline.leaves.values():
        if has_begun(task):
            continue
        if (task.manual or task.external) and task.start is not None:
            yield task.start
        elif {task.constraint, task.second_constraint} & _HOLDING:
            at = task.early_start or task.start or task.constraint_date
            if at is not None:
                yield at


def _all_dates(outline: Outline) -> Iterator[datetime]:
    for task in outline.leaves.values():
        for each in (task.early_start, task.start, task.actual_start, task.constraint_date):
            if each is not None:
                yield each
