"""`simulator run`: simulate a scenario, tell what was found, keep it."""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import loaded, scenario_options, settings_options
from simulator.cli.saving import saving_options

if TYPE_CHECKING:
    from simulator.charts.painter import Painter
    from simulator.run.precision import Precision
    from simulator.run.results import Results
    from simulator.run.settings import Settings
    from simulator.run.store import SavedRun
    from simulator.scenario.program import Scenario

_AGAIN = "Running again on the same futures, with each pool and risk changed."


@click.command(short_help="Simulate a scenario.")
@scenario_options
@settings_options
@click.option("--precision", multiple=True, metavar="WIDTH",
              help="Go on until the 95 % interval is as narrow: 1d (calendar time, h, d or w: P80"
              " finish), 50_000 (P80 cost) or 0.5% (points of the chance to keep all promises)."
              " Several must all hold. Looks at -n, at twice as many and so on, each look at a"
              " level that is corrected for their number.")  # fmt: skip
@click.option("--at-most", type=int, default=1_000_000, show_default=True,
              help="How many futures --precision may take.")  # fmt: skip
@click.option("--require", multiple=True, metavar="FIGURE<=LIMIT",
              help="Exit with 1 unless it is proven: p80<=2028-06-30 (finish), p80<=9_500_000"
              " (cost), 'p50 finish:ledger.golive<=2028-05-01' or on_budget>=0.7.")  # fmt: skip
@click.option("--task-iterations", type=int, default=4096, show_default=True,
              help="Futures kept for percentiles of tasks.")  # fmt: skip
@click.option("--drivers", is_flag=True, help="Find out what pools and risks cost, and what one"
              " more unit of each pool is worth: some runs more on the same futures.")  # fmt: skip
@click.option("--model-band/--no-model-band", default=True, show_default=True,
              help="Find P80 for other correlations and by reference classes too: three small"
              " runs more, or so.")  # fmt: skip
@saving_options("result.json")
def run(
    *,
    scenario: Path,
    overrides: tuple[str, ...],
    without: tuple[str, ...],
    status: Path | None,
    out: str,
    svg: bool,
    no_charts: bool,
    as_json: bool,
    precision: tuple[str, ...],
    at_most: int,
    require: tuple[str, ...],
    drivers: bool,
    model_band: bool,
    **settings: Any,
) -> None:
    """Simulate a scenario: how likely is it to be on time and on budget?

    \b
    simulator run portal.yaml -n 50_000 --set program.deadline=2027-10-15
    simulator run portal.yaml --precision 1d
    """
    from simulator.run.settings import Settings  # noqa: PLC0415 - help must be quick

    chosen = Settings(**settings)
    wanted = _wanted(precision, at_most)
    _tell_rounding(settings["iterations"], chosen)
    from simulator.cli.progress import COMPILING, progress_shown  # noqa: PLC0415
    from simulator.run.requirements import check_required  # noqa: PLC0415
    from simulator.run.simulate import run as simulate  # noqa: PLC0415
    from simulator.run.store import Origin, prepare_root  # noqa: PLC0415

    root = None if out == "none" else Path(out)
    with ExitStack() as stack:
        # From here on a copy of this process loads what drawing needs.
        painter = None if root is None or no_charts else stack.enter_context(_painter(chosen))
        read = loaded(scenario, overrides, without, status)
        check_required(require, read)
        origin = Origin(scenario, overrides, without, status)
        if root is not None:
            prepare_root(root, origin)
        banded = model_band and not (as_json and root is None)
        # How long a run with a wanted precision will be is not known yet.
        put = stack.enter_context(_ahead(read, chosen)) if banded and wanted is None else None
        with progress_shown(read, chosen.iterations) as (follow, tell):
            compiling = partial(tell, COMPILING)
            results = simulate(
                read, chosen, follow, precision=wanted, on_compiling=compiling, on_slow=tell
            )
            if drivers:
                tell(_AGAIN)
                results = _with_drivers(results)
        results = replace(results, required=require, banded=banded)
        if painter is not None:
            painter.show(results, svg=svg)
        if put is not None:
            put(results)
        saved = None if root is None else _save(results, root, origin, painter)
    if as_json:
        _print_json(results)
    else:
        _print(results, saved)
    _tell_precision(results)
    _tell_required(results)


def _with_drivers(results: "Results") -> "Results":
    """The results with what takes runs of its own."""
    from simulator.analysis.drivers import risk_drivers  # noqa: PLC0415 - rarely asked for
    from simulator.analysis.pools import pool_values  # noqa: PLC0415

    risks = {key: (each.p80_days, each.p80_cost) for key, each in risk_drivers(results).items()}
    return replace(results, pool_values=pool_values(results), risk_values=risks)


def _ahead(
    scenario: "Scenario", settings: "Settings"
) -> "AbstractContextManager[Callable[[Results], None]]":
    from simulator.run.ahead import ahead  # noqa: PLC0415 - help must be quick

    return ahead(scenario, settings)


def _painter(settings: "Settings") -> "AbstractContextManager[Painter]":
    from simulator.charts.painter import painter  # noqa: PLC0415 - help must be quick

    return painter(settings.iterations)


def _wanted(precision: tuple[str, ...], at_most: int) -> "Precision | None":
    from simulator.run.precision import Precision  # noqa: PLC0415

    return Precision.of(precision, at_most) if precision else None


def _tell_rounding(asked: int, settings: "Settings") -> None:
    """Say on stderr what a scheme makes of the iterations that were asked for."""
    from simulator.run.settings import CHUNK  # noqa: PLC0415

    count = settings.iterations
    if count == asked:
        return
    groups = (
        f"{settings.replicates} replicates of {count // settings.replicates:,}"
        if settings.scheme == "sobol"
        else f"{count // CHUNK:,} cube{'s' * (count > CHUNK)} of {CHUNK:,}"
    )
    click.echo(f"{asked:,} iterations rounded up to {count:,} ({groups})", err=True)


def _tell_precision(results: "Results") -> None:
    """Say on stderr how narrow the intervals came to be, and whether that is enough."""
    if results.precision is None:
        return
    from simulator.cli.progress import sureness  # noqa: PLC0415

    click.echo(sureness(results), err=True)


def _tell_required(results: "Results") -> None:
    """Say on stderr whether what is required is proven; if it is not, end with exit code 1."""
    if not results.required:
        return
    from simulator.reports.requirements import verdict_text  # noqa: PLC0415

    for verdict in results.verdicts:
        click.echo(verdict_text(results, verdict), err=True)
    if not all(verdict.met for verdict in results.verdicts):
        click.get_current_context().exit(1)


def _save(results: "Results", root: Path, origin: Any, painter: "Painter | None") -> "SavedRun":
    """Save a run, with charts where there is something to draw them."""
    from simulator.run.store import save_run  # noqa: PLC0415

    if painter is None:
        return save_run(results, root, origin)

    def skipped(name: str, reason: str) -> None:
        click.echo(f"No chart {name}: {reason}", err=True)

    def drawn(folder: Path) -> Sequence[Path]:
        try:
            return painter.draw(folder, skipped)
        except ImportError as error:
            click.echo(f"No charts: {error}", err=True)
            return []

    return save_run(results, root, origin, drawn)


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
