"""A changed plan on the futures of a run: same seed, same draws wherever nothing was changed."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from simulator.engine.finishes import Ends
from simulator.plan.compile import Plan, compile_plan
from simulator.run.block import Span, drawn_by_kernels, engine_of, finish_outcomes
from simulator.run.deterministic import deterministic_plan
from simulator.run.join import Joined
from simulator.run.priorities import in_order
from simulator.run.results import Results
from simulator.run.settings import Settings
from simulator.run.simulate import Follow, run, settled, simulate_plan, spans
from simulator.scenario.program import Scenario

_TOGETHER_BYTES = 256 * 1024 * 1024
_MOST_TOGETHER = 64
"""Variants that are simulated together: what they share is drawn once for all of them."""


def run_variant(
    results: Results,
    scenario: Scenario,
    on_progress: Follow | None = None,
    on_compiling: Callable[[], None] | None = None,
) -> Results:
    """Simulate another scenario with the settings of a run, on its futures, as a whole run."""
    return run(
        scenario,
        results.settings,
        on_progress,
        on_compiling=on_compiling,
        sampling=results.sampling,
    )


def on_same_futures(results: Results, plan: Plan) -> Joined:
    """Simulate a plan on the futures of a run, without a look at single tasks."""
    settings = settled(replace(results.settings, task_iterations=0), plan)
    return simulate_plan(plan, settings, sampling=results.sampling)


def ends_on_same_futures(results: Results, plans: Sequence[Plan]) -> Iterator[Ends]:
    """What each of several plans comes to on the futures of a run, in their order.

    Plans that differ from that of the run in laws that became constant, chances, mitigations or
    units of pools are simulated together, which draws the futures once for many of them. The
    numbers are those of `on_same_futures`, to the last bit.
    """
    settings = settled(replace(results.settings, task_iterations=0), results.plan)
    if settings.engine_used != "compiled" or not drawn_by_kernels(results.plan):
        for plan in plans:
            yield _alone(results, plan)
        return
    engine = _engine(results, settings)
    outcomes = len(finish_outcomes(results.plan)) + 3
    fitting = _TOGETHER_BYTES // (8 * outcomes * settings.iterations)
    size = min(max(fitting, 1), _MOST_TOGETHER)
    for first in range(0, len(plans), size):
        batch = plans[first : first + size]
        variants = [engine.variant(plan) for plan in batch]
        shared = [each for each in variants if each is not None]
        together = iter(_together(engine, shared, results.plan, settings) if shared else [])
        for plan, variant in zip(batch, variants, strict=True):
            yield _alone(results, plan) if variant is None else next(together)


def planned(results: Results, scenario: Scenario) -> Plan:
    """A changed scenario compiled as a run with the settings of `results` would simulate it."""
    plan = compile_plan(scenario)
    settings = settled(results.settings, plan)
    plan = in_order(plan, deterministic_plan(plan, engine_of(settings)))
    return plan.simulated(keep_hard=settings.keep_hard)


def _alone(results: Results, plan: Plan) -> Ends:
    joined = on_same_futures(results, plan)
    return Ends(joined.finish, joined.finishes, joined.cost)


def _engine(results: Results, settings: Settings) -> Any:
    from simulator.engine.compiled.warm import warm_up_once  # noqa: PLC0415 - slow to load

    warm_up_once()
    from simulator.engine.compiled.variants import CompiledVariants  # noqa: PLC0415

    return CompiledVariants(
        results.plan,
        replace(results.sampling, replicates=settings.replicates),
        keep_margin=settings.keep_margin,
        finishes=tuple((project, task) for _, project, task in finish_outcomes(results.plan)),
    )


def _together(engine: Any, variants: Sequence[Any], plan: Plan, settings: Settings) -> list[Ends]:
    """What each variant comes to; threads share the blocks."""

    def make(span: Span) -> list[Ends]:
        found: list[Ends] = engine.simulate(span.start, span.stop, variants)
        return found

    todo = spans(plan, settings)
    threads = min(settings.threads_used, len(todo))
    if threads <= 1:
        parts = [make(span) for span in todo]
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(make, todo))
    return [
        Ends(*(np.concatenate(each, axis=-1) for each in zip(*own, strict=True)))
        for own in zip(*parts, strict=True)
    ]
