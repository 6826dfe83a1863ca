"""Histories as CSV: blocks of lines to columns, fast by pyarrow where it is installed, else by the standard library.

Whatever is irregular in a block (a row with too many cells, bytes that are no UTF-8, a word where a number belongs)
sends that block the slow way, row by row, so that one bad row costs no other.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Set
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from certification.history import Array, BadRow, Block, Cells, HistoryError, Position, Texts, Whole, texts_of
from certification.history_csv_repeats import fold, line_ends

BLOCK_BYTES: Final = 4 * 2**20
_LONGEST_LINE: Final = 2**20
_PARSED_BYTES: Final = 2**20
"""What pyarrow works on at once: it is fastest where that stays in the processor's cache."""

_LINE_BREAK: Final = ord("\n")
_SHOWN: Final = 200
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}\Z")
_INTEGERS: Final = ("nonce", "payout")
"""Columns that hold nothing but integers."""

_MAY_BE_INTEGERS: Final = ("draws.", "outcome.")
"""How the names of columns begin that may hold integers, as the rules have it."""


class _Form:
    """Hold what is known of a file's columns: it is learnt while the file is read.

    Args:
        names: of the columns.
        texts: columns that are never read as integers.
    """

    def __init__(self, names: tuple[str, ...], texts: Set[str]) -> None:
        self.names = names
        self.texts = texts
        self.integers: set[str] = set()
        """Columns that held nothing but integers so far."""
        is_other = [name in _INTEGERS or name.startswith(_MAY_BE_INTEGERS) for name in names]
        self.leading = is_other.index(True) if True in is_other else 0
        """How many columns of texts stand first, where lines repeat them; else 0."""


def read_csv(
    path: Path,
    *,
    start: Position,
    texts: Set[str] = frozenset(),
    fast: bool | None = None,
    on_read: Callable[[int, bytes | memoryview], None] | None = None,
) -> Iterator[tuple[Block, Position]]:
    """Yield the rows of a CSV file in blocks, each with the position after it.

    Args:
        path: the file; its first line names the columns.
        start: where to go on.
        texts: columns that are never read as integers, whatever their cells look like.
        fast: whether to use pyarrow; None for wherever it is installed.
        on_read: is told the first line and each block as they are read, with their offset in the file.

    Raises:
        HistoryError: the file cannot be read or its first line names no columns.
    """
    use_arrow = find_spec("pyarrow") is not None if fast is None else fast
    try:
        with path.open("rb") as file:
            first = file.readline(_LONGEST_LINE)
            names = _header(path, first)
            if on_read is not None:
                on_read(0, first)
            position = start if start.line else Position(file.tell(), 0, 1)
            file.seek(position.offset)
            form = _Form(names, frozenset(texts))
            # One buffer for all blocks: fresh memory for each costs more than reading into it.
            buffer = memoryview(bytearray(BLOCK_BYTES + _LONGEST_LINE))
            while data := _whole_lines(file, buffer):
                if on_read is not None:
                    on_read(position.offset, data)
                ends = line_ends(data)
                lines = len(ends)
                block = _fast_block(data, ends, form, position.line + 1) if use_arrow else None
                if block is None:
                    block = _slow_block(bytes(data), names, position.line + 1)
                position = Position(position.offset + len(data), 0, position.line + lines)
                yield block, position
                del block  # so that the next one finds its memory free
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read: {error.strerror}") from None


