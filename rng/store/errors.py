"""Errors of a store: each has a stable code and says what was found and what to do."""

# The names say what was found, as the callers speak of it; the suffix would add nothing.

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "CommitmentExists",
    "IdempotencyConflict",
    "SequenceConflict",
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


class StoreError(Exception):
    """Say that a store did not do what it was asked; nothing of the commit took place.

    One exception to "nothing took place": after ``StoreUnavailable`` the system cannot tell whether the disk kept the
    commit. Ask again with the same idempotency key.
    """

    code: ClassVar[str] = "store_error"


class UnknownSeed(StoreError):
    """Say that no epoch has this seed id."""

    code = "unknown_seed"


class UnknownApiKey(StoreError):
    """Say that no API key has this id."""

    code = "unknown_api_key"


class IdempotencyConflict(StoreError):
    """Say that an idempotency key was used before with another request body."""

    code = "idempotency_conflict"


class CommitmentExists(StoreError):
    """Say that a commitment is in the store already: a server seed serves one epoch."""

    code = "commitment_exists"


class SequenceConflict(StoreError):
    """Say that an epoch does not follow the newest one of its slot: another caller was faster."""

    code = "sequence_conflict"


class WrongSeal(StoreError):
    """Say that a sealed seed is absent, or not under the key-encryption key that the caller saw."""

    code = "wrong_seal"


class StoreFull(StoreError):
    """Say that the disk, or the database's own limit, has no room; what was acknowledged is safe."""

    code = "store_full"


class StoreBusy(StoreError):
    """Say that another process held the database for longer than the store waits."""

    code = "store_busy"


class StoreUnavailable(StoreError):
    """Say that the system refused to read or write."""

    code = "store_unavailable"


class StoreCorrupt(StoreError):
    """Say that what was read is not what the store wrote; restore a backup, then check it against the log."""

    code = "store_corrupt"


class StoreVersion(StoreError):
    """Say that the database is not fairlot's, or was written by a newer version of it."""

    code = "store_version"


class StoreClosed(StoreError):
    """Say that the store is closed."""

    code = "store_closed"
