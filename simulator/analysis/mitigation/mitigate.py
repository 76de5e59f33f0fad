"""The best mitigations for the money: chosen on the futures of a run, judged on fresh ones.

Whoever picks the best of many sets on some futures also picks those futures' luck: there the winner
looks better than it is (the optimiser's curse). So all that is reported of the winner, of the sets
on the frontier and of each lever alone is found again on futures that had no say in the choice.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

from simulator.analysis.comparison import Comparison, Variant, difference
from simulator.analysis.mitigation.bounds import LeverBounds
from simulator.analysis.mitigation.futures import NEAR, LeverFutures
from simulator.analysis.mitigation.levers import (
    NOTHING,
    ExtraUnits,
    levers_of,
    members,
    settings_of,
    with_extra_units,
)
from simulator.analysis.mitigation.objectives import COST, FINISH, Objective, Outcome, objective_of
from simulator.analysis.mitigation.plans import LeverPlans
from simulator.analysis.mitigation.result import Alone, BestMitigations, Choice
from simulator.analysis.mitigation.search import best_set
from simulator.analysis.mitigation.sets import Best, Problem
from simulator.errors import SettingsError
from simulator.estimates.estimate import Estimate
from simulator.plan.names import address
from simulator.run.results import Results
from simulator.run.settings import Settings
from simulator.run.simulate import run
from simulator.run.variants import run_variant
from simulator.scenario.program import Scenario

MOST_SETS = 5_000
"""Sets that are looked at unless somebody asks for more: all of those of twelve levers."""
_FEW = 50
"""Sets that nobody needs to be told of; then it is told whenever there are twice as many."""
BASE, WINNER = "As it is", "The best set"

Tell = Callable[[str], None]


def mitigate(
    scenario: Scenario,
    *,
    budget: float,
    minimise: str = FINISH,
    iterations: int = 10_000,
    seed: int = 1,
    threads: int | None = None,
    extra_units: ExtraUnits | None = None,
    scheme: str = "mc",
    engine: str = "auto",
    keep_margin: bool = False,
    keep_hard: bool = False,
    most_sets: int = MOST_SETS,
) -> BestMitigations:
    """Find the set of mitigations within a budget that makes something as small as can be.

    Parameters
    ----------
    scenario
        A loaded scenario. Mitigations that are bought in it stay; the others can be bought.
    budget
        How much the costs of the set may add up to, as the file gives them: not escalated, the
        mean of a distribution.
    minimise
        `finish_p80`, `cost_p80` (which holds what the mitigations cost) or `not_all`, the chance
        that the deadline or the budget of the program is broken.
    iterations, seed, scheme, engine, threads, keep_margin, keep_hard
        As `simulate` has them. The set is chosen on exactly the futures of that run.
    extra_units
        Units of pools that can be bought too: `{"dev": 90_000}` for one more at that cost,
        `{"dev": (90_000, 3)}` for up to three.
    most_sets
        How many sets to look at, at most; where there are more, `best.optimal` may be false.

    Raises
    ------
    SettingsError
        The budget is negative, the objective is none, or extra units cannot be.
    """
    settings = Settings(iterations, seed, scheme, engine, threads, 0, keep_margin, keep_hard)
    return mitigate_with(
        scenario,
        settings,
        budget=budget,
        minimise=minimise,
        extra_units=extra_units or {},
        most_sets=most_sets,
    )


def mitigate_with(
    scenario: Scenario,
    settings: Settings,
    *,
    budget: float,
    minimise: str = FINISH,
    extra_units: ExtraUnits | None = None,
    most_sets: int = MOST_SETS,
    tell: Tell | None = None,
    on_compiling: Callable[[], None] | None = None,
) -> BestMitigations:
    """Find the best set with settings that are already an object.

    `tell` is told in words what is going on.

    Raises
    ------
    SettingsError
        The budget is negative, the objective is none, or extra units cannot be.
    """
    if not (isinstance(budget, int | float) and budget >= 0 and math.isfinite(budget)):
        raise SettingsError(f"a budget of {budget!r}; expected an amount of money from 0 on")
    if most_sets < 1:
        raise SettingsError(f"{most_sets} sets to look at; expected 1 or more")
    offered = with_extra_units(scenario, extra_units or {})
    levers = levers_of(offered, scenario)
    results = run(
        scenario, replace(settings, task_iterations=0), on_compiling=on_compiling, on_slow=tell
    )  # fmt: skip
    objective = objective_of(minimise, results.plan)
    plans = LeverPlans(results, offered, levers)
    best = _choose(plans, objective, float(budget), most_sets, tell)
    return _judged(plans, objective, float(budget), best, tell)


def fresh_seed(seed: int) -> int:
    """The seed of futures that have nothing in common with those of a seed.

    It is the 64-bit address of the name `mitigate/fresh/<seed>`, one more where that is the seed
    itself: the seed is half the key of every draw.
    """
    found = address(f"mitigate/fresh/{seed}")
    return found if found != seed else (found + 1) % 2**64


def _choose(
    plans: LeverPlans, objective: Objective, budget: float, most: int, tell: Tell | None
) -> Best:
    """The best set on the futures of the run."""

    said = _FEW

    def told(count: int) -> None:
        nonlocal said
        if tell is not None and count >= 2 * said:
            said = count
            tell(f"Looked at {count:,} sets of mitigations.")

    futures = LeverFutures(plans, objective, told)
    bounds = LeverBounds.of(futures)
    problem = Problem(
        tuple(lever.spend for lever in plans.levers),
        tuple(lever.behind for lever in plans.levers),
        budget,
        futures.values,
        bounds.bounds if bounds.possible and objective.key != COST else None,
        bounds.sure,
        exact=futures.exact if objective.key == COST else None,
        near=NEAR,
    )
    # What only costs is in no best set.
    useful = [k for k, each in enumerate(plans.levers) if each.spend < 0 or not plans.idle(each)]
    return best_set(problem, useful, most)


def _judged(
    plans: LeverPlans, objective: Objective, budget: float, best: Best, tell: Tell | None
) -> BestMitigations:
    """Everything that is reported, found again on fresh futures."""
    results, levers = plans.results, plans.levers
    if tell is not None:
        tell("Judging the best set, and others, on fresh futures.")
    given = results.plan.scenario
    fresh = run(given, replace(results.settings, seed=fresh_seed(results.settings.seed)))
    judge = _Judge(LeverFutures(replace(plans, results=fresh, _compiled={}), objective), fresh)
    judge.look_at([point.chosen for point in best.frontier], best.chosen)
    frontier = tuple(
        judge.choice(point.chosen, point.spend, point.value, optimal=point.exact)
        for point in best.frontier
    )
    winner = next(
        choice
        for choice, point in zip(frontier, best.frontier, strict=True)
        if point.chosen == best.chosen
    )
    post = fresh
    if best.chosen != NOTHING:
        post = run_variant(fresh, plans.scenario_of(best.chosen))
    variants = Variant(BASE, fresh), Variant(WINNER, post)
    comparison = Comparison(variants, (difference(*variants),), ())
    return BestMitigations(
        results,
        fresh,
        objective,
        budget,
        levers,
        replace(winner, optimal=best.optimal),
        best.bound,
        best.evaluated,
        frontier,
        tuple(judge.alone(number, best.chosen) for number in range(len(levers))),
        comparison,
        settings_of(given, levers, best.chosen),
    )


class _Judge:
    """Values and savings of sets on fresh futures, each set simulated once."""

    def __init__(self, futures: LeverFutures, fresh: Results) -> None:
        self.futures, self.objective, self.fresh = futures, futures.objective, fresh
        self.known = {NOTHING: Outcome(fresh.joined.finish, fresh.joined.cost)}

    def look_at(self, sets: Iterable[int], best: int) -> None:
        """Find the outcomes of sets, of each lever alone, and in and out of the best set."""
        singles = [1 << k for k in range(len(self.futures.plans.levers))]
        around = [each for own in singles for each in (best | own, best & ~own)]
        new = [each for each in {*sets, *singles, *around, best} if each not in self.known]
        self.known.update(zip(new, self.futures.outcomes(new), strict=True))

    def outcome(self, chosen: int) -> Outcome:
        return self.known[chosen]

    def value(self, chosen: int) -> Estimate:
        return self.objective.estimate(self.outcome(chosen), self.fresh.estimator)

    def saves(self, before: int, after: int) -> Estimate:
        if before == after:
            return Estimate(0.0, 0.0, 0.0)
        return self.objective.saves(self.outcome(before), self.outcome(after), self.fresh.estimator)

    def choice(self, chosen: int, spend: float, in_sample: float, *, optimal: bool) -> Choice:
        ids = tuple(self.futures.plans.levers[each].id for each in members(chosen))
        saves = self.saves(NOTHING, chosen)
        return Choice(ids, spend, self.value(chosen), saves, in_sample, optimal)

    def alone(self, number: int, best: int) -> Alone:
        own = 1 << number
        chosen = bool(best & own)
        return Alone(
            self.futures.plans.levers[number],
            self.value(own),
            self.saves(NOTHING, own),
            chosen,
            self.saves(best & ~own, best | own),
        )
