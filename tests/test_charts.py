"""Charts: what they say, that nothing covers anything, and that odd runs still draw."""

import re
import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox
from PIL import Image

import simulator
from simulator.charts.gallery import CHARTS, save_charts
from simulator.charts.lettering import Lettering, advance
from simulator.charts.look import DPI, HEIGHT, WIDTH, ChartSkippedError, Slide, look, spread
from simulator.charts.timeline import MOST_ROWS
from simulator.charts.words import (
    chance_range,
    chance_text,
    date_range,
    date_text,
    money_range,
    short_number,
)
from simulator.errors import SettingsError
from simulator.estimates.estimate import Estimate
from simulator.plan.plan import Clock
from simulator.run.results import Results

ROOT = Path(__file__).parents[1]
CURVES = ("s_curve_finish", "s_curve_cost")
DAY = 86_400_000.0


@pytest.fixture(scope="module")
def banking() -> Results:
    """A program of five projects with deadline, budget, risks, rework and branches."""
    scenario = simulator.load(ROOT / "scenarios" / "core_banking.yaml")
    return simulator.simulate(scenario, iterations=1_000)


def data(**program: Any) -> dict[str, Any]:
    """Two uncertain tasks and a milestone, without cost and promises."""
    tasks = {
        "x": {"duration": {"pert": ["10d", "20d", "40d"]}},
        "y": {"duration": {"uniform": ["5d", "30d"]}, "after": ["x"]},
        "z": {"milestone": True, "after": ["y"]},
    }
    return {
        "format": 1,
        "program": {"name": "Odd", "start": "2027-01-04", **program},
        "projects": {"a": {"tasks": tasks}},
    }


def costly(**program: Any) -> dict[str, Any]:
    """The same with a cost."""
    found = data(**program)
    found["projects"]["a"]["tasks"]["x"]["cost"] = {"pert": [1_000, 2_000, 9_000]}
    return found


def promised() -> dict[str, Any]:
    """The same with cost, deadline and budget."""
    return costly(deadline="2027-02-20", budget=5_000)


def fixed() -> dict[str, Any]:
    """Nothing is uncertain."""
    found = promised()
    found["projects"]["a"]["tasks"]["x"] = {"duration": "10d", "cost": 3_000}
    found["projects"]["a"]["tasks"]["y"]["duration"] = "5d"
    return found


def stopped(chance: float, **program: Any) -> dict[str, Any]:
    """The program may be stopped on its way."""
    found = costly(finish="a.z", **program)
    found["risks"] = {"stop": {"chance": chance, "at": "2027-01-20", "stops": "program"}}
    return found


def branched() -> dict[str, Any]:
    """One of two tasks exists."""
    found = promised()
    project = found["projects"]["a"]
    project["branches"] = {"b": {"yes": 0.5, "no": 0.5}}
    project["tasks"]["y"]["on"] = "b.yes"
    project["tasks"]["w"] = {"duration": "9d", "on": "b.no", "after": ["x"]}
    project["tasks"]["z"]["after"] = ["y", "w"]
    return found


def named() -> dict[str, Any]:
    """Names as long and as strange as they come."""
    found = promised()
    found["program"]["name"] = "A $very$ long _name_ of a ^program^ that goes {on} " * 3
    found["projects"]["a"]["name"] = "Projekt_$x^2 Überführung " * 6
    found["projects"]["a"]["tasks"]["x"]["name"] = "Task of $5 and $6, مشروع " * 6
    return found


def run(scenario: dict[str, Any], **settings: Any) -> Results:
    """Simulate plain data, briefly unless asked otherwise."""
    text = yaml.safe_dump(scenario, allow_unicode=True)
    return simulator.simulate(simulator.loads(text), **{"iterations": 400, **settings})


def texts(figure: Figure) -> list[Lettering]:
    """Everything written on a chart."""
    return [text for text in figure.findobj(Lettering) if text.get_text()]


def draw_all(figure: Figure) -> Any:
    """Draw on a canvas of pixels, which is returned."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas


def title(figure: Figure) -> str:
    """The message: what is written in the largest type at the top."""
    return max(texts(figure), key=lambda text: text.get_position()[1]).get_text()


def boxes(figure: Figure) -> dict[str, Bbox]:
    """Where each text is, in pixels."""
    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    return {
        f"{number}: {text.get_text()}": text.get_window_extent(renderer)
        for number, text in enumerate(texts(figure))
    }


def overlap(one: Bbox, other: Bbox) -> bool:
    """Whether two boxes share more than a line of pixels."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    upright = min(one.y1, other.y1) - max(one.y0, other.y0)
    return bool(across > 1 and upright > 1)


