"""Interplay correlation: whether positions are independent, in one draw and from draw to draw (GLI-19 3.2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.outcomes.goodness import chi_square_tails
from statistical_tests.outcomes.pooling import LEAST_EXPECTED, pooled, weights_of
from statistical_tests.outcomes.sample import Sample, chunks, mapped, numbers, sample

_WITHIN, _BETWEEN, _SECTION = "InterplayCorrelation", "InterplayBetweenDraws", "GLI-19 3.2.2"
_MOST_POSITIONS = 64


def interplay_correlation(draws: ArrayLike, *, probabilities: Any) -> Finding:
    """Compare each pair of positions of a draw with the product of their probabilities (draws with replacement).

    Of Pearson's statistic for the table of two positions, the parts that belong to each position alone are taken off:
    X^2(a, b) - X^2(a) - X^2(b), which has (k-1)^2 degrees of freedom, its expectation exactly, and says nothing of
    whether single positions are even. The chi-square law is asymptotic. Rare outcomes are pooled, so that each cell
    is expected five times. p-values are one a pair of positions, as they are; the least of them times the number of
    pairs, which is what Holm's method makes of it, stands in the statistic `least_adjusted`.

    Args:
        draws: outcomes 0 to kinds - 1, shape [draws, positions], such as dice thrown together or reels.
        probabilities: one for each kind, or a list of such lists, one for each position; each sums to one.

    Raises:
        BadInput: the draws or probabilities are not such, or there are more than 64 positions.
    """
    matrix, laws = _checked(draws, probabilities)
    positions = len(laws)
    pairs = [(a, b) for a in range(positions) for b in range(a + 1, positions)]
    names = [f"positions {a + 1} and {b + 1}" for a, b in pairs]
    return _judge(_WITHIN, matrix, matrix, laws, pairs, names)


def interplay_between_draws(draws: ArrayLike, *, probabilities: Any) -> Finding:
    """Compare each position with each position of the draw that follows, as `interplay_correlation` does within a draw.

    All neighbouring draws are taken. A draw is then in two pairs, which does no harm: what a pair shows beyond its
    single positions is uncorrelated from pair to pair (see `overlaps`).

    Args:
        draws: outcomes 0 to kinds - 1, shape [draws, positions].
        probabilities: one for each kind, or a list of such lists, one for each position; each sums to one.

    Raises:
        BadInput: the draws or probabilities are not such, or there are more than 64 positions.
    """
    matrix, laws = _checked(draws, probabilities)
    pairs = [(a, b) for a in range(len(laws)) for b in range(len(laws))]
    names = [f"position {a + 1}, then {b + 1}" for a, b in pairs]
    return _judge(_BETWEEN, matrix[:-1], matrix[1:], laws, pairs, names)


def _checked(draws: ArrayLike, probabilities: Any) -> tuple[Sample, list[NDArray[np.float64]]]:
    array = numbers(draws, dimensions=2, name="draws")
    positions = array.shape[1]
    if not 1 <= positions <= _MOST_POSITIONS:
        raise BadInput(f"a draw has {positions} positions: from 1 to {_MOST_POSITIONS} are compared with each other")
    try:
        rows = list(probabilities)
    except TypeError:
        raise BadInput(f"probabilities are a list, or one for each position, not {probabilities!r}") from None
    if rows and np.ndim(rows[0]) == 0:
        laws = [arguments.probabilities(rows)] * positions
    elif len(rows) != positions:
        raise BadInput(f"there are {len(rows)} lists of probabilities, and draws have {positions} positions")
    else:
        laws = [arguments.probabilities(row, f"probabilities[{place}]") for place, row in enumerate(rows)]
    for place, law in enumerate(laws):
        sample(array[:, place], kinds=len(law), name=f"position {place + 1} of draws")
    return sample(array, kinds=max(len(law) for law in laws), dimensions=2, name="draws"), laws


def _judge(
    name: str,
    left: Sample,
    right: Sample,
    laws: list[NDArray[np.float64]],
    pairs: Sequence[tuple[int, int]],
    names: Sequence[str],
) -> Finding:
    trials = len(left)
    parameters: dict[str, Any] = {"pairs_of_draws": trials, "positions": len(laws), "kinds": [len(law) for law in laws]}
    if not pairs:
        return not_applicable(name, _SECTION, "a draw of one position has no pairs", parameters=parameters)
    least = (LEAST_EXPECTED / max(trials, 1)) ** 0.5
    classes = [pooled(law, least=least) for law in laws]
    weights = [weights_of(one, law) for one, law in zip(classes, laws, strict=True)]
    columns: list[str] = []
    p_values: list[float] = []
    squares: list[float] = []
    degrees: list[int] = []
    for (a, b), column in zip(pairs, names, strict=True):
        if len(weights[a]) < 2 or len(weights[b]) < 2:
            continue
        table = _table(
            mapped(left[:, a], classes[a]), mapped(right[:, b], classes[b]), len(weights[a]), len(weights[b])
        )
        freedom = (len(weights[a]) - 1) * (len(weights[b]) - 1)
        columns.append(column)
        squares.append(interaction(table, weights[a], weights[b]))
        degrees.append(freedom)
        p_values.append(chi_square_tails(squares[-1], freedom)[0])
    if not columns:
        reason = (
            f"{trials} pairs of draws are too few for two classes in two positions, with each cell expected five times"
        )
        return not_applicable(name, _SECTION, reason, parameters=parameters)
    least_adjusted = min(1.0, min(p_values) * len(p_values))
    return Finding(
        name,
        _SECTION,
        parameters,
        {"chi_square": squares, "degrees_of_freedom": degrees, "least_adjusted": least_adjusted},
        tuple(p_values),
        tuple(columns),
        notes=(f"the least of {len(p_values)} p-values is {least_adjusted:.6g} by Holm's method",),
    )


def _table(first: Sample, second: Sample, rows: int, columns: int) -> NDArray[np.int64]:
    table = np.zeros(rows * columns, dtype=np.int64)
    for part in chunks(len(first)):
        table += np.bincount(first[part].astype(np.int64) * columns + second[part], minlength=len(table))
    return table.reshape(rows, columns)


def interaction(table: NDArray[np.int64], first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return Pearson's statistic of a table without the parts that belong to its rows and columns alone.

    Args:
        table: counts, shape [rows, columns].
        first, second: the probabilities of rows and columns.
    """
    expected = table.sum() * np.multiply.outer(first, second)
    # What is left of each cell without the deviations of its row and column: the sum of these squares is the difference
    # of the three statistics, and loses no digits to a subtraction.
    rows = np.multiply.outer(table.sum(axis=1), second)
    columns = np.multiply.outer(first, table.sum(axis=0))
    return float(((table - rows - columns + expected) ** 2 / expected).sum())
