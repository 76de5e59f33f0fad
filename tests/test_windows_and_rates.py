"""Hits that fall within a window, hits that arrive while a task runs, hits on units of pools."""

import numpy as np
import pytest

import simulator
from simulator.engine.draws import deterministic_draws, draw
from simulator.engine.durations import durations_of
from simulator.engine.network_pass import network_pass
from simulator.engine.schedule import NOTHING_INSIDE
from simulator.errors import RunError, ScenarioError
from simulator.scenario.units import MS_PER_DAY, MS_PER_MONTH
from tests.inside_cases import unfolding_case
from tests.programs import at, block, compiled, hours, row
from tests.reference import assert_as_by_hand

N = 10_240


def risks(text: str) -> str:
    """The part of a file after its projects."""
    return f"risks:\n  {text}\n"


def starts(tasks: str, more: str) -> dict[str, str]:
    """Start and finish of each task in one iteration, as `04 09:00` of January."""
    plan = compiled(tasks, more=more)
    _, schedule = block(plan, 1)

    def shown(ms: float) -> str:
        return plan.clock.date(float(ms)).strftime("%d %H:%M")

    return {
        each.id[2:]: f"{shown(schedule.start[each.base, 0])} to"
        f" {shown(schedule.finish[each.last, 0])}"
        for each in plan.network.tasks
    }


def cost(tasks: str, more: str, iterations: int = 256) -> np.ndarray:
    """What every iteration costs."""
    found: np.ndarray = simulator.simulate(
        compiled(tasks, more=more).scenario, iterations=iterations
    ).joined.cost
    return found


def near(found: np.ndarray, mean: float) -> bool:
    """Whether a mean lies within five of its standard errors of what is known."""
    return bool(abs(found.mean() - mean) <= 5 * found.std() / np.sqrt(found.size))


@pytest.mark.parametrize("seed", range(8))
def test_the_pass_does_what_a_person_does(seed):
    """Boards, conditions, unbroken rows, windows, rates, versions: as by hand, bit for bit."""
    for case in range(12):
        network, durations = unfolding_case(np.random.default_rng([seed, case]), 5)
        assert_as_by_hand(network, durations, network_pass(network, durations))


FREEZE = "f: {chance: 1, when: {from: 2027-01-06, until: 2027-01-08}, hits: [%s]}"


def test_a_hit_falls_on_runs_that_overlap_its_window():
    """Not on a task that ends before it begins or starts after the last day is over."""
    tasks = """a: {duration: 2d}
        b: {duration: 1d, after: a}
        c: {duration: 2d, after: a}
        d: {duration: 1d, start_no_earlier_than: 2027-01-09}"""
    found = starts(tasks, risks(FREEZE % "{projects: [p], delay: 1d, apply: each}"))
    assert found == {
        "a": "04 09:00 to 05 17:00",
        "b": "06 09:00 to 07 17:00",
        "c": "06 09:00 to 08 17:00",
        "d": "11 09:00 to 11 17:00",
    }


def test_the_last_day_of_a_window_ends_at_midnight():
    """Work from midnight on is not hit; an instant at midnight is, and one in the window."""
    tasks = """day: {duration: 2ed, start_no_earlier_than: 2027-01-09}
        before: {duration: 2ed, start_no_earlier_than: 2027-01-04}
        late: {milestone: true, start_no_earlier_than: 2027-01-09}
        later: {milestone: true, start_no_earlier_than: 2027-01-09 00:01}"""
    hit = "{tasks: [p.day, p.before, p.late, p.later], wait: 1ed, apply: each}"
    found = starts(tasks, risks(FREEZE % hit))
    assert found["day"] == "09 00:00 to 11 00:00"
    assert found["before"] == "04 00:00 to 06 00:00"
    assert found["late"] == "10 00:00 to 10 00:00"
    assert found["later"] == "09 00:01 to 09 00:01"


