"""What calendars, risks, correlation, size and threads cost, as ratios."""

import time
from collections.abc import Sequence

import simulator
from benchmarks.cases import (
    Data,
    Network,
    bare_of,
    core_banking,
    loaded,
    with_calendars,
    with_correlation,
    with_factors,
)
from benchmarks.timing import Bar, Extent, engines, fastest, figure, peak_megabytes, table
from simulator.scenario.program import Scenario

ITERATIONS = 10_000
CALENDARS = {
    "none": None,
    "one": Bar(1.2, at_least=False),
    "five projects": Bar(1.5, at_least=False),
    "five at random": Bar(4, at_least=False),
}
RICH_BAR, SIZE_BAR = Bar(3, at_least=False), Bar(1.3, at_least=False)
MEMORY_BAR, THREADS_BAR = Bar(1024, at_least=False), Bar(1.7)
PEAK = """
import simulator
from benchmarks.cases import Network, loaded
scenario = loaded(Network.of({tasks}).data())
simulator.simulate(
    scenario, iterations={iterations}, task_iterations=0, engine={engine!r}, threads=1
).to_dict()
"""


def calendars(extent: Extent) -> str:
    """Ratios to a network without calendars."""
    network = Network.of(extent.of(1_000, 20))
    scenarios = {kind: loaded(with_calendars(network, kind)) for kind in CALENDARS}
    rows = []
    for engine in engines():
        times = _times(list(scenarios.values()), extent.of(ITERATIONS, 500), extent, engine)
        for (kind, bar), took in zip(CALENDARS.items(), times, strict=True):
            own = bar if engine == fastest() else None
            rows.append([f"{engine}, {kind}", *_ratio(took, times[0], own)])
    said = (
        f"{len(network):,} tasks, {extent.of(ITERATIONS, 500):,} iterations, one thread. Five"
        " projects have each a calendar of their own, with another week and other free days; at"
        " random, each task has any of the five."
    )
    found = table(("calendars", "s", "ratio", "bar"), rows)
    return f"{said}\n\n{found}"


def rich(extent: Extent) -> str:
    """Core banking with everything, against its bare twin."""
    scenario = core_banking()
    twin = bare_of(scenario)
    iterations = extent.of(1_000_000, 2_000)
    counts = [len(each.tasks) for each in (scenario, twin)]
    times = _times([scenario, twin], iterations, extent, fastest())
    each = [1e9 * took / count / iterations for took, count in zip(times, counts, strict=True)]
    rows = [
        ["rich", counts[0], *_ratio(each[0], each[1], RICH_BAR)],
        ["bare", counts[1], *_ratio(each[1], each[1], None)],
    ]
    headings = ("core banking", "tasks", "ns a task and iteration", "ratio", "bar")
    said = (
        f"{iterations:,} iterations, engine {fastest()}, one thread. The bare twin has the"
        " same tasks, ranges and types of links, in clock time, without lags, risks, costs,"
        " correlation, classes, rework, branches and dates; spans are left out."
    )
    return f"{said}\n\n{table(headings, rows)}"


def scaling(extent: Extent) -> str:
    """Tasks, iterations with memory, threads, risks and correlation."""
    return "\n\n".join(
        part(extent) for part in (_tasks, _iterations, _threads, _risks, _correlation)
    )


