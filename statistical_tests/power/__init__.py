"""What a sample could have shown: the bias that a test of it sees with a given probability, and what data that takes.

A finding without a small p-value says something only beside this: the faults that such a test of so much data would
have caught. Each test has three questions: `..._power` (how surely is this bias seen), `..._reach` (the smallest bias
that is seen so surely) and `..._samples` (how much data shows this bias).

`level` is that of the one test. Where a family of m tests shares a level, give each
`multiplicity.bonferroni_level(level, m)`.
"""

from __future__ import annotations

from statistical_tests.power import reach
from statistical_tests.power.counts import (
    proportion_power,
    proportion_reach,
    proportion_samples,
    runs_power,
    runs_reach,
    runs_samples,
)
from statistical_tests.power.limits import (
    chi_square_power,
    chi_square_reach,
    chi_square_samples,
    correlation_power,
    correlation_reach,
    correlation_samples,
    mean_reach,
    noncentrality,
    outcome_bias,
)
from statistical_tests.power.reach import Reach

__all__ = [
    "Reach",
    "chi_square_power",
    "chi_square_reach",
    "chi_square_samples",
    "correlation_power",
    "correlation_reach",
    "correlation_samples",
    "mean_reach",
    "noncentrality",
    "outcome_bias",
    "proportion_power",
    "proportion_reach",
    "proportion_samples",
    "reaches_of_bits",
    "reaches_of_outcomes",
    "runs_power",
    "runs_reach",
    "runs_samples",
]


def reaches_of_bits(length: int, *, level: float = 0.01, power: float = 0.9) -> list[Reach]:
    """Return what `length` bits would have shown, test by test.

    Args:
        length: how many bits, 16 or more.
        level: significance level of each test, in (0, 1).
        power: in (level, 1).

    Raises:
        BadInput: an argument is not in its range.
    """
    length = reach.samples(length, 16)
    return [
        proportion_reach(length, level=level, power=power),
        runs_reach(length, level=level, power=power),
        correlation_reach(length, level=level, power=power),
        chi_square_reach(length // 8, kinds=256, level=level, power=power),
    ]


def reaches_of_outcomes(samples: int, *, kinds: int, level: float = 0.01, power: float = 0.9) -> list[Reach]:
    """Return what `samples` outcomes of equally likely kinds would have shown, test by test.

    Args:
        samples: how many outcomes, 2 or more.
        kinds: how many kinds of outcome, 2 or more.
        level: significance level of each test, in (0, 1).
        power: in (level, 1).

    Raises:
        BadInput: an argument is not in its range.
    """
    return [
        chi_square_reach(samples, kinds=kinds, level=level, power=power),
        runs_reach(samples, kinds=kinds, level=level, power=power),
        correlation_reach(samples, level=level, power=power),
    ]
