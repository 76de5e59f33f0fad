"""Java's values as Python's, in the child process only: None stays None."""

from datetime import date, datetime, time
from typing import Any

from simulator.importers.plans.source import Amount

_UNITS = {
    "MINUTES": "min",
    "HOURS": "h",
    "DAYS": "d",
    "WEEKS": "w",
    "MONTHS": "mo",
    "YEARS": "y",
    "PERCENT": "%",
}
UNITS = _UNITS | {f"ELAPSED_{name}": f"e{unit}" for name, unit in _UNITS.items()}
"""mpxj's names of units of time, and ours."""


def text(value: Any) -> str:
    """A text, empty where there is none."""
    return "" if value is None else str(value)


def name(value: Any) -> str:
    """The name of a constant, empty where there is none."""
    return "" if value is None else str(value.name())


def flag(value: Any) -> bool:
    """Yes, or no where nothing is said."""
    return bool(value)


def number(value: Any) -> float | None:
    """A number."""
    return None if value is None else float(value.doubleValue())


def integer(value: Any) -> int | None:
    """A whole number."""
    return None if value is None else int(value)


def share(value: Any) -> float | None:
    """A percentage as a share of one."""
    return None if value is None else float(value.doubleValue()) / 100


def instant(value: Any) -> datetime | None:
    """A date and time; None too where the year is none of Python's, so that it cannot be meant."""
    if value is None:
        return None
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None


def day(value: Any) -> date | None:
    """A day, with the bounds of Python's years where it lies beyond them."""
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return date.min if value.getYear() < 1 else date.max


def clock(value: Any) -> time:
    """A time of day; none is midnight."""
    return time() if value is None else time.fromisoformat(str(value))


def amount(value: Any) -> Amount | None:
    """A duration, a lag or an amount of work, in its own unit."""
    if value is None:
        return None
    return Amount(float(value.getDuration()), UNITS[str(value.getUnits().name())])


def rate(value: Any) -> Amount | None:
    """Money per unit of time."""
    if value is None or value.getUnits() is None:
        return None
    return Amount(float(value.getAmount()), UNITS[str(value.getUnits().name())])


def uid(value: Any) -> int | None:
    """The unique id of an object."""
    return None if value is None else integer(value.getUniqueID())
