"""`simulator new`: a first scenario to change."""

import shlex
from pathlib import Path

import click

_STARTER = Path(__file__).parents[1] / "scenario" / "starter.yaml"


@click.command()
@click.argument("name", type=click.Path(path_type=Path))
def new(name: Path) -> None:
    """Write a commented scenario that runs at once.

    \b
    simulator new portal      writes portal.yaml
    """
    if not name.name:
        raise click.UsageError(f"{str(name)!r} is no name of a file; expected for example portal")
    file = name if name.suffix in (".yaml", ".yml") else name.with_name(f"{name.name}.yaml")
    text = _STARTER.read_bytes()
    try:
        with file.open("xb") as stream:
            stream.write(text)
    except FileExistsError:
        raise click.UsageError(
            f"{file} is already there and stays as it is; expected another name"
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise click.UsageError(f"{file} cannot be written: {reason}") from None
    shown = shlex.quote(str(file))
    click.echo(f"Wrote {file}, a scenario of two small projects with notes. Next:")
    click.echo(f"  simulator check {shown}    faults, and with --dates the plan")
    click.echo(f"  simulator run {shown}      10,000 possible futures")
