"""Risks by hand: where they fall, what they do, chances, mitigations, stops."""

import numpy as np
import pytest

import simulator
from simulator.engine.draws import draw
from simulator.errors import ScenarioError
from tests.programs import at, block, compiled, hours, row

N = 10_240


def within(count: float, chance: float, total: int = N) -> bool:
    """Whether a frequency lies within five standard errors of its chance."""
    return abs(count / total - chance) <= 5 * np.sqrt(chance * (1 - chance) / total)


def risks(text: str) -> str:
    """The part of a file after its projects."""
    return f"risks:\n  {text}\n"


def test_a_delay_on_each_and_a_factor_share_one_draw():
    """Each hit draws once for all its tasks; `own` draws for every task."""
    tasks = "a: {duration: 10d}\nb: {duration: 10d}"
    hit = "r: {chance: 1, hits: [{tasks: ['*.*'], delay: {uniform: [1d, 9d]}, apply: each%s}]}"
    for own in ("", ", draw: own"):
        plan = compiled(tasks, more=risks(hit % own))
        durations, _ = block(plan)
        work = hours(durations.work[[row(plan, "a"), row(plan, "b")]]) - 80
        assert work.min() >= 8
        assert work.max() <= 72
        assert np.array_equal(work[0], work[1]) == (not own)


def test_the_first_task_ready_takes_the_hit():
    """The wait falls on whichever is ready first; ties go to the first that the file declares."""
    tasks = """x: {duration: {uniform: [1d, 9d]}}
        y: {duration: {uniform: [1d, 9d]}}
        a: {duration: 1d, after: x}
        b: {duration: 1d, after: y}
        c: {duration: 1d}
        d: {duration: 1d}"""
    plan = compiled(
        tasks,
        more=risks(
            "r: {chance: 0.5, hits: [{tasks: [p.a, p.b], wait: 100ed, apply: first}]}\n"
            "  s: {chance: 1, hits: [{tasks: [p.d, p.c], delay: 3d, apply: first}]}"
        ),
    )
    draws = draw(plan, 1, 0, 2048)
    _, schedule = block(plan)
    ready = schedule.asked[[row(plan, "a"), row(plan, "b")]]
    waited = schedule.start[[row(plan, "a"), row(plan, "b")]] - ready > 99 * 86_400_000
    occurs = draws.occurs[0, 0]
    assert np.array_equal(waited[0], occurs & (ready[0] <= ready[1]))
    assert np.array_equal(waited[1], occurs & (ready[1] < ready[0]))
    assert np.all(hours(schedule.work[row(plan, "c")]) == 32)
    assert np.all(hours(schedule.work[row(plan, "d")]) == 8)


def test_a_wait_holds_nothing_and_a_delay_is_work():
    """A wait moves the start, a delay lengthens the work."""
    plan = compiled(
        "a: {duration: 2d}",
        more=risks(
            "r: {chance: 1, hits: [{tasks: [p.a], wait: 3d}]}\n"
            "  s: {chance: 1, hits: [{tasks: [p.a], delay: 1d}]}"
        ),
    )
    _, schedule = block(plan, 1)
    assert schedule.start[0, 0] == at(plan, "2027-01-06 17:00") + 16 * 3_600_000
    assert hours(schedule.work[0, 0]) == 24


def test_chances_depend_on_other_risks():
    """P(rollback) follows the risk it names, whatever the order in the file."""
    more = risks(
        "rollback: {chance: {if late: 0.5, else: 0.1}, hits: [{cost: 1}]}\n"
        "  late: {chance: 0.4, hits: [{tasks: [p.a], delay: 1d}]}"
    )
    draws = draw(compiled("a: {duration: 2d}", more=more), 1, 0, N)
    late, rollback = draws.occurs[0]
    assert within(late.sum(), 0.4)
    assert within(rollback[late].sum(), 0.5, int(late.sum()))
    assert within(rollback[~late].sum(), 0.1, int((~late).sum()))


MITIGATED = """r: {chance: 0.5, hits: [{tasks: [p.a, p.b], factor: 2}, {tasks: [p.a], wait: 10ed}]}
mitigations:
  m: {cost: 10, %s on: {r: {chance: 0.2, effects: 0.5}}, bought: true}
"""


