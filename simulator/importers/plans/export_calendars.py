"""Calendars of a compiled plan as those of other tools: a week, and days that depart from it."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from simulator.importers.plans.source import CalendarException, Hours, SourceCalendar
from simulator.plan.plan import Clock
from simulator.plan.work_calendar import WorkCalendar

Day = tuple[Hours, ...]


def calendar_record(
    uid: int, calendar: WorkCalendar, clock: Clock, span: tuple[date, date]
) -> SourceCalendar:
    """A calendar by what it works on each day of a span, freezes and holidays included.

    The week is what most of its weeks are; days that depart from it become exceptions, those in a
    row with the same hours one.
    """
    worked = _worked(calendar, clock, span)
    days = [span[0] + timedelta(days=k) for k in range((span[1] - span[0]).days + 1)]
    week = tuple(
        Counter(worked.get(day, ()) for day in days[first::7]).most_common(1)[0][0]
        for first in ((weekday - span[0].weekday()) % 7 for weekday in range(7))
    )
    odd = [(day, worked.get(day, ())) for day in days if worked.get(day, ()) != week[day.weekday()]]
    return SourceCalendar(
        uid=uid,
        name="24 hours" if calendar.always else calendar.name,
        week=week,
        exceptions=tuple(_merged(odd)),
        minutes_per_day=round(calendar.hours_per_day * 60),
        minutes_per_week=round(calendar.hours_per_week * 60),
    )


def _worked(calendar: WorkCalendar, clock: Clock, span: tuple[date, date]) -> dict[date, Day]:
    """The hours of each day that is worked, split at midnight."""
    first = clock.ms(datetime.combine(span[0], time()))
    end = clock.ms(datetime.combine(span[1] + timedelta(days=1), time()))
    found: dict[date, Day] = {}
    for low, high in calendar.spells.tolist():
        if high <= first or low >= end:
            continue
        begin, stop = clock.date(max(low, first)), clock.date(min(high, end))
        while begin < stop:
            midnight = datetime.combine(begin.date() + timedelta(days=1), time())
            until = min(stop, midnight)
            hours = Hours(begin.time(), until.time())
            found[begin.date()] = (*found.get(begin.date(), ()), hours)
            begin = until
    return found


def _merged(odd: list[tuple[date, Day]]) -> list[CalendarException]:
    """Days that depart from the week, as ranges."""
    breaks = [0]
    breaks += [
        k
        for k, ((day, hours), (after, others)) in enumerate(pairwise(odd), 1)
        if after - day > timedelta(days=1) or hours != others
    ]
    return [
        CalendarException(odd[first][0], odd[last - 1][0], odd[first][1])
        for first, last in pairwise([*breaks, len(odd)])
        if odd
    ]
