"""Pearson's chi-square of counts against known probabilities, exact where the sample is small enough."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from statistical_tests.outcomes.pooling import LEAST_EXPECTED, pooled, pooled_in_order, weights_of

MOST_COMPOSITIONS = 100_000
"""The number of ways to share out a sample up to which all of them are gone through."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Fit:
    """Hold how well counts fit.

    Args:
        chi_square: Pearson's statistic over the classes; infinite if something impossible occurred.
        degrees_of_freedom: the number of classes minus one.
        uneven: the probability that it is at least so large.
        even: the probability that it is at most so large; tiny where the counts fit too well to be random.
        exact: whether both come from all possible counts (with ties counted in both), else from the chi-square law.
    """

    chi_square: float
    degrees_of_freedom: int
    uneven: float
    even: float
    exact: bool


def fit(
    counts: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    *,
    in_order: bool = False,
    least_expected: float = LEAST_EXPECTED,
) -> Fit | None:
    """Return how well counts fit, or nothing where there is one class or no trial.

    Args:
        counts: shape [outcomes].
        probabilities: the same shape, with the sum one.
        in_order: whether only neighbours may be pooled, as where outcomes are numbers of something.
        least_expected: the least expected count of a class, below which outcomes are pooled.
    """
    trials = int(counts.sum())
    impossible = probabilities <= 0
    if counts[impossible].any():
        return Fit(math.inf, max(len(counts) - 1, 1), 0.0, 1.0, exact=True)
    counts, probabilities = counts[~impossible], probabilities[~impossible]
    if not trials or len(counts) < 2:
        return None
    if not _enumerable(trials, len(counts)):
        counts, probabilities = _classes(counts, probabilities, least_expected / trials, in_order=in_order)
    statistic = chi_square(counts, probabilities)
    degrees = len(counts) - 1
    if _enumerable(trials, len(counts)):
        uneven, even = exact_tails(trials, probabilities, statistic)
        return Fit(statistic, degrees, uneven, even, exact=True)
    return Fit(statistic, degrees, *chi_square_tails(statistic, degrees), exact=False)


def _classes(
    counts: NDArray[np.int64], probabilities: NDArray[np.float64], least: float, *, in_order: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return counts and probabilities of two classes or more, of `least` probability each as far as that goes."""
    pool = pooled_in_order if in_order else pooled
    # Less than twenty trials are not expected five times in four classes: then it is four, and the law is exact.
    least = min(least, 0.25)
    classes = pool(probabilities, least=least)
    while classes.max() < 1:
        least /= 2
        classes = pool(probabilities, least=least)
    return np.bincount(classes, weights=counts).astype(np.int64), weights_of(classes, probabilities)


def chi_square(counts: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """Return the sum of (observed - expected)^2 / expected (Pearson 1900)."""
    expected = probabilities * counts.sum()
    with np.errstate(over="ignore"):  # what should come once in 10^300 outcomes and came
        return float(((counts - expected) ** 2 / expected).sum())


def chi_square_tails(statistic: float, degrees: float) -> tuple[float, float]:
    """Return the probabilities of at least, and of at most, such a value under a chi-square law."""
    half = max(statistic, 0.0) / 2
    return float(special.gammaincc(degrees / 2, half)), float(special.gammainc(degrees / 2, half))


def exact_tails(trials: int, probabilities: NDArray[np.float64], statistic: float) -> tuple[float, float]:
    """Return the probabilities of at least, and of at most, such a chi-square, from all counts of a multinomial.

    Values that differ by rounding alone count as equal, and equal ones count in both tails.
    """
    slack = _ROUNDING * max(trials, statistic)
    if len(probabilities) == 2:
        return _two_tails(trials, float(probabilities[0]), statistic, slack)
    used = np.zeros(1, dtype=np.int64)
    logarithm = np.full(1, special.gammaln(trials + 1))
    squares = np.zeros(1)
    for probability in probabilities[:-1]:
        # Each row becomes as many as there are counts left for this outcome.
        room = trials - used + 1
        starts = np.repeat(np.cumsum(room) - room, room)
        here = np.arange(len(starts)) - starts
        used, logarithm, squares = (np.repeat(one, room) for one in (used, logarithm, squares))
        used = used + here
        logarithm, squares = _with(logarithm, squares, here, float(probability), trials)
    logarithm, squares = _with(logarithm, squares, trials - used, float(probabilities[-1]), trials)
    chances, values = np.exp(logarithm), squares - trials
    return (
        min(float(chances[values >= statistic - slack].sum()), 1.0),
        min(float(chances[values <= statistic + slack].sum()), 1.0),
    )


def _two_tails(trials: int, probability: float, statistic: float, slack: float) -> tuple[float, float]:
    """Return the same for two outcomes, from the binomial law, for any number of trials."""
    mean, spread = trials * probability, trials * probability * (1 - probability)
    near, far = (math.sqrt(max(statistic + sign * slack, 0.0) * spread) for sign in (-1, 1))
    low, high = math.floor(mean - near), math.ceil(mean + near)  # at most, and at least, so much is in the tail
    uneven = 1.0 if low >= high else float(special.bdtr(low, trials, probability) if low >= 0 else 0.0)
    if low < high <= trials:
        uneven += float(special.bdtrc(high - 1, trials, probability))
    first, last = math.ceil(mean - far), math.floor(mean + far)
    even = float(special.bdtr(min(last, trials), trials, probability)) if last >= 0 else 0.0
    if first > 0:
        even -= float(special.bdtr(first - 1, trials, probability))
    return min(uneven, 1.0), min(max(even, 0.0), 1.0)


def _with(
    logarithm: NDArray[np.float64],
    squares: NDArray[np.float64],
    here: NDArray[np.int64],
    probability: float,
    trials: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    logarithm = logarithm + (here * math.log(probability) - special.gammaln(here + 1))
    with np.errstate(over="ignore"):
        return logarithm, squares + here.astype(np.float64) ** 2 / (trials * probability)


def _enumerable(trials: int, classes: int) -> bool:
    """Return whether so many trials fall into so many classes in few enough ways; two classes need no list of them."""
    few, many = sorted((trials, classes - 1))
    return classes == 2 or (few <= 40 and math.comb(few + many, few) <= MOST_COMPOSITIONS)
