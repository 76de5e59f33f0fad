"""What is known of futures: a table from (future, what happens in it) to figures.

Levers of a risk that does not occur change nothing in that future, so that many sets of levers
come to the same there. What happens in a future is a code of 64 bits; a future is simulated once
for each of its codes.
"""

import numpy as np
import numpy.typing as npt

from simulator.plan.plan import Bools
from simulator.plan.work_calendar import Floats

Codes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_FEWEST = 1 << 12
_FULLEST = 0.5


class Memory:
    """A hash table with open addressing; entries are never changed.

    `width` figures are kept of each; there are at most `most` entries, more are not kept.
    """

    def __init__(self, width: int, most: int) -> None:
        self.width, self.most, self.count = width, most, 0
        self._make(_FEWEST)

    def find(self, codes: Codes) -> tuple[Bools, Floats]:
        """Where codes of futures 0 to N - 1 are known, (N,), and their figures (width, N)."""
        futures = np.arange(len(codes), dtype=np.int64)
        found = np.full(len(codes), -1, dtype=np.int64)
        at, open_ = self._first(codes, futures), futures
        while len(open_):
            empty = self._future[at] < 0
            same = (self._future[at] == open_) & (self._code[at] == codes[open_])
            found[open_[same]] = at[same]
            rest = ~(empty | same)
            at, open_ = at[rest] + 1 & self._mask, open_[rest]
        known = found >= 0
        figures = np.full((self.width, len(codes)), np.nan)
        figures[:, known] = self._figures[:, found[known]]
        return known, figures

    def keep(self, codes: Codes, futures: Places, figures: Floats) -> None:
        """Keep the figures (width, K) of codes (K,) of some futures, each another one."""
        if self.count + len(codes) > self.most:
            return
        if self.count + len(codes) > _FULLEST * len(self._code):
            self._grow(self.count + len(codes))
        self._insert(codes, futures, figures)
        self.count += len(codes)

    def _make(self, size: int) -> None:
        self._mask = size - 1
        self._code = np.zeros(size, dtype=np.uint64)
        self._future = np.full(size, -1, dtype=np.int64)
        self._figures = np.empty((self.width, size))

    def _grow(self, count: int) -> None:
        held = np.flatnonzero(self._future >= 0)
        code, future, figures = self._code[held], self._future[held], self._figures[:, held]
        size = len(self._code)
        while count > _FULLEST * size:
            size *= 2
        self._make(size)
        self._insert(code, future, figures)

    def _insert(self, codes: Codes, futures: Places, figures: Floats) -> None:
        at, todo = self._first(codes, futures), np.arange(len(codes))
        while len(todo):
            free = self._future[at] < 0
            # Of those that want the same place the last one written gets it.
            self._future[at[free]] = futures[todo[free]]
            self._code[at[free]] = codes[todo[free]]
            won = free & (self._future[at] == futures[todo]) & (self._code[at] == codes[todo])
            self._figures[:, at[won]] = figures[:, todo[won]]
            at, todo = at[~won] + 1 & self._mask, todo[~won]

    def _first(self, codes: Codes, futures: Places) -> Places:
        """Where to begin to look for codes of some futures."""
        mixed = (codes ^ futures.astype(np.uint64) * _SPREAD) * _SPREAD
        mixed ^= mixed >> np.uint64(29)
        return (mixed * _SPREAD >> np.uint64(20)).astype(np.int64) & self._mask
