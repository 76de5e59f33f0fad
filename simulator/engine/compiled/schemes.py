"""The random words of a few hundred iterations, address by address, by any scheme.

The bits are those of `simulator.engine.sampling`, which says what each step is for.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.engine.addresses import BLOCK, HALF, LANE, LOW, MULTIPLIERS, ROUNDS, WEYL
from simulator.engine.compiled.jit import Whole, inlined, inner
from simulator.engine.compiled.philox import philox_words
from simulator.engine.sampling import (
    LOW_BITS,
    SCHEMES,
    SCRAMBLING,
    STEPS,
    STRATA,
    SWAPS,
    Sampling,
)
from simulator.engine.sobol_numbers import BITS, directions
from simulator.plan.plan import NONE

Ints = NDArray[np.int32]
Words = NDArray[np.uint32]
Wide = NDArray[np.uint64]

LHS = SCHEMES.index("lhs")
LANE_BITS = LOW_BITS - 2
"""Bits of a counter's place in a chunk; the two above them tell its four words apart."""
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


class SchemeTape(NamedTuple):
    """How the words of W addresses are drawn."""

    kind: np.int64
    seed: np.uint64
    replicates: np.int64
    addresses: Wide
    """(W,)"""
    dimension: Ints
    """(W,): that of Sobol's points, or -1."""
    directions: Words
    """(64, 32), as `sobol_numbers.directions` gives them."""


def scheme_tape(sampling: Sampling, addresses: Wide) -> SchemeTape:
    """The tape of a sampling for some addresses."""
    rows, dimensions = sampling.placed(addresses)
    dimension = np.full(len(addresses), NONE, dtype=np.int32)
    dimension[rows] = dimensions
    return SchemeTape(
        np.int64(SCHEMES.index(sampling.scheme)), np.uint64(sampling.seed),
        np.int64(sampling.replicates), addresses, dimension, directions(),
    )  # fmt: skip


@inlined
def row_words(tape: SchemeTape, row: Whole, chunk: Whole, first: Whole, words: Words) -> None:
    """Fill `words` (B,) with those of one address for B iterations of a chunk of 1,024.

    They are the iterations of the B / 4 counters from `first` on, which are those of four runs, one
    in each quarter of the chunk: a counter gives four words at once.
    """
    address, dimension = np.uint64(tape.addresses[row]), tape.dimension[row]
    if dimension >= 0:
        _points(
            tape.seed, tape.replicates, np.uint64(dimension), tape.directions, chunk, first, words
        )
    else:
        philox_words(address, tape.seed, chunk * np.uint64(LANE) + first, words)
        if tape.kind == LHS:
            _stratify(tape.seed, address, chunk, first, words)


@inner
def row_words_apart(tape: SchemeTape, row: Whole, chunk: Whole, first: Whole, words: Words) -> None:
    """The same as a function of its own, where the call does not matter."""
    row_words(tape, row, chunk, first, words)


@inner
def _stratify(
    seed: np.uint64, address: np.uint64, cube: np.uint64, first: np.uint64, words: Words
) -> None:
    """Put the words of a part of a cube into its strata.

    A place of the permutation is held in the top ten bits of a word, where arithmetic is modulo
    1,024 by itself.
    """
    k0, k1, k2, k3 = _keys(seed, address, cube, STRATA_KEY)
    f0, f1, f2, f3 = _odd(k0), _odd(k1), _odd(k2), _odd(k3)
    s0, s1, s2, s3 = _step(k0, 9), _step(k1, 9), _step(k2, 9), _step(k3, 9)
    f4, f5 = np.uint32(k0 >> 18 | 1), np.uint32(k2 >> 18 | 1)
    s4, s5 = _step(k1, 19), _step(k3, 19)
    run = np.uint64(len(words)) >> np.uint64(2)
    for quarter in range(np.uint64(4)):
        begin = quarter * np.uint64(LANE) + first
        for g in range(run):
            x = _round(np.uint32(np.uint32(begin + g) << TOP), f0, s0)
            x = _round(x, f1, s1)
            x = _round(x, f2, s2)
            x = _round(x, f3, s3)
            x = _round(x, f4, s4)
            x = _round(x, f5, s5)
            words[quarter * run + g] = x | (words[quarter * run + g] >> CUT)


@inner
def _points(
    seed: np.uint64,
    number_of_replicates: np.int64,
    dimension: np.uint64,
    directions: Words,
    chunk: np.uint64,
    first: np.uint64,
    words: Words,
) -> None:
    """Scrambled points of Sobol's: doubled within the first run, which gives the other three."""
    replicates, run = np.uint64(number_of_replicates), np.uint64(len(words)) >> np.uint64(2)
    replicate, number = chunk % replicates, chunk // replicates * np.uint64(BLOCK) + first
    directed, point = directions[dimension], np.uint32(0)
    for bit in range(np.uint64(BITS)):
        if number >> bit & np.uint64(1):
            point ^= directed[bit]
    words[np.uint64(0)] = point
    place, size = np.uint64(0), np.uint64(1)
    while size < np.uint64(len(words)):
        place = np.uint64(LANE_BITS) if size == run else place
        for r in range(size):
            words[size + r] = words[r] ^ directed[place]
        place, size = place + np.uint64(1), size + size
    k0, k1, k2, k3 = _keys(seed, dimension, replicate, SCRAMBLING_KEY)
    k1, k3 = k1 | ONE, k3 | ONE
    for r in range(np.uint64(len(words))):
        words[r] = _reversed(_hashed(_hashed(_reversed(words[r]), k0, k1), k2, k3))


@inner
def _keys(
    seed: np.uint64, hashed: np.uint64, number: np.uint64, purpose: np.uint64
) -> tuple[np.uint32, np.uint32, np.uint32, np.uint32]:
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
    return np.uint32(c0), np.uint32(c1), np.uint32(c2), np.uint32(c3)


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
