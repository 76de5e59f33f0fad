"""What holds tasks back besides pools and boards: by hand, in every engine, and added up."""

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from simulator.cli.main import cli
from simulator.engine.draws import draw
from simulator.engine.durations import durations_of
from simulator.engine.holding import held_back, may_hold
from simulator.engine.simpy_engine import simpy_pass
from simulator.plan.compile import compile_plan
from simulator.reports.pool_tables import holds_table
from simulator.run.simulate import simulate
from tests.programs import block, compiled, scenario

DAY = 8.0
LINE = """
a: {duration: 5d}
b: {duration: 1d, after: [a]}
"""
"""`b` may start on Friday evening, but for what holds it."""
POOL = "pools: {dev: {units: 1}}\n"


def holds(engine: str, tasks: str, more: str, **settings: Any) -> dict[tuple[str, ...], float]:
    """Mean hours by task, kind and id."""
    chosen = {"iterations": 16, **settings}
    results = simulate(scenario(tasks, more=more), engine=engine, **chosen)
    found = results.to_dict()["holds"]
    return {(each["task"], each["kind"], each["id"]): each["hours"]["value"] for each in found}


def hit(what: str, **more: str) -> str:
    """One risk, sure to occur, with one hit."""
    told = "".join(f"{key}: {value}, " for key, value in more.items())
    return f"risks:\n  late: {{chance: 1, {told}hits: [{{{what}}}]}}\n"


CASES = {
    "a working wait is so long": (
        LINE,
        hit("tasks: [p.b], wait: 2d"),
        {("p.b", "risk", "late"): 2 * DAY},
    ),
    "an elapsed one counts what is worked in it: Friday evening to Monday evening": (
        LINE,
        hit("tasks: [p.b], wait: 3ed"),
        {("p.b", "risk", "late"): DAY},
    ),
    "two one after the other, the clock's first: to Saturday, then a day": (
        LINE,
        hit("tasks: [p.b], wait: 1d") + "  more: {chance: 1, hits: [{tasks: [p.b], wait: 4ed}]}\n",
        {("p.b", "risk", "more"): 2 * DAY, ("p.b", "risk", "late"): DAY},
    ),
    "within a window": (
        LINE,
        hit("tasks: [p.b], wait: 2d", when="{until: 2027-01-11}"),
        {("p.b", "risk", "late"): 2 * DAY},
    ),
    "outside a window nothing falls": (
        LINE,
        hit("tasks: [p.b], wait: 2d", when="{from: 2027-01-13}"),
        {},
    ),
    "only the first task waits": (
        LINE,
        hit("tasks: [p.b, p.a], apply: first, wait: 2d"),
        {("p.a", "risk", "late"): 2 * DAY},
    ),
    "mitigations that hold by then leave a quarter": (
        LINE,
        hit("tasks: [p.b], wait: 2d")
        + "mitigations: {m: {cost: 1, at: 2027-01-06, on: {late: {effects: 0.25}}, bought: true}}",
        {("p.b", "risk", "late"): DAY / 2},
    ),
    "unbroken work of six hours does not fit into an afternoon of four": (
        "a: {duration: 4h}\nb: {duration: 6h, unbroken: true, after: [a]}",
        "",
        {("p.b", "window", "weekdays"): 4.0},
    ),
    "a wait ends in a window that is too short": (
        "a: {duration: 4h}\nb: {duration: 6h, unbroken: true, after: [a]}",
        hit("tasks: [p.b], wait: 1h"),
        {("p.b", "risk", "late"): 1.0, ("p.b", "window", "weekdays"): 3.0},
    ),
    "a date holds from Friday evening to Wednesday": (
        "a: {duration: 5d}\nb: {duration: 1d, start_no_earlier_than: 2027-01-13, after: [a]}",
        "",
        {("p.b", "date", "start_no_earlier_than"): 2 * DAY},
    ),
    "what comes later than its date is not held by it": (
        "a: {duration: 5d}\nb: {duration: 1d, start_no_earlier_than: 2027-01-07, after: [a]}",
        "",
        {},
    ),
    "a task that waits for nothing begins with its date": (
        "a: {duration: 5d, start_no_earlier_than: 2027-01-13}",
        "",
        {},
    ),
    "board tasks wait for risks before, for meetings after their work": (
        "a: {duration: 1d}\nok: {duration: 4h, board: sc, after: [a]}",
        "boards: {sc: {meets: every 1w from 2027-01-07, at: '10:00'}}\n"
        + hit("tasks: [p.ok], wait: 2h"),
        {("p.ok", "risk", "late"): 2.0},
    ),
}


@pytest.mark.parametrize("engine", ["numpy", "compiled", "simpy"])
@pytest.mark.parametrize("case", CASES)
def test_by_hand(case, engine):
    """Every engine says the same."""
    tasks, more, expected = CASES[case]
    assert holds(engine, tasks, more) == expected


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
@pytest.mark.parametrize(
    ("more", "held", "waited"),
    [
        (hit("tasks: [p.b], wait: 2d"), 2 * DAY, 3 * DAY),
        (hit("tasks: [p.b], wait: 2d", when="{until: 2027-02-01}"), 0.0, 5 * DAY),
        (hit("tasks: [p.b], wait: 7d", when="{until: 2027-02-01}"), 2 * DAY, 5 * DAY),
    ],
    ids=["before its turn", "in its turn, while it waited", "in its turn, two days more"],
)
def test_beside_a_pool(engine, more, held, waited):
    """Another one is in the way for five days: no hour is charged twice."""
    tasks = "a: {duration: 5d, needs: {dev: 1}}\nb: {duration: 1d, needs: {dev: 1}}"
    found = simulate(scenario(tasks, more=POOL + more), engine=engine, iterations=4).to_dict()
    assert sum(each["hours"]["value"] for each in found["holds"]) == held
    assert found["tasks"]["p.b"]["waiting_hours"]["dev"] == waited


