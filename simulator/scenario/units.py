"""Quantities as a person writes them: `15d`, `30eh`, `2_400/ed`, `+50%`, `2027-06-30 14:30`.

A quantity keeps its unit until a calendar is known that can turn it into milliseconds.
"""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

MS_PER_HOUR = 3_600_000.0
MS_PER_DAY = 24 * MS_PER_HOUR
WORKING = ("h", "d", "w", "mo")
ELAPSED = ("eh", "ed", "ew")
EFFORT = ("ph", "pd")
MEASURES = {
    **dict.fromkeys(WORKING, "working"),
    **dict.fromkeys(ELAPSED, "elapsed"),
    **dict.fromkeys(EFFORT, "effort"),
    "%": "percent",
}
HOURS_OF_ELAPSED = {"eh": 1.0, "ed": 24.0, "ew": 168.0}
WORKDAYS_PER_MONTH = 20
DAYS_PER_YEAR = 365.25
MS_PER_MONTH = DAYS_PER_YEAR / 12 * MS_PER_DAY
"""A month of clock time, for rates (`/mo`)."""

NUMBER = r"[+-]?(?:\d[\d_]*)(?:\.[\d_]*)?(?:[eE][+-]?\d+)?|[+-]?\.\d[\d_]*"
_AMOUNT = re.compile(rf"\s*({NUMBER})\s*(eh|ed|ew|h|d|w|mo|pd|ph|%)\s*")
_RATE = re.compile(rf"\s*({NUMBER})\s*/\s*(eh|ed|ew|h|d|w|mo)\s*")
_PLAIN = re.compile(rf"\s*({NUMBER})\s*")
_DATE = re.compile(
    r"\s*(\d{4})-(\d{2})-(\d{2})(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*",
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with a unit of time, of effort, or a percentage (`unit` is `%`)."""

    value: float
    unit: str

    def __str__(self) -> str:
        """The shortest text that reads back as the same amount."""
        return f"{number_text(self.value)}{self.unit}"


@dataclass(frozen=True, slots=True)
class Rate:
    """Money, or a count, per unit of time."""

    value: float
    per: str

    def __str__(self) -> str:
        """The shortest text that reads back as the same rate."""
        return f"{number_text(self.value)}/{self.per}"


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, or a date with a time of day; naive local time."""

    at: datetime
    has_time: bool

    def begins(self) -> datetime:
        """The instant where something begins: 00:00 of a date without a time."""
        return self.at

    def ends(self) -> datetime:
        """The instant where something ends or is due: 24:00 of a date without a time."""
        return self.at if self.has_time else self.at + timedelta(days=1)

    def __str__(self) -> str:
        """ISO 8601, without the time where none was given."""
        if not self.has_time:
            return self.at.strftime("%Y-%m-%d")
        return self.at.strftime("%Y-%m-%d %H:%M:%S" if self.at.second else "%Y-%m-%d %H:%M")


Quantity = float | Amount | Rate | Moment


def number_text(value: float) -> str:
    """The shortest text of a number, without a decimal point where it is whole."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def parse_number(text: str) -> float:
    """Read a number that may hold `_` between its digits; finite or a ValueError."""
    value = float(text.replace("_", ""))
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    return value


def parse_quantity(raw: object) -> Quantity:
    """Read one scalar of the file as a number, an amount, a rate or a moment.

    Raises
    ------
    ValueError
        The text is none of these; the message says what it may be.
    """
    if isinstance(raw, bool) or raw is None:
        raise ValueError(f"{raw!r} is not a quantity")
    if isinstance(raw, int | float):
        if not math.isfinite(raw):
            raise ValueError(f"{raw!r} is not a finite number")
        return float(raw)
    if isinstance(raw, Amount | Rate | Moment):
        return raw
    if not isinstance(raw, str):
        raise ValueError(f"{_short(raw)} is not a single quantity")  # noqa: TRY004 - a user's value
    return _parse_text(raw)


def _parse_text(raw: str) -> Quantity:
    if match := _AMOUNT.fullmatch(raw):
        return Amount(parse_number(match[1]), match[2])
    if match := _RATE.fullmatch(raw):
        return Rate(parse_number(match[1]), match[2])
    if match := _PLAIN.fullmatch(raw):
        return parse_number(match[1])
    if _DATE.fullmatch(raw):
        return parse_moment(raw)
    raise ValueError(
        f"cannot read {_short(raw)} as a quantity such as 15d, 30eh, 40pd, 300/d, 0.4 or 2027-06-30"
    )


def parse_moment(raw: str) -> Moment:
    """Read `2027-06-30` or `2027-06-30 14:30`.

    Raises
    ------
    ValueError
        The text is not a date, or the date does not exist.
    """
    match = _DATE.fullmatch(raw)
    if not match:
        raise ValueError(
            f"cannot read {_short(raw)} as a date such as 2027-06-30 or 2027-06-30 14:30"
        )
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        if (hour, minute, second) == (24, 0, 0):
            return Moment(datetime(year, month, day) + timedelta(days=1), has_time=True)
        at = datetime(year, month, day, hour, minute, second)
    except (ValueError, OverflowError):
        raise ValueError(f"{raw.strip()} is not a date that exists") from None
    if not 1900 <= year <= 2500:
        raise ValueError(f"{raw.strip()} is outside the years 1900 to 2500")
    return Moment(at, has_time=match[4] is not None)


def quantity_yaml(value: Quantity) -> float | int | str:
    """The scalar that reads back as `value`."""
    if isinstance(value, float):
        return int(value) if value == int(value) and abs(value) < 1e15 else value
    return str(value)


def unit_of(value: Quantity) -> str:
    """What a quantity measures: working, elapsed, effort, percent, rate, date or number."""
    if isinstance(value, Amount):
        return MEASURES[value.unit]
    if isinstance(value, Rate):
        return "rate"
    return "date" if isinstance(value, Moment) else "number"


def _short(raw: object) -> str:
    text = repr(raw)
    return text if len(text) <= 60 else f"{text[:57]}..."
