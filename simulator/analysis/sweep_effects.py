"""What each varied path does to the outcome, by the design of a sweep.

All points are simulated on the same futures, so what they share cancels between them. Figures: the
P80 finish in calendar days, the P80 cost in money, and the chance to keep all promises.

grid
    `range`: the largest less the smallest mean over the points at each value; `first_order`: the
    variance of those means in that of all points. Both are of the very points, without error.
lhs
    `linear`: what going from the one end of the path to the other changes, by least squares on all
    paths together, with Student's interval; `correlation`: Spearman's, with the interval of
    Fisher's z (E. C. Fieller, H. O. Hartley and E. S. Pearson (1957), Biometrika 44, 470-481).
morris, sobol
    As `simulator.estimates.sensitivity` defines them; for Morris an effect is that of going from
    the one end of the path to the other.
around
    The change from the file as it is, paired future by future, for each value that was tried.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from simulator.estimates.dependence import correlations, mid_ranks
from simulator.estimates.estimate import LEVEL, UNKNOWN, Estimate
from simulator.estimates.sensitivity import morris_measures, sobol_indices
from simulator.plan.work_calendar import Floats
from simulator.run.store import Columns
from simulator.run.sweep.designs import Design
from simulator.run.sweep.points import ENDS

RESPONSES = ("finish_p80", "cost_p80", "on_time", "on_budget", "all")
MAIN = {"grid": "range", "lhs": "linear", "morris": "mu_star", "sobol": "total"}
"""The measure by which paths are ranked."""
_CHANGE = {
    "finish_p80": "finish_p80_change_days",
    "cost_p80": "cost_p80_change",
    "all": "all_change",
}
_FIELLER = 1.06
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Effect:
    """What a path does to a figure: each measure of the design with its interval."""

    path: str
    measures: dict[str, Estimate]

    @property
    def size(self) -> float:
        """How much it moves the figure, to rank paths by; nan where that is not known."""
        main = next((self.measures[key] for key in MAIN.values() if key in self.measures), None)
        if main is not None:
            return abs(main.value)
        known = [each.value for each in self.measures.values() if np.isfinite(each.value)]
        return max(*known, 0.0) - min(*known, 0.0) if known else np.nan

    def to_dict(self) -> dict[str, object]:
        """As results show it."""
        return {"path": self.path, **{key: e.to_dict() for key, e in self.measures.items()}}


def response(columns: Columns, figure: str) -> Floats:
    """A figure of every point (P,) as numbers: dates in days; nan where there is none."""
    values = columns[figure]
    if values.dtype.kind != "M":
        return np.asarray(values, dtype=np.float64)
    found = (values - np.datetime64(0, "us")) / np.timedelta64(1, "D")
    return np.where(np.isnat(values), np.nan, found)


def effects_of(
    design: Design, columns: Columns, figure: str, level: float = LEVEL
) -> tuple[Effect, ...]:
    """The effect of each path on a figure, in the order of the paths."""
    values = response(columns, figure)
    if design.kind == "around":
        return _around(design, columns, figure) if figure in _CHANGE else ()
    if design.kind == "grid":
        return tuple(
            Effect(axis.path, _of_levels([point[k] for point in design.points], values))
            for k, axis in enumerate(design.axes)
        )
    if design.kind == "lhs":
        return _of_cube(design, values, level)
    count = len(design.axes)
    if design.kind == "morris":
        shape = (-1, count + 1)
        screened = morris_measures(
            values.reshape(shape), design.units.reshape(*shape, count), level
        )
        return tuple(
            Effect(axis.path, {"mu_star": s.mu_star, "mu": s.mu, "sigma": s.sigma})
            for axis, s in zip(design.axes, screened, strict=True)
        )
    indices = sobol_indices(values.reshape(-1, count + 2), design.replicates, level)
    return tuple(
        Effect(axis.path, {"first_order": i.first_order, "total": i.total})
        for axis, i in zip(design.axes, indices, strict=True)
    )


def level_means(texts: list[str | None], values: Floats) -> dict[str | None, float]:
    """The mean of the values (P,) at each text that has any, in order of the texts."""
    known = np.isfinite(values)
    order = dict.fromkeys(texts)
    places = {text: np.array([each == text for each in texts]) & known for text in order}
    return {text: float(values[at].mean()) for text, at in places.items() if at.any()}


def _of_levels(texts: list[str | None], values: Floats) -> dict[str, Estimate]:
    means = level_means(texts, values)
    known = np.isfinite(values)
    if not means:
        return {"range": UNKNOWN, "first_order": UNKNOWN}
    spread = max(means.values()) - min(means.values())
    found = {"range": _exact(spread), "first_order": UNKNOWN}
    whole = float(values[known].var())
    if whole > 0:
        each = np.array([means[text] for text, there in zip(texts, known, strict=True) if there])
        found["first_order"] = _exact(round(float(each.var()) / whole, _DIGITS))
    return found


def _of_cube(design: Design, values: Floats, level: float) -> tuple[Effect, ...]:
    known = np.isfinite(values)
    units, there = design.units[known], values[known]
    linear = _least_squares(units, there, level)
    return tuple(
        Effect(axis.path, {"linear": slope, "correlation": _spearman(column, there, level)})
        for axis, slope, column in zip(design.axes, linear, units.T, strict=True)
    )


def _least_squares(units: Floats, values: Floats, level: float) -> list[Estimate]:
    count, paths = units.shape
    free = count - paths - 1
    if free < 1:
        return [UNKNOWN] * paths
    matrix = np.column_stack([np.ones(count), units])
    inverse = np.linalg.pinv(matrix.T @ matrix)
    found = inverse @ (matrix.T @ values)
    left = values - matrix @ found
    error = np.sqrt(np.diag(inverse) * float(left @ left) / free)
    reach = float(scipy.special.stdtrit(free, 0.5 + level / 2)) * error
    return [
        Estimate(float(value), float(value - half), float(value + half))
        for value, half in zip(found[1:], reach[1:], strict=True)
    ]


def _spearman(one: Floats, other: Floats, level: float) -> Estimate:
    count = len(one)
    if count < 4 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return UNKNOWN
    value = float(correlations(mid_ranks(one)[np.newaxis], mid_ranks(other))[0])
    inside = min(max(value, -1 + 1e-12), 1 - 1e-12)
    half = float(scipy.special.ndtri(0.5 + level / 2)) * np.sqrt(_FIELLER / (count - 3))
    ends = np.tanh(np.arctanh(inside) + np.array([-half, half]))
    return Estimate(value, float(ends[0]), float(ends[1]))


def _around(design: Design, columns: Columns, figure: str) -> tuple[Effect, ...]:
    changes = [columns[f"{_CHANGE[figure]}{end}"].tolist() for end in ENDS]
    found: dict[str, dict[str, Estimate]] = {axis.path: {} for axis in design.axes}
    for place, point in enumerate(design.points):
        for axis, text in zip(design.axes, point, strict=True):
            if text is not None:
                found[axis.path][text] = Estimate(*(change[place] for change in changes))
    return tuple(Effect(path, measures) for path, measures in found.items())


def _exact(value: float) -> Estimate:
    return Estimate(value, value, value)
