"""The schemes that the verifier can recompute: a table from a scheme's name to its record of functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from verifier.schemes import hmac_sha256_v1


class CommitmentFunction(Protocol):
    """Type of a function: turn a server seed into its commitment, 32 bytes."""

    def __call__(self, server_seed: bytes, /) -> bytes:
        """Turn a server seed into its commitment, 32 bytes."""


class GameKeyFunction(Protocol):
    """Type of a function: turn a server seed, a rules digest and a beacon into a game key, 32 bytes."""

    def __call__(self, server_seed: bytes, /, *, rules_digest: str, beacon: str) -> bytes:
        """Turn a server seed, a rules digest and a beacon into a game key, 32 bytes."""


class BlockFunction(Protocol):
    """Type of a function: turn game key, client seed, nonce and index into one block of the stream, 32 bytes."""

    def __call__(self, game_key: bytes, /, *, client_seed: bytes, nonce: int, index: int) -> bytes:
        """Turn a game key, a client seed, a nonce and an index into one block of the stream, 32 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """Hold what a scheme is: its name in documents, and the three functions that make a round's bytes."""

    name: str
    commitment: CommitmentFunction
    game_key: GameKeyFunction
    block: BlockFunction


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        hmac_sha256_v1.NAME: Scheme(
            name=hmac_sha256_v1.NAME,
            commitment=hmac_sha256_v1.commitment,
            game_key=hmac_sha256_v1.game_key,
            block=hmac_sha256_v1.block,
        ),
    }
)


def scheme(name: str) -> Scheme:
    """Look a scheme up by its name in documents, such as ``hmac-sha256/v1``.

    Raises:
        ValueError: no scheme has that name.
    """
    if name not in SCHEMES:
        raise ValueError(f"unknown scheme {name!r}; this verifier knows: {', '.join(SCHEMES)}")
    return SCHEMES[name]
