"""`simulator import`: a schedule of another tool, or of a library, as a scenario."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.register import register_options

if TYPE_CHECKING:
    from simulator.importers.instances import Instance

SUFFIXES = {
    ".sm": "PSPLIB, one project with resources",
    ".json": "several projects that share resources",
}


@click.command("import", short_help="Make a scenario of a schedule file.")
@click.option(
    "-o", "--output", "scenario", type=click.Path(path_type=Path), required=True,
    metavar="SCENARIO", help="The scenario to write; a file that is there stays as it is.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what was imported as JSON.")
@click.argument("file", type=click.Path(path_type=Path))
@register_options
def import_plan(*, file: Path, scenario: Path, as_json: bool) -> None:
    """Make a scenario of a schedule file, or add the risks of a register to a scenario.

    \b
    simulator import j301_1.sm -o j301_1.yaml
    simulator import risks.xlsx --into portal.yaml -o portal_with_risks.yaml
    """
    read = _reader(file)
    if scenario.is_dir() or not scenario.name:
        raise click.UsageError(f"{scenario} is a folder; expected the name of a file to write")
    if scenario.exists():
        raise click.UsageError(
            f"{scenario} is already there and stays as it is; expected another name"
        )
    instance = read(file)
    text = _text(file, instance)
    _write(scenario, text)
    tasks, projects = len(instance.jobs), len(instance.projects)
    if as_json:
        from simulator.run.store import json_text  # noqa: PLC0415 - help must be quick

        data = {
            "scenario": str(scenario),
            "tasks": tasks,
            "projects": projects,
            "losses": list(instance.losses),
        }
        click.echo(json_text(data), nl=False)
        return
    from simulator.reports.words import count  # noqa: PLC0415

    shown = shlex.quote(str(scenario))
    click.echo(f"Wrote {scenario}: {count(tasks, 'task')} in {count(projects, 'project')}.")
    for loss in instance.losses:
        click.echo(f"Not kept: {loss}.")
    click.echo(f"Next:  simulator check {shown} --dates")


def _reader(file: Path) -> "Callable[[Path], Instance]":
    """What reads files of this kind."""
    from simulator.importers.mpsplib import read_json  # noqa: PLC0415
    from simulator.importers.psplib import read_sm  # noqa: PLC0415

    readers: dict[str, Callable[[Path], Instance]] = {".sm": read_sm, ".json": read_json}
    suffix = file.suffix.lower()
    if suffix not in readers:
        known = "; ".join(f"{key} ({what})" for key, what in SUFFIXES.items())
        said = f"files that end in {suffix}" if suffix else "a file without an ending"
        raise click.UsageError(f"this version does not import {said}; expected {known}")
    return readers[suffix]


def _text(file: Path, instance: "Instance") -> str:
    from simulator.importers.instances import scenario_of  # noqa: PLC0415
    from simulator.scenario.dumping import dump_for_editing  # noqa: PLC0415

    heading = (
        f"{file.name}, imported. The file knows periods, not dates: each is a working day here,\n"
        "and the first one is the program's start. source_uid is what the file calls a job."
    )
    return dump_for_editing(scenario_of(instance), heading)


def _write(scenario: Path, text: str) -> None:
    try:
        with scenario.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise click.UsageError(
            f"{scenario} is already there and stays as it is; expected another name"
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise click.UsageError(f"{scenario} cannot be written: {reason}") from None
