"""Running until sure, and going on with a run: looks, coverage where a run stops, same bits."""

import itertools
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import simulator
from simulator.estimates.estimator import Sample
from simulator.estimates.replicates import Replicated
from simulator.run import precision as module
from simulator.run import simulate as chain
from simulator.run.block import Span, simulate_block
from simulator.run.pieces import by_threads
from simulator.run.precision import ALL, COST, FINISH, Goal, Looks, Precision
from simulator.run.settings import CHUNK, Settings
from simulator.run.store import result_text
from simulator.scenario.units import MS_PER_DAY, MS_PER_HOUR
from tests.programs import scenario

TASKS = """a: {duration: {uniform: [1d, 30d]}, cost: 1_000}
    b: {duration: {pert: [5d, 8d, 40d]}, cost_rate: 500/d, after: a}
    c: {duration: {uniform: [10d, 50d]}}
    g: {milestone: true, after: [b, c]}"""
SEED = 20270104
Z = 5.0


def loaded(program: str = "deadline: 2027-03-20, budget: 9_000") -> simulator.Scenario:
    """Two ways to the end, money and promises."""
    return scenario(TASKS, program=program)


@pytest.mark.parametrize(
    ("wanted", "of", "width"),
    [
        ("1d", FINISH, MS_PER_DAY),
        ("1.5ed", FINISH, 1.5 * MS_PER_DAY),
        ("12h", FINISH, 12 * MS_PER_HOUR),
        ("2w", FINISH, 14 * MS_PER_DAY),
        ("50_000", COST, 50_000.0),
        (50_000, COST, 50_000.0),
        ("0.5%", ALL, 0.005),
    ],
)
def test_a_width_says_what_it_is_of(wanted: str | float, of: str, width: float) -> None:
    """Calendar time for the date, money for the cost, points for the chance."""
    assert Goal.parse(wanted) == Goal(of, width)


@pytest.mark.parametrize("wanted", ["0d", "-5", "soon", "3pd", "1mo", "5/d", "2027-01-04", "0%"])
def test_a_width_that_cannot_be_read_is_a_mistake_of_usage(wanted: str) -> None:
    """It is named, and what may stand there."""
    with pytest.raises(simulator.SettingsError, match="expected") as told:
        simulator.simulate(loaded(), precision=wanted)
    assert wanted in str(told.value)


def test_what_cannot_be_looked_at_is_told_before_the_run() -> None:
    """A ceiling below the first look, no promise, no width."""
    for precision, at_most, program in (
        ("1d", 5000, "deadline: 2027-03-20"), ("1%", 10_000, ""), ([], 10_000, ""),
    ):  # fmt: skip
        with pytest.raises(simulator.SettingsError, match="expected"):
            simulator.simulate(loaded(program), precision=precision, at_most=at_most)
    with pytest.raises(simulator.SettingsError, match="whole number"):
        Precision.of("1d", 1e6)  # type: ignore[arg-type]


def test_looks_are_doublings_up_to_the_ceiling() -> None:
    """The level does not depend on the machine's memory; what is looked at does."""
    plan = chain.compile_plan(loaded())
    looks = Precision.of("1d", 1_000_000).looks(plan, Settings())
    assert looks.allowed == tuple(10_000 * 2**k for k in range(7))
    assert Precision.of("1d", 1000).looks(plan, Settings(1000)).allowed == (1000,)
    small = replace(looks, fitting=25_000)
    assert small.counts == (10_000, 20_000)
    assert replace(looks, fitting=5).counts == (10_000,)
    blocks = [simulate_block(plan, Settings(), Span(0, CHUNK))]
    found = small.look(plan, Settings(), blocks)
    assert found.look_level == pytest.approx(1 - 0.05 / 7)
    assert found.looks == 7


