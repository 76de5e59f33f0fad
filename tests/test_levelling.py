"""Levelled plans: what pools have is never exceeded, and no plan is much shorter."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cli.main import cli
from simulator.engine.draws import deterministic_draws
from simulator.engine.durations import durations_of
from simulator.engine.levelling import EFFORTS, plain_work
from simulator.engine.levelling_orders import best_order
from simulator.engine.simpy_engine import simpy_pass
from simulator.importers.instances import scenario_of
from simulator.importers.mpsplib import read_json
from simulator.importers.psplib import read_sm
from simulator.plan.compile import Plan, compile_plan
from simulator.reports.plan_dates import plan_dates
from simulator.run.deterministic import DeterministicPlan, deterministic_plan
from simulator.run.priorities import in_order
from simulator.scenario.loading import loads
from simulator.scenario.units import MS_PER_HOUR
from tests import rcpsp

OFFICE = "office: {week: {mon-thu: [09:00-17:00], fri: [09:00-13:00]}}"
NIGHTS = "nights: {week: {mon-fri: [20:00-24:00]}}"
BOARDS = "boards: {council: {meets: every 1w from 2027-01-05, at: 10:00, papers: 1d}}\n"


def text_of(tasks: dict[str, str], pools: str, calendars: str = "", program: str = "") -> str:
    lines = [
        "format: 1",
        f"program: {{start: 2027-01-04, {program}}}",
        f"calendars: {{{calendars}}}",
        f"pools: {{{pools}}}",
        "projects:",
    ]
    for project in dict.fromkeys(name.partition(".")[0] for name in tasks):
        lines += [f"  {project}:", "    tasks:"]
        for name, body in tasks.items():
            if name.startswith(f"{project}."):
                lines.append(f"      {name.partition('.')[2]}: {{{body}}}")
    return "\n".join(lines) + "\n"


def planned(text: str, level: str = "fast") -> tuple[Plan, DeterministicPlan]:
    plan = compile_plan(loads(text))
    return plan, deterministic_plan(plan, level=level)


def check_pools(plan: Plan, found: DeterministicPlan) -> None:
    """Whoever starts finds the units it needs free: capacity less what others then hold.

    What takes no time may have its turn before others that start at the same instant.
    """
    pools, shown = plan.network.pools, found.shown
    if pools is None:
        return
    begin, end = shown.start[:, 0], shown.finish[:, 0]
    for row, pool, units in zip(pools.rows, pools.pool, pools.units, strict=True):
        if not shown.exists[row, 0]:
            continue
        at, there = pools.capacity(int(pool))
        capacity = there[np.searchsorted(at, begin[row], side="right") - 1]
        same = pools.pool == pool
        others = pools.rows[same]
        held = (begin[others] <= begin[row]) & (begin[row] < end[others]) & (others != row)
        held &= shown.exists[others, 0]
        if begin[row] == end[row]:
            held &= begin[others] < begin[row]
        assert units + pools.units[same][held].sum() <= capacity


def check_links(plan: Plan, found: DeterministicPlan) -> None:
    """Links without lag, on the clock; and nothing starts before what logic alone allows."""
    network, shown = plan.network, found.shown
    assert (shown.start >= found.early.start).all()
    for link in range(len(network.links.pred)):
        pred, succ = network.links.pred[link], network.links.succ[link]
        if network.links.lag[link] >= 0 and network.links.kind[link] == 0:
            assert shown.start[succ, 0] >= shown.finish[pred, 0]


def hours(data: dict[str, Any]) -> dict[str, tuple[float, float]]:
    return {key: (t["start_hours"], t["finish_hours"]) for key, t in data["tasks"].items()}


NAMES = [f"{project}.t{k}" for project in "ab" for k in range(4)]
LINKS = ("", " SS", " FF", " SF", " FS+3h", " SS+2h", " FF+1h", " FS-2h", " FS+50%")


@st.composite
def programs(draw: st.DrawFn, calendars: tuple[str, ...] = ("",)) -> str:
    """Two small projects that share three pools, one of which changes."""
    tasks = {}
    links = LINKS if len(calendars) == 1 else LINKS[:-1]  # a board's work is known once it met
    for k, name in enumerate(NAMES):
        hours = draw(st.sampled_from((*range(1, 10), 0)))
        parts = [f"duration: {hours}h"]
        before = draw(st.lists(st.sampled_from(NAMES[:k]), max_size=2, unique=True)) if k else []
        if before:
            after = [f'"{each}{draw(st.sampled_from(links))}"' for each in before]
            parts.append(f"after: [{', '.join(after)}]")
        most = {"x": 3, "y": 2, "z": 1}
        needs = {p: draw(st.integers(0, most[p])) for p in draw(st.sets(st.sampled_from("xyz")))}
        shown = ", ".join(f"{p}: {n}" for p, n in sorted(needs.items()) if n)
        if shown and hours:
            parts.append(f"needs: {{{shown}}}")
        if draw(st.booleans()) and k % 3 == 0:
            parts.append(f"start_no_earlier_than: 2027-01-{draw(st.integers(4, 9)):02}")
        if draw(st.integers(0, 3)) == 0:
            parts.append(f"priority: {draw(st.integers(1, 2))}")
        calendar = draw(st.sampled_from(calendars))
        if calendar:
            parts.append(f"calendar: {calendar}")
        special = draw(st.sampled_from(("board: council", "unbroken: true", "", "", "")))
        board_waits_oddly = "board" in special and any(" FF" in p or " SF" in p for p in parts)
        if len(calendars) > 1 and special and not board_waits_oddly and hours <= 4:
            parts.append(special)
        tasks[name] = ", ".join(parts)
    change = draw(st.sampled_from(["2027-01-05", "2027-01-06 13:00", "2027-01-10"]))
    units = draw(st.sampled_from([(2, 3), (4, 3), (5, 3)]))
    pools = (
        f"x: {{units: [{{units: {units[0]}}}, {{from: {change}, units: {units[1]}}}]}},"
        " y: {units: 2}, z: {units: 1.5}"
    )
    return BOARDS + text_of(tasks, pools, f"{OFFICE}, {NIGHTS}")


@settings(max_examples=60, deadline=None)
@given(programs())
def test_plans_on_one_calendar_are_feasible(text: str) -> None:
    """Pools, links of all kinds, lags, floors, priorities, capacity that changes."""
    plan, found = planned(text)
    check_pools(plan, found)
    check_links(plan, found)


@settings(max_examples=15, deadline=None)
@given(programs(calendars=("", "office", "nights", "24x7")))
def test_plans_on_several_calendars_are_feasible(text: str) -> None:
    """Tasks that work at different times hold their units over nights, weekends, and until boards
    meet; some may not be interrupted."""
    plan, found = planned(text)
    check_pools(plan, found)
    check_links(plan, found)


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_best_is_optimal_for_few_tasks(data: st.DataObject) -> None:
    """All orders of up to six tasks, served one after the other, give no earlier finish.

    One of these schedules is optimal: Kolisch (1996), Serial and parallel scheduling methods.
    """
    count = data.draw(st.integers(3, 6))
    span = [data.draw(st.integers(1, 6)) for _ in range(count)]
    need = [(data.draw(st.integers(0, 3)), data.draw(st.integers(0, 2))) for _ in range(count)]
    before = [[k for k in range(row) if data.draw(st.integers(0, 3)) == 0] for row in range(count)]
    bodies = {}
    for row in range(count):
        needs = ", ".join(f"{p}: {n}" for p, n in zip("xy", need[row], strict=True) if n)
        after = ", ".join(f"t{k}" for k in before[row])
        bodies[f"p.t{row}"] = f"duration: {span[row]}d, needs: {{{needs}}}, after: [{after}]"
    plan, found = planned(text_of(bodies, "x: {units: 4}, y: {units: 3}"), "best")
    best = min(
        _served(order, span, need, before) for order in permutations(range(count))
        if all(order.index(k) < order.index(row) for row in range(count) for k in before[row])
    )  # fmt: skip
    check_pools(plan, found)
    assert found.duration == best * 8 * 3_600_000


def _served(
    order: tuple[int, ...], span: list[int], need: list[tuple[int, int]], before: list[list[int]]
) -> int:
    """The makespan when tasks get their units one after the other, each as early as it can."""
    start: dict[int, int] = {}
    for row in order:
        at = max((start[k] + span[k] for k in before[row]), default=0)
        while not all(
            sum(need[k][p] for k in start if start[k] <= day < start[k] + span[k]) + need[row][p]
            <= (4, 3)[p]
            for p in range(2) for day in range(at, at + span[row])
        ):  # fmt: skip
            at += 1
        start[row] = at
    return max(start[row] + span[row] for row in start)


def test_a_plan_comes_out_as_its_conditions_say() -> None:
    """A branch that the levelled dates take is planned with its units."""
    tasks = {
        "p.one": "duration: 3d, needs: {x: 1}, priority: 2",
        "p.long": "duration: 5d, needs: {x: 1}, priority: 1",
        "p.yes": "duration: 6d, needs: {x: 1}, on: late.yes, after: [one]",
        "p.no": "duration: 7d, needs: {x: 1}, on: late.no, after: [one]",
    }
    text = text_of(tasks, "x: {units: 1}")
    text += '    branches: {late: {when: "one finishes after 2027-01-08"}}\n'
    plan, found = planned(text)
    check_pools(plan, found)
    data = plan_dates(plan, found)
    assert data["duration"] == 14 * 8
    assert [data["tasks"][f"p.{name}"]["exists"] for name in ("yes", "no")] == [True, False]


def test_what_only_the_dispatcher_knows_is_left_to_it() -> None:
    """A lag of half the work of a task that ends when its board meets."""
    tasks = {
        "p.paper": "duration: 1d, board: council, needs: {x: 1}",
        "p.next": "duration: 1d, needs: {x: 1}, after: [paper FS+50%]",
    }
    for lag, known in (("FS+50%", False), ("FS+5h", True)):
        text = BOARDS + text_of(tasks, "x: {units: 1}").replace("FS+50%", lag)
        plan = compile_plan(loads(text))
        work = plain_work(plan.network, durations_of(plan, deterministic_draws(plan)))
        assert (work is not None) == known


@pytest.mark.parametrize(("lag", "starts"), [("FS+50%", 24), ("FS-50%", 24), ("FS+8h", 32)])
@pytest.mark.parametrize("other", ["1d", "24eh"])
def test_a_lag_of_a_share_of_what_is_not_there_is_none(lag: str, starts: int, other: str) -> None:
    """Behind a task that a branch takes out; on one axis of time and by the clock."""
    tasks = {
        "p.first": "duration: 3d",
        "p.skipped": "duration: 2d, on: way.no, after: [first]",
        "p.next": f"duration: 1d, needs: {{x: 1}}, after: [skipped {lag}]",
        "p.other": f"duration: {other}",
    }
    text = text_of(tasks, "x: {units: 1}") + "    branches: {way: {yes: 0.8, no: 0.2}}\n"
    plan, found = planned(text)
    start = found.shown.start[plan.network.rows.ids.index("p.next"), 0]
    calendar = plan.network.calendar(plan.network.program_calendar)
    assert calendar.work_at(np.array([start]))[0] == starts * MS_PER_HOUR


def test_any_plan_can_be_levelled_by_the_dispatcher() -> None:
    """Its orders are tried where only it knows what happens."""
    tasks = {
        "p.one": "duration: 3d, needs: {x: 1}",
        "p.long": "duration: 5d, needs: {x: 1}",
        "p.yes": "duration: 6d, needs: {y: 1}, on: late.yes, after: [one]",
        "p.instant": "duration: 0h, needs: {x: 1}, after: [one]",
    }
    text = text_of(tasks, "x: {units: 1}, y: {units: 1}")
    text += '    branches: {late: {when: "one finishes after 2027-01-08"}}\n'
    plan = compile_plan(loads(text))
    durations = durations_of(plan, deterministic_draws(plan))
    pools = plan.network.pools
    assert pools is not None
    assert plain_work(plan.network, durations) is None
    shown = best_order(plan.network, pools, durations, EFFORTS["fast"], simpy_pass)
    ends = plan.network.calendar(0).work_at(shown.finish[:, 0]) / 3_600_000
    names = [name.partition(".")[2] for name in plan.network.rows.ids]
    assert dict(zip(names, ends, strict=True)) == {
        "one": 24, "long": 64, "yes": 24, "instant": 24
    }  # fmt: skip


def test_the_same_plan_each_time() -> None:
    """A search is stopped by a count, and draws the same numbers each time."""
    tasks = {f"p.t{k}": f"duration: {1 + k % 4}d, needs: {{x: {1 + k % 2}}}" for k in range(12)}
    for calendars in ("", f"{OFFICE}, {NIGHTS}"):
        if calendars:
            tasks["p.t3"] += ", calendar: nights"
        text = text_of(tasks, "x: {units: 3}", calendars)
        first, second = (planned(text)[1].shown.start for _ in range(2))
        assert (first == second).all()


def test_who_has_priority_is_served_first() -> None:
    """A task's priority, else its project's, else last; whoever it waits for is served with it."""
    tasks = {
        "a.long": "duration: 5d, needs: {x: 1}",
        "b.first": "duration: 1d, needs: {x: 1}",
        "b.last": "duration: 1d, needs: {x: 1}, after: [first], priority: 1",
    }
    _, found = planned(text_of(tasks, "x: {units: 1}"))
    data = hours(plan_dates(found.plan, found))
    assert data == {"a.long": (16, 56), "b.first": (0, 8), "b.last": (8, 16)}


def test_holders_keep_their_units_when_there_are_fewer() -> None:
    """A task that began while there were two units goes on; the next waits for what is left."""
    tasks = {
        "p.long": "duration: 4d, needs: {x: 2}",
        "p.later": "duration: 1d, needs: {x: 1}, start_no_earlier_than: 2027-01-05",
    }
    fewer = "{units: 2}, {from: 2027-01-06, units: 1}, {from: 2027-02-01, units: 2}"
    _, found = planned(text_of(tasks, f"x: {{units: [{fewer}]}}"))
    assert hours(plan_dates(found.plan, found)) == {"p.long": (0, 32), "p.later": (32, 40)}


def test_what_logic_alone_says_stays_beside_the_levelled_dates() -> None:
    """`early_*`, `late_*` and float follow from links; start and finish from pools as well."""
    tasks = {f"p.t{k}": "duration: 2d, needs: {x: 1}" for k in range(3)}
    plan, found = planned(text_of(tasks, "x: {units: 1}"))
    data = plan_dates(plan, found)
    assert data["duration"] == 48
    assert sorted(hours(data).values()) == [(0, 16), (16, 32), (32, 48)]
    for task in data["tasks"].values():
        assert task["early_start"] == "2027-01-04T09:00:00"
        assert task["late_finish"] == "2027-01-05T17:00:00"
        assert task["total_float_hours"] == 0
        assert task["critical"]


def test_the_rule_levelled_orders_by_the_levelled_plan() -> None:
    """Who starts first there is served first in each future."""
    tasks = {f"p.t{k}": f"duration: {3 - k}d, needs: {{x: 1}}" for k in range(3)}
    tasks["p.t2"] += ", priority: 1"
    plan, found = planned(text_of(tasks, "x: {units: 1}", program="priority_rule: levelled"))
    pools = in_order(plan, found).network.pools
    assert pools is not None
    by_start = np.argsort(found.shown.start[:, 0])
    assert np.argsort(pools.order).tolist() == by_start.tolist()


def test_dates_that_win_over_logic_do_not_win_over_pools() -> None:
    """With `constraints: honour` a task starts on its date though its predecessor runs, but not
    while others hold its units."""
    tasks = {
        "p.first": "duration: 4d, needs: {x: 1}",
        "p.dated": "duration: 1d, needs: {y: 1}, after: [first], must_start: 2027-01-05",
        "p.stuck": "duration: 1d, needs: {x: 1}, after: [first], must_start: 2027-01-05",
    }
    text = text_of(tasks, "x: {units: 1}, y: {units: 1}", program="constraints: honour")
    plan, found = planned(text)
    check_pools(plan, found)
    data = hours(plan_dates(plan, found))
    assert data["p.dated"] == (8, 16)
    assert sorted([data["p.first"], data["p.stuck"]]) in (
        [(0, 32), (32, 40)], [(8, 16), (16, 48)]
    )  # fmt: skip


def test_tasks_as_late_as_possible_take_no_units_from_others() -> None:
    """Free float is for those that need no pool; total float is levelled with the rest."""
    tasks = {
        "p.long": "duration: 5d",
        "p.free": "duration: 1d, needs: {x: 1}, as_late_as_possible: free",
        "p.total": "duration: 1d, needs: {x: 1}, as_late_as_possible: total",
        "p.end": "milestone: true, after: [long, free, total]",
    }
    plan, found = planned(text_of(tasks, "x: {units: 1}"))
    check_pools(plan, found)
    assert hours(plan_dates(plan, found))["p.total"] == (32, 40)


def test_check_prints_the_levelled_plan(tmp_path: Path) -> None:
    """`--level` chooses the effort; the JSON has levelled dates."""
    path = tmp_path / "plan.yaml"
    path.write_text(text_of({f"p.t{k}": "duration: 1d, needs: {x: 1}" for k in range(3)},
                            "x: {units: 1}"))  # fmt: skip
    for level in ("fast", "best"):
        run = CliRunner().invoke(cli, ["check", str(path), "--dates", "--level", level, "--json"])
        assert run.exit_code == 0, run.output
        data = json.loads(run.stdout)
        assert data["duration"] == 24
        assert data["finish"] == "2027-01-06T17:00:00"
    wrong = CliRunner().invoke(cli, ["check", str(path), "--level", "slow"])
    assert wrong.exit_code == 2


def _planned_file(path: Path, level: str) -> dict[str, float]:
    read = read_sm if path.suffix == ".sm" else read_json
    plan = compile_plan(scenario_of(read(path)))
    data = plan_dates(plan, deterministic_plan(plan, level=level))
    return {task["source_uid"]: task["start_hours"] / 8 for task in data["tasks"].values()}


@rcpsp.needs_instances
def test_stored_single_projects() -> None:
    """A handful of PSPLIB: feasible, and close to the best known plans."""
    gaps = []
    for _, path, best in rcpsp.best_known(every=14):
        gaps.append(rcpsp.makespan(rcpsp.sm(path), _planned_file(path, "fast")) / best - 1)
    assert np.mean(gaps) <= 0.03
    assert min(gaps) >= 0


@rcpsp.needs_instances
@pytest.mark.parametrize("position", [5, 22, 24])
def test_stored_programs(position: int) -> None:
    """Projects with release dates and shared pools: not longer than the reference plan."""
    path, reference = rcpsp.references()[position]
    assert rcpsp.makespan(rcpsp.multi(path), _planned_file(path, "fast")) <= reference
