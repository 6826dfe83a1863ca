"""Ranges of nonces in bulk: any scheme and any game, to arrays.

Bulk equals scalar: for every scheme, game, parameter and nonce the values are those of `rng.rounds.play`, and where
that raises, so does this. What arrays cannot do (a refused word, values without a common form) is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np

from rng.bulk.columns import Columns, join_columns
from rng.bulk.settler import RoundDraws, Settler, settler_of
from rng.bulk.values import Array
from rng.bulk.words import range_words
from rng.games import Rules
from rng.games.operators import Value
from rng.games.rules import Prepared
from rng.rounds import Player, prepare
from rng.schemes import Scheme
from rng.seeds import MAX_NONCE, ClientSeed, ServerSeed, check_nonce

MOST_CHUNK: Final = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class BulkPlayer:
    """Play ranges of rounds of one game with one seed; made by `prepare_bulk`. It holds the game key, a secret.

    Args:
        prepared: the rules with their parameters.
        chunk: how many rounds are worked on at once, so that all their arrays stay near the processor.
    """

    prepared: Prepared
    chunk: int
    _settler: Settler = field(repr=False)
    _player: Player = field(repr=False)
    _words: Callable[[int, int, int], Array] = field(repr=False)

    def play(self, first_nonce: int, count: int) -> Columns:
        """Return rounds of a range of nonces; memory follows count.

        Args:
            first_nonce: 0 to 2^53 - 1.
            count: how many rounds, at least 1, none past nonce 2^53 - 1.

        Raises:
            TypeError, ValueError: the range is empty or out of bounds.
            ExpressionError: the rules give no value for some draws; the message names the first such nonce.
        """
        return self._play(first_nonce, count, self._settler.settle)

    def draw(self, first_nonce: int, count: int) -> Columns:
        """Return the draws of a range of rounds, without outcome and payout; the arguments are those of `play`."""
        return self._play(first_nonce, count, self._settler.draw)

    def _play(
        self, first_nonce: int, count: int, work: Callable[[Array | None, Array, RoundDraws], Columns]
    ) -> Columns:
        check_range(first_nonce, count)
        parts: list[Columns] = []
        for first, many in chunks(first_nonce, count, self.chunk):
            words = None if self._settler.words is None else self._words(first, many, self._settler.words)
            nonces = np.arange(first, first + many, dtype=np.int64)
            parts.append(work(words, nonces, partial(self._draw_row, first)))
        return join_columns(parts)

    def _draw_row(self, first_nonce: int, row: int) -> list[Value]:
        return self._player.draw(first_nonce + row)


def prepare_bulk(
    scheme: Scheme,
    server_seed: ServerSeed,
    *,
    client_seed: ClientSeed,
    rules: Rules,
    parameters: Mapping[str, object],
    beacon: str = "",
) -> BulkPlayer:
    """Return what plays ranges of rounds of a game; arguments and errors are those of `rng.rounds.prepare`."""
    player = prepare(scheme, server_seed, client_seed=client_seed, rules=rules, parameters=parameters, beacon=beacon)
    game_key = scheme.game_key(server_seed, rules_digest=rules.digest, beacon=beacon)

    def words(first_nonce: int, count: int, words: int) -> Array:
        return range_words(scheme, game_key, client_seed=client_seed, first_nonce=first_nonce, count=count, words=words)

    settler = settler_of(player.prepared)
    return BulkPlayer(player.prepared, settler.chunk, settler, player, words)


def play_range(
    scheme: Scheme,
    server_seed: ServerSeed,
    *,
    client_seed: ClientSeed,
    first_nonce: int,
    count: int,
    rules: Rules,
    parameters: Mapping[str, object],
    beacon: str = "",
    chunk: int | None = None,
) -> Iterator[Columns]:
    """Return the rounds of a range of nonces, in chunks: memory is bounded whatever the count.

    Bulk equals scalar: row by row these are the values of `rng.rounds.play`. `rng.bulk.pool` plays on all cores.

    Args:
        scheme: the scheme of the epoch.
        server_seed: the epoch's server seed.
        client_seed: the player's seed.
        first_nonce: 0 to 2^53 - 1.
        count: how many rounds, at least 1, none past nonce 2^53 - 1.
        rules: the game's rules.
        parameters: every parameter by name, as `check_parameters` returns them.
        beacon: the beacon in the game key's message, or empty.
        chunk: rounds a chunk, 1 to 2^20; None for as many as are fast.

    Raises:
        TypeError, ValueError: an argument is of another form, the range is empty or passes 2^53 - 1.
        ParameterError, ExpressionError: as `rng.rounds.prepare`; and in the course of it, an ExpressionError whose
            message names the nonce, where the rules give no value.
    """
    check_range(first_nonce, count)
    player = prepare_bulk(
        scheme, server_seed, client_seed=client_seed, rules=rules, parameters=parameters, beacon=beacon
    )
    size = player.chunk if chunk is None else check_chunk(chunk)
    return (player.play(first, many) for first, many in chunks(first_nonce, count, size))


def play_columns(
    scheme: Scheme,
    server_seed: ServerSeed,
    *,
    client_seed: ClientSeed,
    first_nonce: int,
    count: int,
    rules: Rules,
    parameters: Mapping[str, object],
    beacon: str = "",
) -> Columns:
    """Return the rounds of a range of nonces at once; arguments and errors are those of `play_range`."""
    check_range(first_nonce, count)
    player = prepare_bulk(
        scheme, server_seed, client_seed=client_seed, rules=rules, parameters=parameters, beacon=beacon
    )
    return player.play(first_nonce, count)


def check_range(first_nonce: int, count: int) -> None:
    """Check a range of nonces.

    Raises:
        TypeError, ValueError: it is empty, or not within 0 to 2^53 - 1.
    """
    check_nonce(first_nonce)
    if type(count) is not int:
        raise TypeError(f"count must be an int, not {type(count).__name__}")
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}: a range without rounds has no columns")
    if count > MAX_NONCE - first_nonce + 1:
        raise ValueError(f"first nonce {first_nonce} and count {count} go past nonce 2^53 - 1")


def check_chunk(chunk: int) -> int:
    """Return how many rounds a chunk has, if that is an int from 1 to 2^20."""
    if type(chunk) is not int:
        raise TypeError(f"chunk must be an int, not {type(chunk).__name__}")
    if not 1 <= chunk <= MOST_CHUNK:
        raise ValueError(f"chunk must be 1 to 2^20 rounds, not {chunk}")
    return chunk


def chunks(first_nonce: int, count: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield first nonce and count of each chunk of a range."""
    for start in range(0, count, size):
        yield first_nonce + start, min(size, count - start)
