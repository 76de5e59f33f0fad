"""Read a workbook (.xlsx, .xlsm) as sheets of cells; nothing in it is ever carried out.

Formulas give the values that were stored with them, macros and links to other files are not looked
at. What a workbook unpacks to is limited before anything is unpacked.
"""

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

from simulator.errors import Fault, ImportFileError
from simulator.importers.registers.cells import (
    EMPTY,
    MOST_COLUMNS,
    MOST_ROWS,
    Cell,
    Content,
    Sheet,
    column_letter,
    column_number,
)

LARGEST_FILE: Final = 32 * 2**20
LARGEST_UNPACKED: Final = 48 * 2**20
MOST_SHEETS: Final = 200

_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How files of the old Office formats begin, and encrypted ones of the new."""
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_ENTITIES: Final = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_MERGED: Final = re.compile(rb"<mergeCell\s[^>]*ref=\"([A-Z]+)(\d+):([A-Z]+)(\d+)\"")
_FILLED: Final = re.compile(rb"<c\s[^>/]*r=\"([A-Z]+)(\d+)\"[^>/]*>")
_FORMULA: Final = re.compile(rb"<f[\s>/]")
_BROKEN: Final = (
    KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OSError, EOFError,
    NotImplementedError, RuntimeError, AssertionError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What the library raises where a workbook is not one."""


def read_workbook(path: Path) -> tuple[Sheet, ...]:
    """Every worksheet of a workbook, in its order.

    Raises
    ------
    ImportFileError
        There is no such file, or it is no workbook that can be read: another format, protected by
        a password, damaged, or too large.
    """
    _check_kind(path)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_size(path, archive)
            has_formulas, widest = _check_parts(path, archive)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is left out: styles, pictures, extensions
            return _sheets(path, widest, has_formulas=has_formulas)
    except ImportFileError:
        raise
    except _BROKEN as error:
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise _fault(
            path,
            f"the workbook is damaged: {said[:100]}",
            "a workbook that opens in Excel; open it there and save it again as .xlsx",
        ) from None


def _fault(path: Path, problem: str, expected: str) -> ImportFileError:
    return ImportFileError(Fault(problem, expected, file=str(path)))


def _check_kind(path: Path) -> None:
    if not path.is_file():
        kind = "this is a folder" if path.is_dir() else "there is no such file"
        raise _fault(path, kind, "a risk register (.xlsx or .csv)")
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise _fault(path, f"the file has {size / 2**20:,.0f} MB", "at most 32 MB")
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise _fault(
            path, f"the file cannot be read: {reason}", "a file that you may read"
        ) from None
    if not content:
        raise _fault(path, "the file is empty", "a risk register")
    if content.startswith(_COMPOUND):
        if _ENCRYPTED in content:
            problem = "the workbook is protected by a password"
            raise _fault(path, problem, "one without: in Excel, File > Info > Protect Workbook")
        raise _fault(path, "this is a workbook of Excel 97 to 2003 (.xls)", "it saved as .xlsx")
    if not zipfile.is_zipfile(path):
        cut = content.startswith(b"PK")
        problem = "the workbook is cut off" if cut else "this is no workbook"
        raise _fault(path, problem, "a workbook as Excel saves it (.xlsx), or a .csv file")


def _check_size(path: Path, archive: zipfile.ZipFile) -> None:
    names = {entry.filename for entry in archive.infolist()}
    if any(entry.flag_bits & 1 for entry in archive.infolist()):
        raise _fault(path, "the workbook is protected by a password", "one without")
    if "mimetype" in names or "content.xml" in names:
        raise _fault(path, "this is an OpenDocument table (.ods)", "it saved as .xlsx")
    if "xl/workbook.bin" in names:
        raise _fault(path, "this is a binary workbook (.xlsb)", "it saved as .xlsx")
    if "xl/workbook.xml" not in names:
        raise _fault(path, "this archive holds no workbook", "a workbook as Excel saves it (.xlsx)")
    unpacked = sum(e.file_size for e in archive.infolist() if "xl/media/" not in e.filename)
    if unpacked > LARGEST_UNPACKED:
        problem = f"the workbook unpacks to {unpacked / 2**20:,.0f} MB"
        raise _fault(path, problem, f"at most {LARGEST_UNPACKED >> 20} MB: the risks alone")


