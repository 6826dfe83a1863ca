"""Repeats in CSV: leading cells that a line shares with the line before are taken apart once, not line by line.

In a history of rounds the seeds, the game and its parameters mostly stand first and are those of the line before; they
make up most of its bytes. A head is the bytes of the leading cells with the comma behind them. Lines that begin with
one head have the same leading cells, and what is behind it is a line of the other columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from typing import Final

import numpy as np

from certification.history import Array

_STEP: Final = 512
"""Lines that are worked on at once."""

_FEWEST: Final = 8
"""Lines a head must have on average to be worth it."""

_TRIED: Final = 64
_PIECE_BYTES: Final = 2**18
_LINE_BREAK: Final = ord("\n")


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """Hold a block whose repeated heads were folded.

    Args:
        heads: the heads one after another, as CSV of the leading columns, one a line.
        counts: int64, how many lines each head has.
        tails: the rest of every line, as CSV of the other columns.
    """

    heads: bytes
    counts: Array
    tails: memoryview


def line_ends(data: memoryview) -> Array:
    """Return for each line of a block the place behind it, int64; the last one need not have a line break."""
    view = np.frombuffer(data, dtype=np.uint8)
    pieces = range(0, len(view), _PIECE_BYTES)
    ends = [np.flatnonzero(view[at : at + _PIECE_BYTES] == _LINE_BREAK) + (at + 1) for at in pieces]
    if data[-1] != _LINE_BREAK:
        ends.append(np.array([len(data)]))
    return np.concatenate(ends)


def fold(data: memoryview, ends: Array, *, columns: int) -> Folded | None:
    """Fold a block, or return None where its lines repeat too little, or a head is not plainly CSV.

    Args:
        data: whole lines, which stand at the beginning of a bytearray.
        ends: from `line_ends`.
        columns: how many leading columns make a head, at least 1 and fewer than there are.
    """
    view, raw, form = np.frombuffer(data, dtype=np.uint8), data.obj, _head(columns)
    assert isinstance(raw, bytearray)
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])
    begin_at, end_at = starts.tolist(), ends.tolist()
    heads: list[bytes] = []
    sizes: list[int] = []
    counts: list[int] = []
    row = 0
    while row < len(ends):
        start = begin_at[row]
        match = form.match(data, start, end_at[row])
        if match is None or (len(heads) >= _TRIED and row < _FEWEST * len(heads)):
            return None
        size = match.end() - start
        # A head holds no line break: a line that begins with it holds all of it.
        count = 1 + _repeats(raw, begin_at, row + 1, match.group())
        heads.append(match.group()[:-1])
        sizes.append(size)
        counts.append(count)
        row += count
    if len(ends) < _FEWEST * len(heads):
        return None
    many = np.array(counts, dtype=np.int64)
    begins = starts + np.repeat(np.array(sizes, dtype=np.int64), many)
    return Folded(b"\n".join(heads) + b"\n", many, _gathered(view, begins, ends).data)


def _gathered(view: Array, begins: Array, ends: Array) -> Array:
    """Return stretches of an array one after another, in pieces that stay in the processor's cache."""
    lengths = ends - begins
    stops = np.cumsum(lengths)
    found = np.empty(int(stops[-1]), dtype=np.uint8)
    first = 0
    for at in range(0, len(begins), _STEP):
        piece = slice(at, at + _STEP)
        last = int(stops[piece][-1])
        shifts = np.repeat(begins[piece] - (stops[piece] - lengths[piece]), lengths[piece])
        shifts += np.arange(first, last)
        found[first:last] = view[shifts]
        first = last
    return found


def _repeats(raw: bytearray, starts: list[int], row: int, head: bytes) -> int:
    """Return how many lines, from one on, begin with a head."""
    found = row
    while found < len(starts):
        begins_so = list(map(raw.startswith, repeat(head), starts[found : found + _STEP]))
        if False in begins_so:
            return found + begins_so.index(False) - row
        found += len(begins_so)
    return found - row


@cache
def _head(columns: int) -> re.Pattern[bytes]:
    """Return the form of a head whose cells every reader of CSV takes apart alike: quoted as a whole or not at all."""
    return re.compile(rb'(?:(?:"(?:[^"\r\n]|"")*"|[^",\r\n]*),){%d}' % columns)
