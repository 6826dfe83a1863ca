"""Repeats: how often an outcome comes again some places later (GLI-19 3.2.2, duplicates)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from statistical_tests import arguments
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.outcomes.laws import count_tails
from statistical_tests.outcomes.runs import equal_neighbours
from statistical_tests.outcomes.sample import sample

_NAME, _SECTION = "Repeats", "GLI-19 3.2.2"


def repeats(values: ArrayLike, *, probabilities: Any, lags: tuple[int, ...] = (1, 2, 3, 4, 5)) -> Finding:
    """Compare how many outcomes are equal to the one 1, 2 ... places later with the known probabilities.

    For equal probabilities the pairs are independent whatever the lag, and the count is exactly binomial. For unequal
    ones mean and variance are exact (pairs that share an outcome are correlated), and the law is the binomial or
    negative binomial of those. p is twice the smaller tail: conservative.

    Args:
        values: outcomes 0 to kinds - 1, shape [outcomes].
        probabilities: one for each kind, floats or fractions; the sum is one.
        lags: how many places later, each 1 or more.

    Raises:
        BadInput: the outcomes, probabilities or lags are not such.
    """
    expected = arguments.probabilities(probabilities)
    distances = arguments.different(lags, "lag", least=1)
    outcomes = sample(values, kinds=len(expected))
    parameters: dict[str, Any] = {"outcomes": len(outcomes), "kinds": len(expected), "lags": distances}
    if np.count_nonzero(expected) < 2:
        return not_applicable(
            _NAME, _SECTION, "only one outcome is possible, and repeats always", parameters=parameters
        )
    if len(outcomes) <= max(distances, default=0) or not distances:
        reason = f"{len(outcomes)} outcomes, and more than the largest lag are needed"
        return not_applicable(_NAME, _SECTION, reason, parameters=parameters)
    square, cube = float((expected**2).sum()), float((expected**3).sum())
    observed: list[int] = []
    means: list[float] = []
    p_values: list[float] = []
    for lag in distances:
        pairs, chained = len(outcomes) - lag, max(len(outcomes) - 2 * lag, 0)
        mean = pairs * square
        # Of equal probabilities the second term is zero but for rounding, which may not pass for a correlation.
        shared = max(cube - square**2, 0.0)
        variance = pairs * square * (1 - square) + (2 * chained * shared if shared > 1e-12 * cube else 0.0)
        equal = equal_neighbours(outcomes, lag)
        observed.append(equal)
        means.append(mean)
        p_values.append(count_tails(equal, mean=mean, variance=variance).both)
    return Finding(
        _NAME,
        _SECTION,
        parameters,
        {"repeats": observed, "expected_repeats": means},
        tuple(p_values),
        tuple(f"lag {lag}" for lag in distances),
    )
