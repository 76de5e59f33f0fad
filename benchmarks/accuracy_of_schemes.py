"""How much smaller the error of P80 is by Latin hypercubes and Sobol's points, and what they cost.

Each scheme runs with many seeds; the variance of its P80s is compared with that of plain Monte
Carlo for the same number of iterations. A ratio of variances has an F distribution if P80s are
normal, which they are nearly.
"""

import time
from dataclasses import dataclass

import numpy as np
from scipy import stats

import simulator
from benchmarks.cases import Floats, Network, core_banking, loaded
from benchmarks.timing import ROOT, Bar, Extent, accepted, fastest, table
from simulator.plan.compile import Plan, compile_plan
from simulator.run.settings import Settings
from simulator.run.simulate import simulate_plan
from simulator.scenario.program import Scenario

ITERATIONS = 10_000
SCHEMES, OUTCOMES = ("mc", "lhs", "sobol"), ("finish", "duration", "cost")
BARS = {"lhs": Bar(1.1), "sobol": Bar(1.4)}
COST_BAR = Bar(1.2, at_least=False)
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Replicates:
    """P80s of one scheme by seed, the iterations of each run and the median time of one."""

    p80: Floats
    iterations: int
    seconds: float

    @property
    def variance(self) -> float:
        """The variance of P80, for one iteration."""
        return float(self.p80.var(ddof=1)) * self.iterations

    @property
    def cost(self) -> float:
        """Seconds an iteration."""
        return self.seconds / self.iterations


def schemes(extent: Extent) -> str:
    """Ratios of errors for three scenarios and a network of 1,000 tasks."""
    rows: list[list[str]] = []
    for name, scenario in _scenarios(extent).items():
        plan = compile_plan(scenario).without_hard_dates()
        found = {
            scheme: _replicates(plan, scheme, extent)
            for scheme in SCHEMES
            if accepted(scheme=scheme)
        }
        for outcome, plain in found["mc"].items():
            rows += [
                [f"{name}, {outcome}, {scheme}", *_compared(plain, each[outcome], scheme)]
                for scheme, each in found.items()
                if scheme != "mc" and plain.variance > 0
            ]
    said = (
        f"P80 from {extent.replicates:,} runs of {extent.of(ITERATIONS, 1_024):,} iterations each"
        f" (rounded up to what a scheme needs) on one thread, engine {fastest()}. Errors are"
        " standard deviations of P80 by plain Monte Carlo divided by those of the scheme, for the"
        " same number of iterations and for the same time. A finish jumps over nights and free"
        " days; `duration` is the same in working time, which does not. In parentheses their"
        f" {100 * LEVEL:.0f} % intervals."
    )
    headings = ("scenario, outcome, scheme", "iterations", "smaller error at equal iterations",
                "bar", "cost", "bar of cost", "at equal time")  # fmt: skip
    return f"{said}\n\n{table(headings, rows)}"


def _scenarios(extent: Extent) -> dict[str, Scenario]:
    tasks = extent.of(1_000, 20)
    return {
        "core_banking": core_banking(),
        "erp_rollout": simulator.load(ROOT / "scenarios" / "erp_rollout.yaml"),
        "starter": simulator.load(ROOT / "simulator" / "scenario" / "starter.yaml"),
        f"{tasks:,} tasks": loaded(Network.of(tasks).data()),
    }


def _replicates(plan: Plan, scheme: str, extent: Extent) -> dict[str, Replicates]:
    """Run a plan with many seeds; P80s by outcome."""
    found: dict[str, list[float]] = {outcome: [] for outcome in OUTCOMES}
    times, iterations = [], 0
    for seed in range(1, extent.replicates + 1):
        settings = Settings(
            iterations=extent.of(ITERATIONS, 1_024),
            seed=seed,
            scheme=scheme,
            engine=fastest(),
            threads=1,
            task_iterations=0,
        )
        began = time.perf_counter()
        joined = simulate_plan(plan, settings)
        times.append(time.perf_counter() - began)
        iterations = len(joined.finish)
        for outcome, p80s in found.items():
            ordered = np.sort(getattr(joined, outcome))
            p80s.append(float(ordered[(80 * iterations + 99) // 100 - 1]))
    took = float(np.median(times))
    return {key: Replicates(np.array(p80s), iterations, took) for key, p80s in found.items()}


def _compared(plain: Replicates, other: Replicates, scheme: str) -> list[str]:
    """Ratios of errors with intervals, of cost, and what is left of the one after the other."""
    ratio = plain.variance / other.variance if other.variance else float("inf")
    freedom = len(other.p80) - 1
    ends = [ratio / stats.f.ppf((1 + side * LEVEL) / 2, freedom, freedom) for side in (1, -1)]
    cost = other.cost / plain.cost
    equal, timed = (
        f"{np.sqrt(ratio / scale):.2f} ({np.sqrt(ends[0] / scale):.2f}–"
        f"{np.sqrt(ends[1] / scale):.2f})"
        for scale in (1.0, cost)
    )
    bars = BARS[scheme].said(float(np.sqrt(ratio))), COST_BAR.said(cost)
    return [f"{other.iterations:,}", equal, bars[0], f"{cost:.2f}", bars[1], timed]
