"""Kinds with one long tail: exponential, gamma, Weibull, Pareto."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import scipy

from simulator.scenario.distribution_kinds.base import (
    QUANTITY_SCHEMA,
    Distribution,
    Floats,
    Schema,
    check_shape,
    check_sign,
    comparable,
    plain,
)
from simulator.scenario.distribution_kinds.reading import mapping, number, quantity
from simulator.scenario.distribution_kinds.schemas import object_schema
from simulator.scenario.units import Quantity, quantity_yaml


def _shaped(size: str, *shapes: str) -> Schema:
    found = object_schema((size,), {name: {"type": "number"} for name in shapes})
    return {**found, "required": [size, *shapes]}


@dataclass(frozen=True, slots=True)
class Exponential(Distribution):
    """Waiting for something that comes at a constant rate."""

    mean_value: Quantity
    kind: ClassVar[str] = "exponential"
    unit_fields: ClassVar[tuple[str, ...]] = ("mean_value",)

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `{mean}`, or the mean alone."""
        del folder
        mean = mapping(cls.kind, body, ("mean",))["mean"] if isinstance(body, dict) else body
        return cls(quantity(cls.kind, "mean", mean))

    @classmethod
    def example(cls) -> Self:
        """5 on average."""
        return cls(5.0)

    @classmethod
    def schema(cls) -> Schema:
        """A mapping of the mean, or the mean alone."""
        return {"oneOf": [object_schema(("mean",), {}), QUANTITY_SCHEMA]}

    def check(self) -> None:
        """Refuse a negative mean."""
        check_sign(self.kind, "mean", self.mean_value, zero=True)

    def to_yaml(self) -> dict[str, object]:
        """`{exponential: {mean}}`."""
        return {self.kind: {"mean": quantity_yaml(self.mean_value)}}

    def ppf(self, u: Floats) -> Floats:
        """`-mean log(1 - u)`."""
        return -plain(self.mean_value)[0] * np.log1p(-u)

    def mean(self) -> float:
        """As stated."""
        return plain(self.mean_value)[0]

    def sd(self) -> float:
        """Equal to the mean."""
        return plain(self.mean_value)[0]

    def support(self) -> tuple[float, float]:
        """From zero up, or zero alone."""
        return 0.0, math.inf if plain(self.mean_value)[0] > 0.0 else 0.0

    def standard(self) -> tuple[Distribution, float, float]:
        """Mean 1."""
        return Exponential(1.0), 0.0, plain(self.mean_value)[0]


