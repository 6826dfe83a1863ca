"""How many segments to take from a sample, when segments have random lengths."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_DEVIATIONS = 6.0  # more outcomes than the mean are left for the segments: in fair samples they are all there


def planned(outcomes: int, *, mean: float, deviation: float) -> int:
    """Return how many segments of that mean length and standard deviation surely fit into so many outcomes.

    Were all segments counted that happen to fit, long ones would be missing at the end. With a number that is fixed
    beforehand the lengths are independent and of one law. The number is the largest s with
    s * mean + 6 * sqrt(s) * deviation <= outcomes.
    """
    if outcomes <= 0:
        return 0
    root = (math.sqrt((_DEVIATIONS * deviation) ** 2 + 4 * mean * outcomes) - _DEVIATIONS * deviation) / (2 * mean)
    return int(root * root)


def counted(lengths: NDArray[np.int32], segments: int, last: int) -> NDArray[np.int64]:
    """Return how many of the first `segments` have each length; `last` and more are one, shape [last + 1].

    Segments that should have been complete and are not count as long ones, which they are.
    """
    counts = np.bincount(np.minimum(lengths[:segments], last), minlength=last + 1).astype(np.int64)
    counts[last] += segments - min(len(lengths), segments)
    return counts
