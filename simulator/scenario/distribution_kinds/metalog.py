"""The metalog distribution: a smooth quantile function through stated percentiles.

Source: Keelin, The Metalog Distributions, Decision Analysis 13 (2016): eqs. 6 and 7 for the
terms, table 3 for bounds (log and logit transforms), section 3.2 for feasibility.
"""

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
    comparable,
    plain,
)
from simulator.scenario.distribution_kinds.reading import percentiles, quantity
from simulator.scenario.units import Quantity, quantity_yaml

MOST_TERMS = 10
"""More percentiles than this are fitted by least squares: more terms would swing between them."""
FURTHEST = 60.0
"""Log odds beyond which no draw reaches (2^-33 is at 22.9) so that slopes are not judged."""


@dataclass(frozen=True, slots=True)
class Metalog(Distribution):
    """The metalog through three or more percentiles, within optional bounds."""

    percents: tuple[int, ...]
    values: tuple[Quantity, ...]
    low: Quantity | None = None
    high: Quantity | None = None
    kind: ClassVar[str] = "metalog"
    unit_fields: ClassVar[tuple[str, ...]] = ("low", "values", "high")

    @classmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read `{p10, p50, p90, low, high}`; three or more percentiles, bounds if there are any."""
        del folder
        percents, values, rest = percentiles(cls.kind, body, ("low", "high"))
        bounds = {name: quantity(cls.kind, name, raw) for name, raw in rest.items()}
        return cls(percents, values, **bounds)

    @classmethod
    def example(cls) -> Self:
        """Skewed to the right."""
        return cls((10, 50, 90), (0.9, 1.2, 2.2))

    @classmethod
    def schema(cls) -> Schema:
        """A mapping of percentiles and bounds."""
        return {
            "type": "object",
            "properties": {"low": QUANTITY_SCHEMA, "high": QUANTITY_SCHEMA},
            "patternProperties": {PERCENTILE_PATTERN: QUANTITY_SCHEMA},
            "minProperties": 3,
            "additionalProperties": False,
        }

    def check(self) -> None:
        """Refuse too few or falling percentiles, and those whose quantile function would fall."""
        if len(self.percents) < 3:
            raise ValueError(
                f"metalog: {len(self.percents)} percentiles; expected three or more, "
                "such as p10, p50, p90"
            )
        names = tuple(f"p{percent}" for percent in self.percents)
        check_order(self.kind, *self._within(names))
        numbers = comparable(*self.quantities())
        if numbers is None or self._constant(numbers):
            return
        in_order, stated = self._within(names)
        ranked = comparable(*stated)
        assert ranked is not None
        for index in range(len(ranked) - 1):
            if ranked[index] == ranked[index + 1]:
                both = f"{in_order[index]} and {in_order[index + 1]}"
                raise ValueError(f"metalog: {both} are equal; expected rising values")
        self._fit(numbers).check(names)

    def _within(self, names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[Quantity, ...]]:
        low = () if self.low is None else (self.low,)
        high = () if self.high is None else (self.high,)
        labels = (("low",) * len(low), names, ("high",) * len(high))
        return sum(labels, ()), (*low, *self.values, *high)

    def _constant(self, numbers: tuple[float, ...]) -> bool:
        start = self.low is not None
        values = numbers[start : start + len(self.values)]
        return min(values) == max(values)

    def _fit(self, numbers: tuple[float, ...]) -> "Fit":
        """The fit to numbers in the order of `quantities`."""
        start = self.low is not None
        low = numbers[0] if self.low is not None else -math.inf
        high = numbers[-1] if self.high is not None else math.inf
        values = np.array(numbers[start : start + len(self.values)])
        return fit(np.array(self.percents) / 100.0, values, low, high)

    def _resolved_fit(self) -> "Fit | None":
        numbers = plain(*self.quantities())
        return None if self._constant(numbers) else self._fit(numbers)

    def to_yaml(self) -> dict[str, object]:
        """`{metalog: {p10, p50, p90, low, high}}`."""
        pairs = zip(self.percents, self.values, strict=True)
        body: dict[str, object] = {f"p{percent}": quantity_yaml(value) for percent, value in pairs}
        for name, bound in (("low", self.low), ("high", self.high)):
            if bound is not None:
                body[name] = quantity_yaml(bound)
        return {self.kind: body}

    def ppf(self, u: Floats) -> Floats:
        """The fitted quantile function."""
        found = self._resolved_fit()
        if found is None:
            return np.full_like(u, plain(self.values[0])[0])
        return found.at(u, scipy.special.logit(u))

    def mean(self) -> float:
        """By the trapezoidal rule in the log odds, which converges exponentially here."""
        found = self._resolved_fit()
        return plain(self.values[0])[0] if found is None else found.moments()[0]

    def sd(self) -> float:
        """By the trapezoidal rule in the log odds."""
        found = self._resolved_fit()
        return 0.0 if found is None else found.moments()[1]

    def support(self) -> tuple[float, float]:
        """The bounds, infinite where there is none; or one value."""
        if self._resolved_fit() is None:
            return plain(self.values[0])[0], plain(self.values[0])[0]
        low = -math.inf if self.low is None else plain(self.low)[0]
        high = math.inf if self.high is None else plain(self.high)[0]
        return low, high


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted quantile function: `transform(centre + unit * sum of terms)`."""

    coefficients: Floats
    centre: float
    unit: float
    low: float
    high: float

    def at(self, u: Floats, odds: Floats) -> Floats:
        """The quantile at probability `u`, whose log odds are given too."""
        terms = np.zeros_like(u)
        for index, coefficient in enumerate(self.coefficients):
            terms += coefficient * _term(index, u - 0.5, odds)
        return _from_line(self.centre + self.unit * terms, self.low, self.high)

    def check(self, names: tuple[str, ...]) -> None:
        """Refuse a quantile function that falls somewhere, or leaves the numbers."""
        odds = np.linspace(-FURTHEST, FURTHEST, 4801)
        u = scipy.special.expit(odds)
        slope = np.zeros_like(u)
        for index, coefficient in enumerate(self.coefficients):
            slope += coefficient * _slope(index, u, odds)
        worst = int(np.argmin(slope))
        if slope[worst] < -1e-9:
            raise ValueError(
                f"metalog: no metalog rises through {', '.join(names)}: its quantiles would fall "
                f"near p{100 * u[worst]:.3g}; expected less extreme spacing, or other bounds"
            )
        ends = np.array([2.0**-33, 1.0 - 2.0**-33])
        if not np.all(np.abs(self.at(ends, scipy.special.logit(ends))) < 1e100):
            raise ValueError("metalog: these bounds make the tail too heavy to compute")

    def moments(self) -> tuple[float, float]:
        """Mean and sd, infinite where the tail of a half-bounded fit is too heavy."""
        weight = self._tail_weight()
        if weight >= 1.0:
            return (math.inf if math.isinf(self.high) else -math.inf), math.nan
        reach = min(600.0, 40.0 / (1.0 - 2.0 * weight if weight < 0.5 else 1.0 - weight))
        odds = np.arange(-reach, reach, 0.05)
        u = scipy.special.expit(odds)
        mass = u * scipy.special.expit(-odds)
        mass /= mass.sum()
        values = self.at(u, odds)
        mean = float(np.dot(mass, values))
        if weight >= 0.5:
            return mean, math.inf
        return mean, math.sqrt(float(np.dot(mass, (values - mean) ** 2)))

    def _tail_weight(self) -> float:
        """The power of `1 / (1 - u)` with which a half-bounded quantile grows."""
        if math.isinf(self.low) == math.isinf(self.high):
            return 0.0
        end = 0.5 if math.isinf(self.high) else -0.5
        at_end = _slope_at_end(len(self.coefficients), end)
        return self.unit * float(np.dot(self.coefficients, at_end))


