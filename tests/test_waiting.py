"""Waits, explained: by hand on tiny networks, over time, and what a bottleneck is worth."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from simulator.analysis.pools import pool_values, shared_efforts, with_needs, with_units
from simulator.cli.main import cli
from simulator.estimates.estimate import Estimate
from simulator.reports.pool_tables import pool_table, value_table, waiting_table
from simulator.reports.story import story
from simulator.run.results import Results
from simulator.run.simulate import simulate
from simulator.scenario.loading import loads
from simulator.scenario.program import Scenario
from simulator.scenario.units import MS_PER_DAY

HOURS_A_DAY = 8.0
HEAD = "format: 1\nprogram: {start: 2027-01-04}\n"


def simulated(body: str, **settings: Any) -> Results:
    """A scenario in YAML, simulated."""
    return simulate(loads(HEAD + body), **{"iterations": 64, "engine": "simpy", **settings})


def one_server(settings: dict[str, Any] | None = None) -> Results:
    """Three tasks of 5, 10 and 3 days that one unit does one after the other."""
    return simulated(
        "pools: {dev: {units: 1}}\n"
        "projects: {p: {tasks: {\n"
        "  a: {duration: 5d, needs: {dev: 1}, priority: 1},\n"
        "  b: {duration: 10d, needs: {dev: 1}, priority: 2},\n"
        "  c: {duration: 3d, needs: {dev: 1}, priority: 3},\n"
        "  d: {duration: 1d}}}}\n",
        **(settings or {}),
    )


def test_waits_of_a_queue_by_hand():
    """The second waits for the first, the third for both; who needs nothing waits for nothing."""
    found = one_server().to_dict()
    waits = {key: task["waiting_hours"] for key, task in found["tasks"].items()}
    assert waits == {
        "p.a": {"dev": 0.0},
        "p.b": {"dev": 5 * HOURS_A_DAY},
        "p.c": {"dev": 15 * HOURS_A_DAY},
        "p.d": {},
    }
    assert found["pools"]["dev"]["waiting_hours"] == 20 * HOURS_A_DAY


def test_a_single_server_is_always_busy():
    """From first to last need nothing is idle, and what is needed beyond it waits."""
    found = one_server().to_dict()["pools"]["dev"]
    assert found["utilisation"] == 1.0
    assert found["peak"] == {"p50": 1.0, "p80": 1.0}
    assert found["over_asked"]["value"] == 1.0
    # January 2027 has 20 working days from the 4th on: 18 of work, 5 + 15 of waiting.
    (month,) = found["load"]
    assert month["month"] == "2027-01"
    assert month["held_p50"] == pytest.approx(18 / 20)
    assert month["p50"] == month["p80"] == pytest.approx(38 / 20)
    assert month["capacity"] == month["over_asked"] == 1.0


def test_a_task_that_waits_longer_than_it_works_starves():
    """Three days of work after fifteen of waiting; the table says so first."""
    results = one_server()
    assert results.starving == ("p.c",)
    assert results.to_dict()["starving"] == ["p.c"]
    assert waiting_table(results).rows == (
        ("p.c", "dev", "15.0", "3.0", "starves"),
        ("p.b", "dev", "5.0", "10.0", ""),
    )


def test_the_story_names_the_pool_that_costs_most_waiting():
    """A sentence and a table."""
    results = one_server()
    told = story(results)
    assert "Tasks wait most for dev: 20 working days on average, 75 % of it p.c." in told.sentences
    (row,) = pool_table(results).rows
    assert row[:4] == ("dev", "1", "20.0", "100 %")
    assert pool_table(results) in told.tables


def test_without_task_iterations_nothing_is_looked_at_over_time():
    """The means are there all the same."""
    found = one_server({"task_iterations": 0}).to_dict()
    pool = found["pools"]["dev"]
    assert pool["waiting_hours"] == 20 * HOURS_A_DAY
    assert [pool[key] for key in ("utilisation", "peak", "over_asked", "load")] == [None] * 4
    assert found["starving"] == []


def test_capacity_that_grows_counts_when_it_is_there():
    """Two rows of ten days, of which the second starts when there are two units."""
    found = simulated(
        "pools: {dev: {units: [{units: 1}, {from: 2027-01-11, units: 2}]}}\n"
        "projects: {p: {tasks: {\n"
        "  a: {duration: 10d, needs: {dev: 1}},\n"
        "  b: {duration: 10d, needs: {dev: 1}}}}}\n"
    ).to_dict()["pools"]["dev"]
    # a: days 1 to 10, b: days 6 to 15; one unit for five days, two for ten.
    assert found["waiting_hours"] == 5 * HOURS_A_DAY
    assert found["utilisation"] == pytest.approx(20 / 25)
    (month,) = found["load"]
    assert month["capacity"] == pytest.approx((5 + 2 * 15) / 20)
    assert month["held_p80"] == pytest.approx(20 / 20)


def test_units_that_a_risk_takes_are_not_there_to_be_used():
    """A unit away for ever from the second week on: the other one is all there is."""
    found = simulated(
        "pools: {dev: {units: 2}}\n"
        "projects: {p: {tasks: {a: {duration: 10d, needs: {dev: 1}}}}}\n"
        "risks: {gone: {chance: 1, hits: [{pools: [dev], units: -1, from: 2027-01-11}]}}\n"
    ).to_dict()["pools"]["dev"]
    assert found["utilisation"] == pytest.approx(10 / 15)


def test_projects_and_unlimited_pools_have_loads_too():
    """What each project needs adds up; an unlimited pool has no capacity and no utilisation."""
    found = simulated(
        "pools: {pm: {units: unlimited}}\n"
        "projects:\n"
        "  p: {tasks: {a: {duration: 20d, needs: {pm: 0.5}}}}\n"
        "  q: {tasks: {a: {duration: 10d, needs: {pm: 1}}}}\n",
        engine="numpy",
    ).to_dict()["pools"]["pm"]
    assert found["utilisation"] is None
    assert [month["capacity"] for month in found["load"]] == [None]
    assert [month["p50"] for month in found["load"]] == pytest.approx([1.0])
    assert found["load_of_projects"]["p"][0]["p80"] == pytest.approx(0.5)
    assert found["load_of_projects"]["q"][0]["p80"] == pytest.approx(0.5)
    assert found["peak"]["p50"] == 1.5


def test_what_a_board_absorbs_and_refuses():
    """Papers ready on a Friday wait for the meeting of the next Thursday; refused, a week more."""
    results = simulated(
        "boards: {sc: {meets: every 1w from 2027-01-07, at: '10:00', approves: [0, 1]}}\n"
        "projects: {p: {tasks: {a: {duration: 5d}, ok: {board: sc, after: [a]}}}}\n",
        engine="numpy",
    )
    found = results.to_dict()
    # Ready on Friday, 8 Jan, 17:00; refused on Thursday 14th, 10:00, approved on the 21st.
    assert found["boards"]["sc"]["waiting_hours"] == 8 * HOURS_A_DAY + 1
    assert found["boards"]["sc"]["tasks"] == ["p.ok"]
    assert found["boards"]["sc"]["refused"]["value"] == 0.5
    assert found["tasks"]["p.ok"]["waiting_hours"] == {"sc": 8 * HOURS_A_DAY + 1}
    assert results.work_hours["p.ok"] == 0.0


DELAYS = {
    "plain": "risks: {late: {chance: 1, hits: [{tasks: [p.ok], delay: 1d}]}}\n",
    "window": "risks: {late: {chance: 1, when: {from: 2027-01-04}, hits: [{tasks: [p.ok], delay:"
    " 1d}]}}\n",
    "first": "risks: {late: {chance: 1, hits: [{tasks: [p.ok, p.b], apply: first, delay: 1d}]}}\n",
}


@pytest.mark.parametrize("engine", ["numpy", "compiled", "simpy"])
@pytest.mark.parametrize("hit", DELAYS)
def test_delays_before_a_meeting_are_no_waits_for_it(engine, hit):
    """Two days of work until Tuesday evening, whatever brought the second; Thursday at ten."""
    found = simulated(
        "boards: {sc: {meets: every 1w from 2027-01-07, at: '10:00'}}\n"
        "projects: {p: {tasks: {\n"
        "  ok: {duration: 1d, board: sc},\n"
        "  a: {duration: 3d},\n"
        "  b: {duration: 1d, after: [a]}}}}\n" + DELAYS[hit],
        engine=engine,
    ).to_dict()
    assert found["tasks"]["p.ok"]["waiting_hours"] == {"sc": HOURS_A_DAY + 1}
    assert found["boards"]["sc"]["waiting_hours"] == HOURS_A_DAY + 1


def test_blocks_do_not_show(monkeypatch):
    """Few iterations at once say the same."""
    body = (
        "pools: {dev: {units: 1}}\n"
        "projects: {p: {tasks: {\n"
        "  a: {duration: {uniform: [5d, 40d]}, needs: {dev: 1}},\n"
        "  b: {duration: {uniform: [5d, 40d]}, needs: {dev: 1}}}}}\n"
    )
    whole = simulated(body).to_dict()["pools"]
    monkeypatch.setattr("simulator.run.pool_use._AT_ONCE", 10)
    parts = simulated(body).to_dict()["pools"]
    assert np.isclose(whole["dev"].pop("utilisation"), parts["dev"].pop("utilisation"))
    assert whole == parts


BOTTLENECK = """
pools:
  tester: {units: 2, rate: 50/h}
  architect: {name: Architects, units: 1, rate: 100/h}
  builder: {units: [{units: 3}, {from: 2027-02-01, units: 4}], rate: 80/h}
