"""What is kept of every iteration, block beside block in one array.

A run's outcomes are tens of megabytes: to copy them once more, and the pages that this takes, costs
as much as a fifth of a run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(slots=True)
class Beside:
    """Room for what blocks keep of iterations `start` to `stop`; blocks of others keep their own.

    An array is made when its first part comes; its last axis is the iterations.
    """

    start: int
    stop: int
    _whole: dict[str, npt.NDArray[Any]] = field(default_factory=dict)

    def put(self, name: str, part: npt.NDArray[Any], at: int) -> npt.NDArray[Any]:
        """Copy a part, which begins with iteration `at`, to where it belongs; use that then."""
        end = at + part.shape[-1]
        if at < self.start or end > self.stop:
            return part
        if name not in self._whole:
            shape = (*part.shape[:-1], self.stop - self.start)
            # Of threads that come at once, one makes the array of all.
            self._whole.setdefault(name, np.empty(shape, dtype=part.dtype))
        kept = self._whole[name][..., at - self.start : end - self.start]
        kept[...] = part
        return kept


def side_by_side(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Parts along their last axis; not copied where they stand in one array in their order."""
    whole, at = parts[0].base, _place(parts[0])
    if whole is None or whole.ndim != parts[0].ndim:
        return np.concatenate(parts, axis=-1)
    for part in parts:
        if part.base is not whole or part.strides != whole.strides or _place(part) != at:
            return np.concatenate(parts, axis=-1)
        at += part.shape[-1] * part.itemsize
    begin = (_place(parts[0]) - _place(whole)) // whole.itemsize
    return np.asarray(whole[..., begin : begin + sum(part.shape[-1] for part in parts)])


def _place(array: npt.NDArray[Any]) -> int:
    """Where an array begins in memory."""
    return int(array.ctypes.data)
