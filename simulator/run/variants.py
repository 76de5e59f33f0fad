"""A changed plan on the futures of a run: same seed, same draws wherever nothing was changed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from time import perf_counter
from typing import Any

from simulator.engine.finishes import Ends
from simulator.plan.compile import Plan, compile_plan
from simulator.run.block import Span, engine_of, finish_outcomes, varied_by_kernels
from simulator.run.deterministic import DeterministicPlan
from simulator.run.ends import ends_of, put_together
from simulator.run.join import Joined
from simulator.run.pieces import by_threads
from simulator.run.priorities import in_order
from simulator.run.results import Results
from simulator.run.settings import SMALL_WORK, Settings
from simulator.run.simulate import Follow, run, settled, simulate_plan, spans
from simulator.scenario.program import Scenario

_TOGETHER_BYTES = 256 * 1024 * 1024
_FEWEST_TOGETHER, _MOST_TOGETHER = 8, 64
"""Variants that are simulated together: what they share is drawn once for all of them."""
_AT_ONCE = 1.0
"""Seconds that may pass before somebody hears of the next variants."""


def run_variant(
    results: Results,
    scenario: Scenario,
    on_progress: Follow | None = None,
    on_compiling: Callable[[], None] | None = None,
    on_slow: Callable[[str], object] | None = None,
) -> Results:
    """Simulate another scenario with the settings of a run, on its futures, as a whole run."""
    return run(
        scenario,
        results.settings,
        on_progress,
        on_compiling=on_compiling,
        on_slow=on_slow,
        sampling=results.sampling,
    )


def on_same_futures(results: Results, plan: Plan) -> Joined:
    """Simulate a plan on the futures of a run, without a look at single tasks."""
    settings = settled(replace(results.settings, task_iterations=0), plan)
    return simulate_plan(plan, settings, sampling=results.sampling)


def ends_on_same_futures(results: Results, plans: Sequence[Plan]) -> Iterator[Ends]:
    """What each of several plans comes to on the futures of a run, in their order."""
    return SameFutures(results).ends(plans)


class SameFutures:
    """The futures of a run, on which changes of a plan are simulated together.

    Plans that differ from the `base` (that of the run unless told) in laws that became constant,
    chances, mitigations or units of pools share what is drawn. The numbers are those of
    `on_same_futures`, to the last bit.
    """

    def __init__(self, results: Results, base: Plan | None = None) -> None:
        self.results = results
        self.base = results.plan if base is None else base
        self.settings = settled(replace(results.settings, task_iterations=0), self.base)

    def ends(self, plans: Sequence[Plan]) -> Iterator[Ends]:
        """What each plan comes to, in their order."""
        settings, engine = self.settings, self._engine
        if engine is None:
            for plan in plans:
                yield self._alone(plan)
            return
        outcomes = len(finish_outcomes(self.base)) + 3
        fitting = _TOGETHER_BYTES // (8 * outcomes * settings.iterations)
        most = min(max(fitting, 1), _MOST_TOGETHER)
        first, size = 0, min(_FEWEST_TOGETHER, most)
        while first < len(plans):
            batch, began = plans[first : first + size], perf_counter()
            variants = [engine.variant(plan) for plan in batch]
            shared = [each for each in variants if each is not None]
            together = iter(self._together(shared) if shared else [])
            for plan, variant in zip(batch, variants, strict=True):
                yield self._alone(plan) if variant is None else next(together)
            first += len(batch)
            share = _AT_ONCE / max(perf_counter() - began, 1e-9)
            size = min(max(int(len(batch) * share), 1), most)

    def _alone(self, plan: Plan) -> Ends:
        return ends_of(plan, self.results.settings, self.results.sampling)

    @cached_property
    def _engine(self) -> Any:
        """The base, flattened; None where it is not drawn by kernels."""
        settings = self.settings
        if settings.engine_used != "compiled" or not varied_by_kernels(self.base):
            return None
        from simulator.engine.compiled.warm import warm_up_once  # noqa: PLC0415 - slow to load

        warm_up_once()
        from simulator.engine.compiled.variants import CompiledVariants  # noqa: PLC0415

        return CompiledVariants(
            self.base,
            replace(self.results.sampling, replicates=settings.replicates),
            keep_margin=settings.keep_margin,
            finishes=tuple((project, task) for _, project, task in finish_outcomes(self.base)),
        )

    def _together(self, variants: Sequence[Any]) -> list[Ends]:
        """What each variant comes to; threads share the blocks."""

        def make(span: Span) -> list[Ends]:
            found: list[Ends] = self._engine.simulate(span.start, span.stop, variants)
            return found

        parts = list(by_threads(make, spans(self.base, self.settings), self.settings.threads_used))
        return [put_together(own) for own in zip(*parts, strict=True)]


def for_many(results: Results, runs: int) -> Results:
    """The run with the engine that is worth loading for so many more; it changes no number."""
    settings = results.settings
    work = runs * len(results.plan.network.rows) * settings.iterations
    if settings.engine != "auto" or work <= SMALL_WORK:
        return results
    return replace(results, settings=replace(settings, engine="compiled"))


def planned(results: Results, scenario: Scenario) -> Plan:
    """A changed scenario compiled as a run with the settings of `results` would simulate it."""
    return planned_with(results.settings, scenario)


def planned_with(settings: Settings, scenario: Scenario) -> Plan:
    """A scenario compiled as a run with these settings would simulate it."""
    plan = compile_plan(scenario)
    settings = settled(settings, plan)
    plan = in_order(plan, DeterministicPlan(plan, engine_of(settings)))
    return plan.simulated(keep_hard=settings.keep_hard)
