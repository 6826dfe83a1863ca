"""Rows of rounds in bulk, each with a server seed, a client seed and a nonce of its own: what an audit goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from rng import kernel
from rng.bulk.client_seeds import ClientSeeds
from rng.bulk.columns import Columns, join_columns
from rng.bulk.settler import Settler, settler_of
from rng.bulk.values import Array
from rng.bulk.words import range_words, row_keys, row_words
from rng.games import Rules
from rng.games.draws import maker
from rng.games.operators import Value
from rng.games.rules import Prepared, prepare_rules
from rng.primitives import Words
from rng.schemes import Scheme
from rng.seeds import MAX_NONCE, SEED_BYTES, ClientSeed, check_beacon

_LONG_RUN: Final = 512
"""Mean length of runs of nonces from which each run is worth a call of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class RowPlayer:
    """Play rows of rounds of one game with its parameters; made by `prepare_rows`.

    Args:
        prepared: the rules with their parameters.
        chunk: how many rows are worked on at once; memory follows that, and the result.
    """

    prepared: Prepared
    chunk: int
    _scheme: Scheme = field(repr=False)
    _beacon: str = field(repr=False)
    _settler: Settler = field(repr=False)

    def play(
        self,
        server_seeds: Array | bytes,
        *,
        client_seeds: ClientSeeds | Sequence[ClientSeed | str | bytes],
        nonces: Array | Sequence[int],
    ) -> Columns:
        """Return one round a row, in their order.

        Runs of nonces under one server seed and one client seed are the fastest, then neighbours with one server seed.

        Args:
            server_seeds: uint8 of shape (rows, 32), or 32 bytes a row; secret, and never shown.
            client_seeds: one a row.
            nonces: one a row, int64 or ints, 0 to 2^53 - 1.

        Raises:
            TypeError, ValueError: there are no rows, they differ in number, or a value is not allowed; the message
                names the row.
            ExpressionError: the rules give no value for some draws; the message names the first such row's nonce.
        """
        seeds = _server_seeds(server_seeds)
        clients = client_seeds if isinstance(client_seeds, ClientSeeds) else ClientSeeds.of(client_seeds)
        numbers = _nonces(nonces)
        rows = len(seeds)
        if not rows:
            raise ValueError("there is no row: rounds without rows have no columns")
        if len(clients) != rows or len(numbers) != rows:
            raise ValueError(
                f"{rows} server seeds, {len(clients)} client seeds and {len(numbers)} nonces: one a row each"
            )
        parts = [
            self._chunk(seeds[start:stop], clients.part(start, stop), numbers[start:stop])
            for start, stop in ((start, min(start + self.chunk, rows)) for start in range(0, rows, self.chunk))
        ]
        return join_columns(parts)

    def _chunk(self, seeds: Array, clients: ClientSeeds, nonces: Array) -> Columns:
        # Rounds of one seed mostly stand together: its game key is derived once for all of them.
        new = np.ones(len(seeds), dtype=np.bool_)
        new[1:] = (seeds[1:] != seeds[:-1]).any(axis=1)
        distinct = row_keys(self._scheme, seeds[new], rules_digest=self.prepared.rules.digest, beacon=self._beacon)
        keys = distinct[np.cumsum(new) - 1]
        words = None if self._settler.words is None else self._words(new, keys, clients, nonces, self._settler.words)

        def draw(row: int) -> list[Value]:
            blocks = self._scheme.blocks(bytes(keys[row]), client_seed=clients.at(row), nonce=int(nonces[row]))
            stream = Words(blocks)
            return [maker(one)(stream) for one in self.prepared.draws]

        return self._settler.settle(words, nonces, draw)

    def _words(self, new: Array, keys: Array, clients: ClientSeeds, nonces: Array, words: int) -> Array:
        """Return the words of rows, those of a run of nonces as a range, which is faster."""
        begins = new.copy()
        begins[1:] |= nonces[1:] != nonces[:-1] + 1
        starts = np.flatnonzero(begins).tolist()
        if len(starts) * _LONG_RUN > len(nonces):
            return row_words(self._scheme, keys, client_seeds=clients, nonces=nonces, words=words)
        parts: list[Array] = []
        for start, stop in zip(starts, [*starts[1:], len(nonces)], strict=True):
            if clients.is_one(start, stop):
                parts.append(
                    range_words(
                        self._scheme,
                        keys[start].tobytes(),
                        client_seed=clients.at(start),
                        first_nonce=int(nonces[start]),
                        count=stop - start,
                        words=words,
                    )
                )
            else:
                part = clients.part(start, stop)
                run = slice(start, stop)
                parts.append(row_words(self._scheme, keys[run], client_seeds=part, nonces=nonces[run], words=words))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def prepare_rows(scheme: Scheme, *, rules: Rules, parameters: Mapping[str, object], beacon: str = "") -> RowPlayer:
    """Return what plays rows of rounds of a game.

    Args:
        scheme: the scheme of all rows.
        rules: the rules of all rows.
        parameters: the parameters of all rows: every one by name, as `check_parameters` returns them.
        beacon: the beacon of all rows, or empty.

    Raises:
        ParameterError, ExpressionError: as `rng.rounds.prepare`.
        TypeError, ValueError: the beacon is none.
    """
    check_beacon(beacon)
    settler = settler_of(prepare_rules(rules, parameters))
    return RowPlayer(settler.prepared, settler.chunk, scheme, beacon, settler)


