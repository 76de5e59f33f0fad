"""The chain: a scenario and settings in, results out. The one place where the steps are chained."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from simulator.estimates.quantiles import quantile_estimate
from simulator.plan.compile import Plan, compile_plan
from simulator.run.block import Block, Span, simulate_block
from simulator.run.deterministic import deterministic_plan
from simulator.run.join import Joined, join
from simulator.run.results import Results
from simulator.run.settings import CHUNK, Settings
from simulator.scenario.program import Scenario

_BLOCK_BYTES = 384 * 1024 * 1024
_ARRAYS_ALIVE = 10
_LARGEST_BLOCK = 16 * CHUNK
_TELL_EVERY = 0.2
"""Seconds between two words on progress; each sorts what is there so far."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, and where the P80 finish stands so far."""

    done: int
    iterations: int
    seconds: float
    finish_p80: float
    half_width: float
    """Half the 95 % interval of the P80 finish, in milliseconds; nan while unknown."""


def simulate(
    scenario: Scenario,
    *,
    iterations: int = 10_000,
    seed: int = 1,
    scheme: str = "mc",
    engine: str = "auto",
    threads: int | None = None,
    task_iterations: int = 4096,
    keep_margin: bool = False,
    keep_hard: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
) -> Results:
    """Simulate a scenario and say how likely it is to be on time and on budget.

    Parameters
    ----------
    scenario
        A loaded scenario.
    iterations
        How many futures; more make the intervals narrower, by the square root.
    seed
        The same seed gives the same futures, also to a changed scenario where it did not change.
    scheme, engine, threads
        How to draw and compute; engines and threads never change a number.
    task_iterations
        How many of the futures give the percentiles of single tasks; 0 for none.
    keep_margin, keep_hard
        Keep margins, and hard dates, as the deterministic plan does.
    on_progress
        Called every fifth of a second, and at the end.

    Raises
    ------
    ScenarioError
        The scenario uses something that cannot be simulated yet.
    SettingsError
        A setting cannot be used.
    """
    settings = Settings(
        iterations, seed, scheme, engine, threads, task_iterations, keep_margin, keep_hard
    )
    return run(scenario, settings, on_progress)


def run(
    scenario: Scenario,
    settings: Settings,
    on_progress: Callable[[Progress], None] | None = None,
) -> Results:
    """Simulate a scenario with settings that are already an object."""
    began = perf_counter()
    plan = compile_plan(scenario)
    deterministic = deterministic_plan(plan)
    if not settings.keep_hard:
        plan = plan.without_hard_dates()
    joined = simulate_plan(plan, settings, on_progress)
    return Results.of(plan, settings, deterministic, joined, perf_counter() - began)


def simulate_plan(
    plan: Plan, settings: Settings, on_progress: Callable[[Progress], None] | None = None
) -> Joined:
    """Simulate every block of a plan and join them in order."""
    began = told = perf_counter()
    blocks: list[Block] = []
    for block in _blocks(plan, settings):
        blocks.append(block)
        if on_progress is not None and perf_counter() - told > _TELL_EVERY:
            on_progress(_progress(blocks, settings, perf_counter() - began))
            told = perf_counter()
    joined = join(blocks)
    if on_progress is not None:
        on_progress(_progress(blocks, settings, perf_counter() - began))
    return joined


def spans(plan: Plan, settings: Settings) -> list[Span]:
    """The blocks of a run: whole chunks, small enough to stay in memory and in cache."""
    size = settings.block
    if size is None:
        rows = max(len(plan.network.rows), len(plan.variables), 1)
        fitting = _BLOCK_BYTES // (rows * 8 * _ARRAYS_ALIVE) // CHUNK * CHUNK
        size = min(max(fitting, CHUNK), _LARGEST_BLOCK)
        # Threads need blocks to share.
        share = -(-settings.iterations // (settings.threads or 1))
        size = min(size, max(CHUNK, -(-share // CHUNK) * CHUNK))
    starts = range(0, settings.iterations, size)
    return [Span(start, min(start + size, settings.iterations)) for start in starts]


def _blocks(plan: Plan, settings: Settings) -> Iterator[Block]:
    todo = spans(plan, settings)
    if (settings.threads or 1) == 1:
        for span in todo:
            yield simulate_block(plan, settings, span)
        return
    with ThreadPoolExecutor(settings.threads) as pool:
        yield from pool.map(lambda span: simulate_block(plan, settings, span), todo)


def _progress(blocks: list[Block], settings: Settings, seconds: float) -> Progress:
    finish = np.sort(np.concatenate([block.finish for block in blocks]))
    p80 = quantile_estimate(finish, 80, settings.level)
    return Progress(len(finish), settings.iterations, seconds, p80.value, (p80.high - p80.low) / 2)
