"""Operators on integers, booleans and texts of many rounds at once, equal to those of `rng.games.operators`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from rng.bulk.arguments import Function, Outcome, boolean_cells, integer_cells
from rng.bulk.values import Array, Cells, Lists, Vector, as_cells, common_table, either, settle
from rng.games.operators import INTEGER_LIMIT, OperatorError


def folded(step: Callable[[Cells, Cells], Outcome]) -> Function:
    """Return the operator that goes from left to right through two or more integers, a step at a time."""

    def function(args: list[Vector], rank: int) -> Outcome:
        total, *terms = (integer_cells(arg, rank) for arg in args)
        bad: Array | None = None
        for term in terms:
            total, wrong = step(total, term)
            bad = either(bad, wrong)
        return total, bad

    return function


def add(a: Cells, b: Cells) -> Outcome:
    """Return a + b."""
    return settle(a.data + b.data, a.low + b.low, a.high + b.high)


def sub(a: Cells, b: Cells) -> Outcome:
    """Return a - b."""
    return settle(a.data - b.data, a.low - b.high, a.high - b.low)


def mul(a: Cells, b: Cells) -> Outcome:
    """Return a * b."""
    corners = [x * y for x, y in product((a.low, a.high), (b.low, b.high))]
    low, high = min(corners), max(corners)
    if low >= -INTEGER_LIMIT and high <= INTEGER_LIMIT:
        return Cells("integer", a.data * b.data, low, high), None
    # A product may pass 2^63. In doubles it is wrong by a little: beyond 2^60 it is surely too large, below it is
    # surely within int64, where it is exact.
    vast = np.abs(a.data.astype(np.float64) * b.data) > 2.0**60
    result, bad = settle(np.where(vast, 0, a.data) * b.data, low, high)
    return result, either(bad, vast)


def least(a: Cells, b: Cells) -> Outcome:
    """Return the smaller one (`min`)."""
    return Cells("integer", np.minimum(a.data, b.data), min(a.low, b.low), min(a.high, b.high)), None


def greatest(a: Cells, b: Cells) -> Outcome:
    """Return the greater one (`max`)."""
    return Cells("integer", np.maximum(a.data, b.data), max(a.low, b.low), max(a.high, b.high)), None


def _divisor(b: Cells) -> tuple[Cells, Array | None]:
    """Return a divisor with 1 in the place of what is less, and where that was."""
    if b.low >= 1:
        return b, None
    if b.high < 1:
        raise OperatorError("needs a divisor of at least 1")
    return Cells("integer", np.maximum(b.data, 1), 1, b.high), b.data < 1


def div(a: Cells, b: Cells) -> Outcome:
    """Return floor(a / b) for b >= 1."""
    b, bad = _divisor(b)
    corners = [x // y for x, y in product((a.low, a.high), (b.low, b.high))]
    return Cells("integer", a.data // _plain(b), min(corners), max(corners)), bad


def mod(a: Cells, b: Cells) -> Outcome:
    """Return a - b * floor(a / b) for b >= 1."""
    b, bad = _divisor(b)
    if a.low >= 0 and a.high < b.low:
        return a, bad
    # numpy divides by one number fast, but finds the remainder by the slow instruction.
    divisor = _plain(b)
    return Cells("integer", a.data - a.data // divisor * divisor, 0, b.high - 1), bad


def _plain(cells: Cells) -> Any:
    """Return integers as one number where they are one."""
    return cells.low if cells.low == cells.high else cells.data


def compared(compare: Callable[[Array, Array], Array]) -> Function:
    """Return the operator that compares two integers."""

    def function(args: list[Vector], rank: int) -> Outcome:
        a, b = (integer_cells(arg, rank) for arg in args)
        return Cells("boolean", compare(a.data, b.data)), None

    return function


def eq(args: list[Vector], rank: int) -> Outcome:
    """Return whether two integers, two texts or two booleans are equal."""
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


def not_(args: list[Vector], rank: int) -> Outcome:
    """Return the opposite of a boolean."""
    return Cells("boolean", ~boolean_cells(args[0], rank).data), None


def pairwise(step: Callable[[Cells, Cells], Outcome]) -> Function:
    """Return the operator that takes two integers."""
    return lambda args, rank: step(integer_cells(args[0], rank), integer_cells(args[1], rank))
