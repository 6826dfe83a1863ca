"""Readings: digests of what an audit read of its files, so that one that goes on sees when they were changed.

Of CSV it is what was audited so far, taken in as it is read: what comes behind is audited as it then stands. Of the
other formats it is the whole file, for the first pass over statements and the footer of Parquet have seen all of it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from certification.history import HistoryError, Source

_PIECE_BYTES: Final = 2**20


class Readings:
    """Hold for each file how many of its first bytes were read, and their SHA-256.

    Args:
        sources: the files.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._bytes: dict[int, int] = {}
        self._hashes: dict[int, Any] = {}

    def take(self, number: int, offset: int, data: bytes | memoryview) -> None:
        """Take in what was just read of a file; what is read again is not taken in again.

        Args:
            number: the file's number.
            offset: the place of the first byte in the file.
            data: the bytes; those before them came already.
        """
        if offset != self._bytes.setdefault(number, 0):
            return
        self._hashes.setdefault(number, hashlib.sha256()).update(data)
        self._bytes[number] += len(data)

    def take_whole(self, number: int) -> None:
        """Take in a whole file, before anything else is read of it.

        Raises:
            HistoryError: the file cannot be read.
        """
        if number not in self._bytes:
            self._read(number, self._sources[number].size)

    def state(self) -> list[list[Any]]:
        """Return what a checkpoint keeps: number, bytes and SHA-256 of each file that was read."""
        return [[number, size, self._hashes[number].hexdigest()] for number, size in self._bytes.items() if size]

    def restore(self, state: Sequence[Sequence[Any]]) -> None:
        """Read again what was read before a checkpoint, and go on from there.

        Args:
            state: from `state`.

        Raises:
            HistoryError: a file cannot be read, or is not what it was.
        """
        for number, size, digest in state:
            self._read(number, size)
            if self._hashes[number].hexdigest() != digest:
                raise HistoryError(
                    f"{self._sources[number].path}: was changed in its first {size} bytes since the audit was"
                    " interrupted, and they were gone through; put the file back, or remove the state to begin again"
                )

    def _read(self, number: int, size: int) -> None:
        path = Path(self._sources[number].path)
        try:
            with path.open("rb", buffering=0) as file:
                self._hashes[number] = _hash(file, size)
        except OSError as error:
            raise HistoryError(f"{path}: cannot be read: {error.strerror}") from None
        self._bytes[number] = size


def _hash(file: io.FileIO, size: int) -> Any:
    """Return the running SHA-256 of the first bytes of a file; of all it has, where these are fewer."""
    found = hashlib.sha256()
    buffer = memoryview(bytearray(min(size, _PIECE_BYTES)))
    while size and (got := file.readinto(buffer[: min(size, len(buffer))])):
        found.update(buffer[:got])
        size -= got
    return found
