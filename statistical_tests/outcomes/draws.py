"""Tests of draws without replacement, such as keno and lotteries: k different numbers out of n."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.outcomes.goodness import chi_square_tails, fit
from statistical_tests.outcomes.laws import square_tails
from statistical_tests.outcomes.pooling import LEAST_EXPECTED
from statistical_tests.outcomes.positions import LEAST_DRAWS, position_counts, position_tails, rows_of
from statistical_tests.outcomes.sample import Sample, histogram, numbers, sample

_SECTION = "GLI-19 3.2.2"
_MOST_NUMBERS = 4096
_TAILS = ("too uneven", "too even")


def draws_of(draws: ArrayLike, *, kinds: int) -> Sample:
    """Return draws in the narrowest type.

    Args:
        draws: shape [draws, positions]; each row holds different numbers from 0 to kinds - 1.
        kinds: how many numbers there are, 2 to 4,096.

    Raises:
        BadInput: a row holds a number twice, or one that there is not.
    """
    arguments.whole_number(kinds, "kinds", least=2, most=_MOST_NUMBERS)
    array = numbers(draws, dimensions=2, name="draws")
    if not 1 <= array.shape[1] <= kinds:
        raise BadInput(f"a draw has {array.shape[1]} numbers: without replacement it has from 1 to {kinds}")
    checked = sample(array, kinds=kinds, dimensions=2, name="draws")
    for part in rows_of(checked):
        ordered = np.sort(checked[part], axis=1)
        twice = ordered[:, 1:] == ordered[:, :-1]
        if twice.any():
            row, place = (int(one) for one in np.argwhere(twice)[0])
            raise BadInput(
                f"draws[{part.start + row}] holds {ordered[row, place]} twice: draws with replacement are for"
                f" `interplay_correlation`"
            )
    return checked


def agreement_law(kinds: int, size: int) -> NDArray[np.float64]:
    """Return the probabilities that two draws of `size` out of `kinds` have 0, 1 ... `size` numbers in common.

    The hypergeometric law, from exact integers.
    """
    whole = math.comb(kinds, size)
    return np.array([math.comb(size, j) * math.comb(kinds - size, size - j) / whole for j in range(size + 1)])


def draw_totals(draws: ArrayLike, *, kinds: int) -> Finding:
    """Compare how often each number is drawn with draws * positions / kinds.

    A number occurs once a draw at most, so Pearson's sum is too small by the factor (n - k) / (n - 1) (hypergeometric
    correction); corrected it has n - 1 degrees of freedom. Mean and variance are exact: two draws of k out of n have a
    hypergeometric number in common.

    Args:
        draws: shape [draws, positions]; each row holds different numbers from 0 to kinds - 1.
        kinds: how many numbers there are.

    Raises:
        BadInput: a row holds a number twice, or one that there is not.
    """
    checked = draws_of(draws, kinds=kinds)
    size = checked.shape[1]
    parameters = {"draws": len(checked), "positions": size, "kinds": kinds}
    reason = _too_few(len(checked)) or ("every draw holds every number" if size == kinds else "")
    if reason:
        return not_applicable("DrawTotals", _SECTION, reason, parameters=parameters, columns=_TAILS)
    counts = histogram(checked, kinds)
    expected = len(checked) * size / kinds
    squares = float(((counts - expected) ** 2).sum())
    own = size * (kinds - size) / kinds
    common = own**2 / (kinds - 1)
    tails = square_tails(squares, mean=len(checked) * own, variance=2 * len(checked) * (len(checked) - 1.0) * common)
    furthest = int(np.argmax(np.abs(counts - expected)))
    return Finding(
        "DrawTotals",
        _SECTION,
        parameters,
        {
            "chi_square": squares / expected * (kinds - 1) / (kinds - size),
            "degrees_of_freedom": kinds - 1,
            "furthest_number": furthest,
            "furthest_count": int(counts[furthest]),
            "expected_count": expected,
        },
        (tails.more, tails.less),
        _TAILS,
    )


def draw_pairs(draws: ArrayLike, *, kinds: int) -> Finding:
    """Compare how often each two numbers are drawn together: interplay without regard to order.

    The sum of squared deviations over all pairs. Two draws with j numbers in common have j (j-1) / 2 pairs in common,
    so mean and variance come exactly from the hypergeometric law.

    Args:
        draws: shape [draws, positions]; each row holds different numbers from 0 to kinds - 1.
        kinds: how many numbers there are.

    Raises:
        BadInput: a row holds a number twice, or one that there is not.
    """
    checked = draws_of(draws, kinds=kinds)
    size = checked.shape[1]
    parameters = {"draws": len(checked), "positions": size, "kinds": kinds}
    reason = _too_few(len(checked))
    if size < 2 or size >= kinds:
        reason = f"draws of {size} out of {kinds} numbers: there are no pairs that could come or not"
    if reason:
        return not_applicable("DrawPairs", _SECTION, reason, parameters=parameters, columns=_TAILS)
    together = np.zeros((kinds, kinds))
    for part in rows_of(checked):
        block = checked[part]
        # Rows of the product are short enough for single precision to count without rounding (below 2^24).
        for start in range(0, len(block), 1 << 14):
            rows = block[start : start + (1 << 14)]
            marks = np.zeros((len(rows), kinds), dtype=np.float32)
            marks[np.arange(len(rows))[:, None], rows] = 1
            together += marks.T @ marks
    number = len(checked)
    of_pair = size * (size - 1) / (kinds * (kinds - 1))
    upper = together[np.triu_indices(kinds, 1)]
    squares = float(((upper - number * of_pair) ** 2).sum())
    pairs = math.comb(size, 2)
    own = pairs * (1 - of_pair)
    law = agreement_law(kinds, size)
    shared = np.arange(size + 1) * (np.arange(size + 1) - 1) / 2
    common = float(law @ (shared - law @ shared) ** 2)
    tails = square_tails(squares, mean=number * own, variance=2 * number * (number - 1.0) * common)
    return Finding(
        "DrawPairs",
        _SECTION,
        parameters,
        {"sum_of_squares": squares, "expected_sum": number * own},
        (tails.more, tails.less),
        _TAILS,
    )


def draw_agreements(draws: ArrayLike, *, kinds: int, lags: tuple[int, ...] = (1, 2)) -> Finding:
    """Compare how many numbers a draw shares with the draw 1, 2 ... later with the hypergeometric law.

    Whatever one draw is, the numbers that the next one shares with it have this law, so the counts of neighbours are
    independent. Chi-square, exact where it can be.

    Args:
        draws: shape [draws, positions]; each row holds different numbers from 0 to kinds - 1.
        kinds: how many numbers there are.
        lags: how many draws later, each 1 or more.

    Raises:
        BadInput: a row holds a number twice, or one that there is not; a lag is not such.
    """
    checked = draws_of(draws, kinds=kinds)
    distances = arguments.different(lags, "lag", least=1)
    size = checked.shape[1]
    parameters = {"draws": len(checked), "positions": size, "kinds": kinds, "lags": distances}
    columns = tuple(f"lag {lag}" for lag in distances)
    reason = "every draw holds every number" if size == kinds else ""
    if not distances or len(checked) <= max(distances):
        reason = f"{len(checked)} draws, and more than the largest lag are needed"
    if reason:
        return not_applicable("DrawAgreements", _SECTION, reason, parameters=parameters, columns=columns)
    law = agreement_law(kinds, size)
    squares, degrees, p_values = [], [], []
    for lag in distances:
        found = fit(agreement_counts(checked, kinds, lag), law, in_order=True)
        if found is None:
            return not_applicable(
                "DrawAgreements", _SECTION, "all draws agree alike", parameters=parameters, columns=columns
            )
        squares.append(found.chi_square)
        degrees.append(found.degrees_of_freedom)
        p_values.append(found.uneven)
    statistic: dict[str, Any] = {"chi_square": squares, "degrees_of_freedom": degrees}
    return Finding("DrawAgreements", _SECTION, parameters, statistic, tuple(p_values), columns)


def agreement_counts(draws: Sample, kinds: int, lag: int) -> NDArray[np.int64]:
    """Return how many draws share 0, 1 ... all numbers with the draw `lag` later, shape [positions + 1]."""
    counts = np.zeros(draws.shape[1] + 1, dtype=np.int64)
    for part in rows_of(draws[lag:]):
        earlier, later = draws[:-lag][part], draws[lag:][part]
        marks = np.zeros((len(earlier), kinds), dtype=np.bool_)
        rows = np.arange(len(earlier))[:, None]
        marks[rows, earlier] = True
        counts += np.bincount(np.count_nonzero(marks[rows, later], axis=1), minlength=len(counts))
    return counts


def draw_positions(draws: ArrayLike, *, kinds: int) -> Finding:
    """Compare how often each number stands in each position of draws that are in the order of drawing.

    See `positions.position_tails`: mean and variance are exact.

    Args:
        draws: shape [draws, positions], not sorted; each row holds different numbers from 0 to kinds - 1.
        kinds: how many numbers there are.

    Raises:
        BadInput: a row holds a number twice, or one that there is not.
    """
    checked = draws_of(draws, kinds=kinds)
    parameters = {"draws": len(checked), "positions": checked.shape[1], "kinds": kinds}
    if reason := _too_few(len(checked)):
        return not_applicable("DrawPositions", _SECTION, reason, parameters=parameters, columns=_TAILS)
    square, tails = position_tails(position_counts(checked, kinds), len(checked))
    statistic = {"chi_square": square}
    return Finding("DrawPositions", _SECTION, parameters, statistic, (tails.more, tails.less), _TAILS)


def draw_interplay(draws: ArrayLike, *, kinds: int) -> Finding:
    """Compare each two positions of a draw with all ordered pairs of different numbers (interplay correlation).

    For draws in the order of drawing. Numbers are put into classes of neighbours where there are too few draws.
    Pearson's chi-square a pair of positions; p-values as they are, and the least times their number in
    `least_adjusted`, as Holm's method has it.

    Args:
        draws: shape [draws, positions], not sorted; each row holds different numbers from 0 to kinds - 1.
        kinds: how many numbers there are.

    Raises:
        BadInput: a row holds a number twice, or one that there is not.
    """
    checked = draws_of(draws, kinds=kinds)
    size = checked.shape[1]
    parameters = {"draws": len(checked), "positions": size, "kinds": kinds}
    classes = _widest(kinds, len(checked))
    if size < 2 or classes is None:
        reason = f"{len(checked)} draws of {size} numbers are too few for pairs of positions, each expected five times"
        return not_applicable("DrawInterplay", _SECTION, reason, parameters=parameters)
    sizes = np.bincount(classes).astype(np.float64)
    number = len(sizes)
    chances = (np.multiply.outer(sizes, sizes) - np.diag(sizes)).reshape(-1) / (kinds * (kinds - 1))
    possible = chances > 0
    coded = classes.astype(np.int64)[checked]
    columns, p_values, squares = [], [], []
    degrees = int(np.count_nonzero(possible)) - 1
    for a, b in combinations(range(size), 2):
        counts = np.bincount(coded[:, a] * number + coded[:, b], minlength=number * number)[possible]
        expected = len(checked) * chances[possible]
        squares.append(float(((counts - expected) ** 2 / expected).sum()))
        columns.append(f"positions {a + 1} and {b + 1}")
        p_values.append(chi_square_tails(squares[-1], degrees)[0])
    least_adjusted = min(1.0, min(p_values) * len(p_values))
    return Finding(
        "DrawInterplay",
        _SECTION,
        parameters | {"classes": number},
        {"chi_square": squares, "degrees_of_freedom": degrees, "least_adjusted": least_adjusted},
        tuple(p_values),
        tuple(columns),
        notes=(f"the least of {len(p_values)} p-values is {least_adjusted:.6g} by Holm's method",),
    )


def _widest(kinds: int, draws: int) -> NDArray[np.intp] | None:
    """Return classes of neighbouring numbers, as many as leave each possible pair of classes expected five times."""
    for number in range(min(kinds, 64), 1, -1):
        classes = np.arange(kinds) * number // kinds
        sizes = np.bincount(classes)
        least = float(sizes.min() ** 2 if number == kinds else min(sizes.min() ** 2, sizes.min() * (sizes.min() - 1.0)))
        if number < kinds and sizes.min() < 2:
            continue
        if draws * least / (kinds * (kinds - 1)) >= LEAST_EXPECTED:
            return classes
    return None


def _too_few(draws: int) -> str:
    return "" if draws >= LEAST_DRAWS else f"{draws} draws, and {LEAST_DRAWS} are needed"