def test_a_mitigation_replaces_the_chance_and_scales_the_effects():
    """In force from the start: chance 0.2, factor 1.5, a wait of five days; same futures."""
    tasks = "a: {duration: 10d}\nb: {duration: 10d, after: a}"
    plan = compiled(tasks, more=risks(MITIGATED % ""))
    bare = compiled(tasks, more=risks(MITIGATED % "").replace("bought: true", "bought: false"))
    occurs, before = draw(plan, 1, 0, N).occurs[0, 0], draw(bare, 1, 0, N).occurs[0, 0]
    assert within(occurs.sum(), 0.2)
    assert not np.any(occurs & ~before)
    durations, _ = block(plan, N)
    assert set(hours(durations.work[row(plan, "a")])) == {80.0, 120.0}


def test_a_dated_mitigation_holds_for_tasks_that_start_at_or_after_its_date():
    """Task `a` starts before the date and meets the risk in full, `b` after it."""
    tasks = "a: {duration: 10d}\nb: {duration: 10d, start_no_earlier_than: 2027-03-01}"
    plan = compiled(tasks, more=risks(MITIGATED % "at: 2027-02-01,"))
    _, schedule = block(plan, N)
    assert set(hours(schedule.work[row(plan, "a")])) == {80.0, 160.0}
    assert set(hours(schedule.work[row(plan, "b")])) == {80.0, 120.0}
    assert within(np.sum(hours(schedule.work[row(plan, "a")]) == 160), 0.5)
    assert within(np.sum(hours(schedule.work[row(plan, "b")]) == 120), 0.2)


def test_a_stop_ends_what_runs_and_what_has_not_begun():
    """Stopped on its date: done stays done, running ends there, the rest is absent and unpaid."""
    tasks = """a: {duration: 5d, cost: 100}
        b: {duration: 10d, after: a, cost: 100}
        c: {duration: 5d, after: b, cost: 100}"""
    more = "  q:\n    tasks:\n      d: {duration: 30d}\n" + risks(
        "halt: {chance: 0.25, at: 2027-01-18, stops: p}"
    )
    loaded = compiled(tasks, program="deadline: 2027-12-31", more=more).scenario
    results = simulator.simulate(loaded, iterations=N)
    finish = results.outcomes["finish:p"].values
    stopped = ~np.isfinite(finish)
    assert within(stopped.sum(), 0.25)
    assert set(results.joined.cost[stopped].tolist()) == {150.0}
    assert set(results.joined.cost[~stopped].tolist()) == {300.0}
    assert np.isfinite(results.joined.finish).all()
    assert results.to_dict()["outcomes"]["finish:p"]["quantiles"]["p95"]["value"] is None
    assert results.to_dict()["outcomes"]["finish:p"]["mean"]["value"] is None


def test_a_stopped_program_never_finishes_and_is_not_on_time():
    """The finish is null, sorted last, and not on time; costs count up to the stop."""
    more = risks("halt: {chance: 0.25, at: 2027-01-11, stops: program}")
    plan = compiled("a: {duration: 10d, cost: 100}", program="deadline: 2027-06-30", more=more)
    results = simulator.simulate(plan.scenario, iterations=N)
    stopped = ~np.isfinite(results.joined.finish)
    assert within(stopped.sum(), 0.25)
    assert results.probability["on_time"].value == 1 - stopped.mean()
    assert set(results.joined.cost[stopped].tolist()) == {50.0}


def test_a_stop_can_come_with_the_start_of_a_task():
    """Where the risk occurs, the task that it hits does not happen, nor anything after it."""
    more = risks("halt: {chance: 0.5, stops: p, hits: [{tasks: [p.b], cost: 7}]}")
    plan = compiled("a: {duration: 5d}\nb: {duration: 5d, after: a}\nc: {duration: 20d}", more=more)
    draws = draw(plan, 1, 0, 2048)
    _, schedule = block(plan)
    occurs = draws.occurs[0, 0]
    assert np.array_equal(~schedule.exists[row(plan, "b")], occurs)
    assert np.all(schedule.finish[row(plan, "c")][occurs] == at(plan, "2027-01-11 09:00"))
    costs = simulator.simulate(plan.scenario, iterations=2048).joined.cost
    assert np.array_equal(costs, np.where(occurs, 7.0, 0.0))


