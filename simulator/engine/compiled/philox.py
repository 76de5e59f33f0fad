"""Philox words of one address; what they are stands in `simulator.engine.addresses`.

The words of a counter are kept as 64-bit integers of which the lower 32 bits count, so that a loop
over counters becomes vector multiplications of 32 by 32 bits.
"""

import numpy as np
import numpy.typing as npt

from simulator.engine.addresses import HALF, LOW, MULTIPLIERS, ROUNDS, WEYL
from simulator.engine.compiled.jit import inlined

Wide = np.uint64
STEP_0, STEP_1 = np.uint64(WEYL[0]), np.uint64(WEYL[1])
FIRST_MULTIPLIER, SECOND_MULTIPLIER = MULTIPLIERS
TWO = np.uint64(2)


@inlined
def philox(address: Wide, seed: Wide, counter: Wide) -> tuple[Wide, Wide, Wide, Wide]:
    """The four words of one counter."""
    c0, c1, c2, c3 = counter, np.uint64(0), address >> HALF, seed >> HALF
    k0, k1 = seed & LOW, address & LOW
    for _ in range(ROUNDS):
        one = (c0 & LOW) * FIRST_MULTIPLIER
        other = (c2 & LOW) * SECOND_MULTIPLIER
        c0 = (other >> HALF) ^ c1 ^ k0
        c1 = other
        c2 = (one >> HALF) ^ c3 ^ k1
        c3 = one
        k0 = (k0 + STEP_0) & LOW
        k1 = (k1 + STEP_1) & LOW
    return c0 & LOW, c1 & LOW, c2 & LOW, c3 & LOW


@inlined
def philox_words(address: Wide, seed: Wide, counter: Wide, words: npt.NDArray[np.uint32]) -> None:
    """Fill `words` (4 Q,) with those of Q counters: first words of all, then second ones, ..."""
    run = np.uint64(len(words)) >> TWO
    for g in range(run):
        first, second, third, fourth = philox(address, seed, counter + g)
        words[g] = np.uint32(first)
        words[g + run] = np.uint32(second)
        words[g + run + run] = np.uint32(third)
        words[g + run + run + run] = np.uint32(fourth)
