"""The store: one interface, asynchronous, with one verb for writing; ``sqlite`` is the embedded implementation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rng.epoch import Epoch
from rng.store.commands import (
    AddApiKey,
    Advance,
    Command,
    Decide,
    ForgetOnce,
    OpenEpoch,
    PutSetting,
    Reseal,
    RevokeApiKey,
)
from rng.store.errors import (
    CommitmentExists,
    IdempotencyConflict,
    SequenceConflict,
    StoreBusy,
    StoreClosed,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreUnavailable,
    StoreVersion,
    UnknownApiKey,
    UnknownSeed,
    WrongSeal,
)
from rng.store.values import (
    MOST_PAGE_BYTES,
    ApiKey,
    Counts,
    Found,
    Once,
    Record,
    Result,
    Revealed,
    RevealedPage,
    SealedSeed,
)

__all__ = [
    "MOST_PAGE_BYTES",
    "AddApiKey",
    "Advance",
    "ApiKey",
    "Command",
    "CommitmentExists",
    "Counts",
    "Decide",
    "ForgetOnce",
    "Found",
    "IdempotencyConflict",
    "Once",
    "OpenEpoch",
    "PutSetting",
    "Record",
    "Reseal",
    "Result",
    "Revealed",
    "RevealedPage",
    "RevokeApiKey",
    "SealedSeed",
    "SequenceConflict",
    "Store",
    "StoreBusy",
    "StoreClosed",
    "StoreCorrupt",
    "StoreError",
    "StoreFull",
    "StoreUnavailable",
    "StoreVersion",
    "UnknownApiKey",
    "UnknownSeed",
    "WrongSeal",
]


class Store(Protocol):
    """Keep seeds, their records and the service's own affairs.

    Every read shows what is durable, never a commit that is under way. Every method raises ``StoreClosed`` after
    ``close``, and ``StoreError`` where the system underneath fails.
    """

    async def commit(self, commands: Sequence[Command], *, once: Once | None = None) -> list[Result]:
        """Carry out all commands, in order, or none of them; return when they are durable.

        Decisions on one seed are made one after another, so the nonces of a seed are contiguous and its statements
        a chain, whatever the number of callers.

        Args:
            commands: at least one.
            once: the idempotency key of the request. If the same key came with the same request before, nothing is
                done and the answer is that of the first time, marked as replayed.

        Returns:
            One result for each command.

        Raises:
            IdempotencyConflict: if the key came with another request.
            StoreError: as the commands say.
            Exception: whatever a decision raises, such as ``rng.epoch.EpochError``.
        """
        ...

    async def recall(self, once: Once) -> list[Result] | None:
        """Return the answer of the commit that had this idempotency key and request, or None if there was none.

        For work that is done before a commit, such as a batch's draws: ask before the work.

        Raises:
            IdempotencyConflict: if the key came with another request.
        """
        ...

    async def epoch(self, seed_id: str) -> Epoch | None:
        """Return the state of a seed, or None if there is no such seed."""
        ...

    async def newest_epoch(self, tenant: str, slot: str) -> Epoch | None:
        """Return the epoch with the highest sequence number in a slot, or None if it has none."""
        ...

    async def epochs_due(self, time: int, *, limit: int = 100) -> list[Epoch]:
        """Return epochs that are not revealed and whose ``reveal_by`` is at or before a time, the earliest first."""
        ...

    async def revealed(self, *, start: int = 0, limit: int = 100) -> RevealedPage:
        """Return up to ``limit`` revealed seeds from position ``start`` on, of all tenants, and the number of all.

        Positions are 0, 1, 2 … in the order in which the reveals became durable, and never change: a seed that is
        revealed later has a higher position than every one that a read has shown. So who goes on at the position
        behind the last one misses none and meets none twice, however many are revealed meanwhile. (A sequence that
        numbers reveals before they commit does not keep this promise.)
        """
        ...

    async def find_nonce(self, seed_id: str, nonce: int) -> Found:
        """Return the record that used up a nonce, and the void of that round."""
        ...

    async def record(self, seed_id: str, index: int) -> Record | None:
        """Return the record at an index, or None if there is none."""
        ...

    async def records(self, seed_id: str, *, start: int = 0, limit: int = 1000) -> list[Record]:
        """Return up to ``limit`` records from index ``start`` on, in order.

        Fewer come where their documents reach ``MOST_PAGE_BYTES``, one at least where there is one: a record may have a
        megabyte, and anybody may read those of a revealed seed.
        """
        ...

    async def chunk_roots(self, seed_id: str, index: int) -> bytes | None:
        """Return what an ``Advance`` gave as ``chunk_roots`` with the record at an index, or None.

        No statement covers these bytes and everything in them can be computed again: who uses them checks them.
        """
        ...

    async def inclusion_path(self, seed_id: str, index: int) -> list[bytes]:
        """Return the path of a record under the root over the seed's present records (RFC 9162 section 2.1.3.1).

        The cost grows with the logarithm of the number of records.

        Raises:
            UnknownSeed: if there is no such seed.
            ValueError: if there is no such record.
        """
        ...

    async def sealed_seed(self, commitment: str) -> SealedSeed | None:
        """Return the sealed seed of a commitment, or None; the seed of a revealed epoch is no longer kept."""
        ...

    async def sealed_seeds(self, *, not_kek_id: str, limit: int = 100) -> list[SealedSeed]:
        """Return up to ``limit`` seeds that are sealed under another key-encryption key than this one."""
        ...

    async def api_key(self, key_id: str) -> ApiKey | None:
        """Return an API key by its public part, revoked ones included, or None."""
        ...

    async def api_keys(self, tenant: str | None = None) -> list[ApiKey]:
        """Return all API keys, or those of one tenant, the oldest first."""
        ...

    async def setting(self, name: str) -> str | None:
        """Return an operator's setting, or None where it is not set."""
        ...

    async def counts(self) -> Counts:
        """Return the figures for metrics, at a cost that does not grow with the number of records."""
        ...

    async def close(self) -> None:
        """Finish the commits under way, refuse further ones, and release everything; a second call does nothing."""
        ...
