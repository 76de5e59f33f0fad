"""Which risks occurred, where dated mitigations make that depend on the schedule."""

from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.engine.durations import varying_risks
from simulator.plan.effects import EffectPlan
from simulator.plan.work_calendar import Floats

Flags = npt.NDArray[Any]


def rows_by_risk(effects: EffectPlan) -> dict[int, list[int]]:
    """The rows, if any, that each risk may hit whose chance or effects change with time."""
    found: dict[int, list[int]] = {}
    for risk in sorted(varying_risks(effects).difference(r.risk for r in effects.inside.rates)):
        rows = {int(row) for e in effects.effects if e.risk == risk for row in e.rows}
        rows |= {int(row) for f in effects.firsts if f.risk == risk for row in f.candidates}
        windows = (each for each in effects.inside.windows if each.risk == risk)
        rows |= {row for each in windows for row in each.rows.tolist()}
        if rows:
            found[risk] = sorted(rows)
    return found


def as_first_met(
    occurs: Flags, hit: dict[int, list[int]], thresholds: Floats, start: Floats, exists: Flags
) -> Flags:
    """Which risks occurred (R, N): as they do in the last epoch, or in that of their first hit.

    Parameters
    ----------
    occurs
        (E, R, N): whether each occurs in each epoch.
    hit
        The rows of `rows_by_risk`.
    start, exists
        (T, N), of the schedule.
    """
    found = occurs[-1].copy()
    each = np.arange(occurs.shape[2])
    for risk, rows in hit.items():
        starts = np.where(exists[rows], start[rows], np.inf).min(axis=0)
        found[risk] = occurs[np.searchsorted(thresholds, starts, side="right"), risk, each]
    return np.asarray(found)
