"""Total distribution: whether each outcome occurs as often as it should (GLI-19 3.2.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.outcomes.goodness import fit
from statistical_tests.outcomes.pooling import LEAST_EXPECTED
from statistical_tests.outcomes.sample import histogram, numbers, sample

_NAME, _SECTION = "TotalDistribution", "GLI-19 3.2.2; TAOCP 3.3.1"
_COLUMNS = ("too uneven", "too even")


def total_distribution(values: ArrayLike, *, probabilities: Any, least_expected: float = LEAST_EXPECTED) -> Finding:
    """Compare how often each outcome occurs with its probability.

    The reference is the exact multinomial law where the sample can be shared out in no more than 100,000 ways (of two
    outcomes: to 99,999 trials); p-values are conservative there. Else it is Pearson's chi-square with classes of at
    least five expected each, which is good to some percent of p down to 0.001.

    Args:
        values: outcomes 0 to kinds - 1, shape [outcomes].
        probabilities: one for each kind, floats or fractions; the sum is one.
        least_expected: outcomes that are expected less often are pooled, those that stand together first.

    Raises:
        BadInput: the outcomes or probabilities are not such.
    """
    expected = arguments.probabilities(probabilities)
    return _judge(histogram(sample(values, kinds=len(expected)), len(expected)), expected, least_expected)


def total_distribution_of_counts(
    counts: ArrayLike, *, probabilities: Any, least_expected: float = LEAST_EXPECTED
) -> Finding:
    """Compare counts of outcomes with their probabilities, as `total_distribution` does with the outcomes themselves.

    Args:
        counts: how often each kind occurred, shape [kinds].
        probabilities: one for each kind, floats or fractions; the sum is one.
        least_expected: outcomes that are expected less often are pooled.

    Raises:
        BadInput: a count is negative, not whole or not a number, or there are not as many as probabilities.
    """
    expected = arguments.probabilities(probabilities)
    observed = arguments.counts(numbers(counts, dimensions=1, name="counts"))
    if len(observed) != len(expected):
        raise BadInput(f"there are {len(observed)} counts and {len(expected)} probabilities: each kind has one of both")
    return _judge(observed, expected, least_expected)


def _judge(observed: NDArray[np.int64], expected: NDArray[np.float64], least_expected: float) -> Finding:
    if not 0 < least_expected < np.inf:
        raise BadInput(f"the least expected count is {least_expected}: it is a number above 0, and 5 as a rule")
    trials = int(observed.sum())
    parameters = {"outcomes": trials, "kinds": len(expected), "least_expected": float(least_expected)}
    found = fit(observed, expected, least_expected=least_expected)
    if found is None:
        reason = "there are no outcomes" if not trials else "all possible outcomes are of one kind or one class"
        return not_applicable(_NAME, _SECTION, reason, parameters=parameters, columns=_COLUMNS)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = (observed - trials * expected) / np.sqrt(trials * expected * (1 - expected))
    scores = np.where(np.isfinite(scores), scores, 0.0)
    furthest = int(np.argmax(np.abs(scores)))
    return Finding(
        _NAME,
        _SECTION,
        parameters,
        {
            "chi_square": found.chi_square,
            "degrees_of_freedom": found.degrees_of_freedom,
            "furthest_outcome": furthest,
            "furthest_count": int(observed[furthest]),
            "furthest_expected": float(trials * expected[furthest]),
            "furthest_deviations": float(scores[furthest]),
        },
        (found.uneven, found.even),
        _COLUMNS,
        notes=(("p-values from all possible counts",) if found.exact else ())
        + (("an outcome of probability zero occurred",) if np.isinf(found.chi_square) else ()),
    )
