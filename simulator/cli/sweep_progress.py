"""What a person sees while a sweep goes on: how many points are done, and how long it will take."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import click

from simulator.cli.printing import on_terminal
from simulator.cli.progress import COMPILING

if TYPE_CHECKING:
    from simulator.run.sweep.sweeping import Watch

_BETWEEN_LINES = 30.0
"""Seconds between two lines where no terminal shows a bar."""


@contextmanager
def points_shown() -> Iterator["Watch"]:
    """A line on stderr that follows a sweep; where nobody looks, a line every half a minute."""
    if not on_terminal(sys.stderr):
        yield _watch(lambda text: click.echo(text, err=True), _Lines().show)
        return
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} points"),
        BarColumn(bar_width=None),
        TextColumn("{task.description}"),
    )
    with Progress(
        *columns, console=Console(stderr=True, markup=False), transient=True, expand=True
    ) as bar:
        line = bar.add_task("", total=0.0, visible=False)

        def show(done: int, points: int, left: str) -> None:
            bar.update(line, completed=done, total=points, description=left, visible=True)

        yield _watch(bar.console.print, show)


@dataclass(slots=True)
class _Lines:
    """Lines that are not too many."""

    told: float = 0.0

    def show(self, done: int, points: int, left: str) -> None:
        """Say how far it is, if that was not said just now; the end says itself."""
        now = monotonic()
        self.told = self.told or now
        if now - self.told >= _BETWEEN_LINES and done < points:
            self.told = now
            click.echo(f"{done:,} of {points:,} points, {left}", err=True)


def _watch(tell: Callable[[str], object], show: Callable[[int, int, str], None]) -> "Watch":
    from simulator.run.sweep.sweeping import Watch  # noqa: PLC0415 - help must be quick

    began, kept = monotonic(), 0

    def begun(already: int, points: int) -> None:
        nonlocal began, kept
        began, kept = monotonic(), already
        if already:
            tell(f"{already:,} of {points:,} points were done before; going on (--fresh: anew).")
        show(already, points, "")

    def done(number: int, points: int) -> None:
        each = (monotonic() - began) / max(number - kept, 1)
        show(number, points, f"{time_text(each * (points - number))} left")

    def lost(number: int, process: int) -> None:
        who = f"Process {process}" if process else "A worker"
        tell(f"{who} died at point {number + 1}; it is done again.")

    def compiling() -> None:
        tell(COMPILING)

    return Watch(compiling, begun, done, lost, tell)


def time_text(seconds: float) -> str:
    """How long something takes: `40 s`, `12 min`, `3 h 20 min`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
