"""A comparison in words: who is earlier and cheaper, by how much, and what differs in the files."""

import json
import math
from collections.abc import Callable
from typing import Any

from simulator.analysis.comparison import Comparison, Difference
from simulator.estimates.estimate import Estimate
from simulator.reports.story import Story
from simulator.reports.tables import Column, Table
from simulator.reports.words import UNKNOWN, Words, count, interval, money_text, percent
from simulator.run.results import Results

MOST_CHANGES = 60
_CHANCES = {"on_time": "on time", "on_budget": "on budget", "all": "all promises"}
_LONGEST = 48


def comparison_story(found: Comparison) -> Story:
    """Everything that is told about a comparison."""
    first = found.variants[0].results
    title = (
        f"{count(len(found.variants), 'scenario')} on the same"
        f" {count(first.settings.iterations, 'simulated future')}"
    )
    tables = (
        variant_table(found),
        difference_table(found),
        *([change_table(found)] if found.changed else []),
    )
    level = percent(first.settings.level)
    notes = (
        f"Intervals are simulation error ({level}), not the uncertainty of the inputs.",
        "Differences are paired. Told apart allows for looking at all figures of a pair at once.",
    )
    return Story(title, tuple(sentences(found)), tables, notes)


def sentences(found: Comparison) -> list[str]:
    """One sentence for each scenario beside the first."""
    base = found.variants[0]
    words = words_of(base.results)
    told = [_sentence(each, words) for each in found.differences if each.a == base.name]
    silent = {name for name in _differing_digests(found) if name not in _changed(found)}
    told += [
        f"{name} differs from {base.name} in a file of samples only." for name in sorted(silent)
    ]
    return told


def _sentence(each: Difference, words: Words) -> str:
    if not each.told_apart:
        return f"{each.b} cannot be told apart from {each.a} with these futures."
    days, cost = each.finish_p80_days, each.cost_p80
    said = "finishes at the same time"
    if not _nothing(days):
        size, ends = _sizes(days, _day_count)
        unit = "day" if size == "1" else "days"
        said = f"finishes {size} {unit} {'later' if days.value > 0 else 'earlier'} ({ends})"
    paid = "costs the same"
    if not _nothing(cost):
        size, ends = _sizes(cost, money_text)
        paid = f"costs {size} {words.currency} {'more' if cost.value > 0 else 'less'} ({ends})"
    return f"At P80, {each.b} {said} and {paid}, compared with {each.a}."


def _nothing(found: Estimate) -> bool:
    return found.value == found.low == found.high == 0


def _sizes(found: Estimate, text: Callable[[float], str]) -> tuple[str, str]:
    """A difference without its sign, and its interval in the same direction."""
    if math.isnan(found.value):
        return UNKNOWN, UNKNOWN
    sign = 1 if found.value >= 0 else -1
    low, high = sorted((sign * found.low, sign * found.high))
    ends = " to ".join(text(end) if math.isfinite(end) else UNKNOWN for end in (low, high))
    return text(abs(found.value)), ends if low > 0 else f"{ends}: within simulation error"


def _day_count(value: float) -> str:
    return f"{round(value, 0 if abs(value) >= 9.95 else 1) + 0.0:,g}"


def variant_table(found: Comparison) -> Table:
    """Every scenario: when it finishes, what it costs, which promises it keeps."""
    chances = [key for key in _CHANCES if any(key in v.results.probability for v in found.variants)]
    rows = []
    for each in found.variants:
        results, words = each.results, words_of(each.results)
        finish, cost = results.outcomes["finish"].quantiles, results.outcomes["cost"].quantiles
        kept = [results.probability.get(key) for key in chances]
        rows.append(
            (
                each.name,
                words.date(finish[50].value),
                words.date(finish[80].value),
                words.cell(cost[50].value),
                words.cell(cost[80].value),
                *("" if chance is None else percent(chance.value) for chance in kept),
            )
        )
    currency = found.variants[0].results.plan.scenario.program.currency
    columns = (
        Column("", figures=False),
        Column("P50 finish", optional=3),
        Column("P80 finish"),
        Column(f"P50 cost ({currency})", optional=4),
        Column(f"P80 cost ({currency})"),
        *(Column(_CHANCES[key], optional=1 + (key == "on_budget")) for key in chances),
    )
    return Table("Scenarios", columns, tuple(rows))


def difference_table(found: Comparison) -> Table:
    """Every pair: days, money and points, each with its interval."""
    words = words_of(found.variants[0].results)
    several = len(found.variants) > 2

    def cells(each: Difference) -> tuple[str, ...]:
        return (
            *((each.a,) if several else ()),
            each.b,
            signed(each.finish_p80_days, _day_cell),
            interval(each.finish_p80_days, _day_cell),
            signed(each.finish_mean_days, _day_cell),
            signed(each.cost_p80, words.cell),
            interval(each.cost_p80, words.cell),
            signed(each.cost_mean, words.cell),
            signed(each.all, _points),
            interval(each.all, _points),
            "yes" if each.told_apart else "no",
        )

    columns = (
        *((Column("from", figures=False),) if several else ()),
        Column("to" if several else "", figures=False),
        Column("P80 finish (days)"),
        Column("95 % interval", optional=2),
        Column("mean", optional=4),
        Column(f"P80 cost ({words.currency})"),
        Column("95 % interval", optional=3),
        Column("mean", optional=5),
        Column("all promises (points)", optional=1),
        Column("95 % interval", optional=6),
        Column("told apart"),
    )
    first = found.variants[0].name
    title = "Differences" if several else f"Differences from {first}"
    note = "Calendar days, money and points of the chance; positive: later, dearer, likelier."
    return Table(title, columns, tuple(map(cells, found.differences)), note)


def change_table(found: Comparison) -> Table:
    """What differs in the inputs."""
    several = len(found.variants) > 2
    rows = tuple(
        (
            *((each.variant,) if several else ()),
            each.change.path,
            value_text(each.change.a),
            value_text(each.change.b),
        )
        for each in found.changed[:MOST_CHANGES]
    )
    columns = (
        *((Column("in", figures=False),) if several else ()),
        Column("path", figures=False),
        Column(found.variants[0].name, figures=False),
        Column("there" if several else found.variants[1].name, figures=False),
    )
    left = len(found.changed) - len(rows)
    note = f"And {count(left, 'difference')} more: --json has them all." if left else ""
    return Table("What differs in the inputs", columns, rows, note)


def words_of(results: Results) -> Words:
    """The words of a run, with money in the steps of its P80 cost."""
    return Words.of(results.plan, results.outcomes["cost"].quantiles[80].value)


def value_text(value: Any) -> str:
    """A value of a scenario in a cell, cut where it is long."""
    if value is None:
        return "—"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.replace('"', "")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"


def signed(found: Estimate, text: Callable[[float], str]) -> str:
    """A difference with its sign."""
    if not math.isfinite(found.value):
        return UNKNOWN
    said = text(found.value)
    return f"+{said}" if found.value > 0 and said.strip("0.,") else said


def _day_cell(value: float) -> str:
    return f"{round(value, 1) + 0.0:,.1f}" if math.isfinite(value) else UNKNOWN


def _points(value: float) -> str:
    return f"{round(100 * value, 1) + 0.0:,.1f}" if math.isfinite(value) else UNKNOWN


def _changed(found: Comparison) -> set[str]:
    return {each.variant for each in found.changed}


def _differing_digests(found: Comparison) -> set[str]:
    base = found.variants[0].results.digest
    return {each.name for each in found.variants[1:] if each.results.digest != base}
