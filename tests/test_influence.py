"""Which variables take Sobol's points: what a pilot of a few hundred iterations finds out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import simulator
from benchmarks.cases import Network, loaded
from simulator.engine import addresses
from simulator.engine.sampling import Sampling, factor_label
from simulator.plan.compile import compile_plan
from simulator.plan.plan import NONE
from simulator.run import block
from simulator.run.block import Shared, Span, block_maker, sampling_of, simulate_block
from simulator.run.influence import (
    LENGTH,
    PILOT,
    RANK_BITS,
    Pilot,
    _explained,
    _explained_by_chain,
    _spreads,
    centred_ranks,
    dimensions_of,
    task_of_variables,
)
from simulator.run.settings import Settings
from tests.programs import compiled, without_limits

TASKS = """
long: {duration: {uniform: [10d, 90d]}}
short: {duration: {uniform: [1d, 9d]}, after: [long]}
alone: {duration: {uniform: [1d, 2d]}, cost: {uniform: [100, 9000]}}
"""


def dimensions(plan, engine="numpy", seed=1):
    """The dimensions that a run with Sobol's points takes."""
    return sampling_of(plan, Settings(seed=seed, scheme="sobol", engine=engine)).dimensions


def silent(plan, finish=None):
    """A pilot in which nothing happens but a finish that is given."""
    tasks = len(plan.network.tasks)

    def simulate(start, stop):
        nothing = np.zeros(stop - start)
        ends = nothing if finish is None else finish(start, stop)
        return Pilot(ends, nothing, np.zeros(tasks, dtype=np.int64))

    return simulate


@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, 7.0, np.inf]), min_size=1, max_size=30))
def test_ranks_are_whole_numbers_around_zero(values):
    """Equal values share their mean rank, and an infinite finish comes last."""
    ranks = stats.rankdata(values)
    assert centred_ranks(np.array(values)).tolist() == (2 * ranks - len(values) - 1).tolist()


def test_the_most_influential_variables_come_first():
    """What moves the finish or the cost, before what moves neither."""
    found = dimensions(compiled(TASKS))
    assert sorted(found.values()) == [0, 1, 2, 3]
    assert {found["p.long/duration"], found["p.alone/cost"]} == {0, 1}
    assert found["p.short/duration"] == 2
    assert list(found.values()) == [0, 1, 2, 3]


def test_equals_come_in_the_order_of_names_and_only_64_come():
    """Where nothing moves anything, names decide."""
    tasks = "\n".join(f"t{number:03}: {{duration: {{uniform: [1d, 9d]}}}}" for number in range(90))
    plan = compiled(tasks)
    found = dimensions_of(plan, 1, silent(plan))
    assert found == {f"p.t{number:03}/duration": number for number in range(64)}


def test_infinite_finishes_have_the_last_rank():
    """A variable that decides whether the program ends at all matters most."""
    plan = compiled(TASKS + "never: {duration: 1d, cost: {uniform: [1, 2]}}\n")
    row = [each.name for each in plan.variables.table].index("p.never/cost")
    hashes = plan.variables.addresses[row : row + 1]

    def finish(start, stop):
        u = addresses.uniforms(1, hashes, start, stop)[0]
        return np.where(u > 0.5, np.inf, u)

    assert dimensions_of(plan, 1, silent(plan, finish))["p.never/cost"] == 0


def test_a_shared_factor_can_take_points():
    """It has a label of its own, and moves more than each member alone."""
    tasks = "t0: {duration: {uniform: [1d, 9d]}}\n" + "\n".join(
        f"t{n}: {{duration: {{uniform: [1d, 9d]}}, after: [t{n - 1}]}}" for n in range(1, 9)
    )
    plan = compiled(tasks, more="correlations:\n  - {between: ['p.*'], rho: 0.5}\n")
    found = dimensions(plan)
    assert found[factor_label(plan.variables.equal[0].address)] == 0
    assert len(found) == 10


def test_whose_work_a_variable_is_in():
    """A duration and a class drawn for one task are; costs and what the work depends on are not."""
    plan = compiled(
        """
        a: {duration: 5d, class: new}
        b: {duration: {uniform: [1d, 9d]}, cost: {uniform: [1, 9]}, after: a}
        c: {duration: 3d, after: b}
        """,
        more="classes: {new: {range: {uniform: [1, 2]}}}\n"
        "risks: {r: {chance: 0.5, hits: [{tasks: [p.c], delay: {uniform: [1d, 2d]}}]}}\n",
    )
    found = dict(zip([v.name for v in plan.variables.table], task_of_variables(plan), strict=True))
    ids = [task.id for task in plan.network.tasks]
    assert {name: ids[task] for name, task in found.items() if task != NONE} == {
        "p.a/class": "p.a",
        "p.b/duration": "p.b",
    }


def test_variables_of_one_matrix_are_in_each_others_work():
    """One draw moves all that come after it in the matrix: the chain does not tell them apart."""
    tasks = "\n".join(f"t{number}: {{duration: {{uniform: [1d, 9d]}}}}" for number in range(3))
    more = "correlations:\n  - {between: [p.t0, p.t1], rho: 0.5}\n"
    assert (task_of_variables(compiled(tasks, more=more)) != NONE).all()
    more += "  - {between: [p.t1, p.t2], rho: 0.3}\n"
    assert (task_of_variables(compiled(tasks, more=more)) == NONE).all()


