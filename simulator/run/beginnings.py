"""The first iterations of a run, as a run of their own: what is said of them costs less."""

from dataclasses import replace

from simulator.run.results import Results


def beginning(results: Results, most: int) -> Results:
    """The run with settings that give its first iterations, about `most`; its outcomes are whole.

    A short run is the beginning of a long one, but for Sobol's points where the numbers of
    replicates differ: there it is the whole run.
    """
    settings = results.settings
    few = replace(settings, iterations=min(most, settings.iterations))
    same = few.extended(settings.iterations).iterations == settings.iterations
    return replace(results, settings=few) if same else results
