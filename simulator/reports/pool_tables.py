"""Shared pools and boards as tables: who waits for what, how long, and how full pools are."""

import math

from simulator.engine.holding import RISK, WINDOW
from simulator.plan.pools import THOUSANDTHS
from simulator.reports.tables import Column, Table, words_of
from simulator.reports.words import MONTHS, UNKNOWN, Words, interval, percent, percents
from simulator.run.holds import Hold
from simulator.run.pool_use import PoolUse
from simulator.run.pool_values import Effect
from simulator.run.results import Results
from simulator.scenario.units import MS_PER_HOUR

MOST_WAITING = 12
_LEAST_HOURS = 0.05
"""Waits below this are rounded to nothing."""


def pool_tables(results: Results) -> tuple[Table, ...]:
    """Every table on pools and boards that has something in it."""
    tables = (
        pool_table(results),
        value_table(results),
        board_table(results),
        waiting_table(results),
        holds_table(results),
    )
    return tuple(table for table in tables if table.rows)


def pool_table(results: Results) -> Table:
    """How full each finite pool is, and how long tasks wait for it."""
    words, pools = words_of(results), results.plan.network.pools
    use = results.use.pools if results.use else {}
    rows = []
    for number, key in enumerate(pools.ids if pools else ()):
        units = pools.capacity(number)[1] / THOUSANDTHS if pools else ()
        used = use.get(key)
        hours = results.waits.pools[key]
        rows.append(
            (
                pool_name(results, key),
                " → ".join(f"{each:g}" for each in units),
                f"{words.working_days(hours * MS_PER_HOUR):,.1f}" if hours else "",
                percent(used.over_asked.value) if used else "",
                percents(used.over_asked) if used else "",
                percent(used.utilisation) if used and math.isfinite(used.utilisation) else "",
                worst_month(used) if used else "",
            )
        )
    columns = (
        Column("", figures=False),
        Column("units"),
        Column("waiting (days)"),
        Column("someone waits"),
        Column("95 % interval", optional=3),
        Column("used", optional=1),
        Column("most needed (P80)", optional=2),
    )
    note = "Waiting: mean working days of all tasks. Used: of its units, from first to last need."
    return Table("Shared pools", columns, tuple(rows), note)


def value_table(results: Results) -> Table:
    """What each pool costs at P80, and what one more unit of it is worth."""
    words = words_of(results)
    values = results.pool_values.pools if results.pool_values else ()

    def changed(effect: Effect | None) -> tuple[str, str, str]:
        if effect is None:
            return "", "", ""
        saved = effect.saves_days_p80
        return (days(saved.value), interval(saved, days), words.cell(effect.costs_mean.value))

    rows = tuple(
        (
            pool_name(results, each.id),
            days(each.delay_days_p80.value),
            interval(each.delay_days_p80, days),
            days(each.unlimited.saves_days_mean.value),
            *changed(each.one_more),
            *changed(each.one_more_at_work),
        )
        for each in values
    )
    at_work = any(each.one_more_at_work for each in values)
    columns = (
        Column("", figures=False),
        Column("costs at P80 (days)"),
        Column("95 % interval", optional=2),
        Column("mean", optional=4),
        Column("one more saves"),
        Column("95 % interval", optional=3),
        Column(f"and costs ({words.currency})"),
        Column("at work on efforts", optional=1),
        Column("95 % interval", optional=6),
        Column(f"and costs ({words.currency})", optional=5),
    )
    shown = len(columns) if at_work else len(columns) - 3
    note = (
        "Calendar days, by the same futures without limit and with one unit more; costs on average."
    )
    return Table(
        "What pools cost", columns[:shown], tuple(row[:shown] for row in rows), note if rows else ""
    )


def days(value: float) -> str:
    """Calendar days in a column."""
    if not math.isfinite(value):
        return UNKNOWN
    return f"{round(value, 1) + 0.0:,.1f}"