projects:
  p:
    tasks:
      a: {duration: {triangular: [5d, 8d, 20d]}, needs: {architect: 1}}
      b: {effort: {triangular: [20pd, 30pd, 60pd]}, needs: {builder: 2}, after: [a]}
      t: {duration: {triangular: [4d, 5d, 9d]}, needs: {tester: 1}, after: [b]}
  q:
    tasks:
      a: {duration: {triangular: [5d, 8d, 20d]}, needs: {architect: 1}}
      b: {effort: {triangular: [20pd, 30pd, 60pd]}, needs: {builder: 2}, after: [a]}
      t: {duration: {triangular: [4d, 5d, 9d]}, needs: {tester: 1}, after: [b]}
  r:
    tasks:
      a: {duration: {triangular: [5d, 8d, 20d]}, needs: {architect: 1}}
"""
"""One architect stands before everything, builders are short at times, testers never."""


@pytest.fixture(scope="module")
def bottleneck() -> Results:
    """The planted bottleneck, with what its pools are worth."""
    results = simulated(BOTTLENECK, iterations=240)
    return replace(results, pool_values=pool_values(results))


def gain(results: Results, scenario: Scenario) -> tuple[float, float]:
    """Days saved at P80 and on average by another scenario, simulated on its own."""
    other = simulate(scenario, iterations=240, engine="simpy")
    one, two = results.outcomes["finish"], other.outcomes["finish"]
    days = (
        one.quantiles[80].value - two.quantiles[80].value,
        one.mean.value - two.mean.value,
    )
    return days[0] / MS_PER_DAY, days[1] / MS_PER_DAY


def test_the_ranking_names_the_planted_bottleneck(bottleneck):
    """The architect first; the testers, for whom nobody waits, cost nothing for certain."""
    values = bottleneck.pool_values.pools
    assert [each.id for each in values] == ["architect", "builder", "tester"]
    assert values[0].delay_days_p80.low > values[1].delay_days_p80.high
    assert values[2].delay_days_p80 == Estimate(0.0, 0.0, 0.0)
    assert bottleneck.to_dict()["pools"]["architect"]["rank"] == 1


@pytest.mark.parametrize("pool", ["architect", "builder", "tester"])
def test_one_more_is_worth_what_adding_one_brings(bottleneck, pool):
    """The paired run says what a run of the changed scenario says."""
    (value,) = (each for each in bottleneck.pool_values.pools if each.id == pool)
    richer = with_units(bottleneck.plan.scenario, pool, 1.0)
    p80, mean = gain(bottleneck, richer)
    assert value.one_more.saves_days_p80.value == pytest.approx(p80, abs=1e-9)
    assert value.one_more.saves_days_mean.value == pytest.approx(mean, abs=1e-9)


def test_units_are_raised_as_the_file_would_have_them(bottleneck):
    """A number, steps, and the needs of the efforts that a pool's units share."""
    scenario = bottleneck.plan.scenario
    assert with_units(scenario, "tester", 1.0).pools["tester"].units == 3.0
    steps = with_units(scenario, "builder", 1.0).pools["builder"].units
    assert [each.units for each in steps] == [4.0, 5.0]
    assert shared_efforts(scenario, "builder") == ("p.b", "q.b")
    assert shared_efforts(scenario, "architect") == ()
    busier = with_needs(scenario, "builder", 1.0)
    assert busier.tasks["p.b"].needs == {"builder": 3.0}
    assert busier.tasks["p.a"].needs == scenario.tasks["p.a"].needs


