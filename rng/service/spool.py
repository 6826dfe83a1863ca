"""A spool: pieces of an answer that may be too large for memory, kept in order until they are sent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

__all__ = ["Spool"]

_IN_MEMORY: Final = 33_554_432


class Spool:
    """Keep pieces of columns: in memory up to 32 MiB, beyond that in a file without a name.

    Args:
        columns: how many columns there are.
    """

    def __init__(self, columns: int) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by close()
        self._pieces: list[list[tuple[int, int]]] = [[] for _ in range(columns)]
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def size(self) -> int:
        """Return how many bytes are kept."""
        return self._end

    def add(self, pieces: Iterable[bytes]) -> None:
        """Keep one more piece of each column.

        Raises:
            OSError: if there is no room on the disk.
        """
        self._file.seek(self._end)
        for column, piece in zip(self._pieces, pieces, strict=True):
            self._file.write(piece)
            column.append((self._end, len(piece)))
            self._end += len(piece)

    def pieces(self, column: int) -> int:
        """Return how many pieces a column has."""
        return len(self._pieces[column])

    def read(self, column: int, piece: int) -> bytes:
        """Return one piece of a column."""
        start, size = self._pieces[column][piece]
        self._file.seek(start)
        return self._file.read(size)

    def close(self) -> None:
        """Drop everything; a second call does nothing."""
        self._file.close()
