"""The chain: a scenario and settings in, results out. The one place where the steps are chained."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from time import perf_counter

import numpy as np

from simulator.engine.sampling import Sampling
from simulator.engine.uncollected import uncollected
from simulator.errors import SettingsError
from simulator.estimates.quantiles import interval_ranks, quantile_estimate, rank
from simulator.plan.compile import Plan, compile_plan
from simulator.run.block import Block, Shared, Span, block_maker, engine_of, sampling_of
from simulator.run.deterministic import DeterministicPlan
from simulator.run.join import Joined, join
from simulator.run.left_to_simpy import left_to_simpy
from simulator.run.pieces import by_threads
from simulator.run.precision import AT_MOST, Precision, PrecisionFound, Wanted
from simulator.run.priorities import in_order
from simulator.run.results import Results
from simulator.run.settings import CHUNK, Settings
from simulator.run.side_by_side import Beside
from simulator.scenario.program import Scenario

_BLOCK_BYTES = 384 * 1024 * 1024
_ARRAYS_ALIVE = 10
_LARGEST_BLOCK = 16 * CHUNK
_SHARES = 4
"""Blocks that each thread takes at most if they could be larger: some take longer than others."""
_WORTH = 20_000_000
"""Rows times iterations of a block for which it is worth to begin another one."""
_TELL_EVERY = 0.2
"""Seconds between two words on progress; each sorts what is there so far."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, and where the P80 finish stands so far."""

    done: int
    iterations: int
    """How many there will be; with a wanted precision, until the next look."""
    seconds: float
    finish_p80: float
    half_width: float
    """Half the 95 % interval of the P80 finish, in milliseconds; nan while unknown."""
    already: int = 0
    """How many were done before."""


Follow = Callable[[Progress], None]


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
    precision: Wanted | Sequence[Wanted] | None = None,
    at_most: int = AT_MOST,
    on_progress: Follow | None = None,
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
    scheme
        How to draw: `mc` plainly, `lhs` by Latin hypercubes, `sobol` by Sobol's points. The last
        two round the iterations up.
    engine, threads
        How to compute; they never change a number.
    task_iterations
        How many of the futures give the percentiles of single tasks; 0 for none.
    keep_margin, keep_hard
        Keep margins, and hard dates, as the deterministic plan does.
    precision, at_most
        Go on, from `iterations` to twice as many and so on, until the interval is as narrow as
        wanted: `"1d"` for the P80 finish, `50_000` for the P80 cost, `"0.5%"` for the chance to
        keep all promises, or several; but never beyond so many. `Results.precision` tells whether
        it was reached.
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
    wanted = None if precision is None else Precision.of(precision, at_most)
    return run(scenario, settings, on_progress, precision=wanted)


def run(
    scenario: Scenario,
    settings: Settings,
    on_progress: Follow | None = None,
    *,
    precision: Precision | None = None,
    on_compiling: Callable[[], None] | None = None,
    on_slow: Callable[[str], object] | None = None,
    sampling: Sampling | None = None,
) -> Results:
    """Simulate a scenario with settings that are already an object.

    `on_compiling` is called once if the compiled engine must be compiled for this machine first,
    `on_slow` with every reason for which it will leave the plan to SimPy.
    With the `sampling` of another run, Sobol's points go to the variables they went to there.
    """
    began = perf_counter()
    tell = None if on_compiling is None else cache(on_compiling)
    with uncollected():
        plan = compile_plan(scenario)
        settings = settled(settings, plan)
        with _compiling(settings, tell):
            deterministic = DeterministicPlan(plan, engine_of(settings))
            plan = in_order(plan, deterministic)
    plan = plan.simulated(keep_hard=settings.keep_hard)
    shared = Shared()
    with _compiling(settings, tell):
        sampling = sampling or sampling_of(plan, settings, shared)
    if on_slow is not None:
        for reason in left_to_simpy(plan, settings, sampling):
            on_slow(f"{reason}.")
    looks = None if precision is None else precision.looks(plan, settings)
    blocks: list[Block] = []
    found = None
    for count in looks.counts if looks else (settings.iterations,):
        settings = settled(replace(settings, iterations=count), plan)
        with _compiling(settings, tell):
            blocks = _grown(plan, settings, sampling, blocks, on_progress, shared, deterministic)
        found = looks.look(plan, settings, blocks) if looks else None
        if found and found.reached:
            break
    return _results(plan, settings, sampling, deterministic, blocks, began, found)


def extend(results: Results, iterations: int, on_progress: Follow | None = None) -> Results:
    """Go on with a run: results of at least so many iterations, of which only new ones are made.

    They are those of a run of that length from the beginning, bit for bit. If the run ended within
    a chunk of 1,024, its last block is made again. Sobol goes on to twice as many and so on.

    Raises
    ------
    SettingsError
        There are as many iterations already, or they are too many.
    """
    began = perf_counter() - results.seconds
    there = results.settings.iterations
    if iterations < there:
        raise SettingsError(f"{iterations} iterations; expected at least the {there} there are")
    plan = results.plan
    settings = settled(results.settings.extended(iterations), plan)
    blocks = _grown(plan, settings, results.sampling, list(results.blocks), on_progress)
    return _results(plan, settings, results.sampling, results.deterministic, blocks, began)


def settled(settings: Settings, plan: Plan) -> Settings:
    """The settings of a run of a plan: what `auto` stands for is settled."""
    return settings.resolved(len(plan.network.rows), pools=plan.network.pools is not None)


def simulate_plan(
    plan: Plan,
    settings: Settings,
    on_progress: Follow | None = None,
    sampling: Sampling | None = None,
) -> Joined:
    """Simulate every block of a plan and join them in order, drawn as another run was or anew."""
    shared = Shared()
    if sampling is None:
        sampling = sampling_of(plan, settings, shared)
    return join(_grown(plan, settings, sampling, [], on_progress, shared), settings.replicates)


