"""The calendar that each task of a file is worked in.

MS Project: a task with a duration of its own (FIXED_DURATION), or without people, is worked in its
calendar, else in the project's. Others are worked in their people's calendars, and where the task
has one too, in what both have in common. Primavera: an activity is worked in its own calendar; one
that depends on resources in its driving resource's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce

from simulator.importers.plans.calendars import CalendarBook
from simulator.importers.plans.durations import hours_of, is_elapsed
from simulator.importers.plans.losses import Losses
from simulator.importers.plans.outline import Outline
from simulator.importers.plans.resources import ResourceBook, Staff
from simulator.importers.plans.source import SourceAssignment, SourceResource, SourceTask
from simulator.importers.plans.working_time import WEEKDAYS, WorkingTime, common, resolve

SEVERAL = "people of different calendars work on it: the calendar of who ends last is kept"
ANYONE = "people of different calendars work on it: open whenever one works, as long as in the file"
NO_WORK = "a calendar without any working time, in whose place its project's is taken"


@dataclass(frozen=True, slots=True)
class TaskCalendar:
    """What a task is worked in."""

    id: str
    ignore_pools: bool = False
    """Whether the calendars of the pools that it needs do not count."""
    pools: tuple[tuple[int, str], ...] = ()
    """The calendars that pools have, by the uids of the resources."""
    hours: float | None = None
    """Working hours in that calendar, where they are not the duration of the file."""


class TaskCalendars:
    """Finds the calendars of one project's tasks."""

    def __init__(
        self,
        number: int,
        outline: Outline,
        book: CalendarBook,
        resources: ResourceBook,
        losses: Losses,
    ) -> None:
        self._number = number
        self.outline = outline
        self._book = book
        self._resources = resources
        self._losses = losses
        project = outline.project
        self._sources = {each.uid: each for each in project.calendars}
        self._open = resolve(project.calendars)
        self._default = self._usable(project.calendar) or WEEKDAYS
        self.default_id = self._id(project.calendar, self._default)

    def _usable(self, uid: int | None) -> WorkingTime | None:
        """A calendar that has working time."""
        found = self._open.get(uid) if uid is not None else None
        return found if found is not None and not found.is_empty else None

    def _id(self, uid: int | None, calendar: WorkingTime) -> str:
        source = self._sources.get(uid) if uid is not None else None
        parent = self._open.get(source.parent) if source and source.parent is not None else None
        name = (source.name if source else "") or "calendar"
        return self._book.id_of(calendar, name, self._hours_per_day(uid), parent)

    def _hours_per_day(self, uid: int | None) -> float:
        project = self.outline.project
        source = self._sources.get(uid) if uid is not None else None
        own = source.minutes_per_day if source and self.outline.primavera else None
        return (own or project.minutes_per_day or 480) / 60

    def own_id(self, task: SourceTask) -> str:
        """The calendar that a task names, else its project's: the one for lags."""
        own = self._usable(task.calendar)
        return self.default_id if own is None else self._id(task.calendar, own)

    def worked_between(self, task: SourceTask, start: datetime, finish: datetime) -> bool:
        """Whether there is working time of a task between two instants."""
        own = self._usable(task.calendar) or self._default
        return own.minutes_between(start, finish) > 0

    def of(self, task: SourceTask, name: str) -> TaskCalendar:
        """What a task is worked in."""
        if task.calendar in self._open and self._usable(task.calendar) is None:
            self._losses.add(NO_WORK, name)
        people = self._resources.working(self._number, task)
        if task.manual and task.start is not None and task.finish is not None:
            return self._typed(task, task.start, task.finish)
        if self.outline.primavera:
            return self._primavera(task, people)
        return self._microsoft(task, people, name)

    def _primavera(self, task: SourceTask, people: Staff) -> TaskCalendar:
        if task.kind == "RESOURCE_DEPENDENT" and people:
            ahead = [one for each, one in people if each.driving] or [people[0][1]]
            theirs = self._usable(ahead[0].calendar)
            if theirs is not None:
                return TaskCalendar(self._id(ahead[0].calendar, theirs))
        return TaskCalendar(self.own_id(task))

    def _typed(self, task: SourceTask, start: datetime, finish: datetime) -> TaskCalendar:
        """What a task that is scheduled by hand is worked in: its typed dates stand.

        Where its calendar is closed at one of them, it runs on the clock.
        """
        own = self._usable(task.calendar) or self._default
        minutes = own.minutes_between(start, finish)
        if own.opens(start) == start and own.finish(start, minutes) == finish:
            return TaskCalendar(self.own_id(task), ignore_pools=True, hours=minutes / 60)
        return TaskCalendar("24x7", True, hours=max((finish - start) / timedelta(hours=1), 0.0))

    def _microsoft(self, task: SourceTask, people: Staff, name: str) -> TaskCalendar:
        named = self._usable(task.calendar)
        base = named or self._default
        theirs = {one.uid: self._usable(one.calendar) for _, one in people}
        pools = {
            uid: self._id(self._calendar_of(people, uid), each)
            for uid, each in theirs.items()
            if each is not None and not each.same_as(self._default)
        }
        told = tuple(pools.items())
        in_pools = common([each for uid, each in theirs.items() if each and uid in pools])
        if task.duration is not None and is_elapsed(task.duration):
            return TaskCalendar(self.own_id(task), bool(pools), told)
        worked = [each for each in theirs.values() if each is not None]
        own = task.fixed == "FIXED_DURATION" or task.ignore_resource_calendar
        if own or all(each.same_as(base) for each in worked):
            closed = not base.both(in_pools).same_as(base)
            return TaskCalendar(self.own_id(task), closed, told)
        wanted, hours, uid = self._worked(task, people, named, name)
        if wanted.same_as(base.both(in_pools)):
            return TaskCalendar(self.own_id(task), pools=told, hours=hours)
        if uid is None or named is not None:
            title = f"{name.partition('.')[2]} calendar"
            given = self._book.id_of(wanted, title, self._hours_per_day(None))
        else:
            given = self._id(self._calendar_of(people, uid), wanted)
        return TaskCalendar(given, not wanted.both(in_pools).same_as(wanted), told, hours)

    @staticmethod
    def _calendar_of(people: Staff, uid: int) -> int | None:
        return next(one.calendar for _, one in people if one.uid == uid)

    def _worked(
        self, task: SourceTask, people: Staff, named: WorkingTime | None, name: str
    ) -> tuple[WorkingTime, float | None, int | None]:
        """The calendar that a task is worked in, for how many hours, and whose it is.

        People of several calendars each work in their own, from the first that is open to the last
        that ends: the calendar of whoever ends last, where it is open when the task begins; else
        whenever one of them works, for as long as the dates of the file say.
        """
        options: dict[int, WorkingTime] = {}
        for _, one in people:
            theirs = self._usable(one.calendar) or self._default
            both = theirs if named is None else theirs.both(named)
            options[one.uid] = theirs if both.is_empty else both
        start = task.early_start or task.start or self.outline.project.start
        finish = task.early_finish or task.finish

        def end(pair: tuple[SourceAssignment, SourceResource]) -> datetime:
            hours = self._worked_hours(task, pair[0])
            if start is None or hours is None:
                return datetime(1, 1, 1)
            return options[pair[1].uid].finish(start, hours * 60) or datetime(9999, 1, 1)

        assignment, last = max(people, key=end)
        wanted, hours = options[last.uid], self._worked_hours(task, assignment)
        if all(wanted.same_as(each) for each in options.values()):
            return wanted, hours, last.uid
        if start is None or finish is None or wanted.opens(start) == start:
            self._losses.add(SEVERAL, name)
            return wanted, hours, last.uid
        self._losses.add(ANYONE, name)
        anyone = reduce(WorkingTime.either, options.values())
        return anyone, anyone.minutes_between(start, finish) / 60, None

    def _worked_hours(self, task: SourceTask, assignment: SourceAssignment) -> float | None:
        """How long an assignment lasts: its work by its units, else the task's duration."""
        project = self.outline.project
        if assignment.work is not None and assignment.units and assignment.work.value:
            return hours_of(assignment.work, project) / assignment.units
        return None if task.duration is None else hours_of(task.duration, project)
