"""Kinds with straight-line densities: uniform, triangular, trigen."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from simulator.scenario.distribution_kinds.base import (
    PERCENTILE_PATTERN,
    QUANTITY_SCHEMA,
    Distribution,
    Floats,
    Schema,
    check_order,
    plain,
)
from simulator.scenario.distribution_kinds.reading import (
    listed,
    percentiles,
    quantity,
)
from simulator.scenario.distribution_kinds.schemas import THREE, list_schema, object_schema
from simulator.scenario.units import Quantity, quantity_yaml


@dataclass(frozen=True, slots=True)
class Uniform(Distribution):
    """Every value between `low` and `high` equally likely."""

    low: Quantity
    high: Quantity
    kind: ClassVar[str] = "uniform"
    unit_fields: ClassVar[tuple[str, ...]] = ("low", "high")

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `[low, high]`."""
        del folder
        return cls(*listed(cls.kind, body, ("low", "high")))

    @classmethod
    def example(cls) -> Self:
        """Between 2 and 5."""
        return cls(2.0, 5.0)

    @classmethod
    def schema(cls) -> Schema:
        """A list of two, or a mapping."""
        return {"oneOf": [list_schema(2), object_schema(("low", "high"), {})]}

    def check(self) -> None:
        """Refuse `low` above `high`."""
        check_order(self.kind, ("low", "high"), (self.low, self.high))

    def to_yaml(self) -> dict[str, object]:
        """`{uniform: [low, high]}`."""
        return {self.kind: [quantity_yaml(self.low), quantity_yaml(self.high)]}

    def ppf(self, u: Floats) -> Floats:
        """`low + u (high - low)`."""
        low, high = plain(self.low, self.high)
        return low + u * (high - low)

    def mean(self) -> float:
        """Halfway."""
        low, high = plain(self.low, self.high)
        return 0.5 * (low + high)

    def sd(self) -> float:
        """`(high - low) / sqrt(12)`."""
        low, high = plain(self.low, self.high)
        return (high - low) / math.sqrt(12.0)

    def support(self) -> tuple[float, float]:
        """`low` and `high`."""
        low, high = plain(self.low, self.high)
        return low, high


