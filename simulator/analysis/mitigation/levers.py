"""Which levers a budget may pull: mitigations that are not bought, and extra units of pools.

A set of levers is a whole number whose bit k says whether lever k, in declared order, is in it.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.errors import SettingsError
from simulator.scenario.distributions import Distribution
from simulator.scenario.program import Scenario
from simulator.scenario.risks import Mitigation
from simulator.scenario.values import Value

ExtraUnits = Mapping[str, float | tuple[float, int]]
"""What one more unit of a pool costs, and how many more there may be (1 unless told)."""
NOTHING = 0
"""The set of no lever."""


@dataclass(frozen=True, slots=True)
class Lever:
    """A mitigation that can be bought.

    `spend` is what it costs by the file, on average where that is a distribution: not escalated,
    whenever it is paid.
    """

    id: str
    name: str
    spend: float
    mitigation: Mitigation
    extra: bool = False
    """Whether it is an extra unit that the file does not offer."""
    behind: int | None = None
    """The lever that is pulled before it: units of a pool are bought one after the other."""


def with_extra_units(scenario: Scenario, extra_units: ExtraUnits) -> Scenario:
    """The same scenario, in which extra units of pools are mitigations that are not bought.

    Raises
    ------
    SettingsError
        There is no such pool, it has no limit, or the cost or the number cannot be.
    """
    mitigations = dict(scenario.mitigations)
    for pool, told in extra_units.items():
        cost, most = told if isinstance(told, tuple) else (told, 1)
        _check(scenario, pool, cost, most)
        for _ in range(most):
            key = _free_name(f"extra_{pool}", mitigations)
            extra = Mitigation(cost=float(cost), units={pool: 1.0})
            mitigations[key] = extra
    return scenario.model_copy(update={"mitigations": mitigations})


def levers_of(scenario: Scenario, given: Scenario) -> tuple[Lever, ...]:
    """What can be bought in a scenario; `given` is the same without extra units.

    Raises
    ------
    SettingsError
        A mitigation has no mean cost.
    """
    found: list[Lever] = []
    last: dict[str, int] = {}
    for key, mitigation in scenario.mitigations.items():
        if mitigation.bought:
            continue
        extra = key not in given.mitigations
        pool = next(iter(mitigation.units), "")
        name = mitigation.name or (f"one more {pool}" if extra else key.replace("_", " "))
        behind = last.get(pool) if extra else None
        if extra:
            last[pool] = len(found)
        found.append(Lever(key, name, mean_cost(key, mitigation), mitigation, extra, behind))
    return tuple(found)


def mean_cost(key: str, mitigation: Mitigation) -> float:
    """What a mitigation costs by the file, on average.

    Raises
    ------
    SettingsError
        Its cost is a distribution without a mean.
    """
    cost: Value = mitigation.cost
    if not isinstance(cost, Distribution):
        return float(cost)  # type: ignore[arg-type] # money has no unit
    mean = cost.resolved(float).mean()  # type: ignore[arg-type] # money has no unit
    if not math.isfinite(mean):
        raise SettingsError(
            f"the cost of mitigation `{key}` has no mean, so no budget can be held; expected a"
            " distribution with one"
        )
    return mean


def members(chosen: int) -> Iterator[int]:
    """The levers of a set, in declared order."""
    while chosen:
        lowest = chosen & -chosen
        yield lowest.bit_length() - 1
        chosen ^= lowest


def set_of(levers: Iterable[int]) -> int:
    """The set of some levers."""
    return sum(1 << lever for lever in levers)


def bought_in(scenario: Scenario, levers: tuple[Lever, ...], chosen: int) -> Scenario:
    """The scenario in which a set of levers is bought; extra units that are not are not there."""
    own = {levers[lever].id for lever in members(chosen)}
    dropped = {lever.id for lever in levers if lever.extra} - own
    mitigations = {
        key: each.model_copy(update={"bought": True}) if key in own else each
        for key, each in scenario.mitigations.items()
        if key not in dropped
    }
    return scenario.model_copy(update={"mitigations": mitigations})


def settings_of(given: Scenario, levers: tuple[Lever, ...], chosen: int) -> tuple[str, ...]:
    """What `--set` takes so that a run has a set of levers."""
    found: list[str] = []
    there = bool(given.mitigations)
    for lever in (levers[each] for each in members(chosen)):
        if not lever.extra:
            found.append(f"mitigations.{lever.id}.bought=true")
            continue
        ((pool, units),) = lever.mitigation.units.items()
        entry = f"{{cost: {lever.spend:.15g}, units: {{{pool}: {units:.15g}}}, bought: true}}"
        found.append(
            f"mitigations.{lever.id}={entry}" if there else f"mitigations={{{lever.id}: {entry}}}"
        )
        there = True
    return tuple(found)


def _check(scenario: Scenario, pool: str, cost: Any, most: Any) -> None:
    spec = scenario.pools.get(pool)
    if spec is None:
        known = ", ".join(scenario.pools) or "none: the file has no pools"
        raise SettingsError(f"extra units of `{pool}`: there is no such pool; expected {known}")
    if spec.units == "unlimited":
        raise SettingsError(
            f"extra units of `{pool}`: it has no limit, so that more of it changes nothing;"
            " expected a pool with a number of units"
        )
    if not isinstance(cost, int | float) or not math.isfinite(cost) or cost < 0:
        raise SettingsError(f"extra units of `{pool}` cost {cost!r}; expected an amount of money")
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        raise SettingsError(f"{most!r} extra units of `{pool}`; expected a whole number from 1 on")


def _free_name(name: str, taken: Mapping[str, Any]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found
