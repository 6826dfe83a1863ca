"""Schemes: how the bytes of a round come about, one file a scheme, one record of functions a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from rng.schemes import hmac_sha256_v1
from rng.seeds import ClientSeed, ServerSeed


class GameKeyFunction(Protocol):
    """Derive the game key of one game under one server seed."""

    def __call__(self, server_seed: ServerSeed, *, rules_digest: str, beacon: str = "") -> bytes:
        """Return 32 bytes."""
        ...


class BlocksFunction(Protocol):
    """Bind one round's inputs, so that each of its blocks costs one call."""

    def __call__(self, game_key: bytes, *, client_seed: ClientSeed, nonce: int) -> Callable[[int], bytes]:
        """Return the function from index to block."""
        ...


class BlockFunction(Protocol):
    """Compute one block of one round's stream."""

    def __call__(self, game_key: bytes, *, client_seed: ClientSeed, nonce: int, index: int) -> bytes:
        """Return the block."""
        ...


@dataclass(frozen=True, slots=True)
class Scheme:
    """Name the functions of one scheme.

    Args:
        name: frozen name, as it stands in epochs and receipts.
        commitment: server seed to the bytes published before the first round.
        game_key: server seed, rules digest and beacon to the game key.
        blocks: game key, client seed and nonce to the round's function from index to block; feed it to ``Words``.
        block: game key, client seed, nonce and index to one block, equal to ``blocks(...)(index)``.
    """

    name: str
    commitment: Callable[[ServerSeed], bytes]
    game_key: GameKeyFunction
    blocks: BlocksFunction
    block: BlockFunction


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        hmac_sha256_v1.NAME: Scheme(
            name=hmac_sha256_v1.NAME,
            commitment=hmac_sha256_v1.commitment,
            game_key=hmac_sha256_v1.game_key,
            blocks=hmac_sha256_v1.blocks,
            block=hmac_sha256_v1.block,
        ),
    }
)
"""Every scheme by its name. Written out, so that no import can add or replace one."""


def scheme(name: str) -> Scheme:
    """Return the scheme of that name.

    Raises:
        ValueError: if there is none; the message lists those there are.
    """
    found = SCHEMES.get(name)
    if found is None:
        raise ValueError(f"no scheme is named {name!r:.80}; known: {', '.join(sorted(SCHEMES))}")
    return found
