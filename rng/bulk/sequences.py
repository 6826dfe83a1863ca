"""Operators on lists of many rounds at once, equal to those of `rng.games.operators`."""

from __future__ import annotations

from math import prod
from typing import Final

import numpy as np

from rng.bulk.arguments import Outcome, integer_cells, lists_of, lists_of_booleans, lists_of_integers
from rng.bulk.values import (
    Array,
    Cells,
    Lists,
    NotVectorised,
    Vector,
    afford,
    as_cells,
    common_table,
    gather,
    transform,
    valid,
)
from rng.games.operators import INTEGER_LIMIT, LIST_LIMIT, OperatorError

_SHORT: Final = 16
"""Longest lists that are sorted by exchanges of neighbours and searched place by place, which is faster there."""

_LOOKUP: Final = 65_536
"""Widest range of integers for which it is written down which of them a list holds."""


def length(args: list[Vector], rank: int) -> Outcome:
    """Return the length of a list (`len`)."""
    lists = lists_of(args[0], rank)
    if lists is None or lists.lengths is None:
        return (0 if lists is None else lists.most), None
    return Cells("integer", lists.lengths, 0, lists.most), None


def _kept(lists: Lists, instead: int | bool) -> Array:
    """Return the elements, with something else beyond the end of each list."""
    assert isinstance(lists.items, Cells)
    inside = valid(lists)
    return lists.items.data if inside is None else np.where(inside, lists.items.data, instead)


def _along(lists: Lists, data: Array) -> Array:
    """Return elements with a whole list axis, for a sum along it."""
    return data if data.shape[0] == lists.most else np.broadcast_to(data, (lists.most, *data.shape[1:]))


def total(args: list[Vector], rank: int) -> Outcome:
    """Return the sum of a list of integers; partial sums obey the bound, left to right (`sum`)."""
    lists = lists_of_integers(args[0], rank)
    if lists is None:
        return 0, None
    assert isinstance(lists.items, Cells)
    data = _along(lists, _kept(lists, 0))
    low, high = lists.most * min(lists.items.low, 0), lists.most * max(lists.items.high, 0)
    if low >= -INTEGER_LIMIT and high <= INTEGER_LIMIT:
        return Cells("integer", data.sum(axis=0), low, high), None
    # The first partial sum that passes the bound is below 2^54: it is seen, whatever the sums after it wrap around to.
    partial = np.cumsum(data, axis=0)
    bad = (np.abs(partial) > INTEGER_LIMIT).any(axis=0)
    return Cells("integer", np.where(bad, 0, partial[-1]), -INTEGER_LIMIT, INTEGER_LIMIT), bad


def count(args: list[Vector], rank: int) -> Outcome:
    """Return how many of a list of booleans are true."""
    lists = lists_of_booleans(args[0], rank)
    if lists is None:
        return 0, None
    return Cells("integer", _along(lists, _kept(lists, False)).sum(axis=0, dtype=np.int64), 0, lists.most), None


def leading(args: list[Vector], rank: int) -> Outcome:
    """Return how many of a list of booleans are true before the first that is false."""
    lists = lists_of_booleans(args[0], rank)
    if lists is None:
        return 0, None
    going = np.logical_and.accumulate(_along(lists, _kept(lists, False)), axis=0)
    return Cells("integer", going.sum(axis=0, dtype=np.int64), 0, lists.most), None


def ascending(args: list[Vector], rank: int) -> Outcome:
    """Return a list of integers in ascending order (`sort`)."""
    lists = lists_of_integers(args[0], rank)
    if lists is None:
        return [], None
    assert isinstance(lists.items, Cells)
    low, high = lists.items.low, lists.items.high
    # What stands beyond the end of a list is as great as the greatest, and goes to the end again.
    data = np.array(_along(lists, _kept(lists, high)))
    if lists.most > _SHORT:
        data.sort(axis=0)
    else:
        for turn in range(lists.most):
            for place in range(turn % 2, lists.most - 1, 2):
                less = np.minimum(data[place], data[place + 1])
                np.maximum(data[place], data[place + 1], out=data[place + 1])
                data[place] = less
    return Lists(lists.most, lists.lengths, Cells("integer", data, low, high)), None


