"""How `simulator check` shows the health of a schedule: on a terminal, in a pipe, as a page."""

import os
import shutil
import sys
import textwrap
from pathlib import Path

import click

from simulator.analysis.health.finding import Check, Health
from simulator.cli.printing import on_terminal, print_table
from simulator.reports import health_tables as told
from simulator.reports.health_page import health_page
from simulator.run.deterministic import DeterministicPlan


def print_health(health: Health, most: int | None) -> None:
    """Print the summary (`most` is 0), or every check with the first findings of each, or all."""
    click.echo(f"\n{told.headline(health)}")
    if most == 0:
        if health.failed:
            print_table(told.summary_table(health))
        return
    for table in (told.checks_table(health), told.practices_table(health)):
        click.echo()
        print_table(table)
    for check in told.told_checks(health):
        _print_check(check, most)


def _print_check(check: Check, most: int | None) -> None:
    findings = check.measured.findings[:most]
    click.echo()
    _echo(told.check_heading(check), "")
    _echo(f"{check.rule.why} {check.rule.remedy}", "  ")
    if check.measured.remark:
        _echo(check.measured.remark, "  ")
    for finding in findings:
        _echo(told.finding_line(finding), "  - ")
    left = len(check.measured.findings) - len(findings)
    if left:
        _echo(f"and {left:,} more (--all)", "  - ")


def _echo(text: str, indent: str) -> None:
    """Print a text; on a terminal in lines that fit, the later ones as far in as the first."""
    if not on_terminal(sys.stdout):
        click.echo(f"{indent}{text}")
        return
    width = max(shutil.get_terminal_size().columns, 20)
    rest = " " * len(indent)
    click.echo(textwrap.fill(text, width, initial_indent=indent, subsequent_indent=rest))


def refuse_taken(page: Path | None) -> None:
    """Refuse a page that would be written over something.

    Raises
    ------
    click.UsageError
        The name is taken, or that of a folder.
    """
    if page is None:
        return
    if page.is_dir() or not page.name:
        raise click.UsageError(f"{page} is a folder; expected the name of a page to write")
    if page.exists():
        raise click.UsageError(f"{page} is already there and stays as it is; expected another name")


def write_page(page: Path, file: Path, found: DeterministicPlan, health: Health) -> None:
    """Write the page of a scenario file, whole or not at all.

    Raises
    ------
    click.UsageError
        It cannot be written there.
    """
    text = health_page(found, health, str(file))
    part = page.with_name(f".{page.name}.{os.getpid()}.part")
    try:
        with part.open("x", encoding="utf-8") as stream:
            stream.write(text)
        refuse_taken(page)
        part.rename(page)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise click.UsageError(f"{page} cannot be written: {reason}") from None
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"Wrote {page}", err=True)
