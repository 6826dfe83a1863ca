"""Client seeds of many rounds, one after another in memory, checked together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from rng.bulk.values import Array
from rng.seeds import MAX_CLIENT_SEED_BYTES, ClientSeed


@dataclass(frozen=True, slots=True, eq=False)
class ClientSeeds:
    """Hold one client seed a round.

    Args:
        data: their bytes, one after another.
        offsets: int64 of shape (rounds + 1,): seed i is data[offsets[i]:offsets[i + 1]].

    Raises:
        TypeError, ValueError: the offsets do not fit the bytes, or a seed is none (`rng.seeds.ClientSeed`); the message
            names its row.
    """

    data: bytes = field(repr=False)
    offsets: Array = field(repr=False)

    def __post_init__(self) -> None:
        data: object = self.data
        if type(data) is not bytes:
            raise TypeError(f"client seeds must be bytes, not {type(data).__name__}; see ClientSeeds.of")
        offsets: Any = self.offsets
        if not isinstance(offsets, np.ndarray) or offsets.dtype != np.int64 or offsets.ndim != 1 or not len(offsets):
            raise TypeError("offsets of client seeds must be an int64 array of one axis, one longer than the seeds")
        lengths = np.diff(offsets)
        if offsets[0] != 0 or offsets[-1] != len(self.data) or (lengths < 0).any():
            raise ValueError(f"offsets of client seeds must run from 0 to {len(self.data)} without going back")
        for row in _suspects(self.data, offsets, lengths):
            try:
                self.at(row)
            except ValueError as error:
                raise ValueError(f"row {row}: {error}") from None

    @classmethod
    def of(cls, seeds: Sequence[ClientSeed | str | bytes]) -> ClientSeeds:
        """Return client seeds given one by one.

        Raises:
            TypeError, ValueError: one is no client seed; the message names its row.
        """
        parts: list[bytes] = []
        for row, seed in enumerate(seeds):
            if isinstance(seed, ClientSeed):
                parts.append(seed.data)
            elif isinstance(seed, bytes):
                parts.append(seed)
            elif isinstance(seed, str):
                try:
                    parts.append(ClientSeed(seed).data)
                except ValueError as error:
                    raise ValueError(f"row {row}: {error}") from None
            else:
                raise TypeError(f"row {row}: a client seed is a ClientSeed, text or bytes, not {type(seed).__name__}")
        return cls(b"".join(parts), np.cumsum([0, *map(len, parts)], dtype=np.int64))

    @classmethod
    def gather(cls, seeds: Sequence[ClientSeed | str | bytes], codes: Array) -> ClientSeeds:
        """Return client seeds that occur many times, checked once each.

        Args:
            seeds: the different ones.
            codes: int64 of shape (rounds,), the place of each round's seed among them.

        Raises:
            TypeError, ValueError: as `of`, where the row is the place among the different ones; or a code is no place.
        """
        distinct = cls.of(seeds)
        given: Any = codes
        if not isinstance(given, np.ndarray) or codes.dtype != np.int64 or codes.ndim != 1:
            raise TypeError("codes of client seeds must be an int64 array of one axis")
        wrong = (codes < 0) | (codes >= len(distinct))
        if wrong.any():
            row = int(wrong.argmax())
            raise ValueError(f"row {row}: code {int(codes[row])} is no place among {len(distinct)} client seeds")
        bounds = distinct.offsets.tolist()
        parts = [distinct.data[start:stop] for start, stop in pairwise(bounds)]
        offsets = np.concatenate([[0], np.cumsum(np.diff(distinct.offsets)[codes])])
        return cls._made(b"".join(map(parts.__getitem__, codes.tolist())), offsets)

    @classmethod
    def _made(cls, data: bytes, offsets: Array) -> ClientSeeds:
        """Return client seeds that were checked before."""
        seeds = object.__new__(cls)
        object.__setattr__(seeds, "data", data)
        object.__setattr__(seeds, "offsets", offsets)
        return seeds

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def at(self, row: int) -> ClientSeed:
        """Return the client seed of one row."""
        return ClientSeed.from_bytes(self.data[int(self.offsets[row]) : int(self.offsets[row + 1])])

    def part(self, start: int, stop: int) -> ClientSeeds:
        """Return the client seeds of some rows."""
        low, high = int(self.offsets[start]), int(self.offsets[stop])
        return self._made(self.data[low:high], self.offsets[start : stop + 1] - low)

    def is_one(self, start: int, stop: int) -> bool:
        """Return whether some rows, at least one, have the same client seed."""
        low, high = int(self.offsets[start]), int(self.offsets[start + 1])
        size, rows = high - low, stop - start
        bounds = self.offsets[start : stop + 1]
        # Bytes that begin again and again need the same bounds too: `aa`, `a` and `a`, `aa` are not of one seed.
        return bool((np.diff(bounds) == size).all()) and self.data[low : int(bounds[-1])] == self.data[low:high] * rows


def _suspects(data: bytes, offsets: Array, lengths: Array) -> list[int]:
    """Return rows, ascending, among which is the first that is no client seed; none if all are.

    The rules are those of `ClientSeed`, for all bytes at once.
    """
    wrong = (lengths < 1) | (lengths > MAX_CLIENT_SEED_BYTES)
    rows = {int(wrong.argmax())} if wrong.any() else set[int]()
    stop = min(rows, default=len(lengths))
    starts = offsets[:stop]
    data = data[: int(offsets[stop])]
    codes = np.frombuffer(data, dtype=np.uint8)
    # U+0000 to U+001F and U+007F are single bytes; U+0080 to U+009F are C2 80 to C2 9F. In UTF-8 no other character
    # holds these bytes.
    control = (codes < 0x20) | (codes == 0x7F)
    control[1:] |= (codes[:-1] == 0xC2) & (codes[1:] < 0xA0) & (codes[1:] >= 0x80)
    if control.any():
        rows.add(_row_of(offsets, int(control.argmax())))
    # If everything together is UTF-8, and no seed begins inside of a character, each seed is UTF-8.
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        rows.add(_row_of(offsets, error.start))
    inside = codes[starts] & 0xC0 == 0x80
    if inside.any():
        row = int(inside.argmax())
        # Perhaps the seed before it ends in the middle of the character.
        rows |= {max(0, row - 1), row}
    return sorted(rows)


def _row_of(offsets: Array, place: int) -> int:
    return int(np.searchsorted(offsets, place, side="right")) - 1
