"""`simulator import`: a schedule of another tool, or of a library, as a scenario."""

import shlex
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.register import register_options

if TYPE_CHECKING:
    from simulator.importers.instances import Instance
    from simulator.importers.plans.losses import Losses
    from simulator.importers.plans.verify import Verified

INSTANCES = (".sm", ".json")
"""Instances of libraries, which know periods and not dates; all else is a tool's schedule."""
_DIFFERENCES_SHOWN = 20


@click.command("import", short_help="Make a scenario of a schedule file.")
@click.option(
    "-o", "--output", "scenario", type=click.Path(path_type=Path), metavar="SCENARIO",
    help="The scenario to write; a file that is there stays as it is.",
)  # fmt: skip
@click.option("--level", is_flag=True, help="Give pools the units that the file says.")
@click.option(
    "--ranges", metavar="CLASS",
    help="Lay a range on every unfinished task: routine, usual or novel.",
)  # fmt: skip
@click.option(
    "--verify", "compare", is_flag=True, help="Compare early dates with those that the file stores."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was imported as JSON.")
@click.argument("file", type=click.Path(path_type=Path))
@register_options
def import_plan(
    *,
    file: Path,
    scenario: Path | None,
    level: bool,
    ranges: str | None,
    compare: bool,
    as_json: bool,
) -> None:
    """Make a scenario of a schedule file, or add the risks of a register to a scenario.

    Reads Microsoft Project (.mpp, .xml, .mpx), Primavera P6 (.xer, .pmxml), Planner, GanttProject
    and others, PSPLIB's .sm files, and several projects that share resources as .json.

    \b
    simulator import portal.mpp -o portal.yaml --ranges routine
    simulator import portal.xer --verify
    simulator import risks.xlsx --into portal.yaml -o portal_with_risks.yaml
    """
    if scenario is None and not compare:
        raise click.UsageError("nowhere to write; expected -o SCENARIO, or --verify alone")
    if scenario is not None:
        from simulator.importers.new_file import check_new  # noqa: PLC0415 - help must be quick

        check_new(scenario)
    if file.suffix.lower() in INSTANCES:
        if scenario is None or level or ranges or compare:
            raise click.UsageError(
                f"{file.suffix} files keep their capacities and store no dates; expected -o alone"
            )
        _import_instance(file, scenario, as_json=as_json)
        return
    _import_schedule(file, scenario, level=level, ranges=ranges, compare=compare, as_json=as_json)


def _import_schedule(
    file: Path,
    scenario: Path | None,
    *,
    level: bool,
    ranges: str | None,
    compare: bool,
    as_json: bool,
) -> None:
    from simulator.importers.plans.convert import scenario_of  # noqa: PLC0415 - help must be quick
    from simulator.importers.plans.reader import read_plan  # noqa: PLC0415
    from simulator.importers.plans.written import scenario_text  # noqa: PLC0415

    source = read_plan(file)
    imported = scenario_of(source, str(file), level=level, ranges=ranges)
    verified = None
    if compare:
        from simulator.importers.plans.verify import verify  # noqa: PLC0415

        verified = verify(imported)
    if scenario is not None:
        _write(scenario, scenario_text(imported, source, file.name), file)
    counts = {"tasks": len(imported.tasks), "projects": len(imported.scenario.projects)}
    if as_json:
        told = {"verified": _as_data(verified)} if verified else {}
        _print_json(scenario, counts, list(imported.losses.each()), told)
        return
    if scenario is not None:
        _print_written(scenario, counts, imported.losses)
    if verified:
        _print_verified(file, verified)


def _import_instance(file: Path, scenario: Path, *, as_json: bool) -> None:
    from simulator.importers.mpsplib import read_json  # noqa: PLC0415
    from simulator.importers.plans.losses import Losses  # noqa: PLC0415
    from simulator.importers.psplib import read_sm  # noqa: PLC0415

    read: Callable[[Path], Instance] = read_sm if file.suffix.lower() == ".sm" else read_json
    instance = read(file)
    _write(scenario, _instance_text(file, instance), file)
    counts = {"tasks": len(instance.jobs), "projects": len(instance.projects)}
    if as_json:
        _print_json(scenario, counts, list(instance.losses), {})
        return
    _print_written(scenario, counts, Losses(instance.losses))


def _instance_text(file: Path, instance: "Instance") -> str:
    from simulator.importers.instances import scenario_of  # noqa: PLC0415
    from simulator.scenario.dumping import dump_for_editing  # noqa: PLC0415

    heading = (
        f"{file.name}, imported. The file knows periods, not dates: each is a working day here,\n"
        "and the first one is the program's start. source_uid is what the file calls a job."
    )
    return dump_for_editing(scenario_of(instance), heading)


def _print_json(
    scenario: Path | None, counts: dict[str, int], losses: list[str], told: dict[str, Any]
) -> None:
    from simulator.run.store import json_text  # noqa: PLC0415

    written = None if scenario is None else str(scenario)
    click.echo(json_text({"scenario": written, **counts, "losses": losses, **told}), nl=False)


def _print_written(scenario: Path, counts: dict[str, int], losses: "Losses") -> None:
    from simulator.reports.words import count  # noqa: PLC0415

    tasks, projects = count(counts["tasks"], "task"), count(counts["projects"], "project")
    click.echo(f"Wrote {scenario}: {tasks} in {projects}.")
    for loss in losses.grouped():
        click.echo(f"Not kept: {loss}.")
    click.echo(f"Next:  simulator check {shlex.quote(str(scenario))} --dates")


def _as_data(verified: "Verified") -> dict[str, Any]:
    """What a comparison found, with dates as the contract writes them."""
    data = asdict(verified)
    for each in data["differences"]:
        for key in ("start", "finish", "stored_start", "stored_finish"):
            each[key] = each[key].isoformat() if each[key] else None
    return data


def _print_verified(file: Path, verified: "Verified") -> None:
    from simulator.cli.printing import print_table  # noqa: PLC0415
    from simulator.importers.plans.verify import difference_table  # noqa: PLC0415

    dates = "early" if verified.early else "planned (it stores no early ones)"
    click.echo(
        f"{file.name}: {verified.same} of {verified.compared} tasks start and finish on the"
        f" {dates} dates of the file, to the minute."
    )
    if verified.without:
        click.echo(f"Without dates in the file: {verified.without}.")
    if verified.differences:
        click.echo()
        print_table(difference_table(verified, _DIFFERENCES_SHOWN))


def _write(scenario: Path, text: str, file: Path) -> None:
    """Write the scenario, unless it would be one with faults."""
    from simulator.errors import Fault, ImportFileError, ScenarioError  # noqa: PLC0415
    from simulator.importers.new_file import write_new  # noqa: PLC0415
    from simulator.scenario.loading import loads  # noqa: PLC0415

    try:
        loads(text)
    except ScenarioError as error:
        problem = "what the file says makes no scenario, so none is written"
        heading = Fault(problem, "a schedule that its own tool can calculate", file=str(file))
        raise ImportFileError(heading, *error.faults) from None
    write_new(scenario, text.encode())
