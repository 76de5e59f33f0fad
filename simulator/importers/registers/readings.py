"""What the cells of a column say: a chance, a time or money, as a figure or as a level of a scale.

How plain numbers of a column are meant is decided once for the column, by its heading and by all
that stands in it; a number that may mean two things is refused.
"""

import math
from dataclasses import dataclass
from typing import Any

from simulator.errors import ScenarioError
from simulator.importers.registers.cells import Cell
from simulator.importers.registers.numbers import (
    Scaled,
    amount_in,
    ends_of,
    number_in,
    unit_named,
)
from simulator.importers.registers.scales import Scales, Share
from simulator.importers.registers.table import Column, Table
from simulator.scenario.source import source_from_text
from simulator.scenario.units import number_text

FRACTION, PERCENT, LEVEL, FIGURE, UNCLEAR = (
    "0 to 1",
    "in percent",
    "as levels",
    "figures",
    "unclear",
)


class NotReadError(ValueError):
    """A cell that does not say what its column is for, and what was expected."""

    def __init__(self, problem: str, expected: str) -> None:
        super().__init__(problem)
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Reader:
    """How the cells of one table are read."""

    scales: Scales
    decimal: str
    budget: float | None
    currency: str = ""

    def chance(self, cell: Cell, mode: str, field: str = "probability") -> Any:
        """The chance in a cell: 0 to 1, or a mapping where it depends on other risks.

        Raises
        ------
        NotReadError
            The cell says no chance.
        """
        expected = self._expected_chance()
        _check(cell, expected)
        text = cell.text
        if text.startswith("{"):
            return mapping_in(text)
        step = self.scales.of(field).step_of(text)
        number = self.number(cell)
        if number is None:
            if step is None:
                problem = f"{text!r} is no chance"
                if ends_of(text):
                    problem, expected = f"{text!r} is a range", "one chance, such as 40 %"
                raise NotReadError(problem, expected)
            return step.value
        value, percent = number
        if percent:
            found = value
        elif mode == UNCLEAR:
            problem = f"{text} may be a share, a percentage or a level"
            raise NotReadError(
                problem, 'which, as in --map "Probability=probability (%)", (0-1), (1-5)'
            )
        elif mode == LEVEL:
            if step is None:
                raise NotReadError(f"{text} is not one of the levels", expected)
            return step.value
        else:
            found = value / 100 if mode == PERCENT else value
        if not 0 <= found <= 1:
            raise NotReadError(f"{text} is no chance", expected)
        return found

    def impact(self, cell: Cell, column: Column, mode: str) -> Any:
        """An impact as a scenario writes it: a number, an amount with a unit, a distribution.

        Raises
        ------
        NotReadError
            The cell says no such thing.
        """
        field = column.field
        expected = self._expected_impact(field)
        _check(cell, expected)
        text = cell.text
        if text.startswith("{"):
            return mapping_in(text)
        plain = isinstance(cell.value, float)
        step = self.scales.of(field).step_of(text)
        if step is not None and (mode == LEVEL or not (plain or text.isdigit())):
            return self.of_level(step.value)
        if mode == LEVEL and (plain or text.isdigit()):
            raise NotReadError(f"{text} is not one of the levels", expected)
        ends = None if plain else ends_of(text)
        if ends:
            return {"uniform": [self._quantity(Cell(end), column, expected) for end in ends]}
        return self._quantity(cell, column, expected)

    def of_level(self, value: Any) -> Any:
        """The value of a level; a share of the budget as money.

        Raises
        ------
        NotReadError
            There is no budget to take a share of.
        """
        if not isinstance(value, Share):
            return value
        if self.budget is None:
            expected = "program.budget, or scales of your own with amounts (--scales FILE)"
            raise NotReadError(
                "the scale of cost is in shares of a budget that is not there", expected
            )
        return {"uniform": [value.low * self.budget, value.high * self.budget]}

    def _quantity(self, cell: Cell, column: Column, expected: str) -> Any:
        text, money = cell.text, "cost" in column.field
        if isinstance(cell.value, float):
            value = 100 * cell.value if cell.percent else cell.value
            own = Scaled(percent=cell.percent)
        else:
            try:
                value, said = amount_in(text, self.decimal)
            except ValueError as error:
                raise NotReadError(str(error), expected) from None
            known = _unit(said, money=money)
            if known is None:
                raise NotReadError(f"{text!r} has the unknown unit {said!r}", expected)
            own = known
        if not math.isfinite(value):
            raise NotReadError(f"{text} is not a finite number", expected)
        unit = own if own != Scaled() else _unit(column.unit, money=money)
        if unit is None:
            remedy = f'--map "{column.heading}={column.field} (d)", or another unit that is meant'
            raise NotReadError(f"the heading has the unknown unit {column.unit!r}", remedy)
        if money and unit.percent and not unit.time:
            if self.budget is None:
                expected = "an amount of money, or program.budget"
                raise NotReadError("a share of a budget that is not there", expected)
            return value / 100 * self.budget
        if unit.percent or (unit.time and (money or column.field.startswith("factor"))):
            raise NotReadError(f"{text!r} is of another kind", expected)
        if unit.money and not money:
            raise NotReadError(f"{text!r} is of another kind", expected)
        if money or column.field.startswith("factor"):
            return value * unit.times
        return f"{number_text(value)}{unit.time or 'd'}"

    def number(self, cell: Cell) -> tuple[float, bool] | None:
        """The number of a cell that holds nothing else, percentages as shares and told."""
        if isinstance(cell.value, bool):
            return None
        if isinstance(cell.value, float):
            return cell.value, cell.percent
        text = cell.text
        percent = text.endswith("%")
        try:
            value = number_in(text.rstrip("% "), self.decimal)
        except ValueError:
            return None
        return (value / 100 if percent else value), percent

    def _expected_chance(self) -> str:
        names = ", ".join(step.names[0] for step in self.scales.probability.steps)
        return f"a chance such as 35 % or 0.35, or a level: {names}"

    def _expected_impact(self, field: str) -> str:
        if field.startswith("factor"):
            return "a factor such as 1.2"
        names = ", ".join(step.names[0] for step in self.scales.of(field).steps)
        example = (
            "money such as 50000 or 50k" if "cost" in field else "a time such as 10, 10d or 2 weeks"
        )
        return f"{example}, or a level: {names}"


