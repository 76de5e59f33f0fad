"""What moves the outcome: days and money that go away when one thing does.

Each risk, range, class, common factor, pool and board is removed in turn and the program simulated
again on the same futures (`simulator.run.removals` says what removing means). What it takes away at
P80 and on average is the difference, with the interval of the paired difference. Removals do not
add up: two risks may hide behind each other, or need each other.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulator.analysis.indices import estimates_of, indices_of, variables_of
from simulator.analysis.shapley import MOST, Share, shapley_shares
from simulator.analysis.task_measures import TaskMeasures, task_measures
from simulator.engine.finishes import Ends
from simulator.errors import SettingsError
from simulator.estimates.estimate import UNKNOWN, Estimate
from simulator.estimates.estimator import Sample
from simulator.estimates.paired import mean_difference, quantile_difference
from simulator.estimates.sensitivity import Indices
from simulator.plan.work_calendar import Floats
from simulator.run.block import finish_outcomes
from simulator.run.join import Joined
from simulator.run.removals import BOARD, POOL, RANGE, Removal, removals
from simulator.run.results import Results
from simulator.run.settings import Settings
from simulator.run.simulate import run
from simulator.run.variants import ends_on_same_futures, for_many
from simulator.scenario.program import Scenario
from simulator.scenario.units import MS_PER_DAY

PERCENT = 80
PROGRAM = "program"
MOST_RANGES = 60
"""Ranges that are removed unless somebody asks for more: those of the most critical tasks."""

_RUNS = 50
"""Runs that removals take, about."""
MOST_INDICES = 12
"""Drivers whose shares of variance are found, those that move the finish most; and tasks, the most
critical first."""
_INDEX_ITERATIONS = 4096
"""Iterations that a share of variance takes, at most."""

_ESTIMATE = "estimate"
"""The kind of a task's own estimate, among drivers."""

Told = Callable[[int, int], None]
"""Told how many of how many removals are done."""


@dataclass(frozen=True, slots=True)
class Driver:
    """What one thing costs: what goes away when it does, in calendar days and money.

    Negative where it is an opportunity. The `spread` figures leave a range its mean: they are what
    the spread alone costs; None where there is no range.
    """

    name: str
    kind: str
    p80_days: Estimate
    mean_days: Estimate
    p80_cost: Estimate
    mean_cost: Estimate
    p80_days_spread: Estimate | None = None
    mean_days_spread: Estimate | None = None
    p80_cost_spread: Estimate | None = None
    mean_cost_spread: Estimate | None = None
    first_order: Estimate | None = None
    """The share of the variance of the program's duration that goes if it becomes known."""
    total: Estimate | None = None
    """The share that stays if all else does; None for both unless somebody asked, for pools and
    boards, and for drivers that move less than others."""


@dataclass(frozen=True, slots=True)
class Drivers:
    """What moves the finish of the program, or of a milestone, and the cost of the program."""

    results: Results
    target: str
    """`program`, or the id of a milestone, a project or a task with a deadline."""
    removed: tuple[Driver, ...]
    left_out: int
    """Ranges of tasks that were not removed, the least critical ones."""
    tasks: dict[str, TaskMeasures]
    """What an analyst asks of each task; empty unless somebody asked."""
    shapley: tuple[Share, ...]
    """The shares of the top drivers of the finish, which add up; empty unless somebody asked."""

    @property
    def finish(self) -> tuple[Driver, ...]:
        """Ranked by days at P80, then by mean days."""
        return _ranked(self.removed, lambda each: (each.p80_days, each.mean_days))

    @property
    def cost(self) -> tuple[Driver, ...]:
        """Ranked by money at P80, then by mean money."""
        return _ranked(self.removed, lambda each: (each.p80_cost, each.mean_cost))

    def to_dict(self) -> dict[str, Any]:
        """As `drivers --json` prints it."""
        return {
            "target": self.target,
            "finish": [
                {
                    "name": each.name,
                    "kind": each.kind,
                    "p80_days": each.p80_days.to_dict(),
                    "mean_days": each.mean_days.to_dict(),
                    "p80_days_spread": _dict(each.p80_days_spread),
                    "mean_days_spread": _dict(each.mean_days_spread),
                    "first_order": _dict(each.first_order),
                    "total": _dict(each.total),
                }
                for each in self.finish
            ],
            "cost": [
                {
                    "name": each.name,
                    "kind": each.kind,
                    "p80": each.p80_cost.to_dict(),
                    "mean": each.mean_cost.to_dict(),
                    "p80_spread": _dict(each.p80_cost_spread),
                    "mean_spread": _dict(each.mean_cost_spread),
                }
                for each in self.cost
            ],
            "tasks": {key: each.to_dict() for key, each in self.tasks.items()},
            "shapley": [each.to_dict() for each in self.shapley],
            "ranges_left_out": self.left_out,
        }

    def __repr__(self) -> str:
        """One line: what moves the finish most."""
        first = self.finish[0] if self.removed else None
        most = f": {first.name}, {first.p80_days.value:.1f} days at P80" if first else ""
        return f"<Drivers of {self.target!r}, {len(self.removed)} removed{most}>"


