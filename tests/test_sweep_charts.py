"""Charts and words of sweeps: every design has its own, and each is drawn the same each time."""

import re
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import simulator
from simulator.analysis.sweep import Sweep
from simulator.charts.look import ChartSkippedError
from simulator.charts.sweep import CHARTS, save_sweep
from simulator.charts.sweep_heat import table_of, two_paths
from simulator.charts.sweep_response import curve_of
from simulator.charts.sweep_subjects import figures_of, path_axis, value_label
from simulator.reports.sweep import sweep_story
from simulator.run.sweep.axes import axes_of
from simulator.run.sweep.designs import design_of
from simulator.run.sweep.points import DATES
from simulator.run.sweep.table import columns_of
from simulator.run.sweep.worker import ROW
from simulator.scenario.units import parse_quantity
from tests.test_compare import TEXT

GRID = {"risks.late.chance": "0.1:0.5:0.2", "p.x.cost_rate": ["700/d", "900/d"]}
DRAWN = {"risks.late.chance": "uniform(0, 0.8)", "p.x.cost_rate": "600/d:1000/d:100/d"}
HAS = {
    "grid": {"heat_finish", "heat_all", "interaction_cost", "response_finish", "effects_cost"},
    "lhs": {"response_finish", "effects_finish", "effects_cost"},
    "morris": {"effects_finish", "effects_cost"},
    "sobol": {"response_all", "effects_finish", "effects_cost"},
    "around": {"around_finish", "around_cost"},
}


@cache
def base() -> simulator.Results:
    """The run of the file as it is."""
    return simulator.simulate(simulator.loads(TEXT), iterations=200)


def row(point):
    """What a point might find: later and dearer the likelier the risk is, dearer by the rate."""
    chance = float(point[0] or 0.3)
    rate = parse_quantity(point[1] or "800/d").value
    value = {
        "finish_p50": 20 * chance, "finish_p80": 30 * chance + 10, "cost_p50": 30_000 + 10 * rate,
        "cost_p80": 33_000 + 10 * rate * (1 + chance), "on_time": 1 - chance, "on_budget": 0.5,
        "all": 0.5 - chance / 2, "finish_p80_change_days": 30 * (chance - 0.3),
        "cost_p80_change": 10 * rate * (1 + chance) - 10_400, "all_change": (0.3 - chance) / 2,
    }  # fmt: skip
    found = {}
    for key, middle in value.items():
        for end, off in zip(("", "_low", "_high"), (0.0, -0.02, 0.02), strict=True):
            each = middle + off * (1 + abs(middle))
            at = datetime(2027, 3, 1) + timedelta(days=each) if key in DATES else each
            found[key + end] = at.isoformat(timespec="seconds") if key in DATES else at
    return found


@cache
def found(kind: str) -> Sweep:
    """A sweep of a design, with figures by a formula."""
    points = {"lhs": 40, "morris": 24, "sobol": 300}.get(kind)
    design = design_of(axes_of(GRID if kind == "grid" else DRAWN), kind, points, 1)
    own = {"risks.late.chance": 0.3, "p.x.cost_rate": "800/d"}
    answers = [(ROW, row(point)) for point in design.points]
    return Sweep(base(), design, columns_of(design, own, answers), 1.0)


@pytest.mark.parametrize("design", HAS)
def test_each_design_has_its_charts(design):
    """Those that belong to it, and no map of drawn points."""
    for name in HAS[design]:
        assert CHARTS[name](found(design)).axes, name
    if design != "grid":
        with pytest.raises(ChartSkippedError):
            CHARTS["heat_finish"](found(design))


def test_charts_are_saved_as_pictures_of_the_house(tmp_path):
    """One file a chart that the design has, and more than paper in it."""
    written = save_sweep(found("around"), tmp_path)
    assert {path.stem for path in written} == HAS["around"]
    for path in written:
        picture = Image.open(path)
        assert picture.size == (1920, 1080)
        assert len(np.unique(np.asarray(picture.convert("L")))) > 20


@pytest.mark.parametrize("design", HAS)
def test_each_design_is_told_in_words(design):
    """Best and worst, and what each path does, under the measures of the design."""
    story = sweep_story(found(design))
    headings = [column.heading for table in story.tables for column in table.columns]
    measure = {"grid": "range", "lhs": "end to end", "morris": "mu*", "sobol": "total"}
    assert any(heading.startswith(measure.get(design, "change")) for heading in headings)
    assert re.search(r"P80 cost \(EUR\) goes from [\d,]+ \(cheapest", " ".join(story.sentences))
    for table in story.tables:
        assert all(len(row) == len(table.columns) for row in table.rows)


def test_a_map_shows_the_points():
    """Each cell is the figure of its point."""
    sweep = found("grid")
    across, up = two_paths(sweep, "cost_p80")
    cells, columns, rows = table_of(figures_of(sweep, "cost_p80").values, across, up)
    assert sorted(cells.ravel()) == sorted(sweep.columns["cost_p80"])
    assert sorted([len(columns), len(rows)]) == [2, 3]


def test_curves_are_means_over_the_other_paths():
    """Of a grid at each value, with the spread of the others."""
    sweep = found("grid")
    curve = curve_of(sweep, figures_of(sweep, "cost_p80"), path_axis(sweep, 0), 0.95)
    costs = sweep.columns["cost_p80"]
    chances = sweep.columns["risks.late.chance"]
    assert curve.at.tolist() == [0.1, 0.3, 0.5]
    assert curve.mean == pytest.approx([costs[chances == c].mean() for c in (0.1, 0.3, 0.5)])
    assert (curve.least <= curve.mean).all()
    assert (curve.mean <= curve.most).all()


def test_charts_that_would_show_nothing_are_skipped():
    """With the reason."""
    grid = found("grid")
    same = grid.columns | {"finish_p80": np.full(6, np.datetime64("2027-03-01", "us"))}
    rates = Sweep(grid.results, grid.design, same, 1.0)
    with pytest.raises(ChartSkippedError, match="grid of two paths"):
        CHARTS["heat_finish"](found("lhs"))
    with pytest.raises(ChartSkippedError, match="no path moves P80 finish"):
        CHARTS["effects_finish"](rates)


@pytest.mark.parametrize(
    ("text", "label"),
    [("0.25", "0.25"), ("9_000/ed", "9,000/ed"), ("1_500_000", "1.50 m"), ("30d", "30d"),
     ("2028-01-01", "1 Jan 2028"), ("{pert: [1d, 2d, 4d, 8d, 10d]}", "pert: [1d, 2d, 4d…")],
)  # fmt: skip
def test_values_are_labelled_as_people_write_them(text, label):
    """Large numbers with k and m, long values cut."""
    assert value_label(text) == label


def test_a_chart_is_the_same_each_time(tmp_path: Path):
    """Two drawings of one sweep have the same bytes."""
    one = save_sweep(found("around"), tmp_path / "one")
    other = save_sweep(found("around"), tmp_path / "other")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
