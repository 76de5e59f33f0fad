"""One future: who worked when, who waited for what, and how much of each pool was held."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.charts.gallery import save_figure
from simulator.charts.keys import Key, draw_row, row_width
from simulator.charts.look import (
    BLUE,
    BODY,
    BODY_TOP,
    FOOT,
    GREY,
    INK,
    LEFT,
    NOTE,
    ORANGE,
    PALE,
    PAPER,
    RIGHT,
    SKY,
    VERMILLION,
    ChartSkippedError,
    Slide,
    draw_boxes,
    look,
)
from simulator.charts.replay_rows import Bars, Load, Stretch, bars_of, chosen, loads_of
from simulator.charts.ticks import date_ticks
from simulator.charts.words import NEVER, counted, date_text
from simulator.run.replay import Replay
from simulator.run.replay_words import Words
from simulator.scenario.units import MS_PER_DAY, MS_PER_HOUR

TOP, BOTTOM = BODY_TOP + 0.05, 1.42
PANEL, GAP = 0.68, 0.2
"""Heights of the load of a pool and of what lies between two, in inches."""
PROJECTS, NAMES, MARGIN = 2.2, 3.2, 0.012
FEWEST_ROWS = 6
WORKS = {"work": PALE, "chain": BLUE}
EDGE: dict[str, Any] = {"edgecolor": GREY, "linewidth": 0.6}
WAITS: dict[str, dict[str, Any]] = {
    "pools": {"facecolor": PAPER, "edgecolor": VERMILLION, "hatch": "/////", "linewidth": 0.8},
    "board": {"facecolor": PAPER, "edgecolor": INK, "hatch": "....", "linewidth": 0.8},
    "other": {"facecolor": PAPER, "edgecolor": ORANGE, "hatch": "xxxx", "linewidth": 0.8},
}
"""Told apart by hatching, and by lightness where they are printed in grey."""
SAID = {
    "pools": "waits for units",
    "board": "waits for a board",
    "other": "held back, or no window",
}


def save_replay(replay: Replay, folder: Path, *, svg: bool = False) -> list[Path]:
    """Draw a replayed future to `replay-<iteration>.png`, with `svg` as vectors as well.

    Raises
    ------
    OSError
        It cannot be written there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return save_figure(replay_chart(replay), folder / f"replay-{replay.iteration}", svg)


def replay_chart(replay: Replay) -> Figure:
    """Tasks above, with what they waited for; below them the load of pools against what they have.

    Raises
    ------
    ChartSkippedError
        Nothing exists in this future.
    """
    with look():
        return _drawn(replay)


def _drawn(replay: Replay) -> Figure:
    every = bars_of(replay)
    if not every:
        raise ChartSkippedError("the future has no tasks")
    rows = chosen(every)
    view = _view(rows, replay.finish)
    loads = loads_of(replay, *view)
    slide = Slide.of(
        replay.results, _title(replay, every), _notes(replay, rows, every), _foot(replay)
    )
    foot = BOTTOM + len(loads) * (PANEL + GAP)
    first, left = _columns(slide, replay, rows, loads, foot)
    axes = slide.axes(left, foot, RIGHT, TOP)
    axes.set_ylim(max(len(rows), FEWEST_ROWS) - 0.5, -0.5)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    panels = [axes]
    for number, load in enumerate(loads):
        bottom = foot - (number + 1) * (PANEL + GAP)
        panels.append(slide.axes(left, bottom, RIGHT, bottom + PANEL))
        _draw_load(slide, panels[-1], replay, load, left)
    for panel in panels:
        panel.set_xlim(*view)
        panel.xaxis.set_visible(False)
        if np.isfinite(replay.finish):
            panel.axvline(replay.finish, color=INK, linewidth=1.2, zorder=1)
    _draw_rows(axes, rows)
    _name_rows(slide, rows, foot, (first, left))
    _name_projects(slide, replay, rows, foot, first)
    date_ticks(slide, panels[-1], replay.plan.clock, NOTE)
    _explain(slide, rows, loads)
    return slide.figure


