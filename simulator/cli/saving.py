"""What commands that answer beside a run share: where the answer is kept, drawn and printed."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simulator.run.results import Results
    from simulator.run.store import Origin

OUTPUTS = "outputs"
Command = Callable[..., Any]
Draw = Callable[[Path], object]


def saving_options(printed: str) -> Callable[[Command], Command]:
    """Where to save, whether to draw, and that `printed` may be had as JSON."""

    def decorated(command: Command) -> Command:
        for decorate in (
            click.option("--json", "as_json", is_flag=True, help=f"Print {printed}, nothing else."),
            click.option("--no-charts", is_flag=True, help="Save no charts."),
            click.option("--svg", is_flag=True, help="Save the charts as SVG too."),
            click.option(
                "--out",
                default=OUTPUTS,
                show_default=True,
                metavar="DIR|none",
                help="Where to save.",
            ),
        ):
            command = decorate(command)
        return command

    return decorated


def prepared(out: str, origin: "Origin") -> Path | None:
    """The folder of `--out`, made before any time is spent; None where nothing is to be saved.

    Raises
    ------
    RunError
        Nothing can be written there.
    """
    from simulator.run.store import prepare_root  # noqa: PLC0415 - help must be quick

    if out == "none":
        return None
    prepare_root(Path(out), origin)
    return Path(out)


def kept(
    found: Any, what: str, results: "Results", root: Path, origin: "Origin", *, draw: Draw | None
) -> list[str]:
    """Keep what was found, and its charts where they are drawn, in a folder; say where."""
    from simulator.run.store import json_text, save_folder  # noqa: PLC0415 - help must be quick

    def fill(folder: Path) -> None:
        text = json_text(found.to_dict())
        (folder / f"{what}.json").write_text(text, encoding="utf-8", newline="\n")
        if draw is not None:
            drawn(draw, folder / "charts")

    folder = save_folder(root, origin, what, results, fill)
    return told(folder, folder)


def drawn(draw: Draw, folder: Path) -> None:
    """Draw into a folder; where the charts' libraries are missing, say so."""
    try:
        draw(folder)
    except ImportError as error:
        click.echo(f"No charts: {error}", err=True)


def told(saved: Path, folder: Path) -> list[str]:
    """Where something was saved, and the names of the charts in its folder."""
    names = sorted(path.name for path in (folder / "charts").glob("*"))
    return [f"Saved in {saved}", *([f"Charts: {', '.join(names)}"] if names else [])]


def print_json(found: Any) -> None:
    """Print what was found, and nothing else."""
    from simulator.run.store import json_text  # noqa: PLC0415 - help must be quick

    sys.stdout.write(json_text(found.to_dict()))
