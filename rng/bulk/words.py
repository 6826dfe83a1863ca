"""Words of many rounds at once: where each scheme's stream comes from, for a range of nonces or for rows of rounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

import numpy as np

from rng import kernel
from rng.bulk.client_seeds import ClientSeeds
from rng.bulk.values import Array
from rng.primitives import Words
from rng.schemes import Scheme, hmac_sha256_v1
from rng.seeds import ClientSeed, ServerSeed, check_beacon, check_rules_digest

_BLOCK_BYTES: Final = 32
_BLOCK_WORDS: Final = _BLOCK_BYTES // 8


class RangeWords(Protocol):
    """Compute words of a range of nonces under one game key."""

    def __call__(self, game_key: bytes, *, client_seed: ClientSeed, first_nonce: int, count: int, words: int) -> Array:
        """Return uint64 of shape (words, count)."""
        ...


class RowWords(Protocol):
    """Compute words of rounds with game keys, client seeds and nonces of their own."""

    def __call__(self, game_keys: Array, *, client_seeds: ClientSeeds, nonces: Array, words: int) -> Array:
        """Return uint64 of shape (words, rounds); `game_keys` is uint8 of shape (rounds, 32)."""
        ...


class RowKeys(Protocol):
    """Derive the game keys of one game under many server seeds."""

    def __call__(self, server_seeds: Array, *, rules_digest: str, beacon: str) -> Array:
        """Return uint8 of shape (seeds, 32) for server seeds of that shape."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """Name the fast functions of one scheme: the words of a range, the game keys of rows, and the words of rows."""

    range_words: RangeWords
    row_keys: RowKeys
    row_words: RowWords


def range_words(
    scheme: Scheme, game_key: bytes, *, client_seed: ClientSeed, first_nonce: int, count: int, words: int
) -> Array:
    """Return the first words of each round of a range of nonces, uint64 of shape (words, count).

    Args:
        scheme: any scheme; one that has no fast functions is asked block by block.
        game_key: from the scheme.
        client_seed: the player's seed.
        first_nonce: the first nonce.
        count: how many rounds, none past 2^53 - 1.
        words: how many words of each.
    """
    source = _SOURCES.get(scheme.name)
    if source is not None:
        return source.range_words(game_key, client_seed=client_seed, first_nonce=first_nonce, count=count, words=words)
    blocks = (
        scheme.blocks(game_key, client_seed=client_seed, nonce=nonce)
        for nonce in range(first_nonce, first_nonce + count)
    )
    return _slowly(blocks, count=count, words=words)


def row_keys(scheme: Scheme, server_seeds: Array, *, rules_digest: str, beacon: str) -> Array:
    """Return the game keys under many server seeds, uint8 of shape (seeds, 32).

    Args:
        scheme: any scheme.
        server_seeds: uint8 of shape (seeds, 32), secret.
        rules_digest: SHA-256 of the game's canonical rules, lower-case hex.
        beacon: the beacon of all of them, or empty.
    """
    source = _SOURCES.get(scheme.name)
    if source is not None:
        return source.row_keys(server_seeds, rules_digest=rules_digest, beacon=beacon)
    keys = [scheme.game_key(ServerSeed(bytes(seed)), rules_digest=rules_digest, beacon=beacon) for seed in server_seeds]
    return np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), -1)


def row_words(scheme: Scheme, game_keys: Array, *, client_seeds: ClientSeeds, nonces: Array, words: int) -> Array:
    """Return the first words of rounds that have everything of their own, uint64 of shape (words, rounds).

    Args:
        scheme: any scheme.
        game_keys: uint8 of shape (rounds, 32), from `row_keys`.
        client_seeds: one a round.
        nonces: int64, one a round, 0 to 2^53 - 1.
        words: how many words of each.
    """
    source = _SOURCES.get(scheme.name)
    if source is not None:
        return source.row_words(game_keys, client_seeds=client_seeds, nonces=nonces, words=words)
    blocks = (
        scheme.blocks(bytes(game_keys[row]), client_seed=client_seeds.at(row), nonce=int(nonce))
        for row, nonce in enumerate(nonces)
    )
    return _slowly(blocks, count=len(nonces), words=words)


def _slowly(rounds: Iterable[Callable[[int], bytes]], *, count: int, words: int) -> Array:
    result = np.empty((words, count), dtype=np.uint64)
    for row, block in enumerate(rounds):
        stream = Words(block)
        result[:, row] = [stream.next() for _ in range(words)]
    return result


# --- hmac-sha256/v1 ---------------------------------------------------------------------------------------------------


def _hmac_range(game_key: bytes, *, client_seed: ClientSeed, first_nonce: int, count: int, words: int) -> Array:
    blocks = -(-words // _BLOCK_WORDS)
    data = kernel.hmac_nonces(
        game_key, prefix=client_seed.data + b":", first_nonce=first_nonce, count=count, blocks=blocks
    )
    return _by_word(data, count, blocks)[:words]


def _hmac_keys(server_seeds: Array, *, rules_digest: str, beacon: str) -> Array:
    # The message of `hmac_sha256_v1.game_key`, which is the same under every seed.
    check_rules_digest(rules_digest)
    check_beacon(beacon)
    message = f"fairlot/{hmac_sha256_v1.NAME}:{rules_digest}:{beacon}".encode("ascii")
    count = len(server_seeds)
    offsets = np.arange(count + 1, dtype=np.int64) * len(message)
    keys = kernel.hmac_rows(np.ascontiguousarray(server_seeds).ravel(), messages=message * count, offsets=offsets)
    return np.frombuffer(keys, dtype=np.uint8).reshape(count, -1)


def _hmac_rows(game_keys: Array, *, client_seeds: ClientSeeds, nonces: Array, words: int) -> Array:
    count = len(nonces)
    prefixes, offsets = _with_colons(client_seeds)
    keys = np.ascontiguousarray(game_keys).ravel()
    parts = [
        _by_word(kernel.hmac_rounds(keys, prefixes=prefixes, offsets=offsets, nonces=nonces, block=block), count, 1)
        for block in range(-(-words // _BLOCK_WORDS))
    ]
    return np.concatenate(parts)[:words] if len(parts) != 1 else parts[0][:words]


def _by_word(data: bytearray, count: int, blocks: int) -> Array:
    """Return blocks, those of a round together, as words: uint64 of shape (4 * blocks, count)."""
    return np.frombuffer(data, dtype=">u8").reshape(count, blocks * _BLOCK_WORDS).T.astype(np.uint64, order="C")


def _with_colons(client_seeds: ClientSeeds) -> tuple[Array, Array]:
    """Return client seeds with the colon that follows each in a message."""
    count = len(client_seeds)
    rows = np.arange(count + 1, dtype=np.int64)
    offsets = client_seeds.offsets + rows
    result = np.full(int(offsets[-1]), ord(":"), dtype=np.uint8)
    kept = np.ones(len(result), dtype=np.bool_)
    kept[offsets[1:] - 1] = False
    result[kept] = np.frombuffer(client_seeds.data, dtype=np.uint8)
    return result, offsets


_SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {hmac_sha256_v1.NAME: Source(range_words=_hmac_range, row_keys=_hmac_keys, row_words=_hmac_rows)}
)
"""The schemes that have fast functions. Every other one is asked block by block, with the same result."""
