"""Risk registers on the command line: `import register.xlsx --into scenario.yaml -o new.yaml`."""

import functools
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simulator.importers.registers.merge import Imported
    from simulator.importers.registers.register import ColumnTaken, Register
    from simulator.importers.registers.scales import Scales
    from simulator.reports.tables import Table

SUFFIXES = (".xlsx", ".xlsm", ".csv", ".tsv", ".txt", ".xls", ".xlsb", ".ods")
"""Endings of registers; the last ones are only known in order to say what to do."""
_OWN = ("into", "maps", "sheets", "scales", "tasks", "apply", "replace")
_LONGEST_EXAMPLE = 28


def register_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let `import` read risk registers: adds their options, and takes over for their files."""

    @functools.wraps(command)
    def either(**given: Any) -> None:
        own = {name: given.pop(name) for name in _OWN}
        if given["file"].suffix.lower() in SUFFIXES or own["into"] is not None:
            file, target, as_json = (given.pop(key) for key in ("file", "scenario", "as_json"))
            if target is None or any(given.values()):
                raise click.UsageError(
                    f"a risk register such as {file} is added to a scenario; expected"
                    " --into SCENARIO -o NEW_SCENARIO and options for registers"
                )
            _import_register(file, target, as_json=as_json, **own)
            return
        used = [name for name, value in own.items() if value]
        if used:
            raise click.UsageError(
                "--into, --map, --sheet, --scales, --tasks, --apply, --replace are for"
                f" risk registers (.xlsx, .csv); {given['file']} is none"
            )
        command(**given)

    options = (
        click.option(
            "--into", type=click.Path(path_type=Path), metavar="SCENARIO",
            help="For a risk register (.xlsx, .csv): the scenario that its risks are added to.",
        ),
        click.option(
            "--map", "maps", multiple=True, metavar="COLUMN=FIELD",
            help='What a column of a register is: --map "Terminverzug=delay (weeks)"',
        ),
        click.option(
            "--sheet", "sheets", multiple=True, metavar="NAME", help="Read this sheet only."
        ),
        click.option(
            "--scales", type=click.Path(path_type=Path), metavar="FILE",
            help="What `high` or `4` mean, as YAML; else the sheet Scales, else a default.",
        ),
        click.option(
            "--tasks", metavar="TASKS", default="", help="Tasks of risks that name none."
        ),
        click.option(
            "--apply", type=click.Choice(["first", "each"]), default=None,
            help="Where a delay of several tasks falls (default: first).",
        ),
        click.option(
            "--replace", is_flag=True, help="Replace risks of the scenario that have the same id."
        ),
    )  # fmt: skip
    for option in reversed(options):
        either = option(either)
    return either


def _import_register(
    file: Path,
    target: Path,
    *,
    as_json: bool,
    into: Path | None,
    maps: tuple[str, ...],
    sheets: tuple[str, ...],
    scales: Path | None,
    tasks: str,
    apply: str | None,
    replace: bool,
) -> None:
    from simulator.importers.new_file import check_new, write_new  # noqa: PLC0415 - help is quick
    from simulator.importers.registers.merge import import_into  # noqa: PLC0415
    from simulator.importers.registers.register import Wishes, open_register  # noqa: PLC0415

    if into is None:
        raise click.UsageError(
            f"a risk register such as {file} is added to a scenario; expected --into SCENARIO"
        )
    check_new(target)
    wishes = Wishes(dict(map(_pair, maps)), sheets, scales, tasks, apply or "first")
    tables = open_register(file, wishes)
    shown = _shown if not as_json else _not_shown
    found = import_into(tables, into, target, wishes, replace=replace, shown=shown)
    write_new(target, found.text.encode())
    if as_json:
        _print_json(found, target)
    else:
        _print_rest(found, target)


def _pair(text: str) -> tuple[str, str]:
    heading, mark, field = text.rpartition("=")
    if not mark or not heading.strip():
        raise click.UsageError(
            f"--map {text!r} is no COLUMN=FIELD; expected for example --map Chance=probability"
        )
    return heading.strip(), field.strip()


def _not_shown(columns: "tuple[ColumnTaken, ...]") -> None:
    """Nothing but the result goes to stdout."""


def _shown(columns: "tuple[ColumnTaken, ...]") -> None:
    """How columns are taken, before any row can be refused."""
    from simulator.cli.printing import print_table  # noqa: PLC0415
    from simulator.reports.tables import Column, Table  # noqa: PLC0415

    rows = tuple(
        (
            f"{each.sheet}!{each.letter}",
            each.heading,
            f"{each.field}, as you say" if each.said else each.field,
            each.reading,
            _cut(each.example),
        )
        for each in columns
    )
    names = ("Column", "Heading", "Taken as", "Read", "For example")
    headings = tuple(Column(name, figures=False, optional=k > 3) for k, name in enumerate(names))
    note = "To change: --map COLUMN=FIELD, such as --map H=cost or --map 'Dauer=delay (weeks)'."
    print_table(Table("How the columns are taken", headings, rows, note))
    click.echo()


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_EXAMPLE else f"{line[: _LONGEST_EXAMPLE - 3]}..."


def _print_rest(found: "Imported", target: Path) -> None:
    from simulator.cli.printing import print_table  # noqa: PLC0415
    from simulator.reports.words import count  # noqa: PLC0415

    register = found.register
    if register.uses_scales:
        print_table(_scale_table(register.scales))
        click.echo()
    for where, name, why in register.skipped:
        click.echo(
            f"Not taken: {where} ({name}): {why}." if name else f"Not taken: {where}: {why}."
        )
    for note in register.notes:
        click.echo(f"Note: {note}.")
    if found.rewritten:
        click.echo("Note: the scenario is written in braces, so it was written anew: no comments.")
    risks = count(len(register.risks), "risk")
    levers = count(len(register.mitigations), "mitigation")
    click.echo(f"Wrote {target}: {risks} and {levers} added ({found.replaced} replaced).")
    click.echo(f"Next:  simulator run {shlex.quote(str(target))}")


def _scale_table(scales: "Scales") -> "Table":
    from simulator.importers.registers.scales import value_text  # noqa: PLC0415
    from simulator.reports.tables import Column, Table  # noqa: PLC0415

    kinds = (scales.probability, scales.schedule, scales.cost)
    deepest = max(len(kind.steps) for kind in kinds)
    rows = tuple(
        (
            str(k + 1),
            *(
                f"{kind.steps[k].names[0]}: {value_text(kind.steps[k].value)}"
                if k < len(kind.steps)
                else ""
                for kind in kinds
            ),
        )
        for k in range(deepest)
    )
    names = ("Level", "Probability", "Schedule", "Cost")
    headings = tuple(Column(name, figures=False) for name in names)
    note = "Your own: --scales FILE, or a sheet Scales in the workbook."
    return Table(f"What levels stand for ({scales.source})", headings, rows, note)


def _print_json(found: "Imported", target: Path) -> None:
    from dataclasses import asdict  # noqa: PLC0415

    from simulator.run.store import json_text  # noqa: PLC0415

    register: Register = found.register
    data = {
        "scenario": str(target),
        "risks": list(register.risks),
        "mitigations": list(register.mitigations),
        "replaced": found.replaced,
        "columns": [asdict(each) for each in register.columns],
        "skipped": [
            {"where": where, "name": name, "why": why} for where, name, why in register.skipped
        ],
        "notes": list(register.notes),
        "scales": register.scales.source if register.uses_scales else None,
        "rewritten": found.rewritten,
    }
    click.echo(json_text(data), nl=False)
