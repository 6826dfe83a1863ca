"""Primitives for many rounds at once: arrays of 64-bit words to unbiased integers, equal to `rng.primitives`.

Each takes words of uint64 with the rounds along the last axis, and returns int64 of the same rounds, and which words
were refused (`None`: none). What a refused word, and all words after it in its round, came to has no meaning: that
round is drawn again by the scalar primitives, which take another word.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import numpy as np

from rng.bulk.values import Array, either
from rng.primitives import MAX_EDGE, MIN_CAP, WORD_BITS

_RATIO_BITS: Final = 52
_FEW: Final = 8
"""Most numbers of a sample that are found among the swaps before; beyond that the whole order is kept."""

_BLOCK_BYTES: Final = 2**18
"""How much of the orders of some rounds is worked on at once, so that it stays near the processor."""

MOST_PLACES: Final = 2**16
"""Longest order that is kept for each round of a bulk; `can_sample` tells of the rest."""


def uniform(words: Array, n: int) -> tuple[Array, Array | None]:
    """Return integers from 0 to n - 1.

    Args:
        words: uint64 of any shape.
        n: 1 to 2^53.
    """
    if n & (n - 1) == 0:
        return (words & np.uint64(n - 1)).view(np.int64), None
    divisor = np.uint64(n)
    # 2^64 mod n: the words beyond the last multiple of n are refused.
    refused = words > np.uint64(2**WORD_BITS - 1 - 2**WORD_BITS % n)
    # numpy divides by one number fast, but finds the remainder by the slow instruction.
    drawn = (words - words // divisor * divisor).view(np.int64)
    return drawn, refused if refused.any() else None


def bits(words: Array, n: int) -> Array:
    """Return n bits of each word, the most significant first, along a new axis in front.

    Args:
        words: uint64 of any shape.
        n: 1 to 64.
    """
    shifts = np.arange(WORD_BITS - 1, WORD_BITS - 1 - n, -1, dtype=np.uint64).reshape((-1,) + (1,) * words.ndim)
    return (words >> shifts & np.uint64(1)).view(np.int64)


def weighted(words: Array, weights: Sequence[int]) -> tuple[Array, Array | None]:
    """Return indices, as likely as their weights.

    Args:
        words: uint64 of any shape.
        weights: integers >= 0 with a sum of 1 to 2^53.
    """
    running = np.array(list(accumulate(weights)), dtype=np.int64)
    drawn, refused = uniform(words, int(running[-1]))
    return np.searchsorted(running, drawn, side="right"), refused


def ratio(words: Array, *, edge: int, cap: int) -> Array:
    """Return multipliers in hundredths, exactly, though the numerator passes 2^64.

    Args:
        words: uint64 of any shape.
        edge: hundredths of a percent, 0 to 9999.
        cap: hundredths, 100 to 10^10.
    """
    # The quotient is floor(numerator / divisor), numerator = (10000 - edge) * 2^52 < 2^66, divisor = 100 * (2^52 - u).
    numerator = (MAX_EDGE - edge) << _RATIO_BITS
    drawn = words & np.uint64(2**_RATIO_BITS - 1)
    divisor = (np.uint64(2**_RATIO_BITS) - drawn) * np.uint64(100)
    # In doubles the quotient is wrong by less than 2^-50 of itself. Where it is below 2^34 that is less than one, so
    # its floor is wrong by one at most. Where it passes the cap by one or more, the true one reaches the cap: there
    # any estimate beyond the cap will do, for all of them become the cap.
    estimate = np.minimum(float(numerator) / divisor.astype(np.float64), float(cap + 1)).astype(np.uint64)
    # The remainder of a right estimate lies in 0 .. divisor - 1, and within one divisor of it where the estimate is
    # wrong by one: less than 2^61 in size, so that the difference modulo 2^64 tells it exactly.
    remainder = (np.uint64(numerator % 2**WORD_BITS) - estimate * divisor).view(np.int64)
    quotient = estimate.view(np.int64) - (remainder < 0) + (remainder >= divisor.view(np.int64))
    return np.clip(quotient, MIN_CAP, cap)


def can_sample(n: int, k: int) -> bool:
    """Return whether `sample` takes these arguments; else rounds are drawn one by one, in memory that follows k."""
    return k <= _FEW or n <= MOST_PLACES


def sample(words: Array, n: int, k: int) -> tuple[Array, Array | None]:
    """Return k different integers from 0 to n - 1 for each round, in order.

    Args:
        words: uint64 of shape (k, rounds).
        n: 0 to 2^32.
        k: 0 to n; `can_sample(n, k)`.

    Returns:
        int64 of shape (k, rounds); and where words were refused, of that shape.
    """
    rounds = words.shape[1]
    drawn = np.empty((k, rounds), dtype=np.int64)
    if not k:
        return drawn, None
    others = np.empty((k, rounds), dtype=np.int64)
    refused: Array | None = None
    for place in range(k):
        offset, wrong = uniform(words[place], n - place)
        np.add(offset, place, out=others[place])
        if wrong is not None:
            full = np.zeros((k, rounds), dtype=np.bool_)
            full[place] = wrong
            refused = either(refused, full)
    if k <= _FEW:
        _sample_few(others, drawn)
        return drawn, refused
    block = max(1, _BLOCK_BYTES // (n * 4))
    for start in range(0, rounds, block):
        _sample_block(others[:, start : start + block], drawn[:, start : start + block], n)
    return drawn, refused


def _sample_few(others: Array, drawn: Array) -> None:
    """Swap place 0, 1, 2 ... with the others; what stands at a place is found among the swaps before."""
    heres: list[Array] = []
    for place, other in enumerate(others):
        here, there = np.full_like(other, place), other
        for before, moved in zip(others, heres, strict=False):
            here = np.where(before == place, moved, here)
            there = np.where(before == other, moved, there)
        heres.append(here)
        drawn[place] = there


def _sample_block(others: Array, drawn: Array, n: int) -> None:
    """Swap place 0, 1, 2 ... with the others in the orders of some rounds."""
    rounds = others.shape[1]
    order = np.repeat(np.arange(n, dtype=np.uint32), rounds)
    columns = np.arange(rounds)
    for place, other in enumerate(others):
        there = other * rounds + columns
        drawn[place] = order[there]
        # The place itself is never looked at again, so its half of the swap is left out.
        order[there] = order[place * rounds : (place + 1) * rounds]
