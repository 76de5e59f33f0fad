"""Figures as people say them: dates, money, chances, each with its interval.

A date in words is the working day of the program's calendar by whose end something has happened:
it may be late, never early.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from simulator.errors import RunError
from simulator.estimates.estimate import Estimate
from simulator.plan.compile import Plan
from simulator.plan.plan import Clock
from simulator.plan.work_calendar import WorkCalendar
from simulator.scenario.units import MS_PER_DAY, MS_PER_HOUR

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Not those of the machine's language: a report reads the same everywhere."""
UNKNOWN = "?"
_DIGITS = 4
_MOST_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Words:
    """How one program says its dates and its money."""

    clock: Clock
    calendar: WorkCalendar
    currency: str
    step: float = 1.0
    """To what amounts in columns are rounded."""

    @classmethod
    def of(cls, plan: Plan, cost: float = 0.0) -> "Words":
        """The words of a compiled plan whose money is of the size of `cost`."""
        network = plan.network
        calendar = network.calendar(network.program_calendar)
        digits = math.floor(math.log10(cost)) if math.isfinite(cost) and cost > 0 else 0
        step = 10.0 ** max(0, digits - _DIGITS)
        return cls(plan.clock, calendar, plan.scenario.program.currency, step)

    def day(self, ms: float) -> date:
        """The first working day by whose end an instant has been reached.

        Midnight belongs to the day that ends; nothing lies before the day of the program's start.
        """
        start = self.clock.start
        instant = start + timedelta(milliseconds=math.ceil(self.clock.within(ms)))
        found = max((instant - timedelta(milliseconds=1)).date(), start.date())
        begin = self.clock.ms(datetime(found.year, found.month, found.day))
        try:
            position = self.calendar.work_at(np.array([begin]))
            opens = float(self.calendar.start_at(position)[0])
        except RunError:  # no working time is left: any day is as good
            return found
        return max(found, self.clock.date(opens).date())

    def date(self, ms: float) -> str:
        """A date in words."""
        if math.isnan(ms):
            return UNKNOWN
        return "never" if math.isinf(ms) else day_text(self.day(ms))

    def dates(self, estimate: Estimate) -> str:
        """The interval of a date in words."""
        if not math.isfinite(estimate.value) or estimate.low == estimate.high:
            return ""
        ends = [self.day(e) if math.isfinite(e) else None for e in (estimate.low, estimate.high)]
        return days_range(*ends)

    def money(self, amount: float) -> str:
        """An amount with its currency, rounded to what can be said aloud."""
        return f"{money_text(amount)} {self.currency}"

    def cell(self, amount: float) -> str:
        """An amount in a column, without its currency."""
        if not math.isfinite(amount):
            return UNKNOWN
        return f"{round(amount / self.step) * self.step + 0.0:,.0f}"

    def exact_money(self, amount: float) -> str:
        """An amount that somebody has fixed, such as a budget."""
        text = f"{amount:,.0f}" if float(amount).is_integer() else f"{amount:,.2f}"
        return f"{text} {self.currency}"

    def working_days(self, ms: float) -> float:
        """Working time of the program's calendar in its days."""
        return ms / (self.calendar.hours_per_day * MS_PER_HOUR)


def day_text(day: date) -> str:
    """A day as `25 Sep 2028`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def days_range(first: date | None, last: date | None) -> str:
    """Two days without what they share: `13–15 Nov 2028`, `30 Nov – 4 Dec 2028`."""
    if first is None or last is None:
        ends = [UNKNOWN if day is None else day_text(day) for day in (first, last)]
        return f"{ends[0]} – {ends[1]}"
    if first == last:
        return day_text(last)
    if first.year != last.year:
        return f"{day_text(first)} – {day_text(last)}"
    if first.month != last.month:
        return f"{first.day} {MONTHS[first.month - 1]} – {day_text(last)}"
    return f"{first.day}–{day_text(last)}"


def money_text(amount: float) -> str:
    """An amount to four digits: `17.94 million`, `412,300`."""
    if not math.isfinite(amount):
        return UNKNOWN
    if abs(amount) < 999_950:
        return f"{_rounded(amount):,.0f}"
    size, name = (1e6, "million") if abs(amount) < 999.95e6 else (1e9, "billion")
    scaled = amount / size
    decimals = max(0, _DIGITS - 1 - math.floor(math.log10(abs(scaled))))
    return f"{scaled:,.{min(decimals, 2)}f} {name}"


def _rounded(amount: float) -> float:
    if abs(amount) < 1:
        return 0.0
    step = 10.0 ** max(0, math.floor(math.log10(abs(amount))) - _DIGITS + 1)
    return round(amount / step) * step + 0.0


def interval(estimate: Estimate, text: Callable[[float], str]) -> str:
    """The interval of a figure, empty where there is none: `low–high`."""
    if not math.isfinite(estimate.value) or estimate.low == estimate.high:
        return ""
    ends = [text(end) if math.isfinite(end) else UNKNOWN for end in (estimate.low, estimate.high)]
    mark = " – " if ends[0].startswith("-") or ends[1].startswith("-") else "–"
    return mark.join(ends)


def percent(chance: float) -> str:
    """A chance as whole percents; only what is certain is 0 or 100 %."""
    if math.isnan(chance):
        return UNKNOWN
    if chance in (0.0, 1.0):
        return f"{100 * chance:.0f} %"
    for decimals in range(_MOST_DECIMALS):
        text = f"{100 * chance:.{decimals}f}"
        if float(text) not in (0.0, 100.0):
            return f"{text} %"
    return "under 0.001 %" if chance < 0.5 else "over 99.999 %"


def percents(estimate: Estimate) -> str:
    """The interval of a chance, its ends rounded outwards: `8.6–9.7 %`."""
    if math.isnan(estimate.value) or not estimate.low < estimate.high:
        return ""
    width = 100 * (estimate.high - estimate.low)
    # Two digits of the width: the ends differ where they are shown.
    decimals = min(max(1, 1 - math.floor(math.log10(5 * width))), _MOST_DECIMALS)
    scale = 10**decimals
    low = math.floor(round(100 * estimate.low * scale, 6)) / scale
    high = math.ceil(round(100 * estimate.high * scale, 6)) / scale
    return f"{_end(low, decimals)}–{_end(high, decimals)} %"


def _end(value: float, decimals: int) -> str:
    return f"{value:.0f}" if value in (0.0, 100.0) else f"{value:.{decimals}f}"


def chance(estimate: Estimate) -> str:
    """A chance with its interval: `9 % (8.6–9.7 %)`."""
    ends = percents(estimate)
    return f"{percent(estimate.value)} ({ends})" if ends else percent(estimate.value)


def calendar_days(ms: float) -> int:
    """Whole calendar days that hold a stretch of clock time."""
    return math.ceil(ms / MS_PER_DAY)


def count(number: int, one: str, many: str = "") -> str:
    """A number of things: `1 day`, `3 days`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
