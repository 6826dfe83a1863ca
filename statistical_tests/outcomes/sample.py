"""Outcomes as the tests take them, and how often each, or each word of several, occurs in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statistical_tests.arguments import whole_number
from statistical_tests.errors import BadInput

Sample: TypeAlias = "NDArray[np.unsignedinteger[Any]]"
"""Outcomes in the narrowest unsigned type that holds all kinds."""

CHUNK = 1 << 20  # outcomes that are worked on at a time, so that temporaries stay within some tens of megabytes


def chunks(length: int, *, rows: int = CHUNK) -> Iterator[slice]:
    """Yield the slices of at most `rows` elements that make up an array of that length."""
    for start in range(0, length, rows):
        yield slice(start, min(start + rows, length))


def numbers(values: ArrayLike, *, dimensions: int, name: str = "outcomes") -> NDArray[Any]:
    """Return an array of integers or floats with so many dimensions.

    Raises:
        BadInput: it holds something else, or has another number of dimensions.
    """
    try:
        array: NDArray[Any] = np.asarray(values)
    except ValueError as error:
        raise BadInput(f"{name} are not one array: {error}") from None
    if array.dtype.kind not in "iuf" and array.size:
        raise BadInput(f"{name} are numbers, not {array.dtype}")
    if array.ndim != dimensions:
        shape = "one after another" if dimensions == 1 else "as rows of equal length"
        raise BadInput(f"{name} have {array.ndim} dimensions: give them {shape}, in an array of {dimensions}")
    return array


def impossible_among(values: NDArray[Any], kinds: int) -> NDArray[np.bool_]:
    """Return which numbers are not whole or not from 0 to `kinds` - 1; NaN is among them. Same shape."""
    with np.errstate(invalid="ignore"):
        wrong = ~((values >= 0) & (values < kinds))
        if values.dtype.kind == "f":
            wrong |= values != np.floor(values)
    return wrong


def sample(values: ArrayLike, *, kinds: int, dimensions: int = 1, name: str = "outcomes") -> Sample:
    """Return outcomes 0 to `kinds` - 1 in the narrowest type; an array that has it already is not copied.

    Args:
        values: whole numbers, shape [outcomes], or [draws, positions] with `dimensions` 2.
        kinds: how many there are, 1 to 2^32.

    Raises:
        BadInput: one is not a whole number in that range; the message says which, where, and what to do.
    """
    whole_number(kinds, "kinds", least=1, most=1 << 32)
    array = numbers(values, dimensions=dimensions, name=name)
    narrow = np.min_scalar_type(kinds - 1)
    if array.dtype == narrow and (not array.size or array.max() < kinds):
        return array
    result = np.empty(array.shape, dtype=narrow)
    for part in chunks(len(array)):
        wrong = impossible_among(array[part], kinds)
        if wrong.any():
            first, *rest = (int(one) for one in np.argwhere(wrong)[0])
            place = [part.start + first, *rest]
            raise BadInput(
                f"{name}{place} is {array[tuple(place)]}: an outcome is a whole number from 0 to {kinds - 1};"
                f" the test `impossible` counts those that are not"
            )
        result[part] = array[part]
    return result


def histogram(values: Sample, kinds: int) -> NDArray[np.int64]:
    """Return how often each outcome occurs, shape [kinds]."""
    total = np.zeros(kinds, dtype=np.int64)
    flat = values.reshape(-1)
    for part in chunks(len(flat)):
        total += np.bincount(flat[part], minlength=kinds)
    return total


def word_counts(values: Sample, kinds: int, width: int) -> NDArray[np.int64]:
    """Return how often each word of `width` outcomes occurs, overlapping and around the end, shape [kinds] * width.

    There are as many words as outcomes: the last ones go on with the first outcomes (Good 1953).
    """
    total = np.zeros(kinds**width, dtype=np.int64)
    length = len(values)
    ring = np.concatenate([values, np.resize(values, width - 1)]) if length else values
    for part in chunks(length):
        codes = ring[part].astype(np.int64)
        for place in range(1, width):
            codes *= kinds
            codes += ring[part.start + place : part.stop + place]
        total += np.bincount(codes, minlength=len(total))
    return total.reshape((kinds,) * width)


def mapped(values: Sample, classes: NDArray[np.intp]) -> Sample:
    """Return the class of each outcome, in the narrowest type."""
    table = classes.astype(np.min_scalar_type(int(classes.max())))
    result = np.empty(values.shape, dtype=table.dtype)
    for part in chunks(len(values)):
        result[part] = table[values[part]]
    return result
