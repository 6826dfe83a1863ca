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
        BadInput: fewer than one, one that is negative, not a number or infinite, or a sum that is not one (to 1e-9).
    """
    try:
        array = np.asarray([float(one) for one in cast("Sequence[Any]", values)], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadInput(f"{name} are a list of numbers: {error}") from None
    if not len(array):
        raise BadInput(f"{name} are empty: each possible outcome has one")
    wrong = np.flatnonzero(~(np.isfinite(array) & (array >= 0)))
    if wrong.size:
        raise BadInput(f"{name}[{int(wrong[0])}] is {array[wrong[0]]}: each is a number from 0 to 1")
    total = math.fsum(array)
    if abs(total - 1) > _SUM_TOLERANCE:
        raise BadInput(f"{name} sum to {total:.12g}, and must sum to 1")
    return array


def counts(values: ArrayLike, name: str = "counts") -> NDArray[np.int64]:
    """Return counts, any shape.

    Raises:
        BadInput: one is negative, not a number, or not whole.
    """
    array: NDArray[Any] = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise BadInput(f"{name} are numbers, not {array.dtype}")
    if array.dtype.kind == "f":
        wrong = ~np.isfinite(array) | (array != np.floor(array))
        if wrong.any():
            place = tuple(int(one) for one in np.argwhere(wrong)[0])
            raise BadInput(f"{name}{list(place)} is {array[place]}: a count is a whole number")
    if (array < 0).any():
        place = tuple(int(one) for one in np.argwhere(array < 0)[0])
        raise BadInput(f"{name}{list(place)} is {array[place]}: a count is not negative")
    return array.astype(np.int64)


def outcomes(values: ArrayLike, *, kinds: int, name: str = "outcomes") -> NDArray[np.int64]:
    """Return outcomes 0 to `kinds` - 1, any shape.

    Raises:
        BadInput: one is not a whole number in that range; the message says which, where.
    """
    array: NDArray[Any] = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise BadInput(f"{name} are numbers, not {array.dtype}")
    with np.errstate(invalid="ignore"):
        wrong = ~((array >= 0) & (array < kinds))
        if array.dtype.kind == "f":
            wrong |= array != np.floor(array)
    if wrong.any():
        place = tuple(int(one) for one in np.argwhere(wrong)[0])
        raise BadInput(f"{name}{list(place)} is {array[place]}: an outcome is a whole number from 0 to {kinds - 1}")
    return array.astype(np.int64)
