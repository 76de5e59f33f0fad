"""Uncertain numbers by the column, and one at a time for those who look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.plan.law_columns import MOST_PARAMETERS, Laws
from simulator.plan.laws import Floats, Law

Places = npt.NDArray[np.integer]


class Variable(NamedTuple):
    """One uncertain number: an address and a law."""

    name: str
    law: Law
    central: float
    """Its value in the deterministic plan."""
    score: bool = False
    """Whether the law takes a correlated normal score instead of a uniform number."""


@dataclass(frozen=True, slots=True, eq=False)
class VariableTable:
    """V variables by the column; fields as in `Variable`."""

    names: tuple[str, ...]
    laws: Laws
    central: Floats
    score: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, variables: Sequence[Variable]) -> "VariableTable":
        """The columns of variables that there are."""
        names, laws, central, score = zip(*variables, strict=True) if variables else [()] * 4
        return cls(
            names,
            Laws.of(laws),
            np.array(central, dtype=np.float64),
            np.array(score, dtype=bool),
        )

    def __len__(self) -> int:
        """How many variables there are."""
        return len(self.names)

    def __getitem__(self, place: int) -> Variable:
        """One of them."""
        central, score = self.central[place].item(), self.score[place].item()
        return Variable(self.names[place], self.laws[place], central, score)

    def __iter__(self) -> Iterator[Variable]:
        """Each of them, in order."""
        rows = zip(self.names, self.laws, self.central.tolist(), self.score.tolist(), strict=True)
        return map(Variable._make, rows)

    def with_constants(self, values: Mapping[int, float]) -> "VariableTable":
        """The same variables, of which some always have one value."""
        return replace(self, laws=self.laws.with_constants(values))


class VariableDraft:
    """Variables as they are met, one at a time or many of one kind at places kept for them."""

    def __init__(self) -> None:
        self._told: list[Variable | None] = []
        """None at places kept for columns."""
        self._columns: list[tuple[Places, VariableTable]] = []

    def __len__(self) -> int:
        """How many there are, kept places counted."""
        return len(self._told)

    def append(self, variable: Variable) -> None:
        """Add one more."""
        self._told.append(variable)

    def keep(self, count: int) -> range:
        """Keep the next places for columns."""
        first = len(self._told)
        self._told += [None] * count
        return range(first, first + count)

    def fill(self, places: Places, table: VariableTable) -> None:
        """Put columns at places that were kept."""
        self._columns.append((places, table))

    def __getitem__(self, place: int) -> Variable:
        """One of those that are known."""
        found = self._told[place]
        if found is None:
            # Who asks for one of a column asks for many.
            for places, table in self._columns:
                for where, each in zip(places.tolist(), table, strict=True):
                    self._told[where] = each
            self._columns.clear()
            found = self._told[place]
            assert found is not None
        return found

    def table(self) -> VariableTable:
        """All of them as columns."""
        told = [place for place, each in enumerate(self._told) if each is not None]
        if not told and len(self._columns) == 1:
            return self._columns[0][1]
        count = len(self._told)
        names = [""] * count
        kinds, parameters = np.zeros(count, np.int32), np.zeros((count, MOST_PARAMETERS))
        central, score = np.zeros(count), np.zeros(count, dtype=bool)
        others: dict[int, Law] = {}
        single = VariableTable.of([each for each in self._told if each is not None])
        for places, table in (*self._columns, (np.array(told, dtype=np.intp), single)):
            where = places.tolist()
            for place, name in zip(where, table.names, strict=True):
                names[place] = name
            kinds[places], parameters[places] = table.laws.kinds, table.laws.parameters
            central[places], score[places] = table.central, table.score
            others |= {where[number]: law for number, law in table.laws.others.items()}
        laws = Laws(kinds, parameters, dict(sorted(others.items())))
        return VariableTable(tuple(names), laws, central, score)
