"""Which one? The chances of several scenarios, one over the other."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from simulator.analysis.comparison import Comparison
from simulator.charts.gallery import save_drawn
from simulator.charts.keys import Key, draw_column
from simulator.charts.look import (
    BLUE,
    BODY_TOP,
    GREY,
    INK,
    ORANGE,
    RIGHT,
    SKY,
    VERMILLION,
    Slide,
    look,
)
from simulator.charts.subjects import Subject, cost_subject, finish_subject
from simulator.charts.ticks import chance_ticks
from simulator.charts.words import chance_text, counted, money_text, shortened
from simulator.estimates.estimate import Estimate
from simulator.plan.work_calendar import Floats

POINTS = 1_000
LEFT, BOTTOM = 1.75, 1.6
TAIL = 0.002
"""The share of each tail that the axis leaves out."""
STYLES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-", "linewidth": 3},
    {"color": VERMILLION, "linestyle": (0, (6, 2)), "linewidth": 2.5},
    {"color": INK, "linestyle": (0, (1, 1)), "linewidth": 2.5},
    {"color": ORANGE, "linestyle": (0, (6, 2, 1, 2)), "linewidth": 2.5},
    {"color": SKY, "linestyle": (0, (3, 1)), "linewidth": 2.5},
    {"color": GREY, "linestyle": (0, (8, 3)), "linewidth": 2},
)


def save_comparison(found: Comparison, folder: Path, *, svg: bool = False) -> list[Path]:
    """Draw the curves of finish and cost into a folder, which is made; returns the files."""
    return save_drawn(CHARTS, found, folder, svg=svg)


def s_curves_finish(found: Comparison) -> Figure:
    """The chance of each scenario to finish by each date."""
    with look():
        clock = found.variants[0].results.plan.clock
        later = [clock.ms(each.results.plan.clock.start) for each in found.variants]
        return _s_curves(found, [finish_subject(each.results) for each in found.variants], later)


def s_curves_cost(found: Comparison) -> Figure:
    """The chance of each scenario to stay within each amount."""
    with look():
        subjects = [cost_subject(each.results) for each in found.variants]
        return _s_curves(found, subjects, [0.0] * len(subjects))


def _s_curves(found: Comparison, subjects: list[Subject], later: list[float]) -> Figure:
    first, results = subjects[0], found.variants[0].results
    shown = list(zip(found.variants, subjects, later, STYLES, strict=False))
    notes = [f"{counted(len(subjects), 'scenario')} on the same futures"]
    if len(shown) < len(subjects):
        notes.append(f"the first {len(shown)} are drawn")
    iterations = counted(results.settings.iterations, "iteration")
    foot = f"Simulation of {iterations}; what the inputs leave open is in every curve alike"
    slide = Slide.of(results, _title(found, first), notes, foot)
    axes = slide.axes(LEFT, BOTTOM, RIGHT - 0.1, BODY_TOP - 0.1)
    curves = [(subject.values + shift, subject.count) for _, subject, shift, _ in shown]
    axes.set_xlim(*_view([values for values, _ in curves], first.smallest))
    axes.set_ylim(0, 1.02)
    first.ticks(slide, axes)
    chance_ticks(slide, axes, range(0, 101, 20))
    slide.name_axes(axes, first.axis, first.rising)
    low, high = axes.get_xlim()
    axes.axhline(0.8, color=GREY, linewidth=1, zorder=1)
    if first.target is not None and low <= first.target <= high:
        axes.axvline(first.target, color=GREY, linewidth=1.5, linestyle=(0, (5, 2)), zorder=1)
        box = slide.box(axes)
        at = box.x0 + box.width * (first.target - low) / (high - low)
        slide.text(at + 0.1, box.y0 + 0.2, first.target_name, color=GREY)
    keys = []
    for (variant, subject, _, style), (values, count) in zip(shown, curves, strict=True):
        at, chance = _chances(values, count)
        at, chance = (
            np.concatenate([[low], at, [high]]),
            np.append(np.append(0, chance), chance[-1]),
        )
        axes.plot(at, chance, drawstyle="steps-post", zorder=3, **style)
        name = shortened(variant.name, 40)
        keys.append(Key(f"{name}: P80 {subject.at(80)}", line=style))
    draw_column(slide, keys, "upper left", slide.box(axes))
    return slide.figure


def _chances(values: Floats, count: int) -> tuple[Floats, Floats]:
    """Some of the sorted values (n,), and the share of `count` iterations up to each."""
    ranks = np.linspace(1, len(values), min(POINTS, len(values))).astype(np.int64)
    at = np.unique(values[ranks - 1])
    return at, np.searchsorted(values, at, side="right") / count


def _view(values: list[Floats], smallest: float) -> tuple[float, float]:
    """Where the axis begins and ends: all values but the last of both tails."""
    low = min(float(each[int(TAIL * (len(each) - 1))]) for each in values)
    high = max(float(each[int(np.ceil((1 - TAIL) * (len(each) - 1)))]) for each in values)
    pad = 0.04 * (high - low) if high - low > 1e-4 * smallest else smallest / 2
    return low - pad, high + pad


def _title(found: Comparison, subject: Subject) -> str:
    """What the best of the others changes at P80."""
    finish = subject.outcome.id == "finish"
    pairs = [each for each in found.differences if each.a == found.variants[0].name]
    best = pairs[0] if finish else min(pairs, key=lambda each: _or_last(each.cost_p80))
    what = best.finish_p80_days if finish else best.cost_p80
    name = shortened(best.b)
    if not best.told_apart:
        return f"{name} cannot be told apart from {shortened(best.a)}"
    if not (what.low > 0 or what.high < 0):
        chance = chance_text(found.variants[0].results.settings.level)
        what_of = "P80 finish" if finish else "P80 cost"
        return f"{name}: no difference in {what_of} that {chance} intervals show"
    if finish:
        days = round(abs(what.value), 0 if abs(what.value) >= 9.95 else 1)
        text = f"{days:g} day{'' if days == 1 else 's'}"
        return f"{name} finishes {text} {_word(what, 'later', 'earlier')} at P80"
    currency = found.variants[0].results.plan.scenario.program.currency
    text = money_text(abs(what.value), currency)
    return f"{name} costs {text} {_word(what, 'more', 'less')} at P80"


def _word(found: Estimate, more: str, less: str) -> str:
    return more if found.value > 0 else less


def _or_last(found: Estimate) -> float:
    return float(np.nan_to_num(found.value, nan=np.inf))


CHARTS = {"s_curves_finish": s_curves_finish, "s_curves_cost": s_curves_cost}
