"""How many times smaller the error of a difference is on the same futures than on others.

Each program is run as it is and with one driver removed, under many seeds. The ratio is that of the
standard deviation over the seeds which the difference would have if both runs knew nothing of each
other, to the one that it has; squared, it is how many times more iterations unpaired runs would
take. Bar: 0.7, which chance and nothing else may bring it to. Run it with
``python -m benchmarks.paired_error [SEEDS ITERATIONS]``.
"""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import simulator
from benchmarks.cases import Floats
from simulator.estimates.quantiles import rank
from simulator.run.join import Joined
from simulator.run.removals import RANGE, Removal, removals
from simulator.run.results import Results
from simulator.run.settings import Settings
from simulator.run.simulate import settled, simulate_plan
from simulator.scenario.units import MS_PER_DAY

SEEDS, ITERATIONS = 40, 2048
ROOT = Path(__file__).parent.parent
SCENARIOS = {
    "starter": ROOT / "simulator" / "scenario" / "starter.yaml",
    "core_banking": ROOT / "scenarios" / "core_banking.yaml",
    "erp_rollout": ROOT / "scenarios" / "erp_rollout.yaml",
}
_ROUNDING = 1e-9
"""What sums of money leave of a difference that is the same in every future."""
BAR = 0.7
FIGURES = ("P80 finish", "mean finish", "P80 cost", "mean cost")


@dataclass(frozen=True, slots=True)
class Gain:
    """The errors of one figure of one difference over many seeds, in days or money."""

    scenario: str
    removed: str
    figure: str
    paired: float
    unpaired: float

    @property
    def ratio(self) -> float:
        """How many times smaller the paired one is; infinite where it has none."""
        return self.unpaired / self.paired if self.paired > _ROUNDING * self.unpaired else math.inf


def gains(name: str, seeds: int, iterations: int) -> Iterator[Gain]:
    """The gains of a scenario for the first removal of each kind, of ranges the most critical."""
    scenario = simulator.load(SCENARIOS[name])
    results = simulator.simulate(scenario, iterations=iterations, task_iterations=0)
    chosen = _one_of_each(results)
    found = np.array([_figures(results, chosen, seed, iterations) for seed in range(seeds)])
    base, others = found[:, :1], found[:, 1:]
    paired = (others - base).std(axis=0, ddof=1)
    unpaired = np.sqrt(others.var(axis=0, ddof=1) + base.var(axis=0, ddof=1))
    for k, removal in enumerate(chosen):
        for figure, one, other in zip(FIGURES, paired[k], unpaired[k], strict=True):
            yield Gain(name, f"{removal.name} ({removal.kind})", figure, one, other)


def _one_of_each(results: Results) -> list[Removal]:
    tasks, found = results.tasks, dict[str, Removal]()
    every = sorted(
        removals(results),
        key=lambda each: -tasks[each.name].criticality.value if each.name in tasks else -2.0,
    )
    for each in every:
        if each.combines and (each.kind != RANGE or each.name in tasks):
            found.setdefault(each.kind, each)
    return list(found.values())


def _figures(
    results: Results, chosen: Sequence[Removal], seed: int, iterations: int
) -> list[list[float]]:
    """The figures (1 + removals, 4) under a seed, of the program as it is first."""
    plans = [results.plan, *(each.remove(results.plan) for each in chosen)]
    sampling = replace(results.sampling, seed=seed)
    return [
        _of(
            simulate_plan(
                plan,
                settled(Settings(iterations, seed, task_iterations=0), plan),
                sampling=sampling,
            )
        )
        for plan in plans
    ]


def _of(joined: Joined) -> list[float]:
    def p80(values: Floats) -> float:
        place = rank(80, len(values)) - 1
        return float(np.partition(values, place)[place])

    finish, cost = joined.finish / MS_PER_DAY, joined.cost
    return [p80(finish), float(finish.mean()), p80(cost), float(cost.mean())]


def main(seeds: int = SEEDS, iterations: int = ITERATIONS) -> int:
    """Print a table; 1 if pairing makes an error larger than chance would."""
    print(f"{seeds} seeds x {iterations:,} iterations: how many times smaller the paired error is")
    print(f"| Scenario | Without | {' | '.join(FIGURES)} |")
    print("| --- | --- |" + " ---: |" * len(FIGURES))
    worse = 0
    for name in SCENARIOS:
        found = list(gains(name, seeds, iterations))
        for at in range(0, len(found), len(FIGURES)):
            row = found[at : at + len(FIGURES)]
            worse += sum(each.ratio < BAR for each in row)
            cells = [f"{g.ratio:.1f}" if math.isfinite(g.ratio) else "exact" for g in row]
            print(f"| {name} | {row[0].removed} | {' | '.join(cells)} |", flush=True)
    return int(worse > 0)


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
