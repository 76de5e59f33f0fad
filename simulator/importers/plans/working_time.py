"""When a calendar of a file is open: a plain week, and the days that depart from it.

Spells are minutes of a day from 00:00; the end of one that passes midnight is above 1,440.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import reduce

from simulator.importers.plans.source import CalendarException, Hours, SourceCalendar

DAY = 24 * 60
Spells = tuple[tuple[int, int], ...]
Weeks = tuple[Spells, ...]
WHOLE_DAY: Spells = ((0, DAY),)
FIRST_YEAR, LAST_YEAR = 1901, 2499
"""The years of dates that a scenario may hold, less one at either end."""
_LONGEST_EXCEPTION = timedelta(days=366 * 50)
_FAR = timedelta(days=366 * 60)


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """A calendar with all that it is based on written out; equal ones are open alike."""

    week: Weeks
    special: Mapping[date, Spells] = field(default_factory=dict)
    """Only days that differ from the plain week."""

    @classmethod
    def of(cls, week: Weeks, special: Mapping[date, Spells]) -> "WorkingTime":
        """A calendar without the special days that are like any other."""
        kept = {day: spells for day, spells in special.items() if spells != week[day.weekday()]}
        return cls(week, dict(sorted(kept.items())))

    @property
    def key(self) -> tuple[Weeks, tuple[tuple[date, Spells], ...]]:
        """All that it is, to look it up by."""
        return self.week, tuple(self.special.items())

    @property
    def is_empty(self) -> bool:
        """Whether no day of the plain week is worked."""
        return not any(self.week)

    def day(self, day: date) -> Spells:
        """The spells that begin on a day."""
        return self.special.get(day, self.week[day.weekday()])

    def both(self, other: "WorkingTime") -> "WorkingTime":
        """What two calendars have in common."""
        week = tuple(_common(a, b) for a, b in zip(self.week, other.week, strict=True))
        days = self.special.keys() | other.special.keys()
        return WorkingTime.of(week, {day: _common(self.day(day), other.day(day)) for day in days})

    def either(self, other: "WorkingTime") -> "WorkingTime":
        """What is open in one calendar or the other."""
        week = tuple(_united(a + b) for a, b in zip(self.week, other.week, strict=True))
        days = self.special.keys() | other.special.keys()
        special = {day: _united(self.day(day) + other.day(day)) for day in days}
        return WorkingTime.of(week, special)

    def same_as(self, other: "WorkingTime") -> bool:
        """Whether both are open at the same times."""
        return self.week == other.week and self.special == other.special

    def finish(self, start: datetime, minutes: float) -> datetime | None:
        """The earliest instant by which so much work is done; None if that takes 60 years."""
        left, at = minutes, start
        for begin, end in self._spells_from(start):
            if left <= 0:
                break
            used = min(left, (end - begin) / timedelta(minutes=1))
            left, at = left - used, begin + timedelta(minutes=used)
        return at if left <= 1e-9 else None

    def opens(self, at: datetime) -> datetime | None:
        """The first working instant at or after an instant; None if there is none in 60 years."""
        return next((begin for begin, _ in self._spells_from(at)), None)

    def minutes_between(self, start: datetime, finish: datetime) -> float:
        """Working minutes from one instant to a later one."""
        total = 0.0
        for begin, end in self._spells_from(start):
            if begin >= finish:
                break
            total += (min(end, finish) - begin) / timedelta(minutes=1)
        return total

    def _spells_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is left of each spell from an instant on."""
        if self.is_empty:
            return
        day = at.date() - timedelta(days=1)
        last = min(at + _FAR, datetime(LAST_YEAR, 12, 31)).date()
        while day <= last:
            midnight = datetime.combine(day, time())
            for first, end in self.day(day):
                begin = max(midnight + timedelta(minutes=first), at)
                until = midnight + timedelta(minutes=end)
                if begin < until:
                    yield begin, until
            day += timedelta(days=1)


ALWAYS = WorkingTime((WHOLE_DAY,) * 7)
WEEKDAYS = WorkingTime((((540, 1020),),) * 5 + ((),) * 2)


def common(calendars: Iterable[WorkingTime]) -> WorkingTime:
    """What several calendars have in common; always open where there are none."""
    return reduce(WorkingTime.both, calendars, ALWAYS)


def resolve(calendars: Iterable[SourceCalendar]) -> dict[int, WorkingTime]:
    """Every calendar of a file by its uid, with its parents written out."""
    known = {calendar.uid: calendar for calendar in calendars}
    found: dict[int, WorkingTime] = {}
    for uid in known:
        line: list[SourceCalendar] = []
        at: int | None = uid
        while at is not None and at in known and at not in found:
            if known[at] in line:
                break
            line.append(known[at])
            at = known[at].parent
        base = found.get(at) if at is not None else None
        for calendar in reversed(line):
            base = found[calendar.uid] = _written_out(calendar, base)
    return found


def _written_out(calendar: SourceCalendar, base: WorkingTime | None) -> WorkingTime:
    """A calendar on top of its parent. Special days of a parent hold for a child."""
    parent = base.week if base else ((),) * 7
    week = tuple(
        parent[day] if hours is None else spells_of(hours)
        for day, hours in enumerate((*calendar.week, *(None,) * 7)[:7])
    )
    special: dict[date, Spells] = {}
    for each in calendar.work_weeks:
        for day in _days(each.first, each.last):
            hours = each.week[day.weekday()] if len(each.week) == 7 else None
            if hours is not None:
                special[day] = spells_of(hours)
    special |= base.special if base else {}
    for exception in calendar.exceptions:
        special |= _excepted(exception)
    return WorkingTime.of(week, special)


def _excepted(exception: CalendarException) -> dict[date, Spells]:
    return dict.fromkeys(_days(exception.first, exception.last), spells_of(exception.hours))


def _days(first: date, last: date) -> Iterator[date]:
    """The days of a range, at most fifty years of them, in years that a scenario knows."""
    day = max(first, date(FIRST_YEAR, 1, 1))
    last = min(last, day + _LONGEST_EXCEPTION, date(LAST_YEAR, 12, 31))
    while day <= last:
        yield day
        day += timedelta(days=1)


def spells_of(hours: Iterable[Hours]) -> Spells:
    """Hours of a day as ascending spells that do not touch."""
    found: list[tuple[int, int]] = []
    for each in hours:
        begin, end = _minute(each.start), _minute(each.end)
        if end != begin or not begin:
            found.append((begin, end if end > begin else end + DAY))
    return _united(tuple(found))


def _united(spells: Spells) -> Spells:
    found: list[tuple[int, int]] = []
    for begin, end in sorted(spells):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return tuple(found)


def _minute(at: time) -> int:
    """Minutes since 00:00, to the nearest; 23:59:59 is the end of the day."""
    return round(at.hour * 60 + at.minute + at.second / 60)


def _common(one: Spells, other: Spells) -> Spells:
    found = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple(sorted((begin, end) for begin, end in found if begin < end))
