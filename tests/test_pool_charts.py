"""Charts of pools: what they say, and that nothing covers anything."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import yaml

import simulator
from simulator.analysis.pools import pool_values
from simulator.charts.gallery import CHARTS, OF_SOME, save_charts
from simulator.charts.look import ChartSkippedError
from simulator.charts.pool_load import MOST_PANELS, pool_load
from simulator.charts.pool_value import pool_value
from simulator.run.results import Results
from tests.test_charts import assert_readable, draw_all, texts, title

LONG = "A long $name of a _pool^ that goes on"


def shared(pools: int, name: str = "") -> dict[str, Any]:
    """A program with so many pools of one unit, of which the first is asked for most."""
    needed = {f"pool{k}": {"units": 1, "rate": "100/h", "paid": "retained"} for k in range(pools)}
    if name:
        for key, pool in needed.items():
            pool["name"] = f"{name} {key}"
    tasks: dict[str, Any] = {
        f"t{k}": {"duration": {"uniform": ["5d", "30d"]}, "needs": {f"pool{k % pools}": 1}}
        for k in range(pools)
    }
    tasks |= {f"u{k}": {"duration": "20d", "needs": {"pool0": 1}} for k in range(3)}
    tasks["e"] = {"effort": {"uniform": ["20pd", "40pd"]}, "needs": {"pool0": 1}}
    return {
        "format": 1,
        "program": {"name": "Shared", "start": "2027-01-04"},
        "pools": {**needed, "pm": {"units": "unlimited"}},
        "projects": {"a": {"tasks": {**tasks, "w": {"duration": "9d", "needs": {"pm": 2}}}}},
    }


@cache
def valued(pools: int, name: str = "") -> Results:
    """Simulated, with what pools are worth."""
    scenario = simulator.loads(yaml.safe_dump(shared(pools, name)))
    results = simulator.simulate(scenario, iterations=40, engine="simpy")
    return replace(results, pool_values=pool_values(results))


@pytest.fixture(scope="module")
def results() -> Results:
    """Two pools, of which one is short."""
    return valued(2)


@pytest.mark.parametrize("name", OF_SOME)
@pytest.mark.parametrize("case", [(1, ""), (2, ""), (7, LONG)])
def test_charts_of_pools_are_readable(name, case):
    """One, two or many pools, with names of any length."""
    figure = OF_SOME[name](valued(*case))
    draw_all(figure)
    assert_readable(figure)


def test_the_load_names_the_pool_that_is_short(results):
    """Its month, what is needed, and what there is; a panel a pool, its use beside its name."""
    figure = pool_load(results)
    assert title(figure).startswith("pool0: ")
    assert title(figure).endswith(" (P80), 1 there")
    written = [text.get_text() for text in texts(figure)]
    assert {"pool0", "pool1", "pm", "without limit"} <= set(written)
    assert any(text.endswith("waits in 100 %") for text in written)


def test_only_the_most_needed_of_many_pools_have_room():
    """The subtitle says how many there are."""
    written = "\n".join(text.get_text() for text in texts(pool_load(valued(7, LONG))))
    assert f"{MOST_PANELS} of 8 pools" in written
    assert title(pool_load(valued(7, LONG))).endswith(" (P80), 1 there")


def test_the_values_rank_pools_and_name_the_first(results):
    """Days in the title and at the bars, money where a unit more costs some."""
    figure = pool_value(results)
    days = results.pool_values.pools[0].delay_days_p80.value
    assert title(figure) == f"Waiting for pool0 costs {days:.0f} days at P80"
    written = [text.get_text() for text in texts(figure)]
    assert any("days, costs" in text or "days, saves" in text for text in written)
    assert "one more, at work on each effort, saves" in written


def test_other_runs_have_no_such_charts_and_hear_nothing_of_it(tmp_path):
    """Left out without a word, unless somebody asks for them by name."""
    data = {
        "format": 1,
        "program": {"start": "2027-01-04"},
        "projects": {"a": {"tasks": {"x": {"duration": "5d"}}}},
    }
    plain = simulator.simulate(simulator.loads(yaml.safe_dump(data)), iterations=10)
    told: dict[str, str] = {}
    written = save_charts(plain, tmp_path, on_skip=told.__setitem__)
    assert {path.stem for path in written} <= set(CHARTS)
    assert not OF_SOME.keys() & told.keys()
    save_charts(plain, tmp_path, names=list(OF_SOME), on_skip=told.__setitem__)
    assert OF_SOME.keys() <= told.keys()
    for draw in OF_SOME.values():
        with pytest.raises(ChartSkippedError):
            draw(plain)
