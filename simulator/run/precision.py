"""Running until sure: more iterations until intervals are as narrow as they are wanted.

A run is looked at when it has the iterations it began with, twice as many, and so on up to a
ceiling. Whoever looks several times and stops when it suits finds intervals that are narrow by
chance; so each of the looks that the ceiling allows is made at the level 1 - (1 - level) / looks
(Bonferroni), and the intervals of all looks hold the true figure at once with the level asked for.

What is reported in the end are the usual intervals of all iterations, narrower than the one that
was looked at. After such a stop they hold the true figure in 95 % for plain Monte Carlo, and where
few replicates tell how wide they are, so that a run also stops because they seem narrow by chance,
in 93 to 94 %; the one that was looked at, `look_width` wide, in more than 95 %.
"""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.errors import SettingsError
from simulator.estimates.estimator import Sample
from simulator.estimates.replicates import Replicated
from simulator.plan.compile import Plan
from simulator.plan.work_calendar import Floats
from simulator.run.block import Block, finish_outcomes
from simulator.run.settings import MOST_ITERATIONS, Settings
from simulator.scenario.units import MS_PER_DAY, MS_PER_HOUR, Amount, parse_quantity

AT_MOST = 1_000_000
FINISH, COST, ALL = "finish_p80", "cost_p80", "all"
_CALENDAR_TIME = {
    **dict.fromkeys(("h", "eh"), MS_PER_HOUR),
    **dict.fromkeys(("d", "ed"), MS_PER_DAY),
    **dict.fromkeys(("w", "ew"), 7 * MS_PER_DAY),
}
_UNITS = {FINISH: MS_PER_DAY, COST: 1.0, ALL: 1.0}
_COPIES = 4
"""Copies of the outcomes that are alive at once: blocks, joined, sorted, and to rank them."""
_SHARE_OF_MEMORY = 0.5

Wanted = str | float
"""A width as a person writes it: `1d`, `50_000` or `0.5%`."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One width that is wanted: of the P80 finish in milliseconds, the P80 cost, or P(all)."""

    of: str
    width: float

    @classmethod
    def parse(cls, wanted: Wanted) -> "Goal":
        """Read `1d` (calendar days, hours or weeks), `50_000` (money) or `0.5%` (points)."""
        expected = "expected calendar time such as 1d, money such as 50_000, or points such as 0.5%"
        try:
            quantity = parse_quantity(wanted)
        except ValueError:
            raise SettingsError(f"precision {wanted!r}; {expected}") from None
        if isinstance(quantity, float):
            goal = cls(COST, quantity)
        elif isinstance(quantity, Amount) and quantity.unit == "%":
            goal = cls(ALL, quantity.value / 100)
        elif isinstance(quantity, Amount) and quantity.unit in _CALENDAR_TIME:
            goal = cls(FINISH, quantity.value * _CALENDAR_TIME[quantity.unit])
        else:
            raise SettingsError(f"precision {wanted!r}; {expected}")
        if not goal.width > 0:
            raise SettingsError(f"precision {wanted!r}; expected a width above 0")
        return goal


@dataclass(frozen=True, slots=True)
class Width:
    """What a goal came to: the width of the interval that is reported, and of the one looked at."""

    goal: Goal
    width: float
    look_width: float

    @property
    def reached(self) -> bool:
        """Whether the interval that was looked at is narrow enough."""
        return self.look_width <= self.goal.width

    def shown(self, width: float) -> float:
        """A width in calendar days, in money, or as a share."""
        return width / _UNITS[self.goal.of]

    def to_dict(self) -> dict[str, Any]:
        """As `result.json` holds it."""
        widths = {"width": self.shown(self.width), "look_width": self.shown(self.look_width)}
        return {
            "of": self.goal.of,
            "wanted": self.shown(self.goal.width),
            **{key: width if math.isfinite(width) else None for key, width in widths.items()},
            "reached": self.reached,
        }


@dataclass(frozen=True, slots=True)
class PrecisionFound:
    """How a run with a wanted precision ended."""

    widths: tuple[Width, ...]
    at_most: int
    looks: int
    """How many the ceiling allows."""
    look_level: float

    @property
    def reached(self) -> bool:
        """Whether every goal was."""
        return all(each.reached for each in self.widths)

    def to_dict(self) -> dict[str, Any]:
        """As `result.json` holds it."""
        return {
            "reached": self.reached,
            "goals": [each.to_dict() for each in self.widths],
            "at_most": self.at_most,
            "looks": self.looks,
            "look_level": self.look_level,
        }


