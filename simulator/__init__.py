"""Monte Carlo risk and schedule simulator for IT programs.

>>> import simulator
>>> results = simulator.simulate(simulator.load("scenarios/core_banking.yaml"))  # doctest: +SKIP

The names below live in `simulator.api`, which loads when one of them is first used: the command
line answers `--help` without waiting for NumPy.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.api import (
        BestMitigations,
        Comparison,
        Drivers,
        ModelBand,
        Results,
        RunError,
        Scenario,
        ScenarioError,
        Settings,
        SettingsError,
        SimulatorError,
        Sweep,
        compare,
        drivers,
        extend,
        load,
        loads,
        mitigate,
        model_band,
        simulate,
        sweep,
    )

__version__ = "0.1.0"

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
    "__version__",
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


def __getattr__(name: str) -> Any:
    """Load the public names when one is asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'simulator' has no attribute {name!r}")
    from simulator import api  # noqa: PLC0415 - that is the point

    return getattr(api, name)


def __dir__() -> list[str]:
    """What the package offers."""
    return sorted(__all__)
