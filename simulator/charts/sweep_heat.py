"""Where is it good? A map of two paths, and lines of one path at the values of another."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from simulator.analysis.sweep import Sweep
from simulator.charts.comparison import STYLES
from simulator.charts.keys import Key, draw_row
from simulator.charts.look import (
    BODY,
    BODY_BOTTOM,
    BODY_TOP,
    GREY,
    INK,
    LEFT,
    NOTE,
    PAPER,
    RIGHT,
    ChartSkippedError,
    Slide,
    look,
)
from simulator.charts.sweep_subjects import (
    Figures,
    PathAxis,
    figures_of,
    path_axis,
    value_label,
)
from simulator.charts.words import chance_text, counted
from simulator.plan.work_calendar import Floats

MOST_CELLS, MOST_LINES = 24, 6
_MAP = "cividis"
"""Told apart by colour-blind readers, and in grey: J. R. Nunez, C. R. Anderton and R. S. Renslow
(2018), PLOS ONE 13, e0199239."""
_NAMES, _BAR = 2.2, 1.95
"""Widths of the names of rows at most, and of the scale of colours, in inches."""
_DARK = 0.5


def heat(found: Sweep, key: str) -> Figure:
    """One figure at each pair of values of the two paths that move it most."""
    if found.design.kind != "grid" or len(found.paths) < 2:
        raise ChartSkippedError("a map needs a grid of two paths or more")
    figures = figures_of(found, key)
    across, up = two_paths(found, key)
    cells, columns, rows = table_of(figures.values, across, up)
    if min(cells.shape) < 2 or max(cells.shape) > MOST_CELLS:
        raise ChartSkippedError(f"a map shows 2 to {MOST_CELLS} values of each path")
    with look():
        notes = _notes(found, figures)
        slide = Slide.of(found.results, title_of(found, figures), notes, foot_of(found))
        names = [value_label(text) for text in rows]
        wide = min(_NAMES, max(slide.width(name, BODY) for name in names))
        left = LEFT + 0.55 + wide + 0.15
        axes = slide.axes(left, BODY_BOTTOM + 0.85, RIGHT - _BAR - 0.35, BODY_TOP - 0.1)
        _draw_cells(slide, axes, figures, cells)
        _name_cells(slide, axes, [value_label(text) for text in columns], names)
        slide.name_axes(axes, across.label, up.label, y=BODY_BOTTOM + 0.1)
        _draw_scale(slide, figures, cells)
        return slide.figure


def interaction(found: Sweep, key: str) -> Figure:
    """One figure along the path that moves it most, a line for each value of the next one."""
    if found.design.kind != "grid" or len(found.paths) < 2:
        raise ChartSkippedError("lines of one path at another need a grid of two paths or more")
    figures = figures_of(found, key)
    across, by = two_paths(found, key)
    middle, columns, rows = table_of(figures.values, across, by)
    low, _, _ = table_of(figures.low, across, by)
    high, _, _ = table_of(figures.high, across, by)
    if min(middle.shape) < 2:
        raise ChartSkippedError("both paths need two values or more")
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_LINES)).astype(int))
    with look():
        level = chance_text(found.results.settings.level)
        notes = [*_notes(found, figures), f"bars: {level} interval"]
        slide = Slide.of(found.results, title_of(found, figures), notes)
        keys = [
            Key(value_label(rows[row]), line=style)
            for row, style in zip(chosen.tolist(), STYLES, strict=False)
        ]
        slide.text(LEFT, BODY_TOP - 0.1, f"{by.label}:", NOTE, color=GREY)
        draw_row(slide, keys, LEFT + slide.width(f"{by.label}:", NOTE) + 0.3, BODY_TOP - 0.1)
        axes = slide.axes(1.85, 1.6, RIGHT - 0.1, BODY_TOP - 0.4)
        axes.set_xlim(*across.limits())
        ends = np.concatenate([each[chosen].ravel() for each in (low, middle, high)])
        axes.set_ylim(*padded(ends))
        figures.ticks_left(slide, axes)
        across.ticks(slide, axes)
        at = np.array([across.levels[text] for text in columns])
        for place, row in enumerate(chosen.tolist()):
            style = STYLES[place]
            bars = np.abs(np.stack([low[row], high[row]]) - middle[row])
            axes.errorbar(at, middle[row], yerr=np.nan_to_num(bars), capsize=4, marker="o",
                          markersize=6, elinewidth=1.5, zorder=3, **style)  # fmt: skip
        slide.name_axes(axes, across.label, figures.name)
        return slide.figure


def two_paths(found: Sweep, key: str) -> tuple[PathAxis, PathAxis]:
    """The path that moves a figure most, and the next one."""
    order = [found.paths.index(each.path) for each in found.ranked(key)]
    return path_axis(found, order[0]), path_axis(found, order[1])


def table_of(
    values: Floats, across: PathAxis, up: PathAxis
) -> tuple[Floats, tuple[str, ...], tuple[str, ...]]:
    """Means over the points at each pair of values, (rows, columns), and what stands at each."""
    columns, rows = tuple(across.levels), tuple(up.levels)
    at = np.array([columns.index(text) for text in across.texts])
    of = np.array([rows.index(text) for text in up.texts])
    known = np.isfinite(values)
    place = of * len(columns) + at
    size = len(columns) * len(rows)
    sums = np.bincount(place[known], values[known], size)
    counts = np.bincount(place[known], minlength=size)
    with np.errstate(invalid="ignore"):
        return (sums / counts).reshape(len(rows), len(columns)), columns, rows


def padded(values: Floats) -> tuple[float, float]:
    """Limits around values that are known."""
    there = values[np.isfinite(values)]
    low, high = float(there.min()), float(there.max())
    pad = 0.07 * (high - low) or 0.05 * abs(high) or 0.5
    return low - pad, high + pad


def _draw_cells(slide: Slide, axes: Axes, figures: Figures, cells: Floats) -> None:
    colours = colormaps[_MAP]
    axes.set_xlim(-0.5, cells.shape[1] - 0.5)
    axes.set_ylim(-0.5, cells.shape[0] - 0.5)
    axes.set_axis_off()
    axes.pcolormesh(
        np.arange(cells.shape[1] + 1) - 0.5, np.arange(cells.shape[0] + 1) - 0.5,
        np.ma.masked_invalid(cells), cmap=colours, norm=_norm(cells), edgecolors=PAPER, linewidth=1,
    )  # fmt: skip
    box = slide.box(axes)
    wide, high = box.width / cells.shape[1], box.height / cells.shape[0]
    shown = [[figures.text(value) if np.isfinite(value) else "–" for value in row] for row in cells]
    widest = max(slide.width(text, NOTE) for row in shown for text in row)
    if high < 0.3 or widest > 1.6 * wide:
        return
    size = min(NOTE, NOTE * (wide - 0.08) / widest)
    if size < NOTE - 5:
        return
    for row, texts in enumerate(shown):
        for column, text in enumerate(texts):
            shade = (
                float(_norm(cells)(cells[row, column])) if np.isfinite(cells[row, column]) else 1
            )
            x, y = box.x0 + (column + 0.5) * wide, box.y0 + (row + 0.5) * high
            colour = PAPER if shade < _DARK else INK
            slide.text(x, y, text, size, color=colour, ha="center")


def _name_cells(slide: Slide, axes: Axes, columns: list[str], rows: list[str]) -> None:
    box = slide.box(axes)
    wide, high = box.width / len(columns), box.height / len(rows)
    widest = max(slide.width(name, NOTE) for name in columns)
    step = int(np.ceil((widest + 0.1) / wide))
    for number, name in enumerate(columns):
        if number % step == 0:
            x = box.x0 + (number + 0.5) * wide
            slide.text(x, box.y0 - 0.2, name, NOTE, color=GREY, ha="center")
    for number, name in enumerate(rows):
        if high >= 0.2 or number % 2 == 0:
            y = box.y0 + (number + 0.5) * high
            slide.text(
                box.x0 - 0.12, y, slide.fitted(name, _NAMES, NOTE), NOTE, color=GREY, ha="right"
            )


def _draw_scale(slide: Slide, figures: Figures, cells: Floats) -> None:
    """What the colours mean."""
    axes = slide.axes(RIGHT - _BAR, BODY_BOTTOM + 0.85, RIGHT - _BAR + 0.28, BODY_TOP - 0.55)
    norm = _norm(cells)
    steps = np.linspace(norm.vmin or 0.0, norm.vmax or 1.0, 33)
    axes.set_axis_off()
    axes.pcolormesh([0, 1], steps, ((steps[1:] + steps[:-1]) / 2)[:, None], cmap=_MAP, norm=norm)
    box = slide.box(axes)
    for share in (0.0, 0.5, 1.0):
        value = steps[0] + share * (steps[-1] - steps[0])
        y = box.y0 + share * box.height
        room = RIGHT - box.x1 - 0.1
        slide.text(box.x1 + 0.1, y, slide.fitted(figures.text(value), room, NOTE), NOTE, color=GREY)
    slide.text(
        RIGHT - _BAR,
        box.y1 + 0.3,
        slide.fitted(figures.name.partition(" to ")[0], _BAR, NOTE),
        NOTE,
        color=GREY,
    )


def _norm(cells: Floats) -> Normalize:
    there = cells[np.isfinite(cells)]
    low, high = float(there.min()), float(there.max())
    return Normalize(low, high if high > low else low + 1.0)


def _notes(found: Sweep, figures: Figures) -> list[str]:
    notes = [counted(len(found.design.points), "point")]
    others = len(found.paths) - 2
    return [*notes, f"mean over {counted(others, 'path')} more"] if others else notes


def title_of(found: Sweep, figures: Figures) -> str:
    """The best and the worst that points have."""
    first, last = found.best(figures.key), found.worst(figures.key)
    assert first is not None
    assert last is not None
    low, high = figures.values[first], figures.values[last]
    name = figures.name[0].upper() + figures.name[1:]
    if low == high:
        return f"{name} is {figures.text(low)} at every point"
    return f"{name}: {figures.text(low)} at best, {figures.text(high)} at worst"


def foot_of(found: Sweep) -> str:
    """What the footer says."""
    futures = counted(found.results.settings.iterations, "iteration")
    return f"Every point is simulated on the same {futures}"