def contains(args: list[Vector], rank: int) -> Outcome:
    """Return whether some element of a list equals an integer or a text (`in`)."""
    wanted, items = args
    lists = lists_of(items, rank)
    if isinstance(wanted, Lists) or type(wanted) in (list, dict, bool):
        raise OperatorError("looks for an integer or a text")
    a = as_cells(wanted, rank)
    if a.kind == "boolean" or (a.kind == "constant" and not a.is_text):
        raise OperatorError("looks for an integer or a text")
    if lists is None:
        return False, None
    found = lists.items
    if not isinstance(found, Cells) or found.kind != a.kind or found.is_text != a.is_text:
        if lists.lengths is not None:
            raise NotVectorised("some lists may be empty, and the others are of another kind")
        raise OperatorError("types differ")
    data, looked_for = found.data, a.data
    if a.kind == "constant":
        _, (looked_for, data) = common_table([a, found])
    elif type(items) is list and len(items) > 2 and a.high - a.low < _LOOKUP:
        marks = np.zeros(a.high - a.low + 1, dtype=np.bool_)
        marks[[item - a.low for item in items if a.low <= item <= a.high]] = True
        return Cells("boolean", marks[looked_for - a.low]), None
    inside = valid(lists)
    if lists.most > _SHORT:
        afford(lists.most * prod(np.broadcast_shapes(looked_for.shape, data.shape[1:])))
        same = looked_for == data
        return Cells("boolean", np.any(same if inside is None else same & inside, axis=0)), None
    hit: Array = np.zeros((1,) * (rank + 1), dtype=np.bool_)
    for place in range(data.shape[0]):
        same = looked_for == data[place]
        hit = hit | (same if inside is None else same & inside[place])
    return Cells("boolean", hit), None


def cut(args: list[Vector], rank: int) -> Outcome:
    """Return the elements start <= i < stop of a list (`slice`)."""
    lists = lists_of(args[0], rank)
    start, stop = integer_cells(args[1], rank), integer_cells(args[2], rank)
    most = 0 if lists is None else lists.most
    if start.low == start.high and stop.low == stop.high and (lists is None or lists.lengths is None):
        first, last = start.low, stop.low
        if not 0 <= first <= last <= most:
            raise OperatorError("needs 0 <= from <= to <= length")
        if first == last or lists is None:
            return [], None
        return Lists(last - first, None, transform(lists.items, lambda data, at: _part(data, at, first, last))), None
    size = most if lists is None or lists.lengths is None else lists.lengths
    bad = (start.data < 0) | (stop.data < start.data) | (stop.data > size)
    lengths = np.where(bad, 0, stop.data - start.data)
    longest = int(lengths.max())
    if not longest or lists is None:
        return [], bad
    places = start.data + np.arange(longest).reshape((-1,) + (1,) * (rank + 1))
    return Lists(longest, lengths, gather(lists.items, np.clip(places, 0, most - 1))), bad


def _part(data: Array, axis: int, first: int, last: int) -> Array:
    return data if data.shape[axis] == 1 else data[(slice(None),) * axis + (slice(first, last),)]


def first_numbers(args: list[Vector], rank: int) -> Outcome:
    """Return [0, 1, ..., n - 1] (`range`)."""
    n = integer_cells(args[0], rank)
    bad: Array = (n.data < 0) | (n.data > LIST_LIMIT)
    lengths = np.where(bad, 0, n.data)
    most = int(lengths.max())
    if not most:
        return [], bad
    afford(most * lengths.size)
    items = Cells("integer", np.arange(most).reshape((-1,) + (1,) * (rank + 1)), 0, most - 1)
    return Lists(most, lengths, items), bad


def counts(args: list[Vector], rank: int) -> Outcome:
    """Return for each of 0 .. n - 1 how often it occurs in a list of integers."""
    n = args[1]
    if type(n) is not int:
        raise NotVectorised("how many numbers are counted differs")
    if not 0 <= n <= LIST_LIMIT:
        raise OperatorError("needs a length of 0 to 65,536")
    lists = lists_of_integers(args[0], rank)
    if lists is None:
        return [0] * n, None
    assert isinstance(lists.items, Cells)
    inside, data = valid(lists), _along(lists, lists.items.data)
    outside = (data < 0) | (data >= n)
    if inside is not None:
        outside = outside & inside
    bad = np.asarray(outside.any(axis=0)) if lists.items.low < 0 or lists.items.high >= n else None
    if n == 0:
        return [], bad
    counted = ~outside if inside is None else inside & ~outside
    shape = np.broadcast_shapes(counted.shape, data.shape)
    frame = shape[1:]
    positions = prod(frame)
    afford(n * positions)
    # Each place of the frame has n counters of its own.
    flat = np.broadcast_to(data, shape).reshape(lists.most, positions) * positions + np.arange(positions)
    kept = flat[np.broadcast_to(counted, shape).reshape(lists.most, positions)]
    tally = np.bincount(kept, minlength=n * positions).reshape(n, *frame)
    return Lists(n, None, Cells("integer", tally, 0, lists.most)), bad
