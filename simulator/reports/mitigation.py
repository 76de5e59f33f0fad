"""The best mitigations for the money, in words and tables."""

import math
import shlex
from pathlib import Path

from simulator.analysis.mitigation.objectives import COST, FINISH
from simulator.analysis.mitigation.result import Alone, BestMitigations, Choice
from simulator.estimates.estimate import Estimate
from simulator.reports.comparison import words_of
from simulator.reports.story import Story
from simulator.reports.tables import Column, Table
from simulator.reports.words import (
    UNKNOWN,
    Words,
    count,
    interval,
    money_text,
    percent,
    percents,
)

NOBODY = "nothing"
_OF = {FINISH: "P80 of the finish", COST: "P80 of the cost"}
_ALL = "the chance to break a promise"


def mitigation_story(found: BestMitigations, file: Path | None = None) -> Story:
    """Everything that is told; `file` is the scenario that the command for a run names."""
    words = words_of(found.results)
    title = (
        f"The best mitigations for {words.exact_money(found.budget)}:"
        f" {count(found.results.settings.iterations, 'simulated future')}"
    )
    if not found.levers:
        said = "There is nothing to choose from: the file has no mitigation that is not bought."
        return Story(title, (said,), (), ())
    tables = [brings_table(found), frontier_table(found), lever_table(found)]
    return Story(title, sentences(found, file), tuple(tables), _notes(found))


def sentences(found: BestMitigations, file: Path | None = None) -> tuple[str, ...]:
    """Which set, what it brings, how sure that is, and how to run it."""
    words = words_of(found.results)
    cheapest = min(lever.spend for lever in found.levers)
    if cheapest > found.budget:
        said = f"the cheapest mitigation costs {words.exact_money(cheapest)}"
        return (f"The budget buys nothing: {said}.",)
    if not found.best.ids:
        return (f"No set within the budget makes {objective_text(found)} smaller.", _proof(found))
    names = {lever.id: lever.name for lever in found.levers}
    bought = _joined([names[each] for each in found.best.ids])
    return (
        f"Best set: {bought}, for {words.exact_money(found.best.spend)}.",
        _brings(found, words),
        _proof(found),
        *([run_text(found, file)] if file is not None else []),
    )


def objective_text(found: BestMitigations) -> str:
    """What is made small."""
    return _OF.get(found.objective.key, _ALL)


def run_text(found: BestMitigations, file: Path) -> str:
    """How to run the program with the best set."""
    sets = " ".join(f"--set {shlex.quote(each)}" for each in found.settings)
    return f"To run it: simulator run {shlex.quote(str(file))} {sets}"


