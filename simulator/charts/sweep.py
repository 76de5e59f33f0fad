"""Every chart of a sweep by name, and how they are saved."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from simulator.analysis.sweep import Sweep
from simulator.charts.gallery import save_drawn
from simulator.charts.sweep_effects import around, effects
from simulator.charts.sweep_heat import heat, interaction
from simulator.charts.sweep_response import response

CHARTS: dict[str, Callable[[Sweep], Figure]] = {
    "heat_finish": partial(heat, key="finish_p80"),
    "heat_cost": partial(heat, key="cost_p80"),
    "heat_on_time": partial(heat, key="on_time"),
    "heat_all": partial(heat, key="all"),
    "interaction_finish": partial(interaction, key="finish_p80"),
    "interaction_cost": partial(interaction, key="cost_p80"),
    "response_finish": partial(response, key="finish_p80"),
    "response_cost": partial(response, key="cost_p80"),
    "response_all": partial(response, key="all"),
    "effects_finish": partial(effects, key="finish_p80"),
    "effects_cost": partial(effects, key="cost_p80"),
    "around_finish": partial(around, key="finish_p80"),
    "around_cost": partial(around, key="cost_p80"),
}
"""In the order in which a deck shows them; a design has some of them."""


def save_sweep(found: Sweep, folder: Path, *, svg: bool = False) -> list[Path]:
    """Draw the charts that a sweep has into a folder, which is made; returns the files."""
    return save_drawn(CHARTS, found, folder, svg=svg)
