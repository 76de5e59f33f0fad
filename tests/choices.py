"""Hypothesis choices that scenarios and calendars are made of, and calendars themselves."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

Data = dict[str, Any]

START = datetime(2027, 1, 4)
_OPEN = (
    ["09:00-17:00"],
    ["08:00-12:00", "13:00-18:30"],
    ["09:30-12:00"],
    ["00:00-24:00"],
    ["07:13-12:01", "12:59-16:47"],
    ["10:00-06:00"],
    ["09:59-12:00", "22:00-05:00"],
)
"""Hours that all have 10:00 to 12:00, so that any two calendars meet."""
_ANY = (*_OPEN, "off", ["22:00-06:00"], ["23:59-00:01"], ["18:00-24:00"])
SIZES = (1, 2, 3.3, 0.5, 5, 8, 0.01, 13)


@st.composite
def calendar_specs(draw: DrawFn, based_on: tuple[str, ...] = (), *, near: datetime = START) -> Data:
    """One calendar that works on Tuesdays at 10:00 to 12:00 at least, outside its exceptions."""
    maker = Maker(draw)
    spec: Data = {}
    if based_on and maker.often(4):
        spec["based_on"] = maker.one(*based_on)
    if "based_on" not in spec or maker.often(5):
        days = {"mon": _ANY, "tue-wed": _OPEN, "thu": _ANY, "fri": _ANY, "sat,sun": _ANY}
        spec["week"] = {day: maker.one(*hours) for day, hours in days.items()}
    if maker.often(2):
        spec["hours_per_day"] = maker.one(8, 7.5, 24)
    if maker.often(1):
        spec["holidays"] = maker.one("DE-BY", ["US", "GB"])
    if maker.often(4):
        spec["exceptions"] = {
            maker.days(near, longest): maker.one(*_ANY) for longest in range(1, maker.upto(3) + 2)
        }
    if maker.often(3):
        spec["freeze"] = [maker.days(near, 12) for _ in range(maker.upto(1) + 1)]
    return spec


@st.composite
def calendars(draw: DrawFn, *, near: datetime = START) -> dict[str, Data]:
    """Up to three calendars, some based on others."""
    found: dict[str, Data] = {}
    for number in range(draw(st.integers(1, 3))):
        found[f"c{number}"] = draw(calendar_specs(("weekdays", *found), near=near))
    return found


class Maker:
    """Choices that shrink to the first option, to no, and to the least."""

    def __init__(self, draw: DrawFn) -> None:
        self.draw = draw

    def one(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def often(self, tenths: int) -> bool:
        return self.draw(st.integers(0, 9)) >= 10 - tenths

    def upto(self, most: int) -> int:
        return self.draw(st.integers(0, most))

    def some(self, options: list[str], most: int, least: int = 1) -> list[str]:
        least = min(least, len(options))
        wanted = st.lists(st.sampled_from(options), min_size=least, max_size=most, unique=True)
        return self.draw(wanted)

    def day(self, near: datetime = START, *, back: int = 3, ahead: int = 60) -> datetime:
        return near + timedelta(days=self.draw(st.integers(-back, ahead)))

    def days(self, near: datetime, longest: int) -> str:
        first = self.day(near)
        last = first + timedelta(days=self.upto(longest - 1))
        return f"{first:%Y-%m-%d}" if last == first else f"{first:%Y-%m-%d}..{last:%Y-%m-%d}"

    def date(self) -> str:
        day = f"{self.day(ahead=40):%Y-%m-%d}"
        return f"{day} {self.one('10:15', '00:00', '17:00', '23:10')}" if self.often(3) else day

    def date_value(self) -> Any:
        if not self.often(4):
            return self.date()
        return {"triangular": sorted(f"{self.day(ahead=40):%Y-%m-%d}" for _ in range(3))}

    def amount(self, unit: str, sizes: tuple[float, ...] = SIZES) -> Any:
        """A quantity or a distribution of it."""
        kind = self.one("fixed", "fixed", "triangular", "pert", "uniform", "discrete", "lognormal")
        if kind == "fixed":
            return _quantity(self.one(*sizes), unit)
        if kind == "lognormal" and min(sizes) > 0:
            mean = self.one(*sizes)
            return {"lognormal": {"mean": _quantity(mean, unit), "sd": _quantity(mean / 2, unit)}}
        least, *others = sorted(self.one(*sizes) for _ in range(3))
        if kind == "discrete":
            values = dict.fromkeys((least, others[1]), 1)
            return {
                "discrete": {_quantity(value, unit): weight for value, weight in values.items()}
            }
        if kind == "uniform":
            return {"uniform": [_quantity(least, unit), _quantity(others[1], unit)]}
        return {
            kind if kind == "pert" else "triangular": [_quantity(v, unit) for v in (least, *others)]
        }


def _quantity(value: float, unit: str) -> Any:
    return f"{value:g}{unit}" if unit else value
