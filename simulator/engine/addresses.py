"""Random numbers with addresses: `u` is a function of (seed, name, iteration) and nothing else.

``u = (k + 0.5) 2^-32``, where k is a 32-bit word of Philox 4x32-10.
Source: Salmon, Moraes, Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3 (SC11, 2011).

**The layout, which never changes.** A name is hashed to 64 bits (`simulator.plan.names`): H =
BLAKE2b of its UTF-8 text with a digest of 8 bytes, read as a little-endian integer. The seed S has
64 bits. Then

- key words: (low 32 bits of S, low 32 bits of H);
- counter words: (g, 0, high 32 bits of H, high 32 bits of S);
- iteration i lies in block b = i // 1024 at r = i % 1024; its counter is g = 256 b + r % 256, and
  its k is output word r // 256 (0 to 3).

So each of the four output words fills 256 consecutive iterations, and a kernel stores without
gaps. Spans that begin and end at multiples of 1024 waste nothing.

Numbers that are no draws of their own but rearrange them (`simulator.engine.sampling`) have
counter words (n, purpose, high 32 bits of H, high 32 bits of S) with a purpose of 1 or more, which
no draw has.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Wide = NDArray[np.uint64]
Floats = NDArray[np.float64]

BLOCK = 1024
"""Iterations whose numbers come from one run of counters."""
LANE = 256
"""Iterations that one output word fills; four lanes make a block."""
ROUNDS = 10
MOST_ITERATIONS = 2**34
"""Beyond this the counter would need more than 32 bits."""

MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
WEYL = (0x9E3779B9, 0xBB67AE85)
"""Steps of the two key words from round to round: golden ratio and sqrt(3) - 1."""
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)

# A word put under the exponent of 2^20 reads as the float 2^20 + k 2^-32; taking off 2^20 - 2^-33,
# which is a float as well, leaves (k + 0.5) 2^-32 without any rounding.
EXPONENT = np.uint64(0x4130_0000_0000_0000)
OFFSET = 2.0**20 - 2.0**-33

PIECE = 16384
"""Counters worked on at a time: six arrays of them fit the second cache (1 MB), and the cost of a
call is spread over enough of them."""


def philox4x32(
    counter: tuple[Words, Words, Words, Words],
    key: tuple[int, int],
) -> tuple[Words, Words, Words, Words]:
    """Philox 4x32-10 of arrays of counters."""
    wide = [np.array(word, dtype=np.uint64) for word in counter]
    c0, c1, c2, c3 = (np.atleast_1d(word) for word in np.broadcast_arrays(*wide))
    words = _rounds([c0.copy(), c1.copy(), c2.copy(), c3.copy()], key[0], np.uint64(key[1]))
    w0, w1, w2, w3 = ((word & LOW).astype(np.uint32) for word in words)
    return w0, w1, w2, w3


def uniforms(
    seed: int,
    hashes: NDArray[np.uint64],
    start: int,
    stop: int,
    out: Floats | None = None,
) -> Floats:
    """The numbers of V variables for iterations `start` to `stop - 1`, as (V, N).

    Parameters
    ----------
    seed
        0 to 2^64 - 1.
    hashes
        The address of each variable.
    start, stop
        Any iterations; the numbers do not depend on how a run is cut into spans.
    out
        Where to put them, else a new array.
    """
    _check_span(seed, start, stop)
    hashes = np.ascontiguousarray(hashes, dtype=np.uint64)
    if out is None:
        out = np.empty((len(hashes), stop - start))
    elif out.shape != (len(hashes), stop - start) or out.dtype != np.float64:
        raise ValueError(f"out has shape {out.shape}; expected {(len(hashes), stop - start)}")
    for rows, first, last in _pieces(len(hashes), start, stop):
        values = _blocks(seed, hashes[rows], first, last)
        low, high = max(start, first * BLOCK), min(stop, last * BLOCK)
        part = values[:, low - first * BLOCK : high - first * BLOCK]
        out[rows, low - start : high - start] = part
    return out


def block_words(seed: int, hashes: Wide, first: int, last: int) -> Words:
    """The words k of blocks `first` to `last - 1` of V variables, (V, 1024 (last - first))."""
    _check_span(seed, first * BLOCK, last * BLOCK)
    hashes = np.ascontiguousarray(hashes, dtype=np.uint64)
    found = np.empty((len(hashes), last - first, 4, LANE), dtype=np.uint32)
    for rows, begin, end in _pieces(len(hashes), first * BLOCK, last * BLOCK):
        for lane, word in enumerate(_lanes(seed, hashes[rows], begin, end)):
            # Storing 64 bits in 32 keeps the low half.
            part = word.reshape(-1, end - begin, LANE)
            found[rows, begin - first : end - first, lane] = part
    return found.reshape(len(hashes), (last - first) * BLOCK)


def keys_of(
    seed: int, hashes: Wide, numbers: Wide, purpose: int
) -> tuple[Words, Words, Words, Words]:
    """Four words for each of V hashes and K numbers below 2^32, each (V, K), for a purpose > 0."""
    shape = (len(hashes), len(numbers))
    words = [
        np.broadcast_to(numbers.astype(np.uint64), shape).copy(),
        np.full(shape, purpose, dtype=np.uint64),
        np.broadcast_to((hashes >> HALF)[:, None], shape).copy(),
        np.full(shape, seed >> 32, dtype=np.uint64),
    ]
    words = _rounds(words, seed & 0xFFFFFFFF, (hashes & LOW)[:, None])
    w0, w1, w2, w3 = ((word & LOW).astype(np.uint32) for word in words)
    return w0, w1, w2, w3


def _pieces(count: int, start: int, stop: int) -> Iterator[tuple[slice, int, int]]:
    """Rows, first block and the one after the last, of pieces that fit the cache."""
    first, last = start // BLOCK, -(-stop // BLOCK)
    blocks = max(1, min(PIECE // LANE, last - first))
    rows = max(1, PIECE // (blocks * LANE))
    for row in range(0, count, rows):
        for block in range(first, last, blocks):
            yield slice(row, row + rows), block, min(block + blocks, last)


def _check_span(seed: int, start: int, stop: int) -> None:
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed {seed} is outside 0 to 2^64 - 1")
    if not 0 <= start <= stop <= MOST_ITERATIONS:
        raise ValueError(f"iterations {start} to {stop} are outside 0 to 2^34")


def _blocks(seed: int, hashes: Wide, first: int, last: int) -> Floats:
    """Whole blocks of some variables, as (V, 1024 (last - first))."""
    found = np.empty((len(hashes), last - first, 4, LANE))
    for lane, word in enumerate(_lanes(seed, hashes, first, last)):
        np.bitwise_and(word, LOW, out=word)
        np.bitwise_or(word, EXPONENT, out=word)
        placed = word.view(np.float64).reshape(len(hashes), last - first, LANE)
        np.subtract(placed, OFFSET, out=found[:, :, lane])
    return found.reshape(len(hashes), (last - first) * BLOCK)


def _lanes(seed: int, hashes: Wide, first: int, last: int) -> list[Wide]:
    """The four output words of every counter of some blocks, each (V, 256 (last - first)).

    Only their low halves count.
    """
    shape = (len(hashes), (last - first) * LANE)
    counter = np.empty(shape, dtype=np.uint64)
    counter[:] = np.arange(first * LANE, last * LANE, dtype=np.uint64)
    upper = np.empty(shape, dtype=np.uint64)
    upper[:] = (hashes >> HALF)[:, None]
    seeds = np.full(shape, seed >> 32, dtype=np.uint64)
    words = [counter, np.zeros(shape, dtype=np.uint64), upper, seeds]
    return _rounds(words, seed & 0xFFFFFFFF, (hashes & LOW)[:, None])


def _rounds(words: list[Wide], key0: int, key1: Wide | np.uint64) -> list[Wide]:
    """Ten rounds in place, on words held as 64-bit integers.

    The low halves of the products are left with their high halves above them (words 1 and 3 on
    return): they are only ever xored into a word that is cut to 32 bits afterwards.
    """
    c0, c1, c2, c3 = words
    product = np.empty_like(c0)
    for turn in range(ROUNDS):
        k0 = np.uint64((key0 + turn * WEYL[0]) & 0xFFFFFFFF)
        k1 = (key1 + np.uint64(turn * WEYL[1])) & LOW
        # Word 0 becomes high(m1 c2) ^ c1 ^ k0 and word 1 low(m1 c2); the same crosswise.
        c2 *= MULTIPLIERS[1]
        c0 *= MULTIPLIERS[0]
        np.right_shift(c2, HALF, out=product)
        c1 ^= product
        c1 ^= k0
        c1 &= LOW
        np.right_shift(c0, HALF, out=product)
        c3 ^= product
        c3 ^= k1
        c3 &= LOW
        c0, c1, c2, c3 = c1, c2, c3, c0
    return [c0, c1, c2, c3]
