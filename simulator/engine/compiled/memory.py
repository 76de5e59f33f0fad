"""Memory of arrays from a cache line on: vectors of eight numbers that lie across two lines take
twice as long. That of large ones is used again by the next run: fresh pages take milliseconds."""

import sys
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

SMALLEST = 1 << 16
"""Bytes from which memory is worth keeping."""
MOST_KEPT = 256 << 20
"""Bytes that are kept at most; what is beyond them is given back as soon as nobody uses it."""
_LINE = 64
_UNUSED = 2
"""References to memory that nobody uses: of the list, and of the question how many there are."""
_lock = threading.Lock()
_kept: list[npt.NDArray[np.uint8]] = []


def blank(*shape: int, dtype: npt.DTypeLike = np.float64) -> npt.NDArray[Any]:
    """An array of zeros from a cache line on."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    return _lined(np.zeros(size + _LINE, dtype=np.uint8), size).view(kind).reshape(shape)


def scratch(shape: Sequence[int], dtype: npt.DTypeLike = np.float64) -> npt.NDArray[Any]:
    """An array from a cache line on that holds anything, and shares no memory with any other."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    if size < SMALLEST:
        return np.empty(tuple(shape), dtype=kind)
    with _lock:
        return _lined(_memory(size + _LINE), size).view(kind).reshape(tuple(shape))


def _lined(whole: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    begin = -whole.ctypes.data % _LINE
    return whole[begin : begin + size]


def _memory(size: int) -> npt.NDArray[np.uint8]:
    """The smallest unused memory of so many bytes to twice as many, or new one."""
    fitting = [
        (len(_kept[place]), place)
        for place in range(len(_kept))
        if size <= len(_kept[place]) <= 2 * size and _is_unused(place)
    ]
    if fitting:
        return _kept[min(fitting)[1]]
    unused = [place for place in range(len(_kept)) if _is_unused(place)]
    total = size + sum(map(len, _kept))
    while unused and total > MOST_KEPT:  # the oldest goes first
        total -= len(_kept.pop(unused.pop(0)))
        unused = [place - 1 for place in unused]
    found = np.empty(size, dtype=np.uint8)
    if total <= MOST_KEPT:
        _kept.append(found)
    return found


def _is_unused(place: int) -> bool:
    return sys.getrefcount(_kept[place]) <= _UNUSED