def test_spreads_are_mean_distances_from_the_mean():
    """Row by row."""
    assert _spreads(np.array([[1.0, 2.0, 9.0], [4.0, 4.0, 4.0]])).tolist() == [10 / 3, 0.0]


@pytest.mark.parametrize("calendar", ["24x7", "weekdays"])
def test_work_in_a_row_shares_the_variance_of_the_finish(calendar):
    """Shares are those of variances, whatever the calendar; what is on no chain has none."""
    plan = compiled(
        """
        a: {duration: {uniform: [10d, 40d]}}
        b: {duration: {uniform: [10d, 70d]}, after: a}
        c: {duration: {uniform: [10d, 130d]}, after: b}
        d: {duration: {uniform: [1d, 2d]}}
        """,
        program=f"calendar: {calendar}",
    )
    names = [variable.name for variable in plan.variables.table]
    span = simulate_block(plan, Settings(engine="numpy"), Span(0, 4096), Sampling("mc", 1))
    pilot = Pilot(span.finish, span.cost, span.critical.sum(axis=0)[0])
    found = _explained_by_chain(plan, task_of_variables(plan), pilot)
    shares = dict(zip("abcd", (found[names.index(f"p.{t}/duration")] for t in "abcd"), strict=True))
    # A sum's mean distance is a little less, for its variance, than that of its uniform parts.
    assert [shares[t] * 21 for t in "abcd"] == pytest.approx([1, 4, 16, 0], rel=0.2)
    endless = Pilot(np.full(4096, np.inf), span.cost, pilot.on_chain)
    assert not _explained_by_chain(plan, task_of_variables(plan), endless).any()


def test_what_is_strong_does_not_hide_what_is_weak():
    """Taken out of the outcome, strong variables leave less noise to the others."""
    rng = np.random.default_rng(2)
    off = []
    for _ in range(20):
        ranks = 2.0 * rng.integers(0, 2**RANK_BITS, (40, LENGTH)) - (2**RANK_BITS - 1)
        off.append(_explained(ranks, np.repeat([4.0, 0.4, 0.0], [10, 10, 20]) @ ranks)[20:].mean())
    # Plain correlations of 512 iterations would be 1 / 512 off.
    assert np.mean(off) < 0.3 / LENGTH
    assert not _explained(ranks, np.ones(LENGTH)).any()


def test_the_best_of_a_thousand_are_found():
    """They explain nearly as much as the best that 4,096 iterations name."""
    plan = compile_plan(loaded(Network.of(1000).data()))
    span = simulate_block(plan, Settings(engine="numpy"), Span(0, 4096), Sampling("mc", 5))
    known = Pilot(span.finish, span.cost, span.critical.sum(axis=0)[0])
    true = _explained_by_chain(plan, task_of_variables(plan), known)
    best = np.sort(true)[-64:].sum()
    names = {variable.name: row for row, variable in enumerate(plan.variables.table)}
    found = sum(true[names[label]] for label in dimensions(plan, seed=9))
    assert found > 0.97 * best


@pytest.mark.parametrize("name", ["core_banking", "erp_rollout"])
def test_both_engines_choose_the_same(name):
    """The pilot's bits are the same."""
    plan = compile_plan(without_limits(simulator.load(f"scenarios/{name}.yaml")))
    assert dimensions(plan, "compiled") == dimensions(plan, "numpy")


def test_what_the_pilot_used_leaves_no_trace():
    """A run that goes on with the pilot's tapes and rooms has the bits of a run alone."""
    plan = compile_plan(simulator.load("scenarios/core_banking.yaml"))
    settings = Settings(8192, scheme="sobol", engine="compiled")
    shared, span = Shared(), Span(1024, 2048)
    sampling = sampling_of(plan, settings, shared)
    assert shared.engine is not None
    after = block_maker(plan, settings, sampling, shared)(span)
    alone = block_maker(plan, settings, sampling)(span)
    for name in ("finish", "cost", "critical", "present", "occurred", "ready", "cash"):
        np.testing.assert_array_equal(getattr(after, name), getattr(alone, name))


def test_one_pilot_serves_the_whole_run(monkeypatch):
    """Where a run goes on, twice as many take the points that the first ones took."""
    calls = []

    def counted(*given):
        calls.append(given)
        return dimensions_of(*given)

    monkeypatch.setattr(block, "dimensions_of", counted)
    plan = compiled(TASKS)
    found = simulator.simulate(plan.scenario, scheme="sobol", precision="1h", at_most=40_000)
    again = simulator.extend(found, 50_000)
    assert len(calls) == 1
    assert again.dimensions == found.dimensions


def test_the_pilot_is_drawn_where_no_run_draws():
    """Runs end long before it begins, and it is a whole chunk."""
    assert PILOT > 1_000_000_000
    assert PILOT % addresses.BLOCK == 0
    assert LENGTH <= addresses.BLOCK
