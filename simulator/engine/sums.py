"""Sums over iterations that are the same bits for any blocks, engines and threads."""

import numpy as np
import numpy.typing as npt

from simulator.plan.work_calendar import Floats

CHUNK = 1024
"""Iterations that are reduced together."""
STRIP = 64
"""Running sums of a chunk: iteration r of it goes to sum r % 64."""
QUARTERS = 4
LONG = CHUNK // QUARTERS // STRIP
"""Strips of a quarter."""
FURTHEST = 2.0**50
"""Milliseconds (35,000 years) beyond which instants do not count in sums, which stay exact."""

Wide = npt.NDArray[np.int64]


def chunk_sums(values: Floats) -> Floats:
    """Sums over chunks of 1,024 iterations, (..., N) to (..., chunks).

    64 running sums, and then halves of them added up. Each goes through the four quarters of a
    chunk by turns: engines take iterations in this order, since four random words, one for each
    quarter, come at once.
    """
    count = values.shape[-1]
    chunks = -(-count // CHUNK)
    padded = np.zeros((*values.shape[:-1], chunks * CHUNK))
    padded[..., :count] = values
    strips = padded.reshape(*values.shape[:-1], chunks, QUARTERS, LONG, STRIP)
    total = np.zeros_like(strips[..., 0, 0, :])
    for strip in range(LONG):
        for quarter in range(QUARTERS):
            total += strips[..., quarter, strip, :]
    return halved(total)


def halved(running: Floats) -> Floats:
    """The sum of the last axis, a power of two, by adding its second half to its first."""
    while running.shape[-1] > 1:
        half = running.shape[-1] // 2
        running = running[..., :half] + running[..., half:]
    return running[..., 0]


def whole_sums(values: Floats) -> Wide:
    """Exact sums of whole milliseconds over the last axis, each held within `FURTHEST`."""
    held = np.clip(values, -FURTHEST, FURTHEST).astype(np.int64)
    return np.asarray(held.sum(axis=-1))


def counts(flags: npt.NDArray[np.generic], *, by_chunk: bool) -> Wide:
    """How many of the last axis are set, (..., N) to (parts, ...): of all, or of each chunk."""
    if not by_chunk:
        return np.asarray(np.count_nonzero(flags, axis=-1))[np.newaxis]
    starts = np.arange(0, flags.shape[-1], CHUNK)
    found = np.add.reduceat(flags != 0, starts, axis=-1, dtype=np.int64)
    return np.moveaxis(found, -1, 0)
