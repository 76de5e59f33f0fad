"""The table of a sweep: a row a point, the varied paths, then figures with their intervals."""

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from simulator.errors import Fault, ScenarioError
from simulator.run.store import Columns
from simulator.run.sweep.axes import value_text
from simulator.run.sweep.designs import Design
from simulator.run.sweep.points import DATES, ENDS, FIGURES
from simulator.run.sweep.worker import FAULT, ROW, Answer
from simulator.scenario.overrides import value_at
from simulator.scenario.source import source_from_text
from simulator.scenario.units import Moment, parse_quantity

FAULT_COLUMN: Final = "fault"


def columns_of(design: Design, own: dict[str, Any], answers: Sequence[Answer]) -> Columns:
    """The columns of a table, points in order; what has no figure is NaT or nan.

    `own` are the values of the file itself, for points that leave a path as it is.
    """
    columns: Columns = {}
    for number, axis in enumerate(design.axes):
        written = [point[number] for point in design.points]
        values = {text: _value(text) for text in {*written} - {None}}
        columns[axis.path] = _typed(
            [own[axis.path] if text is None else values[text] for text in written]
        )
    rows = [content if kind == ROW else {} for kind, content in answers]
    for figure in FIGURES:
        for end in ENDS:
            key = f"{figure}{end}"
            found = [row.get(key) for row in rows]
            columns[key] = _dates(found) if figure in DATES else np.array(found, dtype=np.float64)
    faults = [content if kind == FAULT else None for kind, content in answers]
    columns[FAULT_COLUMN] = np.array(faults, dtype=object)
    for column in columns.values():
        column.flags.writeable = False
    return columns


def own_values(data: Any, paths: Sequence[str]) -> dict[str, Any]:
    """What the file itself has at each path, None where it has nothing.

    Raises
    ------
    ScenarioError
        Paths lead nowhere; all of them.
    """
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for path in paths:
        try:
            found[path] = value_at(data, path)
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    return found


def _value(text: str | None) -> Any:
    """A value as a file would have it; what cannot be read stays text."""
    try:
        return source_from_text(text or "", "--vary", mapping=False).data()
    except ScenarioError:
        return text


def _typed(values: list[Any]) -> npt.NDArray[Any]:
    """Numbers where all are numbers, dates where all are dates, else text."""
    quantities = [_quantity(value) for value in values]
    there = [each for each in quantities if each is not None]
    absent = [value is None for value in values]
    if len(there) == len(values) - sum(absent) and there:
        if all(isinstance(each, float) for each in there):
            return np.array([np.nan if each is None else each for each in quantities])
        if all(isinstance(each, Moment) for each in there):
            return _dates(
                [each.at.isoformat() if each is not None else None for each in quantities]
            )
    texts = [None if value is None else _text(value) for value in values]
    return np.array(texts, dtype=object)


def _quantity(value: Any) -> Any:
    try:
        return parse_quantity(value)
    except ValueError:
        return None


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool | dict | list) else value_text(value)


def _dates(values: Sequence[str | None]) -> npt.NDArray[np.datetime64]:
    return np.array([np.datetime64(value or "NaT", "us") for value in values])
