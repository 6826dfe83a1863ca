"""The strict operators of the rules language for many rounds at once (rules.md R5), equal to `rng.games.operators`.

Each takes its arguments and their rank, at least one of them no Python value and none of them `NOWHERE`, and returns
the value and where it has none (`None`: it has one everywhere). `OperatorError` says that no round has a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from rng.bulk.lookups import at, by_table
from rng.bulk.values import (
    NOWHERE,
    Array,
    Cells,
    Lists,
    NotVectorised,
    Vector,
    afford,
    as_cells,
    as_lists,
    common_table,
    constant,
    either,
    gather,
    is_list,
    settle,
    transform,
    valid,
)
from rng.games.operators import INTEGER_LIMIT, LIST_LIMIT, STRICT, OperatorError

Outcome = tuple[Vector, Array | None]
Function = Callable[[list[Vector], int], Outcome]

_NETWORK: Final = 16
"""Longest lists that are sorted by exchanges of neighbours, which is faster than numpy's sort up to there."""
_LOOKUP: Final = 65_536


def strict(name: str, args: list[Vector], rank: int) -> Outcome:
    """Return the value of an operator, and where it has none.

    Args:
        name: one of `rng.games.operators.STRICT`.
        args: its arguments.
        rank: their rank.

    Raises:
        NotVectorised, TooLarge: it has to be evaluated another way.
    """
    if any(arg is NOWHERE for arg in args):
        return NOWHERE, None
    try:
        if all(map(constant, args)):
            return STRICT[name].function(*args), None
        if name != "at":
            found = by_table(STRICT[name].function, args)
            if found is not None:
                return found
        return _FUNCTIONS[name](args, rank)
    except OperatorError:
        return NOWHERE, None


def _integer(value: Vector, rank: int) -> Cells:
    if type(value) is int or (isinstance(value, Cells) and value.kind == "integer"):
        return as_cells(value, rank)
    raise OperatorError("needs an integer")


def _boolean(value: Vector, rank: int) -> Cells:
    if type(value) is bool or (isinstance(value, Cells) and value.kind == "boolean"):
        return as_cells(value, rank)
    raise OperatorError("needs a boolean")


def _lists(value: Vector, rank: int) -> Lists | None:
    if is_list(value):
        return as_lists(value, rank)
    if isinstance(value, Cells) and value.kind == "constant" and any(type(entry) is list for entry in value.table):
        raise NotVectorised("lists and objects stand beside each other")
    raise OperatorError("needs a list")


def _of_kind(kind: str) -> Callable[[Vector, int], Lists | None]:
    def check(value: Vector, rank: int) -> Lists | None:
        lists = _lists(value, rank)
        if lists is None or (isinstance(lists.items, Cells) and lists.items.kind == kind):
            return lists
        if lists.lengths is not None:
            raise NotVectorised(f"some lists may be empty, and the others are not of the kind {kind}")
        raise OperatorError(f"needs a list of the kind {kind}")

    return check


_integers = _of_kind("integer")
_booleans = _of_kind("boolean")


# --- integers and booleans --------------------------------------------------------------------------------------------


def _folded(step: Callable[[Cells, Cells], Outcome]) -> Function:
    def function(args: list[Vector], rank: int) -> Outcome:
        total, *terms = (_integer(arg, rank) for arg in args)
        bad: Array | None = None
        for term in terms:
            total, wrong = step(total, term)
            bad = either(bad, wrong)
        return total, bad

    return function


def _add(a: Cells, b: Cells) -> Outcome:
    return settle(a.data + b.data, a.low + b.low, a.high + b.high)


def _sub(a: Cells, b: Cells) -> Outcome:
    return settle(a.data - b.data, a.low - b.high, a.high - b.low)


def _mul(a: Cells, b: Cells) -> Outcome:
    corners = [x * y for x, y in product((a.low, a.high), (b.low, b.high))]
    low, high = min(corners), max(corners)
    if low >= -INTEGER_LIMIT and high <= INTEGER_LIMIT:
        return Cells("integer", a.data * b.data, low, high), None
    # A product may pass 2^63. In doubles it is wrong by a little: beyond 2^60 it is surely too large, below it is
    # surely within int64, where it is exact.
    vast = np.abs(a.data.astype(np.float64) * b.data) > 2.0**60
    result, bad = settle(np.where(vast, 0, a.data) * b.data, low, high)
    return result, either(bad, vast)


