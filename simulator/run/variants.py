"""A changed plan on the futures of a run: same seed, same draws wherever nothing was changed."""

from collections.abc import Callable
from dataclasses import replace

from simulator.plan.compile import Plan, compile_plan
from simulator.run.block import engine_of
from simulator.run.deterministic import deterministic_plan
from simulator.run.join import Joined
from simulator.run.priorities import in_order
from simulator.run.results import Results
from simulator.run.simulate import Follow, run, settled, simulate_plan
from simulator.scenario.program import Scenario


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


def planned(results: Results, scenario: Scenario) -> Plan:
    """A changed scenario compiled as a run with the settings of `results` would simulate it."""
    plan = compile_plan(scenario)
    settings = settled(results.settings, plan)
    plan = in_order(plan, deterministic_plan(plan, engine_of(settings)))
    return plan if settings.keep_hard else plan.without_hard_dates()
