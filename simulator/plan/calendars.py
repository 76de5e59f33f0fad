"""Calendars of the scenario compiled to tables of spells, and their intersections."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np

from simulator.plan.work_calendar import WEEK, Floats, WorkCalendar, united
from simulator.scenario.calendars import (
    CalendarSpec,
    Spell,
    parse_date_range,
    parse_hours,
    spans_of_week,
)
from simulator.scenario.units import HOURS_OF_ELAPSED, MS_PER_DAY, MS_PER_HOUR, WORKDAYS_PER_MONTH

MS_PER_MINUTE = 60_000.0
ALWAYS = "24x7"
_OFFICE_WEEK = dict.fromkeys(range(5), parse_hours(("09:00-17:00",)))
_WHOLE_WEEK = dict.fromkeys(range(7), parse_hours(("00:00-24:00",)))


@dataclass(frozen=True, slots=True)
class Horizon:
    """The clock time that calendar tables cover, in milliseconds from program start.

    Both ends fall on a Monday 00:00, so that whole weeks can repeat beyond them.
    """

    start: datetime
    first_day: date
    days: int

    @classmethod
    def around(cls, start: datetime, latest: datetime) -> "Horizon":
        """From a year before the program's start to 15 years after the latest date in the file."""
        first = start.date() - timedelta(days=371)
        first -= timedelta(days=first.weekday())
        last = max(start, latest).date() + timedelta(days=366 * 15)
        last += timedelta(days=7 - last.weekday())
        return cls(start, first, (last - first).days)

    @property
    def bounds(self) -> tuple[float, float]:
        """Begin and end of the tables."""
        return self.clock(self.first_day), self.clock(self.first_day) + self.days * MS_PER_DAY

    def clock(self, moment: date | datetime) -> float:
        """Milliseconds from program start to a date's 00:00 or to an instant."""
        if not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day)
        return float(round((moment - self.start) / timedelta(milliseconds=1)))

    def day(self, moment: date) -> int:
        """Number of a day in the table."""
        return (moment - self.first_day).days


@dataclass(frozen=True, slots=True)
class ResolvedCalendar:
    """A calendar with everything that it is based on written out."""

    week: dict[int, tuple[Spell, ...]]
    hours_per_day: float
    off: frozenset[date]
    exceptions: dict[date, tuple[Spell, ...]]
    freezes: tuple[tuple[date, date], ...]
    said: float | None = None
    """The `hours_per_day` that the file gives, here or where it is based on."""

    @property
    def key(self) -> "CalendarKey":
        """All that it is, so that equal calendars are tabulated once."""
        return (
            tuple(self.week.items()),
            self.hours_per_day,
            self.off,
            tuple(self.exceptions.items()),
            self.freezes,
            self.said,
        )

    @classmethod
    def of(cls, key: "CalendarKey") -> "ResolvedCalendar":
        """The calendar with a key."""
        week, hours_per_day, off, exceptions, freezes, said = key
        return cls(dict(week), hours_per_day, off, dict(exceptions), freezes, said)

    @property
    def hours_per_week(self) -> float:
        """Working hours of a plain week."""
        return sum(end - start for spells in self.week.values() for start, end in spells) / 60


CalendarKey = tuple[
    tuple[tuple[int, tuple[Spell, ...]], ...],
    float,
    frozenset[date],
    tuple[tuple[date, tuple[Spell, ...]], ...],
    tuple[tuple[date, date], ...],
    float | None,
]


