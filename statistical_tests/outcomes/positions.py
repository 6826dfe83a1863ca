"""Numbers by position of draws without replacement, such as cards by place in a deck."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from statistical_tests.outcomes.laws import Tails, square_tails
from statistical_tests.outcomes.sample import Sample, chunks

LEAST_DRAWS = 20
"""Draws from which sums of squares over many cells are judged by a chi-square law of their mean and variance."""


def position_counts(draws: Sample, kinds: int) -> NDArray[np.int64]:
    """Return how often each number stands in each position, shape [positions, kinds]."""
    positions = draws.shape[1]
    counts = np.zeros(positions * kinds, dtype=np.int64)
    offsets = np.arange(positions) * kinds
    for part in rows_of(draws):
        counts += np.bincount((draws[part] + offsets).reshape(-1), minlength=len(counts))
    return counts.reshape(positions, kinds)


def rows_of(draws: Sample) -> list[slice]:
    """Return the slices of rows that hold about a million numbers each."""
    return list(chunks(len(draws), rows=max((1 << 20) // max(draws.shape[1], 1), 1)))


def position_tails(counts: NDArray[np.int64], draws: int) -> tuple[float, Tails]:
    """Return Pearson's statistic of numbers by position, scaled to its degrees of freedom, and its tails.

    In a draw of k out of n numbers each number stands in each position with probability 1 / n. Two draws agree in M
    positions, with mean k / n and variance k (1 / n) (1 - 1 / n) + k (k-1) (1 / (n (n-1)) - 1 / n^2), which is 1 for
    a whole deck. So the sum of squared deviations of N draws has mean N (k - k / n) and variance 2 N (N-1) Var M,
    exactly. The law is the multiple of chi-square with these; for a whole deck it has (n-1)^2 degrees of freedom as N
    grows, because rows and columns have fixed sums.

    Args:
        counts: shape [positions, kinds], kinds 2 or more.
        draws: how many there are, 2 or more.
    """
    positions, kinds = counts.shape
    n, k = float(kinds), float(positions)
    squares = float(((counts - draws / n) ** 2).sum())
    own = k - k / n
    agree = k * (1 / n) * (1 - 1 / n) + k * (k - 1) * (1 / (n * (n - 1)) - 1 / n**2)
    tails = square_tails(squares, mean=draws * own, variance=2 * draws * (draws - 1.0) * agree)
    return squares * own / (draws * agree), tails
