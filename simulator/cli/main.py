"""The command `simulator`: its group of commands, and how a mistake ends it.

Only click is imported here: help must not wait for arrays.
"""

import errno
import gc
import os
import sys
from contextlib import suppress
from typing import Any, NoReturn

import click

from simulator import __version__
from simulator.cli.check import check
from simulator.cli.compare import compare
from simulator.cli.drivers import drivers
from simulator.cli.export import export
from simulator.cli.import_plan import import_plan
from simulator.cli.mitigate import mitigate
from simulator.cli.new import new
from simulator.cli.replay import replay
from simulator.cli.run import run
from simulator.cli.schema import schema
from simulator.cli.sweep import sweep

_OBJECTS_BETWEEN_SWEEPS = 300_000
"""Python looks for cycles after 700 new objects; imports make many and no cycles to speak of."""
AT_FAULT, USAGE, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141


class _Commands(click.Group):
    """Commands that never show a traceback for what a user can put right."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what ends it early becomes one text on stderr and an exit code."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _end_quietly(ctx)
        except OSError as error:
            if error.errno == errno.EPIPE:
                _end_quietly(ctx)
            _stop(ctx, f"Error: {_said(error)}", AT_FAULT)
        except (KeyboardInterrupt, click.Abort):
            _stop(ctx, "\nInterrupted; nothing was saved.", INTERRUPTED)
        except MemoryError:
            text = "Error: not enough memory; try fewer iterations (-n) or threads (--threads)"
            _stop(ctx, text, AT_FAULT)
        except Exception as error:
            from simulator.errors import SettingsError, SimulatorError  # noqa: PLC0415

            if not isinstance(error, SimulatorError):
                raise
            usage = isinstance(error, SettingsError)
            _stop(ctx, f"Error: {error}" if usage else str(error), USAGE if usage else AT_FAULT)
        return result


def _stop(ctx: click.Context, text: str, code: int) -> NoReturn:
    # What stdout still holds may not fit where it goes; it must not fail once more at exit.
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    _drop(sys.stdout)
    with suppress(OSError):
        click.echo(text, err=True)
    ctx.exit(code)


def _end_quietly(ctx: click.Context) -> NoReturn:
    """Nobody reads any more: end as other tools do."""
    _drop(sys.stdout)
    ctx.exit(BROKEN_PIPE)


def _drop(stream: Any) -> None:
    """Let what a stream still holds go nowhere, if it cannot be written where it should."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError, AttributeError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())


def _said(error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"{error.filename}: {reason}" if error.filename else reason


@click.group(
    "simulator",
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """How likely is your program to be on time and on budget?

    \b
    simulator new portal              a first scenario
    simulator check portal.yaml       its faults
    simulator run portal.yaml         10,000 possible futures
    """


_COMMANDS = (
    new, check, run, compare, drivers, mitigate, sweep, replay, import_plan, export, schema,
)  # fmt: skip
for _command in _COMMANDS:
    cli.add_command(_command)


def main() -> None:
    """Run the command line."""
    gc.set_threshold(_OBJECTS_BETWEEN_SWEEPS, 20, 50)
    # Matrices are small here, and a process that draws is copied only while it has one thread.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        # A name may hold what the terminal's encoding lacks; that is no reason to stop.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    cli(prog_name="simulator")


if __name__ == "__main__":
    main()
