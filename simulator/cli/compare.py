"""`simulator compare`: scenarios on the same futures, and whether they can be told apart."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.in_order import Chosen, InOrder, chosen
from simulator.cli.options import loaded, settings_options
from simulator.cli.saving import kept, prepared, print_json, saving_options

if TYPE_CHECKING:
    from simulator.run.simulate import Follow


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
@saving_options("the comparison as JSON")
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
    from simulator.run.store import Origin  # noqa: PLC0415

    scenarios = [loaded(each.file, tuple(each.sets), tuple(each.without)) for each in files]
    names = _names(files)
    origin = Origin(files[0].file)
    root = prepared(out, origin)
    with ExitStack() as stack:
        shown = progress_shown(scenarios[0], settings.iterations)
        follow, tell = stack.enter_context(shown)

        def following(name: str) -> "Follow | None":
            if follow is not None:
                tell(f"Simulating {name}")
            return follow

        found = compare_with(
            scenarios, names, settings, following, lambda: tell(COMPILING), on_slow=tell
        )  # fmt: skip

    def draw(folder: Path) -> None:
        from simulator.charts.comparison import save_comparison  # noqa: PLC0415

        save_comparison(found, folder, svg=svg)

    saved = []
    if root is not None:
        drawing = None if no_charts else draw
        saved = kept(found, "compare", found.variants[0].results, root, origin, draw=drawing)
    if as_json:
        print_json(found)
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
