"""Coupon collector's test: how many words it takes until each value has occurred."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from statistical_tests import kernel
from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bit_tests.reference import LEAST_EXPECTED, pearson
from statistical_tests.bit_tests.words import words
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable

NAME = "CouponCollector"
SECTION = "TAOCP 3.3.2 E"
LEAST_SETS = 100
_CHUNK = 1 << 20  # words at a time
_SPARED = 6  # standard deviations


def coupon_collector(bits: Bits, *, word_bits: int = 3) -> Finding:
    """Test the lengths of the pieces in which all 2^word_bits values occur, each as short as it can be.

    A length r has probability d! S(r - 1, d - 1) / d^r with d = 2^word_bits (S: Stirling numbers of the second kind),
    computed by its recurrence. Ideal lengths are independent. As many sets are judged as the sequence all but
    certainly has (six standard deviations less than the expected number): a number fixed beforehand, so that the
    last, unfinished set makes no short ones look frequent; those that are missing count as of the longest class.
    Pearson's statistic over the lengths, neighbours pooled until 5 are expected; asymptotic.

    Args:
        bits: the sequence.
        word_bits: bits a word, 1 to 6.

    Raises:
        BadInput: an argument is out of range.
    """
    require_bits(bits)
    word_bits = whole_number(word_bits, "word_bits", least=1, most=6)
    kinds, count = 1 << word_bits, len(bits) // word_bits
    # Of a sum of geometric waiting times, for the first new value, the second …
    mean = math.fsum(kinds / left for left in range(1, kinds + 1))
    variance = math.fsum(kinds * (kinds - left) / (left * left) for left in range(1, kinds + 1))
    planned = int(count / mean - _SPARED * math.sqrt(count * variance / mean**3))
    parameters = {"word_bits": word_bits}
    if planned < LEAST_SETS:
        reason = f"{count} words of {word_bits} bits, sure of {max(0, planned)} whole sets, and {LEAST_SETS} are needed"
        return not_applicable(NAME, SECTION, reason, parameters=parameters)
    lengths = set_lengths(words(bits, word_bits).astype(np.uint8), kinds, planned)
    probabilities = length_probabilities(kinds, planned)
    longest = len(probabilities) - 1
    observed = np.bincount(np.minimum(lengths, longest), minlength=longest + 1).astype(np.int64)
    observed[-1] += planned - len(lengths)
    fit = pearson(observed[kinds:], probabilities[kinds:])
    statistic = {
        "sets": len(lengths),
        "planned": planned,
        "longest": int(lengths.max()) if len(lengths) else 0,
        "chi_square": fit.statistic,
        "freedom": fit.freedom,
    }
    return Finding(NAME, SECTION, parameters, statistic, (fit.p_value,))


@lru_cache(maxsize=16)
def length_probabilities(kinds: int, sets: int) -> NDArray[np.float64]:
    """Return the probability of each length 0, 1 …; the last class, of 5 expected sets or so, holds all longer ones."""
    # have[j]: probability that so many words had j different values; the set is whole when the last value comes.
    have = np.zeros(kinds)
    have[0] = 1.0
    same = np.arange(kinds) / kinds
    found = [0.0]
    while len(found) < kinds + 1 or float(have.sum()) * sets >= LEAST_EXPECTED:
        new = have * (1 - same)
        have *= same
        have[1:] += new[:-1]
        found.append(float(new[-1]))
    found[-1] += float(have.sum())
    return np.asarray(found)


def set_lengths(values: NDArray[np.uint8], kinds: int, most: int) -> NDArray[np.int64]:
    """Return the lengths of the first `most` whole sets.

    Args:
        values: 0 to `kinds` - 1, uint8, shape [values].
        kinds: how many values there are, 1 to 64.
        most: 0 or more.
    """
    native = kernel.compiled()
    if native is None:
        return portable_set_lengths(values, kinds, most)
    found = np.empty(most, dtype=np.int64)
    return found[: native.bit_set_lengths(np.ascontiguousarray(values), kinds, most, found)]


def portable_set_lengths(values: NDArray[np.uint8], kinds: int, most: int) -> NDArray[np.int64]:
    """Return the same as `set_lengths`, with numpy."""
    lengths: list[int] = []
    start, size = 0, _CHUNK
    while start < len(values) and len(lengths) < most:
        part = values[start : start + size]
        ends = _ends(part, kinds)
        place, before = 0, len(lengths)
        while place < len(part) and ends[place] < len(part) and len(lengths) < most:
            lengths.append(ends[place] - place + 1)
            place = ends[place] + 1
        if len(lengths) == before:
            if start + size >= len(values):
                break
            size *= 2  # one set alone is longer than the piece
        start += place
    return np.asarray(lengths, dtype=np.int64)


def _ends(values: NDArray[np.uint8], kinds: int) -> list[int]:
    """Return, for each place, where the set that starts there is whole; the number of values where it is not."""
    count = len(values)
    ends = np.zeros(count, dtype=np.int64)
    places = np.arange(count)
    for kind in range(kinds):
        following = np.where(values == kind, places, count)
        np.minimum.accumulate(following[::-1], out=following[::-1])  # where the kind is next
        np.maximum(ends, following, out=ends)
    found: list[int] = ends.tolist()
    return found
