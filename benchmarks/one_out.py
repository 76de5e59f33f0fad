"""What moves P80: 50 risks removed one by one, against the run that they are removed from."""

import time
from collections.abc import Iterator

import numpy as np

import simulator
from benchmarks.cases import Data, Network, loaded
from benchmarks.pools import BARRED, Shop
from benchmarks.timing import Bar, Extent, figure, table
from simulator.analysis.drivers import drivers_of
from simulator.scenario.program import Scenario

RISKS, EVERYWHERE, SHARE = 50, 3, 0.05
_SETTING = (
    f"`drivers` without the measures of single tasks: {RISKS} risks are removed one by one on the"
    " same futures, with intervals of days and money at P80 and on average. Three risks multiply"
    f" the work of every task, the others that of {SHARE:.0%} of them, drawn at random. 10,000"
    " iterations, two threads, the base run not counted."
)
HEADINGS = ("plan", "tasks", "base run, s", "removals, s", "bar", "times the base run", "bar")
_ROUNDS = 3


def risks(names: list[str], seed: int = 0) -> Data:
    """The risks, by their ids."""
    rng = np.random.default_rng(seed)
    found = {}
    for number in range(RISKS):
        own = ["*"]
        if number >= EVERYWHERE:
            count = max(1, round(SHARE * len(names)))
            own = sorted(rng.choice(names, count, replace=False).tolist())
        hits = [{"tasks": own, "factor": {"pert": [0.9, 1.1, 1.6]}}]
        found[f"r{number}"] = {"chance": round(float(rng.uniform(0.1, 0.5)), 2), "hits": hits}
    return found


def without_pools(tasks: int) -> Scenario:
    """A network of PERT tasks under these risks."""
    data = Network.of(tasks).data()
    names = [f"{p}.{t}" for p, each in data["projects"].items() for t in each["tasks"]]
    return loaded({**data, "risks": risks(names)})


def with_pools(tasks: int) -> Scenario:
    """A network that shares four pools under these risks."""
    names = [f"p.t{task}" for task in range(tasks)]
    return Shop.of(tasks).scenario(rich=False, risks=risks(names))


def measured(
    name: str, scenario: Scenario, iterations: int, bars: tuple[Bar | None, Bar]
) -> list[str]:
    """A row of the table."""
    chosen = {"iterations": iterations, "engine": "compiled", "task_iterations": 0}
    base = removed = np.inf
    for _ in range(_ROUNDS + 1):
        began = time.perf_counter()
        results = simulator.simulate(scenario, **chosen)
        ran = time.perf_counter()
        found = drivers_of(results, ranges=0, measures=False)
        done = time.perf_counter()
        base, removed = min(base, ran - began), min(removed, done - ran)
    assert sum(each.kind == "risk" for each in found.removed) == RISKS
    whole, times = bars
    return [
        name, f"{len(scenario.tasks):,}", figure(base), figure(removed),
        "" if whole is None else whole.said(removed), figure(removed / base),
        times.said(removed / base),
    ]  # fmt: skip


def _rows(extent: Extent) -> Iterator[list[str]]:
    iterations, tasks = extent.of(10_000, 1_024), extent.of(1_000, 60)
    below, tenfold = Bar(1.0, at_least=False), Bar(10.0, at_least=False)
    yield measured("no pools", without_pools(tasks), iterations, (below, tenfold))
    often = Bar(55.0, at_least=False)
    yield measured("four pools", with_pools(BARRED), iterations, (None, often))


def one_out(extent: Extent) -> str:
    """The section of the report."""
    return f"{_SETTING}\n\n{table(HEADINGS, _rows(extent))}"


if __name__ == "__main__":
    print(one_out(Extent()))
