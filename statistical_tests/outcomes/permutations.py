"""Exact laws of what is counted in a random permutation, in integers."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from statistical_tests.outcomes.sample import Sample


@lru_cache(maxsize=8)
def derangements(size: int) -> tuple[int, ...]:
    """Return the numbers of permutations of 0, 1 ... `size` things without a fixed point: 1, 0, 1, 2, 9, 44 ..."""
    found = [1, 0]
    for n in range(2, size + 1):
        found.append((n - 1) * (found[-1] + found[-2]))
    return tuple(found[: size + 1])


def fixed_point_law(size: int) -> tuple[Fraction, ...]:
    """Return the probabilities of 0, 1 ... `size` fixed points: the rencontres numbers over `size` factorial."""
    none = derangements(size)
    whole = math.factorial(size)
    return tuple(Fraction(math.comb(size, j) * none[size - j], whole) for j in range(size + 1))


def cycle_law(size: int) -> tuple[Fraction, ...]:
    """Return the probabilities of 0, 1 ... `size` cycles: unsigned Stirling numbers of the first kind."""
    row = [1]
    for n in range(size):
        row = [n * a + b for a, b in zip([*row, 0], [0, *row], strict=True)]
    whole = math.factorial(size)
    return tuple(Fraction(count, whole) for count in row)


def descent_law(size: int) -> tuple[Fraction, ...]:
    """Return the probabilities of 0, 1 ... `size` - 1 descents: Eulerian numbers."""
    row = [1]
    for n in range(2, size + 1):
        row = [(j + 1) * a + (n - j) * b for j, (a, b) in enumerate(zip([*row, 0], [0, *row], strict=True))]
    whole = math.factorial(size)
    return tuple(Fraction(count, whole) for count in row)


def succession_law(size: int) -> tuple[Fraction, ...]:
    """Return the probabilities of 0, 1 ... `size` - 1 places where a number is followed by the next larger one.

    Without any there are D(n) + D(n-1) permutations of n, where D are the derangements; with j of them, n-1 over j
    times the number without any of n - j (Riordan 1945).
    """
    none = derangements(size)
    whole = math.factorial(size)
    return tuple(
        Fraction(math.comb(size - 1, j) * (none[size - j] + (none[size - j - 1] if j < size else 0)), whole)
        for j in range(size)
    )


def cycles(decks: Sample) -> NDArray[np.int64]:
    """Return the number of cycles of each permutation, shape [decks]."""
    size = decks.shape[1]
    places = np.arange(size, dtype=np.int64)
    least = np.broadcast_to(places, decks.shape).copy()
    after = decks.astype(np.int64)
    # The least element within 1, 2, 4 … steps: after as many doublings as the size has bits it is that of the cycle.
    for _ in range(max(size - 1, 1).bit_length()):
        np.minimum(least, np.take_along_axis(least, after, axis=1), out=least)
        after = np.take_along_axis(after, after, axis=1)
    return np.asarray(np.count_nonzero(least == places, axis=1), dtype=np.int64)