def _check_parts(path: Path, archive: zipfile.ZipFile) -> tuple[bool, int]:
    """Refuse parts that define entities or reach too far; are there formulas, how many columns."""
    formulas = False
    sheets = widest = 0
    for entry in archive.infolist():
        if not entry.filename.endswith((".xml", ".rels")):
            continue
        # An archive may lie about sizes: no more than what it said is ever unpacked.
        with archive.open(entry) as stream:
            content = stream.read(entry.file_size)
        if _ENTITIES.search(content) or b"\0" in content:
            problem = f"{entry.filename} in it defines entities, which no workbook needs"
            raise _fault(path, problem, "a workbook as Excel saves it")
        if entry.filename.startswith("xl/worksheets/sheet"):
            sheets += 1
            formulas = formulas or _FORMULA.search(content) is not None
            widest = max(widest, _reach(path, content))
    if sheets > MOST_SHEETS:
        raise _fault(path, f"the workbook has {sheets:,} sheets", f"at most {MOST_SHEETS}")
    return formulas, widest


def _reach(path: Path, content: bytes) -> int:
    """The number of columns that a sheet fills."""
    widest = 0
    for match in _FILLED.finditer(content):
        row, column = int(match[2]), column_number(match[1].decode())
        if row > MOST_ROWS or column >= MOST_COLUMNS:
            place = f"{match[1].decode()}{row}"
            expected = (
                f"at most {MOST_ROWS:,} rows and {MOST_COLUMNS} columns; delete what is beyond"
            )
            raise _fault(path, f"a sheet reaches to {place}", expected)
        widest = max(widest, column + 1)
    return widest


def _sheets(path: Path, widest: int, *, has_formulas: bool) -> tuple[Sheet, ...]:
    import openpyxl  # noqa: PLC0415 - heavy, and only needed for workbooks

    def opened(*, computed: bool) -> Any:
        return openpyxl.load_workbook(
            path, read_only=True, data_only=computed, keep_links=False, keep_vba=False
        )

    book = opened(computed=True)
    written = opened(computed=False) if has_formulas else None
    try:
        found = []
        for number, sheet in enumerate(book.worksheets):
            formulas = written.worksheets[number] if written else None
            rows = _merged(_rows(sheet, formulas, widest), _merges(path, sheet))
            hidden = sheet.sheet_state != "visible"
            found.append(Sheet(sheet.title, tuple(map(tuple, rows)), hidden=hidden))
        return tuple(found)
    finally:
        book.close()
        if written is not None:
            written.close()


def _rows(sheet: Any, formulas: Any, widest: int) -> list[list[Cell]]:
    sheet.reset_dimensions()  # what a file says of its own size is often wrong
    limits = {"max_row": MOST_ROWS, "max_col": max(widest, 1)}
    if formulas is None:
        return [[_cell(cell, None) for cell in row] for row in sheet.iter_rows(**limits)]
    formulas.reset_dimensions()
    both = zip(sheet.iter_rows(**limits), formulas.iter_rows(**limits), strict=True)
    return [
        [_cell(cell, formula) for cell, formula in zip(row, texts, strict=True)]
        for row, texts in both
    ]


def _cell(cell: Any, formula: Any) -> Cell:
    value = cell.value
    if value is None:
        if formula is not None and formula.value is not None:
            return Cell(trouble="a formula whose value was never stored")
        return EMPTY
    if cell.data_type == "e":
        return Cell(trouble=f"the error {value}")
    return Cell(_content(value), percent=_is_percent(cell))


def _content(value: object) -> Content:
    if isinstance(value, bool | str | datetime | date | time):
        return value
    return float(value) if isinstance(value, int | float) else str(value)


def _is_percent(cell: Any) -> bool:
    return "%" in re.sub(r'"[^"]*"', "", str(cell.number_format or ""))


def _merges(path: Path, sheet: Any) -> Iterator[tuple[int, int, int, int]]:
    """Top, left, bottom and right, from 0, of the merged cells of a sheet."""
    part = sheet._worksheet_path.lstrip("/")  # noqa: SLF001 - a stream of rows does not tell merges
    with zipfile.ZipFile(path) as archive:
        content = archive.read(part)
    for match in _MERGED.finditer(content):
        left, right = column_number(match[1].decode()), column_number(match[3].decode())
        yield int(match[2]) - 1, left, int(match[4]) - 1, right


def _merged(
    rows: list[list[Cell]], merges: Iterator[tuple[int, int, int, int]]
) -> list[list[Cell]]:
    """The same rows, merged cells all with the value of the first."""
    for top, left, bottom, right in merges:
        if top >= len(rows) or left >= len(rows[top]) or rows[top][left].blank:
            continue
        first = rows[top][left]
        copy = Cell(first.value, first.percent, first.trouble, merged=True)
        for row in rows[top : bottom + 1]:
            # Merged over whole rows or columns: nothing is added beyond what others reach.
            last = min(right, MOST_COLUMNS - 1)
            row.extend(Cell() for _ in range(last + 1 - len(row)))
            row[left : last + 1] = [copy] * (last + 1 - left)
        rows[top][left] = first
    return rows


def place(column: int, row: int) -> str:
    """The name of a cell, both counted from 0: `E7`."""
    return f"{column_letter(column)}{row + 1}"
