"""What matters? Effects and indices of the paths with their intervals, and one path at a time."""

import math
from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.analysis.sweep import Sweep
from simulator.analysis.sweep_effects import Effect
from simulator.charts.keys import Key, draw_row
from simulator.charts.look import (
    BLUE,
    BODY_BOTTOM,
    BODY_TOP,
    INK,
    LEFT,
    NOTE,
    ORANGE,
    RIGHT,
    SKY,
    ChartSkippedError,
    Slide,
    look,
)
from simulator.charts.sweep_heat import foot_of
from simulator.charts.sweep_subjects import Figures, figures_of, value_label
from simulator.charts.words import chance_text, counted, shortened
from simulator.estimates.estimate import Estimate

MOST_BARS, FEWEST_ROWS = 12, 5
_NAMES, _SAID = 3.9, 1.9
"""Widths of names at most, and of what stands behind the bars, in inches."""
_BEFORE = 2.2
"""The width of what stands before bars to the left."""
_SHOWN = {
    "grid": (("range", "from the least to the largest mean"),),
    "lhs": (("linear", "from one end of the path to the other"),),
    "morris": (("mu_star", "mu*: mean size"), ("sigma", "sigma: how much it depends")),
    "sobol": (("first_order", "first order"), ("total", "total")),
}
_SHARES = ("first_order", "total")


def effects(found: Sweep, key: str) -> Figure:
    """The measures of each path, the largest first."""
    shown = _SHOWN.get(found.design.kind)
    if shown is None or len(found.paths) < 2:
        raise ChartSkippedError("effects beside each other need two paths or more")
    figures = figures_of(found, key)
    ranked = [e for e in found.ranked(key) if math.isfinite(e.size)][:MOST_BARS]
    if not ranked or not ranked[0].size:
        raise ChartSkippedError(f"no path moves {figures.name}")
    with look():
        level = chance_text(found.results.settings.level)
        unit = "share of the variance" if shown[0][0] in _SHARES else _unit(found, figures)
        notes = [unit, counted(len(found.design.points), "point")]
        if found.design.kind != "grid":
            notes.append(f"whiskers: {level} interval over points")
        slide = Slide.of(found.results, _title(found, figures, ranked[0]), notes, foot_of(found))
        keys = [
            Key(text, area={"facecolor": colour})
            for (_, text), colour in zip(shown, (BLUE, SKY), strict=False)
        ]
        draw_row(slide, keys, LEFT, BODY_TOP - 0.08)
        measured = [[each.measures[name] for name, _ in shown] for each in ranked]
        text = _share if shown[0][0] in _SHARES else figures.change
        names = [_label(found, each) for each in ranked]
        _draw_bars(slide, names, measured, text)
        return slide.figure


def around(found: Sweep, key: str) -> Figure:
    """What changes from the file as it is with each path alone, the largest change first."""
    if found.design.kind != "around":
        raise ChartSkippedError("one path at a time is another design")
    figures = figures_of(found, key)
    ranked = [e for e in found.ranked(key) if math.isfinite(e.size)][:MOST_BARS]
    if not ranked or not ranked[0].size:
        raise ChartSkippedError(f"no path moves {figures.name}")
    with look():
        level = chance_text(found.results.settings.level)
        notes = [f"change of {figures.name} from the file", f"whiskers: {level} paired interval"]
        first = _label(found, ranked[0])
        title = f"{shortened(first)} moves {figures.name} by up to {figures.change(ranked[0].size)}"
        slide = Slide.of(found.results, title, notes)
        keys = [
            Key(f"{figures.better} than the file", area={"facecolor": BLUE}),
            Key(f"{figures.worse} than the file", area={"facecolor": ORANGE}),
        ]
        draw_row(slide, keys, LEFT, BODY_TOP - 0.08)
        names = [_label(found, each) for each in ranked]
        begin = LEFT + min(_NAMES, max(slide.width(name) for name in names)) + _BEFORE
        axes = slide.axes(begin, BODY_BOTTOM + 0.05, RIGHT - _SAID, BODY_TOP - 0.35)
        low, high = _span([e for each in ranked for e in each.measures.values()])
        rows = max(len(ranked), FEWEST_ROWS)
        _prepare(axes, low, high, rows)
        for number, each in enumerate(ranked):
            _draw_row(slide, axes, figures, each, number, rows)
            box = slide.box(axes)
            y = box.y1 - box.height * (number + 0.5) / rows
            slide.text(LEFT, y, slide.fitted(names[number], begin - LEFT - _BEFORE + 0.1))
        return slide.figure


