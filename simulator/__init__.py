"""Monte Carlo risk and schedule simulator for IT programs.

>>> import simulator
>>> results = simulator.simulate(simulator.load("scenarios/core_banking.yaml"))  # doctest: +SKIP
"""

from simulator.errors import RunError, ScenarioError, SettingsError, SimulatorError
from simulator.run.results import Results
from simulator.run.settings import Settings
from simulator.run.simulate import simulate
from simulator.scenario.loading import load, loads
from simulator.scenario.program import Scenario

__version__ = "0.1.0"

__all__ = [
    "Results",
    "RunError",
    "Scenario",
    "ScenarioError",
    "Settings",
    "SettingsError",
    "SimulatorError",
    "__version__",
    "load",
    "loads",
    "simulate",
]
