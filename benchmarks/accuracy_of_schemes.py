"""How much smaller the error of P80 is by Latin hypercubes and Sobol's points, and what they cost.

Each scheme runs with many seeds; the variance of its P80s is compared with that of plain Monte
Carlo for the same number of iterations. A ratio of variances has an F distribution if P80s are
normal, which they are nearly.
"""

import time
from dataclasses import dataclass, field

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
    """P80s of one scheme by seed, the iterations of each run and the median CPU time of one."""

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


@dataclass(slots=True)
class Runs:
    """What is gathered of the runs by one scheme."""

    p80: dict[str, list[float]] = field(default_factory=lambda: {key: [] for key in OUTCOMES})
    times: list[float] = field(default_factory=list)
    iterations: int = 0

    def replicates(self) -> dict[str, Replicates]:
        """The same by outcome."""
        took = float(np.median(self.times))
        return {
            outcome: Replicates(np.array(p80s), self.iterations, took)
            for outcome, p80s in self.p80.items()
        }


def schemes(extent: Extent) -> str:
    """Ratios of errors for three scenarios and a network of 1,000 tasks."""
    rows: list[list[str]] = []
    for name, scenario in _scenarios(extent).items():
        plan = compile_plan(scenario).simulated()
        found = _replicates(plan, extent)
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
        " same number of iterations and for the same CPU time; schemes take turns. A finish jumps"
        " over nights and free days; `duration` is the same in working time, which does not. In"
        f" parentheses their {100 * LEVEL:.0f} % intervals."
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


def _replicates(plan: Plan, extent: Extent) -> dict[str, dict[str, Replicates]]:
    """Run a plan with many seeds, by all schemes in turn; P80s by scheme and outcome."""
    names = [scheme for scheme in SCHEMES if accepted(scheme=scheme)]
    runs = {name: Runs() for name in names}
    for seed in range(1, extent.replicates + 1):
        for scheme, run in runs.items():
            settings = Settings(
                iterations=extent.of(ITERATIONS, 1_024),
                seed=seed,
                scheme=scheme,
                engine=fastest(),
                threads=1,
                task_iterations=0,
            )
            began = time.process_time()
            joined = simulate_plan(plan, settings)
            run.times.append(time.process_time() - began)
            run.iterations = len(joined.finish)
            place = (80 * run.iterations + 99) // 100 - 1
            for outcome, p80s in run.p80.items():
                p80s.append(float(np.sort(getattr(joined, outcome))[place]))
    return {name: run.replicates() for name, run in runs.items()}


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
