"""Primitives: from a round's blocks to unbiased integers, by rejection and integer arithmetic only.

The specification is ``verifier/spec/primitives.md``. Every primitive takes whole 64-bit words in order and never
gives one back, so the draws of a round are a pure function of its stream and the ordered list of primitives.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

WORD_BITS = 64
MAX_UNIFORM = 2**53
MAX_SAMPLE = 2**32
MAX_EDGE = 10_000
MIN_CAP = 100
MAX_CAP = 10**10

_WORD_BYTES = WORD_BITS // 8
_RATIO_RANGE = 2**52


class Words:
    """Read a round's stream as big-endian 64-bit words, each of them once.

    Attributes:
        taken: how many words were taken so far.
        rejected: how many of these ``uniform`` refused.
    """

    __slots__ = ("_block", "_index", "_pending", "rejected", "taken")

    def __init__(self, block: Callable[[int], bytes]) -> None:
        """Take the function from index (0, 1, 2 …) to block; a block is a positive multiple of 8 bytes long."""
        self._block = block
        self._index = 0
        self._pending: list[int] = []
        self.taken = 0
        self.rejected = 0

    def next(self) -> int:
        """Return the next word, 0 to 2^64 - 1.

        Raises:
            ValueError: if the block function returns something other than a positive multiple of 8 bytes.
        """
        if not self._pending:
            self._fill()
        self.taken += 1
        return self._pending.pop()

    def _fill(self) -> None:
        data = self._block(self._index)
        if not data or len(data) % _WORD_BYTES:
            raise ValueError(f"block {self._index} has {len(data)} bytes; a block is a positive multiple of 8 bytes")
        self._index += 1
        # Last word first, because pop() takes from the end.
        self._pending = [*reversed(struct.unpack(f">{len(data) // _WORD_BYTES}Q", data))]


def uniform(words: Words, n: int) -> int:
    """Draw an integer from 0 to n - 1, every one exactly as likely.

    Args:
        words: the round's words; one is taken, and one more for each that is refused.
        n: how many values there are, 1 to 2^53. ``uniform(words, 1)`` takes a word too.

    Raises:
        TypeError, ValueError: if n is no int in that range.
    """
    _require_int("n", n, 1, MAX_UNIFORM)
    return _uniform(words, n)


def _uniform(words: Words, n: int) -> int:
    # The words 0 … limit are a multiple of n in number, so that each remainder occurs equally often among them.
    limit = 2**WORD_BITS - 1 - 2**WORD_BITS % n
    while (word := words.next()) > limit:
        words.rejected += 1
    return word % n


def bits(words: Words, n: int) -> list[int]:
    """Draw n bits: the most significant ones of one word, most significant first.

    Args:
        words: the round's words; one is taken.
        n: how many bits, 1 to 64.

    Raises:
        TypeError, ValueError: if n is no int in that range.
    """
    _require_int("n", n, 1, WORD_BITS)
    word = words.next()
    return [word >> shift & 1 for shift in range(WORD_BITS - 1, WORD_BITS - 1 - n, -1)]


def sample(words: Words, n: int, k: int) -> list[int]:
    """Draw k different integers from 0 to n - 1, in order: the first k places of a Fisher-Yates shuffle.

    Only the places that a swap has touched are stored, so memory and time follow k, not n.

    Args:
        words: the round's words; at least k are taken.
        n: how many integers there are, 0 to 2^32.
        k: how many are drawn, 0 to n.

    Raises:
        TypeError, ValueError: if n or k is no int in its range.
    """
    _require_int("n", n, 0, MAX_SAMPLE)
    _require_int("k", k, 0, n)
    moved: dict[int, int] = {}
    drawn: list[int] = []
    for place in range(k):
        other = place + _uniform(words, n - place)
        here = moved.pop(place, place)
        if other == place:
            drawn.append(here)
        else:
            drawn.append(moved.get(other, other))
            moved[other] = here
    return drawn


def permutation(words: Words, n: int) -> list[int]:
    """Draw an order of the integers from 0 to n - 1: ``sample(words, n, n)``.

    Raises:
        TypeError, ValueError: if n is no int from 0 to 2^32.
    """
    return sample(words, n, n)


def weighted(words: Words, weights: Sequence[int]) -> int:
    """Draw an index, as likely as its weight.

    Args:
        words: the round's words; at least one is taken.
        weights: integers >= 0 whose sum is 1 to 2^53.

    Raises:
        TypeError, ValueError: if a weight is no int >= 0, or their sum is out of range.
    """
    for position, weight in enumerate(weights):
        _require_int(f"weight {position}", weight, 0, MAX_UNIFORM)
    running = list(accumulate(weights))
    _require_int("sum of the weights", running[-1] if running else 0, 1, MAX_UNIFORM)
    # bisect_right finds the first running sum that exceeds the drawn number, which skips weights of zero.
    return bisect_right(running, _uniform(words, running[-1]))


def ratio(words: Words, *, edge: int, cap: int) -> int:
    """Draw a multiplier whose chance to reach x is (1 - edge) / x, in hundredths.

    Args:
        words: the round's words; one is taken (2^52 divides 2^64: none is refused).
        edge: the house edge in hundredths of a percent, 0 to 9999.
        cap: the largest multiplier in hundredths, 100 to 10^10.

    Returns:
        The multiplier in hundredths, 100 to cap.

    Raises:
        TypeError, ValueError: if edge or cap is no int in its range.
    """
    _require_int("edge", edge, 0, MAX_EDGE - 1)
    _require_int("cap", cap, MIN_CAP, MAX_CAP)
    drawn = _uniform(words, _RATIO_RANGE)
    # Integers throughout: the numerator passes 2^64, and doubles floor to another hundredth at some draws.
    multiplier = (MAX_EDGE - edge) * _RATIO_RANGE // (100 * (_RATIO_RANGE - drawn))
    return min(max(multiplier, MIN_CAP), cap)


def _require_int(what: str, value: int, low: int, high: int) -> None:
    if type(value) is not int:
        raise TypeError(f"{what} must be an int, not {type(value).__name__}")
    if not low <= value <= high:
        shown = str(value) if value.bit_length() <= 128 else f"an integer of {value.bit_length()} bits"
        raise ValueError(f"{what} must be {low} to {high}, not {shown}")
