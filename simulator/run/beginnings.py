"""The first iterations of a run, as a run of their own: what is said of them costs less."""

from dataclasses import replace

from simulator.run.results import Results
from simulator.run.settings import Settings


def beginning(results: Results, most: int) -> Results:
    """The run with settings that give its first iterations, about `most`; its outcomes are whole.

    A short run is the beginning of a long one, but for Sobol's points where the numbers of
    replicates differ: there it is the whole run.
    """
    return replace(results, settings=beginning_settings(results.settings, most))


def beginning_settings(settings: Settings, most: int) -> Settings:
    """The settings of the beginning of a run that has these."""
    few = replace(settings, iterations=min(most, settings.iterations))
    same = few.extended(settings.iterations).iterations == settings.iterations
    return few if same else settings