def test_a_drawn_date_holds_as_long_as_it_is_late():
    """Half of the futures on Wednesday, half of them before the task is asked for."""
    tasks = (
        "a: {duration: 5d}\n"
        "b: {duration: 1d, after: [a], start_no_earlier_than: {discrete: {2027-01-13: 1,"
        " 2027-01-06: 1}}}"
    )
    results = simulate(scenario(tasks), iterations=1024, scheme="lhs")
    (hold,) = results.use.holds
    assert hold.hours.value == pytest.approx(DAY)
    assert hold.chance.value == pytest.approx(0.5)
    assert hold.hours.low < DAY < hold.hours.high


EVERYTHING = """
risks:
  one: {chance: 0.5, hits: [{tasks: [p.b, p.c], apply: each, wait: {pert: [1d, 2d, 5d]}}]}
  two: {chance: {if one: 0.7, else: 0.2}, when: {from: 2027-01-11}, hits: [{tasks: [p.b, p.d],
    apply: each, wait: {pert: [1ed, 2ed, 9ed]}}]}
  three: {chance: 0.6, hits: [{tasks: [p.c, p.d], apply: first, wait: {pert: [1ed, 2ed, 9ed]}},
    {tasks: [p.b], factor: 1.3}]}
  four: {rate: 4/mo, during: p.a, hits: [{tasks: [p.d], wait: 5h}, {tasks: [p.b], delay: 3h}]}
mitigations:
  m: {cost: 1, at: 2027-01-14, on: {one: {chance: 0.4, effects: 0.5}}, bought: true}
"""


@pytest.mark.parametrize("seed", range(3))
def test_it_adds_up(seed):
    """From what links ask for to the start every hour is charged, exactly, in both engines."""
    plan = compiled(
        "a: {duration: {pert: [3d, 5d, 15d]}}\n"
        "b: {duration: {pert: [3h, 5h, 6h]}, after: [a], unbroken: true}\n"
        "c: {duration: {pert: [1d, 2d, 9d]}, after: [{task: a, link: SS, lag: 3ed}]}\n"
        "d: {duration: {pert: [3ed, 5ed, 8ed]}, after: [a]}\n",
        more=EVERYTHING,
    )
    draws = draw(plan, seed, 0, 200)
    durations = durations_of(plan, draws)
    _, schedule = block(plan, 200, seed)
    held = list(held_back(plan, draws, durations, schedule))
    assert {each.id for each in held} == {"one", "two", "three", "four", "weekdays"}
    network = plan.network
    for row in range(len(network.rows)):
        own = [each.time for each in held if each.row == row]
        index = network.rows.calendar[row]
        calendar = network.calendar(index if index >= 0 else network.rows.unit_calendar[row])
        start, asked = schedule.start[row], schedule.asked[row]
        charged = np.sum(own, axis=0) if own else np.zeros(200)
        assert np.array_equal(charged, calendar.work_at(start) - calendar.work_at(asked))
    lived = list(held_back(plan, draws, durations, simpy_pass(network, durations)))
    assert len(lived) == len(held)
    for one, other in zip(held, lived, strict=True):
        assert (one.row, one.kind, one.id) == (other.row, other.kind, other.id)
        assert np.array_equal(one.time, other.time)


def test_plans_without_anything_of_the_kind_are_not_looked_at():
    """Delays and factors are work; other plans make no schedule twice."""
    assert not may_hold(compiled(LINE, more=hit("tasks: [p.b], delay: 2d")))
    assert may_hold(compiled(LINE, more=hit("tasks: [p.b], wait: 2d")))
    results = simulate(scenario(LINE), iterations=4)
    assert results.use is None
    assert results.to_dict()["holds"] == []


def test_it_is_printed_and_kept(tmp_path):
    """A table with names, and a key of `result.json`; without iterations of tasks, none."""
    more = "risks: {late: {name: Late vendor, chance: 1, hits: [{tasks: [p.b], wait: 2d}]}}\n"
    results = simulate(scenario(LINE, more=more), iterations=16)
    assert holds_table(results).rows == (("p.b", "Late vendor", "2.0", "", "100 %"),)
    path = tmp_path / "late.yaml"
    path.write_text(
        "format: 1\nprogram: {start: 2027-01-04}\n"
        "projects: {p: {tasks: {a: {duration: 5d}, b: {duration: 1d, after: [a]}}}}\n" + more
    )
    plain = ["run", str(path), "-n", "16", "--out", "none"]
    shown = CliRunner().invoke(cli, plain).stdout
    assert "Held by risks, windows and dates" in shown
    assert "Late vendor" in shown
    assert holds("numpy", LINE, more) == {("p.b", "risk", "late"): 2 * DAY}
    without = CliRunner().invoke(cli, [*plain, "--json", "--task-iterations", "0"]).stdout
    assert json.loads(without)["holds"] is None


def test_dates_of_the_status_are_no_holds():
    """What waits for the data date is not held by an earlier date of its own."""
    tasks = "a: {duration: 5d}\nb: {duration: 1d, start_no_earlier_than: 2027-01-13, after: [a]}"
    told = "status: {date: 2027-01-20, tasks: {p.a: {started: 2027-01-04, finished: 2027-01-08}}}\n"
    plan = compile_plan(scenario(tasks, more=told)).simulated()
    assert not may_hold(plan)
