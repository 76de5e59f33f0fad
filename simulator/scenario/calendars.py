"""Calendars as the file writes them: weeks, hours, holidays, exceptions, freezes."""

import re
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from simulator.scenario.units import parse_moment
from simulator.scenario.values import Id, Name, Plain, Spec, one_or_many

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BUILT_IN = ("weekdays", "24x7")
MINUTES_PER_DAY = 24 * 60
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")

Spell = tuple[int, int]
"""Working minutes of a day, from 00:00; the end may pass 24:00, into the next day."""


def parse_days(text: str) -> tuple[int, ...]:
    """Read `mon`, `mon-thu` or `mon, wed` as weekday numbers, Monday 0.

    Raises
    ------
    ValueError
        A name is not a weekday.
    """
    days: list[int] = []
    for part in text.replace(" ", "").lower().split(","):
        first, _, last = part.partition("-")
        for name in (first, last or first):
            if name not in DAYS:
                raise ValueError(
                    f"`{text}` is not a range of weekdays; expected {', '.join(DAYS)} or mon-thu"
                )
        start, stop = DAYS.index(first), DAYS.index(last or first)
        days.extend((start + step) % 7 for step in range((stop - start) % 7 + 1))
    return tuple(days)


def parse_hours(raw: str | tuple[str, ...]) -> tuple[Spell, ...]:
    """Read `off` or a list of `09:00-13:00` as spells of minutes; `22:00-06:00` passes midnight.

    Raises
    ------
    ValueError
        A spell is unreadable, empty, or overlaps another.
    """
    if isinstance(raw, str):
        if raw.strip().lower() == "off":
            return ()
        raw = (raw,)
    spells = sorted(_parse_spell(text) for text in raw)
    for (_, end), (start, _) in pairwise(spells):
        if start < end:
            raise ValueError(
                f"the hours {', '.join(raw)} overlap; expected spells one after the other"
            )
    return tuple(spells)


def _parse_spell(text: str) -> Spell:
    match = _HOURS.fullmatch(text.strip()) if isinstance(text, str) else None
    if not match:
        raise ValueError(f"cannot read {text!r} as hours; expected for example 09:00-13:00, or off")
    h1, m1, h2, m2 = (int(part) for part in match.groups())
    start, end = h1 * 60 + m1, h2 * 60 + m2
    if start >= MINUTES_PER_DAY or end > MINUTES_PER_DAY or m1 > 59 or m2 > 59:
        raise ValueError(f"{text!r} is not a spell of a day; expected times from 00:00 to 24:00")
    if end == start:
        raise ValueError(f"{text!r} is empty; expected an end after its start")
    return start, end if end > start else end + MINUTES_PER_DAY


def parse_date_range(text: str) -> tuple[date, date]:
    """Read `2027-12-24` or `2027-12-24..2028-01-02` as first and last day, both included.

    Raises
    ------
    ValueError
        A date is unreadable or the range runs backwards.
    """
    first, _, last = text.partition("..")
    start = parse_moment(first).at.date()
    end = parse_moment(last).at.date() if last else start
    if end < start:
        raise ValueError(f"{text} runs backwards; expected the earlier date first")
    if end - start > timedelta(days=366 * 50):
        raise ValueError(f"{text} is longer than 50 years; expected a shorter range")
    return start, end


def _readable_hours(raw: object) -> object:
    if not isinstance(raw, str | list | tuple):
        raise ValueError(f"{raw!r} are not hours; expected [09:00-13:00, 14:00-18:00] or off")  # noqa: TRY004
    hours = raw if isinstance(raw, str) else tuple(raw)
    parse_hours(hours)
    return hours


def _readable_days(raw: str) -> str:
    parse_days(raw)
    return raw


def _readable_range(raw: str) -> str:
    parse_date_range(raw)
    return raw


Hours = Annotated[Name | tuple[str, ...], BeforeValidator(_readable_hours)]
DayRange = Annotated[Name, AfterValidator(_readable_days)]
DateRange = Annotated[Name, AfterValidator(_readable_range)]


class CalendarSpec(Spec):
    """Working time: a week, and what departs from it.

    `based_on` takes over everything that is not written here; days of the `week`, `exceptions`,
    `holidays` and `freeze` written here come on top.
    """

    based_on: Name | None = None
    week: dict[DayRange, Hours] = Field(default_factory=dict)
    hours_per_day: Annotated[Plain, Field(gt=0, le=24)] | None = None
    holidays: Annotated[tuple[Name, ...], BeforeValidator(one_or_many)] = ()
    exceptions: dict[DateRange, Hours] = Field(default_factory=dict)
    freeze: Annotated[tuple[DateRange, ...], BeforeValidator(one_or_many)] = ()


Calendars = dict[Id, CalendarSpec]


def spans_of_week(spec: CalendarSpec) -> dict[int, tuple[Spell, ...]]:
    """The spells of each weekday that the calendar writes itself."""
    return {
        day: parse_hours(hours) for days, hours in spec.week.items() for day in parse_days(days)
    }
