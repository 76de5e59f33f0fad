"""Numbers of a scenario as the deterministic plan takes them."""

from collections.abc import Callable

from simulator.plan.plan import Clock
from simulator.scenario.distribution_kinds.base import Distribution
from simulator.scenario.units import Amount, Moment, Quantity, Rate
from simulator.scenario.values import Value


def plain(quantity: Quantity) -> float:
    """The number of a quantity, whatever its unit."""
    if isinstance(quantity, Moment):
        raise TypeError("a date is no number")
    return quantity.value if isinstance(quantity, Amount | Rate) else quantity


def central(value: Value, convert: Callable[[Quantity], float] = plain) -> float:
    """A value, or the central one of a range, once its quantities are turned into numbers."""
    if isinstance(value, Distribution):
        return value.resolved(convert).central()
    return convert(value)


def begin_ms(clock: Clock) -> Callable[[Quantity], float]:
    """From a date that begins something to milliseconds from program start."""

    def convert(quantity: Quantity) -> float:
        if not isinstance(quantity, Moment):
            raise TypeError("a number is no date")
        return clock.ms(quantity.begins())

    return convert