def assert_readable(figure: Figure) -> None:
    """No text covers another and none leaves the slide."""
    placed = boxes(figure)
    covering = [
        pair for pair in combinations(placed, 2) if overlap(placed[pair[0]], placed[pair[1]])
    ]
    assert not covering
    slide = Bbox.from_extents(0, 0, WIDTH * DPI, HEIGHT * DPI)
    outside = [name for name, box in placed.items() if not slide.containsx(box.x0)]
    outside += [name for name, box in placed.items() if not slide.containsx(box.x1)]
    outside += [name for name, box in placed.items() if box.y0 < 0 or box.y1 > slide.y1]
    assert not outside


# -- every chart ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_a_slide(banking: Results, name: str) -> None:
    """A chart is a 16:9 figure that names the program, the iterations and whose error it shows."""
    figure = CHARTS[name](banking)
    assert isinstance(figure, Figure)
    assert np.prod(figure.get_size_inches()) == pytest.approx(WIDTH * HEIGHT)
    written = "\n".join(text.get_text() for text in texts(figure))
    assert "Core banking migration" in written
    assert "1,000 iterations" in written
    assert "not the uncertainty of the inputs" in written


@pytest.mark.parametrize("name", [name for name in CHARTS if name != "gantt"])
def test_no_text_covers_another(banking: Results, name: str) -> None:
    """Texts of a chart keep clear of each other and of the edges."""
    assert_readable(CHARTS[name](banking))


def test_charts_leave_the_settings_of_matplotlib_alone(banking: Results, tmp_path: Path) -> None:
    """Whoever uses matplotlib finds it as it was."""
    before = dict(mpl.rcParams)
    save_charts(banking, tmp_path, svg=True, names=["s_curve_cost"])
    assert dict(mpl.rcParams) == before


def test_files_are_written_and_equal_runs_are_equal(banking: Results, tmp_path: Path) -> None:
    """PNG in full HD and SVG come out byte by byte the same again."""
    names = ["joint_confidence", "gantt"]
    first = save_charts(banking, tmp_path / "one", svg=True, names=names)
    second = save_charts(banking, tmp_path / "two", svg=True, names=names)
    expected = [f"{name}.{kind}" for name in names for kind in ("png", "svg")]
    assert [path.name for path in first] == expected
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    with Image.open(first[0]) as picture:
        assert picture.size == (1920, 1080)
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_a_chart_that_does_not_exist_is_refused(banking: Results, tmp_path: Path) -> None:
    """The message lists the charts that there are."""
    with pytest.raises(SettingsError, match="no chart `pie`; expected one of s_curve_finish"):
        save_charts(banking, tmp_path, names=["pie"])


# -- what they say -------------------------------------------------------------------------------


def test_the_s_curve_says_chance_and_p80(banking: Results) -> None:
    """The title of a curve with a promise is the chance to keep it, and the P80."""
    chance = chance_text(banking.probability["on_time"].value)
    p80 = date_text(banking.plan.clock, banking.outcomes["finish"].quantiles[80].value)
    said = title(CHARTS["s_curve_finish"](banking))
    assert said == f"{chance} chance to finish by 17 Nov 2028; P80 is {p80}"


def test_the_s_curve_passes_through_its_percentiles(banking: Results) -> None:
    """The curve that is drawn reaches 50 and 80 % at P50 and P80, within one drawn step."""
    figure = CHARTS["s_curve_cost"](banking)
    (curve,) = (line for line in figure.axes[0].get_lines() if line.get_drawstyle() == "steps-post")
    x, y = (np.asarray(part, dtype=np.float64) for part in curve.get_data())
    for percent in (50, 80):
        value = banking.outcomes["cost"].quantiles[percent].value
        reached = y[np.searchsorted(x, value, side="right") - 1]
        assert reached == pytest.approx(percent / 100, abs=1 / 999)


