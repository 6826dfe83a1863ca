"""The power of chi-square, serial correlation and a mean, from their limits for large samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.power import reach
from statistical_tests.power.reach import Reach

# --- chi-square: the noncentral limit ---------------------------------------------------------------------------------


def noncentrality(degrees: int, *, level: float = 0.01, power: float = 0.9) -> float:
    """Return the noncentrality at which a chi-square statistic passes its critical value with the power.

    Args:
        degrees: degrees of freedom, 1 or more.
        level: significance level, in (0, 1).
        power: in (level, 1).

    Raises:
        BadInput: an argument is not in its range.
    """
    degrees, level = arguments.whole_number(degrees, "degrees", least=1), arguments.level(level)
    power = reach.power(power, level)
    critical = stats.chi2.isf(level, degrees)
    # At a noncentrality of the critical value the power is near one half; it rises from there with its square root.
    top = float(critical)
    while stats.ncx2.sf(critical, degrees, top) < power:
        top *= 2
    return reach.root(lambda nc: float(stats.ncx2.sf(critical, degrees, nc)) - power, top)


def chi_square_power(
    samples: int, probabilities: ArrayLike | Sequence[Any], *, expected: ArrayLike | Sequence[Any], level: float = 0.01
) -> float:
    """Return how surely Pearson's chi-square shows that outcomes have `probabilities` and not the expected ones.

    The noncentral limit, with noncentrality n sum((q - p)^2 / p): good while expected counts are five or more and the
    bias is small beside the probabilities. Guenther, Power and sample size for approximate chi-square tests (1977).

    Args:
        samples: how many outcomes, 1 or more.
        probabilities: the real ones, shape [outcomes].
        expected: what they should be, shape [outcomes]; each positive.
        level: significance level, in (0, 1).

    Raises:
        BadInput: an argument is not in its range, or the shapes differ.
    """
    samples, level = reach.samples(samples), arguments.level(level)
    distance, degrees = _distance(probabilities, expected)
    return float(stats.ncx2.sf(stats.chi2.isf(level, degrees), degrees, samples * distance))


def chi_square_reach(samples: int, *, kinds: int, level: float = 0.01, power: float = 0.9) -> Reach:
    """Return the smallest effect that Pearson's chi-square over `kinds` outcomes shows with the power.

    The effect is Cohen's w = sqrt(sum((q - p)^2 / p)). One outcome alone whose probability p is off by d, all others
    having kept their proportions, has w = d / sqrt(p (1 - p)): see `outcome_bias`.

    Args:
        samples: how many outcomes, 1 or more.
        kinds: how many kinds of outcome, 2 or more.
        level: significance level, in (0, 1).
        power: in (level, 1).

    Raises:
        BadInput: an argument is not in its range.
    """
    samples, kinds = reach.samples(samples), arguments.whole_number(kinds, "kinds", least=2)
    effect = math.sqrt(noncentrality(kinds - 1, level=level, power=power) / samples)
    return Reach("chi-square", samples, level, power, effect, f"w over {kinds} outcomes", exact=False)


def chi_square_samples(
    probabilities: ArrayLike | Sequence[Any],
    *,
    expected: ArrayLike | Sequence[Any],
    level: float = 0.01,
    power: float = 0.9,
) -> int:
    """Return how many outcomes show with the power that they have `probabilities` and not the expected ones.

    Args and what is raised: as in `chi_square_power`; probabilities that are the expected ones are refused too.
    """
    distance, degrees = _distance(probabilities, expected)
    if not distance:
        raise BadInput("probabilities are the expected ones: no sample shows what is not there")
    return reach.whole_samples(noncentrality(degrees, level=level, power=power) / distance)


def outcome_bias(effect: float, probability: float) -> float:
    """Return by how much one outcome's probability is off where Cohen's w is `effect` and the others keep proportion.

    Raises:
        BadInput: the effect is negative or no number, or the probability is not between 0 and 1.
    """
    reach.real(effect, "effect", 0, math.inf)
    probability = arguments.level(probability, "probability")
    return float(effect) * math.sqrt(probability * (1 - probability))


def _distance(probabilities: ArrayLike | Sequence[Any], expected: ArrayLike | Sequence[Any]) -> tuple[float, int]:
    real, should = arguments.probabilities(probabilities), arguments.probabilities(expected, "expected")
    if real.shape != should.shape or len(real) < 2:
        raise BadInput(f"{len(real)} probabilities and {len(should)} expected ones: as many of each, and two or more")
    zero = np.flatnonzero(should == 0)
    if zero.size:
        raise BadInput(f"expected[{int(zero[0])}] is 0: leave out what cannot happen, one occurrence refutes it")
    return math.fsum((real - should) ** 2 / should), len(real) - 1


# --- serial correlation and a mean: normal limits ---------------------------------------------------------------------


def correlation_power(samples: int, correlation: float, *, lags: int = 1, level: float = 0.01) -> float:
    """Return how surely serial correlation at one lag is seen by a chi-square over `lags` lags (Ljung-Box).

    The limit for large samples: each r is normal with variance 1 / n, the sum of n r^2 is chi-square.

    Args:
        samples: how many values, 2 or more.
        correlation: the real correlation at one of the lags, in [-1, 1]; none at the others.
        lags: how many lags are looked at together, 1 or more; with 1 it is the two-sided test of one lag.
        level: significance level, in (0, 1).

    Raises:
        BadInput: an argument is not in its range.
    """
    samples, level = reach.samples(samples, 2), arguments.level(level)
    lags = arguments.whole_number(lags, "lags", least=1)
    reach.real(correlation, "correlation", -1, 1)
    return float(stats.ncx2.sf(stats.chi2.isf(level, lags), lags, samples * correlation**2))


def correlation_reach(samples: int, *, lags: int = 1, level: float = 0.01, power: float = 0.9) -> Reach:
    """Return the smallest correlation at one lag that a test over `lags` lags shows with the power.

    Args and what is raised: as in `correlation_power`. Where not even a correlation of one would do, it is infinite.
    """
    samples, lags = reach.samples(samples, 2), arguments.whole_number(lags, "lags", least=1)
    effect = math.sqrt(noncentrality(lags, level=level, power=power) / samples)
    unit = "correlation at one lag" + (f" of {lags}" if lags > 1 else "")
    return Reach("serial correlation", samples, level, power, effect if effect <= 1 else math.inf, unit, exact=False)


def correlation_samples(correlation: float, *, lags: int = 1, level: float = 0.01, power: float = 0.9) -> int:
    """Return how many values show a correlation at one lag with the power, by a test over `lags` lags.

    Args and what is raised: as in `correlation_power`; a correlation of zero is refused too.
    """
    reach.real(correlation, "correlation", -1, 1)
    if not correlation:
        raise BadInput("correlation is 0: no sample shows what is not there")
    return reach.whole_samples(noncentrality(lags, level=level, power=power) / correlation**2)


def mean_reach(samples: int, *, variance: float, level: float = 0.01, power: float = 0.9) -> Reach:
    """Return how far a mean (a return to player) may be off before a two-sided test of it shows so with the power.

    The normal limit: good where the largest payout is small beside the square root of variance times samples.

    Args:
        samples: how many rounds, 1 or more.
        variance: of one round, positive; the game's exact one.
        level: significance level, in (0, 1).
        power: in (level, 1).

    Raises:
        BadInput: an argument is not in its range.
    """
    samples = reach.samples(samples)
    reach.real(variance, "variance", 0, math.inf)
    if not (variance > 0 and math.isfinite(variance)):
        raise BadInput(f"variance is {variance}: it must be positive and finite")
    effect = math.sqrt(noncentrality(1, level=level, power=power) * variance / samples)
    return Reach("mean", samples, level, power, effect, "distance from the expected mean", exact=False)