def _title(replay: Replay, bars: list[Bars]) -> str:
    end = replay.finish
    date = date_text(replay.plan.clock, end) if np.isfinite(end) else NEVER
    waited = sum(end - begin for each in bars for begin, end in each.pools)
    ends = f"Iteration {replay.iteration:,}: finish {date}"
    if not waited:
        return ends
    return f"{ends}, after {waited / MS_PER_DAY:,.0f} task-days of waiting for units"


def _notes(replay: Replay, rows: list[Bars], every: list[Bars]) -> list[str]:
    later = f"later than {100 * replay.later_than:.1f} % of them"
    if len(rows) == len(every):
        return [later]
    return [
        later,
        f"{len(rows)} of {counted(len(every), 'task')}, those first that decided the finish",
    ]


def _foot(replay: Replay) -> str:
    count = counted(replay.results.settings.iterations, "iteration")
    return f"One future out of {count}: what could happen, not what is expected"


def _view(rows: list[Bars], finish: float) -> tuple[float, float]:
    """From the first start to the last finish."""
    marks = [
        mark
        for row in rows
        for each in (row.work, row.chain, row.pools, row.board, row.other)
        for stretch in each
        for mark in stretch
    ]
    marks += [point for row in rows for point in row.points]
    marks += [finish] if np.isfinite(finish) else []
    low, high = min(marks), max(marks)
    pad = max(MARGIN * (high - low), MS_PER_HOUR)
    return low - pad, high + pad


def _pitch(rows: list[Bars], foot: float) -> float:
    return (TOP - foot) / max(len(rows), FEWEST_ROWS)


def _draw_rows(axes: Axes, rows: list[Bars]) -> None:
    """Bars of work, hatched bars of waiting, diamonds for instants."""
    for kind, style in WAITS.items():
        _boxes(axes, [(y, each) for y, row in enumerate(rows) for each in getattr(row, kind)],
               0.2, **style)  # fmt: skip
    for kind, colour in WORKS.items():
        _boxes(axes, [(y, each) for y, row in enumerate(rows) for each in getattr(row, kind)],
               0.34, facecolor=colour, **EDGE)  # fmt: skip
    points = [(at, y) for y, row in enumerate(rows) for at in row.points]
    if points:
        at, y = zip(*points, strict=True)
        axes.scatter(at, y, s=46, marker="D", color=INK, zorder=5, clip_on=False)


def _boxes(axes: Axes, stretches: list[tuple[int, Stretch]], half: float, **style: Any) -> None:
    if not stretches:
        return
    y = np.array([row for row, _ in stretches], dtype=np.float64)
    begin, end = (np.array([each[k] for _, each in stretches]) for k in (0, 1))
    colour = style.pop("facecolor")
    draw_boxes(axes, (begin, end), (y - half, y + half), colour, zorder=3, **style)


def _draw_load(slide: Slide, axes: Axes, replay: Replay, load: Load, left: float) -> None:
    """What is held of a pool, what rows that wait would need on top, and how much there is."""
    most = float(max(load.wanted.max(initial=0.0), load.capacity.max(initial=0.0), 1e-3))
    axes.set_ylim(0, 1.12 * most)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_color(PALE)
    axes.stairs(load.wanted, load.edges, baseline=load.held, fill=True, zorder=2, **{
        **WAITS["pools"], "linewidth": 0.0})  # fmt: skip
    axes.stairs(load.held, load.edges, fill=True, facecolor=SKY, zorder=3)
    axes.stairs(load.capacity, load.edges, baseline=None, color=INK, linewidth=1.8, zorder=4)
    box, top = slide.box(axes), float(load.capacity.max(initial=0.0))
    for value in dict.fromkeys((0.0, top)):
        y = box.y0 + box.height * value / (1.12 * most)
        slide.text(left - 0.08, y, f"{value:g}", FOOT, color=GREY, ha="right")
    name = Words(replay.plan).pool(load.pool)
    room = left - LEFT - 0.6
    slide.text(LEFT, (box.y0 + box.y1) / 2 + 0.1, slide.fitted(name, room, NOTE, "bold"), NOTE,
               weight="bold")  # fmt: skip
    slide.text(LEFT, (box.y0 + box.y1) / 2 - 0.13, "units", FOOT, color=GREY)