@pytest.mark.parametrize("scheme", ["mc", "lhs"])
def test_the_band_of_the_s_curve_is_the_interval_of_the_chance(scheme: str) -> None:
    """At each point that is drawn, by what replicates say where the scheme has them."""
    found = run(data(), scheme=scheme, iterations=9 * 1024)
    axes = CHARTS["s_curve_finish"](found).axes[0]
    (band,) = (each for each in axes.collections if isinstance(each, PolyCollection))
    corners = np.concatenate([path.vertices for path in band.get_paths()])
    (curve,) = (line for line in axes.get_lines() if line.get_drawstyle() == "steps-post")
    finish = found.outcomes["finish"].values
    for value, chance in np.asarray(curve.get_data(), dtype=np.float64).T[1:-1:97]:
        told = found.estimator.probability(finish <= value)
        own = corners[corners[:, 0] == value, 1]
        assert chance == told.value
        assert {told.low, told.high} <= set(own.tolist())


@pytest.mark.parametrize("name", CURVES)
def test_labels_keep_off_the_curve(banking: Results, name: str) -> None:
    """No text lies on the curve, not even between two of its points."""
    figure = CHARTS[name](banking)
    axes = figure.axes[0]
    (curve,) = (line for line in axes.get_lines() if line.get_drawstyle() == "steps-post")
    assert isinstance(curve, Line2D)
    points = axes.transData.transform(np.column_stack([*curve.get_data()]))
    for name_of, box in boxes(figure).items():
        if re.search(r"P50|P80", name_of) and box.y1 < HEIGHT * DPI * 0.8:
            inside = (points[:, 0] >= box.x0) & (points[:, 0] <= box.x1)
            assert inside.any()
            assert points[inside, 1].min() > box.y1


def test_the_joint_chart_splits_all_futures(banking: Results) -> None:
    """The four chances of the square are those of the results and add up to 100 %."""
    figure = CHARTS["joint_confidence"](banking)
    both = banking.jcl_at_targets
    assert both is not None
    large = [text.get_text() for text in texts(figure) if text.get_fontsize() == 22]
    assert chance_text(both.value) in large
    parts = [int(re.sub(r"\D", "", text)) for text in large]
    # Four whole percents, each rounded by at most a half.
    assert abs(sum(parts) - 100) <= 2
    assert title(figure).startswith(f"{chance_text(both.value)} chance to keep date and budget")


def test_the_gantt_keeps_milestones_and_the_most_critical(banking: Results) -> None:
    """With more tasks than rows it says which it shows, and leaves out none more critical."""
    figure = CHARTS["gantt"](banking)
    written = [text.get_text() for text in texts(figure)]
    assert any(f"7 milestones, {MOST_ROWS - 7} most critical of 55 tasks" in w for w in written)
    tasks = [t for t in banking.tasks.values() if t.plan.kind not in ("span", "milestone")]
    names = {re.sub(r" \(.*\)", "", text) for text in written}
    shown = [task.criticality.value for task in tasks if task.plan.name in names]
    hidden = [task.criticality.value for task in tasks if task.plan.name not in names]
    assert len(shown) == MOST_ROWS - 7
    assert min(shown) >= max(hidden)


def test_criticality_shows_the_highest_first(banking: Results) -> None:
    """Fifteen tasks stand in falling order, each with its chance."""
    figure = CHARTS["criticality"](banking)
    bars = [p.get_width() for p in figure.axes[0].patches if isinstance(p, Rectangle)]
    work = [t.criticality.value for t in banking.tasks.values() if t.plan.kind == "task"]
    assert bars == sorted(work, reverse=True)[:15]


def test_the_cash_flow_ends_at_the_cost(banking: Results) -> None:
    """The plan ends at its cost, and the fan is the percentiles of the results, month by month."""
    figure = CHARTS["cash_flow"](banking)
    p50, plan = figure.axes[0].get_lines()[:2]
    assert np.asarray(plan.get_ydata())[-1] == pytest.approx(banking.outcomes["cost"].deterministic)
    fan = np.asarray(p50.get_ydata(), dtype=np.float64)
    assert fan[0] == 0
    np.testing.assert_array_equal(fan[1:], banking.cash.cumulative["p50"][: len(fan) - 1])
    assert title(figure).startswith(("Half of the futures have spent the 17.0 m EUR", "Spending"))


# -- odd runs ------------------------------------------------------------------------------------

