"""Scales of the user's own: a YAML file, or a sheet `Scales` of the register."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from simulator.errors import Fault, ImportFileError, ScenarioError
from simulator.importers.registers.cells import EMPTY, Cell, Sheet
from simulator.importers.registers.fields import heading_of
from simulator.importers.registers.numbers import amount_in, number_in, unit_named
from simulator.importers.registers.scales import DEFAULT, KINDS, Scale, Scales, Share, scale
from simulator.importers.registers.words import words_of
from simulator.scenario.source import Source, read_source
from simulator.scenario.units import Amount, number_text, parse_quantity

_SHEETS: Final = frozenset(("scales", "scale", "risk scales", "skalen", "skala", "bewertungsskala"))
_LEVELS: Final = frozenset(
    ("level", "stufe", "rating", "score", "scale", "skala", "wert", "no", "nr")
)
_EXAMPLE: Final = "for example {low: [5d, 20d], high: [20d, 60d]}"
_FIELDS: Final = ("probability", "delay", "delay_min", "delay_max", "cost", "cost_min", "cost_max")


def is_scales(sheet: Sheet) -> bool:
    """Whether a sheet is named as one that holds scales."""
    return " ".join(words_of(sheet.name)) in _SHEETS


def read_scales(path: Path) -> Scales:
    """The scales of a YAML file; what it does not give is as by default.

    Raises
    ------
    ScenarioError
        The file cannot be read, or not as scales: each fault with line and column.
    """
    source = read_source(path)
    data, faults, found = source.data(), [], {}
    for key, body in data.items():
        if key not in KINDS:
            faults.append(
                source.fault(f"unknown scale `{key}`", ", ".join(KINDS), (key,), at_key=True)
            )
        elif not isinstance(body, dict) or len(body) < 2:
            faults.append(source.fault("no levels", _EXAMPLE, (key,)))
        else:
            found[key] = _scale(source, key, body, faults)
    if faults:
        raise ScenarioError(faults)
    return replace(DEFAULT, **found, source=str(path))


def _scale(source: Source, key: str, body: dict[str, Any], faults: list[Fault]) -> Scale:
    values = []
    for name, raw in body.items():
        try:
            values.append(_level(key, raw))
        except ValueError as error:
            faults.append(source.fault(str(error), _expected(key), (key, name)))
            values.append(None)
    return scale(list(body), values)


def _expected(key: str) -> str:
    if key == "probability":
        return "a chance such as 0.3 or 30%"
    return "two values, the ends, such as " + ("[5d, 20d]" if key == "schedule" else "[1%, 5%]")


def _level(key: str, raw: Any) -> Any:
    """The value of one level, as a scenario writes it."""
    if key == "probability":
        return _chance(raw)
    if isinstance(raw, dict):
        return raw
    values = [parse_quantity(each) for each in (raw if isinstance(raw, list) else [raw])]
    if not 1 <= len(values) <= 3:
        raise ValueError(f"{len(values)} values")
    percents = [isinstance(each, Amount) and each.unit == "%" for each in values]
    if key == "cost" and all(percents):
        shares = [each.value / 100 for each in values if isinstance(each, Amount)]
        return Share(min(shares), max(shares))
    for each in values:
        timed = isinstance(each, Amount) and each.unit != "%"
        if timed != (key == "schedule") and each != 0.0:
            raise ValueError(f"{each} is no {'time' if key == 'schedule' else 'amount of money'}")
    texts = [number_text(each) if isinstance(each, float) else str(each) for each in values]
    plain = [float(text) for text in texts] if key == "cost" else texts
    kind = {2: "uniform", 3: "pert"}.get(len(plain))
    return {kind: plain} if kind else plain[0]


def _chance(raw: Any) -> float:
    value = parse_quantity(raw)
    chance = value.value / 100 if isinstance(value, Amount) and value.unit == "%" else value
    if not isinstance(chance, float) or not 0 <= chance <= 1:
        raise ValueError(f"{raw!r} is no chance")
    return chance


def scales_of(file: Path, sheet: Sheet) -> Scales:
    """The scales of a sheet: a row a level, from the lowest, under headings.

    Raises
    ------
    ImportFileError
        There are no headings, or a cell is not what its heading says.
    """
    top, columns = _headings(file, sheet)
    rows = [
        row for row in range(top + 1, len(sheet.rows)) if not _at(sheet, row, columns, "name").blank
    ]
    if len(rows) < 2:
        expected = "a row for each level, from the lowest"
        raise ImportFileError(Fault("no levels", expected, (sheet.name,), str(file)))
    names = [_at(sheet, row, columns, "name").text for row in rows]
    faults: list[Fault] = []
    found = {}
    for key, field in (("probability", "probability"), ("schedule", "delay"), ("cost", "cost")):
        if not any(each.startswith(field) for each in columns):
            continue
        values = []
        for row in rows:
            try:
                values.append(_of_row(sheet, row, columns, field))
            except ValueError as error:
                where = (f"{sheet.name}, row {row + 1}",)
                faults.append(Fault(str(error), _expected(key), where, str(file)))
                values.append(None)
        found[key] = scale(names, values)
    if faults:
        raise ImportFileError(*faults)
    return replace(DEFAULT, **found, source=f"the sheet {sheet.name}")


_Columns = dict[str, tuple[int, str]]


def _headings(file: Path, sheet: Sheet) -> tuple[int, _Columns]:
    """The row of the headings, and the column and the unit of each field, and of the names."""
    for top, row in enumerate(sheet.rows):
        columns: _Columns = {}
        for index, cell in enumerate(row):
            heading, words = heading_of(cell.text), " ".join(words_of(cell.text))
            key = heading.field if heading.field in _FIELDS else ""
            if heading.field == "title" or words in ("name", "names"):
                key = "name"
            elif words in _LEVELS:
                key = "level"
            if key:
                columns.setdefault(key, (index, heading.unit))
        if len(columns) > 1 and columns.keys() & set(_FIELDS):
            if "name" not in columns and "level" in columns:
                columns["name"] = columns["level"]
            if "name" in columns:
                return top, columns
    expected = "Level, Probability, Schedule min, Schedule max, Cost min, Cost max"
    raise ImportFileError(Fault("no headings of a scale", expected, (sheet.name,), str(file)))


def _at(sheet: Sheet, row: int, columns: _Columns, key: str) -> Cell:
    return sheet.cell(row, columns[key][0]) if key in columns else EMPTY


def _of_row(sheet: Sheet, row: int, columns: _Columns, field: str) -> Any:
    """The value of a level: one cell, or the two cells of its ends."""
    keys = [key for key in (f"{field}_min", f"{field}_max") if key in columns] or [field]
    values = [
        _quantity(_at(sheet, row, columns, key), field, columns[key][1], sheet) for key in keys
    ]
    if field == "probability":
        return _chance(values[0])
    key = "schedule" if field == "delay" else "cost"
    return _level(key, values)


def _quantity(cell: Cell, field: str, unit: str, sheet: Sheet) -> Any:
    """A cell as a quantity of a scenario: days are meant where no unit of time is named."""
    if cell.blank or cell.trouble:
        raise ValueError(cell.trouble or "a cell is empty")
    scaled = unit_named(unit)
    if isinstance(cell.value, float):
        value, own = cell.value, None
        if cell.percent:
            return Amount(100 * value, "%")
    else:
        try:
            value, said = number_in(cell.text, sheet.decimal or "."), ""
        except ValueError:
            value, said = amount_in(cell.text, sheet.decimal or ".")
        own = unit_named(said) if said else None
    scaled = own or scaled
    if scaled is None:
        raise ValueError(f"{cell.text!r} has an unknown unit")
    if scaled.percent:
        return Amount(value, "%")
    if field == "delay":
        return Amount(value, scaled.time or "d")
    return value * scaled.times
