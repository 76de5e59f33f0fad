"""Memory that runs use again: never by two at a time, never more than is bounded."""

import numpy as np
import pytest

pytest.importorskip("numba")

from simulator.engine.compiled import memory
from simulator.engine.compiled.memory import SMALLEST, scratch


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(memory, "_kept", [])


def test_small_arrays_are_new():
    assert scratch((3, 4)).shape == (3, 4)
    assert memory._kept == []


@pytest.mark.parametrize("kind", [np.float64, np.int32, np.uint8])
def test_arrays_begin_at_a_cache_line_and_can_be_written(kind):
    found = scratch((7, SMALLEST), kind)
    found[:] = 3
    assert found.dtype == kind
    assert found.flags.c_contiguous
    assert found.ctypes.data % 64 == 0


def test_what_is_in_use_is_not_given_again():
    one, other = scratch((SMALLEST,)), scratch((SMALLEST,))
    part = one[5:]
    del one
    third = scratch((SMALLEST,))
    assert not np.shares_memory(part, third)
    assert not np.shares_memory(other, third)


def test_what_is_done_with_is_given_again():
    one = scratch((SMALLEST,))
    place = one.ctypes.data
    del one
    assert scratch((SMALLEST - 8,)).ctypes.data == place


def test_much_larger_memory_is_left_for_what_needs_it():
    one = scratch((8 * SMALLEST,))
    place = one.ctypes.data
    del one
    assert scratch((SMALLEST,)).ctypes.data != place


def test_only_so_much_is_kept_unused(monkeypatch):
    monkeypatch.setattr(memory, "MOST_KEPT", 20 * SMALLEST)
    held = [scratch((SMALLEST * (1 + k),), np.uint8) for k in range(9)]
    assert sum(map(len, held)) > 20 * SMALLEST
    assert 0 < sum(map(len, memory._kept)) <= 20 * SMALLEST
    del held
    held = [scratch((SMALLEST * 12,), np.uint8), scratch((SMALLEST * 30,), np.uint8)]
    assert sum(map(len, memory._kept)) <= 20 * SMALLEST
    assert not np.shares_memory(*held)