def _unit(text: str, *, money: bool) -> Scaled | None:
    """What a unit means; `T` is a thousand of money and days (Tage) of time."""
    return Scaled(time="d") if text.casefold() == "t" and not money else unit_named(text)


def mapping_in(text: str) -> Any:
    """What a cell says in the words of a scenario, such as `{pert: [5d, 10d, 30d]}`.

    Raises
    ------
    NotReadError
        It cannot be read as YAML.
    """
    try:
        return source_from_text(text).data()
    except ScenarioError as error:
        problem = error.faults[0].problem if error.faults else "it cannot be read"
        raise NotReadError(
            f"{text[:60]!r}: {problem}", "for example {pert: [5d, 10d, 30d]}"
        ) from None


def chance_mode(table: Table, column: Column, reader: Reader) -> str:
    """How the plain numbers of a column of chances are meant."""
    unit = unit_named(column.unit) or Scaled()
    if unit.level or unit.share:
        return LEVEL if unit.level else FRACTION
    numbers = _plain_numbers(table, column, reader)
    largest = max(numbers, default=0.0)
    if unit.percent:
        return UNCLEAR if numbers and largest <= 1 else PERCENT
    whole = all(number.is_integer() for number in numbers)
    named = _has_names(table, column, reader)
    if not numbers and named:
        return LEVEL
    if largest <= 1:
        return UNCLEAR if largest == 1 and whole and not named else FRACTION
    if whole and min(numbers) >= 1 and largest <= len(reader.scales.probability.steps):
        return LEVEL
    return UNCLEAR if named or any(0 < number < 1 for number in numbers) else PERCENT


def impact_mode(table: Table, column: Column, reader: Reader, chances: str) -> str:
    """Whether plain numbers of a column of impacts are levels of a scale or figures."""
    unit = unit_named(column.unit)
    if unit is not None and unit.level:
        return LEVEL
    measured = unit is not None and (unit.time or unit.money or unit.percent)
    if measured or column.field.endswith(("_min", "_max")) or column.field.startswith("factor"):
        return FIGURE
    numbers = _plain_numbers(table, column, reader)
    levels = len(reader.scales.of(column.field).steps)
    if _has_names(table, column, reader):
        return LEVEL  # a number among names that is no level is refused: it may be a slip
    alike = all(number.is_integer() and 1 <= number <= levels for number in numbers)
    return LEVEL if numbers and alike and chances == LEVEL else FIGURE


def decimal_mark(table: Table) -> str:
    """The mark before decimals: that of numbers in texts, else the file's own, else a point."""
    texts = [
        cell.value
        for row in table.rows()
        for cell in table.sheet.rows[row]
        if isinstance(cell.value, str)
    ]
    commas = sum(_reads(text, ",") and not _reads(text, ".") for text in texts)
    points = sum(_reads(text, ".") and not _reads(text, ",") for text in texts)
    if commas == points:
        return table.sheet.decimal or "."
    return "," if commas > points else "."


def _reads(text: str, decimal: str) -> bool:
    try:
        number_in(text.rstrip("% "), decimal)
    except ValueError:
        return False
    return "," in text or "." in text


def _check(cell: Cell, expected: str) -> None:
    if cell.trouble:
        remedy = (
            "a value; open the workbook in Excel and save it"
            if "formula" in cell.trouble
            else expected
        )
        raise NotReadError(f"the cell holds {cell.trouble}", remedy)
    if cell.blank:
        raise NotReadError("the cell is empty", expected)


def _plain_numbers(table: Table, column: Column, reader: Reader) -> list[float]:
    """The numbers of a column that have neither a percent sign nor a percent format."""
    found = []
    for row in table.rows():
        number = reader.number(table.sheet.cell(row, column.index))
        if number is not None and not number[1]:
            found.append(number[0])
    return found


def _has_names(table: Table, column: Column, reader: Reader) -> bool:
    """Whether levels stand in a column by name."""
    scale = reader.scales.of(column.field)
    texts = (table.sheet.cell(row, column.index).text for row in table.rows())
    return any(not text.isdigit() and scale.step_of(text) is not None for text in texts)