COSTS = {"s_curve_cost", "histogram_cost", "joint_confidence", "cash_flow"}
FINISHES = {"s_curve_finish", "histogram_finish", "joint_confidence"}
READABLE = {*CURVES, "histogram_finish", "joint_confidence"}
ODD: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "no cost, no promise": (data(), {}, COSTS),
    "budget only": (costly(budget=6_000), {}, set()),
    "deadline only": (costly(deadline="2027-02-20"), {}, set()),
    "promises far away": (costly(deadline="2035-02-20", budget=9e8), {}, set()),
    "promises long gone": (costly(deadline="2027-01-05", budget=1), {}, set()),
    "one iteration": (promised(), {"iterations": 1}, set()),
    "three iterations": (promised(), {"iterations": 3}, set()),
    "no percentiles of tasks": (promised(), {"task_iterations": 0}, set()),
    "nothing uncertain": (fixed(), {}, set()),
    "may never finish": (stopped(0.3, deadline="2027-02-20", budget=3_000), {}, set()),
    "may never finish, no promise": (stopped(0.6), {}, set()),
    "never finishes": (stopped(1.0), {}, FINISHES),
    "branches": (branched(), {}, set()),
    "strange names": (named(), {}, set()),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_runs_are_drawn_or_skipped_with_a_reason(case: str) -> None:
    """A chart without a subject says why it is not there; every other one can be drawn and read."""
    scenario, settings, expected = ODD[case]
    results = run(scenario, **settings)
    skipped: dict[str, str] = {}
    for name, draw in CHARTS.items():
        try:
            figure = draw(results)
        except ChartSkippedError as reason:
            skipped[name] = str(reason)
            continue
        draw_all(figure)
        if name in READABLE:
            assert_readable(figure)
    assert set(skipped) == expected
    reasons = {"the scenario has no cost", "the program finishes in no iteration"}
    assert set(skipped.values()) <= reasons


def test_skipping_is_told(tmp_path: Path) -> None:
    """Who saves charts hears which are left out, and why."""
    told: dict[str, str] = {}
    written = save_charts(
        run(data()), tmp_path, names=["gantt", "cash_flow"], on_skip=told.__setitem__
    )
    assert [path.name for path in written] == ["gantt.png"]
    assert told == {"cash_flow": "the scenario has no cost"}


def test_a_program_that_may_not_finish_says_so() -> None:
    """Where P80 never happens the title says that rather than a date."""
    results = run(stopped(0.3, deadline="2027-02-20"))
    assert title(CHARTS["s_curve_finish"](results)).endswith("there is no P80")
    never = chance_text(float(np.isinf(results.outcomes["finish"].values).mean()))
    assert title(CHARTS["histogram_finish"](results)) == f"{never} of the futures never finish"


# -- the means -----------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(-5, 25), st.floats(0.1, 3)), min_size=1, max_size=6))
def test_spread_labels_never_overlap(labels: list[tuple[float, float]]) -> None:
    """Labels stay in order, apart and within bounds, and do not move where they fit."""
    centres, sizes = zip(*labels, strict=True)
    found = spread(centres, sizes, 0.0, 20.0)
    order = sorted(range(len(centres)), key=lambda k: centres[k])
    for one, other in pairwise(order):
        assert found[other] - found[one] >= (sizes[one] + sizes[other]) / 2 - 1e-9
    assert all(
        f - s / 2 > -1e-9 and f + s / 2 < 20 + 1e-9 for f, s in zip(found, sizes, strict=True)
    )
    assert spread(found, sizes, 0.0, 20.0) == pytest.approx(found, abs=1e-9)


@pytest.mark.parametrize("alignment", ["left", "center", "right"])
def test_letters_stand_where_matplotlib_would_put_them(alignment: str) -> None:
    """The ink of a text lies in the box that matplotlib computes for it, and fills it."""
    with look():
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
        text = Slide(figure).text(6, 4, "lp Hamburg\n17.0 m EUR pl", 24, ha=alignment)
    canvas = draw_all(figure)
    dark = np.asarray(canvas.buffer_rgba())[::-1, :, 0] < 128
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    box = text.get_window_extent(canvas.get_renderer())
    # Lettering has no kerning, and the outer letters have bearings: an eighth of 48 pixels.
    assert (columns[0], columns[-1] + 1) == pytest.approx((box.x0, box.x1), abs=6)
    # The box reserves room for accents above and below alike.
    assert box.y0 <= rows[0] < rows[-1] + 1 <= box.y1
    assert (rows[0] + rows[-1] + 1) / 2 == pytest.approx((box.y0 + box.y1) / 2, abs=2)


def test_letters_of_other_scripts_are_left_to_matplotlib() -> None:
    """Letters that join are not drawn one by one, and count as wide rather than as narrow."""
    assert advance("مم") == 2.0
    assert advance("Wi") < 2.0


CLOCK = Clock(simulator.loads(yaml.safe_dump(data())).program.start.at)


