"""`simulator drivers`: what moves P80, in days and money."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import loaded, scenario_options, settings_options

if TYPE_CHECKING:
    from simulator.analysis.drivers import Drivers

_OUTPUTS = "outputs"


@click.command(short_help="Find what moves P80, in days and money.")
@scenario_options
@click.option("--to", metavar="MILESTONE",
              help="The milestone, project or task with a deadline that it is about.  [default:"
              " the program's finish]")  # fmt: skip
@click.option("--ranges", type=click.IntRange(min=0), default=60, show_default=True,
              help="How many tasks' ranges to remove, the most critical first.")  # fmt: skip
@click.option("--quick", is_flag=True, help="Removals only: no measures of tasks, no shares.")
@settings_options
@click.option("--task-iterations", type=int, default=4096, show_default=True,
              help="Futures that the measures of tasks are made of.")  # fmt: skip
@click.option("--out", default=_OUTPUTS, show_default=True, metavar="DIR|none",
              help="Where to save.")  # fmt: skip
@click.option("--svg", is_flag=True, help="Save the charts as SVG too.")
@click.option("--no-charts", is_flag=True, help="Save no charts.")
@click.option("--json", "as_json", is_flag=True, help="Print the drivers as JSON, nothing else.")
def drivers(
    *,
    scenario: Path,
    overrides: tuple[str, ...],
    without: tuple[str, ...],
    status: Path | None,
    to: str | None,
    ranges: int,
    quick: bool,
    out: str,
    svg: bool,
    no_charts: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Remove each risk, range, class, factor, pool and board in turn, on the same futures.

    \b
    simulator drivers portal.yaml
    simulator drivers portal.yaml --to portal.live --json
    """
    from simulator.run.settings import Settings  # noqa: PLC0415 - help must be quick

    chosen = Settings(**settings)
    from simulator.analysis.drivers import drivers_of  # noqa: PLC0415
    from simulator.cli.progress import COMPILING, progress_shown  # noqa: PLC0415
    from simulator.run.simulate import run  # noqa: PLC0415
    from simulator.run.store import Origin, prepare_root  # noqa: PLC0415

    read = loaded(scenario, overrides, without, status)
    origin = Origin(scenario, overrides, without, status)
    root = None if out == "none" else Path(out)
    if root is not None:
        prepare_root(root, origin)
    with progress_shown(read, chosen.iterations) as (follow, tell):
        results = run(read, chosen, follow, on_compiling=lambda: tell(COMPILING))
        tell("Running again on the same futures, with each cause removed.")
        found = drivers_of(results, to=to, ranges=ranges, measures=not quick)
    saved = [] if root is None else _saved(found, root, origin, svg=svg, charts=not no_charts)
    if as_json:
        from simulator.run.store import json_text  # noqa: PLC0415

        sys.stdout.write(json_text(found.to_dict()))
        return
    from simulator.cli.printing import print_story  # noqa: PLC0415
    from simulator.reports.drivers import drivers_story  # noqa: PLC0415

    print_story(drivers_story(found), saved)


def _saved(found: "Drivers", root: Path, origin: Any, *, svg: bool, charts: bool) -> list[str]:
    """Keep the drivers and their charts in a folder of their own, and say where."""
    from simulator.run.store import json_text, save_folder  # noqa: PLC0415

    def fill(folder: Path) -> None:
        text = json_text(found.to_dict())
        (folder / "drivers.json").write_text(text, encoding="utf-8", newline="\n")
        if charts:
            _draw(found, folder / "charts", svg)

    folder = save_folder(root, origin, "drivers", found.results, fill)
    names = sorted(path.name for path in (folder / "charts").glob("*")) if charts else []
    return [f"Saved in {folder}", *([f"Charts: {', '.join(names)}"] if names else [])]


def _draw(found: "Drivers", folder: Path, svg: bool) -> None:
    try:
        from simulator.charts.tornado import save_drivers  # noqa: PLC0415

        save_drivers(found, folder, svg=svg)
    except ImportError as error:
        click.echo(f"No charts: {error}", err=True)
