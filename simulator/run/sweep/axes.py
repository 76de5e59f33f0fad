"""What a sweep varies: a path and the values it takes, as `--vary PATH=VALUES` writes them.

Values are kept as the text that `--set` would be given, so a point of a sweep is the scenario with
those `--set`s and nothing else.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from simulator.errors import ScenarioError, SettingsError
from simulator.run.sweep.ranges import Range, read_range
from simulator.scenario.distribution_kinds.base import DAY_ONE, magnitude
from simulator.scenario.distributions import (
    Distribution,
    Samples,
    is_distribution,
    parse_distribution,
)
from simulator.scenario.source import source_from_text
from simulator.scenario.units import (
    MS_PER_DAY,
    Amount,
    Moment,
    Quantity,
    Rate,
    number_text,
    quantity_yaml,
)

EXPECTED: Final = (
    "expected PATH=LIST, PATH=START:STOP:STEP or PATH=DISTRIBUTION, such as"
    " risks.vendor_late.chance=0.1,0.3,0.5, pools.dev.units=1:5:1 or"
    " program.escalation.rate='uniform(0.01, 0.05)'"
)
TAIL: Final = 0.05
"""Where Morris takes the ends of a distribution: at its P5 and P95, as tails may have no end."""
_TAILS_AROUND: Final = (0.1, 0.9)
_DIGITS: Final = 6
"""A drawn value is rounded to so many digits of the width of its range."""
_OPENING, _CLOSING, _QUOTES = "([{", ")]}", "\"'"
_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Axis:
    """A path and its values: a list, the steps of a range, or a distribution."""

    path: str
    texts: tuple[str, ...] = ()
    """The values of a list, or of a range by its steps."""
    range: Range | None = None
    law: Distribution | None = None
    """Its parameters are plain numbers; `units` says what they count."""
    units: Quantity = 0.0

    @property
    def kind(self) -> str:
        """`list`, `range` or `distribution`."""
        if self.law is not None:
            return "distribution"
        return "list" if self.range is None else "range"

    def drawn(self, u: float) -> str:
        """The value at a number from 0 to 1: of a list each is equally likely, a range is even."""
        if self.law is not None:
            return _text_of(float(self.law.ppf(np.array([u]))[0]), self.units, self._scale)
        if self.range is not None:
            return self.range.at(u)
        # Fractions such as 2/3 of three values are meant to be whole.
        place = math.floor(u * len(self.texts) + 1e-9)
        return self.texts[min(place, len(self.texts) - 1)]

    def between_ends(self, u: float) -> str:
        """The same where 0 and 1 are the ends: those of a distribution are its P5 and P95."""
        return self.drawn(TAIL + (1 - 2 * TAIL) * u if self.law is not None else u)

    def around(self) -> tuple[str, ...]:
        """What one at a time is tried: each value of a list, both ends of a range, P10 and P90."""
        if self.law is not None:
            return tuple(self.drawn(u) for u in _TAILS_AROUND)
        if self.range is not None and len(self.texts) > 1:
            return self.texts[0], self.texts[-1]
        return self.texts

    def to_dict(self) -> dict[str, Any]:
        """As a manifest holds it."""
        if self.law is not None:
            return {"path": self.path, "distribution": self.law.to_yaml(), "unit": self._unit}
        if self.range is not None:
            return {"path": self.path, "range": str(self.range), "values": list(self.texts)}
        return {"path": self.path, "values": list(self.texts)}

    @property
    def _unit(self) -> str:
        if isinstance(self.units, Amount):
            return self.units.unit
        if isinstance(self.units, Rate):
            return f"/{self.units.per}"
        return "date" if isinstance(self.units, Moment) else ""

    @property
    def _scale(self) -> float:
        """The width of the middle of the distribution."""
        assert self.law is not None
        low, high = self.law.ppf(np.array([0.25, 0.75]))
        return float(abs(high - low))


def axes_of(vary: Mapping[str, Any] | Sequence[str]) -> tuple[Axis, ...]:
    """The axes of a sweep, from `PATH=VALUES` texts or from a mapping of paths.

    Raises
    ------
    SettingsError
        One of them cannot be read, or two are of the same path.
    """
    if isinstance(vary, Mapping):
        found = [_axis(path, values) for path, values in vary.items()]
    else:
        found = [_parsed(text) for text in vary]
    if not found:
        raise SettingsError(f"nothing to vary; {EXPECTED}")
    for number, axis in enumerate(found):
        for other in found[:number]:
            one, two = sorted((axis.path, other.path), key=len)
            if two == one or two.startswith(f"{one}."):
                raise SettingsError(f"vary {two}: {one} is varied too; expected paths apart")
    return tuple(found)


def short_paths(paths: Sequence[str]) -> tuple[str, ...]:
    """The last two keys of each path, or as many as tell it from the others."""
    found = []
    for path in paths:
        parts = path.split(".")
        others = [other.split(".") for other in paths if other != path]
        kept = min(2, len(parts))
        while kept < len(parts) and any(other[-kept:] == parts[-kept:] for other in others):
            kept += 1
        found.append(".".join(parts[-kept:]))
    return tuple(found)


def _parsed(text: str) -> Axis:
    path, equals, values = text.partition("=")
    if not equals or not path.strip() or not values.strip():
        raise SettingsError(f"vary {text!r}: no values; {EXPECTED}")
    return _written(path.strip(), values.strip())


def _axis(path: str, values: Any) -> Axis:
    """An axis from Python: a text as on the command line, a distribution, or values."""
    if isinstance(values, str):
        return _written(path, values)
    if isinstance(values, Distribution):
        return _drawn(path, values, str(values.to_yaml()))
    if isinstance(values, dict):
        return _distribution(path, values, str(values))
    if not isinstance(values, Iterable):
        raise SettingsError(f"vary {path}: {values!r} is one value; {EXPECTED}")
    return _listed(path, [value_text(value) for value in values])


def _written(path: str, text: str) -> Axis:
    parts = split(text)
    if len(parts) > 1:
        return _listed(path, parts)
    found = read_range(path, text)
    if found is not None:
        return Axis(path, found.texts(), range=found)
    name, bracket, inside = text.partition("(")
    if bracket and inside.endswith(")") and is_distribution({name.strip(): 0}):
        return _distribution(path, {name.strip(): _arguments(path, inside[:-1])}, text)
    data = _data(path, text)
    return _distribution(path, data, text) if isinstance(data, dict) else _listed(path, parts)


def _listed(path: str, texts: list[str]) -> Axis:
    kept = [text.strip() for text in texts]
    if not kept or not all(kept):
        raise SettingsError(f"vary {path}: an empty value in {', '.join(texts)!r}; {EXPECTED}")
    twice = next((text for text in kept if kept.count(text) > 1), None)
    if twice is not None:
        raise SettingsError(f"vary {path}: the value {twice} stands twice; expected different ones")
    return Axis(path, tuple(kept))


def _distribution(path: str, data: Any, text: str) -> Axis:
    try:
        law = parse_distribution(data, None)
    except ValueError as error:
        raise SettingsError(f"vary {path}={text}: {error}") from None
    return _drawn(path, law, text)


def _drawn(path: str, law: Distribution, text: str) -> Axis:
    if isinstance(law, Samples):
        raise SettingsError(f"vary {path}={text}: samples are not drawn from; list their values")
    quantities = [each for each in law.quantities() if each != 0.0] or [0.0]
    if len({_measured(each) for each in quantities}) > 1:
        raise SettingsError(f"vary {path}={text}: several units; expected one of them")
    try:
        return Axis(path, law=law.resolved(magnitude), units=quantities[0])
    except ValueError as error:
        raise SettingsError(f"vary {path}={text}: {error}") from None


def _measured(value: Quantity) -> str:
    if isinstance(value, Amount):
        return value.unit
    return f"/{value.per}" if isinstance(value, Rate) else type(value).__name__


def _arguments(path: str, text: str) -> Any:
    """What stands between the brackets of `pert(1d, 2d, 4d)` or `normal(mean=3, sd=1)`."""
    parts = split(text)
    if all("=" in part for part in parts):
        pairs = (part.split("=", 1) for part in parts)
        return {key.strip(): _data(path, value) for key, value in pairs}
    values = [_data(path, part) for part in parts]
    return values[0] if len(values) == 1 else values


def _data(path: str, text: str) -> Any:
    """A value as a file would have it."""
    try:
        return source_from_text(text.strip(), "--vary", mapping=False).data()
    except ScenarioError as error:
        raise SettingsError(f"vary {path}={text}: {error.faults[0].problem}") from None


def split(text: str) -> list[str]:
    """The parts of a list: commas inside brackets or quotes do not part it."""
    parts, depth, quote, begin = list[str](), 0, "", 0
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in _QUOTES:
            quote = letter
        elif letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[begin:place])
            begin = place + 1
    return [*parts, text[begin:]]


def value_text(value: Any) -> str:
    """A value from Python as `--set` takes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Distribution):
        value = value.to_yaml()
    if isinstance(value, datetime):
        return str(Moment(value, has_time=value.time() != datetime.min.time()))
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int | float):
        return number_text(value) if math.isfinite(value) else str(value)
    return str(value) if hasattr(value, "isoformat") else json.dumps(value)


def _text_of(number: float, unit: Quantity, scale: float) -> str:
    """A number of a unit as a file would have it."""
    if isinstance(unit, Moment):
        at = DAY_ONE + timedelta(seconds=round(number / _MINUTE) * _MINUTE)
        whole = scale >= MS_PER_DAY / 1000
        at = datetime(at.year, at.month, at.day) if whole and not unit.has_time else at
        return str(Moment(at, has_time=unit.has_time or not whole))
    value = rounded(number, scale)
    if isinstance(unit, Amount):
        return str(Amount(value, unit.unit))
    if isinstance(unit, Rate):
        return str(Rate(value, unit.per))
    return str(quantity_yaml(value))


def rounded(value: float, scale: float) -> float:
    """A number to six digits of a width."""
    if not (math.isfinite(value) and scale > 0):
        return value
    return round(value, _DIGITS - math.floor(math.log10(scale)))
