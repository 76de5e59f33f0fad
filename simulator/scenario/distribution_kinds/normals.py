"""The normal and the lognormal distribution."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import scipy

from simulator.scenario.distribution_kinds.base import (
    PERCENTILE_PATTERN,
    QUANTITY_SCHEMA,
    Distribution,
    Floats,
    Schema,
    check_order,
    check_sign,
    comparable,
    plain,
)
from simulator.scenario.distribution_kinds.reading import (
    has_percentiles,
    mapping,
    percentiles,
    quantity,
)
from simulator.scenario.distribution_kinds.schemas import object_schema
from simulator.scenario.units import Quantity, quantity_yaml


@dataclass(frozen=True, slots=True)
class Normal(Distribution):
    """The normal distribution; it reaches below zero."""

    mean_value: Quantity
    sd_value: Quantity
    kind: ClassVar[str] = "normal"
    unit_fields: ClassVar[tuple[str, ...]] = ("mean_value", "sd_value")

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `{mean, sd}`."""
        del folder
        found = mapping(cls.kind, body, ("mean", "sd"))
        mean, sd = (quantity(cls.kind, name, found[name]) for name in ("mean", "sd"))
        return cls(mean, sd)

    @classmethod
    def example(cls) -> Self:
        """10 give or take 2."""
        return cls(10.0, 2.0)

    @classmethod
    def schema(cls) -> Schema:
        """A mapping of two."""
        return object_schema(("mean", "sd"), {})

    def check(self) -> None:
        """Refuse a negative sd."""
        check_sign(self.kind, "sd", self.sd_value, zero=True)

    def to_yaml(self) -> dict[str, object]:
        """`{normal: {mean, sd}}`."""
        body = {"mean": quantity_yaml(self.mean_value), "sd": quantity_yaml(self.sd_value)}
        return {self.kind: body}

    def ppf(self, u: Floats) -> Floats:
        """`mean + sd z`."""
        mean, sd = plain(self.mean_value, self.sd_value)
        found: Floats = mean + sd * scipy.special.ndtri(u)
        return found

    def mean(self) -> float:
        """As stated."""
        return plain(self.mean_value)[0]

    def sd(self) -> float:
        """As stated."""
        return plain(self.sd_value)[0]

    def support(self) -> tuple[float, float]:
        """Everything, or one value."""
        mean, sd = plain(self.mean_value, self.sd_value)
        return (-math.inf, math.inf) if sd > 0.0 else (mean, mean)

    def standard(self) -> tuple[Distribution, float, float]:
        """The standard normal distribution."""
        mean, sd = plain(self.mean_value, self.sd_value)
        return Normal(0.0, 1.0), mean, sd


@dataclass(frozen=True, slots=True)
class Lognormal(Distribution):
    """`exp(mu + sigma z)`, stated by its own mean and sd or by two percentiles.

    sigma^2 = log(1 + (sd / mean)^2), mu = log(mean) - sigma^2 / 2.
    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 14.
    """

    mean_value: Quantity | None = None
    sd_value: Quantity | None = None
    percents: tuple[int, ...] = ()
    values: tuple[Quantity, ...] = ()
    kind: ClassVar[str] = "lognormal"
    unit_fields: ClassVar[tuple[str, ...]] = ("mean_value", "sd_value", "values")

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `{mean, sd}` or `{p10, p90}`."""
        del folder
        if has_percentiles(body):
            percents, values, _ = percentiles(cls.kind, body, ())
            return cls(percents=percents, values=values)
        found = mapping(cls.kind, body, ("mean", "sd"))
        mean, sd = (quantity(cls.kind, name, found[name]) for name in ("mean", "sd"))
        return cls(mean, sd)

    @classmethod
    def example(cls) -> Self:
        """A half between 8 and 15."""
        return cls(percents=(25, 75), values=(8.0, 15.0))

    @classmethod
    def schema(cls) -> Schema:
        """A mapping of mean and sd, or of two percentiles."""
        two: Schema = {
            "type": "object",
            "patternProperties": {PERCENTILE_PATTERN: QUANTITY_SCHEMA},
            "minProperties": 2,
            "maxProperties": 2,
            "additionalProperties": False,
        }
        return {"oneOf": [object_schema(("mean", "sd"), {}), two]}

    def check(self) -> None:
        """Refuse values of zero or less, falling percentiles, and an absurd spread."""
        if self.mean_value is None or self.sd_value is None:
            self._check_percentiles()
        else:
            check_sign(self.kind, "mean", self.mean_value, zero=False)
            check_sign(self.kind, "sd", self.sd_value, zero=True)
            both = comparable(self.mean_value, self.sd_value)
            if both is not None and both[1] > 1e5 * both[0]:
                raise ValueError("lognormal: sd is more than 100,000 times the mean")

    def _check_percentiles(self) -> None:
        if len(self.values) != 2 or len(self.percents) != 2:
            raise ValueError(
                f"lognormal: {len(self.values)} percentiles; expected two, or mean and sd"
            )
        names = tuple(f"p{percent}" for percent in self.percents)
        for name, value in zip(names, self.values, strict=True):
            check_sign(self.kind, name, value, zero=False)
        check_order(self.kind, names, self.values)
        values = comparable(*self.values)
        if values is not None and self._between(values)[1] > 5.0:
            raise ValueError(f"lognormal: {names[0]} and {names[1]} are too far apart to compute")

    def _between(self, values: tuple[float, ...]) -> tuple[float, float]:
        first, last = (float(scipy.special.ndtri(percent / 100.0)) for percent in self.percents)
        low, high = (math.log(value) for value in values)
        sigma = (high - low) / (last - first)
        return low - sigma * first, sigma

    def _log_mean_and_sd(self) -> tuple[float, float]:
        if self.mean_value is None or self.sd_value is None:
            return self._between(plain(*self.values))
        mean, sd = plain(self.mean_value, self.sd_value)
        variance = math.log1p((sd / mean) ** 2)
        return math.log(mean) - 0.5 * variance, math.sqrt(variance)

    def to_yaml(self) -> dict[str, object]:
        """As it was stated."""
        if self.mean_value is None or self.sd_value is None:
            pairs = zip(self.percents, self.values, strict=True)
            return {self.kind: {f"p{percent}": quantity_yaml(value) for percent, value in pairs}}
        body = {"mean": quantity_yaml(self.mean_value), "sd": quantity_yaml(self.sd_value)}
        return {self.kind: body}

    def ppf(self, u: Floats) -> Floats:
        """`exp(mu + sigma z)`."""
        mu, sigma = self._log_mean_and_sd()
        found: Floats = np.exp(mu + sigma * scipy.special.ndtri(u))
        return found

    def mean(self) -> float:
        """`exp(mu + sigma^2 / 2)`."""
        mu, sigma = self._log_mean_and_sd()
        return math.exp(mu + 0.5 * sigma * sigma)

    def sd(self) -> float:
        """`mean sqrt(exp(sigma^2) - 1)`."""
        sigma = self._log_mean_and_sd()[1]
        return self.mean() * math.sqrt(math.expm1(sigma * sigma))

    def support(self) -> tuple[float, float]:
        """From zero up, or one value."""
        mu, sigma = self._log_mean_and_sd()
        return (0.0, math.inf) if sigma > 0.0 else (math.exp(mu), math.exp(mu))
