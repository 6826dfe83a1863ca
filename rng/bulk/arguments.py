"""Arguments of operators over many rounds: values of the kind that an operator takes, or an `OperatorError`."""

from __future__ import annotations

from collections.abc import Callable

from rng.bulk.values import Array, Cells, Lists, NotVectorised, Vector, as_cells, as_lists, is_list
from rng.games.operators import OperatorError

Outcome = tuple[Vector, Array | None]
"""A value, and where it has none (`None`: it has one everywhere)."""

Function = Callable[[list[Vector], int], Outcome]
"""An operator: its arguments and their rank to its value."""


def integer_cells(value: Vector, rank: int) -> Cells:
    """Return integers, or raise `OperatorError`."""
    if type(value) is int or (isinstance(value, Cells) and value.kind == "integer"):
        return as_cells(value, rank)
    raise OperatorError("needs an integer")


def boolean_cells(value: Vector, rank: int) -> Cells:
    """Return booleans, or raise `OperatorError`."""
    if type(value) is bool or (isinstance(value, Cells) and value.kind == "boolean"):
        return as_cells(value, rank)
    raise OperatorError("needs a boolean")


def lists_of(value: Vector, rank: int) -> Lists | None:
    """Return lists, None if they are empty in every round; or raise `OperatorError`.

    Raises:
        NotVectorised: they are lists in some rounds only.
    """
    if is_list(value):
        return as_lists(value, rank)
    if isinstance(value, Cells) and value.kind == "constant" and any(type(entry) is list for entry in value.table):
        raise NotVectorised("lists and objects stand beside each other")
    raise OperatorError("needs a list")


def _of_kind(kind: str) -> Callable[[Vector, int], Lists | None]:
    def check(value: Vector, rank: int) -> Lists | None:
        lists = lists_of(value, rank)
        if lists is None or (isinstance(lists.items, Cells) and lists.items.kind == kind):
            return lists
        if lists.lengths is not None:
            raise NotVectorised(f"some lists may be empty, and the others are not of the kind {kind}")
        raise OperatorError(f"needs a list of the kind {kind}")

    return check


lists_of_integers = _of_kind("integer")
lists_of_booleans = _of_kind("boolean")