@dataclass(frozen=True, slots=True)
class Triangular(Distribution):
    """A density that rises in a straight line to the mode and falls in one to `high`."""

    low: Quantity
    mode_value: Quantity
    high: Quantity
    kind: ClassVar[str] = "triangular"
    unit_fields: ClassVar[tuple[str, ...]] = ("low", "mode_value", "high")

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `[low, mode, high]`."""
        del folder
        return cls(*listed(cls.kind, body, THREE))

    @classmethod
    def example(cls) -> Self:
        """Skewed to the right."""
        return cls(2.0, 3.0, 7.0)

    @classmethod
    def schema(cls) -> Schema:
        """A list of three, or a mapping."""
        return {"oneOf": [list_schema(3), object_schema(THREE, {})]}

    def check(self) -> None:
        """Refuse values out of order."""
        check_order(self.kind, THREE, (self.low, self.mode_value, self.high))

    def to_yaml(self) -> dict[str, object]:
        """`{triangular: [low, mode, high]}`."""
        values = (self.low, self.mode_value, self.high)
        return {self.kind: [quantity_yaml(value) for value in values]}

    def ppf(self, u: Floats) -> Floats:
        """The closed form: a square root on either side of the mode."""
        low, mode, high = plain(self.low, self.mode_value, self.high)
        if high == low:
            return np.full_like(u, low)
        rising = low + np.sqrt(u * ((high - low) * (mode - low)))
        falling = high - np.sqrt((1.0 - u) * ((high - low) * (high - mode)))
        return np.where(u * (high - low) < mode - low, rising, falling)

    def mean(self) -> float:
        """A third of the sum of the three."""
        return math.fsum(plain(self.low, self.mode_value, self.high)) / 3.0

    def sd(self) -> float:
        """From the squared differences, so that nothing cancels."""
        low, mode, high = plain(self.low, self.mode_value, self.high)
        squares = (high - low) ** 2 + (mode - low) ** 2 + (high - mode) ** 2
        return math.sqrt(squares / 36.0)

    def mode(self) -> float:
        """The peak of the density."""
        return plain(self.mode_value)[0]

    def support(self) -> tuple[float, float]:
        """`low` and `high`."""
        low, high = plain(self.low, self.high)
        return low, high


@dataclass(frozen=True, slots=True)
class Trigen(Distribution):
    """A triangular distribution stated by two percentiles and its mode."""

    low_percent: int
    low_value: Quantity
    mode_value: Quantity
    high_percent: int
    high_value: Quantity
    kind: ClassVar[str] = "trigen"
    unit_fields: ClassVar[tuple[str, ...]] = ("low_value", "mode_value", "high_value")

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `{p10, mode, p90}`, with any two percentiles."""
        del folder
        percents, values, rest = percentiles(cls.kind, body, ("mode",))
        if len(percents) != 2:
            raise ValueError(f"trigen: {len(percents)} percentiles; expected two, such as p10, p90")
        if "mode" not in rest:
            raise ValueError("trigen: mode missing; expected {p10, mode, p90}")
        mode = quantity(cls.kind, "mode", rest["mode"])
        return cls(percents[0], values[0], mode, percents[1], values[1])

    @classmethod
    def example(cls) -> Self:
        """Skewed to the right."""
        return cls(10, 18.0, 20.0, 90, 35.0)

    @classmethod
    def schema(cls) -> Schema:
        """A mapping of the mode and two percentiles."""
        return {
            "type": "object",
            "properties": {"mode": QUANTITY_SCHEMA},
            "patternProperties": {PERCENTILE_PATTERN: QUANTITY_SCHEMA},
            "required": ["mode"],
            "minProperties": 3,
            "maxProperties": 3,
            "additionalProperties": False,
        }

    def check(self) -> None:
        """Refuse a mode that is not between the percentiles."""
        names = (f"p{self.low_percent}", "mode", f"p{self.high_percent}")
        check_order(self.kind, names, (self.low_value, self.mode_value, self.high_value))
        if not 0 < self.low_percent < self.high_percent < 100:
            raise ValueError("trigen: expected two percentiles from p1 to p99, the lower first")

    def to_yaml(self) -> dict[str, object]:
        """`{trigen: {p10, mode, p90}}`."""
        return {
            self.kind: {
                f"p{self.low_percent}": quantity_yaml(self.low_value),
                "mode": quantity_yaml(self.mode_value),
                f"p{self.high_percent}": quantity_yaml(self.high_value),
            }
        }

    def as_triangular(self) -> Triangular:
        """The triangular distribution that has these percentiles and this mode.

        With c the probability below the mode, w the width, p and q the probabilities below the
        lower and above the upper percentile, the two distances from the mode are
        w (c - sqrt(p c)) and w (1 - c - sqrt(q (1 - c))). Their ratio rises with c, so c is found
        by halving the interval from p to 1 - q.
        """
        first, mode, last = plain(self.low_value, self.mode_value, self.high_value)
        below, above = mode - first, last - mode
        if below + above == 0.0:
            return Triangular(mode, mode, mode)
        p, q = self.low_percent / 100.0, 1.0 - self.high_percent / 100.0

        def left(c: float) -> float:
            return c - math.sqrt(p * c)

        def right(c: float) -> float:
            return 1.0 - c - math.sqrt(q * (1.0 - c))

        c = _rising_root(lambda c: left(c) * above - right(c) * below, p, 1.0 - q)
        width = (below + above) / (left(c) + right(c))
        return Triangular(mode - c * width, mode, mode + (1.0 - c) * width)

    def ppf(self, u: Floats) -> Floats:
        """That of the triangular distribution."""
        return self.as_triangular().ppf(u)

    def mean(self) -> float:
        """That of the triangular distribution."""
        return self.as_triangular().mean()

    def sd(self) -> float:
        """That of the triangular distribution."""
        return self.as_triangular().sd()

    def mode(self) -> float:
        """The peak of the density."""
        return plain(self.mode_value)[0]

    def support(self) -> tuple[float, float]:
        """Where the triangle begins and ends."""
        return self.as_triangular().support()

    def standard(self) -> tuple[Distribution, float, float]:
        """The triangular distribution itself."""
        return self.as_triangular(), 0.0, 1.0


def _rising_root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function is zero, to the last bit."""
    while low < (middle := 0.5 * (low + high)) < high:
        if function(middle) < 0.0:
            low = middle
        else:
            high = middle
    return high