def _joined(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _brings(found: BestMitigations, words: Words) -> str:
    saves = found.best.saves
    base, value = value_text(found, words, found.base), value_text(found, words, found.best.value)
    said = f"It takes {objective_text(found)} from {base} to {value} on fresh futures"
    if not saves.low > 0:
        return f"{said}: a gain that cannot be told from none with these futures."
    ends = interval(saves, lambda end: saved_text(found, words, end))
    size = saved_text(found, words, saves.value)
    return f"{said}: {size} {_unit(found, words)} saved ({ends})."


def _proof(found: BestMitigations) -> str:
    sets = count(found.evaluated, "set")
    if found.best.optimal:
        return f"No set within the budget is better on the futures it was chosen on ({sets} tried)."
    if not math.isfinite(found.bound):
        return f"There may be better sets: {sets} were tried, not all (--most-sets)."
    words = words_of(found.results)
    least = value_text(found, words, Estimate(found.bound, found.bound, found.bound))
    return (
        f"There may be better sets: {sets} were tried, not all (--most-sets). None can be better"
        f" than {least}."
    )


def value_text(found: BestMitigations, words: Words, value: Estimate) -> str:
    """A value of the objective in words."""
    if found.objective.unit == "date":
        return words.date(value.value)
    if found.objective.unit == "money":
        return words.money(value.value)
    return percent(value.value)


def value_interval(found: BestMitigations, words: Words, value: Estimate) -> str:
    """The interval of a value in words."""
    if found.objective.unit == "date":
        return words.dates(value)
    if found.objective.unit == "money":
        return interval(value, words.cell)
    return percents(value)


def saved_text(found: BestMitigations, words: Words, saved: float) -> str:
    """What is saved: days, money or points of a chance."""
    if not math.isfinite(saved):
        return UNKNOWN
    if found.objective.saved == "money":
        return money_text(saved)
    value = 100 * saved if found.objective.saved == "chance" else saved
    return f"{round(value, 1) + 0.0:,.1f}"


def _unit(found: BestMitigations, words: Words) -> str:
    return {"money": words.currency, "chance": "points"}.get(found.objective.saved, "days")


def brings_table(found: BestMitigations) -> Table:
    """The program as it is, with the best set, and the difference, on fresh futures."""
    words, variants = words_of(found.results), found.comparison.variants
    rows: list[tuple[str, ...]] = []
    for each in variants:
        finish, cost = (each.results.outcomes[key].quantiles for key in ("finish", "cost"))
        kept = each.results.probability.get("all")
        rows.append(
            (
                each.name,
                words.date(finish[50].value),
                words.date(finish[80].value),
                words.cell(cost[50].value),
                words.cell(cost[80].value),
                "" if kept is None else percent(kept.value),
            )
        )
    change = found.comparison.differences[0]
    days = [_signed(each, 1) for each in (change.finish_p50_days, change.finish_p80_days)]
    money = [_money_signed(each, words) for each in (change.cost_p50, change.cost_p80)]
    known = not math.isnan(change.all.value)
    points = Estimate(*(100 * e for e in (change.all.value, change.all.low, change.all.high)))
    rows.append(("difference (days, money, points)", *days, *money, _signed(points, 1)))
    columns = (
        Column("", figures=False),
        Column("P50 finish", optional=1),
        Column("P80 finish"),
        Column(f"P50 cost ({words.currency})", optional=2),
        Column(f"P80 cost ({words.currency})"),
        *([Column("all promises")] if known else []),
    )
    cut = tuple(row[: len(columns)] for row in rows)
    return Table("What the best set brings, on fresh futures", columns, cut)


def _signed(found: Estimate, decimals: int) -> str:
    if not math.isfinite(found.value):
        return UNKNOWN
    return f"{round(found.value, decimals) + 0.0:+,.{decimals}f}"


def _money_signed(found: Estimate, words: Words) -> str:
    if not math.isfinite(found.value):
        return UNKNOWN
    said = words.cell(found.value)
    return f"+{said}" if found.value > 0 else said


def frontier_table(found: BestMitigations) -> Table:
    """For growing spend the best set, with its value and what it saves on fresh futures."""
    words = words_of(found.results)

    def cells(each: Choice) -> tuple[str, ...]:
        return (
            words.exact_money(each.spend).removesuffix(f" {words.currency}"),
            ", ".join(each.ids) or NOBODY,
            value_text(found, words, each.value),
            value_interval(found, words, each.value),
            saved_text(found, words, each.saves.value),
            interval(each.saves, lambda end: saved_text(found, words, end)),
        )

    columns = (
        Column(f"spend ({words.currency})"),
        Column("best set", figures=False),
        Column(objective_text(found)),
        Column("95 % interval", optional=1),
        Column(f"saves ({_unit(found, words)})"),
        Column("95 % interval", optional=2),
    )
    proven = all(each.optimal for each in found.frontier)
    note = "" if proven else "Not all sets were tried: there may be better ones."
    return Table(
        "Efficient frontier: the best set for each budget",
        columns,
        tuple(map(cells, found.frontier)),
        note,
    )


def lever_table(found: BestMitigations) -> Table:
    """Each lever alone, and what it adds to the best set."""
    words = words_of(found.results)

    def cells(each: Alone) -> tuple[str, ...]:
        return (
            each.lever.id,
            words.exact_money(each.lever.spend).removesuffix(f" {words.currency}"),
            saved_text(found, words, each.saves.value),
            interval(each.saves, lambda end: saved_text(found, words, end)),
            saved_text(found, words, each.per_money.value * _STEP),
            "yes" if each.chosen else "",
            saved_text(found, words, each.in_set.value),
            interval(each.in_set, lambda end: saved_text(found, words, end)),
        )

    columns = (
        Column("", figures=False),
        Column(f"cost ({words.currency})"),
        Column(f"saves alone ({_unit(found, words)})"),
        Column("95 % interval", optional=1),
        Column(f"per {_STEP:,} {words.currency}", optional=3),
        Column("in the set", figures=False, optional=4),
        Column("adds to the set"),
        Column("95 % interval", optional=2),
    )
    note = "Adds to the set: what the best set saves by it, or would save more with it."
    return Table("Each mitigation", columns, tuple(map(cells, found.alone)), note)


_STEP = 100_000
"""Money that savings are told per."""


def _notes(found: BestMitigations) -> tuple[str, ...]:
    level = percent(found.results.settings.level)
    fresh = (
        "Sets are chosen on the futures of `run` with this seed; all figures are of fresh futures,"
        " so that the winner's luck is not in them."
    )
    return f"Intervals are simulation error ({level}); savings are paired differences.", fresh
