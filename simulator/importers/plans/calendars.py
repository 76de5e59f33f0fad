"""Calendars of the scenario: those that something uses, each once, children beside parents."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from simulator.importers.ids import Ids
from simulator.importers.plans.working_time import ALWAYS, DAY, WEEKDAYS, Spells, WorkingTime
from simulator.scenario.calendars import BUILT_IN, DAYS

_LEAD = timedelta(days=400)
"""Tables of a plan begin about a year before its start: days before that count for nothing."""
_LONGEST_RANGE = 366 * 40
Key = tuple[object, float]


class CalendarBook:
    """Gives calendars their ids as they are asked for, and writes them in the end."""

    def __init__(self) -> None:
        self._ids = Ids(*BUILT_IN)
        self._entries: dict[Key, tuple[str, WorkingTime, float, WorkingTime | None]] = {}

    def id_of(
        self,
        calendar: WorkingTime,
        name: str,
        hours_per_day: float,
        parent: WorkingTime | None = None,
    ) -> str:
        """The id of a calendar, which it gets when first asked for.

        `hours_per_day` is what `d` means in it: calendars that differ in that are two. `parent`
        is the calendar that the file derives it from.
        """
        if calendar.same_as(ALWAYS):
            return "24x7"
        if calendar.same_as(WEEKDAYS) and hours_per_day == 8:
            return "weekdays"
        key = (calendar.key, hours_per_day)
        if key not in self._entries:
            found = self._ids.new(name, "calendar")
            self._entries[key] = (found, calendar, hours_per_day, parent)
        return self._entries[key][0]

    def hours_of_day(self, name: str) -> float:
        """Hours that `d` means in a calendar given by its id."""
        fixed = {"24x7": 24.0, "weekdays": 8.0}
        return fixed.get(name) or next(e[2] for e in self._entries.values() if e[0] == name)

    def specs(self, start: date) -> dict[str, dict[str, Any]]:
        """All calendars as the scenario writes them, for a program that starts on a day."""
        return {
            name: self._spec(calendar, hours, parent, start - _LEAD)
            for name, calendar, hours, parent in self._entries.values()
        }

    def _spec(
        self, calendar: WorkingTime, hours: float, parent: WorkingTime | None, first: date
    ) -> dict[str, Any]:
        base = None
        if parent is not None and not parent.same_as(calendar):
            base = self._entries.get((parent.key, hours))
        spec: dict[str, Any] = {}
        plain, special = calendar.week, dict(calendar.special)
        if base is None:
            spec["week"] = _week(dict(enumerate(plain)), off=False)
            if _usual_day(plain) != hours:
                spec["hours_per_day"] = hours
        else:
            spec["based_on"] = base[0]
            own = {day: plain[day] for day in range(7) if plain[day] != base[1].week[day]}
            if own:
                spec["week"] = _week(own, off=True)
            if own and _usual_day(plain) != hours:
                spec["hours_per_day"] = hours
            special = _beside(calendar, base[1])
        exceptions = _ranges({day: each for day, each in special.items() if day >= first})
        if exceptions:
            spec["exceptions"] = exceptions
        return spec


def _beside(child: WorkingTime, parent: WorkingTime) -> dict[date, Spells]:
    """The days of a child that neither its own week nor its parent's special days give it."""
    days = sorted(child.special.keys() | parent.special.keys())
    without = {day: parent.special.get(day, child.week[day.weekday()]) for day in days}
    return {day: child.day(day) for day in days if child.day(day) != without[day]}


def _usual_day(week: Iterable[Spells]) -> float:
    """What a scenario takes for `d` where nothing is said: weekly hours / working weekdays."""
    lengths = [sum(end - begin for begin, end in spells) for spells in week if spells]
    return sum(lengths) / 60 / len(lengths) if lengths else 8.0


def _week(days: Mapping[int, Spells], *, off: bool) -> dict[str, Any]:
    """Weekdays with their hours; neighbours that are alike as a range."""
    written: dict[str, Any] = {}
    kept = [(day, spells) for day, spells in sorted(days.items()) if spells or off]
    runs = groupby(enumerate(kept), lambda each: (each[1][0] - each[0], each[1][1]))
    for (_, spells), group in runs:
        numbers = [day for _, (day, _) in group]
        first, last = DAYS[numbers[0]], DAYS[numbers[-1]]
        written[first if first == last else f"{first}-{last}"] = _hours(spells)
    return written


def _ranges(special: Mapping[date, Spells]) -> dict[str, Any]:
    """Special days with their hours; neighbours that are alike as a range."""
    written: dict[str, Any] = {}
    runs = groupby(
        enumerate(sorted(special.items())),
        lambda each: (each[1][0].toordinal() - each[0], each[1][1], each[0] // _LONGEST_RANGE),
    )
    for (_, spells, _), group in runs:
        days = [day for _, (day, _) in group]
        first, last = days[0].isoformat(), days[-1].isoformat()
        written[first if first == last else f"{first}..{last}"] = _hours(spells)
    return written


def _hours(spells: Spells) -> str | list[str]:
    return [f"{_clock(begin)}-{_clock(end)}" for begin, end in spells] if spells else "off"


def _clock(minute: int) -> str:
    minute = minute if minute <= DAY else minute - DAY
    return f"{minute // 60:02d}:{minute % 60:02d}"
