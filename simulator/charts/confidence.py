"""How sure? Cumulative chance and distribution of finish and of cost."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.charts.keys import Key, draw_row, row_width
from simulator.charts.look import (
    BLUE,
    BODY,
    BODY_TOP,
    GREY,
    ORANGE,
    PAPER,
    RIGHT,
    SKY,
    Slide,
    styled,
)
from simulator.charts.marks import (
    STRIP,
    Mark,
    draw_marks,
    percentile_marks,
    target_marks,
    view,
)
from simulator.charts.subjects import Subject, cost_subject, finish_subject
from simulator.charts.ticks import chance_ticks
from simulator.charts.words import NEVER, chance_text
from simulator.plan.work_calendar import Floats
from simulator.run.block import Counts
from simulator.run.results import Results
from simulator.run.settings import CHUNK

POINTS = 1_000
"""More points than this on a curve cannot be seen."""
BINS = 36
LATE: dict[str, Any] = {"facecolor": ORANGE, "hatch": "///", "edgecolor": PAPER, "linewidth": 0}
AXES_LEFT, AXES_BOTTOM = 1.75, 1.6


@styled
def s_curve_finish(results: Results) -> Figure:
    """The chance to finish by each date, with plan, deadline, P50 and P80."""
    return _s_curve(results, finish_subject(results))


@styled
def s_curve_cost(results: Results) -> Figure:
    """The chance to stay within each amount, with plan, budget, P50 and P80."""
    return _s_curve(results, cost_subject(results))


@styled
def histogram_finish(results: Results) -> Figure:
    """How often the program finishes when."""
    return _histogram(results, finish_subject(results))


@styled
def histogram_cost(results: Results) -> Figure:
    """How often the program costs how much."""
    return _histogram(results, cost_subject(results))


def _s_curve(results: Results, subject: Subject) -> Figure:
    slide = Slide.of(results, _s_curve_title(subject), subject.notes(results.settings.level))
    axes = slide.axes(AXES_LEFT, AXES_BOTTOM, RIGHT - 0.1, BODY_TOP - STRIP)
    marks = target_marks(subject)
    low, high = _room_for_labels(slide, subject, *view(subject, marks))
    axes.set_xlim(low, high)
    axes.set_ylim(0, 1.02)
    subject.ticks(slide, axes)
    chance_ticks(slide, axes, range(0, 101, 20))
    slide.name_axes(axes, subject.axis, subject.rising)
    draw_marks(slide, axes, marks)
    _draw_curve(axes, results, subject, low, high)
    for percent in (50, 80):
        _draw_percentile(slide, axes, subject, percent)
    return slide.figure


def _s_curve_title(subject: Subject) -> str:
    p80 = subject.at(80)
    if subject.target is None or subject.chance is None:
        if p80 == NEVER:
            return f"{chance_text(subject.never)} of the futures never finish"
        within = "by" if subject.outcome.id == "finish" else "within"
        return f"50 % sure {subject.verb} {subject.at(50)}, 80 % sure {within} {p80}"
    chance = chance_text(subject.chance.value)
    ending = "there is no P80" if p80 == NEVER else f"P80 is {p80}"
    return f"{chance} chance {subject.verb} {subject.text(subject.target)}; {ending}"


def _room_for_labels(
    slide: Slide, subject: Subject, low: float, high: float
) -> tuple[float, float]:
    """Widen the axis until the labels of P50 and P80 fit to the right of the curve."""
    whole = RIGHT - 0.1 - AXES_LEFT
    for percent in (50, 80):
        value = subject.outcome.quantiles[percent].value
        if np.isfinite(value):
            needed = slide.width(_label(subject, percent), BODY, "bold") + 0.4
            high = max(high, low + (value - low) / (1 - needed / whole))
    return low, high


def _label(subject: Subject, percent: int) -> str:
    return f"P{percent}  {subject.at(percent)}"


def _draw_curve(axes: Axes, results: Results, subject: Subject, low: float, high: float) -> None:
    values, trials = subject.values, results.joined.trials[:, np.newaxis]
    ranks = np.linspace(1, len(values), min(POINTS, len(values))).astype(np.int64)
    shown = np.unique(values[ranks - 1])
    counts = _counts(subject.outcome.values, len(trials), np.append(-np.inf, shown))
    chance, least, most = results.estimator.shares(counts, trials)
    at = np.concatenate([[low], shown, [max(high, values[-1])]])
    chance, least, most = (np.append(line, line[-1]) for line in (chance, least, most))
    axes.fill_between(at, least, most, step="post", color=SKY, alpha=0.6, linewidth=0, zorder=3)
    axes.plot(at, chance, drawstyle="steps-post", color=BLUE, linewidth=2.5, zorder=4)
    for mark in target_marks(subject):
        if low <= mark.value <= high:
            _dot(axes, mark.value, _chance_at(subject, mark), mark.colour)


def _counts(values: Floats, groups: int, at: Floats) -> Counts:
    """How many iterations of each group, (G, P), are at most each of `at`, (P,)."""
    group = np.arange(len(values)) // CHUNK % groups
    own = (np.sort(values[group == each]) for each in range(groups))
    return np.array([np.searchsorted(each, at, side="right") for each in own], dtype=np.int64)


def _chance_at(subject: Subject, mark: Mark) -> float:
    if subject.chance is not None and mark.value == subject.target:
        return subject.chance.value
    return subject.outcome.deterministic_confidence.value


def _draw_percentile(slide: Slide, axes: Axes, subject: Subject, percent: int) -> None:
    value, chance = subject.outcome.quantiles[percent].value, percent / 100
    if not np.isfinite(value):
        return
    axes.plot(
        [axes.get_xlim()[0], value, value], [chance, chance, 0], color=GREY, linewidth=1, zorder=2.5
    )
    _dot(axes, value, chance, BLUE)
    _draw_label(slide, axes, subject, percent)


def _draw_label(slide: Slide, axes: Axes, subject: Subject, percent: int) -> None:
    """Below and to the right of its point, where a rising curve never is."""
    box, (low, high), top = slide.box(axes), axes.get_xlim(), axes.get_ylim()[1]
    label = _label(subject, percent)
    x = box.x0 + box.width * (subject.outcome.quantiles[percent].value - low) / (high - low) + 0.2
    y = box.y0 + box.height * percent / 100 / top - 0.2
    wide = slide.width(label, BODY, "bold") + 0.08
    slide.patch(x - 0.04, y - 0.14, wide, 0.28, facecolor=PAPER, alpha=0.85, lw=0)
    slide.text(x, y, label, weight="bold")


def _dot(axes: Axes, x: float, y: float, colour: str) -> None:
    axes.plot(
        [x], [y], marker="o", markersize=11, color=colour, mec=PAPER, mew=2, zorder=5, clip_on=False
    )


def _histogram(results: Results, subject: Subject) -> Figure:
    slide = Slide.of(results, _histogram_title(subject), subject.notes(results.settings.level))
    axes = slide.axes(AXES_LEFT, AXES_BOTTOM, RIGHT - 0.1, BODY_TOP - STRIP)
    marks = [*target_marks(subject), *percentile_marks(subject, (50, 80))]
    low, high = view(subject, marks)
    axes.set_xlim(low, high)
    tallest = _draw_bars(axes, subject, low, high)
    axes.set_ylim(0, 1.04 * tallest)
    subject.ticks(slide, axes)
    step = next(s for s in (1, 2, 5, 10, 20) if 100 * tallest / s <= 6 or s == 20)
    chance_ticks(slide, axes, range(0, int(104 * tallest) + 1, step))
    slide.name_axes(axes, left="Share of the iterations")
    slide.text(AXES_LEFT, 0.8, subject.axis, color=GREY)
    draw_marks(slide, axes, marks)
    _explain_bars(slide, axes, subject)
    return slide.figure


def _histogram_title(subject: Subject) -> str:
    finish = subject.outcome.id == "finish"
    low, high = subject.at(10), subject.at(90)
    if high == NEVER:
        return f"{chance_text(subject.never)} of the futures never finish"
    if low == high:
        return f"At least 80 % of the futures {'finish on' if finish else 'cost'} {low}"
    return f"80 % of the futures {'finish' if finish else 'cost'} between {low} and {high}"


def _draw_bars(axes: Axes, subject: Subject, low: float, high: float) -> float:
    """Bars whose bounds meet the promise, so that none is half kept; returns the highest."""
    width = (high - low) / BINS
    origin = subject.target if subject.target is not None else low
    first = np.floor((low - origin) / width)
    edges = origin + width * np.arange(first, first + BINS + 2)
    shares = _shares(subject, edges)
    late = edges[:-1] >= origin if subject.target is not None else np.zeros(len(shares), dtype=bool)
    for chosen, colour, hatch in ((~late, BLUE, None), (late, ORANGE, "///")):
        heights = np.where(chosen, shares, 0.0)
        axes.stairs(
            heights, edges, fill=True, facecolor=colour, hatch=hatch, ec=PAPER, lw=0, zorder=1.5
        )
    tops = np.maximum(np.append(shares, 0.0), np.append(0.0, shares))
    axes.vlines(edges, 0, tops, color=PAPER, linewidth=1.6, zorder=1.6)
    return float(shares.max())


def _shares(subject: Subject, edges: Floats) -> Floats:
    """The share of iterations between bounds; a value on a bound belongs to the bar before."""
    below = np.searchsorted(subject.values, edges, side="right")
    return np.asarray(np.diff(below) / subject.count)


def _explain_bars(slide: Slide, axes: Axes, subject: Subject) -> None:
    if subject.chance is None:
        return
    kept = chance_text(subject.chance.value)
    missed = chance_text(1 - subject.chance.value - subject.never)
    keys = (
        Key(f"{subject.kept} {kept}", area={"facecolor": BLUE}),
        Key(f"{subject.missed} {missed}", area=LATE),
    )
    draw_row(slide, keys, slide.box(axes).x1 - row_width(slide, keys), 0.8)
