"""A sweep in words: the best and the worst point, and what each path does."""

import math
from collections.abc import Callable

import numpy as np

from simulator.analysis.sweep import Sweep
from simulator.analysis.sweep_effects import Effect
from simulator.plan.plan import Clock
from simulator.reports.story import Story
from simulator.reports.tables import Column, Table
from simulator.reports.words import UNKNOWN, Words, count, interval, percent

MOST_PATHS = 20
_LONGEST = 72
_DAYS_KEY, _MONEY_KEY, _CHANCE_KEY = "finish_p80", "cost_p80", "all"
_NAMES = {
    "range": "range",
    "first_order": "first order",
    "linear": "end to end",
    "correlation": "rank correlation",
    "mu_star": "mu*",
    "mu": "mu",
    "sigma": "sigma",
    "total": "total",
}
_SHARES = ("first_order", "total", "correlation")
"""Measures without a unit."""
_NOTES = {
    "grid": "Range: between the means over the points at each value. First order: the share of the"
    " variance of all points that the path explains alone.",
    "lhs": "End to end: the linear change from one end of the path to the other. Rank correlation:"
    " Spearman's.",
    "morris": "mu*: mean size of the change from one end of the path to the other; sigma: how much"
    " it depends on where the other paths are.",
    "sobol": "First order: the share of the variance that goes if the path becomes known. Total:"
    " the share that stays if all others do.",
    "around": "Change from the file as it is, paired future by future, with the others as in it.",
}


def sweep_story(found: Sweep) -> Story:
    """Everything that is told about a sweep."""
    points, futures = len(found.design.points), found.results.settings.iterations
    title = f"{count(points, 'point')} on the same {count(futures, 'simulated future')}"
    tables = [extreme_table(found)]
    told = (_DAYS_KEY, _MONEY_KEY, _CHANCE_KEY)
    tables += [effect_table(found, figure) for figure in told if figure in found.effects]
    level = percent(found.results.settings.level)
    notes = [
        f"Intervals are simulation error ({level}), not the uncertainty of the inputs."
        if found.design.kind in ("grid", "around")
        else f"Intervals of effects ({level}) are about which points the design took.",
        f"{found.seconds:,.1f} s.",
    ]
    return Story(title, tuple(_sentences(found)), tuple(tables), tuple(notes))


def words_of(found: Sweep) -> Words:
    """The words of the run of the file, with money in the steps of its P80 cost."""
    results = found.results
    return Words.of(results.plan, results.outcomes["cost"].quantiles[80].value)


def _sentences(found: Sweep) -> list[str]:
    words = words_of(found)
    told = []
    for figure, best, worst in (
        (_DAYS_KEY, "earliest", "latest"),
        (_MONEY_KEY, "cheapest", "dearest"),
    ):
        first, last = found.best(figure), found.worst(figure)
        if first is None or last is None:
            continue
        low, high = (_cell(found, figure, number, words) for number in (first, last))
        what = "P80 finish" if figure == _DAYS_KEY else f"P80 cost ({words.currency})"
        if low == high:
            told.append(f"{what} is {low} at every point.")
            continue
        told.append(
            f"{what} goes from {low} ({best}: {_sets(found, first)}) to {high}"
            f" ({worst}: {_sets(found, last)})."
        )
    idle = [path for path in found.paths if _is_idle(found, path)]
    if idle:
        verb = "changes" if len(idle) == 1 else "change"
        told.append(f"{', '.join(idle)} {verb} nothing that a sweep looks at.")
    if found.faults:
        told.append(f"{count(len(found.faults), 'point')} could not be simulated.")
    return told


def extreme_table(found: Sweep) -> Table:
    """The file as it is, then the best and the worst points of each figure."""
    words = words_of(found)
    rows = [_base_row(found, words)]
    for figure, best, worst in (
        (_DAYS_KEY, "earliest", "latest"),
        (_MONEY_KEY, "cheapest", "dearest"),
        (_CHANCE_KEY, "likeliest", "unlikeliest"),
    ):
        for name, number in ((best, found.best(figure)), (worst, found.worst(figure))):
            if number is not None and figure in found.effects:
                cells = (_cell(found, key, number, words) for key in (_DAYS_KEY, _MONEY_KEY))
                chance = _cell(found, _CHANCE_KEY, number, words)
                rows.append((name, *cells, chance, _sets(found, number)))
    columns = (
        Column("", figures=False),
        Column("P80 finish"),
        Column(f"P80 cost ({words.currency})"),
        Column("all promises", optional=2),
        Column("with", figures=False, optional=1),
    )
    return Table("Best and worst points", columns, tuple(rows))


