"""Where the time of a run goes: step by step, whole processes, and what the limit would be."""

import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

import simulator
from benchmarks.cases import CORE_BANKING, Network, loaded
from benchmarks.timing import ROOT, Bar, Extent, engines, fastest, figure, seconds, table
from simulator.engine.addresses import LANE
from simulator.engine.compiled.span_tape import Stretch
from simulator.engine.sampling import Sampling
from simulator.engine.sums import CHUNK
from simulator.run import block, simulate
from simulator.run.results import Results
from simulator.run.settings import Settings
from simulator.run.store import Origin, save_run

ITERATIONS = 10_000
START_BAR = Bar(3, at_least=False)
FLOOR = 1.1
"""Nanoseconds a task and iteration of a C program in float32; see DESIGN, section 2."""
RUN_STEPS = {
    "compile_plan": "compile",
    "_grown": "blocks",
    "join": "reduce: join",
}
BLOCK_STEPS = {
    "draw": "  draw",
    "durations_of": "  durations",
    "network_pass": "  pass",
    "driving_links": "  criticality",
    "criticality": "  criticality",
    "costs_of": "  costs",
}
"""Functions of the NumPy engine."""
STAGES = ("  deterministic plan, tapes", "  draw", "  costs", "  pass, criticality")
"""Stages of the compiled engine."""
NAMES = ("load", *RUN_STEPS.values(), *dict.fromkeys(BLOCK_STEPS.values()), "reduce: estimates",
         "to_dict", "write", "charts")  # fmt: skip


def phases(extent: Extent) -> str:
    """Milliseconds of each step, on one thread, warm."""
    network = yaml.safe_dump(Network.of(extent.of(1_000, 20)).data(), sort_keys=False)
    cases = {"core banking": CORE_BANKING.read_text(), f"{extent.of(1_000, 20):,} tasks": network}
    columns: dict[str, dict[str, float]] = {}
    for name, text in cases.items():
        for engine in engines():
            _steps(text, engine, 1_024)
            columns[f"{name}, {engine}"] = _steps(text, engine, extent.of(ITERATIONS, 2_000))
    rows = [
        [name.replace("  ", "— "), *(_shown(column.get(name)) for column in columns.values())]
        for name in _in_order()
    ]
    said = (
        f"Milliseconds for {extent.of(ITERATIONS, 2_000):,} iterations on one thread, the second"
        " time in a process. Steps within blocks are told apart where they are functions of their"
        " own."
    )
    return f"{said}\n\n{table(('step', *columns), rows)}"


def _in_order() -> list[str]:
    """Steps, with those of blocks below them."""
    inner = list(dict.fromkeys([STAGES[0], *BLOCK_STEPS.values(), *STAGES]))
    outer = [name for name in NAMES if name not in inner]
    at = outer.index("blocks") + 1
    return [*outer[:at], *inner, *outer[at:]]


def _shown(value: float | None) -> str:
    return "" if value is None else f"{1e3 * value:,.1f}"


def _stages(results: Results, blocks: float) -> dict[str, float]:
    """Seconds of the stages of a kernel that takes whole spans: some by themselves, then the rest.

    What `blocks` take besides is the plan made flat, and memory for what is kept of tasks.
    """
    from simulator.engine.compiled.block import CompiledBlocks

    plan, settings = results.plan, results.settings
    finishes = tuple((project, task) for _, project, task in block.finish_outcomes(plan))
    targets = tuple(rows for _, rows in block.critical_targets(plan))
    sampling = Sampling("mc", settings.seed)
    engine = CompiledBlocks(plan, sampling, keep_margin=False, finishes=finishes, targets=targets)
    room, run, chunks = engine.new_room(), engine.span.run, settings.iterations // CHUNK
    began = time.perf_counter()
    engine.unfold(room, engine.nothing(chunks, 0), Stretch(0, 0, chunks * CHUNK, 0, LANE))
    whole, drawing, costing = time.perf_counter() - began, 0.0, 0.0
    for chunk in range(chunks):
        for first in range(0, LANE, run):
            began = time.perf_counter()
            engine.draw(room, chunk, first, engine.lanes)
            drawn = time.perf_counter()
            engine.cost(room, engine.lanes)
            drawing += drawn - began
            costing += time.perf_counter() - drawn
    rest = whole - drawing - costing
    return dict(zip(STAGES, (blocks - whole, drawing, costing, rest), strict=True))


