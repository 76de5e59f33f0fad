"""Laws of many distributions of one kind at once: the same bits as `compile_law` one by one.

Parameters are columns (K,) of plain numbers in order, as `Distribution.check` demands.
"""

import numpy as np

from simulator.plan.laws import (
    ConstantLaw,
    Floats,
    Law,
    Table,
    TriangularLaw,
    UniformLaw,
    unit_table,
)
from simulator.plan.pert_family import FEWEST, pert_beta, pert_nodes
from simulator.plan.plan import records

_TOGETHER = 64
"""Tables stretched at once, so that they stay in cache."""


def uniform_laws(low: Floats, high: Floats) -> list[Law]:
    """Laws of uniform distributions."""
    laws: list[Law] = [*records(UniformLaw, low.tolist(), (high - low).tolist())]
    return _with_constants(laws, low, high)


def triangular_laws(low: Floats, mode: Floats, high: Floats) -> list[Law]:
    """Laws of triangular distributions."""
    width, below = high - low, mode - low
    cut = np.divide(below, width, out=np.zeros_like(width), where=width != 0)
    rise, fall = np.sqrt(width * below), -np.sqrt(width * (high - mode))
    columns = (each.tolist() for each in (low, high, cut, rise, fall))
    laws: list[Law] = [*records(TriangularLaw, *columns)]
    return _with_constants(laws, low, high)


def pert_laws(low: Floats, mode: Floats, high: Floats) -> list[Law]:
    """Laws of PERT distributions of the classical weight: a table for each shape, stretched.

    From `FEWEST` shapes on, tables come from the family of all shapes (`pert_family`); that
    depends on the plan alone, so that the same plan always gets the same bits.
    """
    width = high - low
    wide = np.flatnonzero(width != 0)
    shapes, which = np.unique((mode - low)[wide] / width[wide], return_inverse=True)
    nodes_of = pert_nodes if len(shapes) >= FEWEST else _exact_nodes
    laws: list[Law] = [ConstantLaw(0.0)] * len(low)
    by_shape = np.argsort(which, kind="stable")
    for first in range(0, len(wide), _TOGETHER):
        some = by_shape[first : first + _TOGETHER]
        shape, at = which[some], wide[some]
        nodes = nodes_of(shapes[shape[0] : shape[-1] + 1])[shape - shape[0]]
        nodes *= width[at, None]
        nodes += low[at, None]
        for row, table in zip(at.tolist(), Table.each(nodes), strict=True):
            laws[row] = table
    return _with_constants(laws, low, high)


def _exact_nodes(parts: Floats) -> Floats:
    """What `pert_nodes` approximates, a table at a time."""
    return np.array([unit_table(pert_beta(part), score=False).nodes for part in parts.tolist()])


def _with_constants(laws: list[Law], low: Floats, high: Floats) -> list[Law]:
    for row in np.flatnonzero(low == high).tolist():
        laws[row] = ConstantLaw(float(low[row]))
    return laws