class CalendarTables:
    """Compiled calendars by name, and the intersections asked for, each compiled once."""

    def __init__(self, specs: dict[str, CalendarSpec], horizon: Horizon) -> None:
        self._specs = specs
        self._resolved: dict[str, ResolvedCalendar] = {}
        self._holidays: dict[str, dict[date, str]] = {}
        self._rows: dict[tuple[str, ...], int] = {}
        self.horizon = horizon
        self.tables: list[WorkCalendar] = []

    def index(self, *names: str) -> int:
        """Position in `tables` of a calendar, or of the intersection of several."""
        others: list[str] = []
        if len(names) > 1:
            others = sorted({name for name in names[1:] if name not in (names[0], ALWAYS)})
        key = (names[0], *others)
        if key not in self._rows:
            table = self._compile(names[0])
            for other in others:
                table = _intersection(table, self.tables[self.index(other)], self.horizon)
            self._rows[key] = len(self.tables)
            self.tables.append(table)
        return self._rows[key]

    def holidays_used(self) -> dict[str, dict[str, str]]:
        """The public holidays that were left out of working time, by code and date."""
        return {
            code: {day.isoformat(): name for day, name in sorted(days.items())}
            for code, days in sorted(self._holidays.items())
        }

    def _compile(self, name: str) -> WorkCalendar:
        if name == ALWAYS:
            return _always(self.horizon.bounds)
        return _tabulated(name, self.resolve(name).key, self.horizon)

    def resolve(self, name: str) -> ResolvedCalendar:
        """The calendar with everything that it is based on written out."""
        if name not in self._resolved:
            self._resolved[name] = self._resolve(name)
        return self._resolved[name]

    def _resolve(self, name: str) -> ResolvedCalendar:
        if name == "weekdays":
            return ResolvedCalendar(_OFFICE_WEEK, 8.0, frozenset(), {}, ())
        if name == ALWAYS:
            return ResolvedCalendar(_WHOLE_WEEK, 24.0, frozenset(), {}, ())
        spec = self._specs[name]
        base = self.resolve(spec.based_on) if spec.based_on else None
        week = {**(base.week if base else {}), **spans_of_week(spec)}
        week = {day: spells for day, spells in week.items() if spells}
        off = set(base.off) if base else set()
        for code in spec.holidays:
            off |= set(self._public_holidays(code))
        exceptions = dict(base.exceptions) if base else {}
        for text, hours in spec.exceptions.items():
            exceptions.update(dict.fromkeys(_days(text), parse_hours(hours)))
        freezes = (*(base.freezes if base else ()), *map(parse_date_range, spec.freeze))
        return ResolvedCalendar(
            week,
            self._day_length(spec, base, week),
            frozenset(off),
            exceptions,
            freezes,
            said=spec.hours_per_day or (base.said if base else None),
        )

    @staticmethod
    def _day_length(
        spec: CalendarSpec, base: ResolvedCalendar | None, week: dict[int, tuple[Spell, ...]]
    ) -> float:
        if spec.hours_per_day is not None:
            return spec.hours_per_day
        if base is not None and base.said is not None:
            return base.said
        minutes = sum(end - start for spells in week.values() for start, end in spells)
        return minutes / 60 / len(week) if week else 8.0

    def _public_holidays(self, code: str) -> dict[date, str]:
        if code not in self._holidays:
            first = self.horizon.first_day
            last = first + timedelta(days=self.horizon.days)
            self._holidays[code] = dict(_holidays_of(code, first.year, last.year))
        return self._holidays[code]


@lru_cache(maxsize=64)
def _holidays_of(code: str, first: int, last: int) -> dict[date, str]:
    """The public holidays of a country, or a region of it, from one year to another."""
    from holidays import country_holidays  # noqa: PLC0415 - heavy, and rarely needed

    country, _, region = code.partition("-")
    return dict(country_holidays(country, subdiv=region or None, years=range(first, last + 1)))


@lru_cache(maxsize=8)
def _always(bounds: tuple[float, float]) -> WorkCalendar:
    return WorkCalendar.from_spells(ALWAYS, 24.0, 168.0, np.array([bounds]), bounds)


@lru_cache(maxsize=64)
def _tabulated(name: str, key: CalendarKey, horizon: Horizon) -> WorkCalendar:
    calendar = ResolvedCalendar.of(key)
    return WorkCalendar.from_spells(
        name,
        calendar.hours_per_day,
        calendar.hours_per_week,
        _spells(calendar, horizon),
        horizon.bounds,
    )


def working_ms(calendar: WorkCalendar, value: float, unit: str) -> float:
    """Milliseconds of a working or elapsed amount, by the units of a calendar; not rounded."""
    return value * hours_of(calendar, unit) * MS_PER_HOUR


