"""What the compiled engine draws is what the NumPy engine draws, bit for bit."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulator
from simulator.engine.addresses import LANE
from simulator.engine.compiled.draw_tape import DrawTape, draw_tape
from simulator.engine.compiled.draws import Drawn, draw_row
from simulator.engine.compiled.jit import frugal
from simulator.engine.compiled.schemes import scheme_tape
from simulator.engine.draws import draw
from simulator.engine.sampling import Sampling
from simulator.plan.compile import Plan, compile_plan
from simulator.plan.laws import (
    ConstantLaw,
    Law,
    Steps,
    Table,
    TriangularLaw,
    UniformLaw,
    ZTable,
    normal_scores,
)
from simulator.plan.plan import EqualGroup, Variables
from simulator.plan.variables import Variable, VariableTable
from simulator.scenario.checks import cross_check
from simulator.scenario.program import Scenario
from tests.kernels import draw_lanes
from tests.programs import compiled
from tests.strategies import scenarios

CHUNK = 1024
SIZES = (64, 128, 256)
Found = dict[str, npt.NDArray[Any]]


NOWHERE = np.empty((0, 64))
"""No row takes its work from where it is drawn."""


def lanes(plan: Plan, seed: int, stop: int, size: int, *, start: int = 0) -> Found:
    """Iterations `start` (a multiple of 1024) to `stop - 1` through the kernels.

    A sub-block has four runs, one in each quarter of its chunk, of which the first lanes count.
    """
    tape, run = draw_tape(plan), size // 4
    scheme = scheme_tape(Sampling("mc", seed), tape.addresses)
    chunks: list[Found] = []
    for chunk in range(start // CHUNK, -(-stop // CHUNK)):
        found = space(tape, CHUNK)
        quarters, rest = divmod(min(CHUNK, stop - chunk * CHUNK), LANE)
        for first in range(0, LANE, run):
            n = quarters * run + min(max(rest - first, 0), run)
            part = space(tape, size)
            words, scratch = np.empty(size, dtype=np.uint32), np.full((4, size), np.nan)
            drawn = Drawn(*part.values(), words, scratch)
            draw_lanes(tape, scheme, chunk, first, n, drawn, NOWHERE)
            for name, array in part.items():
                in_runs = found[name].reshape(len(array), 4, LANE)
                in_runs[:, :, first : first + run] = array.reshape(len(array), 4, run)
        chunks.append(found)
    parts = {name: [chunk[name] for chunk in chunks] for name in chunks[0]}
    return {name: np.concatenate(each, axis=1)[:, : stop - start] for name, each in parts.items()}


@frugal
def one_row(tape: Any, words: Any, n: Any, values: Any, work: Any, cells: Any) -> None:
    """The first variable from given words."""
    draw_row(tape, np.uint64(0), words, np.uint64(n), values, work, cells)


def space(tape: DrawTape, size: int) -> Found:
    """Room for a sub-block, full of what must be overwritten."""
    return {
        "values": np.full((len(tape.kind), size), np.nan),
        "occurs": np.full((len(tape.risk), size), 7, dtype=np.uint8),
        "taken": np.full((len(tape.branch), size), -7, dtype=np.int32),
        "again": np.full((len(tape.again), size), 7, dtype=np.uint8),
    }


def same(plan: Plan, seed: int, stop: int, size: int, *, start: int = 0) -> None:
    """Both engines draw the same."""
    found = lanes(plan, seed, stop, size, start=start)
    expected = draw(plan, seed, start, stop)
    again = [np.empty((0, stop - start), dtype=bool), *expected.again]
    bits = (found["values"].view(np.uint64), expected.values.view(np.uint64))
    np.testing.assert_array_equal(*bits)
    np.testing.assert_array_equal(found["occurs"], expected.occurs.reshape(-1, stop - start))
    np.testing.assert_array_equal(found["taken"], expected.taken)
    np.testing.assert_array_equal(found["again"], np.concatenate(again))


# -- whole scenarios -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["core_banking", "erp_rollout"])
@pytest.mark.parametrize("size", SIZES)
def test_the_examples_are_drawn_alike(name: str, size: int) -> None:
    """Three chunks, the last of them with a short sub-block at its end."""
    same(compile_plan(simulator.load(f"scenarios/{name}.yaml")), 2**63 + 17, 2048 + 301, size)


@settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(scenarios(), st.integers(0, 2**64 - 1), st.integers(1, 1300), st.sampled_from(SIZES))
def test_any_scenario_is_drawn_alike(data: dict[str, Any], seed: int, stop: int, size: int) -> None:
    """Whatever the file can say; risks in every epoch of dated mitigations."""
    model = Scenario.model_validate(data)
    assert not list(cross_check(model))
    same(compile_plan(model), seed, stop, size)


def test_late_chunks_are_drawn_alike() -> None:
    """Up to the last iteration that has numbers."""
    same(compiled("a: {duration: {pert: [1d, 2d, 4d]}}"), 5, 2**34, 256, start=2**34 - 1024)


# -- correlation ---------------------------------------------------------------------------------

NINE = "\n".join(
    f"t{n}: {{duration: {{{law}}}}}"
    for n, law in enumerate(
        (
            "pert: [1d, 2d, 4d]", "triangular: [1d, 2d, 4d]", "uniform: [1d, 3d]",
            "discrete: {1d: 0.2, 3d: 0.3, 8d: 0.5}", "pert: [2d, 2d, 9d]", "uniform: [2d, 2d]",
            "triangular: [1d, 5d, 6d]", "pert: [1d, 6d, 7d]", "uniform: [1d, 8d]",
        )
    )
)  # fmt: skip


@pytest.mark.parametrize("rho", [0, 0.4, 1])
def test_equal_correlation_is_drawn_alike(rho: float) -> None:
    """Two groups with their factors, and variables that are in none."""
    more = f"correlations: [{{between: [p.t0, p.t1, p.t2, p.t3], rho: {rho}}},"
    more += "{between: [p.t4, p.t5, p.t6], rho: 0.7}]"
    plan = compiled(NINE, more=more)
    assert len(plan.variables.equal) == 2
    same(plan, 11, 1500, 128)


def test_dense_correlation_is_drawn_alike() -> None:
    """Every law that takes scores, in a matrix, beside an equal group."""
    more = "correlations: [{between: ['p.t[0-5]'], rho: 0.3},"
    more += "{between: [p.t0, p.t1], rho: 0.8}, {between: [p.t2, p.t6], rho: -0.5},"
    more += "{between: [p.t7, p.t8], rho: 0.6}]"
    plan = compiled(NINE, more=more)
    assert plan.variables.dense is not None
    assert len(plan.variables.dense.members) >= 6
    assert plan.variables.equal
    same(plan, 12, 1500, 64)


# -- laws ----------------------------------------------------------------------------------------


def rising(count: int) -> npt.NDArray[np.float64]:
    """Thresholds between 0 and 1, one of them twice and one of them never reached."""
    found = np.linspace(0.0, 1.0, count)
    found[count // 2] = found[count // 2 - 1]
    return found


LAWS: dict[str, Law] = {
    "constant": ConstantLaw(3.25),
    "uniform": UniformLaw(-2.5, 7.1),
    "triangular": TriangularLaw(1.0, 4.0, 1 / 3, 3.0**0.5, -(6.0**0.5)),
    "falling only": TriangularLaw(0.0, 1.0, 0.0, 0.0, -1.0),
    "rising only": TriangularLaw(0.0, 1.0, 1.0, 1.0, -0.0),
    "table": normal_scores().affine(3e9, -1e10),
    "steps, none": Steps(np.array([]), np.array([4.0])),
    **{
        f"steps, {count}": Steps(rising(count), np.arange(count + 1) ** 1.5)
        for count in (2, 12, 13, 64, 1001)
    },
}


def with_law(law: Law, *, score: bool = False, own: float = 1.0) -> Plan:
    """A plan with the law in place of that of its only task, or of two correlated ones.

    Scores are `own` times as far out as they should be.
    """
    tasks, more = "a: {duration: {pert: [1d, 2d, 4d]}}", ""
    if score:
        tasks += "\nb: {duration: {pert: [1d, 2d, 5d]}}"
        more = "correlations: [{between: [p.a, p.b], rho: 0.4}]"
    plan = compiled(tasks, more=more)
    variables = plan.variables
    assert [variable.score for variable in variables.table] == [score] * (1 + score)
    table = VariableTable.of(
        [Variable(each.name, law, each.central, each.score) for each in variables.table]
    )
    equal = tuple(
        EqualGroup(each.members, each.own * own, each.shared, each.address)
        for each in variables.equal
    )
    return replace(plan, variables=Variables(table, variables.addresses, equal))


@pytest.mark.parametrize("name", LAWS)
def test_every_law_is_drawn_alike(name: str) -> None:
    """Over enough numbers to reach rare cells."""
    same(with_law(LAWS[name]), 3, 20_000, 256)


def test_every_law_of_scores_is_drawn_alike() -> None:
    """Scores beyond the table give its outermost values."""
    nodes = np.append(np.linspace(-1.0, 5.0, 2049) ** 3, 125.0)
    for law in (
        ZTable(nodes), ConstantLaw(2.0),
        Steps(np.array([-np.inf, -1.0, 0.5, np.inf]), np.arange(5.0)),
        Steps(np.linspace(-3.0, 3.0, 30), np.arange(31.0)),
    ):  # fmt: skip
        same(with_law(law, score=True), 4, 5_000, 128)
        same(with_law(law, score=True, own=40.0), 4, 2_000, 128)


@pytest.mark.parametrize("word", [0, 1, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1])
@pytest.mark.parametrize("name", LAWS)
def test_the_outermost_and_the_middle_numbers(name: str, word: int) -> None:
    """Words set by hand reach the ends of every law and both sides of the median."""
    tape = draw_tape(with_law(LAWS[name]))
    found, u = space(tape, 64), np.full(64, (word + 0.5) * 2.0**-32)
    words = np.full(64, word, dtype=np.uint32)
    one_row(tape, words, 5, found["values"], NOWHERE, np.empty(64, dtype=np.int32))
    np.testing.assert_array_equal(found["values"][0, :5], LAWS[name].apply(u[:5]))
    assert np.isnan(found["values"][0, 5:]).all()


# -- the tape ------------------------------------------------------------------------------------


def test_equal_tables_are_kept_once() -> None:
    """Also where two tasks made them; the table of the normal score comes first."""
    law = "duration: {pert: [1d, 2d, 4d]}"
    plan = compiled(f"a: {{{law}}}\nb: {{{law}}}\nc: {{duration: {{pert: [1d, 2d, 5d]}}}}")
    tape = draw_tape(plan)
    assert tape.place.tolist() == [1, 1, 2]
    assert len(tape.nodes) == 3
    laws = [variable.law for variable in plan.variables.table]
    assert isinstance(laws[0], Table)
    np.testing.assert_array_equal(tape.nodes[1], laws[0].nodes)


def test_tapes_have_the_same_types_for_every_plan() -> None:
    """Or each plan would compile the kernels anew."""
    plans = (
        compiled("a: {duration: 1d}"),
        compile_plan(simulator.load("scenarios/erp_rollout.yaml")),
    )
    bare, full = map(draw_tape, plans)
    for one, other in zip(bare, full, strict=True):
        assert (one.dtype, one.ndim) == (other.dtype, other.ndim)
        assert all(each.flags.c_contiguous and each.flags.writeable for each in (one, other))
