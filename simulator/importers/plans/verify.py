"""How far the early dates of an imported scenario are those that the file stores."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import numpy as np

from simulator.importers.plans.convert import Imported
from simulator.importers.plans.progress import has_begun
from simulator.importers.plans.source import SourceTask
from simulator.plan.compile import Plan, compile_plan
from simulator.reports.plan_dates import plan_dates
from simulator.reports.tables import Column, Table
from simulator.run.deterministic import deterministic_plan
from simulator.scenario.program import Scenario

_MINUTE = 60.0
Dates = tuple[datetime | None, datetime | None]
"""Start and finish."""
SAME_WORKING_TIME = "the same working time: one is the end of a spell, the other the next begin"
FOLLOWS = "follows `{task}`, which differs"
_CAUSES: tuple[tuple[Callable[[SourceTask], bool], str], ...] = (
    (lambda task: task.manual, "scheduled by hand"),
    (has_begun, "in progress or finished: the file's rule for what is done"),
    (lambda task: len(task.splits) > 1, "split in the file"),
    (lambda task: bool(task.leveling_delay and task.leveling_delay.value), "a leveling delay"),
    (lambda task: any(link.external for link in task.links), "waits for a task of another file"),
    (lambda task: task.external, "a task of another file"),
    (lambda task: task.constraint not in ("", "AS_SOON_AS_POSSIBLE"), "a constraint"),
    (lambda task: any(each.delay and each.delay.value for each in task.assignments),
     "an assignment that begins later"),
    (lambda task: any(link.kind in ("FF", "SF") for link in task.links), "a link to its finish"),
    (lambda task: len(task.assignments) > 1, "several assignments"),
)  # fmt: skip
"""What may part a task's dates from those of the file, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A task whose early start or finish is not that of the file."""

    task: str
    source_uid: str
    start: datetime | None
    finish: datetime | None
    stored_start: datetime
    stored_finish: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a comparison found."""

    compared: int
    same: int
    early: bool
    """Whether the file stores early dates; otherwise its planned dates are compared."""
    without: int
    """Tasks whose dates the file does not store."""
    differences: tuple[Difference, ...]
    by_day: bool = False
    """Whether the file stores days without a time, so that days are compared."""


def verify(imported: Imported) -> Verified:
    """Compare early dates with those of the file, to the minute; a day alone with the day.

    Raises
    ------
    ScenarioError
        The scenario does not compile.
    """
    plan = compile_plan(_without_limits(imported.scenario))
    dates = plan_dates(plan, deterministic_plan(plan))["tasks"]
    early = any(task.early_start for task in imported.tasks.values())
    stored = {name: _stored(task, early=early) for name, task in imported.tasks.items()}
    known = {name: each for name, each in stored.items() if each is not None}
    ours = {name: _ours(dates[name]) for name in known}
    by_day = all(start.time() == time() for start, _ in known.values())
    wrong = [name for name, each in known.items() if not _agree(ours[name], each, by_day=by_day)]
    differences = tuple(
        Difference(
            name, dates[name]["source_uid"], *ours[name], *known[name],
            SAME_WORKING_TIME
            if _same_working_time(plan, name, ours[name], known[name])
            else _cause(imported, name, set(wrong)),
        )
        for name in wrong
    )  # fmt: skip
    same = len(known) - len(wrong)
    return Verified(len(known), same, early, len(imported.tasks) - len(known), differences, by_day)


def _without_limits(scenario: Scenario) -> Scenario:
    """The scenario without limits of pools: early dates are of logic and calendars alone."""
    pools = {
        name: pool.model_copy(update={"units": "unlimited"})
        for name, pool in scenario.pools.items()
    }
    return scenario.model_copy(update={"pools": pools})


def difference_table(verified: Verified, most: int) -> Table:
    """The tasks that differ, as a table of at most so many rows."""
    rows = tuple(
        (
            each.task, _minute(each.stored_start), _minute(each.start),
            _minute(each.stored_finish), _minute(each.finish), each.cause,
        )
        for each in verified.differences[:most]
    )  # fmt: skip
    columns = (
        Column("", figures=False), Column("start in file"), Column("here"),
        Column("finish in file"), Column("here"), Column("probable cause", figures=False),
    )  # fmt: skip
    more = len(verified.differences) - len(rows)
    note = f"{more} more; --json lists all." if more else ""
    return Table("Tasks that differ", columns, rows, note)


def _minute(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M}"


def _stored(task: SourceTask, *, early: bool) -> tuple[datetime, datetime] | None:
    start, finish = (task.early_start, task.early_finish) if early else (task.start, task.finish)
    return None if start is None or finish is None else (start, finish)


def _ours(dates: dict[str, Any]) -> Dates:
    start, finish = dates["early_start"], dates["early_finish"]
    return (
        None if start is None else datetime.fromisoformat(start),
        None if finish is None else datetime.fromisoformat(finish),
    )


def _agree(ours: Dates, stored: tuple[datetime, datetime], *, by_day: bool) -> bool:
    return all(
        mine is not None
        and (
            mine.date() == theirs.date()
            if by_day and theirs.time() == time()
            else abs((mine - theirs).total_seconds()) < _MINUTE
        )
        for mine, theirs in zip(ours, stored, strict=True)
    )


def _cause(imported: Imported, name: str, differing: set[str]) -> str:
    """The probable cause of a difference."""
    project = name.partition(".")[0]
    for link in imported.scenario.tasks[name].after:
        pred = link.task if "." in link.task else f"{project}.{link.task}"
        if pred in differing:
            return FOLLOWS.format(task=pred)
    task = imported.tasks[name]
    found = [cause for holds, cause in _CAUSES if holds(task)]
    return found[0] if found else "not known"


def _same_working_time(
    plan: Plan, name: str, ours: Dates, stored: tuple[datetime, datetime]
) -> bool:
    """Whether both dates are as far into the working time of the task's calendar."""
    row = next(task.base for task in plan.network.tasks if task.id == name)
    calendar = plan.network.calendar(plan.network.rows.unit_calendar[row])
    pairs = list(zip(ours, stored, strict=True))
    if any(mine is None for mine, _ in pairs):
        return False
    clocks = np.array([[plan.clock.ms(each) for each in pair if each] for pair in pairs])
    work = calendar.work_at(clocks.ravel()).reshape(clocks.shape)
    return bool(np.all(np.abs(work[:, 0] - work[:, 1]) < _MINUTE * 1000))
