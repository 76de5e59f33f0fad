"""What a set of mitigations is to make small, and how sure its value is.

Times are milliseconds from program start, as everywhere; `saves` is in calendar days, money or
chance, positive where a set is better than what it is compared with.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulator.errors import SettingsError
from simulator.estimates.estimate import Estimate
from simulator.estimates.estimator import Bools, Estimator, Sample
from simulator.estimates.paired import chance_difference, quantile_difference
from simulator.estimates.quantiles import rank
from simulator.plan.compile import Plan
from simulator.plan.work_calendar import Floats
from simulator.scenario.units import MS_PER_DAY

PERCENT = 80
FINISH, COST, NOT_ALL, VALUE = "finish_p80", "cost_p80", "not_all", "value"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Finish and cost of every iteration, each (N,); cost is None where nobody asked for it."""

    finish: Floats
    cost: Floats | None


@dataclass(frozen=True, slots=True)
class Objective:
    """Something to make small. `unit`: that of its value; `saved`: that of what is saved."""

    key: str
    unit: str
    saved: str
    costed: bool
    """Whether it depends on cost."""
    value: Callable[[Outcome], float]
    estimate: Callable[[Outcome, Estimator], Estimate]
    saves: Callable[[Outcome, Outcome, Estimator], Estimate]
    """What the second outcome saves compared with the first."""


def objective_of(key: str, plan: Plan) -> Objective:
    """An objective by its name, for a program.

    Raises
    ------
    SettingsError
        There is no such objective, or the program does not promise what it is about.
    """
    if key == FINISH:
        return Objective(key, "date", "days", False, _finish, _finish_estimate, _days)
    if key == COST:
        return Objective(key, "money", "money", True, _cost, _cost_estimate, _money)
    if key == NOT_ALL:
        return _not_all(plan)
    expected = f"expected {FINISH}, {COST} or {NOT_ALL}"
    if key == VALUE:
        raise SettingsError(
            f"minimise `{VALUE}`: benefits of objectives are not simulated yet; {expected}"
        )
    raise SettingsError(f"there is nothing called `{key}` to minimise; {expected}")


def _quantile(values: Floats) -> float:
    place = rank(PERCENT, len(values)) - 1
    return float(np.partition(values, place)[place])


def _finish(outcome: Outcome) -> float:
    return _quantile(outcome.finish)


def _finish_estimate(outcome: Outcome, estimator: Estimator) -> Estimate:
    return estimator.quantiles(Sample(outcome.finish), (PERCENT,))[PERCENT]


def _days(before: Outcome, after: Outcome, estimator: Estimator) -> Estimate:
    pair = Sample(after.finish), Sample(before.finish)
    found = quantile_difference(*pair, PERCENT, estimator)
    return Estimate(*(end / MS_PER_DAY for end in (found.value, found.low, found.high)))


def _cost(outcome: Outcome) -> float:
    return _quantile(_paid(outcome))


def _cost_estimate(outcome: Outcome, estimator: Estimator) -> Estimate:
    return estimator.quantiles(Sample(_paid(outcome)), (PERCENT,))[PERCENT]


def _money(before: Outcome, after: Outcome, estimator: Estimator) -> Estimate:
    return quantile_difference(Sample(_paid(after)), Sample(_paid(before)), PERCENT, estimator)


def _paid(outcome: Outcome) -> Floats:
    if outcome.cost is None:
        raise ValueError("the outcome has no cost")
    return outcome.cost


def _not_all(plan: Plan) -> Objective:
    """The chance that the deadline or the budget of the program is broken."""
    program = plan.scenario.program
    deadline = None if program.deadline is None else plan.clock.ms(program.deadline.ends())
    budget = program.budget
    if deadline is None and budget is None:
        raise SettingsError(
            f"minimise `{NOT_ALL}`: the program makes no promise; expected program.deadline or"
            f" program.budget in the file (or --set program.deadline=...), {FINISH} or {COST}"
        )

    def kept(outcome: Outcome) -> Bools:
        found = np.ones(len(outcome.finish), dtype=bool)
        if deadline is not None:
            found &= outcome.finish <= deadline
        if budget is not None:
            found &= _paid(outcome) <= budget
        return found

    def value(outcome: Outcome) -> float:
        return 1.0 - int(np.count_nonzero(kept(outcome))) / len(outcome.finish)

    def estimate(outcome: Outcome, estimator: Estimator) -> Estimate:
        found = estimator.probability(kept(outcome))
        return Estimate(1.0 - found.value, 1.0 - found.high, 1.0 - found.low)

    def saves(before: Outcome, after: Outcome, estimator: Estimator) -> Estimate:
        return chance_difference(kept(before), kept(after), estimator)

    return Objective(NOT_ALL, "chance", "chance", budget is not None, value, estimate, saves)
