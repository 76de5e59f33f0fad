"""Kinds with steps: discrete values, samples from a file, Poisson counts."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import scipy

from simulator.scenario.distribution_kinds.base import (
    LARGEST,
    Distribution,
    Floats,
    Schema,
    check_shape,
    plain,
    shown,
)
from simulator.scenario.distribution_kinds.reading import mapping, number, quantity, short
from simulator.scenario.distribution_kinds.sample_files import read_samples
from simulator.scenario.units import Quantity, quantity_yaml


def step_quantile(values: Floats, cumulative: Floats, u: Floats) -> Floats:
    """The smallest value whose cumulative probability is at least `u`."""
    return values[np.searchsorted(cumulative[:-1], u, side="left")]


@dataclass(frozen=True, slots=True)
class Discrete(Distribution):
    """Some values, each with its probability."""

    values: tuple[Quantity, ...]
    weights: tuple[float, ...]
    kind: ClassVar[str] = "discrete"
    unit_fields: ClassVar[tuple[str, ...]] = ("values",)

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `{value: weight, ...}` and normalise the weights."""
        del folder
        if not isinstance(body, dict):
            problem = f"{short(body)} is not a mapping"
            raise ValueError(f"discrete: {problem}; expected {{value: weight}}")  # noqa: TRY004 - a user's value
        values = tuple(quantity(cls.kind, "value", raw) for raw in body)
        weights = [
            number(cls.kind, f"weight of {short(raw)}", weight) for raw, weight in body.items()
        ]
        return cls(values, _normalised(weights))

    @classmethod
    def example(cls) -> Self:
        """Three values."""
        return cls((0.0, 5.0, 20.0), (0.5, 0.25, 0.25))

    @classmethod
    def schema(cls) -> Schema:
        """A mapping of values to weights."""
        weight: Schema = {"type": "number", "minimum": 0}
        return {"type": "object", "minProperties": 1, "additionalProperties": weight}

    def check(self) -> None:
        """Refuse values that are listed twice and probabilities that are none."""
        if len(self.values) != len(self.weights) or not self.values:
            raise ValueError("discrete: expected one or more values, each with its weight")
        seen: set[Quantity] = set()
        for value in self.values:
            if value in seen:
                raise ValueError(f"discrete: {shown(value)} is there twice")
            seen.add(value)
        if not all(weight >= 0.0 for weight in self.weights):
            raise ValueError("discrete: a weight is negative; expected 0 or more")
        if abs(math.fsum(self.weights) - 1.0) > 1e-9:
            raise ValueError("discrete: the weights do not sum to 1")

    def to_yaml(self) -> dict[str, object]:
        """`{discrete: {value: weight}}`."""
        pairs = zip(self.values, self.weights, strict=True)
        return {self.kind: {quantity_yaml(value): weight for value, weight in pairs}}

    def steps(self) -> tuple[Floats, Floats]:
        """The rising values that can happen and their cumulative probabilities."""
        values, weights = np.array(plain(*self.values)), np.array(self.weights)
        order = np.argsort(values, kind="stable")
        order = order[weights[order] > 0.0]
        return values[order], np.cumsum(weights[order])

    def ppf(self, u: Floats) -> Floats:
        """The smallest value with at least this cumulative probability."""
        return step_quantile(*self.steps(), u)

    def mean(self) -> float:
        """The weighted sum."""
        return math.fsum(np.array(plain(*self.values)) * np.array(self.weights))

    def sd(self) -> float:
        """The weighted root mean square distance from the mean."""
        distance = np.array(plain(*self.values)) - self.mean()
        return math.sqrt(math.fsum(np.array(self.weights) * distance**2))

    def support(self) -> tuple[float, float]:
        """The least and the largest value that can happen."""
        values = self.steps()[0]
        return float(values[0]), float(values[-1])


def _normalised(weights: list[float]) -> tuple[float, ...]:
    for weight in weights:
        if not 0.0 <= weight <= LARGEST:
            raise ValueError(f"discrete: weight {weight:g} is not usable; expected 0 or more")
    total = math.fsum(weights)
    if not 0.0 < total < math.inf:
        raise ValueError("discrete: the weights sum to 0; expected one above 0")
    # What sums to 1 is kept as it is, so that reading it again changes nothing.
    return tuple(weights if abs(total - 1.0) < 1e-12 else (one / total for one in weights))


