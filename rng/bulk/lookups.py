"""Looking into lists and objects for many rounds at once: the operator `at`, and operators on texts out of a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from rng.bulk.values import (
    NOWHERE,
    Array,
    Cells,
    Lists,
    NotVectorised,
    Vector,
    constant,
    either,
    element,
    gather,
    padded,
    pick,
)
from rng.games.operators import OperatorError, Value, step

_PLAIN_DECIMAL = re.compile("0|-?[1-9][0-9]{0,15}")
"""How `step` spells an integer: none of the language has more than 16 digits."""

_MOST_PAIRS = 2**18
"""Pairs of an entry of a table and a key that are tried in advance."""


def by_table(function: Callable[..., Value], args: Sequence[Vector]) -> tuple[Vector, Array | None] | None:
    """Return an operator whose arguments are one constant out of a table and Python values; None if they are others.

    The scalar operator is applied to each entry of the table once.

    Raises:
        OperatorError: no entry that occurs has a value.
        NotVectorised: the results are of several kinds.
    """
    tables = [place for place, arg in enumerate(args) if not constant(arg)]
    if len(tables) != 1:
        return None
    [place] = tables
    cells = args[place]
    if not isinstance(cells, Cells) or cells.kind != "constant":
        return None

    def apply(entry: Value) -> Value:
        return function(*args[:place], entry, *args[place + 1 :])

    return _tried(apply, cells.table, cells.data)


def _tried(apply: Callable[..., Value], entries: Sequence[Value], codes: Array) -> tuple[Vector, Array | None]:
    """Return the results for entries, by the codes of those, and where there is none."""
    results: list[Value] = []
    wrong = np.zeros(len(entries), dtype=np.bool_)
    for code, entry in enumerate(entries):
        try:
            results.append(apply(entry))
        except OperatorError:
            wrong[code] = True
            results.append(None)
    if wrong.all():
        raise OperatorError("no entry has a value")
    if not wrong.any():
        return pick(results, codes), None
    # Something of the right kind stands where there is no value.
    filler = results[int(np.argmin(wrong))]
    return pick([filler if none else result for none, result in zip(wrong, results, strict=True)], codes), wrong[codes]


def at(args: list[Vector], rank: int) -> tuple[Vector, Array | None]:
    """Return what the keys lead to, element by element inward, and where they lead nowhere (`at`).

    Raises:
        OperatorError: they lead nowhere in every round.
        NotVectorised: what is found is of several kinds.
    """
    container, *keys = args
    bad: Array | None = None
    for key in keys:
        if constant(container) and constant(key):
            container = step(container, key)
            continue
        container, wrong = _step(container, key)
        bad = either(bad, wrong)
        if container is NOWHERE:
            break
    return container, bad


def _step(container: Vector, key: Vector) -> tuple[Vector, Array | None]:
    if isinstance(key, Lists) or type(key) in (bool, list, dict) or (isinstance(key, Cells) and key.kind == "boolean"):
        raise OperatorError("a key is an integer or a text")
    if isinstance(container, Lists):
        return _in_lists(container, key)
    found = by_table(step, [container, key])
    if found is not None:
        return found
    if type(container) is list:
        return _in_table([container], key, key.data if isinstance(key, Cells) else None)
    if type(container) is dict:
        return _in_object(container, key)
    if isinstance(container, Cells) and container.kind == "constant" and not container.is_text:
        return _in_constants(container, key)
    raise OperatorError("needs a list or an object to look into")


def _in_lists(lists: Lists, key: Vector) -> tuple[Vector, Array | None]:
    if type(key) is int:
        if not 0 <= key < lists.most:
            raise OperatorError("the index is outside")
        return element(lists, key), None if lists.lengths is None else lists.lengths <= key
    if not isinstance(key, Cells) or key.kind != "integer":
        raise OperatorError("a list takes an integer")
    if lists.lengths is None and key.low >= 0 and key.high < lists.most:
        return gather(lists.items, key.data), None
    bad = (key.data < 0) | (key.data >= (lists.most if lists.lengths is None else lists.lengths))
    return gather(lists.items, np.clip(key.data, 0, lists.most - 1)), bad


def _in_table(table: Sequence[list[Value]], key: Vector, codes: Array | None) -> tuple[Vector, Array | None]:
    """Look into one list, or into one of several for each round (`codes` says which), at places that differ."""
    if not isinstance(key, Cells) or key.kind != "integer":
        raise OperatorError("a list takes an integer")
    sizes = [len(entry) for entry in table]
    most = max(sizes)
    if not most:
        raise OperatorError("the index is outside")
    single = len(table) == 1
    outside: Array | None = None
    places = key.data
    if key.low < 0 or key.high >= min(sizes):
        limit = most if single or codes is None else np.array(sizes)[codes]
        outside = (places < 0) | (places >= limit)
        places = np.clip(places, 0, most - 1)
    if single or codes is None:
        return pick(table[0], places), outside
    return pick(padded(table, most), codes * most + places), outside


def _in_object(container: dict[str, Value], key: Vector) -> tuple[Vector, Array | None]:
    """Look into one object with integers; texts were looked up by their table."""
    if not isinstance(key, Cells) or key.kind != "integer":
        raise OperatorError("a key of an object is a text or an integer")
    numbers = sorted(int(name) for name in container if _is_plain_decimal(name))
    if not numbers:
        raise OperatorError("the object has no such key")
    known = np.array(numbers, dtype=np.int64)
    codes = np.minimum(np.searchsorted(known, key.data), len(numbers) - 1)
    bad = known[codes] != key.data
    return pick([container[str(number)] for number in numbers], codes), bad if bad.any() else None


def _is_plain_decimal(name: str) -> bool:
    return _PLAIN_DECIMAL.fullmatch(name) is not None


def _in_constants(container: Cells, key: Vector) -> tuple[Vector, Array | None]:
    """Look into one of several constants for each round, with a key that differs as well."""
    assert isinstance(key, Cells)
    kinds = set(map(type, container.table))
    if kinds == {list}:
        return _in_table(container.table, key, container.data)
    if kinds == {dict} and key.is_text and len(container.table) * len(key.table) <= _MOST_PAIRS:
        pairs = [(entry, name) for entry in container.table for name in key.table]
        return _tried(lambda pair: step(*pair), pairs, container.data * len(key.table) + key.data)
    raise NotVectorised("what is looked into differs")