def test_memory_is_asked_where_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a system does not tell, only the ceiling counts."""
    plan = chain.compile_plan(loaded())
    assert 10_000 < module._fitting(plan) < 10**12
    monkeypatch.delattr(module.os, "sysconf")
    assert module._fitting(plan) == 100_000_000


def test_a_run_goes_on_until_it_is_sure() -> None:
    """It stops at the first look where all intervals are narrow enough, at the strict level."""
    found = simulator.simulate(loaded(), iterations=1000, precision=["30h", "2%"], at_most=100_000)
    told = found.precision
    assert told is not None
    assert told.reached
    assert found.settings.iterations in (8000, 16_000, 32_000)
    assert [each.goal.of for each in told.widths] == [FINISH, ALL]
    assert all(each.width < each.look_width <= each.goal.width for each in told.widths)
    finish = found.outcomes["finish"].quantiles[80]
    assert told.widths[0].width == finish.high - finish.low
    whole = found.probability["all"]
    assert told.widths[1].width == pytest.approx(whole.high - whole.low)
    # One look earlier it was not enough.
    before = replace(found.settings, iterations=found.settings.iterations // 2)
    blocks = [simulate_block(found.plan, before, Span(0, before.iterations))]
    looks = Looks(Precision.of(["30h", "2%"], 100_000), tuple(1000 << k for k in range(7)), 10**9)
    assert not looks.look(found.plan, before, blocks).reached


def test_the_run_that_stopped_is_a_plain_run_of_that_length() -> None:
    """Nothing but what is told of the precision differs."""
    sure = simulator.simulate(loaded(), iterations=1500, precision="1d", at_most=50_000)
    count = sure.settings.iterations
    assert count > 1500
    plain = simulator.simulate(loaded(), iterations=count).to_dict()
    told = sure.to_dict()
    precision = told["settings"].pop("precision")
    assert plain["settings"].pop("precision") is None
    assert told == plain
    assert precision["reached"] is True
    assert precision["goals"][0]["wanted"] == 1.0
    json.dumps(precision, allow_nan=False)


def test_a_ceiling_ends_a_run_that_is_not_sure() -> None:
    """It is said, and the iterations that there are count."""
    found = simulator.simulate(loaded(), iterations=100, precision="1h", at_most=399)
    assert found.settings.iterations == 200
    assert found.precision is not None
    assert not found.precision.reached
    assert found.to_dict()["settings"]["precision"]["reached"] is False


def test_an_interval_without_an_end_is_not_narrow() -> None:
    """Of three iterations nothing is known; its width is null. What is certain has no width."""
    found = simulator.simulate(loaded(), iterations=3, precision="900w", at_most=3)
    assert found.precision is not None
    assert not found.precision.reached
    assert found.to_dict()["settings"]["precision"]["goals"][0]["width"] is None
    certain = simulator.simulate(scenario("a: {duration: 5d}"), iterations=100, precision="1h")
    assert certain.precision is not None
    assert certain.precision.widths[0].width == 0
    assert certain.settings.iterations == 100


@pytest.mark.parametrize("scheme", ["mc", "lhs"])
def test_the_interval_covers_where_the_run_stops(scheme: str) -> None:
    """Stopping when it suits does not spoil the interval of what is reported.

    Values are uniform, so the true P80 is 0.8; a run stops at the first of five looks whose
    interval is narrower than a width that noise decides: about half of them stop at the third.
    """
    rng = np.random.default_rng(SEED)
    chunk, first, allowed, runs = 64, 8, 5, 600
    hits = strict_hits = 0
    stopped = []
    for _ in range(runs):
        count = chunk * first * 2 ** (allowed - 1)
        u = rng.random(count)
        if scheme == "lhs":  # of the sum of two variables, whose P80 is 2 - sqrt(0.4)
            strata = np.argsort(rng.random((count // chunk, chunk, 2)), axis=1)
            u = ((strata + rng.random(strata.shape)) / chunk).reshape(count, 2).sum(axis=1)
        true = 0.8 if scheme == "mc" else 2 - math.sqrt(0.4)
        for look in range(allowed):
            n = chunk * first * 2**look
            groups = 1 if scheme == "mc" else min(n // chunk, 64)
            sample = Sample(u[:n])
            strict = Replicated(1 - 0.05 / allowed, groups, chunk).quantiles(sample, (80,))[80]
            if strict.high - strict.low <= 0.047 or look == allowed - 1:
                break
        usual = Replicated(0.95, groups, chunk).quantiles(sample, (80,))[80]
        hits += usual.low <= true <= usual.high
        strict_hits += strict.low <= true <= strict.high
        stopped.append(look)
    error = Z * math.sqrt(0.95 * 0.05 / runs)
    assert len(set(stopped)) > 1
    assert strict_hits / runs >= 0.95
    # Of 3,000 runs: 95 % (mc), 93.8 % (lhs).
    assert hits / runs >= 0.95 - error


# --- extending


def same(one: simulator.Results, other: simulator.Results) -> None:
    """The same bits of everything."""
    assert result_text(one) == result_text(other)
    for name in ("finish", "duration", "cost", "finishes", "task_start", "task_finish"):
        assert np.array_equal(getattr(one.joined, name), getattr(other.joined, name)), name


@pytest.mark.parametrize("scheme", ["mc", "lhs", "sobol"])
@pytest.mark.parametrize("task_iterations", [4096, 20_000])
def test_an_extended_run_is_the_longer_run(scheme: str, task_iterations: int) -> None:
    """Bit for bit, also from within a chunk, and twice in a row."""
    chosen: dict[str, Any] = {"scheme": scheme, "task_iterations": task_iterations}
    short = simulator.simulate(loaded(), iterations=1500, **chosen)
    longer = simulator.extend(simulator.extend(short, 9000), 17_000)
    count = longer.settings.iterations
    assert count == {"mc": 17_000, "lhs": 17_408, "sobol": 32_768}[scheme]
    same(longer, simulator.simulate(loaded(), iterations=count, **chosen))


def test_extending_makes_only_the_new_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    """What there is stays; but for a block that ends within a chunk."""
    made: list[Span] = []

    def noted(*given: Any, **named: Any) -> Any:
        make = original(*given, **named)

        def made_of(span: Span) -> Any:
            made.append(span)
            return make(span)

        return made_of

    original = chain.block_maker
    monkeypatch.setattr(chain, "block_maker", noted)
    for first, again in ((10 * CHUNK, 10 * CHUNK), (10 * CHUNK + 5, 8 * CHUNK)):
        settings = Settings(iterations=first, block=4 * CHUNK)
        begun = chain.run(loaded(), settings)
        made.clear()
        simulator.extend(begun, 13 * CHUNK)
        assert made[0].start == (first if first % CHUNK == 0 else again)
        assert made[-1].stop == 13 * CHUNK


def test_a_run_is_never_made_shorter() -> None:
    """That would be another run."""
    begun = simulator.simulate(loaded(), iterations=100)
    with pytest.raises(simulator.SettingsError, match="at least the 100"):
        simulator.extend(begun, 99)
    same(simulator.extend(begun, 100), begun)


# --- settings and blocks


def test_iterations_are_rounded_by_the_scheme() -> None:
    """Whole cubes; 8 to 15 replicates of 2^k, at least 1,024."""
    assert Settings(10_000).iterations == 10_000
    assert Settings(10_000, scheme="lhs").iterations == 10_240
    assert Settings(10_000, scheme="lhs").replicates == 10
    assert Settings(100_000, scheme="lhs").replicates == 64
    sobol = Settings(10, scheme="sobol")
    assert (sobol.iterations, sobol.replicates) == (8192, 8)
    assert sobol.extended(20_000).iterations == 32_768
    assert sobol.extended(20_000).replicates == 8
    assert replace(sobol) == sobol
    for scheme in ("mc", "lhs", "sobol"):
        with pytest.raises(simulator.SettingsError, match="100,000,000"):
            Settings(100_000_001, scheme=scheme)
        with pytest.raises(simulator.SettingsError, match="at most"):
            Settings(1000, scheme=scheme).extended(100_000_001)


def test_small_work_is_numpys() -> None:
    """The choice depends on rows times iterations alone; threads on the engine and the machine."""
    chosen = Settings(10_000)
    assert chosen.engine_for(2_000_000) == "numpy"
    assert chosen.engine_for(2_000_001) == "compiled"
    assert chosen.resolved(200).engine_used == "numpy"
    assert chosen.resolved(200).threads_used == 1
    assert chosen.resolved(201).engine_used == "compiled"
    assert chosen.resolved(201).threads_used >= 1
    assert replace(chosen, threads=3).resolved(201).threads_used == 3
    assert Settings(engine="simpy").resolved(10**6).engine_used == "simpy"


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("count", [1, 1023, 1024, 10_000, 66_000, 2_000_000])
def test_blocks_are_whole_chunks_without_gaps(engine: str, count: int) -> None:
    """From any chunk on; only the last may end within one."""
    plan = chain.compile_plan(loaded())
    for start in (0, 1024, 65_536):
        if start >= count:
            continue
        found = chain.spans(plan, Settings(count, engine=engine, threads=2), start)
        assert found[0].start == start
        assert found[-1].stop == count
        assert all(a.stop == b.start for a, b in itertools.pairwise(found))
        assert all(span.start % CHUNK == 0 for span in found)
        assert max(span.stop - span.start for span in found) <= 16 * CHUNK
        if engine == "compiled" and count > CHUNK and count % CHUNK:
            assert found[-1].stop - found[-1].start == count % CHUNK


def test_blocks_come_in_order_whatever_the_threads() -> None:
    """Threads stay only a few blocks ahead, and a mistake in one ends the run."""
    begun: list[int] = []

    def slow(span: Span) -> Any:
        begun.append(span.start)
        if span.start == 60 * CHUNK:
            raise ValueError("sixty")
        return span

    todo = [Span(k * CHUNK, (k + 1) * CHUNK) for k in range(100)]
    made = by_threads(slow, todo, 2)
    assert [next(made) for _ in range(5)] == todo[:5]
    assert len(begun) <= 5 + 2 * 3 + 2
    with pytest.raises(ValueError, match="sixty"):
        list(made)
    assert max(begun) <= 70 * CHUNK
