"""What a person sees while a run goes on: how far it is, how fast, and where P80 settles."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from simulator.cli.printing import on_terminal

if TYPE_CHECKING:
    from simulator.plan.plan import Clock
    from simulator.run.simulate import Progress
    from simulator.scenario.program import Scenario

Follow = Callable[["Progress"], None]


@contextmanager
def progress_shown(scenario: "Scenario", iterations: int) -> Iterator[Follow | None]:
    """A line on stderr that follows a run and goes away; nothing where nobody looks."""
    if not on_terminal(sys.stderr):
        yield None
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
            bar.update(line, completed=progress.done, description=settling(clock, progress))

        yield follow


def settling(clock: "Clock", progress: "Progress") -> str:
    """The speed, and P80 as it stands: `96,000/s, P80 10 Jan 2029 ± 1.2 days`."""
    from simulator.reports.story import passing_date  # noqa: PLC0415
    from simulator.scenario.units import MS_PER_DAY  # noqa: PLC0415

    speed = f"{progress.done / max(progress.seconds, 1e-9):,.0f}/s"
    date = passing_date(clock, progress.finish_p80)
    half = progress.half_width / MS_PER_DAY
    return (
        f"{speed}, P80 {date} ± {half:.1f} days" if math.isfinite(half) else f"{speed}, P80 {date}"
    )
