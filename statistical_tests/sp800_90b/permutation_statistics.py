"""The 19 numbers that the permutation test compares (SP 800-90B sections 5.1.1 to 5.1.11)."""

from __future__ import annotations

import bz2
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from statistical_tests.sp800_90b import kernels
from statistical_tests.sp800_90b.portable import LAGS
from statistical_tests.sp800_90b.samples import Samples

NAMES = (
    "excursion",
    "number of directional runs",
    "length of directional runs",
    "number of increases and decreases",
    "number of runs about the median",
    "length of runs about the median",
    "average collision",
    "maximum collision",
    *(f"periodicity {lag}" for lag in LAGS),
    *(f"covariance {lag}" for lag in LAGS),
    "compression",
)
_NUMBERS = [str(value).encode() for value in range(256)]
_LEVEL = 5  # of bzip2, as in NIST's program; the standard says none


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """Hold what is the same for all orders of some samples.

    Args:
        ranks: by value, 0 or 1 where samples have two values; None where they have more.
        twice_median: two times the median; of two values 1, as the standard sets it to a half.
        shortest: how many numbers the shortest of the sequences has that statistics are computed of.
    """

    ranks: NDArray[np.uint8] | None
    twice_median: int
    shortest: int

    @property
    def needed(self) -> int:
        """How many numbers the largest lag needs, so that two pairs can differ."""
        return max(LAGS) + 2

    def statistics(self, samples: Samples, *, compressed: bool) -> list[float]:
        """Return the statistics in the order of `NAMES`; the last is 0 where `compressed` is not asked for."""
        values = samples.values
        counted = words = values
        if self.ranks is not None:
            values = self.ranks[values]
            counted, words = ones_of_eight(values), numbers_of_eight(values)
        found = kernels.statistics(values, counted, words, self.twice_median).tolist()
        average = found[6] / found[7] if found[7] else 0.0
        size = compressed_size(samples.values) if compressed else 0
        return [found[0] / len(values), *map(float, found[1:6]), average, *map(float, found[8:]), float(size)]

    def of_order(self, samples: Samples, key: int, *, compressed: bool) -> list[float]:
        """Return the statistics of the samples in the order that `key` decides."""
        shuffled = Samples(kernels.shuffle(samples, key), samples.width)
        return self.statistics(shuffled, compressed=compressed)


def arrangement(samples: Samples) -> Arrangement:
    """Return what all orders of these samples share."""
    if samples.kinds() <= 2:
        ranks = (np.cumsum(samples.counts() > 0) - 1).clip(0).astype(np.uint8)
        return Arrangement(ranks, 1, (len(samples) + 7) // 8)
    twice = 2 * np.median(samples.values) if len(samples) else 0
    return Arrangement(None, int(twice), len(samples))


def ones_of_eight(bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the number of ones of each eight bits; zeros fill up the last (conversion I)."""
    return np.bitwise_count(numbers_of_eight(bits)).astype(np.uint8)


def numbers_of_eight(bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return each eight bits as a number, the first the most significant; zeros fill up the last (conversion II)."""
    return np.packbits(bits)


def compressed_size(values: NDArray[np.uint8]) -> int:
    """Return how many bytes bzip2 makes of the values in decimal, with a blank between two (section 5.1.11)."""
    return len(bz2.compress(b" ".join(map(_NUMBERS.__getitem__, values.tobytes())), _LEVEL))
