"""Kernels called by their addresses: the right one, with the right arguments."""

import numpy as np
import pytest

pytest.importorskip("numba")

from simulator.engine.compiled.calling import address_of, call_at
from simulator.engine.compiled.jit import frugal


@frugal
def scaled(out, pair, factor):
    values, more = pair
    for j in range(len(out)):
        out[j] = values[j] * factor + more[j]


@frugal
def caller(address, out, pair, factor):
    call_at(address, (out, pair, factor))


def test_arguments_arrive_in_their_places():
    out, pair = np.zeros(3), (np.arange(3.0), np.array([10, 20, 30], dtype=np.int32))
    caller(address_of(scaled, (out, pair, 2)), out, pair, 2)
    assert out.tolist() == [10.0, 22.0, 34.0]


def test_of_several_versions_that_for_the_arguments_is_called():
    pair = (np.arange(3.0), np.array([10, 20, 30], dtype=np.int32))
    other = (np.arange(3, dtype=np.int64), np.array([1.5, 2.5, 3.5]))
    addresses = []
    for own, expected in ((pair, [10.0, 23.0, 36.0]), (other, [1.5, 5.5, 9.5])):
        out = np.zeros(3)
        addresses.append(address_of(scaled, (out, own, 3)))
        out[:] = 0.0
        caller(addresses[-1], out, own, 3)
        assert out.tolist() == expected
    assert addresses[0] != addresses[1]
    assert address_of(scaled, (np.zeros(3), pair, 3)) == addresses[0]
