"""Compiled durations against those of whole arrays, bit for bit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from simulator.engine.compiled.terms import WorkArrays, WorkTape, arrays_for
from simulator.engine.compiled.versions import versions_of
from simulator.engine.compiled.work_tape import work_tape
from simulator.engine.draws import draw
from simulator.engine.durations import durations_of
from simulator.engine.schedule import Durations
from simulator.plan.compile import Plan, compile_plan
from simulator.run.block import drawn_by_kernels
from simulator.scenario.loading import load
from simulator.scenario.program import Scenario
from tests.kernels import fill_durations
from tests.strategies import scenarios, seeds

SCENARIOS = sorted((Path(__file__).parent.parent / "scenarios").glob("*.yaml"))
UNTOUCHED = 7.0


def assert_bits(found: Any, expected: Any, what: str) -> None:
    """Equal bit for bit, but for the sign of zero, which no later step can tell apart."""
    found, expected = (np.asarray(each, dtype=float) + 0.0 for each in (found, expected))
    np.testing.assert_array_equal(found.view(np.int64), expected.view(np.int64), err_msg=what)


def filled(
    plan: Plan, tape: WorkTape, seed: int, start: int, lanes: int, n: int
) -> tuple[WorkArrays, Any]:
    """Durations of a sub-block, and its draws; lanes from n on are filled with other draws."""
    draws = draw(plan, seed, start, start + n)
    more = draw(plan, seed + 1, start, start + lanes)
    again = [np.zeros((0, n), dtype=bool), *(each.reshape(-1, n) for each in draws.again)]
    inputs = []
    for each, wide in (
        (draws.values, more.values),
        (draws.occurs.reshape(-1, n).view(np.uint8), more.occurs.reshape(-1, lanes).view(np.uint8)),
        (draws.taken, more.taken),
        (np.concatenate(again).view(np.uint8), None),
    ):
        full = np.ones((len(each), lanes), each.dtype) if wide is None else wide.copy()
        full[:, :n] = each
        inputs.append(full)
    arrays = arrays_for(tape, lanes)
    fill_durations(tape, n, tuple(inputs), arrays)
    return arrays, draws


def compare(tape: WorkTape, arrays: WorkArrays, expected: Durations, n: int) -> None:
    """Every array of a sub-block against the reference's."""
    rows = len(tape.always)
    for name in ("work", "exists", "lags", "dates"):
        assert_bits(getattr(arrays, name)[:rows, :n], getattr(expected, name), name)
    assert tape.versions == tape.epochs * len(expected.versions)
    for place, versions in enumerate(expected.versions.values()):
        own = slice(place, None, len(expected.versions))
        assert_bits(arrays.work[rows:][own, :n], versions.work, "work of versions")
        assert_bits(arrays.version_elapsed[own, :n], versions.elapsed, "elapsed waits of versions")
        assert_bits(arrays.version_working[own, :n], versions.working, "working waits of versions")
    assert (arrays.exists[tape.always != 0] == 1).all()
    assert set(np.flatnonzero(np.maximum(tape.elapsed_slot, tape.working_slot) >= 0)) == set(
        expected.waits
    )
    for row, waits in expected.waits.items():
        for slots, found, reference in (
            (tape.elapsed_slot, arrays.elapsed, waits.elapsed),
            (tape.working_slot, arrays.working, waits.working),
        ):
            assert (slots[row] >= 0) == (reference is not None)
            if reference is not None:
                assert_bits(found[slots[row], :n], reference, f"waits {row}")
    assert len(tape.first_offset) == len(expected.firsts) + 1
    for number, first in enumerate(expected.firsts):
        for epoch in range(tape.epochs):
            begin = epoch * tape.first_offset[-1]
            slots = slice(begin + tape.first_offset[number], begin + tape.first_offset[number + 1])
            assert_bits(arrays.first_delay[slots, :n], first.delay[epoch], "first delay")
            assert_bits(arrays.first_elapsed[slots, :n], first.elapsed[epoch], "first elapsed")
            assert_bits(arrays.first_working[slots, :n], first.working[epoch], "first working")
    for number, stop in enumerate(expected.stops):
        at = stop.at if stop.occurs is None else np.where(stop.occurs[0], -np.inf, np.inf)
        assert_bits(arrays.stop_at[number, :n], at, "stop")


def agree(plan: Plan, seed: int, lanes: int, n: int) -> None:
    """Durations with and without margin equal those of whole arrays."""
    for keep_margin in (False, True):
        tape = work_tape(plan, versions_of(plan), keep_margin)
        for start in (0, n):
            arrays, draws = filled(plan, tape, seed, start, lanes, n)
            compare(tape, arrays, durations_of(plan, draws, keep_margin=keep_margin), n)


@pytest.mark.parametrize("lanes", [64, 256])
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_durations_of_whole_scenarios(path: Path, lanes: int) -> None:
    """The scenarios that come with the program, whole sub-blocks and short ones."""
    plan = compile_plan(load(path))
    for n in (lanes, lanes - 13, 1):
        agree(plan, 11, lanes, n)


@given(data=scenarios(), seed=seeds(), lanes=st.sampled_from([64, 256]), short=st.integers(0, 63))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_durations_of_any_scenario(data: Any, seed: int, lanes: int, short: int) -> None:
    """Whatever a scenario may contain that kernels draw."""
    plan = compile_plan(Scenario.model_validate(data))
    assume(drawn_by_kernels(plan))
    agree(plan, seed, lanes, lanes - short)


def test_lanes_and_rows_that_do_not_count_stay_untouched() -> None:
    """Lanes from n on are nobody's, and so is the presence of rows that are always there."""
    plan = compile_plan(load(SCENARIOS[0]))
    tape = work_tape(plan, versions_of(plan), False)
    draws = draw(plan, 3, 0, 64)
    again = np.concatenate([each for each in draws.again if len(each)]).view(np.uint8)
    arrays = arrays_for(tape, 64)
    arrays.exists[tape.always != 0] = 7
    for each in arrays[2:-2]:
        each[:] = UNTOUCHED
    inputs = (draws.values, draws.occurs[0].view(np.uint8), draws.taken, again)
    fill_durations(tape, 40, inputs, arrays)
    assert (arrays.exists[tape.always != 0] == 7).all()
    for name, each in zip(arrays._fields[2:-2], arrays[2:-2], strict=True):
        assert (each[:, 40:] == UNTOUCHED).all(), name
