"""Laws by the column: many of one kind at once, and one at a time for those who look.

The same bits as `compile_law` one by one. Parameters are columns (K,) of plain numbers in order, as
`Distribution.check` demands.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.plan.laws import (
    ConstantLaw,
    Floats,
    Law,
    Steps,
    Table,
    TriangularLaw,
    UniformLaw,
    ZTable,
    unit_table,
)
from simulator.plan.pert_family import FEWEST, pert_beta, pert_nodes

CONSTANT, UNIFORM, TRIANGULAR, TABLE, SCORE_TABLE, STEPS = range(6)
"""Kinds of law."""
_KINDS: dict[type, int] = {
    ConstantLaw: CONSTANT,
    UniformLaw: UNIFORM,
    TriangularLaw: TRIANGULAR,
    Table: TABLE,
    ZTable: SCORE_TABLE,
    Steps: STEPS,
}
_NUMBERED: dict[int, tuple[type[Any], int]] = {
    CONSTANT: (ConstantLaw, 1),
    UNIFORM: (UniformLaw, 2),
    TRIANGULAR: (TriangularLaw, 5),
}
"""The laws that are a few numbers: their types, and how many."""
MOST_PARAMETERS = 5
_TOGETHER = 64
"""Tables stretched at once, so that they stay in cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Laws:
    """V laws by the column; a law that is a few numbers becomes an object when it is looked at."""

    kinds: npt.NDArray[np.int32]
    """(V,)"""
    parameters: Floats
    """(V, 5): the value; low, width; or low, high, cut, rise, fall; else 0."""
    others: Mapping[int, Law]
    """Those that are more than a few numbers, by place, rising."""

    @classmethod
    def of(cls, laws: Sequence[Law]) -> "Laws":
        """The columns of laws that there are."""
        kinds = np.fromiter(map(_KINDS.__getitem__, map(type, laws)), np.int32, len(laws))
        parameters = np.zeros((len(laws), MOST_PARAMETERS))
        for place in np.flatnonzero(kinds <= TRIANGULAR).tolist():
            law: Any = laws[place]
            numbers = (law.value,) if isinstance(law, ConstantLaw) else law
            parameters[place, : len(numbers)] = numbers
        told = np.flatnonzero(kinds > TRIANGULAR).tolist()
        return cls(kinds, parameters, {place: laws[place] for place in told})

    def __len__(self) -> int:
        """How many laws there are."""
        return len(self.kinds)

    def __getitem__(self, place: int) -> Law:
        """One of them."""
        kind = int(self.kinds[place])
        if kind > TRIANGULAR:
            return self.others[place % len(self.kinds)]
        law, width = _NUMBERED[kind]
        found: Law = law(*self.parameters[place, :width].tolist())
        return found

    def __iter__(self) -> Iterator[Law]:
        """Each of them, in order."""
        return map(self.__getitem__, range(len(self.kinds)))

    def with_constants(self, values: Mapping[int, float]) -> "Laws":
        """The same laws but for some, which always have one value."""
        places = list(values)
        kinds, parameters = self.kinds.copy(), self.parameters.copy()
        kinds[places], parameters[places] = CONSTANT, 0.0
        parameters[places, 0] = list(values.values())
        others = {place: law for place, law in self.others.items() if place not in values}
        return Laws(kinds, parameters, others)

    def differing(self, other: "Laws") -> npt.NDArray[np.intp]:
        """The places of as many laws that are not those here; tables differ if they are two."""
        differs = (self.kinds != other.kinds) | (self.parameters != other.parameters).any(axis=1)
        for place, law in self.others.items():
            differs[place] |= other.others.get(place) is not law
        return np.flatnonzero(differs)


def uniform_laws(low: Floats, high: Floats) -> Laws:
    """Laws of uniform distributions."""
    return _numbered(UNIFORM, low, high, (low, high - low))


def triangular_laws(low: Floats, mode: Floats, high: Floats) -> Laws:
    """Laws of triangular distributions."""
    width, below = high - low, mode - low
    cut = np.divide(below, width, out=np.zeros_like(width), where=width != 0)
    rise, fall = np.sqrt(width * below), -np.sqrt(width * (high - mode))
    return _numbered(TRIANGULAR, low, high, (low, high, cut, rise, fall))


def pert_laws(low: Floats, mode: Floats, high: Floats) -> Laws:
    """Laws of PERT distributions of the classical weight: a table for each shape, stretched.

    From `FEWEST` shapes on, tables come from the family of all shapes (`pert_family`); that
    depends on the plan alone, so that the same plan always gets the same bits.
    """
    width = high - low
    wide = np.flatnonzero(width != 0)
    shapes, which = np.unique((mode - low)[wide] / width[wide], return_inverse=True)
    nodes_of = pert_nodes if len(shapes) >= FEWEST else _exact_nodes
    tables: dict[int, Law] = dict.fromkeys(wide.tolist(), ConstantLaw(0.0))
    by_shape = np.argsort(which, kind="stable")
    for first in range(0, len(wide), _TOGETHER):
        some = by_shape[first : first + _TOGETHER]
        shape, at = which[some], wide[some]
        nodes = nodes_of(shapes[shape[0] : shape[-1] + 1])[shape - shape[0]]
        nodes *= width[at, None]
        nodes += low[at, None]
        tables.update(zip(at.tolist(), Table.each(nodes), strict=True))
    return Laws(_numbered(TABLE, low, high, ()).kinds, _constants(low, high), tables)


def _exact_nodes(parts: Floats) -> Floats:
    """What `pert_nodes` approximates, a table at a time."""
    return np.array([unit_table(pert_beta(part), score=False).nodes for part in parts.tolist()])


def _numbered(kind: int, low: Floats, high: Floats, columns: tuple[Floats, ...]) -> Laws:
    """Laws of one kind, of columns of parameters; constants where there is no width."""
    kinds = np.where(low == high, CONSTANT, kind).astype(np.int32)
    parameters = _constants(low, high)
    wide = (low != high)[:, np.newaxis]
    if columns:
        np.copyto(parameters[:, : len(columns)], np.array(columns).T, where=wide)
    return Laws(kinds, parameters, {})


def _constants(low: Floats, high: Floats) -> Floats:
    """The parameters (K, 5) of constants where there is no width."""
    found = np.zeros((len(low), MOST_PARAMETERS))
    found[:, 0] = np.where(low == high, low, 0.0)
    return found
