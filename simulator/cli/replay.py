"""`simulator replay`: one future of a run, told event by event and drawn."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import loaded, scenario_options, settings_options
from simulator.cli.saving import OUTPUTS

if TYPE_CHECKING:
    from simulator.run.replay import Replay
    from simulator.run.store import Origin


@click.command(short_help="Tell one future event by event, and draw it.")
@scenario_options
@click.option("--percentile", type=int, metavar="P",
              help="The future whose finish is this percentile of the run.")  # fmt: skip
@click.option("--iteration", type=int, metavar="K",
              help="The future of this number, counted from 0.")  # fmt: skip
@settings_options
@click.option("--out", default=OUTPUTS, show_default=True, metavar="DIR|none",
              help="Where runs are; the chart goes to the run's folder, which is made if it is not"
              " there.")  # fmt: skip
@click.option("--svg", is_flag=True, help="Save the chart as SVG too.")
@click.option("--json", "as_json", is_flag=True, help="Print the log as JSON and nothing else.")
def replay(
    *,
    scenario: Path,
    overrides: tuple[str, ...],
    without: tuple[str, ...],
    status: Path | None,
    percentile: int | None,
    iteration: int | None,
    out: str,
    svg: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Tell what happened in one future of a run: who waited for what, and why.

    \b
    simulator replay portal.yaml --percentile 80
    simulator replay portal.yaml --iteration 7312 --json
    """
    from simulator.cli.progress import COMPILING, progress_shown  # noqa: PLC0415 - help is quick
    from simulator.run import replay as replays  # noqa: PLC0415
    from simulator.run.settings import Settings  # noqa: PLC0415
    from simulator.run.simulate import run as simulate  # noqa: PLC0415
    from simulator.run.store import Origin, prepare_root  # noqa: PLC0415

    chosen = Settings(**settings)
    replays.check_choice(chosen, percentile, iteration)
    read = loaded(scenario, overrides, without, status)
    origin = Origin(scenario, overrides, without, status)
    root = None if out == "none" else Path(out)
    if root is not None:
        prepare_root(root, origin)
    with progress_shown(read, chosen.iterations) as (follow, tell):
        results = simulate(read, chosen, follow, on_compiling=lambda: tell(COMPILING), on_slow=tell)
    if iteration is None:
        iteration = replays.iteration_at(results, percentile or 0)
    lived = replays.replay(results, iteration)
    drawn = () if root is None else _drawn(lived, root, origin, svg)
    if as_json:
        sys.stdout.write(json.dumps(lived.to_dict(), ensure_ascii=False, indent=1) + "\n")
    else:
        _print(lived, drawn)


def _drawn(lived: "Replay", root: Path, origin: "Origin", svg: bool) -> Sequence[Path]:
    """The chart in the folder of the run, which is saved if it is not there yet."""
    from simulator.run.replay_folder import folder_of  # noqa: PLC0415 - help must be quick

    folder = folder_of(lived.results, root, origin)
    try:
        from simulator.charts.replay import save_replay  # noqa: PLC0415

        return save_replay(lived, folder / "charts", svg=svg)
    except ImportError as error:
        click.echo(f"No chart: {error}", err=True)
        return ()


def _print(lived: "Replay", drawn: Sequence[Path]) -> None:
    from simulator.cli.printing import print_table  # noqa: PLC0415 - help must be quick
    from simulator.reports.replay_table import replay_table  # noqa: PLC0415

    print_table(replay_table(lived))
    for path in drawn:
        click.echo(f"Drawn in {path}")