def test_each_hit_is_judged_with_all_before_it():
    """The first delay brings the run into the window of the second; the other way round not."""
    second = "{tasks: [p.a], factor: 2, when: {from: 2027-01-07}, name: late}"
    first = "{tasks: [p.a], delay: 2d, when: {until: 2027-01-05}}"
    for hits, finish in ((f"{first}, {second}", "11 17:00"), (f"{second}, {first}", "07 17:00")):
        found = starts("a: {duration: 2d}", risks(f"f: {{chance: 1, hits: [{hits}]}}"))
        assert found["a"] == f"04 09:00 to {finish}"


def test_a_wait_moves_a_run_out_of_the_window_of_the_next():
    """What was judged stays, and what comes is judged by the later run."""
    wait = "{tasks: [p.a], wait: 3ed, when: {until: 2027-01-04}}"
    delay = "{tasks: [p.a], delay: 1d, when: {until: 2027-01-05}}"
    for hits, finish in ((f"{wait}, {delay}", "08 17:00"), (f"{delay}, {wait}", "11 17:00")):
        found = starts("a: {duration: 2d}", risks(f"f: {{chance: 1, hits: [{hits}]}}"))
        assert found["a"] == f"07 09:00 to {finish}"


def test_factors_go_into_the_rounds_that_repeat_the_work():
    """A round repeats its share of the work as the window left it, rounded once."""
    tasks = "a: {duration: 3d, rework: {chance: 1, at_most: 1, share: 0.25}}"
    found = starts(tasks, risks(FREEZE % "{tasks: [p.a], factor: 2}"))
    assert found["a"] == "04 09:00 to 13 13:00"
    plan = compiled(tasks, more=risks(FREEZE % "{tasks: [p.a], factor: {uniform: [1, 2]}}"))
    draws = draw(plan, 1, 0, 64)
    schedule = network_pass(plan.network, durations_of(plan, draws))
    factor = next(
        draws.values[k] for k, v in enumerate(plan.variables.table) if v.name.endswith("/factor")
    )
    assert np.array_equal(schedule.work[0], np.rint(24 * 3_600_000 * factor))
    assert np.array_equal(schedule.work[1], np.rint(24 * 3_600_000 * factor * 0.25))


def test_windows_and_dated_mitigations():
    """The version of a row is chosen by its start without the hits of windows."""
    more = risks(FREEZE % "{projects: [p], delay: 2d, apply: each}") + (
        "mitigations: {m: {at: 2027-01-07, bought: true, on: {f: {effects: 0.5}}}}"
    )
    tasks = "a: {duration: 3d}\nb: {duration: 1d, start_no_earlier_than: 2027-01-07}"
    found = starts(tasks, more)
    assert found == {"a": "04 09:00 to 08 17:00", "b": "07 09:00 to 08 17:00"}


def test_a_cost_is_charged_where_its_hit_fell():
    """At the first task that it fell on; without tasks if the program runs then; else not."""
    tasks = "a: {duration: 1d}\nb: {duration: {uniform: [0.5d, 2d]}, after: a}"
    plan = compiled(tasks, more=risks(FREEZE % "{projects: [p], delay: 1d, apply: each, cost: 7}"))
    _, schedule = block(plan, 256)
    late = schedule.fell[row(plan, "b")][0]
    assert not schedule.fell[row(plan, "a")].any()
    assert 0 < late.sum() < 256
    found = simulator.simulate(plan.scenario, iterations=256).joined.cost
    assert np.array_equal(found, np.where(late, 7.0, 0.0))
    only = cost(tasks, risks(FREEZE % "{tasks: [p.b], cost: 7}"))
    assert np.array_equal(only, found)
    dated = cost(tasks, risks(FREEZE % "{tasks: [p.b], cost: 7, at: 2027-03-01}"))
    assert np.array_equal(dated, found)
    assert np.array_equal(cost(tasks, risks(FREEZE % "{cost: 3}")), np.where(late, 3.0, 0.0))


