"""Rows whose work is one variable and nothing else: they are drawn where their work stands.

The variable of an estimate is in the work of rows alone, whatever else the plan draws.
"""

import numpy as np

from simulator.engine.compiled.draw_tape import DrawTape
from simulator.engine.compiled.terms import WorkTape
from simulator.plan.compile import Plan
from simulator.plan.plan import NONE


def drawn_in_place(plan: Plan, draws: DrawTape, work: WorkTape) -> tuple[DrawTape, WorkTape]:
    """Let rows whose work is one variable, which serves nothing else, be drawn where they stand."""
    rows = work.estimates
    variables = rows.plain_variable
    used = np.concatenate([variables, rows.variable[rows.variable != NONE]])
    alone = np.bincount(used, minlength=len(plan.variables))[variables] == 1
    own = alone & (draws.score[variables] == 0)
    row, scale = draws.work_row.copy(), draws.work_scale.copy()
    row[variables[own]] = rows.plain_row[own]
    scale[variables[own]] = rows.plain_scale[own]
    left = rows._replace(
        plain_row=rows.plain_row[~own],
        plain_variable=variables[~own],
        plain_scale=rows.plain_scale[~own],
    )
    return draws._replace(work_row=row, work_scale=scale), work._replace(estimates=left)
