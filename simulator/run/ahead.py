"""What takes runs of its own beside a run, found by a copy of this process at the same time.

The model band and the use of pools need a scenario and settings and nothing that the run finds, so
that a second core can be at them while the first simulates. The numbers are those that this process
would find; where there is no copy, it does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from simulator.run.assumptions import Found, assumed
from simulator.run.beginnings import beginning, beginning_settings
from simulator.run.block import sampling_of
from simulator.run.copies import Copy
from simulator.run.model_band import MOST_ITERATIONS, band_of
from simulator.run.pool_use import Use, use_of
from simulator.run.results import Results, estimator_of
from simulator.run.settings import Settings
from simulator.run.simulate import settled
from simulator.run.variants import planned_with
from simulator.scenario.program import Scenario


@dataclass(frozen=True, slots=True)
class _Ahead:
    settings: Settings
    """Those of the run to which it belongs."""
    use: Use | None
    others: list[Found]


@contextmanager
def ahead(scenario: Scenario, settings: Settings) -> Iterator[Callable[[Results], None]]:
    """Begin to find it; what is given then puts it into results in which the band is wanted."""
    copy = Copy.doing(lambda _: _find(scenario, settings))

    def put(results: Results) -> None:
        found = None if copy is None else copy.answer()
        if found is None or found.settings != results.settings:
            return
        vars(results)["use"] = found.use
        vars(results)["model_band"] = band_of(beginning(results, MOST_ITERATIONS), found.others)

    try:
        yield put
    finally:
        if copy is not None:
            copy.end()


def _find(scenario: Scenario, settings: Settings) -> _Ahead | None:
    """Find it; None for a plan whose kernels would have to be loaded once more."""
    plan = planned_with(settings, scenario)
    settings = settled(settings, plan)
    if settings.engine_used != "numpy":
        return None
    sampling = sampling_of(plan, settings)
    use = use_of(plan, settings, sampling, estimator_of(settings))
    few = beginning_settings(settings, MOST_ITERATIONS)
    return _Ahead(settings, use, assumed(scenario, few, sampling))