def test_arrivals_are_a_poisson_process():
    """Their number has mean and variance rate x time, and given one it is uniform."""
    more = risks("r: {rate: 3/mo, during: p.a, hits: [{cost: 100}]}")
    plan = compiled("a: {duration: 20ed}", more=more)
    _, schedule = block(plan, N)
    expected = 3 * 20 * MS_PER_DAY / MS_PER_MONTH
    count = np.isfinite(schedule.arrivals[0]).sum(axis=0)
    assert near(count, expected)
    assert near((count - expected) ** 2, expected)
    assert near((count == 0).astype(float), np.exp(-expected))
    one = schedule.arrivals[0][0, count == 1] / (20 * MS_PER_DAY)
    assert near(one, 0.5)
    assert near((one - 0.5) ** 2, 1 / 12)
    run = simulator.simulate(plan.scenario, iterations=N)
    assert np.array_equal(run.joined.cost, 100.0 * count)
    assert run.to_dict()["risks"]["r"]["occurred"]["value"] == np.mean(count > 0)


def test_what_arrives_lengthens_the_run_and_lets_more_arrive():
    """Each arrival adds a day to a run of T: it lasts T / (1 - rate x day) on average.

    Source: the busy period of a queue with Poisson arrivals, Borel (1942) and Tanner (1953).
    """
    more = risks("r: {rate: 0.2/ed, during: p.a, hits: [{tasks: [p.a], delay: 24h}]}")
    plan = compiled("a: {duration: 4ed}", more=more)
    _, schedule = block(plan, N)
    days = schedule.work[0] / MS_PER_DAY
    count = np.isfinite(schedule.arrivals[0]).sum(axis=0)
    assert np.array_equal(days, 4.0 + count)
    assert near(days, 4 / (1 - 0.2))
    assert near((days - 5.0) ** 2, 0.2 * 4 / (1 - 0.2) ** 3)
    for number in range(4):  # Borel and Tanner's law of the number of arrivals
        mean = 0.2 * (4 + number)
        chance = 4 / (4 + number) * np.exp(-mean) * mean**number / [1, 1, 2, 6][number]
        assert near((count == number).astype(float), chance)


def test_tasks_after_it_are_hit_once_for_each_arrival():
    """Delay and wait times the number of arrivals; a factor as often, one after the other."""
    hits = "{tasks: [p.b], delay: 1d}, {tasks: [p.c], factor: 1.5, wait: 8h}"
    more = risks(f"r: {{rate: 2/mo, during: p.a, hits: [{hits}]}}")
    plan = compiled("a: {duration: 20d}\nb: {duration: 5d, after: a}\nc: {duration: 2d, after: b}",
                    more=more)  # fmt: skip
    _, schedule = block(plan, 512)
    count = np.isfinite(schedule.arrivals[0]).sum(axis=0)
    assert count.max() >= 4
    b, c = row(plan, "b"), row(plan, "c")
    assert np.array_equal(hours(schedule.work[b]), 40.0 + 8 * count)
    calendar = plan.network.calendar(plan.network.program_calendar)
    waited = calendar.work_at(schedule.start[c]) - calendar.work_at(schedule.finish[b])
    assert np.array_equal(hours(waited), 8.0 * count)
    work = np.full(512, 16 * 3_600_000.0)
    for time in range(count.max()):
        work = np.where(count > time, work * 1.5, work)
    assert np.array_equal(schedule.work[c], np.rint(work))


def test_what_comes_after_it_may_be_far_behind():
    """Behind its rework, a lag that is drawn but no lead, a start link, an absent task."""
    tasks = """a: {duration: 20d, rework: {chance: 0.5, at_most: 2, share: 0.1}}
        b: {duration: 1d, on: way.by, after: {task: a, lag: {uniform: [0d, 2d]}}}
        c: {duration: 5d, after: b}
        d: {duration: 2d, after: {task: c, link: SS, lag: 1d}}"""
    hit = "{tasks: [p.b, p.c, p.d], delay: 1h, apply: each}"
    branches = "    branches:\n      way: {by: 0.5, not: 0.5}\n"
    plan = compiled(tasks, more=branches + risks(f"r: {{rate: 3/mo, during: p.a, hits: [{hit}]}}"))
    _, schedule = block(plan, 256)
    count = np.isfinite(schedule.arrivals[0]).sum(axis=0)
    assert np.array_equal(hours(schedule.work[row(plan, "d")]), 16.0 + count)
    late = (schedule.arrivals[0] > schedule.finish[0]) & np.isfinite(schedule.arrivals[0])
    assert not late.any()


