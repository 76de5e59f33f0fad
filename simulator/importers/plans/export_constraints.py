"""Dates that bind a task, as the constraints that other tools have room for."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from simulator.importers.plans.export_values import begin_ms, central
from simulator.importers.plans.source import SourceTask
from simulator.importers.plans.target import Target
from simulator.plan.plan import Clock
from simulator.scenario.tasks import Task
from simulator.scenario.units import Moment

_LAST_MINUTE = time(23, 59)
Bound = tuple[str, datetime | None]


def with_constraints(
    record: SourceTask, task: Task, clock: Clock, target: Target, *, honour: bool, losses: list[str]
) -> SourceTask:
    """A task with its deadline and as many of its constraints as there is room for.

    MS Project has room for one, and a deadline; Primavera for two, of which a deadline takes one.
    `honour` says that dates win over logic.
    """
    bounds = _bounds(task, clock, honour)
    deadline = due(task.deadline) if task.deadline else None
    if target.primavera and deadline:
        bounds.append(("FINISH_NO_LATER_THAN", deadline))
        deadline = None
    elif deadline is None and len(bounds) > 1:
        late = next((each for each in bounds if each[0] == "FINISH_NO_LATER_THAN"), None)
        if late:
            bounds.remove(late)
            deadline = late[1]
    room = 2 if target.primavera else 1
    losses.extend(f"{record.name}: {_words(each)}" for each in bounds[room:])
    first, second = ([*bounds[:room], ("", None), ("", None)])[:2]
    return replace(
        record,
        constraint=first[0] or "AS_SOON_AS_POSSIBLE",
        constraint_date=first[1],
        second_constraint=second[0],
        second_constraint_date=second[1],
        deadline=deadline,
    )


def due(moment: Moment) -> datetime:
    """The instant by which something is due; the last minute of a day without a time."""
    return moment.at if moment.has_time else datetime.combine(moment.at.date(), _LAST_MINUTE)


def _bounds(task: Task, clock: Clock, honour: bool) -> list[Bound]:
    """The constraints of a task, those that matter most first."""
    found: list[Bound] = []
    if task.must_start:
        found.append(("MUST_START_ON" if honour else "START_NO_EARLIER_THAN", task.must_start.at))
    if task.must_finish:
        kind = "MUST_FINISH_ON" if honour else "FINISH_NO_EARLIER_THAN"
        found.append((kind, due(task.must_finish)))
    for key, kind in (
        ("start_no_earlier_than", "START_NO_EARLIER_THAN"),
        ("finish_no_earlier_than", "FINISH_NO_EARLIER_THAN"),
    ):
        value = getattr(task, key)
        if value is not None:
            found.append((kind, _minute(clock.date(central(value, begin_ms(clock))))))
    if task.finish_no_later_than:
        found.append(("FINISH_NO_LATER_THAN", due(task.finish_no_later_than)))
    if task.start_no_later_than:
        found.append(("START_NO_LATER_THAN", due(task.start_no_later_than)))
    if task.as_late_as_possible:
        found.append(("AS_LATE_AS_POSSIBLE", None))
    return found


def _minute(at: datetime) -> datetime:
    """An instant rounded up to the minute."""
    return at if not at.second else at + timedelta(seconds=60 - at.second)


def _words(bound: Bound) -> str:
    kind, at = bound
    said = kind.lower().replace("_", " ")
    return f"{said} {at:%Y-%m-%d %H:%M}" if at else said
