"""How often the 95 % intervals of paired differences hold the true difference, by scheme.

Two variants of a program are simulated on the same futures, as `compare` and `drivers` do, and the
differences of quantiles, means and chances are those that they report. The truth is exact: closed
forms, quadrature, enumeration. Bars: at least 93 %, and of means at most 98 %; quantiles of dates
and of what takes few values may be held more often, since an interval ends at dates that happen.
Run it with ``python -m benchmarks.paired_coverage [SEEDS ITERATIONS]``.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

import simulator
from benchmarks.coverage import Coverage
from simulator.estimates.estimate import Estimate
from simulator.estimates.estimator import Sample
from simulator.estimates.paired import chance_difference, mean_difference, quantile_difference
from simulator.plan.compile import compile_plan
from simulator.run.block import Shared, sampling_of
from simulator.run.join import Joined
from simulator.run.results import estimator_of
from simulator.run.settings import SCHEMES, Settings
from simulator.run.simulate import simulate_plan
from simulator.scenario.units import MS_PER_DAY
from tests import stored_cases, truth

SEEDS, ITERATIONS = 500, 8192
PERCENTS = (50, 80)
_GRID = 400_000
"""Equally likely values of an outcome, where its truth takes quadrature."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two variants and the true differences, b less a; instants in milliseconds."""

    name: str
    a: str
    b: str
    deadline: float
    values: Mapping[str, float]
    atoms: bool


def branches() -> Pair:
    """Two normal branches on the clock, of which one becomes shorter and surer: continuous."""
    laws = ((50, 5), (48, 9)), ((50, 5), (45, 7))
    texts = [_branches(each, "24x7", "ed") for each in laws]
    longest = [_longest(each) * MS_PER_DAY for each in laws]
    values = _differences("finish", *longest) | _chance(*longest, 55 * MS_PER_DAY)
    costs = [stats.norm(m[0] + n[0], np.hypot(m[1], n[1])) for m, n in laws]
    for percent in PERCENTS:
        values[f"P{percent} cost"] = 100 * float(np.diff([c.ppf(percent / 100) for c in costs])[0])
    values["mean cost"] = 100.0 * (45 - 48)
    return Pair("branches", *texts, 55 * MS_PER_DAY, values, atoms=False)


