"""What moves P80, in words and tables: days and money first, the analyst's measures after them."""

import math

from simulator.analysis.drivers import PROGRAM, Driver, Drivers
from simulator.analysis.names import driver_name
from simulator.analysis.shapley import Share
from simulator.estimates.estimate import Estimate
from simulator.reports.comparison import words_of
from simulator.reports.story import Story
from simulator.reports.tables import Column, Table
from simulator.reports.words import UNKNOWN, Words, count, interval, percent
from simulator.run.removals import RANGE

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
    if any(each.total is not None for each in found.removed):
        tables.append(_variance_table(found))
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


def _named(found: Drivers, each: Driver | Share) -> str:
    return driver_name(found.results.plan.scenario, each.name, each.kind)


def _sentences(found: Drivers) -> tuple[str, ...]:
    """The three that cost most days for certain."""
    certain = [each for each in found.finish if each.p80_days.low > 0][:3]
    if not certain:
        return ("Nothing that can be removed saves days at P80 for certain.",)
    parts = [
        f"{_named(found, each)} ({each.kind}) {_days(each.p80_days.value)} days"
        f" ({_days(each.p80_days.low)} to {_days(each.p80_days.high)})"
        for each in certain
    ]
    return (f"At P80, removing it would save: {'; '.join(parts)}.",)


def _finish_table(found: Drivers) -> Table:
    rows = tuple(
        (
            _named(found, each),
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
            _named(found, each),
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
            _named(found, each),
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


def _variance_table(found: Drivers) -> Table:
    shown = [each for each in found.removed if each.total is not None and each.first_order]
    shown.sort(key=lambda each: -_or_zero(each.total))
    rows = tuple(
        (
            _named(found, each),
            each.kind,
            _two(each.first_order),
            _ends(each.first_order),
            _two(each.total),
            _ends(each.total),
        )
        for each in shown
    )
    columns = (
        Column("", figures=False),
        Column("kind", figures=False, optional=3),
        Column("alone"),
        Column("95 % interval", optional=2),
        Column("with others"),
        Column("95 % interval", optional=1),
    )
    note = (
        "Alone: what would go if it were known (first order). With others: what would stay if all"
        " else were (total). Empty: correlated."
    )
    return Table("For the analyst: shares of the variance of the duration", columns, rows, note)


def _task_table(found: Drivers) -> Table:
    shown = sorted(found.tasks.items(), key=lambda item: -_or_zero(item[1].ssi))[:_MOST_TASKS]
    scenario = found.results.plan.scenario
    rows = tuple(
        (
            driver_name(scenario, key, RANGE),
            percent(each.criticality.value),
            _two(each.slope),
            _ends(each.slope),
            _two(each.cruciality_pearson),
            _two(each.cruciality_spearman),
            _two(each.significance),
            _two(each.ssi),
            _two(each.first_order),
            _two(each.total),
            _days(each.merge_bias_days.value) if each.merge_bias_days.high > 0 else "",
        )
        for key, each in shown
    )
    columns = (
        Column("", figures=False),
        Column("critical"),
        Column("P80 a day longer"),
        Column("95 % interval", optional=7),
        Column("cruciality (Pearson)", optional=3),
        Column("(Spearman)", optional=6),
        Column("significance", optional=5),
        Column("SSI"),
        Column("first order", optional=1),
        Column("total", optional=2),
        Column("merge bias (days)", optional=4),
    )
    note = "P80 a day longer: days by which P80 moves for each day that the task takes longer."
    return Table("For the analyst: tasks by schedule sensitivity", columns, rows, note)


def _two(found: Estimate | None) -> str:
    return "" if found is None or math.isnan(found.value) else _text(found.value)


def _ends(found: Estimate | None) -> str:
    return "" if found is None else interval(found, _text)


def _text(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}"


def _or_zero(found: Estimate | None) -> float:
    return found.value if found is not None and math.isfinite(found.value) else 0.0


def _days(value: float) -> str:
    return f"{round(value, 1) + 0.0:,.1f}" if math.isfinite(value) else UNKNOWN
