"""Overlaps: whether each word of several outcomes occurs as often as it should (GLI-19 3.2.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statistical_tests import arguments
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.outcomes.goodness import chi_square_tails
from statistical_tests.outcomes.pooling import LEAST_EXPECTED, pooled, weights_of
from statistical_tests.outcomes.sample import Sample, mapped, sample, word_counts

_NAME, _SECTION = "Overlaps", "GLI-19 3.2.2; Good 1953"


def overlaps(values: ArrayLike, *, probabilities: Any, widths: tuple[int, ...] = (2, 3)) -> Finding:
    """Compare how often each overlapping word occurs with the product of its outcomes' probabilities.

    Overlapping words are not independent, and Pearson's sum psi^2(m) over words of m outcomes has no chi-square law.
    Good's differences have one: the first, psi^2(m) - psi^2(m-1), with k^m - k^(m-1) degrees of freedom, and the
    second, psi^2(m) - 2 psi^2(m-1) + psi^2(m-2), with k^(m-2) (k-1)^2. The first sees all that words of m outcomes
    show beyond those of m - 1; the second leaves out what a wrong distribution of single outcomes does.

    Good proved it for equal probabilities. It holds for unequal ones too when psi^2 is weighted with them: with
    functions f_0 = 1, f_1 ... f_(k-1) that are orthonormal under the probabilities, psi^2(m) is the sum over words
    (a_1 ... a_m), not all zero, of the squared normalised sums of f_(a_1)(x_i) ... f_(a_m)(x_(i+m-1)). The terms with
    a_1 = 0 are those of psi^2(m-1). The others are uncorrelated with variance one, because no shift but zero takes one
    such word to another; so the differences have their expectations exactly, and their laws as the sample grows. This
    is the argument of Marsaglia's Q_5 - Q_4 as well.

    Args:
        values: outcomes 0 to kinds - 1, shape [outcomes].
        probabilities: one for each kind, floats or fractions; the sum is one.
        widths: lengths of words, each 2 to 8. Rare outcomes are pooled for each width, so that each word is expected
            five times.

    Raises:
        BadInput: the outcomes, probabilities or widths are not such.
    """
    expected = arguments.probabilities(probabilities)
    lengths = arguments.different(widths, "width", least=2, most=8)
    outcomes = sample(values, kinds=len(expected))
    parameters: dict[str, Any] = {"outcomes": len(outcomes), "kinds": len(expected), "widths": lengths}
    columns: list[str] = []
    p_values: list[float] = []
    statistic: dict[str, float] = {}
    for width in lengths:
        least = (LEAST_EXPECTED / max(len(outcomes), 1)) ** (1 / width)
        classes = pooled(expected, least=least)
        kinds = int(classes.max()) + 1
        if kinds < 2:
            continue
        weights = weights_of(classes, expected)
        squares = squares_of_words(mapped(outcomes, classes), weights, width)
        first = squares[width] - squares[width - 1]
        second = first - squares[width - 1] + squares[width - 2]
        differences = (("first", first, kinds ** (width - 1) * (kinds - 1)),
                       ("second", second, kinds ** (width - 2) * (kinds - 1) ** 2))  # fmt: skip
        for order, value, degrees in differences:
            columns.append(f"width {width}, {order} difference")
            p_values.append(chi_square_tails(value, degrees)[0])
            statistic[f"{order}_difference_{width}"] = value
            statistic[f"degrees_of_freedom_{order}_{width}"] = degrees
        statistic[f"classes_{width}"] = kinds
    if not columns:
        reason = f"{len(outcomes)} outcomes are too few for two classes of which each word is expected five times"
        return not_applicable(_NAME, _SECTION, reason, parameters=parameters)
    return Finding(_NAME, _SECTION, parameters, statistic, tuple(p_values), tuple(columns))


def squares_of_words(values: Sample, weights: NDArray[np.float64], width: int) -> list[float]:
    """Return psi^2 of words of 0, 1 ... `width` outcomes, from one pass."""
    counts = word_counts(values, len(weights), width)
    chances = weights
    for _ in range(width - 1):
        chances = np.multiply.outer(chances, weights)
    squares = []
    for _ in range(width):
        expected = chances * len(values)
        squares.append(float(((counts - expected) ** 2 / expected).sum()))
        # Around the end, words that are shorter by one are counted by leaving out the last outcome.
        counts, chances = counts.sum(axis=-1), chances.sum(axis=-1)
    return [0.0, *reversed(squares)]
