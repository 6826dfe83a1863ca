"""Columns: what many rounds came to, an array for each draw, each field of the outcome and the payout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from rng.bulk.values import Array, Lists, Vector, as_cells
from rng.games.operators import Value

ROW_INTEGER_BYTES: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Hold one field of the outcome for many rounds.

    Args:
        kind: `integer` (data is int64), `boolean`, `text` (data holds places in labels) or `value`: any Python values
            (data is of objects), where rounds differ in their form.
        data: the values along the first axis; one more axis for each list, filled up with values without meaning.
        labels: the texts of a `text` column, distinct.
        lengths: for each list axis how long the lists are, or None where all have the whole length.
    """

    kind: Literal["integer", "boolean", "text", "value"]
    data: Array
    labels: tuple[str, ...] = ()
    lengths: tuple[Array | None, ...] = ()

    def __len__(self) -> int:
        return len(self.data)

    def to_list(self) -> list[Value]:
        """Return the values as the scalar path gives them: integers, booleans, texts and lists of these."""
        values: list[Any]
        if self.kind == "text":
            table = np.empty(len(self.labels), dtype=object)
            table[:] = self.labels
            values = table[self.data].tolist()
        else:
            values = self.data.tolist()
        for axis, lengths in enumerate(self.lengths):
            if lengths is not None:
                values = _cut(values, np.broadcast_to(lengths, self.data.shape[: axis + 1]).tolist(), axis)
        return values


def _cut(values: list[Any], lengths: Any, axis: int) -> list[Any]:
    """Return nested lists with those at one depth cut to their lengths; lists around them may be cut already."""
    if axis:
        return [_cut(value, length, axis - 1) for value, length in zip(values, lengths, strict=False)]
    return [value[:length] for value, length in zip(values, lengths, strict=False)]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Hold rounds of one game, one a row.

    Args:
        nonces: int64 of shape (rounds,).
        draws: by name int64 of shape (rounds,), or (rounds, width) where the draw's value is a list.
        outcome: by field.
        payout: int64 of shape (rounds,), ten-thousandths of the stake, stake included; None where the engine settles.
    """

    nonces: Array
    draws: Mapping[str, Array]
    outcome: Mapping[str, Column]
    payout: Array | None

    def __len__(self) -> int:
        return len(self.nonces)

    @property
    def width(self) -> int:
        """Return how many integers a round draws."""
        return sum(1 if draw.ndim == 1 else draw.shape[1] for draw in self.draws.values())

    def rows(self) -> Array:
        """Return the rows of a batch: the draws of each round flattened in order, 8 bytes each, big-endian.

        Returns:
            uint8 of shape (rounds, 8 * width), as `rng.rounds.Player.row` has them (statements.md T4).
        """
        flat = np.empty((len(self), self.width), dtype=">u8")
        place = 0
        for draw in self.draws.values():
            part = draw[:, None] if draw.ndim == 1 else draw
            flat[:, place : place + part.shape[1]] = part
            place += part.shape[1]
        return flat.view(np.uint8).reshape(len(self), ROW_INTEGER_BYTES * self.width)


def column_of_vector(value: Vector, rounds: int) -> Column:
    """Return a field of the outcome, as the evaluator has it, as a column."""
    lengths: list[Array | None] = []
    axes: tuple[int, ...] = (rounds,)
    while isinstance(value, Lists):
        # Arrays of the evaluator have the rounds last and the innermost list first; columns the other way round.
        lengths.append(None if value.lengths is None else np.broadcast_to(value.lengths, axes).T)
        axes = (value.most, *axes)
        value = value.items
    if type(value) is list and not value:
        return Column("integer", np.zeros((rounds, 0), dtype=np.int64), (), (None,))
    if type(value) is list:
        return column_of_values([value] * rounds)
    value = as_cells(value, 0)
    data = np.broadcast_to(value.data, axes).T
    if value.kind == "constant":
        return Column("text", data, value.table, tuple(lengths))
    return Column(value.kind, data, (), tuple(lengths))


def column_of_values(values: Sequence[Value]) -> Column:
    """Return Python values as a column: of their kind where they are all integers, booleans or texts."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return Column("integer", np.array(values, dtype=np.int64))
    if kinds == {bool}:
        return Column("boolean", np.array(values, dtype=np.bool_))
    if kinds == {str}:
        labels = {text: place for place, text in enumerate(dict.fromkeys(values))}
        return Column("text", np.array([labels[text] for text in values], dtype=np.int64), tuple(labels))
    data = np.empty(len(values), dtype=object)
    # One by one: numpy would make an axis of lists of one length.
    for place, value in enumerate(values):
        data[place] = value
    return Column("value", data)


def with_rows(column: Column, rows: Sequence[int], values: Sequence[Value]) -> Column:
    """Return a column with other values in some rows."""
    everything = column.to_list()
    for row, value in zip(rows, values, strict=True):
        everything[row] = value
    return column_of_values(everything)


def join_columns(parts: Sequence[Columns]) -> Columns:
    """Return rounds one after another.

    Args:
        parts: at least one, of one game with the same parameters.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    payout = None if first.payout is None else np.concatenate([_payout(part) for part in parts])
    return Columns(
        nonces=np.concatenate([part.nonces for part in parts]),
        draws={name: np.concatenate([part.draws[name] for part in parts]) for name in first.draws},
        outcome={name: _join([part.outcome[name] for part in parts]) for name in first.outcome},
        payout=payout,
    )


def _payout(part: Columns) -> Array:
    assert part.payout is not None
    return part.payout


def _join(parts: Sequence[Column]) -> Column:
    first = parts[0]
    if first.kind == "value" or any(part.kind != first.kind or part.data.ndim != first.data.ndim for part in parts):
        return column_of_values([value for part in parts for value in part.to_list()])
    shape = tuple(max(part.data.shape[axis] for part in parts) for axis in range(1, first.data.ndim))
    labels, datas = first.labels, [part.data for part in parts]
    if first.kind == "text" and any(part.labels != labels for part in parts):
        labels = tuple(dict.fromkeys(text for part in parts for text in part.labels))
        places = {text: place for place, text in enumerate(labels)}
        datas = [np.array([places[text] for text in part.labels], dtype=np.int64)[part.data] for part in parts]
    data = np.concatenate([_filled(one, shape) for one in datas])
    lengths: list[Array | None] = []
    for axis in range(len(first.lengths)):
        if all(part.lengths[axis] is None and part.data.shape[axis + 1] == shape[axis] for part in parts):
            lengths.append(None)
        else:
            lengths.append(np.concatenate([_filled(_lengths(part, axis), shape[:axis]) for part in parts]))
    return Column(first.kind, data, labels, tuple(lengths))


def _lengths(part: Column, axis: int) -> Array:
    known = part.lengths[axis]
    return np.full(part.data.shape[: axis + 1], part.data.shape[axis + 1]) if known is None else known


def _filled(data: Array, shape: tuple[int, ...]) -> Array:
    """Return an array whose axes after the first are made longer."""
    if data.shape[1:] == shape:
        return data
    return np.pad(data, [(0, 0), *((0, size - old) for size, old in zip(shape, data.shape[1:], strict=True))])
