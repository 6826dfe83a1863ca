"""History: the files that an audit goes through, and blocks of rows as arrays (verifier/spec/history.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Kind = Literal["statements", "csv", "parquet"]

KINDS: Final[Mapping[str, Kind]] = {
    ".jsonl": "statements",
    ".ndjson": "statements",
    ".csv": "csv",
    ".parquet": "parquet",
}
"""The end of a file's name to its format."""

_HEAD_BYTES: Final = 65_536


class HistoryError(ValueError):
    """Say which file cannot be read as a history at all, and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """Name one file of a history.

    Args:
        path: as it was given; discrepancies show it.
        kind: its format, from the end of its name.
        size: bytes.
        head: SHA-256 of its first 64 KiB, so that a resumed audit sees when it is another file.
    """

    path: str
    kind: Kind
    size: int
    head: str


@dataclass(frozen=True, slots=True)
class Position:
    """Say how far a file was read.

    Args:
        offset: bytes; in Parquet row groups.
        rows: lines; in Parquet rows of that row group.
        line: number of the last line; in Parquet of the last row.
    """

    offset: int = 0
    rows: int = 0
    line: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Hold a column of texts: for each row its place among the distinct ones."""

    codes: Array
    values: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def at(self, row: int) -> str:
        """Return the text of one row."""
        return self.values[int(self.codes[row])]

    def take(self, rows: Array) -> Texts:
        """Return some of the rows."""
        return Texts(self.codes[rows], self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """Hold a column of integers; `known` is False where a cell is empty, None where none is."""

    data: Array
    known: Array | None = None

    def __len__(self) -> int:
        return len(self.data)

    def at(self, row: int) -> int | None:
        """Return the integer of one row, None where the cell is empty."""
        return int(self.data[row]) if self.known is None or self.known[row] else None

    def take(self, rows: Array) -> Whole:
        """Return some of the rows."""
        return Whole(self.data[rows], None if self.known is None else self.known[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Flags:
    """Hold a column of booleans."""

    data: Array

    def __len__(self) -> int:
        return len(self.data)

    def at(self, row: int) -> bool:
        """Return the boolean of one row."""
        return bool(self.data[row])

    def take(self, rows: Array) -> Flags:
        """Return some of the rows."""
        return Flags(self.data[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """Hold a column of lists of integers: row i has items[starts[i]:ends[i]]."""

    items: Array
    starts: Array
    ends: Array

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, row: int) -> list[int]:
        """Return the list of one row."""
        items: list[int] = self.items[int(self.starts[row]) : int(self.ends[row])].tolist()
        return items

    def take(self, rows: Array) -> Lists:
        """Return some of the rows."""
        return Lists(self.items, self.starts[rows], self.ends[rows])


Cells: TypeAlias = Texts | Whole | Flags | Lists


@dataclass(frozen=True, slots=True)
class BadRow:
    """Hold a row that has no form: its line, why, and the beginning of what stands there."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Hold some rows of a table.

    Args:
        lines: int64 of shape (rows,), the number of each row's line; in Parquet of the row itself, from 1.
        columns: by name, all of one length.
        bad: rows that could not be taken apart, which are in no column.
    """

    lines: Array
    columns: Mapping[str, Cells]
    bad: tuple[BadRow, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.lines)


def texts_of(values: Sequence[str]) -> Texts:
    """Return texts given one by one as a column."""
    places: dict[str, int] = {}
    codes = np.fromiter((places.setdefault(value, len(places)) for value in values), dtype=np.int64, count=len(values))
    return Texts(codes, tuple(places))


def find_sources(paths: Sequence[Path]) -> tuple[Source, ...]:
    """Return the files of a history, in order; of a folder those whose names end as a history's do, sorted.

    Raises:
        HistoryError: a path is not there, is of no known format, or a folder holds none.
    """
    found: list[Source] = []
    for path in paths:
        if path.is_dir():
            files = sorted(one for one in path.iterdir() if one.suffix in KINDS and one.is_file())
            if not files:
                raise HistoryError(f"{path}: holds no file that ends with {', '.join(KINDS)}")
        else:
            files = [path]
        found.extend(_source(one) for one in files)
    names = [source.path for source in found]
    if len(set(names)) != len(names):
        raise HistoryError(f"{next(name for name in names if names.count(name) > 1)}: is named twice")
    return tuple(found)


def _source(path: Path) -> Source:
    kind = KINDS.get(path.suffix)
    if kind is None:
        raise HistoryError(f"{path}: a history ends with {', '.join(KINDS)}; give the file its name")
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        return Source(str(path), kind, path.stat().st_size, hashlib.sha256(head).hexdigest())
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read: {error.strerror}") from None
