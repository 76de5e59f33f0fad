"""Every chart by name, and how they are saved."""

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

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
from simulator.charts.look import DPI, HEIGHT, WIDTH, ChartSkippedError, look
from simulator.charts.timeline import gantt
from simulator.errors import SettingsError
from simulator.run.results import Results

COLOURS = 256
ALMOST_WHITE = 252
"""The palette's mean of the paper and what is hardly darker; the paper itself stays white."""

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
        Which of `CHARTS`; all by default.
    on_skip
        Told name and reason of each chart that would show nothing.

    Raises
    ------
    SettingsError
        There is no chart of that name.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name in CHARTS if names is None else names:
        if name not in CHARTS:
            raise SettingsError(f"no chart `{name}`; expected one of {', '.join(CHARTS)}")
        try:
            figure = CHARTS[name](results)
        except ChartSkippedError as reason:
            if on_skip is not None:
                on_skip(name, str(reason))
            continue
        written.extend(_save(figure, folder / name, svg))
    return written


def _save(figure: Figure, path: Path, svg: bool) -> list[Path]:
    """Write the files; they say nothing of when and by which version, so equal runs are equal."""
    png, vector = path.with_suffix(".png"), path.with_suffix(".svg")
    raw = BytesIO()
    with look():
        figure.savefig(raw, format="rgba", dpi=DPI)
        if svg:
            figure.savefig(vector, metadata={"Date": None, "Creator": None})
    size = round(WIDTH * DPI), round(HEIGHT * DPI)
    whole = Image.frombuffer("RGBA", size, raw.getvalue(), "raw", "RGBA", 0, 1)
    # A chart has few colours: a palette takes a third of the bytes and half the time.
    few = whole.convert("RGB").quantize(
        COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    few.putpalette([255 if part > ALMOST_WHITE else part for part in few.getpalette() or ()])
    few.save(png, compress_level=2, dpi=(DPI, DPI))
    return [png, vector] if svg else [png]