def drivers(
    scenario: Scenario,
    *,
    to: str | None = None,
    iterations: int = 10_000,
    seed: int = 1,
    scheme: str = "mc",
    engine: str = "auto",
    threads: int | None = None,
    task_iterations: int = 4096,
    keep_margin: bool = False,
    keep_hard: bool = False,
    ranges: int = MOST_RANGES,
    measures: bool = True,
) -> Drivers:
    """What moves P80, in days and money.

    Parameters
    ----------
    scenario
        A loaded scenario.
    to
        The milestone, project or task with a deadline whose finish it is about; the program's.
    iterations, seed, scheme, engine, threads, task_iterations, keep_margin, keep_hard
        As `simulate` has them.
    ranges
        How many tasks' ranges are removed, the most critical first.
    measures
        Whether to find the measures of each task and the Shapley shares too.

    Raises
    ------
    SettingsError
        There is no such milestone, or a setting cannot be used.
    """
    settings = Settings(
        iterations, seed, scheme, engine, threads, task_iterations, keep_margin, keep_hard
    )
    return drivers_of(run(scenario, settings), to=to, ranges=ranges, measures=measures)


def drivers_of(
    results: Results,
    *,
    to: str | None = None,
    ranges: int = MOST_RANGES,
    measures: bool = True,
    tell: Told | None = None,
) -> Drivers:
    """What moves the P80 of a run that there is.

    Raises
    ------
    SettingsError
        There is no such milestone.
    """
    place = _place(results, to)
    results = for_many(results, _RUNS)
    chosen, left_out = _chosen(results, removals(results), ranges)
    found = []
    for number, driver in enumerate(_removed(results, chosen, place)):
        found.append(driver)
        if tell is not None:
            tell(number + 1, len(chosen))
    tasks: dict[str, TaskMeasures] = {}
    shares: tuple[Share, ...] = ()
    if measures:
        found, totals = _indices(results, found)
        tasks = task_measures(results, totals)
        shares = shapley_shares(results, _top(found, chosen), place, PERCENT)
    return Drivers(results, to or PROGRAM, tuple(found), left_out, tasks, shares)


def _indices(results: Results, found: Sequence[Driver]) -> tuple[list[Driver], dict[str, Estimate]]:
    """The drivers, with shares of variance of those that move the finish most, and the total shares
    of the estimates of the most critical tasks."""
    plan, tasks = results.plan, results.tasks
    ranked = _ranked(found, lambda each: (each.p80_days, each.mean_days))
    keys = [(each.name, each.kind) for each in ranked if each.kind not in (POOL, BOARD)]
    estimates = estimates_of(plan)
    own = [key for key, group in estimates.items() if group]
    own.sort(key=lambda key: -tasks[key].criticality.value)
    groups = {key: variables_of(plan, *key) for key in keys[:MOST_INDICES]}
    groups |= {(key, _ESTIMATE): estimates[key] for key in own[:MOST_INDICES]}
    shares = indices_of(results, groups, _INDEX_ITERATIONS)
    totals = {key: each.total for (key, kind), each in shares.items() if kind == _ESTIMATE}
    return [_shared(each, shares.get((each.name, each.kind))) for each in found], totals


def _shared(driver: Driver, shares: Indices | None) -> Driver:
    if shares is None:
        return driver
    return replace(driver, first_order=shares.first_order, total=shares.total)


