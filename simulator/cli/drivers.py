"""`simulator drivers`: what moves P80, in days and money."""

from pathlib import Path
from typing import Any

import click

from simulator.cli.options import loaded, scenario_options, settings_options
from simulator.cli.saving import kept, prepared, print_json, saving_options


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
@saving_options("the drivers as JSON")
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
    from simulator.run.store import Origin  # noqa: PLC0415

    read = loaded(scenario, overrides, without, status)
    origin = Origin(scenario, overrides, without, status)
    root = prepared(out, origin)
    with progress_shown(read, chosen.iterations) as (follow, tell):
        results = run(read, chosen, follow, on_compiling=lambda: tell(COMPILING), on_slow=tell)
        tell("Running again on the same futures, with each cause removed.")
        found = drivers_of(results, to=to, ranges=ranges, measures=not quick)

    def draw(folder: Path) -> None:
        from simulator.charts.tornado import save_drivers  # noqa: PLC0415

        save_drivers(found, folder, svg=svg)

    saved = []
    if root is not None:
        drawing = None if no_charts else draw
        saved = kept(found, "drivers", found.results, root, origin, draw=drawing)
    if as_json:
        print_json(found)
        return
    from simulator.cli.printing import print_story  # noqa: PLC0415
    from simulator.reports.drivers import drivers_story  # noqa: PLC0415

    print_story(drivers_story(found), saved)
