"""Compare what a history states with what the engine computed: whole columns at once where both have one form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from certification.history import Array, Cells, Flags, Lists, Texts, Whole
from rng.bulk import Column

_INTEGER: Final = re.compile(r"-?[0-9]{1,18}\Z")
_BOOLEANS: Final = {"true": 1, "false": 0}


class SpellingNeeded(Exception):
    """Say that a column was read as integers, and the rules make it a text: `00` and `0` are two texts."""


def differing(stated: Cells, truth: Column, *, typed: bool = False) -> Array:
    """Return in which rows a column states something else than the truth; bool of shape (rows,).

    Args:
        stated: the column of the history.
        truth: what the engine computed, of the same length.
        typed: whether the format has types, so that an integer is no text that was read as one.

    Raises:
        SpellingNeeded: the cells were read as integers, and texts are to be compared.
    """
    if isinstance(stated, Whole) and truth.kind in ("text", "value"):
        if not typed:
            raise SpellingNeeded
        return _one_by_one(stated, truth.to_list())
    if truth.data.ndim == 1 and truth.kind in ("integer", "boolean", "text"):
        return _scalars(stated, truth)
    if truth.kind == "integer" and truth.data.ndim == 2 and truth.lengths == (None,):
        return _rows(stated, truth.data)
    return _one_by_one(stated, truth.to_list())


def _scalars(stated: Cells, truth: Column) -> Array:
    everything = np.ones(len(truth), dtype=np.bool_)
    if truth.kind == "integer":
        if isinstance(stated, Whole):
            wrong: Array = stated.data != truth.data
            return wrong if stated.known is None else wrong | ~stated.known
        if isinstance(stated, Texts):
            numbers = _table(stated.values, lambda text: int(text) if _INTEGER.match(text.strip()) else None)
            return _unlike(stated, numbers, truth.data)
        return everything
    if truth.kind == "boolean":
        if isinstance(stated, Flags):
            differs: Array = stated.data != truth.data
            return differs
        if isinstance(stated, Texts):
            return _unlike(stated, _table(stated.values, _BOOLEANS.get), truth.data)
        return everything
    if isinstance(stated, Texts):
        places = {label: place for place, label in enumerate(truth.labels)}
        return _unlike(stated, _table(stated.values, places.get), truth.data)
    return everything


def _table(values: Sequence[str], of: Callable[[str], int | None]) -> tuple[Array, Array]:
    found = [of(value) for value in values]
    known = np.array([one is not None for one in found], dtype=np.bool_)
    return np.array([one or 0 for one in found], dtype=np.int64), known


def _unlike(stated: Texts, table: tuple[Array, Array], truth: Array) -> Array:
    if not len(stated):
        return np.zeros(0, dtype=np.bool_)
    data, known = table
    wrong: Array = data[stated.codes] != truth
    return wrong if known.all() else wrong | ~known[stated.codes]


def _rows(stated: Cells, truth: Array) -> Array:
    """Compare lists of integers that all have the whole width of an array of shape (rows, width)."""
    count, width = truth.shape
    if isinstance(stated, Texts):
        stated = _parsed(stated)
    if not isinstance(stated, Lists):
        return np.ones(count, dtype=np.bool_)
    wrong: Array = stated.ends - stated.starts != width
    right = np.flatnonzero(~wrong)
    if width and len(right):
        items = stated.items[stated.starts[right][:, None] + np.arange(width)]
        wrong[right] = (items != truth[right]).any(axis=1)
    return wrong


def _parsed(stated: Texts) -> Lists:
    """Return lists out of their JSON; what is no list of integers becomes one that is like none."""
    lists = [_integers(text) for text in stated.values]
    lengths = np.array([0 if one is None else len(one) for one in lists], dtype=np.int64)
    ends = np.cumsum(lengths)
    starts = ends - lengths
    starts[[one is None for one in lists]] += 1  # of length -1
    items = np.array([number for one in lists if one is not None for number in one], dtype=np.int64)
    return Lists(items, starts[stated.codes], ends[stated.codes])


def _integers(text: str) -> list[int] | None:
    value = parsed(text)
    if not isinstance(value, list) or any(type(one) is not int or abs(one) >= 2**53 for one in value):
        return None
    return value


def _one_by_one(stated: Cells, truth: Sequence[Any]) -> Array:
    return np.array([not cell_says(stated.at(row), value) for row, value in enumerate(truth)], dtype=np.bool_)


def parsed(text: str) -> Any:
    """Return the value of a cell's JSON, None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def cell_says(cell: object, value: Any) -> bool:
    """Say whether a cell states a value: an integer in decimal, true or false, a text as it is, a list as JSON.

    Args:
        cell: what the table holds: a text, or an integer, a boolean or a list where it has types.
        value: an integer, boolean, text, list of these, or None for the empty cell.
    """
    if isinstance(cell, str) and not isinstance(value, str):
        if value is None:
            return cell == ""
        if type(value) is int:
            return _INTEGER.match(cell.strip()) is not None and int(cell) == value
        return same(parsed(cell), value)
    if isinstance(value, str) and type(cell) is int:
        return str(cell) == value
    return same(cell, value)


def same(a: Any, b: Any) -> bool:
    """Say whether two JSON values are the same; Python's own == holds true and 1 for equal."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    return bool(a == b)


def plain_text(cell: object) -> str:
    """Return a cell of CSV for people, an integer in its plain spelling: however the reader took it, it is the same."""
    text = cell_text(cell)
    return str(int(text)) if _INTEGER.match(text.strip()) else text


def cell_text(cell: object) -> str:
    """Return a cell as the text that stands for it in CSV."""
    if isinstance(cell, str):
        return cell
    return "" if cell is None else json.dumps(cell, separators=(",", ":"), ensure_ascii=False)
