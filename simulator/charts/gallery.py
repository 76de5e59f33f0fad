"""Every chart by name, and how they are saved."""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from simulator.charts.cash_flow import cash_flow
from simulator.charts.confidence import (
    histogram_cost,
    histogram_finish,
    s_curve_cost,
    s_curve_finish,
)
from simulator.charts.drivers import criticality
from simulator.charts.joint import joint_confidence
from simulator.charts.look import DPI, HEIGHT, WIDTH, ChartSkippedError, Slide, look
from simulator.charts.pool_load import pool_load
from simulator.charts.pool_value import pool_value
from simulator.charts.timeline import gantt
from simulator.errors import SettingsError
from simulator.estimates.probabilities import probability_estimates
from simulator.run.results import Results

COLOURS = 256

Found = TypeVar("Found")
"""What charts show: a run, a comparison, drivers."""
CHARTS: dict[str, Callable[[Results], Figure]] = {
    "s_curve_finish": s_curve_finish,
    "s_curve_cost": s_curve_cost,
    "histogram_finish": histogram_finish,
    "histogram_cost": histogram_cost,
    "joint_confidence": joint_confidence,
    "gantt": gantt,
    "criticality": criticality,
    "cash_flow": cash_flow,
}
"""In the order in which a deck shows them."""
OF_SOME: dict[str, Callable[[Results], Figure]] = {
    "pool_load": pool_load,
    "pool_value": pool_value,
}
"""Charts of what only some runs have; the others do without, and nothing is said of it."""


def save_charts(
    results: Results,
    folder: str | Path,
    svg: bool = False,
    names: Sequence[str] | None = None,
    on_skip: Callable[[str, str], None] | None = None,
) -> list[Path]:
    """Draw charts and write each to `<name>.png`, with `svg` to `<name>.svg` as well.

    Parameters
    ----------
    results
        What a run found.
    folder
        Made if it is not there.
    svg
        Whether to write vector graphics too.
    names
        Which of `CHARTS` and `OF_SOME`; all by default.
    on_skip
        Told name and reason of each chart that would show nothing.

    Raises
    ------
    SettingsError
        There is no chart of that name.
    """
    every = CHARTS | OF_SOME
    chosen = list(every if names is None else names)
    for name in chosen:
        if name not in every:
            raise SettingsError(f"no chart `{name}`; expected one of {', '.join(every)}")

    def skipped(name: str, reason: str) -> None:
        if on_skip is not None and (name in CHARTS or names is not None):
            on_skip(name, reason)

    drawn = {name: every[name] for name in chosen}
    return save_drawn(drawn, results, Path(folder), svg=svg, on_skip=skipped)


def save_drawn(
    charts: Mapping[str, Callable[[Found], Figure]],
    found: Found,
    folder: Path,
    *,
    svg: bool = False,
    on_skip: Callable[[str, str], None] | None = None,
) -> list[Path]:
    """Draw charts of one thing into a folder, which is made; returns the files.

    `on_skip` is told name and reason of each chart that would show nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, draw in charts.items():
        try:
            figure = draw(found)
        except ChartSkippedError as reason:
            if on_skip is not None:
                on_skip(name, str(reason))
            continue
        written += save_figure(figure, folder / name, svg)
    return written


def save_figure(figure: Figure, path: Path, svg: bool) -> list[Path]:
    """Write the files; they say nothing of when and by which version, so equal runs are equal."""
    png, vector = path.with_suffix(".png"), path.with_suffix(".svg")
    with look():
        pixels = _pixels(figure)
        if svg:
            figure.savefig(vector, metadata={"Date": None, "Creator": None})
    _with_palette(pixels).save(png, compress_level=2, dpi=(DPI, DPI))
    return [png, vector] if svg else [png]


def warm_up() -> None:
    """Load what a first chart would load: fonts, outlines of letters, parts of libraries."""
    with look():
        slide = Slide(Figure(figsize=(WIDTH, HEIGHT), dpi=DPI))
        axes = slide.axes(1.0, 1.0, 2.0, 2.0)
        axes.plot([0, 1], [0, 1], marker="o")
        for weight in ("normal", "bold"):
            slide.text(1.0, 1.0, "".join(map(chr, range(0x20, 0x7F))), weight=weight)
        axes.fill_between([0, 1], *probability_estimates(np.arange(2), 2, 0.95)[1:])
        _with_palette(_pixels(slide.figure)).save(BytesIO(), format="png")


def _pixels(figure: Figure) -> npt.NDArray[np.uint8]:
    """What a figure looks like: (height, width, 4)."""
    canvas: Any = FigureCanvasAgg(figure)  # matplotlib has no types for it
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def _with_palette(pixels: npt.NDArray[np.uint8]) -> Image.Image:
    """The picture, (height, width, 4), in 256 colours: a third of the bytes, half the time.

    Most pixels look like the one before them, so colours are chosen among the first of each such
    run. An entry of the palette is the colour of its longest run: paper and areas stay exact.
    """
    height, width = pixels.shape[:2]
    flat = np.ascontiguousarray(pixels).view(np.uint32).ravel()
    begins = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    lengths = np.diff(begins, append=len(flat))
    colours = pixels.reshape(-1, 4)[begins, :3]
    runs = Image.frombuffer("RGB", (len(begins), 1), colours.tobytes(), "raw", "RGB", 0, 1)
    few = runs.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    entries = np.asarray(few).ravel()
    palette = np.zeros((COLOURS, 3), dtype=np.uint8)
    longest_last = np.argsort(lengths, kind="stable")
    palette[entries[longest_last]] = colours[longest_last]
    found = np.repeat(entries, lengths)
    whole = Image.frombuffer("P", (width, height), found.tobytes(), "raw", "P", 0, 1)
    whole.putpalette(palette.ravel().tolist())
    return whole
