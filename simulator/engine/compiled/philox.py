"""Philox words of one chunk of iterations; what they are stands in `simulator.engine.addresses`."""

import numpy as np
import numpy.typing as npt

from simulator.engine.addresses import BLOCK, HALF, LANE, LOW, MULTIPLIERS, ROUNDS, WEYL
from simulator.engine.compiled.jit import inlined

STEP_0, STEP_1 = np.uint64(WEYL[0]), np.uint64(WEYL[1])
FIRST_MULTIPLIER, SECOND_MULTIPLIER = MULTIPLIERS
SECOND, THIRD, FOURTH = LANE, 2 * LANE, 3 * LANE
"""Where the second, third and fourth output word of a counter go in a chunk."""
CHUNK = BLOCK


@inlined
def philox_words(
    addresses: npt.NDArray[np.uint64],
    seed: np.uint64,
    chunk: np.int64,
    words: npt.NDArray[np.uint32],
) -> None:
    """Fill `words` (1024 / B, W, B) with iterations `1024 chunk` and on of W addresses.

    Strip by strip of B, because a page of memory for each address would cost a miss a row.

    The four words of a counter are kept as 64-bit integers that hold 32 bits, so that a loop over
    counters becomes vector multiplications of 32 by 32 bits.
    """
    base = np.uint64(chunk) * np.uint64(LANE)
    row = np.empty(CHUNK, dtype=np.uint32)
    strips, width = np.uint64(words.shape[0]), np.uint64(words.shape[2])
    for number in range(len(addresses)):
        low, high = addresses[number] & LOW, addresses[number] >> HALF
        for g in range(LANE):
            c0, c1, c2, c3 = base + np.uint64(g), np.uint64(0), high, seed >> HALF
            k0, k1 = seed & LOW, low
            for _ in range(ROUNDS):
                one = (c0 & LOW) * FIRST_MULTIPLIER
                other = (c2 & LOW) * SECOND_MULTIPLIER
                c0 = (other >> HALF) ^ c1 ^ k0
                c1 = other & LOW
                c2 = (one >> HALF) ^ c3 ^ k1
                c3 = one & LOW
                k0 = (k0 + STEP_0) & LOW
                k1 = (k1 + STEP_1) & LOW
            row[g] = np.uint32(c0)
            row[g + SECOND] = np.uint32(c1)
            row[g + THIRD] = np.uint32(c2)
            row[g + FOURTH] = np.uint32(c3)
        for strip in range(strips):
            for j in range(width):
                words[strip, np.uint64(number), j] = row[strip * width + j]
