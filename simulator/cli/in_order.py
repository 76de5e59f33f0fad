"""Options that belong to the scenario before them: `a.yaml --set x=1 b.yaml --without risk`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

CHANGES = ("--set", "--without")
VARIANT = "--variant"


@dataclass(slots=True)
class Chosen:
    """A scenario file, what counts instead of what stands in it, and what it is called."""

    file: Path
    name: str = ""
    sets: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)

    def change(self, option: str, value: str) -> None:
        """Note a change."""
        (self.sets if option == "--set" else self.without).append(value)

    def again(self, name: str) -> "Chosen":
        """The same with the same changes, to be changed further, under another name."""
        return Chosen(self.file, name, [*self.sets], [*self.without])

    @property
    def shown(self) -> str:
        """What it is called: as its user says, else its file and its changes."""
        changes = [*self.sets, *(f"without {risk}" for risk in self.without)]
        return self.name or ", ".join([self.file.stem, *changes])


class InOrder(click.Command):
    """A command whose `--set` and `--without` belong to the scenario before them.

    Those before the first scenario count for all. `--variant NAME` begins the first scenario
    again, with its changes. What was chosen is in `context.meta`.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take out scenarios and what belongs to them; click parses the others."""
        if not {"-h", "--help"} & set(args):
            ctx.meta[__name__], args = _split(self, ctx, args)
        return super().parse_args(ctx, args)


def chosen(ctx: click.Context) -> list[Chosen]:
    """The scenarios of a command line, in order."""
    found: list[Chosen] = ctx.meta[__name__]
    return found


def _split(
    command: click.Command, ctx: click.Context, args: list[str]
) -> tuple[list[Chosen], list[str]]:
    """The scenarios, and the arguments that are left."""
    valued = _valued(command, ctx)
    found: list[Chosen] = []
    common: list[tuple[str, str]] = []
    rest: list[str] = []
    left = iter(args)
    for word in left:
        option, equals, value = word.partition("=")
        if option in (*CHANGES, VARIANT):
            if not equals:
                value = _next(left, option, ctx)
            if option == VARIANT and not found:
                raise click.UsageError("--variant needs a scenario before it", ctx)
            if option == VARIANT:
                found.append(found[0].again(value))
            elif found:
                found[-1].change(option, value)
            else:
                common.append((option, value))
        elif not word.startswith("-"):
            found.append(Chosen(Path(word)))
            for change in common:
                found[-1].change(*change)
        else:
            rest.append(word)
            if word in valued:
                rest.append(_next(left, word, ctx))
    return found, rest


def _valued(command: click.Command, ctx: click.Context) -> set[str]:
    """The options that take the word after them."""
    return {
        word
        for option in command.get_params(ctx)
        if isinstance(option, click.Option) and not option.is_flag and not option.count
        for word in option.opts
    }


def _next(left: Any, option: str, ctx: click.Context) -> str:
    value = next(left, None)
    if value is None:
        raise click.UsageError(f"Option '{option}' requires an argument.", ctx)
    return str(value)
