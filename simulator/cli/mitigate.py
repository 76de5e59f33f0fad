"""`simulator mitigate`: the best mitigations for the money."""

from pathlib import Path
from typing import Any

import click

from simulator.cli.options import loaded, scenario_options, settings_options
from simulator.cli.saving import kept, prepared, print_json, saving_options

_EXTRA = "POOL=COST[:MOST]"


@click.command(short_help="Find the best mitigations for a budget.")
@scenario_options
@click.option("--budget", type=float, required=True, metavar="MONEY",
              help="What the mitigations may cost together.")  # fmt: skip
@click.option("--minimise", default="finish_p80", show_default=True,
              metavar="finish_p80|cost_p80|not_all",
              help="What to make small: P80 finish, P80 cost, or the chance that a promise is"
              " broken.")  # fmt: skip
@click.option("--extra-units", multiple=True, metavar=_EXTRA,
              help="Offer more units of a pool too: --extra-units dev=90_000:2")  # fmt: skip
@click.option("--most-sets", type=click.IntRange(min=1), default=5_000, show_default=True,
              help="How many sets to look at, at most.")  # fmt: skip
@settings_options
@saving_options("what was found as JSON")
def mitigate(
    *,
    scenario: Path,
    overrides: tuple[str, ...],
    without: tuple[str, ...],
    status: Path | None,
    budget: float,
    minimise: str,
    extra_units: tuple[str, ...],
    most_sets: int,
    out: str,
    svg: bool,
    no_charts: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Choose the mitigations that bring most for a budget, and judge them on fresh futures.

    \b
    simulator mitigate portal.yaml --budget 200_000
    simulator mitigate portal.yaml --budget 200_000 --minimise not_all --extra-units dev=90_000:2
    """
    from simulator.run.settings import Settings  # noqa: PLC0415 - help must be quick

    chosen, extra = Settings(task_iterations=0, **settings), _extra(extra_units)
    from simulator.analysis.mitigation.mitigate import mitigate_with  # noqa: PLC0415
    from simulator.cli.progress import COMPILING, progress_shown  # noqa: PLC0415
    from simulator.run.store import Origin  # noqa: PLC0415

    read = loaded(scenario, overrides, without, status)
    origin = Origin(scenario, overrides, without, status)
    root = prepared(out, origin)
    with progress_shown(read, chosen.iterations) as (_, tell):
        found = mitigate_with(
            read,
            chosen,
            budget=budget,
            minimise=minimise,
            extra_units=extra,
            most_sets=most_sets,
            tell=tell,
            on_compiling=lambda: tell(COMPILING),
        )

    def draw(folder: Path) -> None:
        from simulator.charts.mitigation import save_mitigation  # noqa: PLC0415

        save_mitigation(found, folder, svg=svg)

    saved = []
    if root is not None:
        drawing = None if no_charts else draw
        saved = kept(found, "mitigate", found.results, root, origin, draw=drawing)
    if as_json:
        print_json(found)
        return
    from simulator.cli.printing import print_story  # noqa: PLC0415
    from simulator.reports.mitigation import mitigation_story  # noqa: PLC0415

    print_story(mitigation_story(found, scenario), saved)


def _extra(texts: tuple[str, ...]) -> dict[str, float | tuple[float, int]]:
    """What `POOL=COST[:MOST]` say."""
    found: dict[str, float | tuple[float, int]] = {}
    for text in texts:
        pool, _, told = text.partition("=")
        cost, _, most = told.partition(":")
        try:
            found[pool] = (float(cost), int(most or "1"))
        except ValueError:
            raise click.BadParameter(
                f"{text!r}; expected {_EXTRA}, such as dev=90_000:2", param_hint="--extra-units"
            ) from None
    return found
