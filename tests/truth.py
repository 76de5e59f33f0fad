"""Known answers, and how far a simulation may lie from them.

A `Check` holds what was found, what is known, and the standard error of what was found: computed
from the number of iterations, never chosen. Five standard errors happen by chance once in 1.7
million; with fixed seeds a test that passes always passes.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import simulator
from simulator.scenario.units import MS_PER_DAY

Floats = NDArray[np.float64]
ROUNDING = 1e-12
"""Relative error of sums in double precision, where an answer is exact."""


@dataclass(frozen=True, slots=True)
class Check:
    """One figure against its known value."""

    what: str
    found: float
    known: float
    error: float
    """Standard error of `found`; 0 where it must be exact."""

    @property
    def z(self) -> float:
        """Distance from the known value, in standard errors."""
        distance = abs(self.found - self.known)
        if distance <= ROUNDING * abs(self.known):
            return 0.0
        return distance / self.error if self.error > 0 else math.inf

    def __str__(self) -> str:
        """The figures as a failed test should show them."""
        return f"{self.what}: {self.found:.8g}, known {self.known:.8g}, z = {self.z:.2f}"


def worst(checks: Sequence[Check]) -> Check:
    """The check that lies furthest off."""
    return max(checks, key=lambda check: check.z)


def assert_close(checks: Sequence[Check]) -> None:
    """Fail where a figure lies five standard errors or more from its known value."""
    off = [str(check) for check in checks if not check.z < 5]
    assert checks, "nothing was checked"
    assert not off, "; ".join(off)


# Standard errors of what is counted and averaged.


def mean(what: str, values: Floats, known: float) -> Check:
    """The mean; its standard error is sd / sqrt(n), with the sample's own sd."""
    return Check(what, float(values.mean()), known, float(values.std()) / math.sqrt(len(values)))


def sd(what: str, values: Floats, known: float) -> Check:
    """The standard deviation, by the delta method with the sample's fourth moment.

    Var(s) = (mu4 - sigma^4) / (4 n sigma^2); source: Mood, Graybill and Boes (1974), section VI.2.
    """
    fourth = float(np.mean((values - values.mean()) ** 4))
    error = math.sqrt(max(fourth - known**4, 0.0) / (4 * len(values))) / known
    return Check(what, float(values.std(ddof=1)), known, error)


def third_moment(what: str, values: Floats, known: float) -> Check:
    """The third central moment, by its influence function (x-m)^3 - 3 s^2 (x-m) - m3."""
    deviation = values - values.mean()
    influence = deviation**3 - 3 * values.var() * deviation
    error = float(influence.std()) / math.sqrt(len(values))
    return Check(what, float(np.mean(deviation**3)), known, error)


def share(what: str, happened: NDArray[np.bool_], known: float) -> Check:
    """A probability, by the binomial distribution."""
    return chance(what, float(happened.mean()), known, len(happened))


def chance(what: str, found: float, known: float, count: int) -> Check:
    """A probability already counted over `count` iterations."""
    return Check(what, found, known, math.sqrt(max(known * (1 - known), 0.0) / count))


def correlation(what: str, x: Floats, y: Floats, known: float) -> Check:
    """Pearson's correlation, by its influence function x y - r (x^2 + y^2) / 2 of scores."""
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    influence = x * y - known * (x * x + y * y) / 2
    error = float(influence.std()) / math.sqrt(len(x))
    return Check(what, float(np.mean(x * y)), known, error)


def below(
    what: str, values: Floats, limits: list[float], known: Callable[[float], float]
) -> list[Check]:
    """The distribution function at some points."""
    return [share(f"{what} <= {x:g}", values <= x, float(known(x))) for x in limits]


def atoms(what: str, values: Floats, pmf: Mapping[float, float]) -> list[Check]:
    """Every probability of a discrete outcome, single and added up; nothing may lie elsewhere.

    Left out are those expected in under 100 iterations, or in all but 100: their counts are too
    skewed for five standard errors to be as rare as they should.
    """
    places = np.array(sorted(pmf))
    nearest = places[np.abs(values[:, None] - places).argmin(axis=1)]
    elsewhere = np.abs(values - nearest) > ROUNDING * np.abs(nearest)
    found = [share(f"{what}: no other value", elsewhere, 0.0)]
    for place in places:
        found.append(share(f"P({what} = {place:g})", nearest == place, pmf[float(place)]))
        below = math.fsum(p for value, p in pmf.items() if value <= place)
        found.append(share(f"P({what} <= {place:g})", nearest <= place, below))
    enough = 100 / len(values)
    return [each for each in found if each.known == 0 or enough < each.known < 1 - enough]


def atom_quantile(
    what: str, values: Floats, found: float, percent: int, known: Mapping[str, Any]
) -> list[Check]:
    """A quantile of a discrete outcome: equal, unless the step is within five standard errors.

    `known` holds the quantile by name, such as `P80`, and the `pmf`.
    """
    at, pmf, p = known[f"P{percent}"], known["pmf"], percent / 100
    reach = 5 * math.sqrt(p * (1 - p) / len(values))
    below = math.fsum(chance for value, chance in pmf.items() if value < at)
    if below + reach < p < below + pmf[at] - reach:
        return [Check(f"P{percent} {what}", found, at, 0.0)]
    return []


# Scenarios in this project's format.


def scenario(tasks: Mapping[str, Any], **sections: Any) -> str:
    """A scenario of one project on a clock without nights, from Monday, 4 January 2027."""
    program = {"start": "2027-01-04", "calendar": "24x7", **sections.pop("program", {})}
    # JSON is YAML; keys that are no text become one.
    data = {"format": 1, "program": program, "projects": {"p": {"tasks": tasks}}, **sections}
    return json.dumps(data)


def run(text: str, iterations: int, seed: int = 1) -> simulator.Results:
    """Simulate a scenario text, with every task's dates kept."""
    read = simulator.loads(text)
    return simulator.simulate(read, iterations=iterations, seed=seed, task_iterations=iterations)


def days(results: simulator.Results) -> Floats:
    """The finish of every iteration, in days from the program's start."""
    return results.outcomes["finish"].values / MS_PER_DAY


def starts(results: simulator.Results, task: str) -> Floats:
    """When a task starts, in days, in every iteration."""
    start: Floats = results.joined.task_start[list(results.tasks).index(f"p.{task}")]
    return start / MS_PER_DAY


def finishes(results: simulator.Results, task: str) -> Floats:
    """When a task finishes, in days, in every iteration."""
    finish: Floats = results.joined.task_finish[list(results.tasks).index(f"p.{task}")]
    return finish / MS_PER_DAY


def durations(results: simulator.Results, task: str) -> Floats:
    """How long a task took, in days, in every iteration."""
    return finishes(results, task) - starts(results, task)


def costs(results: simulator.Results) -> Floats:
    """The cost of every iteration."""
    return results.outcomes["cost"].values


def chain(*laws: object, **more: Any) -> dict[str, Any]:
    """Tasks `t0`, `t1`, ... one after the other."""
    return {
        f"t{k}": {"duration": law, "after": [f"t{k - 1}"] if k else [], **more}
        for k, law in enumerate(laws)
    }
