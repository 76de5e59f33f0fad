"""The random words of a few hundred iterations, address by address, by any scheme.

The bits are those of `simulator.engine.sampling`, which says what each step is for.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.engine.addresses import BLOCK, HALF, LANE, LOW, MULTIPLIERS, ROUNDS, WEYL
from simulator.engine.compiled.jit import Whole, inlined, inner
from simulator.engine.compiled.philox import philox, philox_words
from simulator.engine.sampling import (
    BEND,
    LOW_BITS,
    REDUCED,
    SCHEMES,
    SCRAMBLING,
    STEPS,
    STRATA,
    SWAPS,
    Sampling,
    reversed_directions,
)
from simulator.engine.sobol_numbers import BITS
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
BEND_BY, LINES = np.uint32(BEND), np.uint32(BLOCK - 1)
LAST_BIT, REDUCED_TOP = np.uint32(31), np.uint32(REDUCED << (32 - LOW_BITS))
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
    """(64, 32): `sampling.reversed_directions`."""


def scheme_tape(sampling: Sampling, addresses: Wide) -> SchemeTape:
    """The tape of a sampling for some addresses."""
    rows, dimensions = sampling.placed(addresses)
    dimension = np.full(len(addresses), NONE, dtype=np.int32)
    dimension[rows] = dimensions
    return SchemeTape(
        np.int64(SCHEMES.index(sampling.scheme)), np.uint64(sampling.seed),
        np.int64(sampling.replicates), addresses, dimension, reversed_directions(),
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
    elif tape.kind == LHS:
        _stratified(tape.seed, address, chunk, first, words)
    else:
        philox_words(address, tape.seed, chunk * np.uint64(LANE) + first, words)


@inner
def row_words_apart(tape: SchemeTape, row: Whole, chunk: Whole, first: Whole, words: Words) -> None:
    """The same as a function of its own, where the call does not matter."""
    row_words(tape, row, chunk, first, words)


@inner
def _stratified(
    seed: np.uint64, address: np.uint64, cube: np.uint64, first: np.uint64, words: Words
) -> None:
    """Plain words put into the strata of a cube.

    A place is held in the top ten bits of a word, where arithmetic is modulo 1,024 by itself.
    """
    k0, k1, odd, other = _keys(seed, address, cube, STRATA_KEY)
    odd, other = odd | ONE, other | ONE
    slope, place = np.uint32(np.uint32(k0 % LINES + ONE) << TOP), np.uint32(k1 >> TOP << TOP)
    run = np.uint64(len(words)) >> np.uint64(2)
    column = slope
    for bit in range(np.uint64(LANE_BITS)):
        if first >> bit & np.uint64(1):
            place ^= column
        column = _twice(column)
    words[np.uint64(0)] = place
    column, size = slope, np.uint64(1)
    while size < np.uint64(len(words)):
        if size == run:
            column = _at_quarters(slope)
        for r in range(size):
            words[size + r] = words[r] ^ column
        column, size = _twice(column), size + size
    for r in range(np.uint64(len(words))):
        x = np.uint32(words[r] * odd)
        x = np.uint32(x ^ (np.uint32(x >> BEND_BY) & TOP_MASK))
        words[r] = np.uint32(x * other)
    start = cube * np.uint64(LANE) + first
    for g in range(run):
        one, two, three, four = philox(address, seed, start + g)
        words[g] |= np.uint32(one) >> CUT
        words[g + run] |= np.uint32(two) >> CUT
        words[g + run + run] |= np.uint32(three) >> CUT
        words[g + run + run + run] |= np.uint32(four) >> CUT


@inlined
def _twice(column: np.uint32) -> np.uint32:
    """The product by x in the field of 1,024 elements."""
    return np.uint32(np.uint32(column << ONE) ^ (np.uint32(column >> LAST_BIT) * REDUCED_TOP))


@inner
def _at_quarters(slope: np.uint32) -> np.uint32:
    for _ in range(LANE_BITS):
        slope = _twice(slope)
    return slope


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
    """Scrambled points of Sobol's: doubled within the first run, which gives the other three.

    The words have their bits in reverse until they are scrambled.
    """
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
        words[r] = _reversed(_hashed(_hashed(words[r], k0, k1), k2, k3))


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
