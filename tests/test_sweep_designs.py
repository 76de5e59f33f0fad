"""What a sweep varies and where it looks: values as they are written, designs by their rules."""

import math
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import SettingsError
from simulator.run.sweep.axes import Axis, axes_of, short_paths, split
from simulator.run.sweep.designs import (
    LEVELS,
    STEP,
    design_of,
    latin,
    saltelli,
    trajectories,
)
from simulator.scenario.distributions import Pert
from simulator.scenario.units import Amount, parse_quantity

COUNTS = st.integers(2, 60)
PATHS = st.integers(1, 6).map(lambda k: [f"p.{number}" for number in range(k)])
SEEDS = st.integers(0, 2**64 - 1)


def texts(values: str) -> tuple[str, ...]:
    """The values of one path."""
    return axes_of([f"a={values}"])[0].texts


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("1:5:1", ("1", "2", "3", "4", "5")),
        ("0.1:0.5:0.1", ("0.1", "0.2", "0.3", "0.4", "0.5")),
        ("5:1:-2", ("5", "3", "1")),
        ("10d:21d:5d", ("10d", "15d", "20d")),
        ("500/d:900/d:200/d", ("500/d", "700/d", "900/d")),
        ("1_000_000:2_000_000:500_000", ("1000000", "1500000", "2000000")),
        ("2028-01-31:2028-04-30:1mo", ("2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30")),
        ("2028-01-03:2028-01-17:1w", ("2028-01-03", "2028-01-10", "2028-01-17")),
        ("a, b,c", ("a", "b", "c")),
        ("'x, y',[1, 2]", ("'x, y'", "[1, 2]")),
        (
            "{pert: [1d, 2d, 4d]},{uniform: [1d, 2d]}",
            ("{pert: [1d, 2d, 4d]}", "{uniform: [1d, 2d]}"),
        ),
        ("09:00-17:00", ("09:00-17:00",)),
        ("3", ("3",)),
    ],
)
def test_values_are_read_as_they_are_written(written, found):
    """Lists keep brackets together; ranges end where a step hits the end."""
    assert texts(written) == found


@pytest.mark.parametrize(
    "written",
    [
        "uniform(1, 3)",
        "{uniform: [1, 3]}",
        "pert(10d, 20d, 40d)",
        "normal(mean=3, sd=1)",
        "{normal: {mean: 3, sd: 1}}",
        "discrete(1=0.5, 2=0.5)",
        "uniform(2028-01-01, 2028-06-01)",
    ],
)
def test_one_distribution_is_drawn_from(written):
    """In the grammar of the file, or as a function is written; draws are values of the file."""
    (axis,) = axes_of([f"a={written}"])
    assert axis.kind == "distribution"
    for u in (0.1, 0.5, 0.9):
        parse_quantity(axis.drawn(u))


@pytest.mark.parametrize(
    "written",
    ["uniform(3, 1)", "pert(1d, 2h, 3d)", "{uniform: [1]}", "{samples: a.csv#b}", "unifrm(1, 2)"],
)
def test_what_is_no_distribution_is_told(written):
    """With the path and what was written."""
    with pytest.raises(SettingsError, match="vary a"):
        design_of(axes_of([f"a={written}"]), "lhs", 4, 1)


def test_python_values_become_what_set_takes():
    """Numbers, texts, dates, mappings and distributions."""
    (axis,) = axes_of({"a": [1, 2.5, True, "5d", datetime(2028, 1, 2), {"pert": [1, 2, 3]}]})
    assert axis.texts == ("1", "2.5", "true", "5d", "2028-01-02", '{"pert": [1, 2, 3]}')
    (axis,) = axes_of({"a": Pert(Amount(1, "d"), Amount(2, "d"), Amount(4, "d"))})
    assert axis.drawn(0.5).endswith("d")


@settings(deadline=None)
@given(st.lists(st.text("ab,[]{}()'\" ", max_size=8), min_size=1, max_size=4))
def test_splitting_loses_nothing(parts):
    """Commas put back, a list is what it was."""
    text = ",".join(parts)
    assert ",".join(split(text)) == text


