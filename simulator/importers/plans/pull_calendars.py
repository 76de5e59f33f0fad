"""Calendars out of mpxj, in the child process only."""

from datetime import date
from typing import Any

from simulator.importers.plans.java_values import clock, day, integer, name, text, uid
from simulator.importers.plans.source import CalendarException, Hours, SourceCalendar, WorkWeek

YEARS_BEYOND = 20
"""How far before and after a project days of recurring exceptions are told."""


def calendar_of(calendar: Any, span: tuple[date, date], losses: list[str]) -> SourceCalendar:
    """A calendar with its week, exceptions and work weeks.

    `span` is the first and the last day that recurring exceptions are told for.
    """
    return SourceCalendar(
        uid=integer(calendar.getUniqueID()) or 0,
        name=text(calendar.getName()),
        week=_week(calendar),
        parent=uid(calendar.getParent()),
        kind=name(calendar.getType()) or "GLOBAL",
        exceptions=_exceptions(calendar, span, losses),
        work_weeks=tuple(
            WorkWeek(
                day(each.getDateRange().getStart()) or date.min,
                day(each.getDateRange().getEnd()) or date.max,
                _week(each),
            )
            for each in calendar.getWorkWeeks()
            if each.getDateRange() is not None
        ),
        minutes_per_day=integer(calendar.getCalendarMinutesPerDay()),
        minutes_per_week=integer(calendar.getCalendarMinutesPerWeek()),
    )


def _week(days: Any) -> tuple[tuple[Hours, ...] | None, ...]:
    """Seven days from Monday."""
    from java.time import DayOfWeek  # noqa: PLC0415

    week: list[tuple[Hours, ...] | None] = []
    for each in DayOfWeek.values():
        kind = name(days.getCalendarDayType(each))
        if kind in {"DEFAULT", ""}:
            week.append(None)
        else:
            week.append(_hours(days.getCalendarHours(each)) if kind == "WORKING" else ())
    return tuple(week)


def _hours(spells: Any) -> tuple[Hours, ...]:
    """The spells of working time of a day, in order."""
    if spells is None:
        return ()
    return tuple(
        sorted(
            Hours(clock(spell.getStart()), clock(spell.getEnd()))
            for spell in spells
            if spell is not None and spell.getStart() is not None
        )
    )


def _exceptions(
    calendar: Any, span: tuple[date, date], losses: list[str]
) -> tuple[CalendarException, ...]:
    found = []
    left_out = 0
    for exception in calendar.getCalendarExceptions():
        recurring = exception.getRecurring() is not None
        for each in exception.getExpandedExceptions() if recurring else (exception,):
            first, last = day(each.getFromDate()), day(each.getToDate())
            if first is None:
                continue
            if recurring and not (span[0] <= first <= span[1]):
                left_out += 1
                continue
            hours, called = _hours(each), text(exception.getName())
            found.append(CalendarException(first, last or first, hours, called))
    if left_out:
        losses.append(
            f"calendar {text(calendar.getName())!r}: {left_out} days of recurring exceptions"
            f" before {span[0]} or after {span[1]}"
        )
    return tuple(found)
