"""How often tuples of samples are there, for the two estimators and the one test that rest on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from statistical_tests.sp800_90b import kernels
from statistical_tests.sp800_90b.samples import Samples, require_samples


@dataclass(frozen=True, slots=True, eq=False)
class TupleCounts:
    """Hold for each length from 1 to the longest that is there twice what tuples of it there are, overlaps included.

    Args:
        samples: the number of samples, L.
        most_common: int64, Q[i]: how often the most common tuple of i + 1 samples is there.
        equal_pairs: int64: in how many pairs of places equal tuples of i + 1 samples begin.
    """

    samples: int
    most_common: NDArray[np.int64]
    equal_pairs: NDArray[np.int64]

    @property
    def longest(self) -> int:
        """The length of the longest tuple that is there twice; 0 if none is."""
        return len(self.most_common)

    def longest_with(self, cutoff: int) -> int:
        """Return the largest length of a tuple that is there `cutoff` times or more, t of 6.3.5; 0 if none is."""
        return int(np.count_nonzero(self.most_common >= cutoff))


def tuple_counts(samples: Samples) -> TupleCounts:
    """Count tuples of all lengths by sorting all suffixes: time and memory grow with the number of samples alone."""
    samples = require_samples(samples)
    most_common, equal_pairs = kernels.tuples(samples)
    return TupleCounts(len(samples), most_common, equal_pairs)
