"""`simulator check`: every fault of a scenario, and the deterministic plan."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import loaded, scenario_options

if TYPE_CHECKING:
    from simulator.plan.compile import Plan
    from simulator.run.deterministic import DeterministicPlan


@click.command(short_help="Look for faults in a scenario.")
@scenario_options
@click.option("--dates", is_flag=True, help="Print the deterministic plan: dates and float.")
@click.option(
    "--level", type=click.Choice(["fast", "best"]), default="fast", show_default=True,
    help="How hard to look for a plan that the pools suffice for.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the plan and the faults as JSON.")
def check(
    *,
    scenario: Path,
    overrides: tuple[str, ...],
    without: tuple[str, ...],
    status: Path | None,
    dates: bool,
    level: str,
    as_json: bool,
) -> None:
    """Look for faults in a scenario; the exit code is 1 if there are any.

    \b
    simulator check portal.yaml --dates
    simulator check portal.yaml --dates --level best
    """
    from simulator.errors import ScenarioError  # noqa: PLC0415 - help must be quick
    from simulator.plan.compile import compile_plan  # noqa: PLC0415
    from simulator.run.deterministic import deterministic_plan  # noqa: PLC0415

    try:
        plan = compile_plan(loaded(scenario, overrides, without, status))
    except ScenarioError as error:
        if as_json:
            _print_faults(error)
        raise
    with _compiling_told(plan):
        found = deterministic_plan(plan, level=level)
    if as_json:
        _print_dates(plan, found)
        return
    click.echo(_summary(scenario, plan, found))
    if dates:
        from simulator.cli.printing import print_table  # noqa: PLC0415
        from simulator.reports.plan_dates import plan_table  # noqa: PLC0415

        click.echo()
        print_table(plan_table(plan, found))


def _compiling_told(plan: "Plan") -> AbstractContextManager[None]:
    """Tell on stderr if what levels a plan must be compiled first."""
    if plan.network.pools is None:
        return nullcontext()
    from simulator.cli.progress import COMPILING  # noqa: PLC0415
    from simulator.engine.compiled.jit import compiling_told  # noqa: PLC0415 - numba takes a second

    return compiling_told(lambda: click.echo(COMPILING, err=True))


def _print_dates(plan: "Plan", found: "DeterministicPlan") -> None:
    from simulator.reports.plan_dates import plan_dates  # noqa: PLC0415

    _print_json({**plan_dates(plan, found), "faults": []})


def _print_faults(error: Any) -> None:
    from simulator.reports.plan_dates import NOTHING_KNOWN  # noqa: PLC0415

    faults = [{**asdict(fault), "path": list(fault.path)} for fault in error.faults]
    _print_json({**NOTHING_KNOWN, "faults": faults})


def _print_json(data: dict[str, Any]) -> None:
    from simulator.run.store import json_text  # noqa: PLC0415

    click.echo(json_text(data), nl=False)


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