def play_rows(
    scheme: Scheme,
    *,
    server_seeds: Array | bytes,
    client_seeds: ClientSeeds | Sequence[ClientSeed | str | bytes],
    nonces: Array | Sequence[int],
    rules: Rules,
    parameters: Mapping[str, object],
    beacon: str = "",
) -> Columns:
    """Return one round a row; arguments and errors are those of `prepare_rows` and of `RowPlayer.play`.

    Bulk equals scalar: row by row these are the values of `rng.rounds.play`.
    """
    player = prepare_rows(scheme, rules=rules, parameters=parameters, beacon=beacon)
    return player.play(server_seeds, client_seeds=client_seeds, nonces=nonces)


def commitments(server_seeds: Array | bytes) -> Array:
    """Return the commitments of many server seeds: the SHA-256 of each, uint8 of shape (seeds, 32).

    Args:
        server_seeds: uint8 of shape (seeds, 32), or 32 bytes a seed; secret, and never shown.

    Raises:
        TypeError, ValueError: it is of another form.
    """
    seeds = _server_seeds(server_seeds)
    return np.frombuffer(kernel.sha256_rows(seeds.ravel(), width=SEED_BYTES), dtype=np.uint8).reshape(-1, SEED_BYTES)


def _server_seeds(given: Any) -> Array:
    if isinstance(given, bytes):
        if len(given) % SEED_BYTES:
            raise ValueError(f"server seeds must be 32 bytes a row, and {len(given)} bytes are no whole rows")
        return np.frombuffer(given, dtype=np.uint8).reshape(-1, SEED_BYTES)
    if not isinstance(given, np.ndarray) or given.dtype != np.uint8:
        kind = given.dtype if isinstance(given, np.ndarray) else type(given).__name__
        raise TypeError(f"server seeds must be bytes or a uint8 array of shape (rows, 32), not {kind}")
    if given.ndim != 2 or given.shape[1] != SEED_BYTES:
        raise ValueError(f"server seeds must be of shape (rows, 32), not {given.shape}")
    return np.ascontiguousarray(given)


def _nonces(given: Any) -> Array:
    if not isinstance(given, np.ndarray):
        for row, nonce in enumerate(given):
            # Before numpy makes something else of what does not fit.
            if type(nonce) is not int:
                raise TypeError(f"row {row}: nonce must be an int, not {type(nonce).__name__}")
            if not 0 <= nonce <= MAX_NONCE:
                raise ValueError(f"row {row}: nonce must be 0 to 2^53 - 1, not {_shown(nonce)}")
        return np.array(given, dtype=np.int64)
    if given.dtype != np.int64 or given.ndim != 1:
        raise TypeError(f"nonces must be int64 of one axis, not {given.dtype} of {given.ndim}")
    wrong = (given < 0) | (given > MAX_NONCE)
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(f"row {row}: nonce must be 0 to 2^53 - 1, not {int(given[row])}")
    return np.ascontiguousarray(given)


def _shown(number: int) -> str:
    # An integer of thousands of digits cannot be printed by Python.
    return str(number) if number.bit_length() <= 128 else f"an integer of {number.bit_length()} bits"
