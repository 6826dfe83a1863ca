"""Loops of SP 800-90B that go sample by sample: compiled where a compiler was, else Python, the same numbers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import whole_number
from statistical_tests.errors import BadInput
from statistical_tests.kernel import compiled
from statistical_tests.sp800_90b import portable
from statistical_tests.sp800_90b.samples import Samples

MOST_DEPTH = 16
MOST_LAG = 4096
MOST_WINDOWS = 16
MOST_PERMUTED = 1 << 27
STATISTICS = 19

Values = NDArray[np.uint8]
Counts = NDArray[np.int64]


def windows(samples: Samples, sizes: Sequence[int]) -> tuple[int, int]:
    """Guess the most common value of the last `sizes` samples, by the window that was right most often (section 6.3.7).

    Returns:
        how many guesses were right, and how many in a row at most.

    Raises:
        BadInput: the sizes are not whole numbers that ascend from 1 on, or there are more than 16.
    """
    ascending = tuple(whole_number(size, "a window", least=1, most=MOST_PERMUTED) for size in sizes)
    if not 1 <= len(ascending) <= MOST_WINDOWS or any(b <= a for a, b in itertools.pairwise(ascending)):
        raise BadInput(f"windows {ascending}: 1 to {MOST_WINDOWS} sizes that ascend")
    native = compiled()
    if native is None:
        return portable.windows(samples.values, ascending)
    correct, longest = native.entropy_windows(samples.values, np.array(ascending, dtype=np.int64))
    return int(correct), int(longest)


def lag(samples: Samples, depth: int) -> tuple[int, int]:
    """Guess the sample that was 1 to `depth` places before, by the distance that was right most often (6.3.8)."""
    depth = whole_number(depth, "depth", least=1, most=MOST_LAG)
    native = compiled()
    correct, longest = (
        portable.lag(samples.values, depth) if native is None else native.entropy_lag(samples.values, depth)
    )
    return int(correct), int(longest)


def multi_mmc(samples: Samples, depth: int, most_entries: int) -> tuple[int, int]:
    """Guess what followed the last 1 to `depth` samples most, by the length that was right most often (6.3.9)."""
    depth = whole_number(depth, "depth", least=1, most=MOST_DEPTH)
    most_entries = whole_number(most_entries, "most_entries", least=1, most=1 << 28)
    native = compiled()
    if native is None:
        return portable.multi_mmc(samples.values, depth, most_entries)
    correct, longest = native.entropy_multi_mmc(samples.values, samples.width, depth, most_entries)
    return int(correct), int(longest)


def lz78y(samples: Samples, depth: int, most_contexts: int) -> tuple[int, int]:
    """Guess the follower that came most often after the last 1 to `depth` samples (section 6.3.10)."""
    depth = whole_number(depth, "depth", least=1, most=MOST_DEPTH)
    most_contexts = whole_number(most_contexts, "most_contexts", least=1, most=1 << 28)
    native = compiled()
    if native is None:
        return portable.lz78y(samples.values, depth, most_contexts)
    correct, longest = native.entropy_lz78y(samples.values, samples.width, depth, most_contexts)
    return int(correct), int(longest)


def tuples(samples: Samples) -> tuple[Counts, Counts]:
    """Count tuples of each length that is there twice or more.

    Returns:
        for the lengths 1, 2 …: how often the most common tuple is there, and how many pairs of places hold equal
        tuples.
    """
    native = compiled()
    if native is None:
        return portable.tuples(samples.values)
    found = np.frombuffer(native.entropy_tuples(samples.values), dtype=np.int64)
    half = len(found) // 2
    return found[:half], found[half:]


def shuffle(samples: Samples, key: int) -> Values:
    """Return the samples in an order that a key of 64 bits decides: SplitMix64 from the key, then Fisher and Yates.

    Each place is drawn as floor(word * n / 2^64), whose probabilities are off by less than n / 2^64.
    """
    key = whole_number(key, "key", least=0, most=(1 << 64) - 1)
    native = compiled()
    if native is None:
        return portable.shuffle(samples.values, key)
    out = np.empty_like(samples.values)
    native.entropy_shuffle(samples.values, key, out)
    return out


def statistics(values: Values, counted: Values, words: Values, twice_median: int) -> Counts:
    """Compute what section 5.1 compares, but for the compressed size, as whole numbers.

    Args:
        values: samples, for the excursion and the runs about the median.
        counted: what directional runs, periodicity and covariance are computed of: samples, or the ones of 8 bits each.
        words: what collisions are looked for in: samples, or 8 bits each as a number.
        twice_median: two times the median of `values`.

    Returns:
        int64 [19]: len(values) times the excursion; directional runs: number, longest, more of rises or falls; runs
        about the median: number, longest; collisions: sum, number, largest; periodicity and covariance at 1, 2, 8,
        16, 32.

    Raises:
        BadInput: there are more than 2^27 samples.
    """
    if len(values) > MOST_PERMUTED:
        raise BadInput(f"{len(values)} samples: at most {MOST_PERMUTED} can be permuted")
    native = compiled()
    if native is None:
        return portable.statistics(values, counted, words, twice_median)
    out = np.empty(STATISTICS, dtype=np.int64)
    native.entropy_statistics(values, counted, words, twice_median, out)
    return out


def binary_collisions(samples: Samples) -> tuple[int, int]:
    """Count how often two bits were needed until one value came twice, and how often three (section 6.3.2).

    Raises:
        BadInput: samples have more than one bit.
    """
    if samples.width != 1:
        raise BadInput(f"collisions are counted of single bits, not of samples of {samples.width} bits")
    native = compiled()
    if native is None:
        return portable.binary_collisions(samples.values)
    twos, threes = native.entropy_binary_collisions(samples.values)
    return int(twos), int(threes)