def test_one_more_at_work_shares_the_effort(bottleneck):
    """Three builders instead of two: the work shortens, as a run of the changed scenario says."""
    values = {each.id: each for each in bottleneck.pool_values.pools}
    assert values["architect"].one_more_at_work is None
    scenario = with_needs(with_units(bottleneck.plan.scenario, "builder", 1.0), "builder", 1.0)
    p80, mean = gain(bottleneck, scenario)
    found = values["builder"].one_more_at_work
    assert found.saves_days_p80.value == pytest.approx(p80, abs=1e-9)
    assert found.saves_days_mean.value == pytest.approx(mean, abs=1e-9)
    assert p80 > 0


def test_what_pools_cost_is_told_and_kept(bottleneck):
    """A sentence for those that cost something, a table, and keys of `result.json`."""
    told = [each for each in story(bottleneck).sentences if each.startswith("Waiting for")]
    assert told[0].startswith("Waiting for Architects costs ")
    assert "; one unit more saves " in told[0]
    assert value_table(bottleneck).rows[0][0] == "Architects"
    found = bottleneck.to_dict()["pools"]
    assert set(found["architect"]["delay_days_p80"]) == {"value", "low", "high"}
    assert found["architect"]["one_more"]["saves_days_p80"]["value"] > 0
    assert found["architect"]["one_more_at_work"] is None
    assert found["builder"]["one_more_at_work"]["saves_days_p80"]["low"] > 0


def test_drivers_on_the_command_line(tmp_path):
    """`run --drivers --json` has what pools cost; without it those keys are missing."""
    path = tmp_path / "bottleneck.yaml"
    path.write_text(HEAD + BOTTLENECK)
    plain = ["run", str(path), "-n", "40", "--engine", "simpy", "--out", "none", "--json"]
    found = [CliRunner().invoke(cli, [*plain, *more]) for more in ([], ["--drivers"])]
    without, drivers = (json.loads(each.stdout)["pools"]["architect"] for each in found)
    assert "delay_days_p80" not in without
    assert drivers["delay_days_p80"]["value"] > 0
    assert drivers["one_more"]["costs_mean"]["value"] == pytest.approx(0.0, abs=1e-6)


def test_without_finite_pools_there_is_nothing_to_rank():
    """No pool, no table."""
    results = simulated("projects: {p: {tasks: {a: {duration: 5d}}}}\n", engine="numpy")
    found = replace(results, pool_values=pool_values(results))
    assert found.pool_values.pools == ()
    assert not value_table(found).rows