def weekends() -> Pair:
    """The same in working days of eight hours: dates that jump over nights and weekends."""
    laws = ((50, 5), (48, 9)), ((50, 5), (45, 7))
    texts = [_branches(each, "weekdays", "d") for each in laws]
    plan = compile_plan(simulator.loads(texts[0]))
    calendar = plan.network.calendar(plan.network.program_calendar)
    dates = [calendar.finish_at(np.rint(_longest(each) * 8 * 3_600_000)) for each in laws]
    deadline = float(dates[0][7 * _GRID // 10])
    values = _differences("finish", *dates) | _chance(*dates, deadline)
    return Pair("weekends", *texts, deadline, values, atoms=False)


def register() -> Pair:
    """The stored register of six risks with and without the second: 64 outcomes and 32."""
    case = stored_cases.case_of("exact/risk_register_6")
    less = {**case, "risks": [risk for risk in case["risks"] if risk["id"] != "R2"]}
    values: dict[str, float] = {}
    pmfs = [stored_cases.register_pmf(each) for each in (case, less)]
    deadline = 230 * MS_PER_DAY
    for axis, (what, unit) in enumerate((("finish", MS_PER_DAY), ("cost", 1.0))):
        own = [sorted(stored_cases.marginal(pmf, axis).items()) for pmf in pmfs]
        places = [np.array([place for place, _ in each]) * unit for each in own]
        weights = [np.array([weight for _, weight in each]) for each in own]
        for percent in PERCENTS:
            at = [np.searchsorted(np.cumsum(w), percent / 100 - 1e-12) for w in weights]
            values[f"P{percent} {what}"] = float(places[1][at[1]] - places[0][at[0]])
        means = [float(p @ w) for p, w in zip(places, weights, strict=True)]
        values[f"mean {what}"] = means[1] - means[0]
        if not axis:
            kept = [float(w[p <= deadline].sum()) for p, w in zip(places, weights, strict=True)]
            values["on time"] = kept[1] - kept[0]
    texts = [stored_cases.text_of(each) for each in (case, less)]
    return Pair("register", *texts, deadline, values, atoms=True)


CASES: tuple[Callable[[], Pair], ...] = (branches, weekends, register)


def estimates(
    pair: Pair, seeds: int, iterations: int, scheme: str
) -> Iterator[dict[str, Estimate]]:
    """What the variants are found to differ by, seed by seed."""
    plans = [compile_plan(simulator.loads(text)) for text in (pair.a, pair.b)]
    for seed in range(seeds):
        settings = Settings(iterations, seed, scheme, task_iterations=0)
        sampling = sampling_of(plans[0], settings, Shared())
        a, b = (simulate_plan(plan, settings, sampling=sampling) for plan in plans)
        yield _found(a, b, pair.deadline, settings)


def coverages(pair: Pair, seeds: int, iterations: int, scheme: str) -> list[Coverage]:
    """How often each interval of a pair held its truth."""
    held, width = dict.fromkeys(pair.values, 0), dict.fromkeys(pair.values, 0.0)
    for found in estimates(pair, seeds, iterations, scheme):
        for key, true in pair.values.items():
            estimate = found[key]
            # What is known exactly has no width; sums of money may miss by the last bits.
            slack = truth.ROUNDING * 1e9 if key.endswith(("cost", "finish")) else 1e-12
            held[key] += estimate.low - slack <= true <= estimate.high + slack
            width[key] += (estimate.high - estimate.low) / seeds
    return [Coverage(key, held[key], seeds, width[key]) for key in pair.values]


def kept_bar(pair: Pair, each: Coverage) -> bool:
    """Whether a coverage is where it should be, but for what so many seeds cannot tell."""
    least = each.share + 2 * each.error >= 0.95 or each.share >= 0.93
    return least and (not each.name.startswith("mean") or pair.atoms or each.share <= 0.98)


def _found(a: Joined, b: Joined, deadline: float, settings: Settings) -> dict[str, Estimate]:
    estimator = estimator_of(settings)
    found = {"on time": chance_difference(a.finish <= deadline, b.finish <= deadline, estimator)}
    for what, one, other in (("finish", a.finish, b.finish), ("cost", a.cost, b.cost)):
        pair = Sample(one), Sample(other)
        found[f"mean {what}"] = mean_difference(*pair, estimator)
        for percent in PERCENTS:
            found[f"P{percent} {what}"] = quantile_difference(*pair, percent, estimator)
    return found


def _branches(laws: tuple[tuple[int, int], ...], calendar: str, unit: str) -> str:
    tasks = "".join(
        f"      {key}: {{duration: {{normal: {{mean: {mean}{unit}, sd: {sd}{unit}}}}},"
        f" cost_rate: 100/{unit}}}\n"
        for key, (mean, sd) in zip("ab", laws, strict=True)
    )
    program = f"{{start: 2027-01-04, calendar: {calendar}, finish: p.end}}"
    end = "      end: {milestone: true, after: [a, b]}\n"
    return f"format: 1\nprogram: {program}\nprojects:\n  p:\n    tasks:\n{tasks}{end}"


def _longest(laws: tuple[tuple[int, int], ...]) -> truth.Floats:
    """Equally likely values of the longer of two normal branches, rising: roots of F_a F_b."""
    one, other = (stats.norm(mean, sd) for mean, sd in laws)
    at = np.linspace(10, 120, 200_001)
    return np.interp((np.arange(_GRID) + 0.5) / _GRID, one.cdf(at) * other.cdf(at), at)


def _differences(what: str, a: truth.Floats, b: truth.Floats) -> dict[str, float]:
    """Quantiles and means of two outcomes, given by equally likely values, b less a."""
    found = {f"mean {what}": float(b.mean() - a.mean())}
    for percent in PERCENTS:
        place = percent * len(a) // 100
        found[f"P{percent} {what}"] = float(b[place] - a[place])
    return found


def _chance(a: truth.Floats, b: truth.Floats, deadline: float) -> dict[str, float]:
    return {"on time": float((b <= deadline).mean() - (a <= deadline).mean())}


def main(seeds: int = SEEDS, iterations: int = ITERATIONS) -> int:
    """Print a table; 1 if a coverage misses its bar."""
    print(f"{seeds:,} seeds x {iterations:,} iterations; widths of dates in days")
    print("| Case | Difference | " + " | ".join(f"{s} | width" for s in SCHEMES) + " |")
    print("| --- | --- |" + " ---: | ---: |" * len(SCHEMES))
    missed = 0
    for case in CASES:
        pair = case()
        columns = [coverages(pair, seeds, iterations, scheme) for scheme in SCHEMES]
        for row in zip(*columns, strict=True):
            cells = []
            for each in row:
                missed += not kept_bar(pair, each)
                width = each.width / (MS_PER_DAY if "finish" in each.name else 1.0)
                mark = "" if kept_bar(pair, each) else " **missed**"
                cells.append(f"{each.share:.1%}{mark} | {width:.4g}")
            print(f"| {pair.name} | {row[0].name} | {' | '.join(cells)} |", flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