def hours_of(calendar: WorkCalendar, unit: str) -> float:
    """Hours of one unit of working or elapsed time, or of effort."""
    if unit in HOURS_OF_ELAPSED:
        return HOURS_OF_ELAPSED[unit]
    return {
        "h": 1.0,
        "ph": 1.0,
        "d": calendar.hours_per_day,
        "pd": calendar.hours_per_day,
        "w": calendar.hours_per_week,
        "mo": calendar.hours_per_day * WORKDAYS_PER_MONTH,
    }[unit]


def _days(text: str) -> list[date]:
    first, last = parse_date_range(text)
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def _spells(calendar: ResolvedCalendar, horizon: Horizon) -> Floats:
    """Ascending disjoint spells of clock time over the horizon, (K, 2)."""
    special: dict[int, tuple[Spell, ...]] = {horizon.day(day): () for day in calendar.off}
    special |= {horizon.day(day): spells for day, spells in calendar.exceptions.items()}
    special = {day: spells for day, spells in special.items() if 7 <= day < horizon.days - 14}
    # The day before the table too: its night shift ends in the first week, which repeats.
    day_numbers = np.arange(-1, horizon.days)
    plain = ~np.isin(day_numbers, list(special))
    parts = [np.array([(day, *spell) for day, spells in special.items() for spell in spells])]
    for weekday, spells in calendar.week.items():
        days = day_numbers[plain & (day_numbers % 7 == weekday)]
        for begin, end in spells:
            parts.append(
                np.column_stack((days, np.full_like(days, begin), np.full_like(days, end)))
            )
    table = np.concatenate([part.reshape(-1, 3).astype(np.float64) for part in parts])
    origin = horizon.bounds[0]
    begins = origin + table[:, 0] * MS_PER_DAY
    spells_ms = begins[:, None] + table[:, 1:] * MS_PER_MINUTE
    spells_ms = united(spells_ms[np.argsort(spells_ms[:, 0], kind="stable")])
    earliest, latest = horizon.bounds[0] + WEEK, horizon.bounds[1] - 2 * WEEK
    for first, last in calendar.freezes:
        frozen = max(horizon.clock(first), earliest)
        thawed = min(horizon.clock(last) + MS_PER_DAY, latest)
        if frozen < thawed:
            spells_ms = _without(spells_ms, frozen, thawed)
    return _clipped(spells_ms, *horizon.bounds)


def _without(spells: Floats, begin: float, end: float) -> Floats:
    before = np.column_stack((spells[:, 0], np.minimum(spells[:, 1], begin)))
    after = np.column_stack((np.maximum(spells[:, 0], end), spells[:, 1]))
    both = np.concatenate((before[before[:, 1] > before[:, 0]], after[after[:, 1] > after[:, 0]]))
    return both[np.argsort(both[:, 0], kind="stable")]


def _clipped(spells: Floats, begin: float, end: float) -> Floats:
    inside = np.clip(spells, begin, end)
    return inside[inside[:, 1] > inside[:, 0]]


def _intersection(one: WorkCalendar, other: WorkCalendar, horizon: Horizon) -> WorkCalendar:
    """Working time that both calendars have; units stay those of the first.

    Raises
    ------
    ValueError
        The two never work at the same time.
    """
    left, right = one.spells, other.spells
    marks = np.unique(np.concatenate((left.ravel(), right.ravel())))
    middle = (marks[:-1] + marks[1:]) / 2
    both = _covers(left, middle) & _covers(right, middle)
    spells = united(np.column_stack((marks[:-1], marks[1:]))[both])
    name = f"{one.name} and {other.name}"
    if not len(spells):
        raise ValueError(f"the calendars {name} never work at the same time")
    week = float(
        np.sum(_clipped(spells, horizon.bounds[1] - WEEK, horizon.bounds[1]) @ [-1.0, 1.0])
    )
    return WorkCalendar.from_spells(
        name, one.hours_per_day, week / MS_PER_HOUR or one.hours_per_week, spells, horizon.bounds
    )


def _covers(spells: Floats, instants: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    spell = np.searchsorted(spells[:, 0], instants, side="right") - 1
    return np.asarray((spell >= 0) & (instants < spells[np.maximum(spell, 0), 1]))
