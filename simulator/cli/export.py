"""`simulator export`: a scenario back to where the plan lives, or its risks to a workbook."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.export_tables import table_exports

if TYPE_CHECKING:
    from simulator.scenario.program import Scenario

_ITERATIONS, _SEED = 10_000, 1
_SHOWN = 160
"""The most characters of a line about what stays behind; --json has all."""


@click.command("export", short_help="Write a plan or a risk register for other tools.")
@click.option(
    "-o", "--output", "target", type=click.Path(path_type=Path), required=True, metavar="FILE",
    help="The file to write; one that is there stays as it is.",
)  # fmt: skip
@click.option("--run", "folder", type=click.Path(path_type=Path), metavar="RUN",
              help="Take P50, P80 and criticality from this run's folder.")  # fmt: skip
@click.option("--no-run", is_flag=True, help="Write the dates of the deterministic plan alone.")
@click.option("-n", "--iterations", type=int,
              help="How many futures, where no run is given.  [default: 10000]")  # fmt: skip
@click.option("--seed", type=int, help="Another one, other futures.  [default: 1]")
@click.option("--pin", is_flag=True, help="Hold tasks that levelling starts later than logic would"
              " by `start no earlier than`, so that the tool keeps the dates.")  # fmt: skip
@click.option("--level", type=click.Choice(["fast", "best"]),
              help="How hard to look for a plan that the pools suffice for.  [default:"
              " fast]")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@click.argument("source", type=click.Path(path_type=Path))
@table_exports
def export(
    *,
    source: Path,
    target: Path,
    folder: Path | None,
    no_run: bool,
    iterations: int | None,
    seed: int | None,
    pin: bool,
    level: str | None,
    as_json: bool,
) -> None:
    """Write a scenario, or that of a run's folder, as a schedule: MS Project XML (.xml), Primavera
    XER (.xer) or PMXML (.pmxml), with P50 and P80 dates and criticality as custom fields. A name
    that ends in .xlsx gets its risk register.

    \b
    simulator export portal.yaml -o portal.xml
    simulator export outputs/portal/20270104-090000-1f2e3d-s1-n10000 -o portal.xer
    """
    from simulator.importers.new_file import check_new  # noqa: PLC0415 - help must be quick
    from simulator.importers.plans.export import exported  # noqa: PLC0415
    from simulator.importers.plans.target import SUFFIXES  # noqa: PLC0415
    from simulator.importers.plans.writer import write_plan  # noqa: PLC0415
    from simulator.plan.compile import compile_plan  # noqa: PLC0415
    from simulator.run.deterministic import deterministic_plan  # noqa: PLC0415

    kind = SUFFIXES.get(target.suffix.lower())
    if kind is None:
        known = ", ".join(f"{suffix} ({each.value})" for suffix, each in SUFFIXES.items())
        said = target.suffix or "a file without an ending"
        raise click.UsageError(f"{said} cannot be written; expected {known} or .xlsx (risks)")
    _check_choice(source, folder, no_run=no_run, drawn=iterations is not None or seed is not None)
    check_new(target)
    scenario, result = _read(source, folder, no_run=no_run)
    found = deterministic_plan(compile_plan(scenario), level=level or "fast")
    if result is None and not no_run:
        result = _simulated(scenario, iterations or _ITERATIONS, _SEED if seed is None else seed)
    made = exported(found, kind, result, pin=pin)
    write_plan(made.written, target)
    tasks = sum(not task.summary for task in made.written.project.tasks)
    if as_json:
        told = {"file": str(target), "kind": kind.value, "tasks": tasks, "losses": made.losses}
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        _print(target, kind.value, tasks, made.losses)


def _check_choice(source: Path, folder: Path | None, *, no_run: bool, drawn: bool) -> None:
    """Refuse choices that contradict each other."""
    if folder is not None and (no_run or drawn):
        raise click.UsageError("--run takes what a run found; drop --no-run, -n and --seed")
    if no_run and drawn:
        raise click.UsageError("--no-run simulates nothing; drop -n and --seed")
    if source.is_dir() and (folder is not None or drawn):
        raise click.UsageError(f"{source} is a run itself; drop --run, -n and --seed")


def _read(
    source: Path, folder: Path | None, *, no_run: bool
) -> "tuple[Scenario, dict[str, Any] | None]":
    """The scenario, and what a run of it found.

    Raises
    ------
    RunError
        There is no run in the folder, or it is one of another scenario.
    """
    from simulator.cli.options import loaded  # noqa: PLC0415
    from simulator.errors import RunError  # noqa: PLC0415
    from simulator.scenario.dumping import digest  # noqa: PLC0415

    run = source if source.is_dir() and not no_run else folder
    scenario = loaded(source / "scenario.yaml" if source.is_dir() else source, (), ())
    if run is None:
        return scenario, None
    try:
        result: dict[str, Any] = json.loads((run / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        problem = f"{run} holds no run; expected a folder with result.json, as `run` makes one"
        raise RunError(problem) from None
    if result["scenario"]["digest"] != digest(scenario):
        problem = f"the run in {run} is of another scenario, or of {source} before it was changed"
        raise RunError(f"{problem}; expected a run of it as it is, or no --run")
    return scenario, result


def _simulated(scenario: "Scenario", iterations: int, seed: int) -> dict[str, Any]:
    """What a new run finds."""
    from simulator.cli.progress import COMPILING, progress_shown  # noqa: PLC0415
    from simulator.run.settings import Settings  # noqa: PLC0415
    from simulator.run.simulate import run as simulate  # noqa: PLC0415

    chosen = Settings(iterations=iterations, seed=seed)
    with progress_shown(scenario, chosen.iterations) as (follow, tell):
        results = simulate(
            scenario, chosen, follow, on_compiling=lambda: tell(COMPILING), on_slow=tell
        )
    return results.to_dict()


def _print(target: Path, kind: str, tasks: int, losses: tuple[str, ...]) -> None:
    from simulator.reports.words import count  # noqa: PLC0415

    click.echo(f"Wrote {target}: {count(tasks, 'task')} for {kind}.")
    for loss in losses:
        shown = loss if len(loss) <= _SHOWN else f"{loss[:_SHOWN].rpartition(', ')[0]}, ..."
        click.echo(f"Not kept: {shown}")
    if any(len(loss) > _SHOWN for loss in losses):
        click.echo("All names: --json")
    click.echo(f"Back:  simulator import {shlex.quote(str(target))} -o NEW_SCENARIO")
