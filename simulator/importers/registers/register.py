"""A risk register as the risks and mitigations of a scenario, or every fault in it at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from simulator.errors import Fault, ImportFileError, SettingsError
from simulator.importers.registers.cells import Sheet, column_letter
from simulator.importers.registers.delimited import read_delimited
from simulator.importers.registers.fields import field_named, nearest_field
from simulator.importers.registers.hits import Reading
from simulator.importers.registers.mitigations import Mitigations, beside_risks, on_their_own
from simulator.importers.registers.readings import (
    FIGURE,
    LEVEL,
    Reader,
    chance_mode,
    decimal_mark,
    impact_mode,
)
from simulator.importers.registers.risks import Draft, Drafts, add_rows, check
from simulator.importers.registers.scale_files import is_scales, read_scales, scales_of
from simulator.importers.registers.scales import DEFAULT, Scales
from simulator.importers.registers.table import Column, Table, find_table, unused
from simulator.importers.registers.targets import Finder, NotFoundError, Targets
from simulator.importers.registers.workbook import read_workbook
from simulator.scenario.program import Scenario
from simulator.scenario.source import Source

MOST_FAULTS: Final = 200
_TEXTS: Final = (".csv", ".tsv", ".txt")
_CHANCES: Final = ("probability", "residual_probability", "new_probability")
_IMPACTS: Final = ("delay", "wait", "cost", "residual_delay", "residual_cost")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user says of a register: fields by heading, sheets, own scales, and where hits that do
    not say it fall."""

    fields: Mapping[str, str] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    scales: Path | None = None
    tasks: str = ""
    apply: str = "first"


@dataclass(frozen=True, slots=True)
class ColumnTaken:
    """How a column was taken."""

    sheet: str
    letter: str
    heading: str
    field: str
    reading: str
    example: str
    said: bool


@dataclass(frozen=True, slots=True)
class Register:
    """What a register says, in the words of a scenario, and what was not taken from it."""

    risks: dict[str, dict[str, Any]]
    mitigations: Mitigations
    columns: tuple[ColumnTaken, ...]
    skipped: tuple[tuple[str, str, str], ...]
    """Where, what, why."""
    notes: tuple[str, ...]
    scales: Scales
    uses_scales: bool
    drafts: Mapping[str, Draft]
    """The risks by id, with the rows that they come from."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a register, and what else is in its file."""

    file: Path
    risks: tuple[Table, ...]
    mitigations: tuple[Table, ...]
    scales: Scales
    notes: tuple[str, ...]


def open_register(file: Path, wishes: Wishes) -> Tables:
    """Find the tables of a register and what their columns mean.

    Raises
    ------
    ImportFileError
        The file is no register, or none that can be read.
    ScenarioError
        The file of scales is at fault.
    SettingsError
        A wish names a field, a heading or a sheet that is not there.
    """
    said = _fields(wishes.fields)
    sheets = read_delimited(file) if file.suffix.lower() in _TEXTS else read_workbook(file)
    chosen = _chosen(sheets, wishes.sheets)
    found = [table for sheet in chosen if (table := find_table(file, sheet, said)) is not None]
    if missing := unused(found, said):
        known = [each.heading for table in found for each in table.columns if each.heading]
        raise SettingsError(
            f"--map: no column is headed {missing[0]!r} (there are: {', '.join(known)})"
        )
    mitigations = tuple(table for table in found if table.column("mitigation"))
    risks = tuple(table for table in found if table not in mitigations)
    if not risks:
        raise ImportFileError(_no_table(file, chosen))
    notes = [note for sheet in chosen for note in sheet.notes]
    read = {table.sheet.name for table in found}
    left = [s.name for s in sheets if s.name not in read and s.rows and not is_scales(s)]
    notes += [f"the sheet {name} is not read" for name in left]
    return Tables(file, risks, mitigations, _scales(file, sheets, wishes), tuple(notes))


def read_register(tables: Tables, scenario: Scenario, wishes: Wishes) -> Register:
    """Read the tables of a register for a scenario, whose tasks and budget it refers to.

    Raises
    ------
    ImportFileError
        Rows cannot be taken: every one of them, by sheet and cell.
    SettingsError
        The tasks for risks that name none are not there.
    """
    finder = Finder(scenario)
    default = _default(finder, wishes.tasks)
    drafts, faults = Drafts(notes=list(tables.notes)), []
    mitigations: Mitigations = {}
    columns: list[ColumnTaken] = []
    for table in tables.risks:
        reading = _reading(
            table, tables.scales, scenario, finder, default=default, apply=wishes.apply
        )
        columns += taken(reading)
        add_rows(reading, drafts)
        mitigations |= beside_risks(reading, drafts)
        faults += reading.faults
    for table in tables.mitigations:
        reading = _reading(
            table, tables.scales, scenario, finder, default=default, apply=wishes.apply
        )
        columns += taken(reading)
        mitigations |= on_their_own(reading, drafts, set(scenario.risks))
        faults += reading.faults
    source = scenario._source  # noqa: SLF001 - where samples of a distribution lie
    folder = source.folder if isinstance(source, Source) else None
    faults += check(drafts, folder)
    refuse(faults)
    return Register(
        risks={draft.key: draft.finished() for draft in drafts.found.values()},
        mitigations=mitigations,
        columns=tuple(columns),
        skipped=tuple((at.where, name, why) for at, name, why in drafts.skipped),
        notes=tuple(drafts.notes),
        scales=tables.scales,
        uses_scales=any(each.reading.startswith(LEVEL) for each in columns),
        drafts={draft.key: draft for draft in drafts.found.values()},
    )