def _steps(text: str, engine: str, iterations: int) -> dict[str, float]:
    """Seconds of every step of one run."""
    found: dict[str, float] = defaultdict(float)
    clock = _Clock(found)
    scenario = clock.timed("load", simulator.loads)(text)
    settings = Settings(iterations=iterations, engine=engine, threads=1)
    with ExitStack() as watching:
        watching.enter_context(_watched(simulate, RUN_STEPS, clock))
        watching.enter_context(_watched(block, BLOCK_STEPS, clock))
        began = time.perf_counter()
        results = simulate.run(scenario, settings)
        whole = time.perf_counter() - began
    found["reduce: estimates"] = whole - sum(found[name] for name in RUN_STEPS.values())
    clock.timed("to_dict", results.to_dict)()
    if engine == "compiled":
        found |= _stages(results, found["blocks"])
    from simulator.charts.gallery import save_charts

    with tempfile.TemporaryDirectory() as folder:
        origin = Origin(Path("benchmark.yaml"))
        clock.timed("write", save_run)(results, Path(folder), origin)
        clock.timed("charts", save_charts)(results, Path(folder) / "charts")
    return dict(found)


class _Clock:
    """Adds up what calls of functions take."""

    def __init__(self, found: dict[str, float]) -> None:
        self.found = found

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, whose time is noted under a name."""

        def call(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.found[name] += time.perf_counter() - began

        return call


@contextmanager
def _watched(module: ModuleType, steps: dict[str, str], clock: _Clock) -> Iterator[None]:
    """Functions that a module calls, timed for as long as the context lasts."""
    kept = {name: getattr(module, name) for name in steps if hasattr(module, name)}
    for name, function in kept.items():
        setattr(module, name, clock.timed(steps[name], function))
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(module, name, function)


def start_up(extent: Extent) -> str:
    """Whole processes: wall time and peak memory."""
    few = str(extent.of(ITERATIONS, 1_000))
    scenario = str(CORE_BANKING)
    runs = {
        "`simulator --help`": ("--help",),
        "`simulator check`": ("check", scenario),
        "`simulator run`, charts and files": ("run", scenario, "-n", few),
        "`simulator run`, files": ("run", scenario, "-n", few, "--no-charts"),
        "`simulator run --out none`": ("run", scenario, "-n", few, "--out", "none"),
    }
    rows = []
    for name, arguments in runs.items():
        with tempfile.TemporaryDirectory() as folder:
            saves = arguments[0] == "run" and "--out" not in arguments
            options = ("--out", folder) if saves else ()
            found = [_process((*arguments, *options), folder) for _ in range(extent.of(5, 1))]
        took, megabytes = min(found)
        bar = START_BAR.said(took) if "charts and" in name else ""
        rows.append([name, figure(took), figure(megabytes), bar])
    said = f"Core banking, {int(few):,} iterations; best of five processes, files of Python cached."
    return f"{said}\n\n{table(('process', 's', 'peak MB', 'bar'), rows)}"


def _process(arguments: tuple[str, ...], folder: str) -> tuple[float, float]:
    """Seconds and peak megabytes of one command, started by a small process.

    A child's account of memory begins with what its parent held.
    """
    code = (
        "import sys; from benchmarks.speed import measure;"
        " print(*measure(tuple(sys.argv[2:]), sys.argv[1]))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, folder, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    took, megabytes = map(float, said.split())
    return took, megabytes


def limit(extent: Extent) -> str:
    """How far the fastest engine is from a program that does nothing else."""
    tasks, few, iterations = extent.of(1_000, 20), 1_024, extent.of(100_000, 4_096)
    scenario = loaded(Network.of(tasks).data())
    each = []
    for count in (few, iterations):
        took = seconds(
            lambda count=count: simulator.simulate(  # type: ignore[misc]
                scenario, iterations=count, task_iterations=0, engine=fastest(), threads=1
            ),
            extent.of(5, 1),
        )
        each.append(1e9 * took / tasks)
    slope = (each[1] - each[0]) / (iterations - few)
    fixed = (each[0] - slope * few) * tasks / 1e6
    rows = [
        ["a C program in float32: draw, forward, back, counts", figure(FLOOR), ""],
        [f"ours, {fastest()}, each further iteration", figure(slope), f"{slope / FLOOR:.1f}"],
        [f"ours, {fastest()}, all of {iterations:,}", figure(each[1] / iterations), ""],
    ]
    said = (
        "A C program for one thread that draws 32-bit numbers, keeps float32, knows nothing but"
        f" triangles and finish-to-start links and stays in cache takes {FLOOR} ns for a task and"
        " an iteration on a machine of this kind (measured apart, not in this run). Ours pays more"
        " for: draws with an address each (Philox, so that variants share their futures), float64"
        " whole milliseconds (so that ties are equal and all engines agree to the bit), existence,"
        " links of any type, driving links as bits rather than a backward pass, sums by chunk, and"
        f" {fixed:,.0f} ms a run for the plan and the estimates."
    )
    headings = ("program", "ns a task and iteration", "times the limit")
    return f"{said}\n\n{table(headings, rows)}"