def test_a_day_ends_at_midnight() -> None:
    """24:00 is written as the day that ends there."""
    assert date_text(CLOCK, 0.0) == "4 Jan 2027"
    assert date_text(CLOCK, DAY) == "4 Jan 2027"
    assert date_text(CLOCK, DAY + 1_000) == "5 Jan 2027"


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.1, 0.2, "4 Jan 2027"),
        (0.1, 2.1, "4–6 Jan 2027"),
        (0.1, 30.1, "4 Jan – 3 Feb 2027"),
        (0.1, 365.1, "4 Jan 2027 – 4 Jan 2028"),
        (-np.inf, 2.1, "up to 6 Jan 2027"),
        (2.1, np.inf, "from 6 Jan 2027"),
    ],
)
def test_intervals_of_dates_share_what_they_can(low: float, high: float, text: str) -> None:
    """Day, month and year are repeated only where they differ."""
    assert date_range(CLOCK, Estimate(low * DAY, low * DAY, high * DAY)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (999.0, "999"),
        (999.6, "1.00 k"),
        (12_345.0, "12.3 k"),
        (999_600.0, "1.00 m"),
        (17e6, "17.0 m"),
        (-1_234_567.0, "−1.23 m"),
        (2.5e9, "2.50 bn"),
    ],
)
def test_money_has_three_digits(value: float, text: str) -> None:
    """No amount is written with a rounded-up thousand of the smaller unit."""
    assert short_number(value) == text


def test_intervals_of_money_name_the_unit_once() -> None:
    """The unit is repeated only where it differs."""
    assert money_range(Estimate(18e6, 17.94e6, 18.13e6), "EUR") == "17.9–18.1 m EUR"
    assert money_range(Estimate(1e6, 980e3, 1.02e6), "EUR") == "980 k–1.02 m EUR"
    assert money_range(Estimate(5.0, 5.0, np.inf), "EUR") == "from 5 EUR"


def test_chances_never_round_to_certainty() -> None:
    """Only what happened always or never is written as 100 or 0 %."""
    assert [chance_text(p) for p in (0, 1e-4, 0.338, 0.9999, 1)] == [
        "0 %",
        "<1 %",
        "34 %",
        ">99 %",
        "100 %",
    ]
    assert chance_range(Estimate(0.338, 0.329, 0.3475)) == "33–35 %"
    assert chance_range(Estimate(0.0, 0.0, 0.0004)) == "0 %"
    assert chance_range(Estimate(0.003, 0.0021, 0.0043)) == "0.2–0.4 %"


# -- a second process ----------------------------------------------------------------------------

BESIDE = """
import os
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.sched_getaffinity = lambda _: {0, 1}
import simulator
from simulator.charts import painter
from simulator.run.copies import Copy

began, doing = [], Copy.doing.__func__

def noted(cls, *work, **how):
    began.append(doing(cls, *work, **how))
    return began[-1]

Copy.doing = classmethod(noted)
folder, told = Path(sys.argv[1]), []
with painter.painter(100) as found:
    assert not any(name.startswith("matplotlib") for name in sys.modules)
    results = simulator.simulate(simulator.loads(Path(sys.argv[2]).read_text()), iterations=100)
    if sys.argv[3] == "killed":
        os.kill(began[0].process, 9)
    found.show(results, svg=False)
    written = found.draw(folder, lambda *chart: told.append(chart))
print(len(written), [path.stem for path in written], told)
"loaded" if "matplotlib" in sys.modules else print("drawn beside")
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("none left")
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are copied on Linux")
@pytest.mark.parametrize("fate", ["alive", "killed"])
def test_a_copy_of_the_process_draws_the_same(fate: str, tmp_path: Path) -> None:
    """Files and what is skipped do not depend on who draws, nor on the copy's survival."""
    text = yaml.safe_dump(data())
    (tmp_path / "odd.yaml").write_text(text)
    said = subprocess.run(
        [sys.executable, "-c", BESIDE, tmp_path / "beside", tmp_path / "odd.yaml", fate],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout.splitlines()
    told: dict[str, str] = {}
    results = simulator.simulate(simulator.loads(text), iterations=100)
    written = save_charts(results, tmp_path / "here", on_skip=told.__setitem__)
    names = [path.stem for path in written]
    expected = [f"{len(written)} {names} {list(told.items())}"]
    expected += ["drawn beside"] if fate == "alive" else []
    assert said == [*expected, "none left"]
    for path in written:
        assert path.read_bytes() == (tmp_path / "beside" / path.name).read_bytes()
