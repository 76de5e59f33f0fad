"""One point of a sweep: the scenario with other values, simulated, as one row of the table.

A row is what `simulate` of the file with those `--set`s finds, to the last bit: same seed, same
futures. Beside it stands the change from the file as it is, paired future by future.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from simulator.engine.sampling import Sampling
from simulator.errors import RunError, ScenarioError
from simulator.estimates.estimate import UNKNOWN, Estimate
from simulator.estimates.estimator import Bools, Estimator, Sample
from simulator.estimates.paired import chance_difference, quantile_difference
from simulator.plan.work_calendar import Floats
from simulator.run.iso_dates import iso_dates
from simulator.run.results import Results, estimator_of
from simulator.run.settings import SMALL_WORK, Settings
from simulator.run.simulate import run
from simulator.run.sweep.designs import Design, Point
from simulator.scenario.dumping import dump
from simulator.scenario.loading import validate
from simulator.scenario.overrides import override
from simulator.scenario.program import Scenario
from simulator.scenario.source import Source, source_from_text
from simulator.scenario.units import MS_PER_DAY

PERCENTS: Final = (50, 80)
DATES: Final = tuple(f"finish_p{percent}" for percent in PERCENTS)
MONEY: Final = tuple(f"cost_p{percent}" for percent in PERCENTS)
CHANCES: Final = ("on_time", "on_budget", "all")
CHANGES: Final = ("finish_p80_change_days", "cost_p80_change", "all_change")
"""What differs from the file as it is: calendar days, money, and a chance from -1 to 1."""
FIGURES: Final = (*DATES, *MONEY, *CHANCES, *CHANGES)
ENDS: Final = ("", "_low", "_high")

Row = dict[str, Any]
"""The figures of a point by column: dates as text, numbers, None where there is none."""


@dataclass(frozen=True, slots=True)
class Base:
    """What points are compared with: finish and cost of the file as it is, in every future.

    `finish` (N,) is milliseconds from `start`, an ordinal of milliseconds since the year 1.
    """

    start: float
    finish: Floats
    cost: Floats
    kept: Bools | None

    @classmethod
    def of(cls, results: Results) -> "Base":
        """What a run of the file found."""
        return cls(
            _ordinal(results), results.joined.finish, results.joined.cost, kept_promises(results)
        )


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that makes rows of points; sent once to each process that works on a sweep."""

    source: Source
    paths: tuple[str, ...]
    settings: Settings
    sampling: Sampling
    base: Base

    def row(self, point: Point) -> Row:
        """The row of a point.

        Raises
        ------
        ScenarioError
            The scenario is at fault with these values.
        RunError
            It cannot be simulated.
        """
        results = run(self.scenario(point), self.settings, sampling=self.sampling)
        found = _figures(results) | _changes(results, self.base)
        return {
            f"{figure}{end}": value
            for figure in FIGURES
            for end, value in zip(ENDS, found[figure], strict=True)
        }

    def scenario(self, point: Point) -> Scenario:
        """The scenario of a point.

        Raises
        ------
        ScenarioError
            It is at fault with these values.
        """
        source = override(self.source, sets_of(self.paths, point))
        return validate(source.data(), source, digested=False)


def job_of(results: Results, design: Design) -> Job:
    """What the points of a design are made with, from a run of the file as it is."""
    paths = tuple(axis.path for axis in design.axes)
    settings = replace(results.settings, threads=1, task_iterations=0)
    source = source_of(results.plan.scenario)
    return Job(source, paths, settings, results.sampling, Base.of(results))