def _size(rows: list[Bars], foot: float) -> float:
    return min(BODY, 0.86 * 72 * _pitch(rows, foot))


def _columns(
    slide: Slide, replay: Replay, rows: list[Bars], loads: list[Load], foot: float
) -> tuple[float, float]:
    """Where the names of tasks and the bars begin: the columns are as wide as needed."""
    size, words = _size(rows, foot), Words(replay.plan)
    several = len(replay.plan.network.projects) > 1
    longest = max(
        slide.width(word, _project_size(size), "bold")
        for row in rows
        for word in _project(replay, row.project).split()
    )
    first = LEFT + (min(PROJECTS, longest + 0.9) if several else 0.0)
    names = max(slide.width(row.name, size) for row in rows)
    pools = max((slide.width(words.pool(each.pool), NOTE, "bold") for each in loads), default=0.0)
    return first, max(first + min(NAMES, names + 0.25), LEFT + min(NAMES, pools + 0.75))


def _project(replay: Replay, number: int) -> str:
    key = replay.plan.network.projects[number]
    return replay.plan.scenario.projects[key].name or key


def _project_size(size: float) -> float:
    return min(NOTE, size)


def _name_rows(slide: Slide, rows: list[Bars], foot: float, columns: tuple[float, float]) -> None:
    size, pitch = _size(rows, foot), _pitch(rows, foot)
    for number, row in enumerate(rows):
        y = TOP - pitch * (number + 0.5)
        text = slide.fitted(row.name, columns[1] - columns[0] - 0.15, size)
        slide.text(columns[0], y, text, size)


def _name_projects(
    slide: Slide, replay: Replay, rows: list[Bars], foot: float, first: float
) -> None:
    """A name for each run of rows of one project, and a line between projects."""
    if len(replay.plan.network.projects) == 1:
        return
    pitch, size = _pitch(rows, foot), _project_size(_size(rows, foot))
    begins = [k for k in range(len(rows)) if not k or rows[k].project != rows[k - 1].project]
    for begin, end in pairwise([*begins, len(rows)]):
        top = TOP - pitch * begin
        lines = max(1, min(3, int((end - begin) * pitch * 72 / (1.25 * size))))
        name = _project(replay, rows[begin].project)
        text = slide.wrapped(name, first - LEFT - 0.15, lines, size, "bold")
        slide.text(LEFT, top - 0.04, text, size, weight="bold", va="top")
        slide.line([LEFT, RIGHT], [top, top], color=PALE, lw=1)


def _explain(slide: Slide, rows: list[Bars], loads: list[Load]) -> None:
    """What colours and hatching mean, of those that there are."""
    keys = [
        Key(said, area={"facecolor": WORKS[kind], **EDGE})
        for kind, said in (("chain", "works, decides the finish"), ("work", "works"))
        if any(getattr(row, kind) for row in rows)
    ]
    keys += [
        Key(SAID[kind], area=style)
        for kind, style in WAITS.items()
        if any(getattr(row, kind) for row in rows)
    ]
    if any(row.points for row in rows):
        point = {"color": INK, "linestyle": "none", "marker": "D", "markersize": 8}
        keys.append(Key("instant", line=point))
    if loads:
        keys.append(Key("held", area={"facecolor": SKY, "linewidth": 0}))
        keys.append(Key("capacity", line={"color": INK, "linewidth": 1.8}))
    keys.append(Key("finish", line={"color": INK, "linewidth": 1.2}))
    room = RIGHT - LEFT
    draw_row(slide, keys, LEFT, 0.62, min(FOOT, FOOT * room / row_width(slide, keys, FOOT)))
