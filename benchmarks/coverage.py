"""How often the reported 95 % intervals hold the true value, over thousands of runs.

Each run is the real one: draws, schedule, costs and the reported estimates, with a seed of its
own; only the plan is compiled once. Bars: within 1.5 points of 95 % for continuous outcomes, not
below 93.5 % for those with atoms. Run it with ``python -m benchmarks.coverage [SEEDS ITERATIONS]``.
"""

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

import simulator
from simulator.estimates.estimate import Estimate
from simulator.estimates.estimator import Sample
from simulator.plan.compile import compile_plan
from simulator.run.outcomes import DATE, MONEY, Outcome
from simulator.run.results import estimator_of
from simulator.run.settings import Settings
from simulator.run.simulate import simulate_plan
from simulator.scenario.units import MS_PER_DAY
from tests import stored_cases, truth

SEEDS, ITERATIONS = 4000, 10_000
PERCENTS = (50, 80, 95)


@dataclass(frozen=True, slots=True)
class Known:
    """A scenario and the true value of everything that is watched; instants in milliseconds."""

    name: str
    text: str
    date: float
    budget: float
    values: Mapping[str, float]
    atoms: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often one interval held the truth, and how wide it was on average."""

    name: str
    held: int
    seeds: int
    width: float

    @property
    def share(self) -> float:
        """The coverage."""
        return self.held / self.seeds

    @property
    def error(self) -> float:
        """Its binomial standard error at 95 %."""
        return math.sqrt(0.95 * 0.05 / self.seeds)


def bridge_cdf(t: float, nodes: int = 1000) -> float:
    """P(finish <= t) of the stored triangular bridge: E[F_D(t-A) F_C(t-A-E) F_B(t-E)].

    The expectation over A and E is a midpoint rule in their quantiles; against the stored
    distribution function it is off by less than 1e-5.
    """
    case = stored_cases.case_of("exact/tri_bridge")
    law = {a["id"]: a["params"] for a in case["activities"]}
    middles = (np.arange(nodes) + 0.5) / nodes
    a, e = (
        stats.triang((mode - low) / (high - low), low, high - low).ppf(middles)
        for low, mode, high in (law["A"], law["E"])
    )
    inner = _triangle(law["C"], t - a[:, None] - e) * _triangle(law["B"], t - e)
    return float(np.mean(_triangle(law["D"], t - a)[:, None] * inner))


def _triangle(params: Sequence[float], x: truth.Floats) -> truth.Floats:
    """The distribution function of a triangle."""
    low, mode, high = params
    x = np.clip(x, low, high)
    rising = (x - low) ** 2 / ((high - low) * (mode - low))
    falling = 1 - (high - x) ** 2 / ((high - low) * (high - mode))
    return np.where(x <= mode, rising, falling)


def continuous() -> Known:
    """The triangular bridge, with a rate of money on every task."""
    case = stored_cases.case_of("exact/tri_bridge")
    exact, rate = case["exact"], 1000
    tasks = {
        a["id"]: {
            "duration": stored_cases.distribution(a),
            "after": a["predecessors"],
            "cost_rate": f"{rate}/d",
        }
        for a in case["activities"]
    }
    # Mean and variance of a triangle: Johnson, Kotz and Balakrishnan (1995), section 26.9.
    params = np.array([a["params"] for a in case["activities"]])
    low, mode, high = params.T
    squares = low**2 + mode**2 + high**2 - low * mode - low * high - mode * high
    limit = 16
    values = {
        **{f"P{p} finish": exact["quantiles"][f"P{p}"] * MS_PER_DAY for p in PERCENTS},
        "mean finish": exact["mean"] * MS_PER_DAY,
        "sd finish": exact["sd"] * MS_PER_DAY,
        "on time": bridge_cdf(limit),
        "mean cost": rate * float(params.sum()) / 3,
        "sd cost": rate * math.sqrt(float(squares.sum()) / 18),
    }
    return Known("tri_bridge", truth.scenario(tasks), limit * MS_PER_DAY, np.inf, values, False)


def _of_atoms(name: str, text: str, pmf: Mapping[tuple[float, float], float]) -> Known:
    """The truth of a discrete outcome, from the chance of every (days, cost)."""
    limits: list[float] = []
    values: dict[str, float] = {}
    for axis, (what, unit) in enumerate((("finish", MS_PER_DAY), ("cost", 1.0))):
        own = sorted(stored_cases.marginal(pmf, axis).items())
        places = np.array([place for place, _ in own]) * unit
        weights = np.array([weight for _, weight in own])
        below = np.cumsum(weights)
        middle = float(places @ weights)
        for percent in PERCENTS:
            # Chances such as 0.8 add up to 0.7999...: the step counts as reached.
            at = int(np.searchsorted(below, percent / 100 - 1e-12))
            values[f"P{percent} {what}"] = float(places[at])
        values[f"mean {what}"] = middle
        values[f"sd {what}"] = math.sqrt(float((places - middle) ** 2 @ weights))
        limits.append(values[f"P80 {what}"])
    date, budget = limits
    budget += 0.5  # sums of money are not exact in the last bit
    kept = {key: key[0] * MS_PER_DAY <= date for key in pmf}
    values["on time"] = math.fsum(p for key, p in pmf.items() if kept[key])
    values["on budget"] = math.fsum(p for key, p in pmf.items() if key[1] <= budget)
    both = (p for key, p in pmf.items() if kept[key] and key[1] <= budget)
    values["joint"] = math.fsum(both)
    return Known(name, text, date, budget, values, True)


def register() -> Known:
    """The stored register of six risks: 64 outcomes."""
    case = stored_cases.case_of("exact/risk_register_6")
    return _of_atoms("risk_register_6", stored_cases.text_of(case), stored_cases.register_pmf(case))


def steps() -> Known:
    """Four values whose steps are exactly at the percents asked for: the hardest for quantiles."""
    pmf = {1: 0.5, 2: 0.3, 4: 0.15, 9: 0.05}
    law = {"discrete": {f"{value}d": p for value, p in pmf.items()}}
    text = truth.scenario({"t": {"duration": law, "cost_rate": "100/d"}})
    return _of_atoms("steps", text, {(float(v), 100.0 * v): p for v, p in pmf.items()})


CASES: tuple[Callable[[], Known], ...] = (continuous, register, steps)


def estimates(known: Known, seeds: int, iterations: int) -> Iterator[dict[str, Estimate]]:
    """What each run reports, by seed."""
    plan = compile_plan(simulator.loads(known.text))
    for seed in range(seeds):
        settings = Settings(iterations=iterations, seed=seed, task_iterations=0)
        joined = simulate_plan(plan, settings)
        estimator = estimator_of(settings)
        finish = Outcome.of("finish", DATE, Sample(joined.finish), 0.0, estimator)
        cost = Outcome.of("cost", MONEY, Sample(joined.cost), 0.0, estimator)
        both = (joined.finish <= known.date) & (joined.cost <= known.budget)
        yield {
            **{f"P{p} finish": finish.quantiles[p] for p in PERCENTS},
            **{f"P{p} cost": cost.quantiles[p] for p in PERCENTS},
            "mean finish": finish.mean,
            "sd finish": finish.sd,
            "mean cost": cost.mean,
            "sd cost": cost.sd,
            "on time": finish.probability(known.date, estimator),
            "on budget": cost.probability(known.budget, estimator),
            "joint": estimator.probability(both),
        }


def coverages(known: Known, seeds: int, iterations: int) -> list[Coverage]:
    """How often each interval of a case held its truth."""
    held, width = dict.fromkeys(known.values, 0), dict.fromkeys(known.values, 0.0)
    for found in estimates(known, seeds, iterations):
        for key, true in known.values.items():
            estimate = found[key]
            # An interval between two equal sums of money may miss by the last bit.
            slack = truth.ROUNDING * abs(true)
            held[key] += estimate.low - slack <= true <= estimate.high + slack
            width[key] += (estimate.high - estimate.low) / seeds
    return [Coverage(key, held[key], seeds, width[key]) for key in known.values]


def main(seeds: int = SEEDS, iterations: int = ITERATIONS) -> int:
    """Print a table; 1 if a coverage misses its bar."""
    print(f"{seeds:,} seeds x {iterations:,} iterations; widths of dates in days")
    print(f"{'case':<16} {'interval':<12} {'coverage':>8} {'+-':>6} {'mean width':>12}")
    missed = 0
    for case in CASES:
        known = case()
        for each in coverages(known, seeds, iterations):
            missed += each.share < 0.935 or (not known.atoms and each.share > 0.965)
            width = each.width / (MS_PER_DAY if "finish" in each.name else 1.0)
            print(
                f"{known.name:<16} {each.name:<12} {each.share:>8.2%} {each.error:>6.2%}"
                f" {width:>12.6g}",
                flush=True,
            )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
