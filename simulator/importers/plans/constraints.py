"""Dates that hold tasks: constraints of all kinds, typed dates, deadlines."""

from datetime import datetime
from typing import Any

from simulator.importers.plans.losses import Losses
from simulator.importers.plans.outline import Outline
from simulator.importers.plans.source import SourceProject, SourceTask

NO_EARLIER = {"START": "start_no_earlier_than", "FINISH": "finish_no_earlier_than"}
NO_LATER = {"START": "start_no_later_than", "FINISH": "finish_no_later_than"}
MUST = {"START": "must_start", "FINISH": "must_finish"}
MANUAL = "scheduled by hand: its typed start is kept as a date that wins over its links"
NO_DATE = "a constraint without a date"
LATE_IS_DEADLINE = "finish no later than: kept as a deadline, since other dates of the file win"
LATE_IS_LOST = "start no later than, since other dates of the file win over logic"


def instant(at: datetime) -> str:
    """A date and time as a scenario writes it."""
    return at.strftime("%Y-%m-%d %H:%M:%S" if at.second else "%Y-%m-%d %H:%M")


def honours(outline: Outline) -> bool:
    """Whether dates win over logic somewhere in a project, by the rules of its tool.

    MS Project's constraints do, unless the option is off, and typed dates of tasks scheduled by
    hand always; of Primavera's the mandatory ones alone.
    """
    tasks = outline.leaves.values()
    if outline.primavera:
        return any(_kinds(task) & {"MUST_START_ON", "MUST_FINISH_ON"} for task in tasks)
    if any(_is_manual(task) for task in tasks):
        return True
    return _keeps_dates(outline.project) and any(_wins(task) for task in tasks)


class ConstraintWriter:
    """Writes the dates that hold tasks of one project.

    `honoured` says whether the whole program lets dates win over logic: those of this project
    that must not are then written as what does not.
    """

    def __init__(self, outline: Outline, losses: Losses, *, honoured: bool) -> None:
        self._outline = outline
        self._losses = losses
        self._honoured = honoured
        self._keeps = _keeps_dates(outline.project)

    def of(self, task: SourceTask, name: str) -> dict[str, Any]:
        """The keys of one task that say when it may, must or should take place."""
        keys: dict[str, Any] = {}
        if _is_manual(task) and task.start is not None and task.actual_start is None:
            self._losses.add(MANUAL, name)
            keys["must_start" if task.links else NO_EARLIER["START"]] = instant(task.start)
        elif task.external and task.start is not None:
            keys[NO_EARLIER["START"]] = instant(task.start)
        else:
            for kind, at in (
                (task.constraint, task.constraint_date),
                (task.second_constraint, task.second_constraint_date),
            ):
                self._constrain(keys, kind, at, name)
        if task.deadline is not None:
            keys["deadline"] = instant(task.deadline)
        return keys

    def _constrain(self, keys: dict[str, Any], kind: str, at: datetime | None, name: str) -> None:
        if kind in ("", "AS_SOON_AS_POSSIBLE"):
            return
        if kind == "AS_LATE_AS_POSSIBLE":
            keys["as_late_as_possible"] = "free" if self._outline.primavera else "total"
            return
        if at is None:
            self._losses.add(NO_DATE, name)
            return
        end = "START" if "START" in kind else "FINISH"
        if kind.endswith("NO_EARLIER_THAN"):
            _latest(keys, NO_EARLIER[end], at)
        elif kind.endswith("NO_LATER_THAN"):
            self._no_later(keys, end, at, name)
        elif kind.startswith("MUST") and (self._outline.primavera or self._keeps):
            keys[MUST[end]] = instant(at)
        else:
            _latest(keys, NO_EARLIER[end], at)
            self._no_later(keys, end, at, name)

    def _no_later(self, keys: dict[str, Any], end: str, at: datetime, name: str) -> None:
        """A target, which with `constraints: honour` would win over logic."""
        if not self._honoured or (self._keeps and not self._outline.primavera):
            keys[NO_LATER[end]] = instant(at)
        elif end == "FINISH":
            keys["deadline"] = instant(at)
            self._losses.add(LATE_IS_DEADLINE, name)
        else:
            self._losses.add(LATE_IS_LOST, name)


def _latest(keys: dict[str, Any], key: str, at: datetime) -> None:
    keys[key] = max(keys.get(key, ""), instant(at))


def _kinds(task: SourceTask) -> set[str]:
    return {task.constraint, task.second_constraint}


def _wins(task: SourceTask) -> bool:
    """Whether a date of an automatically scheduled task would win over its links."""
    kinds = (kind for kind in _kinds(task) if kind)
    return any(kind.startswith("MUST") or "LATER" in kind or kind.endswith("_ON") for kind in kinds)


def _is_manual(task: SourceTask) -> bool:
    return task.manual and task.start is not None


def _keeps_dates(project: SourceProject) -> bool:
    """MS Project's option that tasks always honour their constraint dates; on if not told."""
    return project.honour_constraints is not False