def test_rates_in_working_time_arrive_at_working_time():
    """`/w` counts the hours of the task's calendar, `/ew` those of the clock."""
    for per, mean in (("w", 4.0), ("ew", 3.6)):
        more = risks(f"r: {{rate: 1/{per}, during: p.a, hits: [{{cost: 1}}]}}")
        plan = compiled("a: {duration: 20d}", more=more)
        _, schedule = block(plan, N)
        arrived = schedule.arrivals[0][np.isfinite(schedule.arrivals[0])]
        calendar = plan.network.calendar(plan.network.program_calendar)
        inside = calendar.finish_at(calendar.work_at(arrived)) == arrived
        assert inside.all() == (per == "w")
        lasting = (schedule.finish[0] - schedule.start[0]) / (7 * MS_PER_DAY)
        expected = mean if per == "w" else float(lasting[0])
        assert near(np.isfinite(schedule.arrivals[0]).sum(axis=0), expected)


def test_a_stop_takes_away_what_would_arrive_later():
    """Arrivals at or after the stop do not happen, cost nothing and hit nothing."""
    more = risks(
        "r: {rate: 1/ed, during: p.a, hits: [{cost: 1}]}\n"
        "  halt: {chance: 0.5, at: 2027-01-08, stops: p, hits: [{cost: 0}]}"
    )
    plan = compiled("a: {duration: 10ed}", more=more)
    draws = draw(plan, 1, 0, 512)
    schedule = network_pass(plan.network, durations_of(plan, draws))
    stops = draws.occurs[0, 1]
    latest = np.where(np.isfinite(schedule.arrivals[0]), schedule.arrivals[0], 0).max(axis=0)
    assert latest[stops].max() < at(plan, "2027-01-08") < latest[~stops].max()


def test_more_arrivals_than_drawn_are_an_error():
    """They are not cut: a run in which they could be says so."""
    more = risks("r: {rate: 1/mo, during: p.a, hits: [{cost: 1}]}")
    plan = compiled("a: {duration: 20d}", more=more)
    draws = draw(plan, 1, 0, 8)
    draws.values[list(plan.effects.inside.rates[0].gaps)] = 1000.0
    with pytest.raises(RunError, match="arrivals or more came while its task ran"):
        network_pass(plan.network, durations_of(plan, draws))


def test_the_deterministic_plan_has_none_of_it():
    """Nothing arrives, nothing falls, and plans without such hits carry nothing of it."""
    more = risks(
        FREEZE % "{projects: [p], delay: 1d, apply: each}, {tasks: [p.a], cost: 4}"
        + "\n  r: {rate: 1/mo, during: p.a, hits: [{tasks: [p.a], delay: 1d, cost: 1}]}"
    )
    plan = compiled("a: {duration: 20d}", more=more)
    assert durations_of(plan, deterministic_draws(plan)).inside is NOTHING_INSIDE
    plain = compiled("a: {duration: 20d}", more=risks("r: {chance: 1, hits: [{cost: 1}]}"))
    assert block(plain, 1)[0].inside is NOTHING_INSIDE


POOLS = """pools:
  dba: {units: 3}
  env: {units: 2, calendar: nights}
calendars: {nights: {week: {mon-fri: [20:00-24:00]}, hours_per_day: 4}}
"""
NEEDING = "a: {duration: 20d, needs: {dba: 1}}\nb: {duration: 1d, calendar: 24x7, needs: {env: 1}}"


def units(risk: str, more: str = "", iterations: int = 1):
    """What is settled of the units of pools."""
    plan = compiled(NEEDING, more=POOLS + risks(risk) + more)
    return plan, durations_of(plan, draw(plan, 1, 0, iterations)).inside


