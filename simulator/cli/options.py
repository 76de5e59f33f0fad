"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simulator.scenario.program import Scenario

Command = Callable[..., Any]


def scenario_options(command: Command) -> Command:
    """The scenario file, and what counts instead of what stands in it."""
    for decorate in (
        click.option(
            "--status",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="A file with the status that counts instead of the scenario's own.",
        ),
        click.option(
            "--without",
            "without",
            multiple=True,
            metavar="RISK",
            help="Switch a risk off: --without vendor_late",
        ),
        click.option(
            "--set",
            "overrides",
            multiple=True,
            metavar="PATH=VALUE",
            help="Another value: --set risks.vendor_late.chance=0.5",
        ),
        click.argument("scenario", type=click.Path(path_type=Path)),
    ):
        command = decorate(command)
    return command


def settings_options(command: Command) -> Command:
    """How many futures, which ones, and what computes them."""
    for decorate in (
        click.option("--keep-hard", is_flag=True, help="Keep hard dates, as the plan does."),
        click.option("--keep-margin", is_flag=True, help="Keep margins, as the plan does."),
        click.option(
            "--threads",
            type=int,
            help="How many blocks at once; changes no figure.  [default: all processors for"
            " compiled, else 1]",
        ),
        click.option(
            "--engine",
            type=click.Choice(["auto", "numpy", "compiled", "simpy"]),
            default="auto",
            show_default=True,
            help="What computes; changes no figure. auto: numpy for small work, else compiled.",
        ),
        click.option(
            "--scheme",
            type=click.Choice(["mc", "lhs", "sobol"]),
            default="mc",
            show_default=True,
            help="How to draw: plainly, by Latin hypercubes or by Sobol's points; the last two"
            " round -n up.",
        ),
        click.option(
            "--seed", type=int, default=1, show_default=True, help="Another one, other futures."
        ),
        click.option(
            "-n",
            "--iterations",
            type=int,
            default=10_000,
            show_default=True,
            help="How many futures.",
        ),
    ):
        command = decorate(command)
    return command


def loaded(
    file: Path,
    overrides: tuple[str, ...],
    without: tuple[str, ...],
    status: Path | None = None,
) -> "Scenario":
    """The scenario of a file; where the file is missing, the one that may be meant.

    `status` is a file with the status that counts instead.

    Raises
    ------
    ScenarioError
        The scenario is at fault.
    """
    from simulator.cli.lean import load_special  # noqa: PLC0415 - help must be quick
    from simulator.errors import Fault, ScenarioError  # noqa: PLC0415
    from simulator.scenario.loading import load  # noqa: PLC0415

    load_special()

    for suffix in (".yaml", ".yml"):
        meant = file.with_name(file.name + suffix) if file.name else file
        if file.name and not file.exists() and meant.is_file():
            fault = Fault(f"there is no such file; did you mean {meant}?", file=str(file))
            raise ScenarioError([fault])
    return load(file, overrides, without, status)
