"""What only SimPy settles beside finite pools is told: why, whose hits, and what avoids it."""

import pytest
from click.testing import CliRunner

from simulator.cli.main import cli
from simulator.engine.sampling import Sampling
from simulator.plan.compile import Plan
from simulator.reports.story import notes
from simulator.run.left_to_simpy import left_to_simpy
from simulator.run.settings import Settings
from simulator.run.simulate import settled, simulate
from tests.programs import compiled, scenario

TASKS = """
a: {duration: {uniform: [2d, 4d]}, needs: {dev: 1}}
b: {duration: 2d, needs: {dev: 1}}
"""
POOLS = "pools: {dev: {units: 1}}\n"
LATE = "risks: {late: {chance: 1, when: {from: 2027-01-06}, hits: [{tasks: [p.b], EFFECT}]}}\n"
MEETINGS = "boards: {sc: {meets: every 1w from 2027-01-07}}\n"
GROWTH = "risks: {scope: {rate: 1/mo, during: p.b, hits: [{tasks: [p.b], factor: 1.1}]}}\n"


def told(plan: Plan, engine: str = "auto") -> tuple[str, ...]:
    """What is said before a plan is run."""
    return left_to_simpy(plan, settled(Settings(100, engine=engine), plan), Sampling("mc", 1))


@pytest.mark.parametrize(
    ("tasks", "more", "words"),
    [
        (TASKS, LATE.replace("EFFECT", "wait: 1d"), ["`late`", "make `p.b` wait", "`delay`"]),
        (
            TASKS.replace("b: {duration: 2d", "b: {duration: 0d"),
            LATE.replace("EFFECT", "delay: 1d"),
            ["`late`", "give work to `p.b`", "above 0"],
        ),
        (
            TASKS.replace("b: {duration: 2d", "b: {duration: 4h, unbroken: true"),
            LATE.replace("EFFECT", "delay: 1d"),
            ["`late`", "`p.b`", "`unbroken`", "work that is not"],
        ),
        (
            TASKS.replace("b: {duration: 2d", "b: {duration: 2d, after: [a FF]"),
            LATE.replace("EFFECT", "delay: 1d"),
            ["`late`", "`p.b`", "bound by links", "bounds on the start"],
        ),
        (
            TASKS.replace("b: {duration: 2d", "b: {duration: 2d, board: sc"),
            MEETINGS + GROWTH,
            ["`scope`", "`p.b`", "board", "task of its own"],
        ),
        (
            TASKS,
            LATE.replace("}]}}", "}]}, one: {chance: 1, hits: [HIT]}}")
            .replace("EFFECT", "delay: 1d")
            .replace("HIT", "{tasks: [p.a, p.b], apply: first, wait: 1d}"),
            ["`late`", "`p.b`", "`apply: first`", "`apply: each`"],
        ),
        (
            TASKS,
            LATE.replace("EFFECT", "delay: 1d").replace(
                "}]}}", "}]}, end: {chance: 0.5, at: 2027-03-01, stops: program}}"
            ),
            ["`late`", "`stops`"],
        ),
    ],
)
def test_every_reason_is_told_with_whom_it_concerns(tasks, more, words):
    """And what would avoid it."""
    (reason,) = told(compiled(tasks, more=POOLS + more))
    assert all(word in reason for word in [*words, "hundreds of times slower", "would avoid that"])


@pytest.mark.parametrize("effect", ["delay: 1d", "factor: 1.5"])
def test_what_rounds_settle_is_not_told(effect):
    """Delays and factors in windows are the compiled engine's own business."""
    plan = compiled(TASKS, more=POOLS + LATE.replace("EFFECT", effect))
    assert told(plan) == ()


def test_who_asks_for_simpy_or_has_no_pools_is_told_nothing():
    """There is nothing that could be done."""
    more = LATE.replace("EFFECT", "wait: 1d")
    assert told(compiled(TASKS, more=POOLS + more), engine="simpy") == ()
    free = POOLS.replace("units: 1", "units: unlimited")
    assert told(compiled(TASKS, more=free + more), engine="compiled") == ()


def test_many_tasks_are_counted():
    """Three are named."""
    tasks = "\n".join(f"t{k}: {{duration: 2d, needs: {{dev: 1}}}}" for k in range(5))
    more = LATE.replace("p.b", "'p.*'").replace("EFFECT", "apply: each, wait: 1d")
    (reason,) = told(compiled(tasks, more=POOLS + more))
    assert "make `p.t0`, `p.t1`, `p.t2` and 2 more wait" in reason


@pytest.mark.parametrize("effect", ["wait: 1d", "delay: 1d"])
def test_results_say_so_if_it_happened(effect):
    """In the notes and in `result.json`, and only then."""
    results = simulate(scenario(TASKS, more=POOLS + LATE.replace("EFFECT", effect)), iterations=20)
    there = effect == "wait: 1d"
    assert results.joined.lived == (20 if there else 0)
    assert len(results.warnings) == there
    assert results.to_dict()["warnings"] == list(results.warnings)
    assert any("SimPy" in note for note in notes(results)) == there


def test_what_shows_only_on_the_way_is_told_too(monkeypatch):
    """Rounds that end in no schedule, of which nothing told before."""
    monkeypatch.setattr("simulator.engine.compiled.engine.settled_in_rounds", lambda *_: None)
    results = simulate(
        scenario(TASKS, more=POOLS + LATE.replace("EFFECT", "delay: 1d")), iterations=20
    )
    (warning,) = results.warnings
    assert "`late`" in warning
    assert "came out in no schedule" in warning


@pytest.mark.parametrize(
    "command",
    [
        ["run", "PATH", "--out", "none", "--json"],
        ["compare", "PATH", "--variant", "x", "--set", "pools.dev.units=2", "--out", "none"],
        ["mitigate", "PATH", "--budget", "0", "--out", "none"],
        ["sweep", "PATH", "--vary", "pools.dev.units=1,2", "--out", "none"],
        ["replay", "PATH", "--iteration", "1", "--out", "none"],
    ],
    ids=lambda command: command[0],
)
def test_commands_say_so_before_they_take_long(tmp_path, command):
    """On stderr, before the results."""
    path = tmp_path / "slow.yaml"
    tasks = ", ".join(TASKS.strip().splitlines())
    path.write_text(
        f"format: 1\nprogram: {{start: 2027-01-04}}\nprojects: {{p: {{tasks: {{{tasks}}}}}}}\n"
        + POOLS
        + LATE.replace("EFFECT", "wait: 1d")
    )
    told = [str(path) if word == "PATH" else word for word in command]
    shown = CliRunner().invoke(cli, [*told, "-n", "20"])
    assert shown.exit_code == 0, shown.output
    assert "make `p.b` wait" in shown.stderr