@dataclass(frozen=True, slots=True)
class Precision:
    """Goals that all must hold, and the ceiling."""

    goals: tuple[Goal, ...]
    at_most: int = AT_MOST

    @classmethod
    def of(cls, wanted: Wanted | Sequence[Wanted], at_most: int = AT_MOST) -> "Precision":
        """One width, or several."""
        several = [wanted] if isinstance(wanted, str | int | float) else list(wanted)
        if not several:
            raise SettingsError("no precision; expected a width such as 1d")
        if not isinstance(at_most, int) or isinstance(at_most, bool):
            raise SettingsError(f"at_most {at_most!r}; expected a whole number")
        return cls(tuple(Goal.parse(each) for each in several), at_most)

    def looks(self, plan: Plan, settings: Settings) -> "Looks":
        """When to look at a run of a plan that begins with these settings.

        Raises
        ------
        SettingsError
            The ceiling is below the first look, or nothing is promised whose chance is wanted.
        """
        first = settings.iterations
        if self.at_most < first:
            raise SettingsError(
                f"at_most {self.at_most}; expected at least the {first} iterations to begin with"
            )
        program = plan.scenario.program
        promised = program.deadline is not None or program.budget is not None
        if not promised and any(goal.of == ALL for goal in self.goals):
            raise SettingsError(
                "a precision in % is that of the chance to keep all promises; expected a scenario"
                " with a deadline or a budget"
            )
        doublings = (self.at_most // first).bit_length()
        return Looks(self, tuple(first << k for k in range(doublings)), _fitting(plan))


@dataclass(frozen=True, slots=True)
class Looks:
    """The numbers of iterations at which a run is looked at, as far as the ceiling allows."""

    precision: Precision
    allowed: tuple[int, ...]
    fitting: int
    """Iterations that fit into memory. The level does not depend on them: other machines have
    other memory, and the same run must stop at the same look wherever it can."""

    @property
    def counts(self) -> tuple[int, ...]:
        """The looks that fit into memory, but always the first."""
        return tuple(count for count in self.allowed if count <= max(self.fitting, self.allowed[0]))

    def look(self, plan: Plan, settings: Settings, blocks: list[Block]) -> PrecisionFound:
        """Whether the intervals are narrow enough, and how wide they are at the usual level."""
        level = 1 - (1 - settings.level) / len(self.allowed)
        outcomes = _Outcomes.of(plan, blocks)
        usual, strict = (Replicated(each, settings.replicates) for each in (settings.level, level))
        widths = tuple(
            Width(goal, outcomes.width(goal.of, usual), outcomes.width(goal.of, strict))
            for goal in self.precision.goals
        )
        return PrecisionFound(widths, self.precision.at_most, len(self.allowed), level)


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """What goals are about, (N,) each."""

    finish: Floats
    cost: Floats
    kept: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, plan: Plan, blocks: list[Block]) -> "_Outcomes":
        program = plan.scenario.program
        finish = np.concatenate([block.finish for block in blocks])
        cost = np.concatenate([block.cost for block in blocks])
        deadline = plan.clock.ms(program.deadline.ends()) if program.deadline else np.inf
        budget = np.inf if program.budget is None else program.budget
        return cls(finish, cost, (finish <= deadline) & (cost <= budget))

    def width(self, of: str, estimates: Replicated) -> float:
        """The width of an interval; infinite where it has no end."""
        if of == ALL:
            found = estimates.probability(self.kept)
        else:
            values = self.finish if of == FINISH else self.cost
            found = estimates.quantiles(Sample(values), (80,))[80]
        return 0.0 if found.low == found.high else found.high - found.low


def _fitting(plan: Plan) -> int:
    """How many iterations' outcomes fit into half of the memory there is."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return MOST_ITERATIONS
    kept = 4 + len(finish_outcomes(plan))
    return int(memory * _SHARE_OF_MEMORY) // (8 * kept * _COPIES)