UNITS = {
    "{pools: [dba], units: -1}": ("01-04 00:00", None),
    "{pools: [dba], units: -1, from: 2027-02-01}": ("02-01 00:00", None),
    "{pools: [dba], units: -1, from: 2027-02-01, for: 2w}": ("02-01 00:00", "02-12 17:00"),
    "{pools: [env], units: -1, from: 2027-02-01, for: 2d}": ("02-01 00:00", "02-03 00:00"),
    "{pools: [dba], units: -1, from: 2027-02-01, for: 36eh}": ("02-01 00:00", "02-02 12:00"),
    "{pools: [dba], units: -1, from: 2027-02-01, for: 2mo}": ("02-01 00:00", "04-02 21:00"),
    "{pools: [dba], units: -1, when: {from: 2027-07-01, until: 2027-09-30}}": (
        "07-01 00:00",
        "10-01 00:00",
    ),
    "{pools: [dba], units: -1, when: {until: 2027-02-28}}": ("01-04 00:00", "03-01 00:00"),
    "{pools: [dba], units: -1, when: {from: 2027-07-01}}": ("07-01 00:00", None),
    "{pools: [dba], units: -1, when: {from: 2027-07-01, until: 2027-07-02}, for: 2w}": (
        "07-01 00:00",
        "07-14 17:00",
    ),
    "{pools: [dba], units: -1, from: 2027-02-01, when: {until: 2027-02-01}}": (
        "02-01 00:00",
        "02-02 00:00",
    ),
}


@pytest.mark.parametrize(("hit", "expected"), UNITS.items())
def test_units_are_gone_from_a_date_for_a_time(hit, expected):
    """Working time counts in the pool's calendar, else the program's; months on the clock."""
    plan, inside = units(f"r: {{chance: 1, hits: [{hit}]}}")
    change = inside.units[0]
    begin, end = expected
    assert change.units.tolist() == [-1000]
    assert plan.network.pools.ids[change.pool] in hit
    assert change.begin[0] == at(plan, f"2027-{begin}")
    assert change.end[0] == (np.inf if end is None else at(plan, f"2027-{end}"))


def test_units_are_gone_only_if_that_begins_within_the_window():
    """A drawn date outside takes nothing; one inside lasts as told, or until the window ends."""
    risk = "r: {chance: 1, when: {from: 2027-02-01, until: 2027-02-10}, hits: [%s]}"
    hit = "{pools: [dba], units: -1, from: {uniform: [2027-01-22, 2027-03-03]}%s}"
    for more in ("", ", for: 30eh"):
        plan, inside = units(risk % (hit % more), iterations=N)
        change = inside.units[0]
        falls = np.isfinite(change.begin)
        assert near(falls.astype(float), 0.25)
        assert change.begin[falls].min() >= at(plan, "2027-02-01")
        assert change.begin[falls].max() <= at(plan, "2027-02-11")
        ends = change.begin + 30 * 3_600_000 if more else np.full(N, at(plan, "2027-02-11"))
        assert np.array_equal(change.end[falls], ends[falls])


def test_a_pool_is_short_in_its_window_in_every_engine():
    """The only unit is gone on the 6th and 7th: who asks then waits until the 8th."""
    tasks = """a: {duration: 1d, start_no_earlier_than: 2027-01-06, needs: {dba: 1}}
        b: {duration: {uniform: [1d, 2d]}, needs: {dba: 1}, priority: 1}"""
    hit = "{pools: [dba], units: -1}"
    more = "pools: {dba: {units: 1}}\n" + risks(
        f"r: {{chance: 0.5, when: {{from: 2027-01-06, until: 2027-01-07}}, hits: [{hit}]}}"
    )
    scenario = compiled(tasks, more=more).scenario
    found = [
        simulator.simulate(scenario, iterations=256, engine=engine).joined.finish
        for engine in ("compiled", "simpy")
    ]
    assert np.array_equal(*found)
    plan = compiled(tasks, more=more)
    assert set(found[0].tolist()) == {at(plan, f"2027-01-0{day} 17:00") for day in (6, 8)}