def test_history_that_includes_risks_is_not_hit_again():
    """Tasks whose class already holds what risks did take no factor, delay or wait from them."""
    more = """classes: {history: {uniform: [1.0, 2.0], includes_risks: true}}
risks:
  r: {chance: 1, hits: [{tasks: ['*.*'], delay: 50d, apply: each}]}
"""
    plan = compiled("a: {duration: 10d, class: history}\nb: {duration: 10d}", more=more)
    durations, _ = block(plan)
    assert hours(durations.work[row(plan, "a")]).max() <= 160
    assert np.all(hours(durations.work[row(plan, "b")]) == 480)


REFUSED = {
    "backlogs": "a: {backlog: {points: 10, velocity: 5, sprint: 2w}}",
    "defects": "a: {duration: 1d, defects: {sev1: 3}}",
}


@pytest.mark.parametrize(("what", "task"), REFUSED.items())
def test_what_is_not_simulated_yet_is_refused_by_name(what, task):
    """A construct is never ignored: it is named, with its place in the file."""
    with pytest.raises(ScenarioError, match=what) as caught:
        compiled(task)
    assert caught.value.faults[0].line > 0


def test_of_tasks_in_a_row_the_first_declared_is_ready_first():
    """A whole project can be named: what waits for another of its tasks is never the first."""
    more = risks("r: {chance: 1, hits: [{tasks: ['p.*'], wait: 1d, apply: first}]}")
    tasks = "a: {duration: 1d}\nb: {duration: 1d, after: a}\nc: {duration: 1d, after: b}"
    plan = compiled(tasks, more=more)
    _, schedule = block(plan, 1)
    starts = [schedule.start[row(plan, task), 0] for task in "abc"]
    assert starts == [at(plan, f"2027-01-0{day} 09:00") for day in (5, 6, 7)]


def test_a_first_that_no_order_can_settle_is_refused():
    """Where the task before may be absent, the one after it may be first: refused by name."""
    more = "    branches:\n      way: {yes: 0.5, no: 0.5}\n" + risks(
        "r: {chance: 1, hits: [{tasks: [p.a, p.c], wait: 1d, apply: first}]}"
    )
    tasks = (
        "a: {duration: 1d, on: way.yes}\nb: {duration: 1d, after: a}\nc: {duration: 1d, after: b}"
    )
    with pytest.raises(ScenarioError, match="apply: first"):
        compiled(tasks, more=more)


UNSETTLED = {
    "spans other tasks": "r: {chance: 1, hits: [{tasks: [p.office], wait: 1d}]}",
    "no work to delay": "r: {chance: 1, hits: [{tasks: [p.end], delay: 1d}]}",
}


@pytest.mark.parametrize(("problem", "risk"), UNSETTLED.items())
def test_hits_that_mean_nothing_are_refused(problem, risk):
    """A wait on a span, work added to a milestone."""
    tasks = """a: {duration: 1d}
        b: {duration: 1d}
        c: {duration: 1d, after: b}
        end: {milestone: true, after: c}
        office: {spans: [a, c]}"""
    with pytest.raises(ScenarioError, match=problem):
        compiled(tasks, more=risks(risk))


def test_opportunities_are_told_from_threats():
    """Shorter or cheaper on average is an opportunity, reported apart; a stop never is."""
    more = risks(
        "late: {chance: 0.5, hits: [{tasks: [p.a], delay: {uniform: [-1d, 5d]}}]}\n"
        "  reuse: {chance: 0.5, hits: [{tasks: [p.a], factor: {uniform: [0.7, 1.1]}}]}\n"
        "  grant: {chance: 0.5, hits: [{cost: -500}]}\n"
        "  trade: {chance: 0.5, hits: [{tasks: [p.a], delay: -1d, cost: 900}]}\n"
        "  halt: {chance: 0.1, at: 2027-06-01, stops: p}"
    )
    found = simulator.simulate(compiled("a: {duration: 20d}", more=more).scenario, iterations=50)
    assert {key: risk.kind for key, risk in found.risks.items()} == {
        "late": "threat",
        "reuse": "opportunity",
        "grant": "opportunity",
        "trade": "both",
        "halt": "threat",
    }
