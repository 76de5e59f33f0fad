"""`simulator sweep`: many points, each the scenario with other values, in one table."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import loaded, scenario_options, settings_options
from simulator.cli.saving import drawn, print_json, saving_options, told

if TYPE_CHECKING:
    from simulator.analysis.sweep import Sweep
    from simulator.run.sweep.sweeping import Place

_AT_FAULT, _INTERRUPTED = 1, 130


@click.command(short_help="Simulate many points, each with other values.")
@scenario_options
@click.option("--vary", multiple=True, required=True, metavar="PATH=VALUES",
              help="What takes other values: a list a,b,c, a range START:STOP:STEP (1:5:1,"
              " 10d:30d:5d, 2028-01-01:2028-06-01:1mo) or a distribution uniform(1, 3). Again for"
              " another path.")  # fmt: skip
@click.option("--design", type=click.Choice(["grid", "lhs", "morris", "sobol"]), default="grid",
              show_default=True, help="Which points: every combination, a Latin hypercube, or the"
              " designs of Morris and of Saltelli for indices.")  # fmt: skip
@click.option("--around", is_flag=True, help="One path at a time, the others as in the file.")
@click.option("--points", type=int, metavar="N", help="How many for lhs, morris, sobol; rounded up."
              "  [default: 100 for lhs, 20 trajectories, 128 base points]")  # fmt: skip
@click.option("--design-seed", type=int, default=1, show_default=True,
              help="Another one, other points.")  # fmt: skip
@settings_options
@click.option("--processes", type=click.IntRange(min=1),
              help="How many processes work; changes no figure.  [default: all"
              " processors]")  # fmt: skip
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="The scheduler of a Dask cluster that works instead: tcp://10.0.0.5:8786",
)
@click.option("--fresh", is_flag=True, help="Begin anew, even where points were kept.")
@saving_options("the sweep as JSON")
@click.pass_context
def sweep(
    ctx: click.Context,
    /,
    *,
    scenario: Path,
    overrides: tuple[str, ...],
    without: tuple[str, ...],
    status: Path | None,
    vary: tuple[str, ...],
    design: str,
    around: bool,
    points: int | None,
    design_seed: int,
    processes: int | None,
    cluster: str | None,
    fresh: bool,
    out: str,
    svg: bool,
    no_charts: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Simulate a scenario with other values at many points, on the same futures.

    \b
    simulator sweep portal.yaml --vary risks.vendor_late.chance=0.1:0.5:0.1 \\
        --vary portal.build.needs.dev=2,3,4
    simulator sweep portal.yaml --around --vary portal.build.duration=25d:70d:5d
    """
    from simulator.run.settings import Settings  # noqa: PLC0415 - help must be quick

    if cluster is not None and processes is not None:
        raise click.UsageError("--processes are of this machine, --cluster works elsewhere", ctx)
    if around and design != "grid":
        raise click.UsageError(f"--around has no --design {design}", ctx)
    chosen = Settings(task_iterations=0, **settings)
    from simulator.analysis.sweep import sweep_with  # noqa: PLC0415
    from simulator.cli.sweep_progress import points_shown  # noqa: PLC0415
    from simulator.run.store import Origin  # noqa: PLC0415
    from simulator.run.sweep.axes import axes_of  # noqa: PLC0415
    from simulator.run.sweep.designs import design_of  # noqa: PLC0415
    from simulator.run.sweep.sweeping import Place, Workers  # noqa: PLC0415

    made = design_of(axes_of(vary), "around" if around else design, points, design_seed)
    read = loaded(scenario, overrides, without, status)
    origin = Origin(scenario, overrides, without, status)
    place = None if out == "none" else Place(Path(out), origin, fresh)
    if points is not None and len(made.points) != points:
        click.echo(
            f"{len(made.points):,} points: {made.kind} takes whole parts of its design.", err=True
        )

    def draw(found: "Sweep", folder: Path) -> None:
        if not no_charts:
            drawn(partial(_draw, found, svg=svg), folder)

    try:
        with points_shown() as watch:
            workers = Workers(processes, cluster)
            found = sweep_with(read, made, chosen, workers, place, watch, draw)
    except KeyboardInterrupt:
        click.echo(_interrupted(place), err=True)
        ctx.exit(_INTERRUPTED)
    _tell(found, as_json=as_json)
    if found.faults:
        ctx.exit(_AT_FAULT)


def _tell(found: "Sweep", *, as_json: bool) -> None:
    if found.faults:
        first, text = next(iter(found.faults.items()))
        more = (
            f"; {len(found.faults) - 1} more in the column `fault`" if len(found.faults) > 1 else ""
        )
        at = ", ".join(found.sets(first))
        click.echo(f"No figures for point {first + 1} ({at}): {text}{more}", err=True)
    if as_json:
        print_json(found)
        return
    from simulator.cli.printing import print_story  # noqa: PLC0415
    from simulator.reports.sweep import sweep_story  # noqa: PLC0415

    saved = [] if found.table is None else told(found.table, found.table.parent)
    print_story(sweep_story(found), saved)


def _interrupted(place: "Place | None") -> str:
    if place is None:
        return "\nInterrupted; nothing was saved."
    return "\nInterrupted; the same command goes on with the points that are done."


def _draw(found: "Sweep", folder: Path, *, svg: bool) -> None:
    from simulator.charts.sweep import save_sweep  # noqa: PLC0415 - help must be quick

    save_sweep(found, folder, svg=svg)
