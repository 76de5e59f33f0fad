"""What is required of a run, and whether it is proven: the gate of a pipeline.

A figure of a simulation has an interval. So a requirement is *met* if the whole interval keeps it,
*failed* if none of it does, and otherwise *not proven* with as many iterations as there are: more
of them make the interval narrower. Each interval holds the true figure with the usual level; who
requires several things at once should not read the level as that of all of them together.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulator.errors import SettingsError
from simulator.estimates.estimate import Estimate
from simulator.estimates.estimator import Sample
from simulator.plan.plan import Clock
from simulator.run.iso_dates import iso_dates
from simulator.run.result_dict import numbers
from simulator.scenario.program import Scenario
from simulator.scenario.units import MS_PER_HOUR, Amount, Moment, parse_quantity

if TYPE_CHECKING:
    from simulator.run.results import Results

MET, FAILED, NOT_PROVEN = "met", "failed", "not proven"
_FORM = re.compile(r"(?P<what>[^<>=≤≥]+?)\s*(?P<sign><=|>=|≤|≥|<|>)\s*(?P<limit>[^<>=≤≥]+)")
_QUANTILE = re.compile(r"(?:(?P<before>\S+?)[_ ])?p(?P<percent>[1-9]\d?)(?:\s+(?P<after>\S+))?")
_SIGNS: Final = {"≤": "<=", "≥": ">="}
_EXPECTED: Final = (
    "expected a figure, <= or >=, and a limit, such as p80<=2028-06-30 (finish),"
    " p80<=9_500_000 (cost), 'p50 finish:ledger.golive<=2028-05-01' or on_budget>=0.7"
)
_NEEDS: Final = {
    "on_time": "a deadline of the program",
    "on_budget": "a budget of the program",
    "all": "a deadline or a budget of the program",
}
"""What a promise needs that a file may leave out."""
_MOST_OFFERED: Final = 8


@dataclass(frozen=True, slots=True)
class Requirement:
    """A limit on one figure of a run.

    `figure` is the key of a chance (`on_time`), or an outcome (`finish`, `cost`,
    `finish:ledger.golive`) whose P`percent` is meant.
    """

    text: str
    figure: str
    percent: int | None
    """None for a chance."""
    sign: str
    """`<=`, `<`, `>=` or `>`."""
    limit: float | Moment
    """A date, money, hours, or a chance from 0 to 1."""

    @classmethod
    def parse(cls, text: str) -> "Requirement":
        """Read `p80<=2028-06-30`, `p80 cost<=9_500_000`, `on_budget>=0.7` or `on_time>=70%`.

        Without an outcome a percentile is that of the finish if the limit is a date, else of the
        cost. A date without a time ends at 24:00.

        Raises
        ------
        SettingsError
            The text is no requirement.
        """
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise SettingsError(f"require {text!r}: no comparison; {_EXPECTED}")
        limit = _limit(text, match["limit"])
        figure, percent = _figure(text, match["what"].strip(), limit)
        if percent is not None and match["limit"].rstrip().endswith("%"):
            raise SettingsError(f"require {text!r}: {figure} is no chance; expected no %")
        sign = _SIGNS.get(match["sign"], match["sign"])
        return cls(text.strip(), figure, percent, sign, limit)

    def check(self, scenario: Scenario) -> None:
        """Refuse what a run of the scenario does not find.

        Raises
        ------
        SettingsError
            There is no such figure, or the limit is not of its kind.
        """
        known = _chances(scenario) if self.percent is None else _outcomes(scenario)
        if self.figure not in known:
            raise SettingsError(f"require {self.text!r}: {self._unknown(scenario, known)}")
        if self.percent is None and not 0 <= self._number <= 1:
            raise SettingsError(
                f"require {self.text!r}: a chance of {self._number:g}; expected 0 to 1, or 0% to"
                " 100%"
            )
        dated = self.percent is not None and self.figure.partition(":")[0] == "finish"
        if dated != isinstance(self.limit, Moment):
            expected = "a date such as 2028-06-30" if dated else "a number"
            raise SettingsError(f"require {self.text!r}: expected {expected} after {self.sign}")

    def of(self, results: "Results") -> "Verdict":
        """Whether a run proves it.

        Raises
        ------
        SettingsError
            The run has no such figure.
        """
        self.check(results.plan.scenario)
        limit = self._in_unit(results.plan.clock)
        found = self._estimate(results)
        below = self.sign.startswith("<")
        proven = _keeps(found.high if below else found.low, self.sign, limit)
        possible = _keeps(found.low if below else found.high, self.sign, limit)
        state = MET if proven else NOT_PROVEN if possible else FAILED
        return Verdict(self, state, found, limit, results.settings.iterations)

    @property
    def _number(self) -> float:
        return math.nan if isinstance(self.limit, Moment) else self.limit

    def _in_unit(self, clock: Clock) -> float:
        """The limit in the unit of the figure: milliseconds for dates and working time."""
        if isinstance(self.limit, Moment):
            return clock.ms(self.limit.ends())
        return self.limit * MS_PER_HOUR if self.figure == "duration" else self.limit

    def _estimate(self, results: "Results") -> Estimate:
        if self.percent is None:
            return results.probability[self.figure]
        outcome = results.outcomes[self.figure]
        if self.percent in outcome.quantiles:
            return outcome.quantiles[self.percent]
        return results.estimator.quantiles(Sample(outcome.values), (self.percent,))[self.percent]

    def _unknown(self, scenario: Scenario, known: Sequence[str]) -> str:
        """Why a figure cannot be had."""
        if self.percent is None and self.figure in _outcomes(scenario):
            return f"{self.figure} alone; expected a percentile of it: p80 {self.figure}"
        if self.percent is None and self.figure in _NEEDS:
            return f"the scenario promises nothing of the kind; expected {_NEEDS[self.figure]}"
        near = get_close_matches(self.figure, known, 1, 0.6)
        offered = ", ".join(known[:_MOST_OFFERED]) or "a promise in the file"
        rest = f"did you mean {near[0]}?" if near else f"expected one of {offered}"
        if self.figure.startswith("finish:") and self.figure[7:] in scenario.tasks:
            rest = f"expected a project, a milestone or a task with a deadline; {rest}"
        return f"there is no {self.figure}; {rest}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run says of a requirement: `met`, `failed` or `not proven`.

    Figure and limit are milliseconds from program start for dates, working milliseconds for
    `duration`.
    """

    requirement: Requirement
    state: str
    estimate: Estimate
    limit: float
    iterations: int

    @property
    def met(self) -> bool:
        """Whether the run proves it."""
        return self.state == MET

    @property
    def iterations_needed(self) -> float:
        """About how many iterations would settle what is not proven; infinite if none may.

        The distance of an end of the interval from the figure shrinks by the square root of the
        iterations, and must become that of the limit.
        """
        below = self.requirement.sign.startswith("<")
        found = self.estimate
        beyond = found.value > self.limit if below else found.value < self.limit
        end = found.low if below == beyond else found.high
        distance, reach = abs(self.limit - found.value), abs(end - found.value)
        if not (distance > 0 and math.isfinite(reach)):
            return math.inf
        return self.iterations * max(1.0, (reach / distance) ** 2)

    def to_dict(self, clock: Clock) -> dict[str, Any]:
        """As `result.json` holds it, in the unit of the figure there."""
        requirement, found = self.requirement, self.estimate
        ends = np.array([found.value, found.low, found.high])
        if isinstance(requirement.limit, Moment):
            shown: list[Any] = iso_dates(clock, ends)
        else:
            shown = numbers(ends / (MS_PER_HOUR if requirement.figure == "duration" else 1.0))
        return {
            "requirement": requirement.text,
            "state": self.state,
            "estimate": dict(zip(("value", "low", "high"), shown, strict=True)),
        }