def _draw_row(  # noqa: PLR0917 - what a row needs, in the order of drawing
    slide: Slide, axes: Axes, figures: Figures, effect: Effect, number: int, rows: int
) -> None:
    """The changes of one path: the two furthest as bars with their values."""
    known = {text: e for text, e in effect.measures.items() if math.isfinite(e.value)}
    ends = sorted(known.items(), key=lambda pair: pair[1].value)
    box = slide.box(axes)
    low, high = axes.get_xlim()
    y = box.y1 - box.height * (number + 0.5) / rows
    better_low = figures.key != "all"
    if ends[0][1].value == ends[-1][1].value == 0:
        slide.text(box.x0 + box.width * (0.0 - low) / (high - low) + 0.1, y, "no change", NOTE)
        return
    for place, (text, change) in enumerate((ends[0], ends[-1])):
        if place == 1 and len(ends) == 1:
            break
        good = (change.value < 0) == better_low
        axes.barh(number, change.value, height=0.62, color=BLUE if good else ORANGE, zorder=2)
        first, last = _ends(change)
        axes.hlines(number, first, last, color=INK, linewidth=2, zorder=3)
        axes.vlines([first, last], number - 0.16, number + 0.16, color=INK, lw=2, zorder=3)
        at_left = change.value < 0 or (change.value == 0 and place == 0)
        end = min(first, 0.0) if at_left else max(last, 0.0)
        x = box.x0 + box.width * (end - low) / (high - low)
        said = f"{value_label(text)}: {figures.change(change.value)}"
        if at_left:
            slide.text(
                x - 0.1, y, slide.fitted(said, x - box.x0 + _BEFORE - 0.2, NOTE), NOTE, ha="right"
            )
        else:
            slide.text(x + 0.1, y, slide.fitted(said, RIGHT - x - 0.1, NOTE), NOTE)


def _draw_bars(
    slide: Slide, names: list[str], measured: list[list[Estimate]], text: Callable[[float], str]
) -> None:
    begin = LEFT + min(_NAMES, max(slide.width(name) for name in names)) + 0.3
    axes = slide.axes(begin, BODY_BOTTOM + 0.05, RIGHT - _SAID, BODY_TOP - 0.35)
    low, high = _span([each for row in measured for each in row])
    rows = max(len(names), FEWEST_ROWS)
    _prepare(axes, low, high, rows)
    box = slide.box(axes)
    thick = 0.7 / len(measured[0])
    for number, (name, row) in enumerate(zip(names, measured, strict=True)):
        y = box.y1 - box.height * (number + 0.5) / rows
        slide.text(LEFT, y, slide.fitted(name, begin - LEFT - 0.25))
        for place, (each, colour) in enumerate(zip(row, (BLUE, SKY), strict=False)):
            if not math.isfinite(each.value):
                continue
            middle = number + (place - (len(row) - 1) / 2) * thick
            axes.barh(middle, each.value, height=thick * 0.92, color=colour, zorder=2)
            first, last = _ends(each)
            if first < last:
                axes.hlines(middle, first, last, color=INK, linewidth=2, zorder=3)
                caps = [middle - thick / 5] * 2, [middle + thick / 5] * 2
                axes.vlines([first, last], *caps, color=INK, linewidth=2, zorder=3)
            x = box.x0 + box.width * (max(last, 0.0) - low) / (high - low)
            at = box.y1 - box.height * (middle + 0.5) / rows
            slide.text(
                x + 0.1, at, text(each.value), NOTE, weight="bold" if place == 0 else "normal"
            )


def _prepare(axes: Axes, low: float, high: float, rows: int) -> None:
    axes.set_xlim(low, high)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_axis_off()
    axes.axvline(0.0, color=INK, linewidth=1)


def _span(every: list[Estimate]) -> tuple[float, float]:
    ends = [end for each in every for end in (*_ends(each), 0.0) if math.isfinite(end)]
    low, high = min(ends), max(ends)
    return low, high if high > low else low + 1.0


def _ends(figure: Estimate) -> tuple[float, float]:
    low, high = (end if math.isfinite(end) else figure.value for end in (figure.low, figure.high))
    return low, high


def _label(found: Sweep, effect: Effect) -> str:
    return found.labels[found.paths.index(effect.path)]


def _unit(found: Sweep, figures: Figures) -> str:
    if figures.key.startswith("finish"):
        return f"calendar days of {figures.name}"
    return f"money of {figures.name}" if figures.key.startswith("cost") else figures.name


def _title(found: Sweep, figures: Figures, first: Effect) -> str:
    name = shortened(_label(found, first))
    if found.design.kind == "sobol":
        total = chance_text(first.measures["total"].value)
        return f"{name} explains {total} of the variance of {figures.name}"
    return f"{name} moves {figures.name} most: by {figures.change(first.size)}"


def _share(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