def test_only_what_arrives_within_the_window_happens():
    """Arrivals of a rate with a window: a Poisson process in it, and nothing outside."""
    window = "{from: 2027-01-09, until: 2027-01-13}"
    rate = "r: {rate: 6/mo, during: p.a, %shits: [{tasks: [p.a], delay: 1h%s}, {cost: 5%s}]}"
    of_risk = risks(rate % (f"when: {window}, ", "", ""))
    of_hits = risks(rate % ("", f", when: {window}", f", when: {window}"))
    plan = compiled("a: {duration: 20ed}", more=of_risk)
    _, schedule = block(plan, N)
    arrived = schedule.arrivals[0]
    count = np.isfinite(arrived).sum(axis=0)
    assert near(count, 6 * 5 * MS_PER_DAY / MS_PER_MONTH)
    inside = arrived[np.isfinite(arrived)]
    assert at(plan, "2027-01-09") <= inside.min() < inside.max() <= at(plan, "2027-01-14")
    assert np.array_equal(hours(schedule.work[0]), 480.0 + count)
    for more in (of_risk, of_hits):
        found = simulator.simulate(
            compiled("a: {duration: 20ed}", more=more).scenario, iterations=N
        )
        assert np.array_equal(found.joined.cost, 5.0 * count)
        assert np.array_equal(found.joined.finish, schedule.finish[0])
    everything = found.to_dict()["risks"]["r"]["occurred"]["value"]
    assert everything > np.mean(count > 0)


def test_tasks_after_it_are_hit_by_what_arrived_within_the_window_of_the_hit():
    """Each hit counts the arrivals of its own window."""
    hits = (
        "{tasks: [p.b], delay: 1h, when: {until: 2027-01-13}}, {tasks: [p.b], delay: 10h, name: n}"
    )
    plan = compiled(
        "a: {duration: 20ed}\nb: {duration: 5d, after: a}",
        more=risks(f"r: {{rate: 6/mo, during: p.a, hits: [{hits}]}}"),
    )
    _, schedule = block(plan, 512)
    arrived = schedule.arrivals[0]
    early = (arrived <= at(plan, "2027-01-14")).sum(axis=0)
    count = np.isfinite(arrived).sum(axis=0)
    assert 0 < early.sum() < count.sum()
    assert np.array_equal(hours(schedule.work[row(plan, "b")]), 40.0 + early + 10 * count)


def test_units_under_chances_and_mitigations():
    """A change begins never where its risk does not occur; its size is scaled like any effect."""
    more = "mitigations: {m: {at: 2027-02-01, bought: true, on: {r: {chance: 0.2, effects: 0.5}}}}"
    risk = "r: {chance: 0.5, hits: [{pools: [dba], units: -1, from: %s, for: 2w}]}"
    for date, chance, thousandths in (("2027-01-11", 0.5, -1000), ("2027-02-01", 0.2, -500)):
        _, inside = units(risk % date, more, N)
        occurs = np.isfinite(inside.units[0].begin).astype(float)
        assert near(occurs, chance)
        assert set(inside.units[0].units.tolist()) == {thousandths}


def test_units_go_with_each_arrival_of_a_rate():
    """For as long as is drawn once an iteration."""
    more = "mitigations: {m: {at: 2027-02-01, bought: true, on: {r: {effects: 0.5}}}}"
    hit = "{pools: [dba, env], units: -1, for: {uniform: [1w, 2w]}}"
    plan, inside = units(f"r: {{rate: 1/mo, during: p.a, hits: [{hit}]}}", more, 64)
    assert [plan.network.pools.ids[change.pool] for change in inside.lost] == ["dba", "env"]
    dba, env = inside.lost
    assert dba.rate == env.rate == 0
    assert dba.units[:, 0].tolist() == [-1000, -500]
    assert dba.thresholds.tolist() == [at(plan, "2027-02-01")]
    assert np.abs(dba.lasts - 2 * env.lasts).max() <= 2
    assert 40 <= hours(dba.lasts).min() < hours(dba.lasts).max() <= 80