def spans(plan: Plan, settings: Settings, start: int = 0) -> list[Span]:
    """The blocks of a run from a chunk on: whole chunks, small enough for memory and cache.

    An iteration costs the compiled engine the same in any block, so it takes small ones, which
    threads share evenly, and lets a run end with a block of its own that is no whole chunk, so
    that extending the run makes only that one again. The other engines take large blocks.
    """
    size, end, whole = settings.block, settings.iterations, settings.iterations
    if settings.engine_used == "compiled":
        whole = max(start, end // CHUNK * CHUNK)
        size = size or _compiled_block(plan, settings, end)
    elif size is None:
        rows = max(len(plan.network.rows), len(plan.variables), 1)
        fitting = _BLOCK_BYTES // (rows * 8 * _ARRAYS_ALIVE) // CHUNK * CHUNK
        size = min(max(fitting, CHUNK), _LARGEST_BLOCK)
        # Threads need blocks to share.
        share = -(-(end - start) // settings.threads_used)
        size = min(size, max(CHUNK, -(-share // CHUNK) * CHUNK))
    found = [Span(at, min(at + size, whole)) for at in range(start, whole, size)]
    return [*found, Span(whole, end)] if whole < end else found


def _compiled_block(plan: Plan, settings: Settings, iterations: int) -> int:
    """Whole chunks: as many to each thread as to all others, in few blocks, which end together."""
    chunks, threads = iterations // CHUNK, settings.threads_used
    rounds = -(-chunks * CHUNK // (threads * _LARGEST_BLOCK))
    if threads > 1:
        worth = chunks * CHUNK * len(plan.network.rows) // (threads * _WORTH)
        rounds = max(rounds, min(worth, _SHARES))
    shares = threads * max(rounds, 1)
    return min(max(chunks // shares, 1) * CHUNK, _LARGEST_BLOCK)


def _results(  # noqa: PLR0917 - the fields of `Results`, in their order
    plan: Plan,
    settings: Settings,
    sampling: Sampling,
    deterministic: DeterministicPlan,
    blocks: list[Block],
    began: float,
    precision: PrecisionFound | None = None,
) -> Results:
    """Results that can be extended."""
    with uncollected():
        joined = join(blocks, settings.replicates)
    seconds, shared = perf_counter() - began, _sharing(blocks, joined)
    dimensions = dict(sampling.dimensions)
    return Results(
        plan, settings, deterministic, joined, seconds, dimensions, precision, blocks=shared
    )


def _sharing(blocks: list[Block], joined: Joined) -> tuple[Block, ...]:
    """The blocks as parts of what they were joined to, so that it is in memory once."""
    found: list[Block] = []
    at = first = 0
    for block in blocks:
        part = slice(at, at + len(block.finish))
        tasks = slice(first, first + block.task_start.shape[1])
        value = joined.present_value
        found.append(
            replace(
                block,
                finish=joined.finish[part],
                duration=joined.duration[part],
                cost=joined.cost[part],
                present_value=None if value is None else value[part],
                finishes=joined.finishes[:, part],
                task_start=joined.task_start[:, tasks],
                task_finish=joined.task_finish[:, tasks],
                task_present=joined.task_present[:, tasks],
            )
        )
        at, first = part.stop, tasks.stop
    return tuple(found)


def _grown(  # noqa: PLR0917 - what a run has at hand, as `run` has it
    plan: Plan,
    settings: Settings,
    sampling: Sampling,
    blocks: list[Block],
    on_progress: Follow | None,
    shared: Shared | None = None,
    deterministic: DeterministicPlan | None = None,
) -> list[Block]:
    """The blocks of all iterations: those that are there, but for a last part of a chunk, and new.

    Means are reduced by whole chunks, so a block that ends within one is made again. The
    deterministic plan is completed before, or while threads are at work.
    """
    began = told = perf_counter()
    found = [block for block in blocks if len(block.finish) % CHUNK == 0]
    already = sum(len(block.finish) for block in found)
    sampling = replace(sampling, replicates=settings.replicates)
    todo = spans(plan, settings, already)
    with uncollected():
        at_once = min(settings.threads_used, len(todo))
        beside = Beside(already, settings.iterations)
        make = block_maker(plan, settings, sampling, shared, at_once=at_once, beside=beside)
    complete = None if deterministic is None else deterministic.complete
    for block in by_threads(make, todo, settings.threads_used, first=complete):
        found.append(block)
        if on_progress is not None and perf_counter() - told > _TELL_EVERY:
            on_progress(_progress(found, settings, already, perf_counter() - began))
            told = perf_counter()
    if on_progress is not None:
        on_progress(_progress(found, settings, already, perf_counter() - began))
    return found


def _compiling(settings: Settings, tell: Callable[[], None] | None) -> AbstractContextManager[None]:
    if tell is None or settings.engine_used != "compiled":
        return nullcontext()
    from simulator.engine.compiled.jit import compiling_told  # noqa: PLC0415 - numba takes a second

    return compiling_told(tell)


def _progress(blocks: list[Block], settings: Settings, already: int, seconds: float) -> Progress:
    finish = np.concatenate([block.finish for block in blocks])
    count = len(finish)
    places = {rank(80, count), *interval_ranks(80, count, settings.level)} - {0, count + 1}
    # Where a rank is looked up, a partition holds what a sorted array holds.
    placed = np.partition(finish, [place - 1 for place in places])
    p80 = quantile_estimate(placed, 80, settings.level)
    half = (p80.high - p80.low) / 2
    return Progress(count, settings.iterations, seconds, p80.value, half, already)