def _header(path: Path, line: bytes) -> tuple[str, ...]:
    try:
        names = next(csv.reader([line.decode("utf-8-sig").rstrip("\r\n")]), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise HistoryError(f"{path}: line 1 names no columns: {error}") from None
    if len(set(names)) != len(names):
        raise HistoryError(
            f"{path}: line 1 names the column {next(n for n in names if names.count(n) > 1)!r:.80} twice"
        )
    return tuple(names)


def _whole_lines(file: io.BufferedReader, buffer: memoryview) -> memoryview:
    """Read the next block of whole lines into a buffer, and return that part of it.

    A line longer than 1 MiB is cut, which makes each part a bad row.
    """
    size = file.readinto(buffer[:BLOCK_BYTES])
    if size == BLOCK_BYTES and buffer[size - 1] != _LINE_BREAK:
        rest = file.readline(_LONGEST_LINE)
        buffer[size : size + len(rest)] = rest
        size += len(rest)
    return buffer[:size]


def _fast_block(data: memoryview, ends: Array, form: _Form, first_line: int) -> Block | None:
    """Return a block by pyarrow, or None where something in it is irregular; the form learns from it."""
    columns = _folded_columns(data, ends, form)
    if columns is None:
        columns = _columns(data, form.names, len(ends), form)
    if columns is None:
        return None
    for name, cells in columns.items():
        may_be = name.startswith(_MAY_BE_INTEGERS) and name not in form.integers and name not in form.texts
        if may_be and _all_integers(cells):
            form.integers.add(name)
    return Block(np.arange(first_line, first_line + len(ends), dtype=np.int64), columns)


def _folded_columns(data: memoryview, ends: Array, form: _Form) -> dict[str, Cells] | None:
    """Return the columns of a block whose lines repeat their leading cells, None where they do not."""
    if not form.leading:
        return None
    folded = fold(data, ends, columns=form.leading)
    if folded is None:
        # As one block of a file is, so are the others.
        form.leading = 0
        return None
    heads = _columns(memoryview(folded.heads), form.names[: form.leading], len(folded.counts), form)
    if heads is None:
        return None
    tails = _columns(folded.tails, form.names[form.leading :], len(ends), form)
    if tails is None:
        return None
    found: dict[str, Cells] = {}
    for name, cells in heads.items():
        assert isinstance(cells, Texts)
        found[name] = Texts(np.repeat(cells.codes, folded.counts), cells.values)
    return found | tails


def _columns(data: memoryview, names: tuple[str, ...], rows: int, form: _Form) -> dict[str, Cells] | None:
    """Return the columns of as many rows as there must be, None where the bytes are no such table."""
    import pyarrow as pa

    from certification.history_arrow import cells_of

    text = pa.dictionary(pa.int32(), pa.string())
    whole = form.integers - form.texts
    tries: list[Set[str]] = [whole, frozenset()] if whole else [frozenset()]
    # A column that held integers so far may hold texts now: then all are read as texts.
    for some in tries:
        wanted = {name: pa.int64() if name in some or name in _INTEGERS else text for name in names}
        table = _parsed(data, names, wanted)
        if table is not None:
            return {name: cells_of(table.column(name)) for name in names} if table.num_rows == rows else None
    return None


def _parsed(data: memoryview, names: tuple[str, ...], wanted: dict[str, Any]) -> Any:
    """Return a table of pyarrow, or None where the bytes are none with columns of these types."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    try:
        return arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(data)),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=_PARSED_BYTES),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=False, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=wanted, null_values=[""], strings_can_be_null=False, quoted_strings_can_be_null=False
            ),
            memory_pool=pa.system_memory_pool(),
        )
    except pa.ArrowInvalid:
        return None


def _all_integers(cells: Any) -> bool:
    return not isinstance(cells, Whole) and all(map(_INTEGER.match, cells.values))


def _slow_block(data: bytes, names: tuple[str, ...], first_line: int) -> Block:
    """Return a block by the standard library, line by line: no cell holds a line break."""
    kept: list[list[str]] = []
    lines: list[int] = []
    bad: list[BadRow] = []
    checked = [(names.index(name), name) for name in _INTEGERS if name in names]
    for line, row in enumerate(data.removesuffix(b"\n").split(b"\n"), start=first_line):
        try:
            cells = next(csv.reader([row.decode("utf-8").rstrip("\r")], strict=True), [])
            if len(cells) != len(names):
                raise ValueError(f"has {len(cells)} cells, the first line names {len(names)} columns")
            for place, title in checked:
                if not _is_integer(cells[place]):
                    raise ValueError(f"{title} is no integer")
        except (ValueError, csv.Error) as error:
            reason = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            bad.append(BadRow(line, reason, row[:_SHOWN].decode("utf-8", "backslashreplace")))
            continue
        kept.append(cells)
        lines.append(line)
    columns: dict[str, Cells] = {}
    for place, name in enumerate(names):
        values = [cells[place].strip() if name in _INTEGERS else cells[place] for cells in kept]
        columns[name] = integers_of(values) if name in _INTEGERS else texts_of(values)
    return Block(np.array(lines, dtype=np.int64), columns, tuple(bad))


def _is_integer(text: str) -> bool:
    return not text or _INTEGER.match(text.strip()) is not None


def integers_of(values: list[str]) -> Whole:
    """Return a column of integers from their texts, the empty text for an empty cell."""
    known = np.array([value != "" for value in values], dtype=np.bool_)
    data = np.array([int(value or 0) for value in values], dtype=np.int64)
    return Whole(data, None if known.all() else known)
