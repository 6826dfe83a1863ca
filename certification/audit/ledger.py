"""The ledger of nonces: which nonces of each server seed have come, in memory that follows the seeds, not the rounds.

Nonces that follow one another are one interval; a seed whose rounds are all there takes a few dozen bytes. Intervals of
all seeds stand in one sorted array, so that looking up a whole block of rows is a few array operations.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from certification.history import Array

SEED_BYTES: Final = 16
"""Bytes of a seed's hash in the ledger: to find two seeds with one hash takes 2^64 tries."""

_KEY: Final = np.dtype("S24")
_NAMES: Final = ("keys", "ends", "files", "lines", "clients")
_TYPES: Final[tuple[np.dtype[Any], ...]] = (
    _KEY,
    np.dtype(np.int64),
    np.dtype(np.int32),
    np.dtype(np.int64),
    np.dtype("S16"),
)


@dataclass(frozen=True, slots=True)
class Gap:
    """Hold nonces of a seed that never came, and the place of the row behind them.

    Args:
        seed: the first 16 bytes of the seed's commitment.
        first, last: the nonces that are missing.
        file: number of the file.
        line: line of the row with nonce `last + 1`.
    """

    seed: bytes
    first: int
    last: int
    file: int
    line: int


class Ledger:
    """Hold intervals of nonces by seed."""

    def __init__(self) -> None:
        self._keys: Array = np.zeros(0, dtype=_KEY)
        self._ends: Array = np.zeros(0, dtype=np.int64)
        self._files: Array = np.zeros(0, dtype=np.int32)
        self._lines: Array = np.zeros(0, dtype=np.int64)
        self._clients: Array = np.zeros(0, dtype="S16")

    def add(
        self, seeds: Array, codes: Array, nonces: Array, *, file: int, lines: Array, clients: Array
    ) -> tuple[Array, Array]:
        """Take rows in, and return which of them have a nonce that came before, and which another client seed.

        Args:
            seeds: uint8 of shape (distinct, 16), the seeds' hashes, distinct.
            codes: for each row its seed's place in `seeds`.
            nonces: int64, 0 to 2^53 - 1.
            file: number of the file.
            lines: int64, the rows' lines.
            clients: S16, hash of each row's client seed: one server seed has one client seed (statements.md T3).

        Returns:
            Two bool arrays of shape (rows,).
        """
        count = len(nonces)
        double, other = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
        if not count:
            return double, other
        order = _order(codes, nonces)
        seed_of, nonce_of = codes[order], nonces[order]
        fresh_seed = np.ones(count, dtype=np.bool_)
        fresh_seed[1:] = seed_of[1:] != seed_of[:-1]
        again = np.zeros(count, dtype=np.bool_)
        again[1:] = ~fresh_seed[1:] & (nonce_of[1:] == nonce_of[:-1])
        # Of equal nonces the first row counts as the one that came; a stable order keeps it first.
        again |= self._holds(seeds, seed_of, nonce_of, fresh_seed)
        double[order[again]] = True
        known = self._first_client(seeds, seed_of, clients, order, fresh_seed)
        other[order] = clients[order] != known
        kept = order[~again]
        if len(kept):
            self._insert(seeds, codes[kept], nonces[kept], file, lines[kept], known[~again])
        return double, other

    def gaps(self) -> Iterator[Gap]:
        """Yield what is missing: before the first nonce of a seed, and between its intervals."""
        prefix, starts = _split(self._keys)
        fresh = np.ones(len(starts), dtype=np.bool_)
        fresh[1:] = (prefix[1:] != prefix[:-1]).any(axis=1)
        expected = np.zeros(len(starts), dtype=np.int64)
        expected[1:] = np.where(fresh[1:], 0, self._ends[:-1] + 1)
        for place in np.flatnonzero(expected != starts).tolist():
            yield Gap(
                prefix[place].tobytes(),
                int(expected[place]),
                int(starts[place]) - 1,
                int(self._files[place]),
                int(self._lines[place]),
            )

    def seeds(self) -> int:
        """Return how many seeds there are."""
        prefix, _ = _split(self._keys)
        return int((prefix[1:] != prefix[:-1]).any(axis=1).sum()) + 1 if len(prefix) else 0

    def state(self) -> dict[str, str]:
        """Return what a checkpoint keeps."""
        return {name: base64.b64encode(getattr(self, f"_{name}").tobytes()).decode("ascii") for name in _NAMES}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        for name, kind in zip(_NAMES, _TYPES, strict=True):
            setattr(self, f"_{name}", np.frombuffer(base64.b64decode(state[name]), dtype=kind).copy())

    def _before(self, keys: Array) -> Array:
        """Return for each key the place of the last interval that does not begin behind it, -1 for none."""
        found: Array = np.searchsorted(self._keys, keys, side="right") - 1
        return found

    def _holds(self, seeds: Array, seed_of: Array, nonces: Array, fresh_seed: Array) -> Array:
        """Return for rows in order which nonces came in earlier blocks."""
        result = np.zeros(len(nonces), dtype=np.bool_)
        if not len(self._keys):
            return result
        # Most seeds of a block are new, or go on where they ended: only the others are looked at nonce by nonce.
        begin = np.flatnonzero(fresh_seed)
        stop = np.append(begin[1:], len(nonces)) - 1
        first = _keys(seeds[seed_of[begin]], nonces[begin])
        last = _keys(seeds[seed_of[begin]], nonces[stop])
        low, high = self._before(first), self._before(last)
        inside = (low >= 0) & self._covers(low, seeds[seed_of[begin]], nonces[begin])
        suspect = np.repeat(inside | (low != high), stop - begin + 1)
        rows = np.flatnonzero(suspect)
        if len(rows):
            places = self._before(_keys(seeds[seed_of[rows]], nonces[rows]))
            result[rows] = (places >= 0) & self._covers(places, seeds[seed_of[rows]], nonces[rows])
        return result

    def _covers(self, places: Array, seeds: Array, nonces: Array) -> Array:
        prefix, _ = _split(self._keys[places])
        covered: Array = (prefix == seeds).all(axis=1) & (self._ends[places] >= nonces)
        return covered

    def _first_client(self, seeds: Array, seed_of: Array, clients: Array, order: Array, fresh_seed: Array) -> Array:
        """Return for rows in order the client seed of the first row that came of their server seed."""
        begin = np.flatnonzero(fresh_seed)
        known = clients[np.minimum.reduceat(order, begin)]
        if len(self._keys):
            # An interval of the same seed stands just before or just behind; each of them holds that client seed.
            places = np.searchsorted(self._keys, _keys(seeds[seed_of[begin]], np.zeros(len(begin), dtype=np.int64)))
            held = places < len(self._keys)
            prefix, _ = _split(self._keys[places[held]])
            same = (prefix == seeds[seed_of[begin[held]]]).all(axis=1)
            known[np.flatnonzero(held)[same]] = self._clients[places[held][same]]
        stop = np.append(begin[1:], len(order))
        result: Array = np.repeat(known, stop - begin)
        return result

    def _insert(self, seeds: Array, codes: Array, nonces: Array, file: int, lines: Array, clients: Array) -> None:
        begins = np.ones(len(nonces), dtype=np.bool_)
        begins[1:] = (codes[1:] != codes[:-1]) | (nonces[1:] != nonces[:-1] + 1)
        begin = np.flatnonzero(begins)
        ends = nonces[np.append(begin[1:], len(nonces)) - 1]
        keys = _keys(seeds[codes[begin]], nonces[begin])
        order = np.argsort(keys, kind="stable")
        keys, begin, ends = keys[order], begin[order], ends[order]
        # Most seeds are new or go on where they ended: what goes on is made longer where it stands.
        low = self._before(keys)
        prefix, starts = _split(keys)
        goes_on = low >= 0
        goes_on[goes_on] = self._covers(low[goes_on], prefix[goes_on], starts[goes_on] - 1)
        self._ends[low[goes_on]] = ends[goes_on]
        fresh = ~goes_on
        places = low[fresh] + 1
        if fresh.any():
            begin = begin[fresh]
            self._keys = np.insert(self._keys, places, keys[fresh])
            self._ends = np.insert(self._ends, places, ends[fresh])
            self._files = np.insert(self._files, places, np.full(len(begin), file, dtype=np.int32))
            self._lines = np.insert(self._lines, places, lines[begin])
            self._clients = np.insert(self._clients, places, clients[begin])
        # Each place moved by as many as were put in before it; an interval may touch the one behind it.
        low[goes_on] += np.searchsorted(places, low[goes_on], side="right")
        low[fresh] = places + np.arange(len(places))
        self._join(low)

    def _join(self, places: Array) -> None:
        """Make one interval of each of these and the one behind it, where they touch."""
        places = places[places + 1 < len(self._keys)]
        prefix, _ = _split(self._keys[places])
        behind, starts = _split(self._keys[places + 1])
        joined = places[(starts == self._ends[places] + 1) & (behind == prefix).all(axis=1)] + 1
        if len(joined):
            joins = np.zeros(len(self._keys), dtype=np.bool_)
            joins[joined] = True
            kept = np.flatnonzero(~joins)
            self._ends = self._ends[np.append(kept[1:], len(joins)) - 1]
            self._keys, self._files = self._keys[kept], self._files[kept]
            self._lines, self._clients = self._lines[kept], self._clients[kept]


def _order(codes: Array, nonces: Array) -> Array:
    """Return the rows by seed and nonce, rows alike in their own order; most histories have it already."""
    ascending = codes[1:] > codes[:-1]
    ascending |= (codes[1:] == codes[:-1]) & (nonces[1:] >= nonces[:-1])
    if ascending.all():
        return np.arange(len(codes))
    return np.lexsort((nonces, codes))


def _keys(seeds: Array, nonces: Array) -> Array:
    """Return hash and nonce as bytes that sort as the pair does."""
    keys = np.empty((len(nonces), 24), dtype=np.uint8)
    keys[:, :SEED_BYTES] = seeds
    keys[:, SEED_BYTES:] = nonces.astype(">i8").view(np.uint8).reshape(-1, 8)
    return keys.view(_KEY).reshape(-1)


def _split(keys: Array) -> tuple[Array, Array]:
    data = np.ascontiguousarray(keys).view(np.uint8).reshape(-1, 24)
    starts = np.ascontiguousarray(data[:, SEED_BYTES:]).view(">i8").reshape(-1).astype(np.int64)
    return data[:, :SEED_BYTES], starts
