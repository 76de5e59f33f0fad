"""What all distributions share: parameters with units, and the questions one can ask of them."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from simulator.scenario.units import (
    HOURS_OF_ELAPSED,
    Amount,
    Moment,
    Quantity,
    Rate,
    quantity_yaml,
    unit_of,
)

Floats = NDArray[np.float64]
Schema = dict[str, object]

LARGEST = 1e18
"""No parameter may be larger: squares and differences of parameters then stay finite."""

DAY_ONE = datetime(1900, 1, 1)

QUANTITY_SCHEMA: Schema = {"type": ["number", "string"]}
PERCENTILE_PATTERN = "^p[1-9][0-9]?$"


@dataclass(frozen=True, slots=True)
class Distribution(ABC):
    """A distribution as a scenario states it.

    Parameters with a unit are quantities until `resolved` turns them into floats; the questions
    about values (`ppf`, `mean`, `sd`, `mode`, `central`, `support`) can be asked after that.
    """

    kind: ClassVar[str]
    unit_fields: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Refuse parameters that no distribution of this kind can have."""
        for quantity in self.quantities():
            _check_size(self.kind, quantity)
        self.check()

    @classmethod
    @abstractmethod
    def read(cls, body: object, folder: Path | None) -> Self:
        """Read what stands under the key `kind`."""

    @classmethod
    @abstractmethod
    def example(cls) -> Self:
        """A typical distribution of this kind."""

    @classmethod
    @abstractmethod
    def schema(cls) -> Schema:
        """JSON Schema of what stands under the key `kind`."""

    @abstractmethod
    def check(self) -> None:
        """Raise a ValueError where parameters contradict each other."""

    @abstractmethod
    def to_yaml(self) -> dict[str, object]:
        """Plain data that reads back as this distribution."""

    @abstractmethod
    def ppf(self, u: Floats) -> Floats:
        """The quantile at each probability, exactly."""

    @abstractmethod
    def mean(self) -> float:
        """The mean, `inf` where it does not exist."""

    @abstractmethod
    def sd(self) -> float:
        """The standard deviation, `inf` or `nan` where it does not exist."""

    @abstractmethod
    def support(self) -> tuple[float, float]:
        """The least and the largest value; equal where there is no uncertainty."""

    def mode(self) -> float | None:
        """The most likely value where the kind is stated by it, else None."""
        return None

    def central(self) -> float:
        """What the deterministic plan uses: the mode, else the median."""
        mode = self.mode()
        return float(self.ppf(np.array([0.5]))[0]) if mode is None else mode

    def standard(self) -> tuple["Distribution", float, float]:
        """A unit of the same shape, shift and scale: `self = shift + scale * unit`."""
        return self, 0.0, 1.0

    def quantities(self) -> tuple[Quantity, ...]:
        """All parameters that carry a unit."""
        found: list[Quantity] = []
        for name in self.unit_fields:
            value = getattr(self, name)
            if isinstance(value, tuple):
                found.extend(value)
            elif value is not None:
                found.append(value)
        return tuple(found)

    def units(self) -> set[str]:
        """What the parameters measure, as `unit_of` names it; a plain 0 beside units has none."""
        return {unit_of(each) for each in self.quantities() if each != 0.0} or {"number"}

    def resolved(self, convert: Callable[[Quantity], float]) -> Self:
        """The same distribution with every quantity turned into a float, and checked again."""
        changes = {name: _resolve(getattr(self, name), convert) for name in self.unit_fields}
        return replace(self, **changes)


def _resolve(
    value: Quantity | tuple[Quantity, ...] | None,
    convert: Callable[[Quantity], float],
) -> float | tuple[float, ...] | None:
    if value is None:
        return None
    if isinstance(value, tuple):
        return tuple(float(convert(one)) for one in value)
    return float(convert(value))


def _check_size(kind: str, quantity: Quantity) -> None:
    if isinstance(quantity, Moment):
        return
    if not abs(magnitude(quantity)) <= LARGEST:
        raise ValueError(f"{kind}: {shown(quantity)} is not a number of usable size")


def magnitude(quantity: Quantity) -> float:
    """The number of a quantity without its unit; a date as seconds since 1900."""
    match quantity:
        case Amount(value=value) | Rate(value=value):
            return value
        case Moment(at=at):
            return (at - DAY_ONE).total_seconds()
        case _:
            return float(quantity)


def plain(*values: Quantity | None) -> tuple[float, ...]:
    """Parameters of a resolved distribution, as floats.

    Raises
    ------
    TypeError
        One still carries its unit: `resolved` was not called.
    """
    if not all(isinstance(value, int | float) for value in values):
        raise TypeError("the distribution still has units; call resolved() first")
    return tuple(float(value) for value in values)  # type: ignore[arg-type]


def shown(quantity: Quantity) -> str:
    """A quantity as a person would write it."""
    return str(quantity_yaml(quantity)) if _finite(quantity) else str(quantity)


def _finite(quantity: Quantity) -> bool:
    return isinstance(quantity, Moment) or math.isfinite(magnitude(quantity))


def comparable(*quantities: Quantity) -> tuple[float, ...] | None:
    """Numbers in one unit, or None while only a calendar can compare the quantities."""
    if all(isinstance(one, Amount) and one.unit in HOURS_OF_ELAPSED for one in quantities):
        return tuple(magnitude(one) * HOURS_OF_ELAPSED[_unit(one)] for one in quantities)
    if len({_unit(one) for one in quantities}) != 1:
        return None
    return tuple(magnitude(one) for one in quantities)


def _unit(quantity: Quantity) -> str:
    match quantity:
        case Amount(unit=unit):
            return unit
        case Rate(per=per):
            return f"/{per}"
        case Moment():
            return "date"
        case _:
            return ""


def check_order(kind: str, names: tuple[str, ...], quantities: tuple[Quantity, ...]) -> None:
    """Refuse quantities that fall, as far as they can be compared yet."""
    values = comparable(*quantities)
    if values is None:
        return
    for index, (before, after) in enumerate(pairwise(values)):
        if before > after:
            raise ValueError(
                f"{kind}: {names[index]} ({shown(quantities[index])}) is above "
                f"{names[index + 1]} ({shown(quantities[index + 1])}); "
                f"expected {' <= '.join(names)}"
            )


def check_sign(kind: str, name: str, quantity: Quantity, *, zero: bool) -> None:
    """Refuse a negative size, a date where a size belongs, and zero unless it is allowed."""
    if isinstance(quantity, Moment):
        raise ValueError(f"{kind}: {name} is a date ({quantity}); expected a size such as 5d")  # noqa: TRY004 - a user's value
    if magnitude(quantity) < 0 or (magnitude(quantity) == 0 and not zero):
        expected = "0 or more" if zero else "more than 0"
        raise ValueError(f"{kind}: {name} is {shown(quantity)}; expected {expected}")


def check_shape(kind: str, name: str, value: float, low: float, high: float) -> None:
    """Refuse a shape parameter outside the range in which quantiles can be computed."""
    if not low <= value <= high:
        raise ValueError(f"{kind}: {name} is {value:g}; expected {low:g} to {high:g}")