@dataclass(frozen=True, slots=True)
class Gamma(Distribution):
    """The gamma distribution, stated by mean and sd or by shape and scale."""

    mean_value: Quantity | None = None
    sd_value: Quantity | None = None
    shape: float | None = None
    scale: Quantity | None = None
    kind: ClassVar[str] = "gamma"
    unit_fields: ClassVar[tuple[str, ...]] = ("mean_value", "sd_value", "scale")

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `{mean, sd}` or `{shape, scale}`."""
        del folder
        if isinstance(body, dict) and ("shape" in body or "scale" in body):
            found = mapping(cls.kind, body, ("shape", "scale"))
            scale = quantity(cls.kind, "scale", found["scale"])
            return cls(shape=number(cls.kind, "shape", found["shape"]), scale=scale)
        found = mapping(cls.kind, body, ("mean", "sd"))
        mean, sd = (quantity(cls.kind, name, found[name]) for name in ("mean", "sd"))
        return cls(mean, sd)

    @classmethod
    def example(cls) -> Self:
        """10 give or take 4."""
        return cls(10.0, 4.0)

    @classmethod
    def schema(cls) -> Schema:
        """A mapping of mean and sd, or of shape and scale."""
        return {"oneOf": [object_schema(("mean", "sd"), {}), _shaped("scale", "shape")]}

    def check(self) -> None:
        """Refuse negative sizes and shapes that cannot be computed."""
        if self.shape is not None and self.scale is not None:
            check_shape(self.kind, "shape", self.shape, 0.01, 1e6)
            check_sign(self.kind, "scale", self.scale, zero=True)
        elif self.mean_value is not None and self.sd_value is not None:
            self._check_mean_and_sd(self.mean_value, self.sd_value)
        else:
            raise ValueError("gamma: expected {mean, sd} or {shape, scale}")

    def _check_mean_and_sd(self, mean: Quantity, sd: Quantity) -> None:
        check_sign(self.kind, "sd", sd, zero=True)
        check_sign(self.kind, "mean", mean, zero=True)
        both = comparable(mean, sd)
        if both is not None and both[1] > 0.0 and not 0.001 <= both[1] / (both[0] or 1e-9) <= 10.0:
            raise ValueError(
                "gamma: expected sd 0, or a thousandth of the mean to ten times the mean"
            )

    def _shape_and_scale(self) -> tuple[float, float]:
        if self.shape is not None:
            return self.shape, plain(self.scale)[0]
        mean, sd = plain(self.mean_value, self.sd_value)
        return (mean / sd) ** 2, sd * (sd / mean)

    def _constant(self) -> float | None:
        if self.shape is not None:
            return 0.0 if plain(self.scale)[0] == 0.0 else None
        mean, sd = plain(self.mean_value, self.sd_value)
        return mean if sd == 0.0 else None

    def to_yaml(self) -> dict[str, object]:
        """As it was stated."""
        if self.shape is not None and self.scale is not None:
            return {self.kind: {"shape": self.shape, "scale": quantity_yaml(self.scale)}}
        pairs = (("mean", self.mean_value), ("sd", self.sd_value))
        return {self.kind: {name: quantity_yaml(one) for name, one in pairs if one is not None}}

    def ppf(self, u: Floats) -> Floats:
        """By the inverse of the incomplete gamma function."""
        constant = self._constant()
        if constant is not None:
            return np.full_like(u, constant)
        shape, scale = self._shape_and_scale()
        found: Floats = scale * scipy.special.gammaincinv(shape, u)
        return found

    def mean(self) -> float:
        """`shape scale`."""
        if self.shape is None:
            return plain(self.mean_value)[0]
        return self.shape * plain(self.scale)[0]

    def sd(self) -> float:
        """`sqrt(shape) scale`."""
        if self.shape is None:
            return plain(self.sd_value)[0]
        return math.sqrt(self.shape) * plain(self.scale)[0]

    def support(self) -> tuple[float, float]:
        """From zero up, or one value."""
        constant = self._constant()
        return (0.0, math.inf) if constant is None else (constant, constant)

    def standard(self) -> tuple[Distribution, float, float]:
        """The same shape with scale 1."""
        if self._constant() is not None:
            return self, 0.0, 1.0
        shape, scale = self._shape_and_scale()
        return Gamma(shape=min(max(shape, 0.01), 1e6), scale=1.0), 0.0, scale


@dataclass(frozen=True, slots=True)
class Weibull(Distribution):
    """The Weibull distribution."""

    shape: float
    scale: Quantity
    kind: ClassVar[str] = "weibull"
    unit_fields: ClassVar[tuple[str, ...]] = ("scale",)

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `{shape, scale}`."""
        del folder
        found = mapping(cls.kind, body, ("shape", "scale"))
        scale = quantity(cls.kind, "scale", found["scale"])
        return cls(number(cls.kind, "shape", found["shape"]), scale)

    @classmethod
    def example(cls) -> Self:
        """Skewed to the right."""
        return cls(1.5, 10.0)

    @classmethod
    def schema(cls) -> Schema:
        """A mapping of two."""
        return _shaped("scale", "shape")

    def check(self) -> None:
        """Refuse a negative scale and shapes that cannot be computed."""
        check_shape(self.kind, "shape", self.shape, 0.05, 1e4)
        check_sign(self.kind, "scale", self.scale, zero=True)

    def to_yaml(self) -> dict[str, object]:
        """`{weibull: {shape, scale}}`."""
        return {self.kind: {"shape": self.shape, "scale": quantity_yaml(self.scale)}}

    def ppf(self, u: Floats) -> Floats:
        """`scale (-log(1 - u))^(1 / shape)`."""
        return plain(self.scale)[0] * np.power(-np.log1p(-u), 1.0 / self.shape)

    def mean(self) -> float:
        """`scale gamma(1 + 1 / shape)`."""
        return plain(self.scale)[0] * math.gamma(1.0 + 1.0 / self.shape)

    def sd(self) -> float:
        """By the first two moments; their ratio first, so that little cancels."""
        ratio = 2.0 * math.lgamma(1.0 + 1.0 / self.shape) - math.lgamma(1.0 + 2.0 / self.shape)
        second = math.gamma(1.0 + 2.0 / self.shape)
        return plain(self.scale)[0] * math.sqrt(-second * math.expm1(ratio))

    def support(self) -> tuple[float, float]:
        """From zero up, or zero alone."""
        return 0.0, math.inf if plain(self.scale)[0] > 0.0 else 0.0

    def standard(self) -> tuple[Distribution, float, float]:
        """The same shape with scale 1."""
        return Weibull(self.shape, 1.0), 0.0, plain(self.scale)[0]