def effect_table(found: Sweep, figure: str) -> Table:
    """What each path does to a figure, the most first."""
    words = words_of(found)
    unit, text = _unit(figure, words)
    effects = found.ranked(figure)[:MOST_PATHS]
    if found.design.kind == "around":
        return _around_table(found, figure, effects)
    measures = list(effects[0].measures)
    exact = found.design.kind == "grid"
    rows = []
    for each in effects:
        cells = []
        for key in measures:
            shown = _share if key in _SHARES else text
            estimate = each.measures[key]
            cells.append(shown(estimate.value))
            if not exact:
                cells.append(interval(estimate, shown))
        rows.append((_cut(each.path), *cells))
    columns = [Column("path", figures=False)]
    for place, key in enumerate(measures):
        name = _NAMES[key] if key in _SHARES else f"{_NAMES[key]} ({unit})"
        columns.append(Column(name, optional=place))
        if not exact:
            columns.append(Column("95 % interval", optional=place + 1))
    note = _NOTES[found.design.kind]
    return Table(f"Effect on {_title(figure)}", tuple(columns), tuple(rows), note)


def _around_table(found: Sweep, figure: str, effects: tuple[Effect, ...]) -> Table:
    words = words_of(found)
    unit, text = _unit(figure, words)
    rows = tuple(
        (_cut(each.path), _cut(value), _signed(change.value, text), interval(change, text))
        for each in effects
        for value, change in each.measures.items()
    )
    columns = (
        Column("path", figures=False),
        Column("value", figures=False),
        Column(f"change ({unit})"),
        Column("95 % interval", optional=1),
    )
    return Table(f"Effect on {_title(figure)}", columns, rows, _NOTES["around"])


def _base_row(found: Sweep, words: Words) -> tuple[str, ...]:
    results = found.results
    chance = results.probability.get("all")
    return (
        "the file",
        words.date(results.outcomes["finish"].quantiles[80].value),
        words.cell(results.outcomes["cost"].quantiles[80].value),
        "" if chance is None else percent(chance.value),
        "",
    )


def _cell(found: Sweep, figure: str, number: int, words: Words) -> str:
    """A figure of a point in words."""
    value = found.columns[figure][number]
    if figure == _DAYS_KEY:
        return UNKNOWN if np.isnat(value) else words.date(_ms(words.clock, value))
    if math.isnan(value):
        return ""
    return percent(float(value)) if figure == _CHANCE_KEY else words.cell(float(value))


def _ms(clock: Clock, at: np.datetime64) -> float:
    return float((at - np.datetime64(clock.start, "us")) / np.timedelta64(1, "ms"))


def _is_idle(found: Sweep, path: str) -> bool:
    """Whether a path moves no figure at any point, as far as the design tells."""
    own = [each for effects in found.effects.values() for each in effects if each.path == path]
    return bool(own) and all(each.size < 1e-9 for each in own)


def _unit(figure: str, words: Words) -> tuple[str, Callable[[float], str]]:
    if figure == _DAYS_KEY:
        return "days", _days
    if figure == _MONEY_KEY:
        return words.currency, words.cell
    return "points", _points


def _title(figure: str) -> str:
    return {_DAYS_KEY: "P80 finish", _MONEY_KEY: "P80 cost"}.get(
        figure, "the chance of all promises"
    )


def _sets(found: Sweep, number: int) -> str:
    """The values of a point, by the ends of their paths."""
    pairs = zip(found.labels, found.design.points[number], strict=True)
    return _cut(", ".join(f"{label}={text}" for label, text in pairs if text is not None))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"


def _signed(value: float, text: Callable[[float], str]) -> str:
    said = text(value)
    return f"+{said}" if value > 0 and said.strip("0.,") else said


def _days(value: float) -> str:
    return f"{round(value, 1) + 0.0:,.1f}" if math.isfinite(value) else UNKNOWN


def _points(value: float) -> str:
    return f"{round(100 * value, 1) + 0.0:,.1f}" if math.isfinite(value) else UNKNOWN


def _share(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}" if math.isfinite(value) else UNKNOWN