@dataclass(frozen=True, slots=True)
class Samples(Distribution):
    """Values from a column of a file, drawn as they are, each equally likely."""

    values: tuple[Quantity, ...]
    source: str
    unit: str = ""
    kind: ClassVar[str] = "samples"
    unit_fields: ClassVar[tuple[str, ...]] = ("values",)

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `file.csv#column`."""
        return cls.read_with_unit(body, None, folder)

    @classmethod
    def read_with_unit(cls, body: object, unit: object, folder: Path | None) -> Self:
        """Read `file.csv#column` whose plain numbers have the unit that stands beside."""
        if not isinstance(body, str):
            raise ValueError(f"samples: {short(body)} is not a text; expected file.csv#column")  # noqa: TRY004 - a user's value
        source = body.strip()
        values, unit_text = read_samples(source, unit, folder)
        return cls(values, source, unit_text)

    @classmethod
    def example(cls) -> Self:
        """Five ratios."""
        return cls((0.9, 1.0, 1.1, 1.4, 2.3), "history/ratios.csv#actual_over_estimate")

    @classmethod
    def schema(cls) -> Schema:
        """A text."""
        return {"type": "string", "pattern": "^[^#]+#.+$"}

    def check(self) -> None:
        """Refuse an empty sample."""
        if not self.values:
            raise ValueError(f"samples: {self.source} has no values")

    def to_yaml(self) -> dict[str, object]:
        """`{samples: file.csv#column}`, with `unit` where one was given."""
        unit: dict[str, object] = {"unit": self.unit} if self.unit else {}
        return {self.kind: self.source, **unit}

    def steps(self) -> tuple[Floats, Floats]:
        """The order statistics and their cumulative probabilities."""
        values = np.sort(np.array(plain(*self.values)))
        return values, np.arange(1, len(values) + 1) / len(values)

    def ppf(self, u: Floats) -> Floats:
        """The order statistic, as it is."""
        return step_quantile(*self.steps(), u)

    def mean(self) -> float:
        """The average."""
        return math.fsum(plain(*self.values)) / len(self.values)

    def sd(self) -> float:
        """That of a draw, so divided by n."""
        distance = np.array(plain(*self.values)) - self.mean()
        return math.sqrt(math.fsum(distance**2) / len(self.values))

    def support(self) -> tuple[float, float]:
        """The least and the largest value."""
        values = plain(*self.values)
        return min(values), max(values)


@dataclass(frozen=True, slots=True)
class Poisson(Distribution):
    """A count of independent events."""

    mean_value: float
    kind: ClassVar[str] = "poisson"

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read the mean, or `{mean}`."""
        del folder
        mean = mapping(cls.kind, body, ("mean",))["mean"] if isinstance(body, dict) else body
        return cls(number(cls.kind, "mean", mean))

    @classmethod
    def example(cls) -> Self:
        """40 on average."""
        return cls(40.0)

    @classmethod
    def schema(cls) -> Schema:
        """A number, or a mapping of the mean."""
        mean: Schema = {"type": "number", "minimum": 0}
        named: Schema = {"type": "object", "properties": {"mean": mean}, "required": ["mean"]}
        return {"oneOf": [mean, {**named, "additionalProperties": False}]}

    def check(self) -> None:
        """Refuse a negative mean, and one too large to tabulate."""
        check_shape(self.kind, "mean", self.mean_value, 0.0, 1e7)

    def to_yaml(self) -> dict[str, object]:
        """`{poisson: mean}`."""
        return {self.kind: quantity_yaml(self.mean_value)}

    def steps(self) -> tuple[Floats, Floats]:
        """The counts and their cumulative probabilities, as far as draws can reach."""
        spread = 10.0 * math.sqrt(self.mean_value)
        first = max(0.0, math.floor(self.mean_value - spread - 10.0))
        counts = np.arange(first, math.ceil(self.mean_value + spread + 40.0) + 1.0)
        cumulative: Floats = scipy.special.pdtr(counts, self.mean_value)
        wanted = cumulative > 1e-16
        # Beyond the first count that is certain to double precision nothing can be drawn.
        wanted &= np.concatenate([[True], cumulative[:-1] < 1.0])
        return counts[wanted], cumulative[wanted]

    def ppf(self, u: Floats) -> Floats:
        """By inversion."""
        return step_quantile(*self.steps(), u)

    def mean(self) -> float:
        """As stated."""
        return self.mean_value

    def sd(self) -> float:
        """The root of the mean."""
        return math.sqrt(self.mean_value)

    def support(self) -> tuple[float, float]:
        """From zero up, or zero alone."""
        return 0.0, math.inf if self.mean_value > 0.0 else 0.0