def fit(probabilities: Floats, values: Floats, low: float, high: float) -> Fit:
    """Fit a metalog to percentiles, exactly up to `MOST_TERMS` of them."""
    line = _to_line(values, low, high)
    centre = float(line[len(line) // 2])
    unit = float(line[-1] - line[0])
    if not unit > 0.0:
        raise ValueError("metalog: the percentiles are too close together to compute")
    odds = scipy.special.logit(probabilities)
    count = min(len(values), MOST_TERMS)
    matrix = np.stack([_term(index, probabilities - 0.5, odds) for index in range(count)], axis=1)
    solved = np.linalg.lstsq(matrix, (line - centre) / unit, rcond=None)[0]
    return Fit(np.asarray(solved, dtype=np.float64), centre, unit, low, high)


def _to_line(values: Floats, low: float, high: float) -> Floats:
    if math.isfinite(low) and math.isfinite(high):
        odds: Floats = np.log((values - low) / (high - values))
        return odds
    if math.isfinite(low):
        return np.log(values - low)
    return values if math.isinf(high) else -np.log(high - values)


def _from_line(line: Floats, low: float, high: float) -> Floats:
    if math.isfinite(low) and math.isfinite(high):
        found: Floats = low + (high - low) * scipy.special.expit(line)
        return found
    if math.isfinite(low):
        return low + np.exp(np.minimum(line, 700.0))
    return line if math.isinf(high) else high - np.exp(np.minimum(-line, 700.0))


def _power(index: int) -> tuple[int, bool]:
    """The power of `u - 1/2` in a term, and whether the term has the log odds as a factor."""
    first = ((0, False), (0, True), (1, True), (1, False))
    return first[index] if index < len(first) else (index // 2, index % 2 == 1)


def _term(index: int, centred: Floats, odds: Floats) -> Floats:
    power, has_odds = _power(index)
    found: Floats = centred**power * odds if has_odds else centred**power
    return found


def _slope(index: int, u: Floats, odds: Floats) -> Floats:
    """The derivative of a term by the log odds; du / d odds = u (1 - u)."""
    power, has_odds = _power(index)
    centred = u - 0.5
    inner = power * centred ** max(power - 1, 0) * (u * scipy.special.expit(-odds))
    found: Floats = inner * odds + centred**power if has_odds else inner
    return found


def _slope_at_end(count: int, end: float) -> Floats:
    pairs = [_power(index) for index in range(count)]
    return np.array([end**power if has_odds else 0.0 for power, has_odds in pairs])
