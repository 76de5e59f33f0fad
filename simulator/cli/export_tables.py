"""`simulator export` to what tables and models of others read: risk registers and SIPmath."""

import functools
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simulator.importers.registers.writer import FromRun
    from simulator.scenario.program import Scenario

REGISTER = ".xlsx"
LIBRARIES = (".json", ".sipmath")


def table_exports(command: Callable[..., None]) -> Callable[..., None]:
    """Let `export` write registers and libraries: takes over for the endings of their files."""

    @functools.wraps(command)
    def either(**given: Any) -> None:
        target = given["target"]
        if target.suffix.lower() == REGISTER:
            if any(value for key, value in given.items() if key not in {"source", "target"}):
                raise click.UsageError(f"a risk register ({REGISTER}) takes no other options")
            _export_register(given["source"], target)
        elif target.suffix.lower() in LIBRARIES:
            _export_library(given["source"], target)
        else:
            command(**given)

    return either


def _export_register(source: Path, target: Path) -> None:
    from simulator.importers.new_file import check_new, write_new  # noqa: PLC0415 - help is quick
    from simulator.importers.registers.writer import register_workbook  # noqa: PLC0415
    from simulator.reports.words import count  # noqa: PLC0415

    check_new(target)
    scenario, found = _scenario_and_run(source)
    write_new(target, register_workbook(scenario, found))
    risks, levers = len(scenario.risks), len(scenario.mitigations)
    beside = ", with what the run found" if found else ""
    click.echo(f"Wrote {target}: {count(risks, 'risk')}, {count(levers, 'mitigation')}{beside}.")
    click.echo(
        f"Back:  simulator import {shlex.quote(str(target))} --into SCENARIO -o NEW --replace"
    )


def _export_library(source: Path, target: Path) -> None:
    from simulator.importers.new_file import check_new, write_new  # noqa: PLC0415 - help is quick
    from simulator.importers.sipmath import library_of  # noqa: PLC0415

    check_new(target)
    if not source.is_dir():
        raise click.UsageError(
            f"{source} is no folder of a run; expected one such as outputs/portal/..., whose"
            " outcomes become a library"
        )
    library = library_of(source)
    write_new(target, library.text.encode())
    click.echo(f"Wrote {target}: {', '.join(library.names)}.")
    for each in library.left_out:
        click.echo(f"Left out: {each}.")


def _scenario_and_run(source: Path) -> "tuple[Scenario, dict[str, FromRun]]":
    """The scenario of a file, or that of a run's folder with what the run found of its risks."""
    from simulator.cli.options import loaded  # noqa: PLC0415
    from simulator.importers.registers.writer import from_run  # noqa: PLC0415

    if source.is_dir():
        return loaded(source / "scenario.yaml", (), ()), from_run(source / "result.json")
    return loaded(source, (), ()), {}