def refuse(faults: Sequence[Fault]) -> None:
    """Raise what is wrong, as much of it as anyone reads."""
    if not faults:
        return
    shown = list(dict.fromkeys(faults))
    if len(shown) > MOST_FAULTS:
        more = Fault(f"{len(shown) - MOST_FAULTS:,} faults more than are shown", file=shown[0].file)
        shown = [*shown[:MOST_FAULTS], more]
    raise ImportFileError(*shown)


def columns_of(tables: Tables, scenario: Scenario) -> tuple[ColumnTaken, ...]:
    """How every column is taken, before any row is read."""
    finder = Finder(scenario)
    return tuple(
        each
        for table in (*tables.risks, *tables.mitigations)
        for each in taken(_reading(table, tables.scales, scenario, finder))
    )


def taken(reading: Reading) -> list[ColumnTaken]:
    """How the columns of a table are taken."""
    table = reading.table
    found = []
    for each in table.columns:
        cells = (table.sheet.cell(row, each.index) for row in table.rows())
        example = next((cell.text for cell in cells if not cell.blank), "")
        mode = reading.modes.get(each.field, "")
        if mode == FIGURE:
            mode = each.unit or ("money" if "cost" in each.field else "days unless a unit is named")
        elif mode == LEVEL:
            mode = f"{LEVEL} 1 to {len(reading.reader.scales.of(each.field).steps)}"
        said = "; ".join(part for part in (mode, each.note) if part)
        name = each.field or "not used"
        letter = column_letter(each.index)
        found.append(
            ColumnTaken(table.sheet.name, letter, each.heading, name, said, example, each.said)
        )
    return found


def _reading(
    table: Table,
    scales: Scales,
    scenario: Scenario,
    finder: Finder,
    *,
    default: Targets | None = None,
    apply: str = "first",
) -> Reading:
    reader = Reader(scales, decimal_mark(table), scenario.program.budget)
    modes = {}
    for name in _CHANCES:
        if column := table.column(name):
            modes[name] = chance_mode(table, column, reader)
    for name in _IMPACTS:
        if column := table.column(name):
            modes[name] = _impact_mode(table, column, reader, modes.get("probability", ""))
    return Reading(table, reader, finder, modes, default, apply)


def _impact_mode(table: Table, column: Column, reader: Reader, chances: str) -> str:
    ends = any(table.column(f"{column.field}_{end}") for end in ("min", "max"))
    return FIGURE if ends else impact_mode(table, column, reader, chances)


def _fields(said: Mapping[str, str]) -> dict[str, str]:
    """The fields that a user names, by heading; a unit may stand behind one in brackets."""
    found = {}
    for heading, name in said.items():
        bare, bracket, unit = name.partition("(")
        key = "ignore" if not bare.strip() else field_named(bare)
        if key is None:
            problem = f"--map {heading}={name}: there is no field {bare.strip()!r}"
            raise SettingsError(f"{problem}; expected {nearest_field(bare)}")
        found[heading] = f"{key} {bracket}{unit}".strip()
    return found


def _chosen(sheets: Sequence[Sheet], names: Sequence[str]) -> list[Sheet]:
    if not names:
        return [sheet for sheet in sheets if not sheet.hidden and not is_scales(sheet)]
    known = {sheet.name.casefold(): sheet for sheet in sheets}
    for name in names:
        if name.casefold() not in known:
            listed = ", ".join(sheet.name for sheet in sheets)
            raise SettingsError(f"--sheet: there is no sheet {name!r} (there are: {listed})")
    return [known[name.casefold()] for name in names]


def _scales(file: Path, sheets: Sequence[Sheet], wishes: Wishes) -> Scales:
    if wishes.scales is not None:
        return read_scales(wishes.scales)
    own = next((sheet for sheet in sheets if is_scales(sheet)), None)
    return DEFAULT if own is None else scales_of(file, own)


def _default(finder: Finder, names: str) -> Targets | None:
    if not names:
        return None
    try:
        return finder.targets(names)
    except NotFoundError as error:
        raise SettingsError(f"--tasks: {error}; expected {error.expected}") from None


def _no_table(file: Path, sheets: Sequence[Sheet]) -> Fault:
    names = ", ".join(sheet.name for sheet in sheets) or "none is visible"
    return Fault(
        f"no table of risks was found (sheets: {names})",
        "headings in one row: an id or title, a probability, and a delay or cost; if they are named"
        ' otherwise, say which is which: --map "Your heading=probability"',
        file=str(file),
    )