@dataclass(frozen=True, slots=True)
class Pareto(Distribution):
    """A power law that begins at `low`: P(X > x) = (low / x)^alpha."""

    low: Quantity
    alpha: float
    kind: ClassVar[str] = "pareto"
    unit_fields: ClassVar[tuple[str, ...]] = ("low",)

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `{low, alpha}`."""
        del folder
        found = mapping(cls.kind, body, ("low", "alpha"))
        low = quantity(cls.kind, "low", found["low"])
        return cls(low, number(cls.kind, "alpha", found["alpha"]))

    @classmethod
    def example(cls) -> Self:
        """A tail with a variance."""
        return cls(5.0, 3.0)

    @classmethod
    def schema(cls) -> Schema:
        """A mapping of two."""
        return _shaped("low", "alpha")

    def check(self) -> None:
        """Refuse a beginning below zero and exponents that cannot be computed."""
        check_shape(self.kind, "alpha", self.alpha, 0.1, 1e6)
        check_sign(self.kind, "low", self.low, zero=True)

    def to_yaml(self) -> dict[str, object]:
        """`{pareto: {low, alpha}}`."""
        return {self.kind: {"low": quantity_yaml(self.low), "alpha": self.alpha}}

    def ppf(self, u: Floats) -> Floats:
        """`low (1 - u)^(-1 / alpha)`."""
        return plain(self.low)[0] * np.exp(np.log1p(-u) / -self.alpha)

    def mean(self) -> float:
        """`low alpha / (alpha - 1)`; none up to alpha 1."""
        low = plain(self.low)[0]
        if self.alpha <= 1.0 and low > 0.0:
            return math.inf
        return low * self.alpha / (self.alpha - 1.0) if low > 0.0 else 0.0

    def sd(self) -> float:
        """By the standard formula; none up to alpha 2."""
        low = plain(self.low)[0]
        if low == 0.0:
            return 0.0
        if self.alpha <= 2.0:
            return math.inf
        return low * math.sqrt(self.alpha / (self.alpha - 2.0)) / (self.alpha - 1.0)

    def support(self) -> tuple[float, float]:
        """From `low` up, or zero alone."""
        low = plain(self.low)[0]
        return low, math.inf if low > 0.0 else 0.0

    def standard(self) -> tuple[Distribution, float, float]:
        """The same exponent from 1 up."""
        return Pareto(1.0, self.alpha), 0.0, plain(self.low)[0]
