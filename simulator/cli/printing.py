"""How a report looks: colour and tables on a terminal, aligned text without either in a pipe."""

import os
import re
import sys
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

    from simulator.reports.story import Story
    from simulator.reports.tables import Table

_GAP = 2
_TOGETHER = re.compile(
    r"(?<=\d) (?=%|million|billion|[A-Z][a-z]{2} \d)|(?<=[A-Z][a-z]{2}) (?=\d{4})"
)


def on_terminal(stream: TextIO) -> bool:
    """Whether a person reads what is written, on something that can show it well."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def print_story(story: "Story", saved: Iterable[str] = ()) -> None:
    """Print a report, then what was saved."""
    if on_terminal(sys.stdout):
        _print_rich(story, saved)
        return
    blocks = [story.title, "\n".join(story.sentences)]
    blocks += [plain_table(table) for table in story.tables]
    blocks.append("\n".join((*story.notes, *saved)))
    sys.stdout.write("\n\n".join(block for block in blocks if block) + "\n")


def print_table(table: "Table") -> None:
    """Print one table."""
    if not on_terminal(sys.stdout):
        sys.stdout.write(plain_table(table) + "\n")
        return
    _print_rich_table(_console(), table)


def plain_table(table: "Table") -> str:
    """A table as aligned text."""
    lines = [[column.heading for column in table.columns], *map(list, table.rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(table.columns))]
    shown = [table.title]
    for line in lines:
        cells = [
            cell.rjust(width) if column.figures else cell.ljust(width)
            for cell, width, column in zip(line, widths, table.columns, strict=True)
        ]
        shown.append((" " * _GAP).join(cells).rstrip())
    return "\n".join([*shown, table.note] if table.note else shown)


def fitting(table: "Table", width: int) -> list[int]:
    """The columns that fit into a width: the least wanted are left out first."""
    from rich.cells import cell_len  # noqa: PLC0415 - only on a terminal

    widths = [
        max(cell_len(text) for text in (*_halves(column.heading), *(row[k] for row in table.rows)))
        for k, column in enumerate(table.columns)
    ]
    kept = list(range(len(table.columns)))
    for k in sorted(kept, key=lambda k: -table.columns[k].optional):
        if sum(widths[k] + _GAP for k in kept) <= width or not table.columns[k].optional:
            break
        kept.remove(k)
    return kept


def _halves(heading: str) -> tuple[str, str]:
    """A heading may stand on two lines."""
    first, _, last = heading.rpartition(" ")
    return first, last


def _console() -> "Console":
    from rich.console import Console  # noqa: PLC0415 - only on a terminal

    return Console(markup=False, highlight=False, emoji=False)


def _print_rich(story: "Story", saved: Iterable[str]) -> None:
    console = _console()
    console.print(story.title, style="bold cyan")
    console.print()
    for number, sentence in enumerate(story.sentences):
        console.print(wrapped(sentence, console.width), style="bold" if number == 0 else "")
    for table in story.tables:
        console.print()
        _print_rich_table(console, table)
    console.print()
    for note in story.notes:
        console.print(note, style="dim")
    for line in saved:
        console.print(line, soft_wrap=True)


def wrapped(sentence: str, width: int) -> str:
    """A sentence in lines that part no figure from its unit and no date."""
    kept = _TOGETHER.sub("\N{NO-BREAK SPACE}", sentence)
    return "\n".join(textwrap.wrap(kept, width)).replace("\N{NO-BREAK SPACE}", " ")


def _print_rich_table(console: "Console", table: "Table") -> None:
    console.print(table.title, style="bold")
    console.print(_rich_table(table, console.width))
    if table.note:
        console.print(table.note, style="dim")


def _rich_table(table: "Table", width: int) -> "RichTable":
    from rich import box  # noqa: PLC0415 - only on a terminal
    from rich.table import Table as RichTable  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    shown = RichTable(
        box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, _GAP - 1, 0, 0), show_edge=False
    )
    # One of the gap's columns is the line between columns that the box does not draw.
    kept = fitting(table, width)
    for k in kept:
        column = table.columns[k]
        shown.add_column(
            Text(column.heading),
            justify="right" if column.figures else "left",
            no_wrap=False,
            overflow="fold",
        )
    for row in table.rows:
        shown.add_row(*(Text(row[k], no_wrap=k != 0) for k in kept))
    return shown