def _min(a: Cells, b: Cells) -> Outcome:
    return Cells("integer", np.minimum(a.data, b.data), min(a.low, b.low), min(a.high, b.high)), None


def _max(a: Cells, b: Cells) -> Outcome:
    return Cells("integer", np.maximum(a.data, b.data), max(a.low, b.low), max(a.high, b.high)), None


def _divisor(b: Cells) -> tuple[Cells, Array | None]:
    """Return a divisor with 1 in the place of what is less, and where that was."""
    if b.low >= 1:
        return b, None
    if b.high < 1:
        raise OperatorError("needs a divisor of at least 1")
    return Cells("integer", np.maximum(b.data, 1), 1, b.high), b.data < 1


def _div(a: Cells, b: Cells) -> Outcome:
    b, bad = _divisor(b)
    corners = [x // y for x, y in product((a.low, a.high), (b.low, b.high))]
    return Cells("integer", a.data // _plain(b), min(corners), max(corners)), bad


def _mod(a: Cells, b: Cells) -> Outcome:
    b, bad = _divisor(b)
    if a.low >= 0 and a.high < b.low:
        return a, bad
    # numpy divides by one number fast, but finds the remainder by the slow instruction.
    divisor = _plain(b)
    return Cells("integer", a.data - a.data // divisor * divisor, 0, b.high - 1), bad


def _plain(cells: Cells) -> Any:
    """Return integers as one number where they are one."""
    return cells.low if cells.low == cells.high else cells.data


def _compared(compare: Callable[[Array, Array], Array]) -> Function:
    def function(args: list[Vector], rank: int) -> Outcome:
        a, b = (_integer(arg, rank) for arg in args)
        return Cells("boolean", compare(a.data, b.data)), None

    return function


def _eq(args: list[Vector], rank: int) -> Outcome:
    if any(isinstance(arg, Lists) or type(arg) in (list, dict) for arg in args):
        raise OperatorError("compares no lists and objects")
    a, b = (as_cells(arg, rank) for arg in args)
    if a.kind != b.kind or a.is_text != b.is_text:
        raise OperatorError("compares values of one kind")
    if a.kind == "constant":
        if not a.is_text:
            raise OperatorError("compares no lists and objects")
        _, (left, right) = common_table([a, b])
        return Cells("boolean", left == right), None
    return Cells("boolean", a.data == b.data), None


def _not(args: list[Vector], rank: int) -> Outcome:
    return Cells("boolean", ~_boolean(args[0], rank).data), None


# --- lists ------------------------------------------------------------------------------------------------------------


def _len(args: list[Vector], rank: int) -> Outcome:
    lists = _lists(args[0], rank)
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


def _sum(args: list[Vector], rank: int) -> Outcome:
    lists = _integers(args[0], rank)
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


def _count(args: list[Vector], rank: int) -> Outcome:
    lists = _booleans(args[0], rank)
    if lists is None:
        return 0, None
    return Cells("integer", _along(lists, _kept(lists, False)).sum(axis=0, dtype=np.int64), 0, lists.most), None


def _leading(args: list[Vector], rank: int) -> Outcome:
    lists = _booleans(args[0], rank)
    if lists is None:
        return 0, None
    going = np.logical_and.accumulate(_along(lists, _kept(lists, False)), axis=0)
    return Cells("integer", going.sum(axis=0, dtype=np.int64), 0, lists.most), None


def _sort(args: list[Vector], rank: int) -> Outcome:
    lists = _integers(args[0], rank)
    if lists is None:
        return [], None
    assert isinstance(lists.items, Cells)
    low, high = lists.items.low, lists.items.high
    # What stands beyond the end of a list is as great as the greatest, and goes to the end again.
    data = np.array(_along(lists, _kept(lists, high)))
    if lists.most > _NETWORK:
        data.sort(axis=0)
    else:
        for turn in range(lists.most):
            for place in range(turn % 2, lists.most - 1, 2):
                less = np.minimum(data[place], data[place + 1])
                np.maximum(data[place], data[place + 1], out=data[place + 1])
                data[place] = less
    return Lists(lists.most, lists.lengths, Cells("integer", data, low, high)), None


def _in(args: list[Vector], rank: int) -> Outcome:
    wanted, items = args
    lists = _lists(items, rank)
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
    hit: Array = np.zeros((1,) * (rank + 1), dtype=np.bool_)
    for place in range(data.shape[0]):
        same = looked_for == data[place]
        hit = hit | (same if inside is None else same & inside[place])
    return Cells("boolean", hit), None


def _slice(args: list[Vector], rank: int) -> Outcome:
    lists = _lists(args[0], rank)
    start, stop = _integer(args[1], rank), _integer(args[2], rank)
    most = 0 if lists is None else lists.most
    if start.low == start.high and stop.low == stop.high and (lists is None or lists.lengths is None):
        first, last = start.low, stop.low
        if not 0 <= first <= last <= most:
            raise OperatorError("needs 0 <= from <= to <= length")
        if first == last or lists is None:
            return [], None
        return Lists(last - first, None, transform(lists.items, lambda data, at: _cut(data, at, first, last))), None
    size = most if lists is None or lists.lengths is None else lists.lengths
    bad = (start.data < 0) | (stop.data < start.data) | (stop.data > size)
    lengths = np.where(bad, 0, stop.data - start.data)
    longest = int(lengths.max())
    if not longest or lists is None:
        return [], bad
    places = start.data + np.arange(longest).reshape((-1,) + (1,) * (rank + 1))
    return Lists(longest, lengths, gather(lists.items, np.clip(places, 0, most - 1))), bad


def _cut(data: Array, axis: int, first: int, last: int) -> Array:
    return data if data.shape[axis] == 1 else data[(slice(None),) * axis + (slice(first, last),)]


def _range(args: list[Vector], rank: int) -> Outcome:
    n = _integer(args[0], rank)
    bad: Array = (n.data < 0) | (n.data > LIST_LIMIT)
    lengths = np.where(bad, 0, n.data)
    most = int(lengths.max())
    if not most:
        return [], bad
    afford(most * lengths.size)
    items = Cells("integer", np.arange(most).reshape((-1,) + (1,) * (rank + 1)), 0, most - 1)
    return Lists(most, lengths, items), bad


def _counts(args: list[Vector], rank: int) -> Outcome:
    n = args[1]
    if type(n) is not int:
        raise NotVectorised("how many numbers are counted differs")
    if not 0 <= n <= LIST_LIMIT:
        raise OperatorError("needs a length of 0 to 65,536")
    lists = _integers(args[0], rank)
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
    positions = int(np.prod(frame))
    afford(n * positions)
    # Each place of the frame has n counters of its own.
    flat = np.broadcast_to(data, shape).reshape(lists.most, positions) * positions + np.arange(positions)
    kept = flat[np.broadcast_to(counted, shape).reshape(lists.most, positions)]
    tally = np.bincount(kept, minlength=n * positions).reshape(n, *frame)
    return Lists(n, None, Cells("integer", tally, 0, lists.most)), bad


def _pairwise(step: Callable[[Cells, Cells], Outcome]) -> Function:
    return lambda args, rank: step(_integer(args[0], rank), _integer(args[1], rank))


_FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "add": _folded(_add),
        "mul": _folded(_mul),
        "min": _folded(_min),
        "max": _folded(_max),
        "sub": _pairwise(_sub),
        "div": _pairwise(_div),
        "mod": _pairwise(_mod),
        "eq": _eq,
        "lt": _compared(np.less),
        "le": _compared(np.less_equal),
        "gt": _compared(np.greater),
        "ge": _compared(np.greater_equal),
        "not": _not,
        "at": at,
        "len": _len,
        "sum": _sum,
        "count": _count,
        "in": _in,
        "slice": _slice,
        "sort": _sort,
        "range": _range,
        "leading": _leading,
        "counts": _counts,
    }
)
