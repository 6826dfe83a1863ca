"""Reference distributions that several tests share, and how a p-value is formed from each.

A two-sided p-value is twice the smaller tail, at most 1; each tail includes what was observed. For a discrete
statistic that makes it conservative: at most x of ideal samples have p <= x.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

LEAST_EXPECTED = 5.0
"""Expected count below which Pearson's statistic pools neighbouring classes."""
BOTH_TAILS_FROM = 32
"""Degrees of freedom from which a chi-square that is too small counts too.

With few, an exact balance is nothing rare: of 10^6 ideal bits exactly half are ones in one sample of 1,250, and the
statistic is then 0. """


def two_sided(lower: float, upper: float) -> float:
    """Return the two-sided p-value of the tails P(X <= x) and P(X >= x)."""
    return max(0.0, min(1.0, 2.0 * min(lower, upper)))


def normal_p(deviation: float) -> float:
    """Return the two-sided p-value of a standard normal deviation."""
    return float(special.erfc(abs(deviation) / math.sqrt(2)))


def binomial_upper(count: int, trials: int, probability: float) -> float:
    """Return P(X >= count) of a binomial distribution."""
    if count <= 0:
        return 1.0
    return float(special.betainc(count, trials - count + 1, probability)) if count <= trials else 0.0


def fair_binomial_p(count: int, trials: int) -> float:
    """Return the two-sided p-value of `count` heads of a fair coin in `trials`, exact to double precision."""
    return min(1.0, 2.0 * binomial_upper(max(count, trials - count), trials, 0.5))


def poisson_upper(count: int, mean: float) -> float:
    """Return P(X >= count) of a Poisson distribution."""
    return 1.0 if count <= 0 else float(special.gammainc(count, mean))


def poisson_p(count: int, mean: float) -> float:
    """Return the two-sided p-value of a Poisson count."""
    return two_sided(float(special.gammaincc(count + 1, mean)), poisson_upper(count, mean))


def chi_square_p(statistic: float, freedom: int) -> float:
    """Return the p-value of a chi-square: its upper tail, and from `BOTH_TAILS_FROM` degrees of freedom on both."""
    upper = float(special.gammaincc(freedom / 2, max(0.0, statistic) / 2))
    if freedom < BOTH_TAILS_FROM:
        return upper
    return two_sided(float(special.gammainc(freedom / 2, max(0.0, statistic) / 2)), upper)


MOST_OUTCOMES = 100_000
"""Ways to spread the counts over the classes up to which all of them are gone through."""


@dataclass(frozen=True, slots=True)
class Pearson:
    """Hold Pearson's statistic and the classes that it came from, after pooling.

    With few counts in few classes the statistic has few values, and chi-square is off by a few hundredths. There the
    p-value is exact: the probability of all outcomes with a statistic as large, and so conservative. Elsewhere it is
    `chi_square_p`.

    Args:
        statistic: the sum of (observed - expected)^2 / expected.
        freedom: classes less one; 0 where no two classes are left, and then nothing can be said.
        observed: counts, one a class.
        expected: expected counts, one a class.
    """

    statistic: float
    freedom: int
    observed: tuple[int, ...]
    expected: tuple[float, ...]

    @property
    def p_value(self) -> float:
        """The probability of such a statistic; 1 where no two classes are left."""
        if not self.freedom:
            return 1.0
        outcomes = math.comb(sum(self.observed) + self.freedom, self.freedom)
        return self._exact() if outcomes <= MOST_OUTCOMES else chi_square_p(self.statistic, self.freedom)

    def _exact(self) -> float:
        """Return the probability of all outcomes whose statistic is as large."""
        statistics, upper = _all_outcomes(sum(self.observed), self.expected)
        # Outcomes that are equal but for rounding count as equal.
        place = int(np.searchsorted(statistics, self.statistic * (1 - 1e-9) - 1e-9))
        return min(1.0, float(upper[place])) if place < len(upper) else 0.0


@lru_cache(maxsize=64)
def _all_outcomes(total: int, expected: tuple[float, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the statistics of all ways to spread the counts, in order, and the probability of each or a larger one."""
    # One element for each way to fill the classes so far: what is left to spread, logarithm of probability, statistic.
    left = np.asarray([total])
    logarithm, statistic = np.asarray([math.lgamma(total + 1)]), np.zeros(1)
    for place, mean in enumerate(expected):
        if place < len(expected) - 1:
            ways = left + 1
            origin = np.repeat(np.arange(len(left)), ways)
            count = np.arange(len(origin)) - np.repeat(np.cumsum(ways) - ways, ways)
        else:  # the last class takes what is left
            origin, count = np.arange(len(left)), left
        logarithm = logarithm[origin] + count * math.log(mean / total) - special.gammaln(count + 1)
        statistic = statistic[origin] + (count - mean) ** 2 / mean
        left = left[origin] - count
    order = np.argsort(statistic)
    upper = np.cumsum(np.exp(logarithm[order])[::-1])[::-1]
    return statistic[order], upper


def pearson(
    observed: NDArray[np.int64], probabilities: NDArray[np.float64], *, least: float = LEAST_EXPECTED
) -> Pearson:
    """Return Pearson's statistic of counts in ordered classes; neighbours are pooled until each expects enough.

    Args:
        observed: counts, shape [classes].
        probabilities: of the classes, which sum to one.
        least: the smallest expected count of a class.
    """
    total = int(observed.sum())
    expected = probabilities * total
    if len(expected) and float(expected.min()) >= least:
        statistic = float(((observed - expected) ** 2 / expected).sum())
        return Pearson(statistic, len(expected) - 1, tuple(observed.tolist()), tuple(expected.tolist()))
    counts: list[int] = []
    means: list[float] = []
    open_count, open_mean = 0, 0.0
    for count, mean in zip(observed.tolist(), expected.tolist(), strict=True):
        open_count, open_mean = open_count + count, open_mean + mean
        if open_mean >= least:
            counts.append(open_count)
            means.append(open_mean)
            open_count, open_mean = 0, 0.0
    if counts:  # what is left at the end is too little for a class of its own
        counts[-1] += open_count
        means[-1] += open_mean
    statistic = math.fsum((count - mean) ** 2 / mean for count, mean in zip(counts, means, strict=True))
    return Pearson(statistic, max(0, len(counts) - 1), tuple(counts), tuple(means))


def lowest_p(tail: float, samples: int) -> float:
    """Return the probability that the smallest of so many independent tail probabilities is `tail` or less.

    Exact for continuous ones; conservative for discrete ones.
    """
    if tail >= 1.0:
        return 1.0
    return -math.expm1(samples * math.log1p(-tail))
