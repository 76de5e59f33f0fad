"""Ranges as a scenario writes them, before it has read them: made of cells, negated, averaged."""

import math
from collections.abc import Iterator
from typing import Any, Final

from simulator.importers.registers.cells import Cell
from simulator.importers.registers.fields import part
from simulator.importers.registers.readings import FIGURE, NotReadError, Reader
from simulator.importers.registers.table import Column, Table
from simulator.scenario.units import ELAPSED, Amount, Quantity, number_text, parse_quantity

_LISTED: Final = ("uniform", "triangular", "pert")
_SHAPES: Final = {"triangular": "triangular", "triangle": "triangular", "dreieck": "triangular",
                  "pert": "pert", "betapert": "pert", "beta pert": "pert", "": "pert"}  # fmt: skip


def range_in(table: Table, row: int, effect: str, reader: Reader, mode: str) -> Any:
    """The value of an effect in a row: one figure, a range, or None where its cells are empty.

    Raises
    ------
    NotReadError
        A cell cannot be read, or an end of the range is missing.
    """
    columns = {end: table.column(part(effect, end)) for end in ("min", "", "max")}
    there = {
        end: column
        for end, column in columns.items()
        if column is not None and not table.sheet.cell(row, column.index).blank
    }
    if not there:
        return None
    if set(there) == {""}:
        return reader.impact(_cell(table, row, there[""]), there[""], mode)
    for end, name in (("min", "least"), ("max", "largest")):
        if end not in there:
            raise NotReadError(f"the {name} {effect} is missing", "both ends of the range, or none")
    values = [
        reader.impact(_cell(table, row, column), column, FIGURE)
        for end, column in columns.items()
        if column is not None and end in there
    ]
    if any(isinstance(value, dict) for value in values):
        raise NotReadError("an end of the range is a range itself", "one figure for each end")
    if len({str(value) for value in values}) == 1:
        return values[0]
    if len(values) == 2:
        return {"uniform": values}
    shape = table.text(row, part(effect, "shape")).casefold()
    if shape not in _SHAPES:
        raise NotReadError(f"unknown shape {shape!r}", "pert or triangular")
    return {_SHAPES[shape]: values}


def _cell(table: Table, row: int, column: Column) -> Cell:
    return table.sheet.cell(row, column.index)


def negated(value: Any) -> Any:
    """The same with the other sign, as an opportunity has it; what is negative already stays.

    Raises
    ------
    NotReadError
        It is a distribution whose sign cannot be turned.
    """
    if isinstance(value, dict):
        ((kind, body),) = value.items() if len(value) == 1 else (("", None),)
        if kind not in _LISTED or not isinstance(body, list):
            problem = "the impact of an opportunity cannot be turned into a gain"
            raise NotReadError(problem, "min, likely and max, or a distribution of negative values")
        return value if _sizes(body)[0] < 0 else {kind: [_turned(each) for each in reversed(body)]}
    return value if _size(parse_quantity(value)) <= 0 else _turned(value)


def is_zero(value: Any) -> bool:
    """Whether a value is a fixed zero: no effect."""
    return not isinstance(value, dict) and _size(parse_quantity(value)) == 0


def is_elapsed(value: Any) -> bool:
    """Whether a time is meant by the clock and not in working time."""
    return any(
        isinstance(each, Amount) and each.unit in ELAPSED and each.value for each in _leaves(value)
    )


def mean_of(value: Any) -> float | None:
    """The mean of a figure or a plain range in its own unit; None where it is not so plain."""
    if not isinstance(value, dict):
        return _size(parse_quantity(value))
    ((kind, body),) = value.items() if len(value) == 1 else (("", None),)
    if kind not in _LISTED or not isinstance(body, list):
        return None
    sizes = _sizes(body)
    weights = (1.0, 4.0, 1.0) if kind == "pert" else (1.0,) * len(sizes)
    return math.fsum(w * s for w, s in zip(weights, sizes, strict=True)) / sum(weights)


def units_in(value: Any) -> set[str]:
    """The units of the amounts in a value."""
    return {each.unit for each in _leaves(value) if isinstance(each, Amount)}


def _turned(raw: Any) -> Any:
    value = parse_quantity(raw)
    if isinstance(value, Amount):
        return f"{number_text(-value.value)}{value.unit}"
    return -_size(value)


def _sizes(body: list[Any]) -> list[float]:
    return [_size(parse_quantity(each)) for each in body]


def _size(value: Quantity) -> float:
    if isinstance(value, Amount):
        return value.value
    return value if isinstance(value, float) else 0.0


def _leaves(value: Any) -> Iterator[Quantity]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each)
            if not isinstance(each, dict | list) and key[:1].isdigit():
                yield from _leaves(key)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        try:
            yield parse_quantity(value)
        except ValueError:
            return
