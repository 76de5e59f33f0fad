"""Read a table from a text file: its encoding, its delimiter and its decimal mark."""

import csv
import io
from pathlib import Path
from typing import Final

from simulator.errors import Fault, ImportFileError
from simulator.importers.registers.cells import MOST_COLUMNS, MOST_ROWS, Cell, Sheet

LARGEST_FILE: Final = 32 * 2**20
_DELIMITERS: Final = (";", ",", "\t", "|")
_SAMPLE: Final = 50


def read_delimited(path: Path) -> tuple[Sheet, ...]:
    """The one sheet of a text file, named like the file.

    Raises
    ------
    ImportFileError
        There is no such file, or it is no table of text.
    """
    text, notes = _text(path)
    delimiter = _delimiter(text)
    csv.field_size_limit(LARGEST_FILE)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise _fault(path, f"this is not a table: {error}", "rows of cells") from None
    if len(rows) > MOST_ROWS:
        raise _fault(path, f"the file has {len(rows):,} rows", f"at most {MOST_ROWS:,}")
    widest = max(map(len, rows), default=0)
    if widest > MOST_COLUMNS:
        raise _fault(path, f"a row has {widest:,} cells", f"at most {MOST_COLUMNS}")
    cells = tuple(tuple(Cell(text or None) for text in row) for row in rows)
    # Where a comma parts cells it cannot part decimals as well, and the other way round.
    decimal = {";": ",", ",": "."}.get(delimiter, "")
    return (Sheet(path.stem, cells, decimal=decimal, notes=notes),)


def _fault(path: Path, problem: str, expected: str) -> ImportFileError:
    return ImportFileError(Fault(problem, expected, file=str(path)))


def _text(path: Path) -> tuple[str, tuple[str, ...]]:
    if not path.is_file():
        kind = "this is a folder" if path.is_dir() else "there is no such file"
        raise _fault(path, kind, "a risk register (.xlsx or .csv)")
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise _fault(path, "the file is larger than 32 MB", "a risk register")
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise _fault(
            path, f"the file cannot be read: {reason}", "a file that you may read"
        ) from None
    notes: tuple[str, ...] = ()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in content:
        raise _fault(path, "this is no text", "a table of text, or a workbook (.xlsx)")
    else:
        encoding = "utf-8-sig"
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            encoding, notes = "cp1252", ("the file is not UTF-8 and was read as Windows-1252",)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise _fault(path, "the encoding is not known", "text in UTF-8") from None
    if not text.strip():
        raise _fault(path, "the file is empty", "a risk register")
    return text, notes


def _delimiter(text: str) -> str:
    """The mark that parts most lines into the same number of cells, of two or more."""
    lines = [line for line in text.splitlines()[: 4 * _SAMPLE] if line.strip()][:_SAMPLE]

    def worth(mark: str) -> tuple[int, int]:
        try:
            counts = [len(row) for row in csv.reader(lines, delimiter=mark)]
        except csv.Error:
            return 0, 0
        wide = [count for count in counts if count > 1]
        return (max(wide.count(count) for count in wide), max(wide)) if wide else (0, 0)

    return max(_DELIMITERS, key=worth)