def check_required(requirements: Sequence[str], scenario: Scenario) -> None:
    """Refuse, before it is run, what a run of the scenario cannot be asked for.

    Raises
    ------
    SettingsError
        One of them is no requirement, or a run will have no such figure.
    """
    for text in requirements:
        Requirement.parse(text).check(scenario)


def _limit(text: str, raw: str) -> float | Moment:
    try:
        found = parse_quantity(raw.strip())
    except ValueError:
        raise SettingsError(f"require {text!r}: cannot read {raw.strip()!r}; {_EXPECTED}") from None
    if isinstance(found, Amount) and found.unit == "%":
        return found.value / 100
    if isinstance(found, float | Moment):
        return found
    raise SettingsError(f"require {text!r}: {raw.strip()} is neither date nor number; {_EXPECTED}")


def _figure(text: str, what: str, limit: float | Moment) -> tuple[str, int | None]:
    """The outcome and the percent, or a chance and None."""
    usual = "finish" if isinstance(limit, Moment) else "cost"
    match = _QUANTILE.fullmatch(what)
    if match is None:
        return what, None
    if match["before"] and match["after"]:
        raise SettingsError(f"require {text!r}: {what} names two outcomes; {_EXPECTED}")
    return match["before"] or match["after"] or usual, int(match["percent"])


def _outcomes(scenario: Scenario) -> list[str]:
    """The outcomes of a run, by what the scenario says alone."""
    special = [
        key for key, task in scenario.tasks.items() if task.deadline is not None or task.milestone
    ]
    program = ["finish", "duration", "cost"]
    if scenario.program.discount is not None:
        program.append("cost_present_value")
    return [*program, *(f"finish:{key}" for key in (*scenario.projects, *special))]


def _chances(scenario: Scenario) -> list[str]:
    """The promises that the file makes."""
    program = scenario.program
    found = ["on_time"] if program.deadline is not None else []
    dated = {key: project for key, project in scenario.projects.items() if project.deadline}
    found += [f"on_time:{key}" for key in dated]
    found += [f"on_time:{key}" for key, task in scenario.tasks.items() if task.deadline is not None]
    found += ["on_budget"] if program.budget is not None else []
    return [*found, "all"] if program.deadline is not None or program.budget is not None else found


def _keeps(value: float, sign: str, limit: float) -> bool:
    """Whether a figure keeps to a limit; what is not known does not."""
    if sign == "<=":
        return value <= limit
    if sign == "<":
        return value < limit
    return value >= limit if sign == ">=" else value > limit
