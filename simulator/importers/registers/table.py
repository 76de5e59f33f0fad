"""Find the table of risks in a sheet: where its headings stand, and what each column means."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from simulator.errors import Fault
from simulator.importers.registers.cells import (
    EMPTY,
    Cell,
    Sheet,
    column_letter,
    column_number,
)
from simulator.importers.registers.fields import EFFECTS, heading_of, part
from simulator.importers.registers.numbers import unit_named
from simulator.importers.registers.words import words_of

_DEEPEST: Final = 60
"""Titles and legends may stand above the headings, in no more rows than this."""
_IMPACTS: Final = frozenset(
    ("impact", "units", *(part(effect, end) for effect in EFFECTS for end in ("", "min", "max")))
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its place, its heading, the field it is taken as, and why."""

    index: int
    heading: str
    field: str
    unit: str = ""
    said: bool = False
    """By `--map`, not guessed."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a sheet below its headings, and what its columns mean."""

    file: Path
    sheet: Sheet
    first: int
    """The row, from 0, below the headings."""
    columns: tuple[Column, ...]

    def column(self, field: str) -> Column | None:
        """The column of a field."""
        return next((each for each in self.columns if each.field == field), None)

    def cell(self, row: int, field: str) -> Cell:
        """The cell of a field in a row; an empty one where there is no such column."""
        column = self.column(field)
        return EMPTY if column is None else self.sheet.cell(row, column.index)

    def text(self, row: int, field: str) -> str:
        """What the cell of a field says."""
        return self.cell(row, field).text

    def rows(self) -> Iterator[int]:
        """Rows, from 0, in which a column that means something is filled."""
        used = [each.index for each in self.columns if each.field not in ("", "ignore")]
        for row in range(self.first, len(self.sheet.rows)):
            if any(not self.sheet.cell(row, index).blank for index in used):
                yield row

    def fault(self, row: int, field: str, problem: str, expected: str = "") -> Fault:
        """A fault of a cell, or of a whole row where its field has no column."""
        column = self.column(field)
        where = f"{self.sheet.name}, row {row + 1}"
        if column is not None:
            where = f"{self.sheet.name}!{column_letter(column.index)}{row + 1} ({column.heading})"
        return Fault(problem, expected, (where,), str(self.file))


def find_table(file: Path, sheet: Sheet, said: Mapping[str, str]) -> Table | None:
    """The table of risks, or of mitigations, of a sheet; None where there is none.

    `said` gives fields by heading or by the letters of a column.
    """
    best: tuple[int, Table] | None = None
    for top in range(min(_DEEPEST, len(sheet.rows))):
        for depth in (1, 2):
            headings = _headings(sheet, top, depth)
            columns = _columns(headings, said)
            fields = {each.field for each in columns}
            score = len(fields - {"", "ignore"})
            if _is_table(fields) and (best is None or score > best[0]):
                best = score, Table(file, sheet, top + depth, columns)
    return _settled(best[1]) if best else None


def unused(tables: Sequence[Table], said: Mapping[str, str]) -> tuple[str, ...]:
    """Headings that `--map` names and no table has."""
    known = {
        name
        for table in tables
        for each in table.columns
        for name in (words_of(each.heading), each.index)
    }
    return tuple(
        name for name in said if words_of(name) not in known and _letters(name) not in known
    )


def _is_table(fields: set[str]) -> bool:
    if "mitigation" in fields:
        return len(fields & {"mitigation_cost", "cost", "bought", "effects", "new_probability"}) > 0
    named = bool(fields & {"id", "title", "description"})
    return (
        named
        and bool(fields & {"probability", "rate"})
        and bool(fields & _IMPACTS | fields & {"stops"})
    )


def _headings(sheet: Sheet, top: int, depth: int) -> list[str]:
    """The headings of a row, or of two rows of which the upper one groups columns."""
    upper = [cell.text for cell in sheet.rows[top]]
    if depth == 1 or top + 1 >= len(sheet.rows):
        return upper
    found, group = [], ""
    for index in range(max(len(upper), len(sheet.rows[top + 1]))):
        above, below = sheet.cell(top, index), sheet.cell(top + 1, index)
        group = above.text or group
        if below.blank or (below.merged and below.text == above.text):
            found.append(above.text)
        else:
            found.append(f"{group} {below.text}")
    return found


def _columns(headings: Sequence[str], said: Mapping[str, str]) -> tuple[Column, ...]:
    by_words = {words_of(name): field for name, field in said.items()}
    known = {words_of(text) for text in headings}
    by_place = {
        _letters(name): field for name, field in said.items() if words_of(name) not in known
    }
    columns = []
    for index, text in enumerate(headings):
        guess = heading_of(text)
        given = by_words.get(words_of(text)) if text else None
        given = by_place.get(index) if given is None else given
        if given is None:
            if text:
                columns.append(Column(index, text, guess.field, guess.unit))
            continue
        field, _, unit = given.partition("(")
        unit = unit.rstrip(") ") or guess.unit
        columns.append(Column(index, text, field.strip(), unit, said=True))
    return _each_once(columns)


def _letters(name: str) -> int:
    plain = name.strip()
    return column_number(plain) if plain.isascii() and plain.isalpha() and len(plain) <= 3 else -1


def _each_once(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The same with every field in one column: what was said first, then from the left."""
    taken = {each.field: each.index for each in reversed(columns)}
    taken |= {each.field: each.index for each in reversed(columns) if each.said}
    return tuple(
        each
        if each.field in ("", "ignore") or taken[each.field] == each.index
        else replace(each, field="", note=f"{each.field} stands in another column")
        for each in columns
    )


def _settled(table: Table) -> Table:
    """The same with columns whose meaning follows from others, or from what stands in them."""
    fields = {each.field for each in table.columns}
    columns = []
    for each in table.columns:
        found = each
        if each.field == "impact":
            found = _impact(each, fields)
        elif each.field == "type" and not _tells_kinds(table, each):
            free = "category" not in fields
            note = "" if free else "holds no threats and opportunities"
            found = replace(each, field="category" if free else "", note=note)
        columns.append(found)
    return replace(table, columns=tuple(columns))


def _impact(column: Column, fields: set[str]) -> Column:
    """An impact that does not say on what: by its unit, else on the schedule."""
    if fields & (_IMPACTS - {"impact"}):
        return replace(column, field="", note="schedule and cost have columns of their own")
    unit = unit_named(column.unit)
    if unit is not None and unit.money:
        return replace(column, field="cost")
    if unit is not None and unit.time:
        return replace(column, field="delay")
    return replace(column, field="delay", note="of the schedule; cost with --map")


KINDS: Final = {
    **dict.fromkeys(
        ("threat", "risk", "risiko", "gefahr", "issue", "problem", "negative", "negativ", "t", "r"),
        1.0,
    ),
    **dict.fromkeys(("opportunity", "chance", "positive", "positiv", "o", "upside"), -1.0),
}
"""What a column of threats and opportunities says: the sign of its impacts."""


def _tells_kinds(table: Table, column: Column) -> bool:
    texts = {
        " ".join(words_of(table.sheet.cell(row, column.index).text))
        for row in range(table.first, len(table.sheet.rows))
    }
    return column.said or bool(texts & KINDS.keys())
