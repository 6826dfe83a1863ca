"""Duplicates: how many values of a large space, such as seeds, occur more than once (GLI-19 3.2.2)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.outcomes.laws import Tails, count_tails

_NAME, _SECTION = "Duplicates", "GLI-19 3.2.2"
_COLUMNS = ("too many", "too few")
_MOST_EXACT = 4_000  # values for which the law is computed to the last digit
_SPARSE = 0.01  # values a place, to which the binomial law of equal pairs is good


def duplicates(values: ArrayLike, *, space: int) -> Finding:
    """Compare the number of pairs of equal values with what independent uniform values give (birthdays).

    To 4,000 values the number of values that were there before is judged by its exact law. Beyond, the number of equal
    pairs among n values is: any two pairs are independent, so it has the mean and variance of the binomial law of
    n (n-1) / 2 pairs with probability 1 / space each, and in a sparse space (up to one value in a hundred places)
    follows it. In a denser space three values in one place count, and the gamma law of the exact mean, variance and
    third moment is taken.

    Args:
        values: integers, shape [values]; or bytes, uint8, shape [values, width], one row each.
        space: how many different values there are, such as 2**256.

    Raises:
        BadInput: the values are not such, or more kinds occur than the space holds.
    """
    arguments.whole_number(space, "space", least=2)
    sizes = _group_sizes(values)
    number = int(sizes.sum())
    parameters = {"values": number, "space": space if space <= 1 << 53 else str(space)}
    if number < 2:
        return not_applicable(
            _NAME, _SECTION, f"{number} values have no pairs", parameters=parameters, columns=_COLUMNS
        )
    if len(sizes) > space:
        raise BadInput(f"{len(sizes)} different values, and the space holds {space}: give the space that they are from")
    pairs = int((sizes * (sizes - 1) // 2).sum())
    repeated = number - len(sizes)
    if number <= _MOST_EXACT:
        tails, law = exact_repeat_tails(number, space, repeated), "exact"
    else:
        tails, law = _pair_tails(number, space, pairs)
    return Finding(
        _NAME,
        _SECTION,
        parameters | {"law": law},
        {
            "repeated": repeated,
            "equal_pairs": pairs,
            "expected_pairs": math.comb(number, 2) / space,
            "most_equal": int(sizes.max()),
        },
        (tails.more, tails.less),
        _COLUMNS,
    )


def _group_sizes(values: ArrayLike) -> NDArray[np.int64]:
    try:
        array: NDArray[Any] = np.asarray(values)
    except ValueError as error:
        raise BadInput(f"values are not one array: {error}") from None
    if array.ndim == 2 and array.dtype == np.uint8 and array.shape[1]:
        array = np.ascontiguousarray(array).view(np.dtype((np.void, array.shape[1]))).reshape(-1)
    elif array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
        raise BadInput(
            f"values are integers one after another, or rows of bytes (uint8), not {array.dtype} in"
            f" {array.ndim} dimensions"
        )
    return np.unique(array, return_counts=True)[1].astype(np.int64)


def exact_repeat_tails(number: int, space: int, repeated: int) -> Tails:
    """Return the tails of how many of so many values were there before, from the chain of how many places are taken.

    The law is followed up to the observed number, or from far enough in the other tail: what is summed is positive, so
    small tails are exact to rounding.
    """
    width = max(repeated + 2, min(number, int(number**2 / (2 * space)) + 40))
    law = np.zeros(width)  # of 0, 1 … repeats; more than that leave the array and are in no sum but `beyond`
    law[0] = 1.0
    beyond = 0.0
    places = np.arange(width, dtype=np.float64)
    for taken in range(number):
        again = np.clip((taken - places) / space, 0.0, 1.0)
        moved = law * again
        law -= moved
        beyond += float(moved[-1])
        law[1:] += moved[:-1]
    more = float(law[repeated:].sum()) + beyond
    return Tails(min(more, 1.0), min(float(law[: repeated + 1].sum()), 1.0))


def pair_moments(number: int, space: int) -> tuple[float, float, float]:
    """Return mean, variance and third central moment of the number of equal pairs.

    Pairs are independent two by two; of three only those that make a triangle are not.
    """
    chance = 1 / space
    mean = math.comb(number, 2) / space
    triangles = math.comb(number, 3) * chance**2 * (1 - chance)
    return mean, mean * (1 - chance), mean * (1 - chance) * (1 - 2 * chance) + 6 * triangles


def _pair_tails(number: int, space: int, pairs: int) -> tuple[Tails, str]:
    chance = 1 / space
    mean, variance, third = pair_moments(number, space)
    if number <= _SPARSE * space:
        if mean < 1e9 and chance < 1e-9:
            variance = mean  # Poisson: the binomial law differs from it by less than its own rounding
        return count_tails(pairs, mean=mean, variance=variance), "binomial of pairs"
    law = stats.pearson3(third / variance**1.5, loc=mean, scale=math.sqrt(variance))
    # Half a pair on either side, since pairs are whole.
    return Tails(float(law.sf(pairs - 0.5)), float(law.cdf(pairs + 0.5))), "gamma of pairs"