def _top(found: Sequence[Driver], chosen: Sequence[Removal]) -> list[Removal]:
    """The removals of the top drivers of the finish that can be combined with each other."""
    ranked = _ranked(found, lambda each: (each.p80_days, each.mean_days))
    by_name = {(each.name, each.kind): each for each in chosen if each.combines}
    keys = [(each.name, each.kind) for each in ranked]
    return [by_name[key] for key in keys if key in by_name][:MOST]


def risk_drivers(results: Results) -> dict[str, Driver]:
    """What each risk of a run costs at P80 and on average, by its id."""
    results = for_many(results, _RUNS)
    names = results.plan.scenario.risks
    risks = [
        replace(each, spread=None)
        for each in removals(results)
        if each.name in names and each.kind in ("risk", "factor")
    ]
    return {each.name: each for each in _removed(results, risks, None)}


def _place(results: Results, to: str | None) -> int | None:
    """Which of the finishes that are outcomes of their own is meant; None for the program's."""
    if to is None or to == PROGRAM:
        return None
    known = [key for key, _, _ in finish_outcomes(results.plan)]
    if to not in known:
        raise SettingsError(
            f"there is no finish of {to!r}; expected a milestone, a project or a task with a"
            f" deadline: {', '.join(known[:12])}"
        )
    return known.index(to)


def _outcomes(joined: Joined | Ends, place: int | None) -> tuple[Sample, Sample]:
    """Finish and cost."""
    finish: Floats = joined.finish if place is None else joined.finishes[place]
    return Sample(finish), Sample(joined.cost)


def _chosen(results: Results, every: Sequence[Removal], ranges: int) -> tuple[list[Removal], int]:
    """All removals but the ranges of the tasks that are least often critical."""
    tasks = results.tasks
    own = [each for each in every if each.kind == RANGE and each.name in tasks]
    own.sort(key=lambda each: -tasks[each.name].criticality.value)
    dropped = {each.name for each in own[ranges:]}
    kept = [each for each in every if each.kind != RANGE or each.name not in dropped]
    return kept, len(dropped)


def _removed(results: Results, removals: Sequence[Removal], place: int | None) -> Iterator[Driver]:
    """What each removal takes away, and what taking the spread away does where there is any."""
    base = _outcomes(results.joined, place)
    plans = [
        change(results.plan)
        for each in removals
        for change in (each.remove, each.spread)
        if change is not None
    ]
    ends = ends_on_same_futures(results, plans)
    for each in removals:
        figures = _figures(results, next(ends), base, place)
        spread: tuple[Estimate, ...] | tuple[None, ...] = (None,) * 4
        if each.spread is not None:
            spread = _figures(results, next(ends), base, place)
        yield Driver(each.name, each.kind, *figures, *spread)


def _figures(
    results: Results, without: Ends, base: tuple[Sample, Sample], place: int | None
) -> tuple[Estimate, Estimate, Estimate, Estimate]:
    """Days at P80 and on average, then money, that go away."""
    finish, cost = _outcomes(without, place)
    estimator = results.estimator
    there = finish.which is None and base[0].which is None
    days = (
        (
            quantile_difference(finish, base[0], PERCENT, estimator),
            mean_difference(finish, base[0], estimator),
        )
        if there
        else (UNKNOWN, UNKNOWN)
    )
    p80, mean = (Estimate(*(end / MS_PER_DAY for end in (e.value, e.low, e.high))) for e in days)
    return (
        p80,
        mean,
        quantile_difference(cost, base[1], PERCENT, estimator),
        mean_difference(cost, base[1], estimator),
    )


def _ranked(
    found: Sequence[Driver], key: Callable[[Driver], tuple[Estimate, Estimate]]
) -> tuple[Driver, ...]:
    """By size whatever its sign, what is unknown last."""

    def size(each: Driver) -> tuple[float, ...]:
        return tuple(
            math.inf if math.isnan(figure.value) else -abs(figure.value) for figure in key(each)
        )

    return tuple(sorted(found, key=size))


def _dict(estimate: Estimate | None) -> dict[str, float | None] | None:
    return None if estimate is None else estimate.to_dict()
