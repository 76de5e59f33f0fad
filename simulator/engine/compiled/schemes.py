"""Sampling schemes as kernels: chunks of plain words rearranged in place.

The bits are those of `simulator.engine.sampling`, which says what each step is for.
"""

import numpy as np
from numpy.typing import NDArray

from simulator.engine.addresses import BLOCK, HALF, LOW, MULTIPLIERS, ROUNDS, WEYL
from simulator.engine.compiled.jit import inlined, kernel
from simulator.engine.sampling import LOW_BITS, SCRAMBLING, STEPS, STRATA, SWAPS
from simulator.engine.sobol_numbers import BITS

Ints = NDArray[np.int32]
Words = NDArray[np.uint32]
Wide = NDArray[np.uint64]

MULTIPLIER_0, MULTIPLIER_1 = MULTIPLIERS
WEYL_0, WEYL_1 = (np.uint64(step) for step in WEYL)
STEP_0, STEP_1, STEP_2 = STEPS
STRATA_KEY, SCRAMBLING_KEY = np.uint64(STRATA), np.uint64(SCRAMBLING)
ONE = np.uint32(1)
TOP = np.uint32(32 - LOW_BITS)
TOP_MASK = np.uint32((BLOCK - 1) << (32 - LOW_BITS))
CUT = np.uint32(LOW_BITS)
FIVE = np.uint32(5)
(WIDTH_1, LOWER_1), (WIDTH_2, LOWER_2), (WIDTH_4, LOWER_4), (WIDTH_8, LOWER_8), (WIDTH_16, _) = (
    SWAPS
)


@kernel
def lhs_words(addresses: Wide, seed: np.uint64, chunk: int, words: Words) -> None:
    """Put a cube of the words of W addresses, (1024 / B, W, B), into its strata.

    A place of the permutation is held in the top ten bits of a word, where arithmetic is modulo
    1,024 by itself.
    """
    key = np.empty(4, dtype=np.uint32)
    strips, width = np.uint64(words.shape[0]), np.uint64(words.shape[2])
    for row in range(len(addresses)):
        _keys(seed, addresses[row], np.uint64(chunk), STRATA_KEY, key)
        k0, k1, k2, k3 = key[0], key[1], key[2], key[3]
        f0, f1, f2, f3 = _odd(k0), _odd(k1), _odd(k2), _odd(k3)
        s0, s1, s2, s3 = _step(k0, 9), _step(k1, 9), _step(k2, 9), _step(k3, 9)
        f4, f5 = np.uint32(k0 >> 18 | 1), np.uint32(k2 >> 18 | 1)
        s4, s5 = _step(k1, 19), _step(k3, 19)
        for strip in range(strips):
            for j in range(width):
                x = _round(np.uint32(np.uint32(strip * width + j) << TOP), f0, s0)
                x = _round(x, f1, s1)
                x = _round(x, f2, s2)
                x = _round(x, f3, s3)
                x = _round(x, f4, s4)
                x = _round(x, f5, s5)
                words[strip, np.uint64(row), j] = x | (words[strip, np.uint64(row), j] >> CUT)


@kernel
def sobol_words(
    rows: Ints,
    dimensions: Ints,
    directions: Words,
    seed: np.uint64,
    replicates: int,
    chunk: int,
    words: Words,
) -> None:
    """Replace some rows of the words (1024 / B, W, B) of a chunk by scrambled points of Sobol's.

    Parameters
    ----------
    rows, dimensions
        The D rows and the dimension of each, as `Sampling.placed` gives them.
    directions
        (64, 32), as `sobol_numbers.directions` gives them.
    """
    key = np.empty(4, dtype=np.uint32)
    replicate, begin = chunk % replicates, chunk // replicates * BLOCK
    out, width = np.empty(BLOCK, dtype=np.uint32), np.uint64(words.shape[2])
    for number in range(len(rows)):
        row, directed = np.uint64(rows[number]), directions[dimensions[number]]
        out[0] = 0
        for bit in range(LOW_BITS, BITS):
            if begin >> bit & 1:
                out[0] ^= directed[bit]
        for bit in range(LOW_BITS):
            size, each = 1 << bit, directed[bit]
            for r in range(size):
                out[size + r] = out[r] ^ each
        _keys(seed, np.uint64(dimensions[number]), np.uint64(replicate), SCRAMBLING_KEY, key)
        k0, k1, k2, k3 = key[0], key[1] | ONE, key[2], key[3] | ONE
        for r in range(np.uint64(BLOCK)):
            word = _reversed(_hashed(_hashed(_reversed(out[r]), k0, k1), k2, k3))
            words[r // width, row, r % width] = word


@kernel
def _keys(
    seed: np.uint64, hashed: np.uint64, number: np.uint64, purpose: np.uint64, out: Words
) -> None:
    """The four words of `addresses.keys_of` for one hash and one number."""
    c0, c1, c2, c3 = number, purpose, hashed >> HALF, seed >> HALF
    k0, k1 = seed & LOW, hashed & LOW
    for _ in range(ROUNDS):
        first, second = MULTIPLIER_0 * c0, MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (
            (second >> HALF) ^ c1 ^ k0,
            second & LOW,
            (first >> HALF) ^ c3 ^ k1,
            first & LOW,
        )
        k0, k1 = (k0 + WEYL_0) & LOW, (k1 + WEYL_1) & LOW
    out[0], out[1], out[2], out[3] = c0, c1, c2, c3


@inlined
def _odd(key: np.uint32) -> np.uint32:
    return np.uint32(key << ONE | ONE)


@inlined
def _step(key: np.uint32, shift: int) -> np.uint32:
    return np.uint32(np.uint32(key >> np.uint32(shift)) << TOP)


@inlined
def _round(place: np.uint32, odd: np.uint32, step: np.uint32) -> np.uint32:
    moved = np.uint32(np.uint32(place * odd) + step)
    return np.uint32(moved ^ (np.uint32(moved >> FIVE) & TOP_MASK))


@inlined
def _hashed(word: np.uint32, step: np.uint32, factor: np.uint32) -> np.uint32:
    word = np.uint32(word ^ np.uint32(word * STEP_0))
    word = np.uint32(np.uint32(word + step) * factor)
    word = np.uint32(word ^ np.uint32(word * STEP_1))
    return np.uint32(word ^ np.uint32(word * STEP_2))


@inlined
def _reversed(word: np.uint32) -> np.uint32:
    word = np.uint32(((word >> WIDTH_1) & LOWER_1) | ((word & LOWER_1) << WIDTH_1))
    word = np.uint32(((word >> WIDTH_2) & LOWER_2) | ((word & LOWER_2) << WIDTH_2))
    word = np.uint32(((word >> WIDTH_4) & LOWER_4) | ((word & LOWER_4) << WIDTH_4))
    word = np.uint32(((word >> WIDTH_8) & LOWER_8) | ((word & LOWER_8) << WIDTH_8))
    return np.uint32((word >> WIDTH_16) | (word << WIDTH_16))
