"""Values of the rules language for many rounds at once: arrays with an axis for the rounds and one for each list.

A value is one of four things:

* a Python value: the same in every round (parameters, tables, literals);
* `Cells`: an integer, a boolean, or a constant (a text, a list or an object out of a table) for each round;
* `Lists`: a list for each round, perhaps of different lengths;
* `NOWHERE`: no round has a value.

The *rank* of a value is the number of `map`s around it. Its arrays have rank + 1 axes, the innermost `map` first and
the rounds last; an axis along which nothing changes has the length 1, so that numpy's broadcasting joins them. The
elements of a list stand along one more axis in front: inside of a `map` over the list, that axis is the one of the
`map`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rng.games.operators import INTEGER_LIMIT, Value

Array: TypeAlias = NDArray[Any]

MOST_ELEMENTS: Final = 2**22
"""Elements that an array may have: some 32 MiB of integers."""


class NotVectorised(Exception):
    """Say that these rounds are evaluated one by one, for their values have no common form."""


class TooLarge(Exception):
    """Say that fewer rounds have to be evaluated at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Hold one value a round.

    Args:
        kind: `integer` (int64), `boolean`, or `constant` (codes: places in the table).
        data: the values.
        low, high: bounds of the integers, those that stand where there is no value included.
        table: what the codes stand for: distinct texts, or lists and objects.
    """

    kind: Literal["integer", "boolean", "constant"]
    data: Array
    low: int = 0
    high: int = 0
    table: tuple[Value, ...] = ()

    @property
    def is_text(self) -> bool:
        """Return whether the values are texts."""
        return self.kind == "constant" and type(self.table[0]) is str


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """Hold one list a round.

    Args:
        most: length of the longest list, at least 1; a list that is empty in every round is the Python value `[]`.
        lengths: the lengths, or None where all have the greatest.
        items: the elements, of one rank more; beyond the end of a list stand values without meaning.
    """

    most: int
    lengths: Array | None
    items: Cells | Lists


class _Nowhere:
    __slots__ = ()

    def __repr__(self) -> str:
        return "NOWHERE"


NOWHERE: Final = _Nowhere()
"""The value of an expression that has none in any round."""

Vector: TypeAlias = Any
"""A Python value, `Cells`, `Lists` or `NOWHERE`."""


def afford(elements: int) -> None:
    """Raise `TooLarge` if an array of so many elements is too large to be made."""
    if elements > MOST_ELEMENTS:
        raise TooLarge(f"{elements} elements")


def constant(value: Vector) -> bool:
    """Return whether a value is a Python value, the same in every round."""
    return not isinstance(value, (Cells, Lists, _Nowhere))


def either(a: Array | None, b: Array | None) -> Array | None:
    """Return where one of two masks is true; None is false everywhere."""
    if a is None:
        return b
    return a if b is None else a | b


def transform(value: Cells | Lists, function: Callable[[Array, int], Array], depth: int = 0) -> Cells | Lists:
    """Return a value with a function applied to each of its arrays.

    Args:
        value: the value.
        function: it takes an array and the place of the first axis that is not a list's axis of this value.
        depth: for the recursion.
    """
    if isinstance(value, Cells):
        return replace(value, data=function(value.data, depth))
    lengths = None if value.lengths is None else function(value.lengths, depth)
    return Lists(value.most, lengths, transform(value.items, function, depth + 1))


def lift(value: Vector, ranks: int) -> Vector:
    """Return a value as it is seen from inside of so many more `map`s."""
    if constant(value) or value is NOWHERE or not ranks:
        return value
    return transform(value, lambda data, at: data.reshape(data.shape[:at] + (1,) * ranks + data.shape[at:]))


def pick(values: Sequence[Value], codes: Array) -> Cells:
    """Return those of some Python values that the codes say.

    Args:
        values: at least one: all integers, all booleans, all texts, or all lists and objects.
        codes: places in it.

    Raises:
        NotVectorised: they are of several kinds.
    """
    kinds = set(map(type, values))
    if kinds == {int}:
        return Cells("integer", np.array(values, dtype=np.int64)[codes], min(values), max(values))
    if kinds == {bool}:
        return Cells("boolean", np.array(values, dtype=np.bool_)[codes])
    if kinds == {str}:
        distinct = {text: place for place, text in enumerate(dict.fromkeys(values))}
        if len(distinct) < len(values):
            codes = np.array([distinct[text] for text in values], dtype=np.int64)[codes]
        return Cells("constant", codes, table=tuple(distinct))
    if kinds <= {list, dict}:
        return Cells("constant", codes, table=tuple(values))
    raise NotVectorised("a list holds values of several kinds")


def as_cells(value: Vector, rank: int) -> Cells:
    """Return a Python value that is no list, or `Cells`, as `Cells`."""
    return value if isinstance(value, Cells) else pick([value], np.zeros((1,) * (rank + 1), dtype=np.int64))


def is_list(value: Vector) -> bool:
    """Return whether a value is a list in every round."""
    if isinstance(value, Cells):
        return value.kind == "constant" and all(type(entry) is list for entry in value.table)
    return isinstance(value, Lists) or type(value) is list


def as_lists(value: Vector, rank: int) -> Lists | None:
    """Return a value that `is_list` as `Lists`, or None if it is empty everywhere.

    Raises:
        NotVectorised: the elements are of several kinds.
    """
    if isinstance(value, Lists):
        return value
    if isinstance(value, Cells):
        return _opened(value)
    if not value:
        return None
    return Lists(len(value), None, pick(value, np.arange(len(value)).reshape((-1,) + (1,) * (rank + 1))))


def _opened(cells: Cells) -> Lists | None:
    """Return lists out of a table as `Lists`."""
    sizes = [len(entry) for entry in cells.table]
    most = max(sizes)
    if not most:
        return None
    afford(most * cells.data.size)
    places = np.arange(most).reshape((-1,) + (1,) * cells.data.ndim)
    items = pick(padded(cells.table, most), cells.data * most + places)
    return Lists(most, None if min(sizes) == most else np.array(sizes)[cells.data], items)


def padded(table: Sequence[list[Value]], most: int) -> list[Value]:
    """Return the elements of lists one after another, each list filled up to one length with something of the kind."""
    filler = next(entry[0] for entry in table if entry)
    return [item for entry in table for item in [*entry, *[filler] * (most - len(entry))]]


def valid(lists: Lists) -> Array | None:
    """Return which elements lie before the end of their list; None if all do."""
    if lists.lengths is None:
        return None
    return np.arange(lists.most).reshape((-1,) + (1,) * lists.lengths.ndim) < lists.lengths


def element(lists: Lists, place: int) -> Cells | Lists:
    """Return the elements at one place, whether or not every list is so long."""
    return transform(lists.items, lambda data, at: np.take(data, 0 if data.shape[at] == 1 else place, axis=at))


def gather(items: Cells | Lists, places: Array) -> Cells | Lists:
    """Return the elements at places that differ from round to round.

    Args:
        items: elements of lists.
        places: a place inside of the longest list for each round, of the rank of the lists; or with one axis more in
            front, for lists of elements.
    """
    return transform(items, lambda data, at: _gather(data, at, places))


def _gather(data: Array, axis: int, places: Array) -> Array:
    """Return an array with its list axis replaced by what stands at the places."""
    data = np.ascontiguousarray(data)
    strides = [
        0 if size == 1 else stride // data.itemsize for size, stride in zip(data.shape, data.strides, strict=True)
    ]
    afford(prod(data.shape[:axis]) * prod(np.broadcast_shapes(places.shape, data.shape[axis + 1 :])))
    # One flat number for each element that is wanted; axes along which nothing changes stay 1 long.
    flat = places.reshape((1,) * axis + places.shape) * strides[axis]
    for at, (size, stride) in enumerate(zip(data.shape, strides, strict=True)):
        if size > 1 and at != axis:
            after = data.ndim - at - 1 if at > axis else axis + places.ndim - at - 1
            flat = flat + (np.arange(size) * stride).reshape((-1,) + (1,) * after)
    return np.take(data, flat)


def choose(condition: Array, yes: Vector, no: Vector, rank: int) -> Vector:
    """Return the one value where a condition is true, and the other one elsewhere; neither may be `NOWHERE`.

    Raises:
        NotVectorised: they are of different kinds.
    """

    def combine(arrays: list[Array], depth: int) -> Array:
        afford(prod(np.broadcast_shapes(condition.shape, *(data.shape for data in arrays))))
        return np.where(condition, *arrays)

    return _join([yes, no], rank, combine, 0)


def stack(values: Sequence[Vector], rank: int) -> Lists:
    """Return the list of some values, at least one of which is no Python value; none may be `NOWHERE`.

    Raises:
        NotVectorised: they are of different kinds.
    """

    def combine(arrays: list[Array], depth: int) -> Array:
        shape = np.broadcast_shapes(*(data.shape for data in arrays))
        afford(len(arrays) * prod(shape))
        return np.stack([np.broadcast_to(data, shape) for data in arrays], axis=depth)

    return Lists(len(values), None, _join(values, rank, combine, 0))


def _join(values: Sequence[Vector], rank: int, combine: Callable[[list[Array], int], Array], depth: int) -> Vector:
    """Bring values to one form, and combine their arrays; `depth` counts the lists around them."""
    if any(isinstance(value, Lists) for value in values):
        return _join_lists(values, rank, combine, depth)
    cells = [as_cells(value, rank + depth) for value in values]
    kinds = {(one.kind, one.is_text) for one in cells}
    if len(kinds) > 1:
        raise NotVectorised("values of several kinds stand beside each other")
    low, high = min(one.low for one in cells), max(one.high for one in cells)
    if cells[0].kind != "constant":
        return Cells(cells[0].kind, combine([one.data for one in cells], depth), low, high)
    table, codes = common_table(cells)
    return Cells("constant", combine(codes, depth), table=table)


def _join_lists(
    values: Sequence[Vector], rank: int, combine: Callable[[list[Array], int], Array], depth: int
) -> Vector:
    if not all(map(is_list, values)):
        raise NotVectorised("a list stands beside something else")
    lists = [as_lists(value, rank + depth) for value in values]
    longest = max((one for one in lists if one is not None), key=lambda one: one.most, default=None)
    if longest is None:
        return []
    most, axes = longest.most, rank + depth + 1
    lengths = None
    if any(one is None or one.lengths is not None or one.most < most for one in lists):
        full = [
            np.full((1,) * axes, 0 if one is None else one.most) if one is None or one.lengths is None else one.lengths
            for one in lists
        ]
        lengths = combine(full, depth)
    items = [_extended(one, most) if one is not None else longest.items for one in lists]
    return Lists(most, lengths, _join(items, rank, combine, depth + 1))


def _extended(lists: Lists, most: int) -> Cells | Lists:
    """Return the elements, filled up to a greater length with the last of them."""
    if lists.most == most:
        return lists.items
    places = np.minimum(np.arange(most), lists.most - 1)
    return transform(lists.items, lambda data, at: data if data.shape[at] == 1 else np.take(data, places, axis=at))


def common_table(cells: Sequence[Cells]) -> tuple[tuple[Value, ...], list[Array]]:
    """Return one table for constants of several, and their codes in it."""
    first = cells[0].table
    if all(one.table is first or (one.is_text and one.table == first) for one in cells):
        return first, [one.data for one in cells]
    if not cells[0].is_text:
        starts = np.cumsum([0, *(len(one.table) for one in cells)])
        return sum((one.table for one in cells), ()), [
            one.data + start for one, start in zip(cells, starts[:-1], strict=True)
        ]
    places: dict[str, int] = {}
    for one in cells:
        for text in one.table:
            places.setdefault(text, len(places))
    codes = [np.array([places[text] for text in one.table], dtype=np.int64)[one.data] for one in cells]
    return tuple(places), codes


def settle(data: Any, low: int, high: int) -> tuple[Cells, Array | None]:
    """Return integers with their bounds, and where they pass -(2^53 - 1) .. 2^53 - 1: those are 0 from then on.

    Args:
        data: int64, not wrapped around.
        low, high: bounds of them, of any size.
    """
    if low >= -INTEGER_LIMIT and high <= INTEGER_LIMIT:
        return Cells("integer", data, low, high), None
    wrong = (data > INTEGER_LIMIT) | (data < -INTEGER_LIMIT)
    bounds = max(min(low, 0), -INTEGER_LIMIT), min(max(high, 0), INTEGER_LIMIT)
    if not wrong.any():
        return Cells("integer", data, *bounds), None
    return Cells("integer", np.where(wrong, 0, data), *bounds), wrong
