"""What moves P80, in words and tables: days and money first, the analyst's measures after them."""

import math
from collections.abc import Mapping
from typing import Any

from simulator.analysis.drivers import PROGRAM, Driver, Drivers
from simulator.estimates.estimate import Estimate
from simulator.reports.comparison import words_of
from simulator.reports.story import Story
from simulator.reports.tables import Column, Table
from simulator.reports.words import UNKNOWN, Words, count, interval, percent
from simulator.run.results import Results

MOST = 20
_MOST_TASKS = 15


def drivers_story(found: Drivers) -> Story:
    """Everything that is told about what moves P80."""
    results = found.results
    of = "the finish" if found.target == PROGRAM else found.target
    title = f"What moves P80 of {of}: {count(results.settings.iterations, 'simulated future')}"
    tables = [_finish_table(found)]
    if any(each.p80_cost.value for each in found.removed):
        tables.append(_cost_table(found))
    if found.shapley:
        tables.append(_share_table(found))
    if found.tasks:
        tables.append(_task_table(found))
    level = percent(results.settings.level)
    notes = [
        f"Intervals are simulation error ({level}), of paired differences.",
        "Removals do not add up: two causes may hide behind each other, or need each other.",
    ]
    if found.left_out:
        notes.append(
            f"The ranges of {count(found.left_out, 'task')} that are less often critical were not"
            " removed (--ranges)."
        )
    return Story(title, _sentences(found), tuple(tables), tuple(notes))


def driver_name(results: Results, each: Driver) -> str:
    """What a person calls it."""
    scenario = results.plan.scenario
    named: dict[str, Mapping[str, Any]] = {
        "risk": scenario.risks,
        "factor": scenario.risks,
        "pool": scenario.pools,
        "board": scenario.boards,
        "range": scenario.tasks,
    }
    spec = named.get(each.kind, {}).get(each.name)
    return getattr(spec, "name", None) or each.name


def _sentences(found: Drivers) -> tuple[str, ...]:
    """The three that cost most days for certain."""
    certain = [each for each in found.finish if each.p80_days.low > 0][:3]
    if not certain:
        return ("Nothing that can be removed saves days at P80 for certain.",)
    parts = [
        f"{driver_name(found.results, each)} ({each.kind}) {_days(each.p80_days.value)} days"
        f" ({_days(each.p80_days.low)} to {_days(each.p80_days.high)})"
        for each in certain
    ]
    return (f"At P80, removing it would save: {'; '.join(parts)}.",)


def _finish_table(found: Drivers) -> Table:
    rows = tuple(
        (
            driver_name(found.results, each),
            each.kind,
            _days(each.p80_days.value),
            interval(each.p80_days, _days),
            _days(each.mean_days.value),
            interval(each.mean_days, _days),
            "" if each.p80_days_spread is None else _days(each.p80_days_spread.value),
        )
        for each in found.finish[:MOST]
    )
    columns = (
        Column("", figures=False),
        Column("kind", figures=False, optional=2),
        Column("P80 (days)"),
        Column("95 % interval", optional=1),
        Column("mean (days)"),
        Column("95 % interval", optional=4),
        Column("spread alone, P80", optional=3),
    )
    return Table("What costs days", columns, rows, _more(found))


def _cost_table(found: Drivers) -> Table:
    words = words_of(found.results)
    rows = tuple(
        (
            driver_name(found.results, each),
            each.kind,
            words.cell(each.p80_cost.value),
            interval(each.p80_cost, words.cell),
            words.cell(each.mean_cost.value),
            interval(each.mean_cost, words.cell),
        )
        for each in found.cost[:MOST]
    )
    columns = (
        Column("", figures=False),
        Column("kind", figures=False, optional=2),
        Column(f"P80 ({words.currency})"),
        Column("95 % interval", optional=1),
        Column(f"mean ({words.currency})"),
        Column("95 % interval", optional=3),
    )
    return Table("What costs money", columns, rows, _more(found))


def _more(found: Drivers) -> str:
    left = len(found.removed) - MOST
    return f"And {left} that move less: --json has them all." if left > 0 else ""


def _share_table(found: Drivers) -> Table:
    words: Words = words_of(found.results)
    rows = tuple(
        (
            each.name,
            _days(each.p80_days.value),
            interval(each.p80_days, _days),
            words.cell(each.p80_cost.value),
            interval(each.p80_cost, words.cell),
        )
        for each in found.shapley
    )
    total = tuple(
        sum(figure.value for figure in column)
        for column in zip(*((s.p80_days, s.p80_cost) for s in found.shapley), strict=True)
    )
    rows += (("together", _days(total[0]), "", words.cell(total[1]), ""),)
    columns = (
        Column("", figures=False),
        Column("P80 (days)"),
        Column("95 % interval", optional=1),
        Column(f"P80 ({words.currency})"),
        Column("95 % interval", optional=2),
    )
    note = "Shapley shares: what all of these are worth together, so divided that it adds up."
    return Table("Shares that add up", columns, rows, note)


def _task_table(found: Drivers) -> Table:
    shown = sorted(found.tasks.items(), key=lambda item: -_or_zero(item[1].ssi))[:_MOST_TASKS]
    rows = tuple(
        (
            found.results.plan.scenario.tasks[key].name or key,
            percent(each.criticality.value),
            _two(each.cruciality_pearson),
            _two(each.cruciality_spearman),
            _two(each.significance),
            _two(each.ssi),
            _two(each.first_order),
            _two(each.total),
        )
        for key, each in shown
    )
    columns = (
        Column("", figures=False),
        Column("critical"),
        Column("cruciality (Pearson)", optional=2),
        Column("(Spearman)", optional=4),
        Column("significance", optional=3),
        Column("SSI"),
        Column("first order", optional=1),
        Column("total", optional=5),
    )
    return Table("For the analyst: tasks by schedule sensitivity", columns, rows)


def _two(found: Estimate) -> str:
    return f"{found.value:.2f}" if math.isfinite(found.value) else ""


def _or_zero(found: Estimate) -> float:
    return found.value if math.isfinite(found.value) else 0.0


def _days(value: float) -> str:
    return f"{round(value, 1) + 0.0:,.1f}" if math.isfinite(value) else UNKNOWN
