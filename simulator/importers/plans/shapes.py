"""What each task of a file is: work of so many hours in a calendar, or an instant."""

from dataclasses import dataclass

from simulator.importers.plans.durations import hours_of, is_elapsed
from simulator.importers.plans.links import NewLink
from simulator.importers.plans.outline import Outline
from simulator.importers.plans.source import Amount, SourceTask
from simulator.importers.plans.task_calendars import TaskCalendar

MILESTONES = {"START_MILESTONE": "start", "FINISH_MILESTONE": "finish"}


@dataclass(frozen=True, slots=True)
class Shape:
    """One task as the scenario has it."""

    calendar: TaskCalendar
    milestone: str | None
    """The kind of milestone, `start` or `finish`; None: it is work."""
    amount: Amount | None
    """What the file calls its duration."""
    hours: float
    """What it works, in its calendar or on the clock."""

    @property
    def elapsed(self) -> bool:
        """Whether it runs on the clock."""
        return self.amount is not None and is_elapsed(self.amount)

    @property
    def in_calendar(self) -> bool:
        """Whether its calendar counts; an instant stays where it is, unless it begins something."""
        return self.milestone == "start" or (self.milestone is None and not self.elapsed)


def shape_of(
    outline: Outline, task: SourceTask, links: list[NewLink], calendar: TaskCalendar
) -> Shape:
    """What a task is.

    A milestone of MS Project stays where work ends, and moves to the next working time only after
    a lag on the clock. Primavera's stay where they say; its tasks without duration move.
    """
    amount = task.duration if task.duration is not None else task.remaining
    hours = calendar.hours
    if hours is None:
        hours = hours_of(amount, outline.project) if amount is not None else 0.0
    if task.kind not in MILESTONES and hours > 0:
        return Shape(calendar, None, amount, hours)
    if outline.primavera:
        return Shape(calendar, MILESTONES.get(task.kind, "start"), amount, 0.0)
    elapsed = any(link.lag is not None and is_elapsed(link.lag) for link in links)
    return Shape(calendar, "start" if elapsed else "finish", amount, 0.0)
