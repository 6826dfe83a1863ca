"""The power of counts: of one outcome, and of outcomes that come again. Exact, from the binomial distribution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.power import reach
from statistical_tests.power.reach import Reach

_SCAN = 20_000  # sizes looked at one by one around the answer of a bisection


# --- a proportion: exact ----------------------------------------------------------------------------------------------


def proportion_power(samples: int, probability: float, *, expected: float = 0.5, level: float = 0.01) -> float:
    """Return how surely a count shows that an outcome has `probability` and not the expected one.

    The test is the exact binomial one with at most half of the level in each tail; so is the power.

    Args:
        samples: how many outcomes, 1 or more.
        probability: the real probability, in [0, 1].
        expected: what it should be, in (0, 1).
        level: significance level, in (0, 1).

    Raises:
        BadInput: an argument is not in its range.
    """
    samples = reach.samples(samples)
    reach.real(probability, "probability", 0, 1)
    return _proportion_power(
        np.array([samples]), probability, arguments.level(expected, "expected"), arguments.level(level)
    )


def proportion_reach(
    samples: int, *, expected: float = 0.5, level: float = 0.01, power: float = 0.9, below: bool = False
) -> Reach:
    """Return the smallest excess of an outcome's probability that a count shows with the power.

    Args:
        samples: how many outcomes, 1 or more.
        expected: what the probability should be, in (0, 1).
        level: significance level, in (0, 1).
        power: in (level, 1).
        below: ask for the smallest want instead of the smallest excess; the effect is positive in either case.

    Raises:
        BadInput: an argument is not in its range.
    """
    samples, expected, level = reach.samples(samples), arguments.level(expected, "expected"), arguments.level(level)
    power = reach.power(power, level)
    end = 0.0 if below else 1.0
    size = np.array([samples])
    effect = reach.root(
        lambda share: _proportion_power(size, expected + share * (end - expected), expected, level) - power, 1.0
    ) * abs(end - expected)
    unit = f"probability {'below' if below else 'above'} {expected:g}"
    return Reach("proportion", samples, level, power, effect, unit, exact=True)


def proportion_samples(probability: float, *, expected: float = 0.5, level: float = 0.01, power: float = 0.9) -> int:
    """Return how many outcomes show with the power that an outcome has `probability` and not the expected one.

    Counts are whole, so that the power goes up in the shape of a saw. The answer is past the last tooth that falls
    below the power, as far as 20,000 sizes around it tell; beyond that a width of teeth is added.

    Args:
        probability: the real probability, in [0, 1] and not the expected one.
        expected: what it should be, in (0, 1).
        level: significance level, in (0, 1).
        power: in (level, 1).

    Raises:
        BadInput: an argument is not in its range, or it takes more than 2^50 outcomes.
    """
    expected, level = arguments.level(expected, "expected"), arguments.level(level)
    power = reach.power(power, level)
    reach.real(probability, "probability", 0, 1)
    bias = abs(probability - expected)
    if not bias:
        raise BadInput(f"probability is {probability:g}, as expected: no sample shows what is not there")

    def lacks(size: int) -> bool:
        return _proportion_power(np.array([size]), probability, expected, level) < power

    size = reach.least(lambda size: not lacks(size))
    # One tooth is as wide as the sizes over which the mean moves by one count relative to the critical one.
    teeth = math.ceil(3 / bias)
    if teeth > _SCAN // 2:
        return size + teeth
    around = np.arange(max(1, size - teeth), size + teeth + 1)
    failing = np.flatnonzero(_proportion_powers(around, probability, expected, level) < power)
    return int(around[failing[-1]]) + 1 if failing.size else int(around[0])


def _proportion_power(size: NDArray[np.int64], probability: float, expected: float, level: float) -> float:
    return float(_proportion_powers(size, probability, expected, level)[0])


def _proportion_powers(
    sizes: NDArray[np.int64], probability: float, expected: float, level: float
) -> NDArray[np.float64]:
    """Return the exact power at each size. Refused are counts of at most `low` and of at least `high`."""
    half = level / 2
    low = stats.binom.ppf(half, sizes, expected)
    low = np.where(stats.binom.cdf(low, sizes, expected) > half, low - 1, low)
    high = stats.binom.isf(half, sizes, expected) + 1
    high = np.where(stats.binom.sf(high - 1, sizes, expected) > half, high + 1, high)
    seen: NDArray[np.float64] = stats.binom.cdf(low, sizes, probability) + stats.binom.sf(high - 1, sizes, probability)
    return seen


# --- runs: how often the last outcome comes again, exact --------------------------------------------------------------


def runs_power(samples: int, repeats: float, *, kinds: int = 2, level: float = 0.01) -> float:
    """Return how surely the number of runs shows that the last outcome comes again with probability `repeats`.

    Of outcomes that are equally likely, each of the n - 1 neighbours is a repeat on its own with probability 1 / kinds,
    and so it is with the other probability in a chain that repeats too often or too seldom and is fair otherwise. Their
    number (n less the runs) is therefore exactly binomial under both.

    Args:
        samples: how many outcomes, 2 or more.
        repeats: the real probability that an outcome equals the one before, in [0, 1].
        kinds: how many equally likely outcomes there are, 2 or more.
        level: significance level, in (0, 1).

    Raises:
        BadInput: an argument is not in its range.
    """
    kinds = arguments.whole_number(kinds, "kinds", least=2)
    return proportion_power(reach.samples(samples, 2) - 1, repeats, expected=1 / kinds, level=level)


def runs_reach(samples: int, *, kinds: int = 2, level: float = 0.01, power: float = 0.9, below: bool = False) -> Reach:
    """Return the smallest excess of repeats that the number of runs shows with the power; see `runs_power`.

    Args:
        samples: how many outcomes, 2 or more.
        kinds: how many equally likely outcomes there are, 2 or more.
        level: significance level, in (0, 1).
        power: in (level, 1).
        below: ask for the smallest want of repeats instead.

    Raises:
        BadInput: an argument is not in its range.
    """
    samples, kinds = reach.samples(samples, 2), arguments.whole_number(kinds, "kinds", least=2)
    found = proportion_reach(samples - 1, expected=1 / kinds, level=level, power=power, below=below)
    unit = f"probability of a repeat {'below' if below else 'above'} {1 / kinds:g}"
    return Reach("runs", samples, found.level, found.power, found.effect, unit, exact=True)


def runs_samples(repeats: float, *, kinds: int = 2, level: float = 0.01, power: float = 0.9) -> int:
    """Return how many outcomes show with the power that the last one comes again with probability `repeats`.

    Args and what is raised: as in `runs_power` and `proportion_samples`.
    """
    kinds = arguments.whole_number(kinds, "kinds", least=2)
    return proportion_samples(repeats, expected=1 / kinds, level=level, power=power) + 1
