"""`START:STOP:STEP`: numbers, quantities with a unit, or dates; the end counts where it is hit."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Final

from simulator.errors import SettingsError
from simulator.scenario.units import Amount, Moment, Quantity, Rate, number_text, parse_quantity

MOST_VALUES: Final = 10_000
_PARTS: Final = 3
_DIGITS: Final = 6
_DAYS: Final = {"d": 1, "ed": 1, "w": 7, "ew": 7}
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Range:
    """From `start` by steps to `stop`, all of one unit; a step between dates is an amount."""

    start: Quantity
    stop: Quantity
    step: Quantity
    written: str

    def __str__(self) -> str:
        """As it was written."""
        return self.written

    def texts(self) -> tuple[str, ...]:
        """The values by steps."""
        steps = self._dates() if isinstance(self.start, Moment) else self._numbers()
        found = tuple(islice(steps, MOST_VALUES + 1))
        if len(found) > MOST_VALUES:
            raise SettingsError(
                f"vary {self.written}: more than {MOST_VALUES:,} values; expected a larger step"
            )
        return found

    def at(self, u: float) -> str:
        """The value at a share of the way; whole where all parts are, dates to the day."""
        if isinstance(self.start, Moment):
            assert isinstance(self.stop, Moment)
            days = (self.stop.at - self.start.at) / timedelta(days=1)
            return str(Moment(self.start.at + timedelta(days=round(u * days)), has_time=False))
        low, high, step = (_number(each) for each in (self.start, self.stop, self.step))
        if isinstance(self.start, float) and all(x == int(x) for x in (low, high, step)):
            sign = 1 if high >= low else -1
            count = int(abs(high - low)) + 1
            return number_text(low + sign * min(math.floor(u * count + 1e-9), count - 1))
        value = low + u * (high - low)
        digits = _DIGITS - math.floor(math.log10(abs(high - low))) if high != low else _DIGITS
        return _with_unit(number_text(round(value, digits)), self.start)

    def _numbers(self) -> Iterator[str]:
        low, high, step = (_exact(each) for each in (self.start, self.stop, self.step))
        count = int((high - low) / step)
        for number in range(min(count, MOST_VALUES) + 1):
            yield _with_unit(number_text(float(low + number * step)), self.start)

    def _dates(self) -> Iterator[str]:
        assert isinstance(self.start, Moment)
        assert isinstance(self.stop, Moment)
        number, sign = 0, 1 if _number(self.step) > 0 else -1
        while True:
            at = _later(self.start.at, self.step, number)
            if sign * ((self.stop.at - at) / timedelta(days=1)) < 0:
                return
            yield str(Moment(at, has_time=False))
            number += 1


def read_range(path: str, text: str) -> Range | None:
    """A range, or None where the text is none.

    Raises
    ------
    SettingsError
        It is one that has no values.
    """
    parts = text.split(":")
    if len(parts) != _PARTS:
        return None
    try:
        start, stop, step = (parse_quantity(part) for part in parts)
    except ValueError:
        return None
    written = f"{path}={text}"
    if isinstance(start, Moment):
        fits = isinstance(stop, Moment) and isinstance(step, Amount) and _whole(step)
        expected = "two dates without a time and a step such as 1mo, 2w or 5d"
        if not fits or start.has_time or (isinstance(stop, Moment) and stop.has_time):
            raise SettingsError(f"vary {written}: expected {expected}")
    elif not _unit(start) == _unit(stop) == _unit(step):
        raise SettingsError(f"vary {written}: several units; expected one, such as 10d:30d:5d")
    if _number(step) == 0:
        raise SettingsError(f"vary {written}: a step of nothing; expected one above 0")
    if _ahead(start, stop) * _number(step) < 0:
        raise SettingsError(f"vary {written}: the step leads away from the end")
    return Range(start, stop, step, written)


def _ahead(start: Quantity, stop: Quantity) -> float:
    """How far the end lies beyond the beginning, in whatever unit."""
    if isinstance(start, Moment) and isinstance(stop, Moment):
        return (stop.at - start.at) / timedelta(days=1)
    return _number(stop) - _number(start)


def _whole(step: Amount) -> bool:
    return step.value == int(step.value) and step.unit in {*_DAYS, "mo"}


def _later(at: datetime, step: Quantity, times: int) -> datetime:
    """A date so many steps later; the last day of a month where it has no such day."""
    assert isinstance(step, Amount)
    count = int(step.value) * times
    if step.unit != "mo":
        return at + timedelta(days=count * _DAYS[step.unit])
    year, month = divmod(at.year * _MONTHS + at.month - 1 + count, _MONTHS)
    first = datetime(year, month + 1, 1)
    following = datetime(year + (month + 1) // _MONTHS, (month + 1) % _MONTHS + 1, 1)
    return first + timedelta(days=min(at.day, (following - first).days) - 1)


def _number(value: Quantity) -> float:
    if isinstance(value, Amount | Rate):
        return value.value
    assert isinstance(value, float)
    return value


def _exact(value: Quantity) -> Decimal:
    """The number as it was written: steps of 0.1 add up."""
    return Decimal(repr(_number(value)))


def _unit(value: Quantity) -> str:
    if isinstance(value, Amount):
        return value.unit
    if isinstance(value, Rate):
        return f"/{value.per}"
    return "date" if isinstance(value, Moment) else ""


def _with_unit(number: str, like: Quantity) -> str:
    return f"{number}{_unit(like)}"
