"""`simulator check`: every fault of a scenario, the deterministic plan, the schedule's health."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import loaded, scenario_options

if TYPE_CHECKING:
    from simulator.analysis.health.finding import Health
    from simulator.analysis.health.gate import Verdict
    from simulator.plan.compile import Plan
    from simulator.run.deterministic import DeterministicPlan

_FIRST_FINDINGS = 5
"""Of each check, where not all are asked for."""


@click.command(short_help="Look for faults in a scenario, and at the health of its schedule.")
@scenario_options
@click.option("--dates", is_flag=True, help="Print the deterministic plan: dates and float.")
@click.option(
    "--level", type=click.Choice(["fast", "best"]), default="fast", show_default=True,
    help="How hard to look for a plan that the pools suffice for.",
)  # fmt: skip
@click.option(
    "--health", is_flag=True,
    help="Tell every check of the schedule's health, with the first findings of each.",
)  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="The same with every finding.")
@click.option(
    "--page", type=click.Path(path_type=Path), metavar="FILE.html",
    help="Write the schedule's health as a page; a file that is there stays as it is.",
)  # fmt: skip
@click.option(
    "--require", multiple=True, metavar="CHECK",
    help="Exit with 1 unless it holds: health>=80, open_ends=0, lags<=5%, cpli>=0.95, the name of a"
    " check (it passes), or dcma.",
)  # fmt: skip
@click.option(
    "--limit", multiple=True, metavar="NAME=VALUE",
    help="What a check allows: lags=10%, leads=2, high_float=60 (days).",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print plan, health and faults as JSON.")
def check(
    *,
    scenario: Path,
    overrides: tuple[str, ...],
    without: tuple[str, ...],
    dates: bool,
    level: str,
    health: bool,
    everything: bool,
    page: Path | None,
    require: tuple[str, ...],
    limit: tuple[str, ...],
    as_json: bool,
) -> None:
    """Look for faults in a scenario, and at the health of its schedule.

    The exit code is 1 if there are faults, or if something required does not hold.

    \b
    simulator check portal.yaml --dates
    simulator check portal.yaml --dates --level best
    simulator check portal.yaml --health --require "health>=80"
    """
    from simulator.analysis.health.gate import Requirement, verdicts_of  # noqa: PLC0415
    from simulator.analysis.health.limits import limits_of  # noqa: PLC0415
    from simulator.analysis.health.rules import BOUNDS, schedule_health  # noqa: PLC0415
    from simulator.cli import health as shown  # noqa: PLC0415
    from simulator.errors import ScenarioError  # noqa: PLC0415 - help must be quick
    from simulator.plan.compile import compile_plan  # noqa: PLC0415
    from simulator.run.deterministic import deterministic_plan  # noqa: PLC0415

    requirements = [Requirement.parse(text) for text in require]
    limits = limits_of(limit, BOUNDS)
    shown.refuse_taken(page)
    try:
        plan = compile_plan(loaded(scenario, overrides, without))
    except ScenarioError as error:
        if as_json:
            _print_faults(error)
        raise
    with _compiling_told(plan):
        found = deterministic_plan(plan, level=level)
    healthy = schedule_health(found, limits)
    verdicts = verdicts_of(healthy, requirements)
    if as_json:
        _print_found(plan, found, healthy, verdicts)
    else:
        click.echo(_summary(scenario, plan, found))
        if dates:
            _print_dates(plan, found)
        shown.print_health(healthy, None if everything else _FIRST_FINDINGS * health)
    if page is not None:
        shown.write_page(page, scenario, found, healthy)
    _tell_required(verdicts)


def _compiling_told(plan: "Plan") -> AbstractContextManager[None]:
    """Tell on stderr if what levels a plan must be compiled first."""
    if plan.network.pools is None:
        return nullcontext()
    from simulator.cli.progress import COMPILING  # noqa: PLC0415
    from simulator.engine.compiled.jit import compiling_told  # noqa: PLC0415 - numba takes a second

    return compiling_told(lambda: click.echo(COMPILING, err=True))


def _print_found(
    plan: "Plan", found: "DeterministicPlan", health: "Health", verdicts: Sequence["Verdict"]
) -> None:
    from simulator.reports.plan_dates import plan_dates  # noqa: PLC0415

    told = {**health.to_dict(), "required": [verdict.to_dict() for verdict in verdicts]}
    _print_json({**plan_dates(plan, found), "health": told, "faults": []})


def _print_faults(error: Any) -> None:
    from simulator.reports.plan_dates import NOTHING_KNOWN  # noqa: PLC0415

    faults = [{**asdict(fault), "path": list(fault.path)} for fault in error.faults]
    _print_json({**NOTHING_KNOWN, "health": None, "faults": faults})


def _print_json(data: dict[str, Any]) -> None:
    from simulator.run.store import json_text  # noqa: PLC0415

    click.echo(json_text(data), nl=False)


def _print_dates(plan: "Plan", found: "DeterministicPlan") -> None:
    from simulator.cli.printing import print_table  # noqa: PLC0415
    from simulator.reports.plan_dates import plan_table  # noqa: PLC0415

    click.echo()
    print_table(plan_table(plan, found))


def _tell_required(verdicts: Sequence["Verdict"]) -> None:
    """Say on stderr what holds of what is required; if not all does, end with exit code 1."""
    for verdict in verdicts:
        click.echo(str(verdict), err=True)
    if not all(verdict.met for verdict in verdicts):
        click.get_current_context().exit(1)


def _summary(file: Path, plan: "Plan", found: "DeterministicPlan") -> str:
    """What the file holds and what its plan says."""
    from simulator.reports.words import Words, count  # noqa: PLC0415

    words = Words.of(plan)
    kinds = [task.kind for task in plan.network.tasks]
    parts = (
        count(len(plan.network.projects), "project"),
        count(len(kinds) - kinds.count("milestone"), "task"),
        count(kinds.count("milestone"), "milestone"),
        count(len(plan.scenario.risks), "risk"),
        count(len(plan.variables), "uncertain number"),
    )
    cost = f" and costs {words.money(found.cost)}" if found.cost else ""
    return (
        f"{file}: no faults. {', '.join(parts)}.\n"
        f"If all goes as planned it is finished by {words.date(found.finish)}{cost}."
    )
