"""Beta distributions: by shape, and PERT by its mode."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import scipy

from simulator.scenario.distribution_kinds.base import (
    Distribution,
    Floats,
    Schema,
    check_order,
    check_shape,
    plain,
)
from simulator.scenario.distribution_kinds.reading import (
    listed,
    mapping,
    number,
    quantity,
)
from simulator.scenario.distribution_kinds.schemas import THREE, list_schema, object_schema
from simulator.scenario.units import Quantity, quantity_yaml


@dataclass(frozen=True, slots=True)
class Beta(Distribution):
    """A beta distribution stretched from `low` to `high`."""

    low: Quantity
    high: Quantity
    alpha: float
    beta: float
    kind: ClassVar[str] = "beta"
    unit_fields: ClassVar[tuple[str, ...]] = ("low", "high")

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `{low, high, alpha, beta}`."""
        del folder
        found = mapping(cls.kind, body, ("low", "high", "alpha", "beta"))
        low, high = (quantity(cls.kind, name, found[name]) for name in ("low", "high"))
        alpha, beta = (number(cls.kind, name, found[name]) for name in ("alpha", "beta"))
        return cls(low, high, alpha, beta)

    @classmethod
    def example(cls) -> Self:
        """Skewed to the right."""
        return cls(0.0, 10.0, 2.0, 5.0)

    @classmethod
    def schema(cls) -> Schema:
        """A mapping of four."""
        shapes: Schema = {name: {"type": "number"} for name in ("alpha", "beta")}
        found = object_schema(("low", "high"), shapes)
        return {**found, "required": ["low", "high", "alpha", "beta"]}

    def check(self) -> None:
        """Refuse `low` above `high` and shapes that cannot be computed."""
        check_order(self.kind, ("low", "high"), (self.low, self.high))
        check_shape(self.kind, "alpha", self.alpha, 0.05, 1e5)
        check_shape(self.kind, "beta", self.beta, 0.05, 1e5)

    def to_yaml(self) -> dict[str, object]:
        """`{beta: {low, high, alpha, beta}}`."""
        bounds = {"low": quantity_yaml(self.low), "high": quantity_yaml(self.high)}
        return {self.kind: {**bounds, "alpha": self.alpha, "beta": self.beta}}

    def ppf(self, u: Floats) -> Floats:
        """By the inverse of the incomplete beta function."""
        low, high = plain(self.low, self.high)
        found: Floats = low + (high - low) * scipy.special.betaincinv(self.alpha, self.beta, u)
        return found

    def mean(self) -> float:
        """`low + (high - low) alpha / (alpha + beta)`."""
        low, high = plain(self.low, self.high)
        return low + (high - low) * self.alpha / (self.alpha + self.beta)

    def sd(self) -> float:
        """The standard formula, stretched."""
        low, high = plain(self.low, self.high)
        total = self.alpha + self.beta
        return (high - low) * math.sqrt(self.alpha * self.beta / (total + 1.0)) / total

    def support(self) -> tuple[float, float]:
        """`low` and `high`."""
        low, high = plain(self.low, self.high)
        return low, high

    def standard(self) -> tuple[Distribution, float, float]:
        """The same shape on 0 to 1."""
        low, high = plain(self.low, self.high)
        return Beta(0.0, 1.0, self.alpha, self.beta), low, high - low


@dataclass(frozen=True, slots=True)
class Pert(Distribution):
    """A beta distribution with a given mode; `weight` 4 is the classical PERT.

    alpha = 1 + weight (mode - low) / (high - low), beta = 1 + weight (high - mode) / (high - low).
    Source: Vose, Risk Analysis (3rd ed., 2008), modified PERT; Malcolm et al. 1959 for weight 4.
    """

    low: Quantity
    mode_value: Quantity
    high: Quantity
    weight: float = 4.0
    kind: ClassVar[str] = "pert"
    unit_fields: ClassVar[tuple[str, ...]] = ("low", "mode_value", "high")

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `[low, mode, high]` or `{low, mode, high, weight}`."""
        del folder
        if not isinstance(body, dict):
            low, mode, high = listed(cls.kind, body, THREE)
            return cls(low, mode, high)
        found = mapping(cls.kind, body, THREE, ("weight",))
        low, mode, high = (quantity(cls.kind, name, found[name]) for name in THREE)
        return cls(low, mode, high, number(cls.kind, "weight", found.get("weight", 4.0)))

    @classmethod
    def example(cls) -> Self:
        """Skewed to the right."""
        return cls(15.0, 20.0, 40.0)

    @classmethod
    def schema(cls) -> Schema:
        """A list of three, or a mapping that may give the weight."""
        weight: Schema = {"weight": {"type": "number", "exclusiveMinimum": 0}}
        return {"oneOf": [list_schema(3), object_schema(THREE, weight)]}

    def check(self) -> None:
        """Refuse values out of order and a weight that cannot be computed."""
        check_order(self.kind, THREE, (self.low, self.mode_value, self.high))
        check_shape(self.kind, "weight", self.weight, 0.01, 1e4)

    def to_yaml(self) -> dict[str, object]:
        """The list, or the mapping where the weight is not 4."""
        values = [quantity_yaml(value) for value in (self.low, self.mode_value, self.high)]
        if self.weight == 4.0:
            return {self.kind: values}
        return {self.kind: {**dict(zip(THREE, values, strict=True)), "weight": self.weight}}

    def as_beta(self) -> Beta:
        """The beta distribution that this is."""
        low, mode, high = plain(self.low, self.mode_value, self.high)
        part = (mode - low) / (high - low) if high > low else 0.5
        return Beta(low, high, 1.0 + self.weight * part, 1.0 + self.weight * (1.0 - part))

    def ppf(self, u: Floats) -> Floats:
        """That of the beta distribution."""
        return self.as_beta().ppf(u)

    def mean(self) -> float:
        """`(low + weight mode + high) / (weight + 2)`."""
        return self.as_beta().mean()

    def sd(self) -> float:
        """That of the beta distribution, not the textbook's `(high - low) / 6`."""
        return self.as_beta().sd()

    def mode(self) -> float:
        """The peak of the density."""
        return plain(self.mode_value)[0]

    def support(self) -> tuple[float, float]:
        """`low` and `high`."""
        low, high = plain(self.low, self.high)
        return low, high

    def standard(self) -> tuple[Distribution, float, float]:
        """The beta distribution of this shape on 0 to 1."""
        return self.as_beta().standard()
