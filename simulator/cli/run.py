"""`simulator run`: simulate a scenario, tell what was found, keep it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import loaded, scenario_options

if TYPE_CHECKING:
    from simulator.run.results import Results
    from simulator.run.store import SavedRun

_OUTPUTS = "outputs"


@click.command(short_help="Simulate a scenario.")
@scenario_options
@click.option("-n", "--iterations", type=int, default=10_000, show_default=True,
              help="How many futures.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Another one, other futures.")
@click.option("--scheme", default="mc", show_default=True, help="How to draw.")
@click.option("--engine", default="auto", show_default=True, help="auto, numpy or simpy.")
@click.option("--threads", type=int, help="How many blocks at once; changes no figure.")
@click.option("--task-iterations", type=int, default=4096, show_default=True,
              help="Futures kept for percentiles of tasks.")  # fmt: skip
@click.option("--keep-margin", is_flag=True, help="Keep margins, as the plan does.")
@click.option("--keep-hard", is_flag=True, help="Keep hard dates, as the plan does.")
@click.option("--out", default=_OUTPUTS, show_default=True, metavar="DIR|none",
              help="Where to save.")  # fmt: skip
@click.option("--svg", is_flag=True, help="Save the charts as SVG too.")
@click.option("--no-charts", is_flag=True, help="Save no charts.")
@click.option("--json", "as_json", is_flag=True, help="Print result.json and nothing else.")
def run(
    *,
    scenario: Path,
    overrides: tuple[str, ...],
    without: tuple[str, ...],
    out: str,
    svg: bool,
    no_charts: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Simulate a scenario: how likely is it to be on time and on budget?

    \b
    simulator run portal.yaml -n 50_000 --set program.deadline=2027-10-15
    """
    from simulator.run.settings import Settings  # noqa: PLC0415 - help must be quick

    chosen = Settings(**settings)
    from simulator.cli.progress import progress_shown  # noqa: PLC0415
    from simulator.run.simulate import run as simulate  # noqa: PLC0415
    from simulator.run.store import Origin, prepare_root  # noqa: PLC0415

    read = loaded(scenario, overrides, without)
    origin = Origin(scenario, overrides, without)
    root = None if out == "none" else Path(out)
    if root is not None:
        prepare_root(root, origin)
    with progress_shown(read, chosen.iterations) as follow:
        results = simulate(read, chosen, follow)
    saved = None if root is None else _save(results, root, origin, None if no_charts else svg)
    if as_json:
        _print_json(results)
    else:
        _print(results, saved)


def _save(results: "Results", root: Path, origin: Any, svg: bool | None) -> "SavedRun":
    """Save a run, with charts unless `svg` is None."""
    from simulator.run.store import save_run  # noqa: PLC0415

    if svg is None:
        return save_run(results, root, origin)
    try:
        from simulator.charts.gallery import save_charts  # noqa: PLC0415
    except ImportError as error:
        click.echo(f"No charts: {error}", err=True)
        return save_run(results, root, origin)

    def skipped(name: str, reason: str) -> None:
        click.echo(f"No chart {name}: {reason}", err=True)

    def draw(folder: Path) -> list[Path]:
        return save_charts(results, folder, svg=svg, on_skip=skipped)

    return save_run(results, root, origin, draw)


def _print_json(results: "Results") -> None:
    from simulator.run.store import result_text  # noqa: PLC0415

    sys.stdout.write(result_text(results))


def _print(results: "Results", saved: "SavedRun | None") -> None:
    from simulator.cli.printing import print_story  # noqa: PLC0415
    from simulator.reports.story import story  # noqa: PLC0415

    lines = []
    if saved is not None:
        lines.append(f"Saved in {saved.folder}")
        if saved.charts:
            names = ", ".join(chart.name for chart in saved.charts)
            lines.append(f"Charts in {saved.charts[0].parent}: {names}")
    print_story(story(results), lines)
