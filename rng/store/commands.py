"""What a store can be told to do: the commands of a commit, as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from rng.epoch import Epoch
from rng.statement import Document
from rng.store.values import ApiKey, Found, SealedSeed

__all__ = [
    "AddApiKey",
    "Advance",
    "Command",
    "Decide",
    "ForgetOnce",
    "OpenEpoch",
    "PutSetting",
    "Reseal",
    "RevokeApiKey",
]

Decide: TypeAlias = Callable[[Epoch, Found], tuple[Epoch, Document | None]]
"""A decision on a seed: from its state, and what was asked for, to the next state and the statement that led there.

It reads nothing that another commit of the same store may change, and may be called more than once (another attempt
after a failed write): only what the last call returned becomes durable and leaves the store. What it raises passes to
the caller of ``commit``, and nothing is written.
"""


@dataclass(frozen=True, slots=True)
class OpenEpoch:
    """Add an epoch in status ``committed``, with the sealed seeds that are not in the store yet.

    The first epoch of a slot brings two seeds, its own and the next one; a later epoch's own seed is there already, as
    the next one of the epoch before. That epoch must be closed or revealed, by an earlier command of the same commit
    at the latest.

    Raises on commit: ``CommitmentExists``, ``SequenceConflict``, ``WrongSeal`` if a seed is missing.
    """

    epoch: Epoch
    seeds: tuple[SealedSeed, ...]


@dataclass(frozen=True, slots=True)
class Advance:
    """Decide the next state of a seed, under its lock.

    Args:
        seed_id: 64 hex characters.
        decide: the decision, see ``Decide``.
        nonce: if given, the record and the void of this nonce are looked up and passed to the decision.
        chunk_roots: bytes that are kept beside the record that the decision makes, see ``Store.chunk_roots``.

    Raises on commit: ``UnknownSeed``, and what the decision raises.
    """

    seed_id: str
    decide: Decide = field(repr=False)
    nonce: int | None = None
    chunk_roots: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reseal:
    """Replace the sealed bytes of a server seed, if they are still under the key the caller saw.

    Raises on commit: ``WrongSeal`` if not; a seed that was revealed meanwhile is no longer sealed at all.
    """

    seed: SealedSeed
    old_kek_id: str


@dataclass(frozen=True, slots=True)
class AddApiKey:
    """Add an API key. Raises on commit: ValueError if the id is taken."""

    key: ApiKey


@dataclass(frozen=True, slots=True)
class RevokeApiKey:
    """Revoke an API key at a Unix time in milliseconds; the first revocation stands.

    Raises on commit: ``UnknownApiKey``.
    """

    key_id: str
    time: int


@dataclass(frozen=True, slots=True)
class PutSetting:
    """Set an operator's setting: name of 1 to 64 characters, value of up to 4096; None removes it."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class ForgetOnce:
    """Forget the idempotency keys of before a Unix time in milliseconds."""

    before: int


Command: TypeAlias = OpenEpoch | Advance | Reseal | AddApiKey | RevokeApiKey | PutSetting | ForgetOnce
