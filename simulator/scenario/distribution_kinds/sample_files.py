"""Read a column of a CSV file, or a SIP of a library, that lies in the scenario's folder."""

import csv
import math
from pathlib import Path, PurePosixPath, PureWindowsPath

from simulator.scenario.distribution_kinds.reading import nearest, quantity, short
from simulator.scenario.distribution_kinds.sip_libraries import is_library, sip_values
from simulator.scenario.units import EFFORT, ELAPSED, WORKING, Amount, Quantity, Rate

LARGEST_FILE = 16 * 1024 * 1024
_AMOUNTS = (*WORKING, *ELAPSED, *EFFORT, "%")
_RATES = tuple(f"/{unit}" for unit in (*WORKING, *ELAPSED))


def read_samples(
    source: str,
    unit: object,
    folder: Path | None,
) -> tuple[tuple[Quantity, ...], str]:
    """The values of `file.csv#column` or `library.json#sip`, and the unit of its plain numbers.

    Raises
    ------
    ValueError
        The file is not in the folder, too large, or not a table with such a column of numbers.
    """
    unit_text = _unit(unit)
    name, mark, column = source.partition("#")
    if not mark or not name.strip() or not column.strip():
        raise ValueError(f"samples: {short(source)} names no column; expected file.csv#column")
    path = _inside(name.strip(), folder)
    if is_library(name.strip()):
        trials = sip_values(_text(path, name.strip()), column.strip(), name.strip())
        return tuple(_with_unit(trial, unit_text) for trial in trials.tolist()), unit_text
    cells = _column(_text(path, name.strip()), column.strip(), name.strip())
    values = tuple(_value(text, unit_text, f"{name.strip()} row {row}") for row, text in cells)
    if not values:
        raise ValueError(f"samples: column {column.strip()!r} of {name.strip()} has no rows")
    return values, unit_text


def _unit(unit: object) -> str:
    if unit is None or unit == "":
        return ""
    valid = (*_AMOUNTS, *_RATES)
    if unit not in valid:
        raise ValueError(f"samples: unknown unit {short(unit)} (valid: {', '.join(valid)})")
    return str(unit)


def _inside(name: str, folder: Path | None) -> Path:
    if folder is None:
        raise ValueError(f"samples: {short(name)} needs a folder; this scenario has none")
    plain, windows = PurePosixPath(name), PureWindowsPath(name)
    if plain.is_absolute() or windows.anchor or ".." in windows.parts:
        raise ValueError(f"samples: {short(name)} is outside the scenario's folder")
    try:
        path = (folder / name).resolve()
        inside = path.is_relative_to(folder.resolve())
        found, size = path.is_file(), path.stat().st_size if path.is_file() else 0
    except (OSError, RuntimeError, ValueError):
        raise ValueError(f"samples: {short(name)} cannot be opened") from None
    if not inside:
        raise ValueError(f"samples: {short(name)} is outside the scenario's folder")
    if not found:
        raise ValueError(f"samples: there is no file {short(name)} in the scenario's folder")
    if size > LARGEST_FILE:
        raise ValueError(f"samples: {short(name)} is larger than 16 MB")
    return path


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"samples: {short(name)} cannot be read as UTF-8 text") from None


def _column(text: str, column: str, name: str) -> list[tuple[int, str]]:
    """The cells below a heading with the number of their row; blank rows are skipped."""
    heading = text.partition("\n")[0]
    mark = ";" if heading.count(";") > heading.count(",") else ","
    try:
        rows = [(row, cells) for row, cells in _numbered(text, mark) if any(map(str.strip, cells))]
    except csv.Error as problem:
        raise ValueError(f"samples: {short(name)} is not a table: {problem}") from None
    if not rows:
        raise ValueError(f"samples: {short(name)} is empty")
    titles = [title.strip() for title in rows[0][1]]
    if column not in titles:
        hint = nearest(column, titles)
        listed = short(", ".join(titles))
        raise ValueError(f"samples: no column {short(column)} in {name}{hint} (columns: {listed})")
    index = titles.index(column)
    return [(row, cells[index] if index < len(cells) else "") for row, cells in rows[1:]]


def _numbered(text: str, mark: str) -> list[tuple[int, list[str]]]:
    return list(enumerate(csv.reader(text.splitlines(keepends=True), delimiter=mark), start=1))


def _value(text: str, unit: str, place: str) -> Quantity:
    try:
        value: Quantity = float(text)
    except ValueError:
        value = quantity("samples", place, text)
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        raise ValueError(f"samples: {place}: {short(text)} is not a finite number")
    return _with_unit(value, unit)


def _with_unit(value: float, unit: str) -> Quantity:
    if unit.startswith("/"):
        return Rate(value, unit[1:])
    return Amount(value, unit) if unit else value
