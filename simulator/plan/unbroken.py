"""Tasks that must not be interrupted: whether they can ever fit."""

import numpy as np

from simulator.plan.context import Compilation
from simulator.plan.plan import NONE, Network
from simulator.plan.rows import task_path
from simulator.plan.work import WorkPlan

_LOWEST = np.array([2.0**-33])
"""The smallest number that a law is asked with."""


def unbroken_rows(compilation: Compilation, network: Network) -> frozenset[int]:
    """The rows of tasks that start only where they fit; on the clock everything fits."""
    return frozenset(
        row
        for number, _, task in compilation.plain.special
        if task.unbroken
        for row in network.tasks[number].rows
        if network.rows.calendar[row] != NONE and row not in network.facts
    )


def refuse_what_never_fits(compilation: Compilation, network: Network, work: WorkPlan) -> None:
    """Note the unbroken tasks whose shortest work is longer than every window."""
    unbroken = network.unfolding.unbroken
    for number, task_id, _ in compilation.plain.special if unbroken else ():
        row = network.tasks[number].base
        if row not in unbroken or work.margin[row]:
            continue
        least = float(work.fixed[row])
        if work.variable[row] != NONE:
            variable = compilation.variables[work.variable[row]]
            least = variable.central if variable.score else float(variable.law.apply(_LOWEST)[0])
        calendar = network.calendar(int(network.rows.calendar[row]))
        longest = float(calendar.lengths.max())
        if np.rint(least * work.scale[row]) > longest:
            hours = longest / 3_600_000
            problem = f"the task is unbroken and fits no window of `{calendar.name}`"
            expected = f"expected at most {hours:g} working hours, or a calendar with longer ones"
            compilation.faults.append(((*task_path(task_id), "unbroken"), f"{problem}; {expected}"))
