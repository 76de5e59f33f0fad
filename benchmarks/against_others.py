"""Ours and other ways to the same answer: time for each task and iteration, answers compared."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import simulator
from benchmarks.cases import Network, loaded
from benchmarks.contestants import (
    Agreement,
    Answer,
    Draw,
    numpy_program,
    pert,
    python_program,
    scipy_triangular,
    simpy_program,
    triangular,
    tuned_numpy_program,
)
from benchmarks.timing import Bar, Extent, engines, fastest, figure, table
from simulator.run.results import Results
from simulator.scenario.program import Scenario

SIZES, ITERATIONS, THREADS = (100, 1_000, 10_000), 10_000, (1, 2)
LOOP_WORK, SIMPY_WORK, SLOW_WORK = 1_000_000, 20_000, 10_000_000
FEWEST_COMPARED = 100
"""Iterations below which a percentile has no standard error to compare by."""
"""Tasks times iterations of programs that take each iteration by itself."""
BARS = {1: Bar(7), 2: Bar(12)}
PERT_BAR = Bar(3)
HEADINGS = ("program", "iterations", "s", "ns a task and iteration", "times faster than NumPy",
            "bar", "mean", "P80", "criticality", "answers")  # fmt: skip
_SETTING = (
    "Networks of triangular tasks with about two finish-to-start links each, to tasks at most 50"
    " before; clock time without calendars. Ours is"
    " `simulate(scenario, iterations=10_000, task_iterations=0, threads=...).to_dict()` on a loaded"
    " scenario, with the compilation of the plan and all estimates. The NumPy program is the"
    " obvious one: `rng.triangular` over the whole array, `np.maximum` forward, `np.minimum` back,"
    " the share without float. The tuned one does the same for 500 iterations at a time in arrays"
    " that it uses again. Best of three; programs that loop over iterations do fewer."
)
READING = (
    "`mean`, `P80` and `criticality` are differences to the NumPy program in standard errors of the"
    " difference, the last the largest of all tasks; answers are the same up to chance where none"
    " is larger than the largest of so many is once in 1,000 such comparisons."
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A contestant's seconds and answer; `bar` for its ratio to the NumPy program."""

    name: str
    seconds: float
    answer: Answer
    bar: Bar | None = None

    def nanoseconds(self, tasks: int) -> float:
        """Time for one task in one iteration."""
        return 1e9 * self.seconds / (tasks * self.answer.iterations)


def others(extent: Extent) -> str:
    """Triangular networks of three sizes."""
    parts = [f"{_SETTING} {READING}"]
    for tasks in SIZES:
        network = Network.of(extent.of(tasks, max(10, tasks // 100)))
        parts.append(f"### {len(network):,} tasks")
        parts.append(_comparison(network, _contestants(network, extent, bars=tasks > SIZES[0])))
    return "\n\n".join(parts)


def all_pert(extent: Extent) -> str:
    """The same with PERT, whose quantiles we read from tables."""
    network = Network.of(extent.of(1_000, 20))
    iterations = extent.of(ITERATIONS, 500)
    measured = [
        _best("NumPy, obvious", lambda: numpy_program(network, iterations, pert), extent),
        _best("NumPy, tuned", lambda: tuned_numpy_program(network, iterations, pert), extent),
        *_ours(loaded(network.data("pert")), iterations, extent, {1: PERT_BAR}),
    ]
    said = (
        f"{len(network):,} tasks; the NumPy program draws `low + (high - low) * rng.beta(...)` and"
        " is otherwise the one above."
    )
    return f"{said}\n\n{_comparison(network, measured)}"


def _contestants(network: Network, extent: Extent, *, bars: bool) -> Iterator[Measured]:
    iterations = extent.of(ITERATIONS, 500)
    scenario = loaded(network.data())

    def drawn(draw: Draw, seed: int) -> Callable[[], Answer]:
        return lambda: numpy_program(network, iterations, draw, seed)

    yield _best("NumPy, obvious", drawn(triangular, 1), extent)
    yield _best("NumPy, tuned", lambda: tuned_numpy_program(network, iterations), extent)
    yield _best("NumPy, draws of scipy.stats", drawn(scipy_triangular, 4), extent, repeats=1)
    few = _few(network, extent, LOOP_WORK)
    yield _best("Python loops", lambda: python_program(network, few), extent, repeats=1)
    lived = _few(network, extent, SIMPY_WORK)
    yield _best("SimPy, no criticality", lambda: simpy_program(network, lived), extent, repeats=1)
    yield _best("ours, simpy", lambda: _simulated(scenario, lived, "simpy", 1), extent, repeats=1)
    yield from _ours(scenario, iterations, extent, BARS if bars else {})


def _few(network: Network, extent: Extent, work: int) -> int:
    return max(4, extent.of(work, work // 100) // len(network))


def _ours(
    scenario: Scenario, iterations: int, extent: Extent, bars: dict[int, Bar]
) -> Iterator[Measured]:
    """Our engines by threads; bars are for the fastest."""
    for engine in engines():
        slow = engine != fastest()
        work = extent.of(SLOW_WORK, SLOW_WORK // 100)
        count = min(iterations, max(4, work // len(scenario.tasks))) if slow else iterations
        for threads in THREADS[:1] if slow else THREADS:
            name = f"ours, {engine}, {threads} thread{'s' if threads > 1 else ''}"
            bar = bars.get(threads) if engine == fastest() else None
            _simulated(scenario, 1_024, engine, threads)
            yield _best(
                name,
                lambda engine=engine, threads=threads, count=count: _simulated(  # type: ignore[misc]
                    scenario, count, engine, threads
                ),
                extent,
                repeats=1 if slow else 3,
                bar=bar,
            )


def _simulated(scenario: Scenario, iterations: int, engine: str, threads: int) -> Results:
    results = simulator.simulate(
        scenario, iterations=iterations, task_iterations=0, engine=engine, threads=threads
    )
    results.to_dict()
    return results


def _best(
    name: str,
    call: Callable[[], Answer | Results],
    extent: Extent,
    repeats: int = 3,
    bar: Bar | None = None,
) -> Measured:
    """The best of some times; what our results are compared by is taken from them afterwards."""
    times: list[float] = []
    for _ in range(extent.of(repeats, 1)):
        began = time.perf_counter()
        found = call()
        times.append(time.perf_counter() - began)
    answer = found if isinstance(found, Answer) else Answer.of(found)
    return Measured(name, min(times), answer, bar)


def _comparison(network: Network, measured: "Iterator[Measured] | list[Measured]") -> str:
    """A row a contestant; the first one is what all are compared with."""
    rows: list[list[str]] = []
    first: Measured | None = None
    for each in measured:
        first = first or each
        took = each.nanoseconds(len(network))
        ratio = first.nanoseconds(len(network)) / took
        told = ["", "", "", ""]
        if each is not first and each.answer.iterations >= FEWEST_COMPARED:
            agreement = Agreement.of(first.answer, each.answer)
            critical = each.answer.criticality is not None
            told = [
                f"{agreement.mean:.1f}",
                f"{agreement.p80:.1f}",
                f"{agreement.criticality:.1f}" if critical else "",
                "same" if agreement.holds else "**differ**",
            ]
        bar = "" if each.bar is None else each.bar.said(ratio)
        iterations = f"{each.answer.iterations:,}"
        rows.append(
            [each.name, iterations, figure(each.seconds), figure(took), figure(ratio), bar, *told]
        )
    return table(HEADINGS, rows)
