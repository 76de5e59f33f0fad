"""Which of several scenarios is better, by how much, and whether that can be told at all.

All are simulated on the same futures: a number has an address, so what two scenarios share draws
the same in both, whatever else was added or left out. What they share cancels in the difference,
whose interval is far narrower than that of either figure.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from simulator.errors import SettingsError
from simulator.estimates.estimate import UNKNOWN, Estimate
from simulator.estimates.estimator import Bools, Estimator, Sample
from simulator.estimates.paired import chance_difference, mean_difference, quantile_difference
from simulator.run.results import Results, estimator_of
from simulator.run.settings import Settings
from simulator.run.simulate import Follow, run
from simulator.run.variants import run_variant
from simulator.scenario.differences import Change, changes
from simulator.scenario.program import Scenario
from simulator.scenario.units import MS_PER_DAY

PERCENTS = (50, 80)


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the scenarios, and its run."""

    name: str
    results: Results

    def to_dict(self) -> dict[str, Any]:
        """As the contract spells it."""
        clock, outcomes = self.results.plan.clock, self.results.outcomes
        finish, cost = (outcomes[key].to_dict(clock)["quantiles"] for key in ("finish", "cost"))
        return {
            "name": self.name,
            "digest": self.results.digest,
            **{f"finish_p{p}": finish[f"p{p}"] for p in PERCENTS},  # type: ignore[index]
            **{f"cost_p{p}": cost[f"p{p}"] for p in PERCENTS},  # type: ignore[index]
            "probability": {
                key: chance.to_dict() for key, chance in self.results.probability.items()
            },
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """What b is more than a: calendar days, money, and chances from -1 to 1.

    A chance is unknown where one of the two files does not make the promise.
    """

    a: str
    b: str
    finish_p50_days: Estimate
    finish_p80_days: Estimate
    finish_mean_days: Estimate
    cost_p50: Estimate
    cost_p80: Estimate
    cost_mean: Estimate
    on_time: Estimate
    on_budget: Estimate
    all: Estimate
    told_apart: bool
    """Whether the futures show that any of these is not zero, at the level that is left to each
    where all of them are looked at (Bonferroni)."""

    @property
    def figures(self) -> dict[str, Estimate]:
        """Every difference by its key."""
        return {key: getattr(self, key) for key in FIGURES}

    def to_dict(self) -> dict[str, Any]:
        """As the contract spells it."""
        figures = {key: found.to_dict() for key, found in self.figures.items()}
        return {"a": self.a, "b": self.b, **figures, "told_apart": self.told_apart}


FIGURES = tuple(key for key in Difference.__slots__ if key not in ("a", "b", "told_apart"))


@dataclass(frozen=True, slots=True)
class Changed:
    """A value by which a variant differs from the first scenario."""

    variant: str
    change: Change

    def to_dict(self) -> dict[str, Any]:
        """As the contract spells it; `b` is the value of `variant`."""
        return {**self.change.to_dict(), "variant": self.variant}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Scenarios beside each other; the first is what the others are compared with."""

    variants: tuple[Variant, ...]
    differences: tuple[Difference, ...]
    """Of every pair, those with the first scenario before the others; within both, those that save
    most days at P80 first."""
    changed: tuple[Changed, ...]

    def to_dict(self) -> dict[str, Any]:
        """As `compare --json` prints it."""
        return {
            "variants": [each.to_dict() for each in self.variants],
            "differences": [each.to_dict() for each in self.differences],
            "changed": [each.to_dict() for each in self.changed],
        }

    def __repr__(self) -> str:
        """One line: who is compared, and who can be told apart."""
        apart = sum(each.told_apart for each in self.differences)
        names = ", ".join(repr(each.name) for each in self.variants)
        return f"<Comparison of {names}: {apart} of {len(self.differences)} pairs told apart>"


def compare(
    *scenarios: Scenario,
    names: Sequence[str] = (),
    iterations: int = 10_000,
    seed: int = 1,
    scheme: str = "mc",
    engine: str = "auto",
    threads: int | None = None,
    keep_margin: bool = False,
    keep_hard: bool = False,
) -> Comparison:
    """Compare scenarios on the same futures.

    Parameters
    ----------
    scenarios
        Two or more; all are compared with the first, and with each other.
    names
        What to call them; their programs' names by default, numbered where they are the same.
    iterations, seed, scheme, engine, threads, keep_margin, keep_hard
        As `simulate` has them.

    Raises
    ------
    SettingsError
        There are fewer than two, or not as many different names.
    """
    settings = Settings(iterations, seed, scheme, engine, threads, 0, keep_margin, keep_hard)
    return compare_with(scenarios, names or named(scenarios), settings)


def compare_with(
    scenarios: Sequence[Scenario],
    names: Sequence[str],
    settings: Settings,
    follow: Callable[[str], Follow | None] = lambda _: None,
    on_compiling: Callable[[], None] | None = None,
    *,
    on_slow: Callable[[str], object] | None = None,
) -> Comparison:
    """Compare scenarios with settings that are already an object.

    `follow` is given a name and returns what follows the run of that name.

    Raises
    ------
    SettingsError
        There are fewer than two, or not as many different names.
    """
    if len(scenarios) < 2:
        raise SettingsError(f"{len(scenarios)} scenario to compare; expected two or more")
    if len(names) != len(scenarios) or len(set(names)) < len(names):
        raise SettingsError(
            f"names {', '.join(map(repr, names))}; expected {len(scenarios)} different ones"
        )
    first = run(
        scenarios[0], replace(settings, task_iterations=0), follow(names[0]),
        on_compiling=on_compiling, on_slow=on_slow,
    )  # fmt: skip
    others = [
        run_variant(first, scenario, follow(name), on_compiling, on_slow)
        for scenario, name in zip(scenarios[1:], names[1:], strict=True)
    ]
    variants = [Variant(*pair) for pair in zip(names, (first, *others), strict=True)]
    pairs = [difference(a, b) for a, b in combinations(variants, 2)]
    return Comparison(
        tuple(variants),
        tuple(sorted(pairs, key=lambda pair: (pair.a != names[0], _rank(pair)))),
        tuple(
            Changed(name, change)
            for name, scenario in zip(names[1:], scenarios[1:], strict=True)
            for change in changes(scenarios[0], scenario)
        ),
    )


def named(scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """The names of programs, with a number where that of one before is the same."""
    found: list[str] = []
    for scenario in scenarios:
        name = plain = scenario.program.name or "Program"
        number = 1
        while name in found:
            number += 1
            name = f"{plain} ({number})"
        found.append(name)
    return tuple(found)


def difference(a: Variant, b: Variant) -> Difference:
    """What b is more than a, from their runs on the same futures."""
    level = a.results.settings.level
    figures = _figures(a.results, b.results, a.results.estimator)
    known = [key for key, found in figures.items() if not math.isnan(found.value)]
    strict = replace(a.results.settings, level=1 - (1 - level) / max(1, len(known)))
    checked = _figures(a.results, b.results, estimator_of(strict))
    apart = any(checked[key].low > 0 or checked[key].high < 0 for key in known)
    return Difference(a.name, b.name, **figures, told_apart=apart)


def _figures(a: Results, b: Results, estimator: Estimator) -> dict[str, Estimate]:
    """All differences b - a, by key."""
    later = a.plan.clock.ms(b.plan.clock.start)
    finish = (Sample(a.joined.finish), Sample(b.joined.finish + later))
    cost = (Sample(a.joined.cost), Sample(b.joined.cost))
    days = {f"finish_p{p}_days": quantile_difference(*finish, p, estimator) for p in PERCENTS}
    days["finish_mean_days"] = mean_difference(*finish, estimator)
    money = {f"cost_p{p}": quantile_difference(*cost, p, estimator) for p in PERCENTS}
    money["cost_mean"] = mean_difference(*cost, estimator)
    both = zip(kept_promises(a).items(), kept_promises(b).values(), strict=True)
    chances = {
        key: UNKNOWN if one is None or other is None else chance_difference(one, other, estimator)
        for (key, one), other in both
    }
    return {**{key: _in_days(found) for key, found in days.items()}, **money, **chances}


def kept_promises(results: Results) -> dict[str, Bools | None]:
    """In which iterations deadline, budget and both were kept; None for what is not promised."""
    program, joined = results.plan.scenario.program, results.joined
    on_time = on_budget = None
    if program.deadline is not None:
        on_time = joined.finish <= results.plan.clock.ms(program.deadline.ends())
    if program.budget is not None:
        on_budget = joined.cost <= program.budget
    kept = [each for each in (on_time, on_budget) if each is not None]
    return {
        "on_time": on_time,
        "on_budget": on_budget,
        "all": np.logical_and.reduce(kept) if kept else None,
    }


def _in_days(found: Estimate) -> Estimate:
    return Estimate(*(end / MS_PER_DAY for end in (found.value, found.low, found.high)))


def _rank(pair: Difference) -> float:
    """By days saved at P80; what is unknown comes last."""
    days = pair.finish_p80_days.value
    return math.inf if math.isnan(days) else days
