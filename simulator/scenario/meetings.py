"""When a board meets: `first tue`, `every tue`, `every 4w from 2027-01-12`."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from simulator.scenario.units import parse_moment

_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "|".join(_WEEKDAYS)
_ORDINAL = "|".join(_ORDINALS)
_MONTHLY = re.compile(rf"((?:{_ORDINAL})(?:\s*(?:,|and)\s*(?:{_ORDINAL}))*)\s+({_DAY})")
_WEEKLY = re.compile(rf"every\s+({_DAY})")
_EVERY = re.compile(r"every\s+(\d+)\s*(d|w|mo)\s+from\s+(\S+)")
_EXPECTED = "expected `first tue`, `first and third tue`, `every tue` or `every 4w from 2027-01-12`"
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class MeetingRule:
    """Days on which a board meets: by weekday of the month, or at a distance from a first day."""

    weekday: int = -1
    ordinals: tuple[int, ...] = ()
    """Which of that weekday in a month; -1 the last. Empty: each week."""
    first: date | None = None
    days: int = 0
    months: int = 0

    def between(self, begin: date, end: date) -> list[date]:
        """The days from `begin` to `end`, both included, ascending."""
        if self.first is not None:
            return [day for day in self._stepped(self.first, end) if day >= begin]
        if not self.ordinals:
            day = begin + timedelta(days=(self.weekday - begin.weekday()) % 7)
            return [day + timedelta(days=7 * k) for k in range((end - day).days // 7 + 1)]
        found = {day for month in _months(begin, end) for day in self._of_month(*month)}
        return sorted(day for day in found if begin <= day <= end)

    def _of_month(self, year: int, month: int) -> list[date]:
        first, count = monthrange(year, month)
        days = range(1 + (self.weekday - first) % 7, count + 1, 7)
        return [date(year, month, days[k]) for k in self.ordinals if k < len(days)]

    def _stepped(self, first: date, end: date) -> list[date]:
        found, number, day = [], 0, first
        while day <= end:
            found.append(day)
            number += 1
            day = (
                first + timedelta(days=self.days * number)
                if self.days
                else _months_later(first, self.months * number)
            )
        return found


def parse_meets(text: str) -> MeetingRule:
    """Read how often a board meets.

    Raises
    ------
    ValueError
        The text is none of the forms.
    """
    words = " ".join(text.lower().split())
    if match := _MONTHLY.fullmatch(words):
        ordinals = dict.fromkeys(_ORDINALS[name] for name in re.findall(_ORDINAL, match[1]))
        return MeetingRule(_WEEKDAYS.index(match[2]), tuple(ordinals))
    if match := _WEEKLY.fullmatch(words) or re.fullmatch(rf"({_DAY})", words):
        return MeetingRule(_WEEKDAYS.index(match[1]))
    if match := _EVERY.fullmatch(words):
        count, first = int(match[1]), parse_moment(match[3]).at.date()
        if count == 0:
            raise ValueError(f"`{text}` repeats without end on one day; {_EXPECTED}")
        if match[2] == "mo":
            return MeetingRule(first=first, months=count)
        return MeetingRule(first=first, days=count * (7 if match[2] == "w" else 1))
    raise ValueError(f"cannot read `{text}` as when a board meets; {_EXPECTED}")


def parse_time_of_day(text: str) -> timedelta:
    """Read `10:00`.

    Raises
    ------
    ValueError
        The text is not a time of day.
    """
    match = _CLOCK.fullmatch(text.strip())
    if not match:
        raise ValueError(f"cannot read `{text}` as a time of day; expected 10:00")
    return timedelta(hours=int(match[1]), minutes=int(match[2]))


def parse_skipped(text: str) -> tuple[date, date]:
    """Read the first and last day of a skipped month (`2027-08`), day or range of days.

    Raises
    ------
    ValueError
        The text is none of them.
    """
    begin, _, end = (part.strip() for part in text.partition(".."))
    first, last = _period(begin)
    return first, _period(end)[1] if end else last


def _period(text: str) -> tuple[date, date]:
    if match := re.fullmatch(r"(\d{4})-(\d{2})", text):
        year, month = int(match[1]), int(match[2])
        if not 1 <= month <= 12:
            raise ValueError(f"`{text}` is not a month; expected 2027-08")
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    day = parse_moment(text).at.date()
    return day, day


def _months(begin: date, end: date) -> list[tuple[int, int]]:
    first, last = begin.year * 12 + begin.month - 1, end.year * 12 + end.month - 1
    return [(number // 12, number % 12 + 1) for number in range(first, last + 1)]


def _months_later(day: date, months: int) -> date:
    """The same day some months later, or the last of a shorter month."""
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