def quickly(settings: Settings, rows: int, points: int, processes: int) -> Settings:
    """The engine that is worth loading for so many points in each process; it changes no number."""
    work = rows * settings.iterations * max(1, points // max(processes, 1))
    if settings.engine != "auto" or work <= SMALL_WORK:
        return settings
    return replace(settings, engine="compiled")


def source_of(scenario: Scenario) -> Source:
    """What a scenario was read from, or its text where it was not read."""
    found = scenario._source  # noqa: SLF001 - the scenario's own note of where it came from
    return found if isinstance(found, Source) else source_from_text(dump(scenario))


def sets_of(paths: Sequence[str], point: Point) -> list[str]:
    """A point as `--set` takes it."""
    return [f"{path}={text}" for path, text in zip(paths, point, strict=True) if text is not None]


def told(error: ScenarioError | RunError) -> str:
    """A fault of a point in one line."""
    if isinstance(error, ScenarioError):
        first, count = error.faults[0], len(error.faults)
        more = f" (and {count - 1} more)" if count > 1 else ""
        where = ".".join(map(str, first.path)) or first.excerpt
        said = f"{where}: {first.problem}" if where else first.problem
        return f"{said}; expected {first.expected}{more}" if first.expected else said + more
    return str(error).replace("\n", " ")


def kept_promises(results: Results) -> Bools | None:
    """In which iterations (N,) deadline and budget were kept; None where nothing is promised."""
    program, joined = results.plan.scenario.program, results.joined
    found = []
    if program.deadline is not None:
        found.append(joined.finish <= results.plan.clock.ms(program.deadline.ends()))
    if program.budget is not None:
        found.append(joined.cost <= program.budget)
    return np.logical_and.reduce(found) if found else None


def _figures(results: Results) -> dict[str, tuple[Any, ...]]:
    """Percentiles and chances, each with the ends of its interval."""
    estimator, joined = results.estimator, results.joined
    finish = estimator.quantiles(Sample(joined.finish), PERCENTS)
    cost = estimator.quantiles(Sample(joined.cost), PERCENTS)
    clock, kept = results.plan.clock, _chances(results, estimator)
    ends = np.array([_ends(finish[percent]) for percent in PERCENTS]).ravel()
    dates = iso_dates(clock, ends)
    found: dict[str, tuple[Any, ...]] = {
        key: tuple(dates[3 * k : 3 * k + 3]) for k, key in enumerate(DATES)
    }
    found |= {key: _finite(cost[p]) for key, p in zip(MONEY, PERCENTS, strict=True)}
    return found | {key: _finite(kept.get(key, UNKNOWN)) for key in CHANCES}


def _chances(results: Results, estimator: Estimator) -> dict[str, Estimate]:
    """The chances of the program's promises, without a look at what else a run tells."""
    program, joined = results.plan.scenario.program, results.joined
    found = {}
    if program.deadline is not None:
        limit = results.plan.clock.ms(program.deadline.ends())
        found["on_time"] = estimator.probability(joined.finish <= limit)
    if program.budget is not None:
        found["on_budget"] = estimator.probability(joined.cost <= program.budget)
    kept = kept_promises(results)
    if kept is not None:
        found["all"] = estimator.probability(kept)
    return found


def _changes(results: Results, base: Base) -> dict[str, tuple[Any, ...]]:
    """What the point is more than the file, from the same futures."""
    estimator = estimator_of(results.settings)
    later = _ordinal(results) - base.start
    days, money, chance = UNKNOWN, UNKNOWN, UNKNOWN
    finish = Sample(base.finish), Sample(results.joined.finish + later)
    if all(sample.which is None for sample in finish):
        days = quantile_difference(*finish, 80, estimator)
    money = quantile_difference(Sample(base.cost), Sample(results.joined.cost), 80, estimator)
    kept = kept_promises(results)
    if kept is not None and base.kept is not None:
        chance = chance_difference(base.kept, kept, estimator)
    in_days = Estimate(*(end / MS_PER_DAY for end in _ends(days)))
    return dict(zip(CHANGES, map(_finite, (in_days, money, chance)), strict=True))


def _ordinal(results: Results) -> float:
    """The program's start in milliseconds."""
    start = results.plan.clock.start
    seconds = start.hour * 3600 + start.minute * 60 + start.second
    return start.toordinal() * MS_PER_DAY + seconds * 1000.0


def _ends(found: Estimate) -> tuple[float, float, float]:
    return found.value, found.low, found.high


def _finite(found: Estimate) -> tuple[float | None, ...]:
    return tuple(end if math.isfinite(end) else None for end in _ends(found))