FAULTS = {
    "the window ends": "f: {chance: 1, when: {from: 2027-03-01, until: 2027-02-01}, hits: [%s]}",
    "the window has no end": "f: {chance: 1, when: {}, hits: [%s]}",
    "both have a window": (
        "f: {chance: 1, when: {from: 2027-02-01},"
        " hits: [{tasks: [p.a], delay: 1d, when: {until: 2027-03-01}}]}"
    ),
    "the rate is -1/mo": "f: {rate: -1/mo, during: p.a, hits: [%s]}",
    "a milestone, which takes no time": "f: {rate: 1/mo, during: p.end, hits: [%s]}",
    "is a span": "f: {rate: 1/mo, during: p.office, hits: [%s]}",
    "`people` is unlimited": "f: {chance: 1, hits: [{pools: [people], units: -1}]}",
    "there is no pool `dbas`": "f: {chance: 1, hits: [{pools: [dbas], units: -1}]}",
    "nothing happens to the pools": (
        "f: {chance: 1, hits: [{pools: [dba], tasks: [p.a], delay: 1d}]}"
    ),
    "0.0005 units": "f: {chance: 1, hits: [{pools: [dba], units: 0.0005}]}",
    "0 units": "f: {chance: 1, hits: [{pools: [dba], units: 0}]}",
    "mixes months": (
        "f: {chance: 1, hits: [{pools: [dba], units: -1, for: {uniform: [1w, 1mo]}}]}"
    ),
    "runs when the rate hits it and cannot wait": (
        "f: {rate: 1/mo, during: p.a, hits: [{tasks: [p.a], wait: 1d}]}"
    ),
    "`p.c` may run before `p.a` and its arrivals are over": (
        "f: {rate: 1/mo, during: p.a, hits: [{tasks: [p.c], delay: 1d}]}"
    ),
    "`p.e` may run before `p.a` and its arrivals are over": (
        "f: {rate: 1/mo, during: p.a, hits: [{tasks: [p.e], delay: 1d}]}"
    ),
    "`p.d` may run before `p.a` and its arrivals are over": (
        "f: {rate: 1/mo, during: p.a, hits: [{tasks: [p.d], delay: 1d}]}"
    ),
    "it may never end": "f: {rate: 9/mo, during: p.a, hits: [{tasks: [p.a], factor: 1.5}]}",
    "simulate stops by a rate": "f: {rate: 1/mo, during: p.a, stops: p, hits: [%s]}",
    "simulate `apply: first` for a rate": (
        "f: {rate: 1/mo, during: p.a, hits: [{tasks: [p.a, p.b], delay: 1d, apply: first}]}"
    ),
    "simulate `from` of what a rate brings": (
        "f: {rate: 1/mo, during: p.a, hits: [{pools: [dba], units: -1, from: 2027-02-01}]}"
    ),
    "simulate `apply: first` with a window": (
        "f: {chance: 1, hits: [{tasks: [p.a, p.c], delay: 1d, apply: first,"
        " when: {from: 2027-02-01}}]}"
    ),
    "chances that depend on a rate": (
        "f: {rate: 1/mo, during: p.a, hits: [%s]}\n"
        "  g: {chance: {if f: 0.5}, hits: [{tasks: [p.a], delay: 2d}]}"
    ),
}


@pytest.mark.parametrize(("problem", "risk"), FAULTS.items())
def test_what_means_nothing_or_is_not_simulated_is_named(problem, risk):
    """Each with its place in the file."""
    tasks = """a: {duration: 5d, needs: {dba: 1}}
        b: {duration: 5d, after: a}
        c: {duration: 5d}
        d: {duration: 5d, after: "a FS-1d"}
        e: {duration: 5d, after: {task: a, lag: {uniform: [-1d, 2d]}}}
        end: {milestone: true, after: b}
        office: {spans: [a, b]}"""
    pools = "pools: {dba: {units: 2}, people: {units: unlimited}}\n"
    text = risk % "{tasks: [p.a], delay: 1d}" if "%s" in risk else risk
    with pytest.raises(ScenarioError) as caught:
        compiled(tasks, more=pools + risks(text))
    assert problem in str(caught.value)
    assert caught.value.faults[0].line > 0
