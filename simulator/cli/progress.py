"""What a person sees while a run goes on: how far it is, how fast, and where P80 settles."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from simulator.cli.printing import on_terminal

if TYPE_CHECKING:
    from simulator.plan.plan import Clock
    from simulator.run.precision import Width
    from simulator.run.results import Results
    from simulator.run.simulate import Progress
    from simulator.scenario.program import Scenario

Follow = Callable[["Progress"], None]
Tell = Callable[[str], None]
COMPILING = "Compiling the engine for this machine, once; this takes up to a minute."


@contextmanager
def progress_shown(scenario: "Scenario", iterations: int) -> Iterator[tuple[Follow | None, Tell]]:
    """A line on stderr that follows a run and goes away, and how to say something beside it.

    Where nobody looks there is no such line, but what is said stays.
    """
    if not on_terminal(sys.stderr):
        yield None, lambda text: click.echo(text, err=True)
        return
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.progress import BarColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    from simulator.plan.plan import Clock  # noqa: PLC0415 - help must be quick

    clock = Clock(scenario.program.start.begins())
    columns = (
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} futures"),
        BarColumn(bar_width=None),
        TextColumn("{task.description}"),
    )
    console = Console(stderr=True, markup=False)
    with Bar(*columns, console=console, transient=True, expand=True) as bar:
        line = bar.add_task("", total=iterations)

        def follow(progress: "Progress") -> None:
            bar.update(
                line,
                completed=progress.done,
                total=progress.iterations,
                description=settling(clock, progress),
            )

        yield follow, bar.console.print


def settling(clock: "Clock", progress: "Progress") -> str:
    """The speed, and P80 as it stands: `96,000/s, P80 10 Jan 2029 ± 1.2 days`."""
    from simulator.reports.story import passing_date  # noqa: PLC0415
    from simulator.scenario.units import MS_PER_DAY  # noqa: PLC0415

    made = progress.done - progress.already
    speed = f"{made / max(progress.seconds, 1e-9):,.0f}/s"
    date = passing_date(clock, progress.finish_p80)
    half = progress.half_width / MS_PER_DAY
    return (
        f"{speed}, P80 {date} ± {half:.1f} days" if math.isfinite(half) else f"{speed}, P80 {date}"
    )


def sureness(results: "Results") -> str:
    """Whether the wanted precision is reached, and how wide the intervals are.

    `Precision reached with 40,000 futures: P80 finish 0.82 days wide (wanted: 1).`
    """
    found = results.precision
    if found is None:
        return ""
    count = f"{results.settings.iterations:,} futures"
    currency = results.plan.scenario.program.currency
    widths = ", ".join(_width(each, currency) for each in found.widths)
    if found.reached:
        return f"Precision reached with {count}: {widths}."
    return (
        f"Precision not reached with {count}: {widths}. Twice as many would be more than"
        f" {found.at_most:,} (--at-most) or than memory holds."
    )


def _width(found: "Width", currency: str) -> str:
    """The width of the usual interval, and the one that was wanted."""
    from simulator.run.precision import COST, FINISH  # noqa: PLC0415

    of, width, wanted = found.goal.of, found.shown(found.width), found.shown(found.goal.width)
    if of == FINISH:
        name, unit, digits = "P80 finish", "days", ".3g"
    elif of == COST:
        name, unit, digits = "P80 cost", currency, ",.0f"
    else:
        name, unit, digits = "chance to keep all promises", "points", ".3g"
        width, wanted = 100 * width, 100 * wanted
    size = f"{width:{digits}} {unit} wide" if math.isfinite(width) else "without an end"
    return f"{name} {size} (wanted: {wanted:{digits}})"
