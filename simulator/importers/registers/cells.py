"""A table as a spreadsheet or a text file holds it, before anybody says what it means."""

from dataclasses import dataclass
from datetime import date, datetime, time

from simulator.scenario.scalars import UNPRINTABLE
from simulator.scenario.units import number_text

MOST_ROWS = 20_000
MOST_COLUMNS = 512

Content = str | float | bool | datetime | date | time | None


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of a sheet."""

    value: Content = None
    percent: bool = False
    """Shown as a percentage: 0.35 is 35 %."""
    trouble: str = ""
    """Why the value is not known: an error value, or a formula that was never computed."""
    merged: bool = False
    """A repetition: the value stands in another cell, which this one is merged with."""

    @property
    def blank(self) -> bool:
        """Whether nothing can be seen in it."""
        return not self.trouble and (
            self.value is None or (isinstance(self.value, str) and not self.value.strip())
        )

    @property
    def text(self) -> str:
        """What it says, without space around it and without control characters."""
        value = self.value
        if self.trouble:
            return self.trouble
        if value is None:
            return ""
        if isinstance(value, float):
            return number_text(value)
        if isinstance(value, datetime):
            whole = (value.hour, value.minute, value.second) == (0, 0, 0)
            return value.strftime("%Y-%m-%d" if whole else "%Y-%m-%d %H:%M")
        return UNPRINTABLE.sub("", str(value)).strip()


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a file: rows of cells, the first one is row 1.

    `decimal` is the mark before decimals where the file itself tells it, else empty.
    """

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    decimal: str = ""
    hidden: bool = False
    notes: tuple[str, ...] = ()

    def cell(self, row: int, column: int) -> Cell:
        """The cell in a row and a column, both counted from 0."""
        cells = self.rows[row] if row < len(self.rows) else ()
        return cells[column] if column < len(cells) else EMPTY


def column_letter(column: int) -> str:
    """The letters of a column counted from 0: A, ..., Z, AA."""
    letters = ""
    number = column + 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def column_number(letters: str) -> int:
    """The column, counted from 0, that letters name."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
