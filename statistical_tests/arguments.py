"""Checks of arguments that many tests share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput

_SUM_TOLERANCE = 1e-9
_LEAST_CHANCE = 1e-70
"""Fourth moments of what is so nearly certain, in units of its own deviation, are still within the range of doubles."""


def require_bits(bits: object) -> Bits:
    """Return `bits` if they are `Bits`.

    Raises:
        BadInput: they are something else.
    """
    if not isinstance(bits, Bits):
        raise BadInput(f"bits are a Bits, not {type(bits).__name__}: see Bits.from_bytes, from_text and from_array")
    return bits


def whole_number(value: object, name: str, *, least: int, most: int | None = None) -> int:
    """Return `value` if it is an integer from `least` to `most`.

    Raises:
        BadInput: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise BadInput(f"{name} is an integer, not {value!r}")
    if value < least or (most is not None and value > most):
        allowed = f"{least} or more" if most is None else f"from {least} to {most}"
        raise BadInput(f"{name} is {value}: it must be {allowed}")
    return int(value)


def level(value: object, name: str = "level") -> float:
    """Return a probability that lies strictly between 0 and 1, such as a significance level.

    Raises:
        BadInput: it is not a number, or not in that range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise BadInput(f"{name} is a number, not {value!r}")
    if not 0 < value < 1:
        raise BadInput(f"{name} is {value}: it must lie between 0 and 1, and be neither")
    return float(value)


def different(values: Sequence[int], name: str, *, least: int, most: int | None = None) -> list[int]:
    """Return whole numbers, each of them once.

    Raises:
        BadInput: one is not a whole number in that range, or stands there twice.
    """
    found = [whole_number(value, name, least=least, most=most) for value in values]
    twice = next((value for place, value in enumerate(found) if value in found[:place]), None)
    if twice is not None:
        raise BadInput(f"{name} {twice} is given twice: each is looked at once")
    return found


def p_values(values: ArrayLike, name: str = "p_values") -> NDArray[np.float64]:
    """Return p-values, shape [tests], each from 0 to 1.

    Raises:
        BadInput: there are none, they have not one dimension, or one is not a number from 0 to 1.
    """
    array: NDArray[Any] = np.asarray(values)
    if array.ndim != 1 or not len(array):
        raise BadInput(f"{name} are a list of one or more numbers, and the shape is {list(array.shape)}")
    if array.dtype.kind not in "iuf":
        raise BadInput(f"{name} are numbers, not {array.dtype}")
    with np.errstate(invalid="ignore"):
        wrong = np.flatnonzero(~((array >= 0) & (array <= 1)))
    if wrong.size:
        raise BadInput(f"{name}[{int(wrong[0])}] is {array[wrong[0]]}: a p-value is a number from 0 to 1")
    return array.astype(np.float64)


def probabilities(values: ArrayLike | Sequence[Any], name: str = "probabilities") -> NDArray[np.float64]:
    """Return probabilities of the outcomes 0, 1, 2 …, shape [outcomes]; fractions are taken too.

    Raises:
        BadInput: fewer than one, one that is negative, above one or not a number, a sum that is not one (to 1e-9), or
            all but one that are together below 1e-70 and not 0.
    """
    if isinstance(values, str | bytes):
        raise BadInput(f"{name} are a list of numbers, not text")
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise BadInput(f"{name} have one dimension, not {values.ndim}")
    try:
        listed = list(cast("Sequence[Any]", values))
        for place, one in enumerate(listed):
            if isinstance(one, str | bytes):
                raise BadInput(f"{name}[{place}] is {one!r}, which is text: a probability is a number")
        array = np.asarray([float(one) for one in listed], dtype=np.float64)
    except BadInput:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(f"{name} are a list of numbers: {error}") from None
    if not len(array):
        raise BadInput(f"{name} are empty: each possible outcome has one")
    wrong = np.flatnonzero(~((array >= 0) & (array <= 1 + _SUM_TOLERANCE)))
    if wrong.size:
        raise BadInput(f"{name}[{int(wrong[0])}] is {array[wrong[0]]}: each is a number from 0 to 1")
    if 0 < math.fsum(np.delete(array, array.argmax())) < _LEAST_CHANCE:
        raise BadInput(
            f"{name}: all but the likeliest together are below {_LEAST_CHANCE}, which no sample shows; give 0 for them"
        )
    total = math.fsum(array)
    if abs(total - 1) > _SUM_TOLERANCE:
        raise BadInput(f"{name} sum to {total:.12g}, and must sum to 1")
    return array


def counts(values: ArrayLike, name: str = "counts") -> NDArray[np.int64]:
    """Return counts, any shape.

    Raises:
        BadInput: one is negative, not a number, or not whole.
    """
    array = _numbers(values, name)
    if array.dtype.kind == "f":
        _refuse_first(array, ~np.isfinite(array) | (array != np.floor(array)), name, "a count is a whole number")
        _refuse_first(array, array.astype(np.float64) >= 2.0**63, name, "a count is below 2^63")
    if array.dtype == np.uint64:
        _refuse_first(array, array >= np.uint64(2**63), name, "a count is below 2^63")
    _refuse_first(array, array < 0, name, "a count is not negative")
    return array.astype(np.int64)


def outcomes(values: ArrayLike, *, kinds: int, name: str = "outcomes") -> NDArray[np.int64]:
    """Return outcomes 0 to `kinds` - 1, any shape.

    Raises:
        BadInput: one is not a whole number in that range; the message says which, where.
    """
    kinds = whole_number(kinds, "kinds", least=1)
    array = _numbers(values, name)
    with np.errstate(invalid="ignore"):
        wrong = ~((array >= 0) & (array < kinds))
        if array.dtype.kind == "f":
            wrong |= array != np.floor(array)
    _refuse_first(array, wrong, name, f"an outcome is a whole number from 0 to {kinds - 1}")
    return array.astype(np.int64)


def _numbers(values: ArrayLike, name: str) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.asarray(values)
    except ValueError as error:
        raise BadInput(f"{name} are an array of numbers: {error}") from None
    if array.dtype.kind not in "iuf":
        raise BadInput(f"{name} are numbers, not {array.dtype}")
    return array


def _refuse_first(array: NDArray[Any], wrong: NDArray[np.bool_], name: str, rule: str) -> None:
    """Refuse the first element that is wrong, with its place; an array without dimensions has no places."""
    if not wrong.any():
        return
    place = tuple(int(one) for one in np.argwhere(wrong)[0]) if array.ndim else ()
    where = f"{name}{list(place)}" if place else name
    raise BadInput(f"{where} is {array[place]}: {rule}")