def test_drawn_ranges_keep_whole_numbers_and_days():
    """All five are equally likely; quantities are even between the ends."""
    (units,) = axes_of(["a=1:5:1"])
    drawn = [units.drawn(u) for u in np.linspace(0, 1, 1000, endpoint=False)]
    assert [drawn.count(str(k)) for k in range(1, 6)] == [200] * 5
    (days,) = axes_of(["a=10d:30d:5d"])
    assert days.drawn(0.123) == "12.46d"
    (dates,) = axes_of(["a=2028-01-01:2028-01-31:1d"])
    assert (dates.drawn(0), dates.drawn(0.5), dates.drawn(1)) == (
        "2028-01-01", "2028-01-16", "2028-01-31",
    )  # fmt: skip


@pytest.mark.parametrize("count", range(2, 9))
def test_every_step_of_morris_changes_a_listed_value(count):
    """Whatever the number of values, half of the levels away stands another one."""
    axis = Axis("a", tuple("abcdefgh"[:count]))
    for level in range(LEVELS // 2):
        low, high = level / (LEVELS - 1), (level + LEVELS // 2) / (LEVELS - 1)
        assert axis.between_ends(low) != axis.between_ends(high)


@settings(deadline=None)
@given(PATHS, COUNTS, SEEDS)
def test_a_latin_hypercube_is_stratified(paths, count, seed):
    """Each path once in each stratum; a path more changes none of the others."""
    units = latin(paths, count, seed)
    assert units.shape == (count, len(paths))
    strata = np.floor(units * count).astype(int)
    assert (np.sort(strata, axis=0) == np.arange(count)[:, np.newaxis]).all()
    assert np.array_equal(latin([*paths, "more"], count, seed)[:, :-1], units)


@settings(deadline=None)
@given(PATHS, st.integers(1, 30), SEEDS)
def test_trajectories_go_one_step_at_a_time(paths, count, seed):
    """Each path moves once, by half of the levels, and stays in its range."""
    units = trajectories(paths, count, seed)
    assert units.shape == (count, len(paths) + 1, len(paths))
    assert units.min() >= 0
    assert units.max() <= 1
    moved = np.diff(units, axis=1)
    assert (np.count_nonzero(moved, axis=2) == 1).all()
    assert (np.count_nonzero(moved, axis=1) == 1).all()
    assert np.allclose(np.abs(moved).sum(axis=2), STEP)


@settings(max_examples=30, deadline=None)
@given(PATHS, st.integers(8, 300), SEEDS)
def test_saltellis_points_share_all_but_one_path(paths, base, seed):
    """A, B, then A with one path of B; each replicate is even in every path of A and of B."""
    units, replicates = saltelli(paths, base, seed)
    count, k = len(units), len(paths)
    assert base <= count <= max(base * 9 / 8 + 1, 15)
    assert 8 <= replicates <= 15
    a, b = units[:, 0], units[:, 1]
    for number in range(k):
        expected = a.copy()
        expected[:, number] = b[:, number]
        assert np.array_equal(units[:, 2 + number], expected)
    size = count // replicates
    assert size * replicates == count
    assert math.log2(size).is_integer()
    for half in (a, b):
        strata = np.floor(half.reshape(replicates, size, k) * size).astype(int)
        assert (np.sort(strata, axis=1) == np.arange(size)[:, np.newaxis]).all()


def test_counts_are_rounded_up_to_whole_parts():
    """Trajectories and base points; a cube has what was asked for."""
    axes = axes_of(["a=uniform(0, 1)", "b=1,2,3", "c=0:1:0.5"])
    assert len(design_of(axes, "lhs", 37, 1).points) == 37
    assert len(design_of(axes, "morris", 41, 1).points) == 44
    found = design_of(axes, "sobol", 1000, 1)
    assert len(found.points) == 208 * 5
    assert found.replicates == 13
    assert len(design_of(axes[1:], "grid", None, 1).points) == 9


def test_paths_are_named_by_their_ends():
    """As short as tells them apart."""
    assert short_paths(["ledger.build.duration", "pools.dev.units"]) == (
        "build.duration", "dev.units",
    )  # fmt: skip
    assert short_paths(["a.build.duration", "b.build.duration"]) == (
        "a.build.duration", "b.build.duration",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("design", "points", "said"),
    [("lhs", 1, "1 points"), ("lhs", 2_000_000, "at most"), ("sobol", 0, "expected 1")],
)
def test_designs_of_no_use_are_refused(design, points, said):
    """Too few points, too many."""
    with pytest.raises(SettingsError, match=said):
        design_of(axes_of(["a=uniform(0, 1)"]), design, points, 1)
