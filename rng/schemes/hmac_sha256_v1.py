"""Scheme ``hmac-sha256/v1``: commit to a server seed by SHA-256, derive each round's stream by HMAC-SHA256.

The specification is ``verifier/spec/hmac_sha256_v1.md``. The name is frozen: a mend of this file gets a new name.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from rng.seeds import ClientSeed, ServerSeed, check_beacon, check_nonce, check_rules_digest

NAME = "hmac-sha256/v1"

GAME_KEY_BYTES = 32

MAX_INDEX = 2**53 - 1
"""Largest number of a block."""


def commitment(server_seed: ServerSeed) -> bytes:
    """Return the 32 bytes that are published before the first round.

    Raises:
        TypeError: if server_seed is not a ServerSeed.
    """
    return _require_server_seed(server_seed).commitment().data


def game_key(server_seed: ServerSeed, *, rules_digest: str, beacon: str = "") -> bytes:
    """Return the 32 secret bytes that all rounds of one game under one server seed start from.

    Args:
        server_seed: the operator's secret.
        rules_digest: SHA-256 of the game's canonical rules, 64 lower-case hex characters.
        beacon: empty, or ``{chain_hash}:{round}:{randomness}``.

    Raises:
        TypeError, ValueError: for an argument of another form; the server seed is never shown.
    """
    _require_server_seed(server_seed)
    check_rules_digest(rules_digest)
    check_beacon(beacon)
    return hmac.digest(server_seed.data, f"fairlot/{NAME}:{rules_digest}:{beacon}".encode("ascii"), "sha256")


def blocks(game_key: bytes, *, client_seed: ClientSeed, nonce: int) -> Callable[[int], bytes]:
    """Return a function from index to block for one round, with the arguments checked and joined once.

    Args:
        game_key: 32 bytes from ``game_key``.
        client_seed: the player's seed.
        nonce: number of the round, 0 to 2^53 - 1.

    Raises:
        TypeError, ValueError: for an argument of another form; the game key is never shown.
    """
    if type(game_key) is not bytes or len(game_key) != GAME_KEY_BYTES:
        raise ValueError(f"game key must be {GAME_KEY_BYTES} bytes (not shown: secret)")
    if not isinstance(client_seed, ClientSeed):
        raise TypeError(f"client seed must be a ClientSeed, not {type(client_seed).__name__}")
    # The client seed may hold colons: the two decimal integers after the last two make the message unambiguous.
    prefix = client_seed.data + b":%d:" % check_nonce(nonce)
    digest = hmac.digest

    def block_at(index: int) -> bytes:
        if type(index) is not int or not 0 <= index <= MAX_INDEX:
            raise ValueError(f"index of a block must be an int from 0 to 2^53 - 1, not {_shown(index)}")
        return digest(game_key, prefix + b"%d" % index, "sha256")

    return block_at


def block(game_key: bytes, *, client_seed: ClientSeed, nonce: int, index: int) -> bytes:
    """Return one block of 32 bytes of a round's stream.

    Args:
        game_key: 32 bytes from ``game_key``.
        client_seed: the player's seed.
        nonce: number of the round, 0 to 2^53 - 1.
        index: number of the block, 0 to 2^53 - 1.

    Raises:
        TypeError, ValueError: for an argument of another form; the game key is never shown.
    """
    return blocks(game_key, client_seed=client_seed, nonce=nonce)(index)


def _shown(value: object) -> str:
    # An integer of thousands of digits cannot be printed by Python.
    large = isinstance(value, int) and value.bit_length() > 128
    return "an integer of more than 128 bits" if large else f"{value!r:.80}"


def _require_server_seed(server_seed: ServerSeed) -> ServerSeed:
    if not isinstance(server_seed, ServerSeed):
        raise TypeError(f"server seed must be a ServerSeed, not {type(server_seed).__name__}")
    return server_seed
