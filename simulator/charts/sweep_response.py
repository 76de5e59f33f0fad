"""How does it go with each path? One panel a path, those that matter most first."""

from dataclasses import dataclass

import numpy as np
import scipy
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.analysis.sweep import Sweep
from simulator.charts.keys import Key, draw_row
from simulator.charts.look import (
    BLUE,
    BODY_BOTTOM,
    BODY_TOP,
    LEFT,
    PALE,
    RIGHT,
    SKY,
    ChartSkippedError,
    Slide,
    look,
)
from simulator.charts.sweep_heat import foot_of, padded, title_of
from simulator.charts.sweep_subjects import Figures, PathAxis, figures_of, path_axis
from simulator.charts.words import chance_text, counted
from simulator.plan.work_calendar import Floats

MOST_PANELS = 6
DESIGNS = ("grid", "lhs", "sobol")
_MARGIN, _BELOW, _HEAD = 1.45, 0.72, 0.34
"""Inches beside, below and above each panel."""
_MOST_BINS, _FEWEST = 8, 10
"""Groups of neighbouring points, and the points that each needs."""
_LINE = {"color": BLUE, "linewidth": 2.5}


@dataclass(frozen=True, slots=True)
class Curve:
    """Means (n,) at places along a path, with their intervals and all that was seen there."""

    at: Floats
    mean: Floats
    low: Floats
    high: Floats
    least: Floats
    most: Floats


def response(found: Sweep, key: str) -> Figure:
    """One figure along each path, averaged over the others."""
    if found.design.kind not in DESIGNS:
        raise ChartSkippedError(f"curves need one of the designs {', '.join(DESIGNS)}")
    figures = figures_of(found, key)
    order = [found.paths.index(each.path) for each in found.ranked(key)][:MOST_PANELS]
    paths = [path_axis(found, number) for number in order]
    with look():
        level = found.results.settings.level
        notes = [counted(len(found.design.points), "point"), _said(found, level)]
        if len(paths) < len(found.paths):
            notes.append(f"{len(paths)} of {len(found.paths)} paths")
        foot = None if found.design.kind == "grid" else foot_of(found)
        slide = Slide.of(found.results, title_of(found, figures), notes, foot)
        _draw_keys(slide, found)
        curves = [curve_of(found, figures, path, level) for path in paths]
        limits = _limits(found, figures, curves)
        columns = 1 if len(paths) == 1 else 2 if len(paths) <= 4 else 3
        rows = -(-len(paths) // columns)
        top = BODY_TOP - 0.3
        wide, high = (RIGHT - LEFT) / columns, (top - BODY_BOTTOM) / rows
        for number, (path, curve) in enumerate(zip(paths, curves, strict=True)):
            row, column = divmod(number, columns)
            left, head = LEFT + column * wide, top - row * high
            axes = slide.axes(left + _MARGIN, head - high + _BELOW, left + wide - 0.1, head - _HEAD)
            axes.set_ylim(*limits)
            _draw_panel(slide, axes, found, figures, path, curve)
        return slide.figure


def curve_of(found: Sweep, figures: Figures, path: PathAxis, level: float) -> Curve:
    """The means of a figure along a path: at each value of a grid, else over neighbours."""
    chosen = _independent(found) & np.isfinite(figures.values)
    at, values = path.at[chosen], figures.values[chosen]
    if found.design.kind != "grid" and len(np.unique(at)) > _MOST_BINS:
        order = np.argsort(at, kind="stable")
        parts = np.array_split(order, max(1, min(_MOST_BINS, len(order) // _FEWEST)))
    else:
        parts = [np.flatnonzero(at == place) for place in np.unique(at)]
    groups = [values[part] for part in parts]
    means = np.array([group.mean() for group in groups])
    if found.design.kind == "grid":
        # Points share their futures, so that their errors hardly cancel in a mean.
        low, high = (
            np.array([np.nan_to_num(ends[chosen][part], nan=mean).mean()
                      for part, mean in zip(parts, means, strict=True)])
            for ends in (figures.low, figures.high)
        )  # fmt: skip
    else:
        half = np.array([_half(group, level) for group in groups])
        low, high = means - half, means + half
    return Curve(
        np.array([at[part].mean() for part in parts]),
        means,
        low,
        high,
        np.array([group.min() for group in groups]),
        np.array([group.max() for group in groups]),
    )


def _draw_panel(  # noqa: PLR0917 - what a panel needs, in the order of drawing
    slide: Slide, axes: Axes, found: Sweep, figures: Figures, path: PathAxis, curve: Curve
) -> None:
    axes.set_xlim(*path.limits())
    figures.ticks_left(slide, axes)
    path.ticks(slide, axes)
    if found.design.kind == "grid":
        if len(found.paths) > 1:
            axes.vlines(curve.at, curve.least, curve.most, color=PALE, linewidth=7, zorder=2)
    else:
        shown = _independent(found)
        axes.plot(path.at[shown], figures.values[shown], linestyle="none", marker=".",
                  markersize=4, color=SKY, zorder=2)  # fmt: skip
    bars = np.stack([curve.mean - curve.low, curve.high - curve.mean])
    axes.errorbar(curve.at, curve.mean, yerr=np.maximum(bars, 0.0), capsize=4, marker="o",
                  markersize=6, elinewidth=1.5, zorder=3, **_LINE)  # type: ignore[arg-type]  # fmt: skip
    box = slide.box(axes)
    name = slide.fitted(path.label, box.width + 0.6, weight="bold")
    slide.text(box.x0 - 0.6, box.y1 + 0.17, name, weight="bold")


def _draw_keys(slide: Slide, found: Sweep) -> None:
    grid = found.design.kind == "grid"
    keys = [Key("mean over the other paths" if grid else "mean of neighbours", line=_LINE)]
    if not grid:
        keys.append(Key("a point", line={"color": SKY, "marker": ".", "linestyle": "none"}))
    elif len(found.paths) > 1:
        keys.append(Key("all values of the other paths", area={"facecolor": PALE}))
    draw_row(slide, keys, LEFT, BODY_TOP - 0.08)


def _said(found: Sweep, level: float) -> str:
    what = "simulation error" if found.design.kind == "grid" else "of the mean over points"
    return f"bars: {chance_text(level)} interval, {what}"


def _limits(found: Sweep, figures: Figures, curves: list[Curve]) -> tuple[float, float]:
    """One scale for all panels."""
    ends = [each for curve in curves for each in (curve.low, curve.high, curve.least, curve.most)]
    if found.design.kind != "grid":
        ends.append(figures.values)
    return padded(np.concatenate(ends))


def _independent(found: Sweep) -> np.ndarray:
    """Which points are spread evenly: of Saltelli's design A and B alone."""
    count = len(found.design.points)
    if found.design.kind != "sobol":
        return np.ones(count, dtype=bool)
    return np.arange(count) % (len(found.paths) + 2) < 2


def _half(group: Floats, level: float) -> float:
    """Half of Student's interval of the mean."""
    if len(group) < 2:
        return 0.0
    reach = float(scipy.special.stdtrit(len(group) - 1, 0.5 + level / 2))
    return reach * float(group.std(ddof=1)) / float(np.sqrt(len(group)))
