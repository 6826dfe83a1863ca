"""Client seeds of many rounds, one after another in memory, checked together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def at(self, row: int) -> ClientSeed:
        """Return the client seed of one row."""
        return ClientSeed.from_bytes(self.data[int(self.offsets[row]) : int(self.offsets[row + 1])])

    def part(self, start: int, stop: int) -> ClientSeeds:
        """Return the client seeds of some rows."""
        low, high = int(self.offsets[start]), int(self.offsets[stop])
        part = object.__new__(ClientSeeds)  # not checked again
        object.__setattr__(part, "data", self.data[low:high])
        object.__setattr__(part, "offsets", self.offsets[start : stop + 1] - low)
        return part


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
