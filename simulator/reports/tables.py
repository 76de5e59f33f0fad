"""What a run found, as tables of text: pure functions from results to rows."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulator.estimates.estimate import Estimate
from simulator.plan.direction import OPPORTUNITY
from simulator.reports.words import (
    Words,
    calendar_days,
    interval,
    percent,
    percents,
)
from simulator.run.outcomes import CONTINGENCY, Outcome
from simulator.run.results import Results, RiskResult
from simulator.scenario.risks import Chance, Risk
from simulator.scenario.units import MS_PER_HOUR

PERCENTS = (10, 20, 30, 40, 50, 60, 70, 80, 90)
MOST_CRITICAL = 12
_KINDS = {
    "pool": "people and equipment",
    "fixed": "fixed cost of tasks",
    "rate": "running cost of tasks",
    "line": "cost lines",
    "risk": "risks",
    "mitigation": "mitigations bought",
    "penalty": "penalty",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, whether it holds figures, and when it is left out.

    Where a line is too short, the columns with the highest `optional` go first; 0 stays.
    """

    heading: str
    figures: bool = True
    optional: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text with the words that stand above and below it."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def all_tables(results: Results) -> tuple[Table, ...]:
    """Every table of a report that has something in it, in reading order."""
    tables = (
        percentile_table(results),
        milestone_table(results),
        contingency_table(results),
        joint_table(results),
        criticality_table(results),
        risk_table(results),
        opportunity_table(results),
        cost_table(results),
        reserve_table(results),
        rework_table(results),
    )
    return tuple(table for table in tables if table.rows)


def words_of(results: Results) -> Words:
    """The words of a run."""
    return Words.of(results.plan, results.outcomes["cost"].quantiles[80].value)


def percentile_table(results: Results) -> Table:
    """Finish and cost by percent, with intervals."""
    words = words_of(results)
    finish, cost = results.outcomes["finish"], results.outcomes["cost"]

    def row(label: str, date: Estimate, money: Estimate) -> tuple[str, ...]:
        return (
            label,
            words.date(date.value),
            words.dates(date),
            words.cell(money.value),
            interval(money, words.cell),
        )

    rows = [row(f"P{p}", finish.quantiles[p], cost.quantiles[p]) for p in PERCENTS]
    rows.append(row("mean", finish.mean, cost.mean))
    columns = (
        Column("", figures=False),
        Column("finish"),
        Column("95 % interval", optional=2),
        Column(f"cost ({words.currency})"),
        Column("95 % interval", optional=1),
    )
    return Table("Finish and cost", columns, tuple(rows), "P80: 80 of 100 futures do no worse.")


def milestone_table(results: Results) -> Table:
    """Projects and milestones: planned and simulated dates, deadlines and their chances."""
    words = words_of(results)
    deadlines = _deadlines(results)
    partly = False
    rows = []
    for key, outcome in results.outcomes.items():
        if not key.startswith("finish:"):
            continue
        name = key.removeprefix("finish:")
        missing = bool(np.isnan(outcome.values).any())
        partly |= missing
        kept = results.probability.get(f"on_time:{name}")
        rows.append(
            (
                _name(results, name) + (" *" if missing else ""),
                words.date(outcome.deterministic),
                words.date(outcome.quantiles[50].value),
                words.date(outcome.quantiles[80].value),
                words.date(deadlines[name]) if name in deadlines else "",
                percent(kept.value) if kept else "",
                percents(kept) if kept else "",
            )
        )
    columns = (
        Column("", figures=False),
        Column("plan"),
        Column("P50", optional=2),
        Column("P80"),
        Column("deadline", optional=1),
        Column("chance"),
        Column("95 % interval", optional=3),
    )
    note = "* in the futures in which it takes place." if partly else ""
    return Table("Projects and milestones", columns, tuple(rows), note)


def _deadlines(results: Results) -> dict[str, float]:
    clock = results.plan.clock
    found = {
        key: clock.ms(project.deadline.ends())
        for key, project in results.plan.scenario.projects.items()
        if project.deadline
    }
    tasks = results.plan.network.tasks
    return found | {task.id: task.deadline for task in tasks if task.deadline is not None}


def _name(results: Results, key: str) -> str:
    """What a project or a task is called."""
    scenario = results.plan.scenario
    spec = scenario.projects[key] if key in scenario.projects else scenario.tasks[key]
    return spec.name or key


def contingency_table(results: Results) -> Table:
    """What the plan lacks to reach each confidence, in days and in money."""
    words = words_of(results)
    finish, duration, cost = (results.outcomes[key] for key in ("finish", "duration", "cost"))
    rows = tuple(
        (
            f"P{p}",
            _whole(finish, p, calendar_days),
            _whole(duration, p, lambda ms: math.ceil(words.working_days(ms))),
            words.cell(cost.contingency[p]),
        )
        for p in CONTINGENCY
    )
    columns = (
        Column("to reach", figures=False),
        Column("calendar days"),
        Column("working days", optional=1),
        Column(f"cost ({words.currency})"),
    )
    return Table("Contingency the plan needs", columns, rows)