def board_table(results: Results) -> Table:
    """What meeting dates of boards absorb."""
    words, scenario = words_of(results), results.plan.scenario
    refused = results.use.refused if results.use else {}
    names = {board.id: board.name for board in results.plan.network.unfolding.boards}
    rows = tuple(
        (
            names[key],
            str(len(results.waits.board_tasks[key])),
            f"{words.working_days(hours * MS_PER_HOUR):,.1f}",
            percent(refused[key].value) if key in refused else "",
            percents(refused[key]) if key in refused else "",
        )
        for key, hours in results.waits.boards.items()
        if key in scenario.boards
    )
    columns = (
        Column("", figures=False),
        Column("decisions"),
        Column("waiting (days)"),
        Column("refused", optional=1),
        Column("95 % interval", optional=2),
    )
    note = "Waiting: mean working days from when papers are ready to the approving meeting."
    return Table("Boards", columns, rows, note)


def waiting_table(results: Results) -> Table:
    """The tasks that wait longest, and those that wait longer than they work."""
    words = words_of(results)
    starving = set(results.starving)
    sums = {key: sum(waits.values()) for key, waits in results.waits.tasks.items()}
    longest = sorted(
        (key for key, hours in sums.items() if hours >= _LEAST_HOURS), key=lambda key: -sums[key]
    )
    shown = [key for key in longest[:MOST_WAITING] if key not in starving]
    shown = [key for key in longest if key in starving] + shown
    rows = tuple(
        (
            results.plan.scenario.tasks[key].name or key,
            _reasons(results, key),
            f"{words.working_days(sums[key] * MS_PER_HOUR):,.1f}",
            f"{words.working_days(results.work_hours[key] * MS_PER_HOUR):,.1f}"
            if key in results.work_hours
            else "",
            "starves" if key in starving else "",
        )
        for key in shown
    )
    columns = (
        Column("", figures=False),
        Column("waits for", figures=False),
        Column("waiting (days)"),
        Column("own work (days)", optional=1),
        Column("", figures=False, optional=2),
    )
    note = "Mean working days. A task starves that waits longer for people than it works."
    return Table("Tasks that wait longest", columns, rows, note)


def holds_table(results: Results) -> Table:
    """What holds tasks back besides pools and boards: risks, windows and dates."""
    words, scenario = words_of(results), results.plan.scenario
    holds = results.use.holds if results.use else ()
    rows = tuple(
        (
            scenario.tasks[hold.task].name or hold.task,
            _holder(results, hold),
            f"{_days_of(words, hold.hours.value):,.1f}",
            interval(hold.hours, lambda hours: f"{_days_of(words, max(hours, 0.0)):,.1f}"),
            percent(hold.chance.value),
        )
        for hold in holds[:MOST_WAITING]
        if hold.hours.value >= _LEAST_HOURS
    )
    columns = (
        Column("", figures=False),
        Column("held by", figures=False),
        Column("waiting (days)"),
        Column("95 % interval", optional=2),
        Column("in futures", optional=1),
    )
    note = (
        "Mean working days from what the task's links ask for; what comes late by less than that is"
        " absorbed by a window or a date."
    )
    return Table("Held by risks, windows and dates", columns, rows, note)


def _days_of(words: Words, hours: float) -> float:
    return words.working_days(hours * MS_PER_HOUR)


def _holder(results: Results, hold: Hold) -> str:
    if hold.kind == RISK:
        return results.plan.scenario.risks[hold.id].name or hold.id
    return f"window of {hold.id}" if hold.kind == WINDOW else hold.id.replace("_", " ")


def _reasons(results: Results, task: str) -> str:
    """What a task waits for, the longest first."""
    waits = sorted(results.waits.tasks[task].items(), key=lambda pair: -pair[1])
    return ", ".join(pool_name(results, key) for key, hours in waits if hours >= _LEAST_HOURS)


def pool_name(results: Results, key: str) -> str:
    """What a pool or a board is called."""
    scenario = results.plan.scenario
    if key in scenario.pools:
        return scenario.pools[key].name or key
    return next(each.name for each in results.plan.network.unfolding.boards if each.id == key)


def worst_month(use: PoolUse) -> str:
    """The month in which a pool is needed most beside what there is: `3.3 of 2, Feb 2027`."""
    if use.capacity is None or not use.needed.p80.any():
        return ""
    beyond = use.needed.p80 - use.capacity
    month = int(beyond.argmax())
    year, number = use.months[month].split("-")
    needed = f"{use.needed.p80[month]:.1f} of {use.capacity[month]:.3g}"
    return f"{needed}, {MONTHS[int(number) - 1]} {year}"
