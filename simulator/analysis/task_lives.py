"""What happened to each task in the first futures of a run: lived through once more, and kept."""

from dataclasses import dataclass

import numpy as np

from simulator.engine.draws import draw
from simulator.engine.driving import Driving, chains, driving_links
from simulator.engine.durations import durations_of
from simulator.engine.finishes import program_finish
from simulator.engine.late import total_float
from simulator.engine.network_pass import network_pass
from simulator.estimates.columns import normal_end
from simulator.plan.plan import NONE, Bools, Network
from simulator.plan.work_calendar import Floats
from simulator.run.block import engine_of
from simulator.run.results import Results


@dataclass(frozen=True, slots=True)
class TaskLives:
    """K tasks in the n of the first iterations in which the program finishes, in milliseconds."""

    work: Floats
    """(K, n): working time, 0 where a task does not exist."""
    drawn: Floats
    """(K, n): what its own estimate draws, in its unit; 0 where it has no range."""
    slack: Floats
    """(K, n): total float by links alone, in working time of the task."""
    critical: Bools
    """(K, n): whether it is on a chain of driving links to the finish."""
    whole: Floats
    """(n,): the program's duration in its working time."""
    bias_reach: Floats
    """(K,): half the interval of the merge bias of all iterations; 0 where nothing merges."""


def task_lives(results: Results, count: int) -> TaskLives:
    """The first `count` iterations of a run, with what the run itself does not keep."""
    plan, settings = results.plan, results.settings
    network = plan.network
    draws = draw(plan, results.sampling, 0, count)
    durations = durations_of(plan, draws, keep_margin=settings.keep_margin)
    # Without pools NumPy has placed all rows before a kernel has been told about them.
    engine = network_pass if network.pools is None else engine_of(settings)
    schedule = engine(network, durations)
    finish = program_finish(network, durations, schedule)
    ends = np.isfinite(finish)
    target = np.where(ends, finish, 0.0)
    slack = total_float(network, durations, schedule, target)
    driving = driving_links(network, durations, schedule)
    marks = chains(network, schedule, driving.drives, (network.finish_rows,))
    bases = [task.base for task in network.tasks]
    on_chain = np.array([marks[list(task.rows)].any(axis=0) for task in network.tasks])
    work = np.where(schedule.exists[bases], schedule.work[bases], 0.0)
    variable = plan.work.variable[bases]
    drawn = np.zeros(work.shape)
    drawn[variable != NONE] = draws.values[variable[variable != NONE]]
    whole = network.calendar(network.program_calendar).work_at(target)
    kept: Bools | slice = slice(None) if ends.all() else ends
    return TaskLives(
        work[:, kept],
        drawn[:, kept],
        slack[bases][:, kept],
        on_chain[:, kept],
        whole[kept],
        _bias_reach(network, driving, results),
    )


def _bias_reach(network: Network, driving: Driving, results: Results) -> Floats:
    """Half the interval of the mean by which rows are ready after the latest of their ends."""
    found = np.zeros(len(network.rows))
    for row, ready, ends in zip(driving.merging, driving.ready, driving.ends, strict=True):
        latest = ends[np.argmax(ends.mean(axis=1))]
        found[row] = (ready - latest).std()
    scale = normal_end(results.settings.level) / np.sqrt(results.settings.iterations)
    return np.asarray(found[[task.base for task in network.tasks]] * scale)