def _whole(outcome: Outcome, p: int, days: Callable[[float], int]) -> str:
    value = outcome.contingency[p]
    return f"{days(value):,}" if math.isfinite(value) else "never"


def joint_table(results: Results) -> Table:
    """Dates and budgets that hold together."""
    words = words_of(results)
    rows = tuple(
        (
            f"JCL {p} %",
            words.date(point.date),
            words.cell(point.cost) if math.isfinite(point.date) else "",
        )
        for p, point in results.jcl.items()
    )
    columns = (
        Column("", figures=False),
        Column("date"),
        Column(f"budget ({words.currency})"),
    )
    note = "Date and budget of equal chance that are kept together this often."
    return Table("Joint confidence", columns, rows, note)


def criticality_table(results: Results) -> Table:
    """The tasks that most often decide the finish."""
    words = words_of(results)
    tasks = [task for task in results.tasks.values() if task.plan.kind == "task"]
    tasks.sort(key=lambda task: -task.criticality.value)
    rows = tuple(
        (
            _name(results, task.plan.id),
            percent(task.criticality.value),
            percents(task.criticality),
            f"{task.merge_bias_days:.1f}" if task.merge_bias_days > 0.05 else "",
            f"{words.working_days(task.float_hours * MS_PER_HOUR):.0f}",
        )
        for task in tasks[:MOST_CRITICAL]
        if task.criticality.value > 0
    )
    columns = (
        Column("", figures=False),
        Column("criticality"),
        Column("95 % interval", optional=1),
        Column("merge bias (days)", optional=2),
        Column("float in plan (days)", optional=3),
    )
    note = "Criticality: in how many futures a delay of the task delays the finish."
    return Table("Most critical tasks", columns, rows, note)


def risk_table(results: Results) -> Table:
    """The threats: chances as asked and as drawn, and cost beyond the delay."""
    return _risk_table(results, "Risks", lambda risk: risk.kind != OPPORTUNITY)


def opportunity_table(results: Results) -> Table:
    """What makes the program shorter or cheaper where it occurs, apart from the threats."""
    return _risk_table(results, "Opportunities", lambda risk: risk.kind == OPPORTUNITY)


def _risk_table(results: Results, title: str, shown: Callable[[RiskResult], bool]) -> Table:
    words = words_of(results)
    specs = results.plan.scenario.risks
    rows = tuple(
        (
            specs[key].name or key,
            _asked(specs[key]),
            percent(risk.occurred.value),
            percents(risk.occurred),
            words.cell(risk.mean_cost),
        )
        for key, risk in results.risks.items()
        if shown(risk)
    )
    columns = (
        Column("", figures=False),
        Column("chance in file", optional=2),
        Column("occurred"),
        Column("95 % interval", optional=3),
        Column(f"mean cost ({words.currency})", optional=1),
    )
    note = "Cost beyond what the delay costs; mitigations that are bought change the chance."
    return Table(title, columns, rows, note)


def _asked(risk: Risk) -> str:
    if isinstance(risk.chance, Chance):
        return "conditional"
    return "" if risk.chance is None else percent(risk.chance)


def cost_table(results: Results) -> Table:
    """Where the money goes, on average."""
    words = words_of(results)
    sums = dict.fromkeys(_KINDS, 0.0)
    for account, mean in results.accounts:
        sums[account.kind] = sums.get(account.kind, 0.0) + mean
    total = sum(sums.values())
    rows = [
        (_KINDS.get(kind, kind), words.cell(mean), percent(mean / total) if total else "")
        for kind, mean in sorted(sums.items(), key=lambda pair: -pair[1])
        if mean
    ]
    if rows:
        rows.append(("all", words.cell(total), "100 %"))
    columns = (
        Column("", figures=False),
        Column(f"mean cost ({words.currency})"),
        Column("share", optional=1),
    )
    return Table("Cost by kind", columns, tuple(rows))


def reserve_table(results: Results) -> Table:
    """How often the reserves are enough."""
    words = words_of(results)
    what = {"contingency": "contingency, above the plan", "management": "management, above budget"}
    rows = []
    for key, reserve in results.to_dict()["reserves"].items():
        enough = Estimate(**reserve["enough"])
        rows.append(
            (
                what.get(key, key),
                words.cell(reserve["amount"]),
                percent(enough.value),
                percents(enough),
            )
        )
    columns = (
        Column("", figures=False),
        Column(f"reserve ({words.currency})"),
        Column("enough"),
        Column("95 % interval", optional=1),
    )
    return Table("Reserves", columns, tuple(rows))


def rework_table(results: Results) -> Table:
    """How often rework went on to its last round."""
    rows = tuple(
        (_name(results, key), percent(spent.value), percents(spent))
        for key, spent in results.rework_spent.items()
    )
    columns = (
        Column("", figures=False),
        Column("last round needed"),
        Column("95 % interval", optional=1),
    )
    note = "After its last round the work is accepted as it is."
    return Table("Rework", columns, rows, note)