def _tasks(extent: Extent) -> str:
    sizes = [extent.of(size, size // 50) for size in (100, 1_000, 10_000)]
    iterations, rows = extent.of(ITERATIONS, 500), []
    for engine in engines():
        each = []
        for size in sizes:
            scenario = loaded(Network.of(size).data())
            took = _times([scenario], iterations, extent, engine)[0]
            each.append(1e9 * took / size / iterations)
        for size, nanoseconds in zip(sizes, each, strict=True):
            bar = SIZE_BAR if engine == fastest() and size == sizes[-1] else None
            rows.append([f"{engine}, {size:,}", *_ratio(nanoseconds, each[1], bar)])
    headings = ("tasks", "ns a task and iteration", f"ratio to {sizes[1]:,}", "bar")
    return f"### Tasks\n\n{table(headings, rows)}"


def _iterations(extent: Extent) -> str:
    tasks, engine = extent.of(1_000, 20), fastest()
    scenario, rows = loaded(Network.of(tasks).data()), []
    for full in (10_000, 100_000, 1_000_000):
        count = extent.of(full, full // 500)
        repeats = 3 if full == ITERATIONS else 1
        took = _times([scenario], count, extent, engine, repeats=repeats)[0]
        peak = peak_megabytes(PEAK.format(tasks=tasks, iterations=count, engine=engine))
        said = MEMORY_BAR.said(peak) if full == 1_000_000 else ""
        each = 1e9 * took / tasks / count
        rows.append([f"{count:,}", figure(took), figure(each), figure(peak), said])
    headings = ("iterations", "s", "ns a task and iteration", "peak MB", "bar")
    return (
        f"### Iterations\n\n{tasks:,} tasks, engine {engine}, one thread; peak memory of a process"
        f" that does nothing else.\n\n{table(headings, rows)}"
    )


def _threads(extent: Extent) -> str:
    tasks, iterations = extent.of(1_000, 20), extent.of(100_000, 4_000)
    scenario, rows = loaded(Network.of(tasks).data()), []
    for engine in engines():
        one, two = (
            _times([scenario], iterations, extent, engine, repeats=2, threads=threads)[0]
            for threads in (1, 2)
        )
        said = THREADS_BAR.said(one / two) if engine == fastest() else ""
        rows.append([engine, figure(one), figure(two), f"{one / two:.2f}", said])
    headings = ("engine", "s, 1 thread", "s, 2 threads", "times faster", "bar")
    return f"### Threads\n\n{tasks:,} tasks, {iterations:,} iterations.\n\n{table(headings, rows)}"


def _risks(extent: Extent) -> str:
    network = Network.of(extent.of(1_000, 20))
    counts = (0, 20, 100)
    return "### Risks\n\nEach multiplies the work of every task.\n\n" + _features(
        "risks", {f"{count}": with_factors(network, count) for count in counts}, extent
    )


def _correlation(extent: Extent) -> str:
    network = Network.of(extent.of(1_000, 20))
    kinds = ("none", "one group", "dense 200")
    return "### Correlation\n\n" + _features(
        "correlation of durations",
        {kind: with_correlation(network, kind) for kind in kinds},
        extent,
    )


def _features(name: str, variants: dict[str, Data], extent: Extent) -> str:
    """Ratios to the first variant, for each engine."""
    scenarios, rows = [loaded(data) for data in variants.values()], []
    for engine in engines():
        times = _times(scenarios, extent.of(ITERATIONS, 500), extent, engine)
        for kind, took in zip(variants, times, strict=True):
            rows.append([f"{engine}, {kind}", *_ratio(took, times[0], None)[:2]])
    return table((name, "s", "ratio"), rows)


def _ratio(value: float, base: float, bar: Bar | None) -> list[str]:
    ratio = value / base
    return [figure(value), f"{ratio:.2f}", "" if bar is None else bar.said(ratio)]


def _times(
    scenarios: Sequence[Scenario],
    iterations: int,
    extent: Extent,
    engine: str,
    *,
    repeats: int = 3,
    threads: int = 1,
) -> list[float]:
    """The shortest times of scenarios, measured in turns so that none has the better moment."""

    def took(scenario: Scenario, count: int) -> float:
        began = time.perf_counter()
        results = simulator.simulate(
            scenario, iterations=count, task_iterations=0, engine=engine, threads=threads
        )
        results.to_dict()
        return time.perf_counter() - began

    for scenario in scenarios:
        took(scenario, min(iterations, 2_048))
    rounds = [
        [took(scenario, iterations) for scenario in scenarios] for _ in range(extent.of(repeats, 1))
    ]
    return [min(times) for times in zip(*rounds, strict=True)]
