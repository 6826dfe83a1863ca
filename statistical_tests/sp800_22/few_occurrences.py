"""The law of the squared deviations of rare counts: what chi-square is the limit of, where counts are few."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy import special, stats

from statistical_tests.sp800_22.shared import Floats

_POINTS = 1 << 16
_TILTS = np.geomspace(1e-3, 4.0, 200)


def squares_tail(statistics: Floats, *, mean: float, variance: float, blocks: int) -> Floats:
    """Return the probabilities that the sum over blocks of (count - mean)^2 / variance is at least so large.

    A count is taken for binomial with the mean and the variance that it has. For occurrences of a template that is not
    exactly so: with 6 expected in each of eight blocks, p at 0.0001 is too small by 2 % at m = 7, 7 % at m = 6 and 8 %
    at m = 5, and at 9 bits no digit of that is off. Each square is rounded
    up to one of 65,536 steps and sums are of positive numbers, so that the result is too large rather than too small,
    by about 2 % at eight blocks. Beyond the last step it is Chernoff's bound, which is too large as well.

    Args:
        statistics: shape [any].
        mean: of the count in one block, above 0.
        variance: of it, above 0 and below the mean.
        blocks: 1 or more.
    """
    places = np.floor(statistics / _step(blocks)).astype(np.int64)
    tails = _tails(mean, variance, blocks)
    found: Floats = tails[np.clip(places, 0, _POINTS - 1)]
    for beyond in np.flatnonzero(places >= _POINTS):
        logarithms, squares = _one_block(mean, variance)
        bounds = blocks * special.logsumexp(logarithms + _TILTS[:, None] * squares, axis=1)
        bound = float((bounds - _TILTS * statistics[beyond]).min())
        found[beyond] = min(float(tails[-1]), math.exp(min(bound, 0.0)))
    return found


def _step(blocks: int) -> float:
    return (blocks + 60.0 * math.sqrt(blocks) + 200.0) / _POINTS


@cache
def _one_block(mean: float, variance: float) -> tuple[Floats, Floats]:
    """Return, of each count, the logarithm of its probability and the square that it makes."""
    trials = max(1, round(mean / (1.0 - variance / mean)))
    counts = np.arange(min(trials, math.ceil(mean + 60.0 * math.sqrt(mean) + 200.0)) + 1)
    logarithms: Floats = stats.binom.logpmf(counts, trials, mean / trials)
    squares: Floats = np.square(counts - mean) / variance
    return logarithms, squares


@cache
def _tails(mean: float, variance: float, blocks: int) -> Floats:
    """Return the probability of each number of steps or more."""
    logarithms, squares = _one_block(mean, variance)
    steps = np.ceil(squares / _step(blocks)).astype(np.int64)
    kept = (steps < _POINTS) & (logarithms > -700.0)
    one = list(zip(steps[kept].tolist(), np.exp(logarithms[kept]).tolist(), strict=True))
    law = np.zeros(_POINTS)
    law[0] = 1.0
    beyond = 0.0  # sums that are over the last step stay there
    far = float(np.exp(logarithms[steps >= _POINTS]).sum())
    for _ in range(blocks):
        beyond += far * (1.0 - beyond)
        longer = np.zeros(_POINTS)
        for step, chance in one:
            longer[step:] += chance * law[: _POINTS - step]
            beyond += chance * float(law[_POINTS - step :].sum()) if step else 0.0
        law = longer
    tails: Floats = np.minimum(np.cumsum(law[::-1])[::-1] + beyond, 1.0)
    tails.flags.writeable = False
    return tails
