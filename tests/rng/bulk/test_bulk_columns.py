"""Columns: the values that they stand for, ragged or not, joined or with rows put in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.bulk.columns import Column, Columns, column_of_values, column_of_vector, join_columns, with_rows
from rng.bulk.values import Cells, Lists


def ragged() -> Column:
    """Return a column of lists of lists of texts, of several lengths, as it comes from the evaluator."""
    texts = Cells("constant", np.array([[[0, 1, 2]], [[1, 1, 1]]]), table=("a", "b", "é"))
    inner = Lists(2, np.array([[2, 1, 0], [1, 2, 2]]), texts)
    return column_of_vector(Lists(2, np.array([2, 1, 2]), inner), 3)


RAGGED: list[Any] = [[["a", "b"], ["a"]], [["b"]], [[], ["é", "b"]]]

integers = st.integers(-(2**53) + 1, 2**53 - 1)
values = st.one_of(
    st.lists(integers, min_size=1, max_size=5),
    st.lists(st.booleans(), min_size=1, max_size=5),
    st.lists(st.sampled_from(["", "a", "é"]), min_size=1, max_size=5),
    st.lists(integers | st.booleans() | st.text(max_size=2) | st.lists(integers, max_size=2), min_size=1, max_size=5),
)


def test_lists_are_cut_to_their_lengths_at_every_depth() -> None:
    column = ragged()
    assert (column.kind, column.data.shape, column.labels) == ("text", (3, 2, 2), ("a", "b", "é"))
    assert column.to_list() == RAGGED
    assert len(column) == 3


@given(values)
def test_values_become_a_column_and_come_back(given: list[Any]) -> None:
    """By value and by type: 1 and true are kept apart."""
    column = column_of_values(given)
    assert repr(column.to_list()) == repr(given)
    kinds = {int: "integer", bool: "boolean", str: "text"}
    expected = kinds.get(type(given[0]), "value") if len(set(map(type, given))) == 1 else "value"
    assert column.kind == expected


@given(values, values, st.data())
def test_rows_are_put_in_whatever_their_kind(given: list[Any], others: list[Any], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(given) - 1), unique=True, max_size=len(others)))
    expected = list(given)
    for row, other in zip(rows, others, strict=False):
        expected[row] = other
    column = with_rows(column_of_values(given), rows, others[: len(rows)])
    assert repr(column.to_list()) == repr(expected)


def columns(**outcome: Column) -> Columns:
    """Return rounds with an outcome and nothing else of interest."""
    rounds = len(next(iter(outcome.values())))
    return Columns(np.arange(rounds), {"flip": np.zeros(rounds, dtype=np.int64)}, outcome, None)


@given(st.lists(values, min_size=1, max_size=4))
def test_parts_are_joined_whatever_their_kinds(parts: list[list[Any]]) -> None:
    joined = join_columns([columns(shown=column_of_values(part)) for part in parts])
    assert repr(joined.outcome["shown"].to_list()) == repr([value for part in parts for value in part])
    assert joined.payout is None


def test_ragged_lists_are_joined_with_longer_and_shorter_ones_and_with_other_texts() -> None:
    longer = column_of_vector(
        Lists(3, None, Lists(1, None, Cells("constant", np.zeros((1, 1, 1), dtype=np.int64), table=("z",)))), 2
    )
    empty = column_of_vector([], 2)
    flat = column_of_values(["a", "a"])
    joined = join_columns([columns(shown=part) for part in (ragged(), longer, ragged())]).outcome["shown"]
    assert joined.kind == "text"
    assert joined.to_list() == [*RAGGED, [["z"]] * 3, [["z"]] * 3, *RAGGED]
    for other, shown in ((empty, [[], []]), (flat, ["a", "a"])):
        joined = join_columns([columns(shown=part) for part in (ragged(), other)]).outcome["shown"]
        assert joined.to_list() == [*RAGGED, *shown]


@pytest.mark.parametrize("value", [5, True, "a", [1, "a"], [], [[]]])
def test_a_value_that_is_the_same_in_every_round_fills_its_column(value: Any) -> None:
    assert repr(column_of_vector(value, 3).to_list()) == repr([value] * 3)


def test_rows_are_written_as_a_batch_receipt_has_them() -> None:
    draws = {
        "one": np.array([1, 2**53 - 1]),
        "none": np.zeros((2, 0), dtype=np.int64),
        "two": np.array([[2, 3], [4, 5]]),
    }
    rounds = Columns(np.arange(2), draws, {}, None)
    assert rounds.width == 3
    assert [bytes(row).hex() for row in rounds.rows()] == [
        f"{1:016x}{2:016x}{3:016x}",
        f"{2**53 - 1:016x}{4:016x}{5:016x}",
    ]
