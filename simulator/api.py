"""Where everything meets: what `import simulator` offers, loaded when it is first used."""

from simulator.analysis.comparison import Comparison, compare
from simulator.analysis.drivers import Drivers, drivers
from simulator.analysis.mitigation.mitigate import mitigate
from simulator.analysis.mitigation.result import BestMitigations
from simulator.analysis.sweep import Sweep, sweep
from simulator.errors import RunError, ScenarioError, SettingsError, SimulatorError
from simulator.run.model_band import ModelBand, model_band
from simulator.run.results import Results
from simulator.run.settings import Settings
from simulator.run.simulate import extend, simulate
from simulator.scenario.loading import load, loads
from simulator.scenario.program import Scenario


def _in_notebooks(results: Results) -> str:
    """Results as a notebook shows them; what draws them loads only when one does."""
    from simulator.reports.notebook import results_html  # noqa: PLC0415

    return results_html(results)


# Set here, since `run` must not know of `reports`.
Results._repr_html_ = _in_notebooks  # type: ignore[attr-defined]

__all__ = [
    "BestMitigations",
    "Comparison",
    "Drivers",
    "ModelBand",
    "Results",
    "RunError",
    "Scenario",
    "ScenarioError",
    "Settings",
    "SettingsError",
    "SimulatorError",
    "Sweep",
    "compare",
    "drivers",
    "extend",
    "load",
    "loads",
    "mitigate",
    "model_band",
    "simulate",
    "sweep",
]
