"""`simulator compare`: scenarios on the same futures, and whether they can be told apart."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.in_order import Chosen, InOrder, chosen
from simulator.cli.options import loaded, settings_options

if TYPE_CHECKING:
    from simulator.analysis.comparison import Comparison
    from simulator.run.simulate import Follow

_OUTPUTS = "outputs"


@click.command(
    cls=InOrder,
    short_help="Compare scenarios on the same futures.",
    options_metavar="SCENARIO [OPTIONS] SCENARIO [OPTIONS] ...",
)
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE",
              help="Another value in the scenario before it; before the first, in"
              " all.")  # fmt: skip
@click.option("--without", multiple=True, metavar="RISK",
              help="Switch a risk off in the scenario before it.")  # fmt: skip
@click.option("--variant", multiple=True, metavar="NAME",
              help="The first scenario again, under this name; what follows changes"
              " it.")  # fmt: skip
@settings_options
@click.option("--out", default=_OUTPUTS, show_default=True, metavar="DIR|none",
              help="Where to save.")  # fmt: skip
@click.option("--svg", is_flag=True, help="Save the charts as SVG too.")
@click.option("--no-charts", is_flag=True, help="Save no charts.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON, nothing else.")
@click.pass_context
def compare(
    ctx: click.Context,
    /,
    *,
    out: str,
    svg: bool,
    no_charts: bool,
    as_json: bool,
    **others: Any,
) -> None:
    """Compare scenarios, or variants of one: paired differences on the same futures.

    \b
    simulator compare portal.yaml portal_v2.yaml
    simulator compare portal.yaml --variant "four developers" --set pools.dev.units=4 \\
        --variant "no vendor" --without vendor_late
    """
    files = chosen(ctx)
    if len(files) < 2:
        raise click.UsageError("expected two scenarios or more, or a --variant of one", ctx)
    from simulator.run.settings import Settings  # noqa: PLC0415 - help must be quick

    # Those that belong to a scenario stand with it.
    own = {key: others[key] for key in others.keys() - {"overrides", "without", "variant"}}
    settings = Settings(task_iterations=0, **own)
    from simulator.analysis.comparison import compare_with  # noqa: PLC0415
    from simulator.cli.progress import COMPILING, progress_shown  # noqa: PLC0415
    from simulator.run.store import Origin, prepare_root  # noqa: PLC0415

    scenarios = [loaded(each.file, tuple(each.sets), tuple(each.without)) for each in files]
    names = _names(files)
    root, origin = None if out == "none" else Path(out), Origin(files[0].file)
    if root is not None:
        prepare_root(root, origin)
    with ExitStack() as stack:
        shown = progress_shown(scenarios[0], settings.iterations)
        follow, tell = stack.enter_context(shown)

        def following(name: str) -> "Follow | None":
            if follow is not None:
                tell(f"Simulating {name}")
            return follow

        found = compare_with(
            scenarios, names, settings, following, lambda: tell(COMPILING)
        )  # fmt: skip
    saved = [] if root is None else _saved(found, root, origin, svg=svg, charts=not no_charts)
    if as_json:
        from simulator.run.store import json_text  # noqa: PLC0415

        sys.stdout.write(json_text(found.to_dict()))
        return
    from simulator.cli.printing import print_story  # noqa: PLC0415
    from simulator.reports.comparison import comparison_story  # noqa: PLC0415

    print_story(comparison_story(found), saved)


def _names(files: Sequence[Chosen]) -> tuple[str, ...]:
    """What the variants are called, with a number where two would be called the same."""
    found: list[str] = []
    for each in files:
        name, number = each.shown, 1
        while name in found:
            number += 1
            name = f"{each.shown} ({number})"
        found.append(name)
    return tuple(found)


def _saved(found: "Comparison", root: Path, origin: Any, *, svg: bool, charts: bool) -> list[str]:
    """Keep the comparison and its charts in a folder of their own, and say where."""
    from simulator.run.store import json_text, save_folder  # noqa: PLC0415

    def fill(folder: Path) -> None:
        text = json_text(found.to_dict())
        (folder / "compare.json").write_text(text, encoding="utf-8", newline="\n")
        if charts:
            _draw(found, folder / "charts", svg)

    folder = save_folder(root, origin, "compare", found.variants[0].results, fill)
    names = sorted(path.name for path in (folder / "charts").glob("*")) if charts else []
    return [f"Saved in {folder}", *([f"Charts: {', '.join(names)}"] if names else [])]


def _draw(found: "Comparison", folder: Path, svg: bool) -> None:
    try:
        from simulator.charts.comparison import save_comparison  # noqa: PLC0415

        save_comparison(found, folder, svg=svg)
    except ImportError as error:
        click.echo(f"No charts: {error}", err=True)
