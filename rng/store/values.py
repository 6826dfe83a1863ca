"""What a store keeps beside epochs: records, sealed seeds, API keys, and the counts that are measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from rng import fields
from rng.statement import Document, read_document

__all__ = [
    "MOST_PAGE_BYTES",
    "ApiKey",
    "Counts",
    "Found",
    "Once",
    "Record",
    "Result",
    "Revealed",
    "RevealedPage",
    "SealedSeed",
]

MOST_PAGE_BYTES: Final = 4 * 1024 * 1024
"""Bytes of documents at which a page of records ends."""


@dataclass(frozen=True, slots=True)
class Record:
    """Hold one document of a seed as it is stored, and what it does to the seed's nonces.

    Args:
        seed_id: 64 hex characters.
        index: its place among the seed's records, from 0: the index of its leaf under the receipts root.
        kind: ``receipt``, ``batch`` or ``void``.
        first_nonce: the first nonce it speaks of.
        count: how many nonces it speaks of.
        consumes: whether it drew or used up these nonces; false for the void of a drawn round.
        digest: its statement digest, 64 hex characters.
        data: its document bytes.
    """

    seed_id: str
    index: int
    kind: str
    first_nonce: int
    count: int
    consumes: bool
    digest: str
    data: bytes = field(repr=False)

    def document(self) -> Document:
        """Read the statement out of the stored bytes."""
        return read_document(self.data)


@dataclass(frozen=True, slots=True)
class Revealed:
    """Name a seed that is revealed, with the figures of its reveal; nothing in it is about anybody but the operator.

    Args:
        position: its place in the order of reveals, from 0.
        seed_id: 64 hex characters.
        rounds: how many nonces it used up.
        records: how many receipts, batches and voids it has.
        time: Unix time of the reveal in milliseconds. Where a clock was set back, times do not ascend with positions.
    """

    position: int
    seed_id: str
    rounds: int
    records: int
    time: int


@dataclass(frozen=True, slots=True)
class RevealedPage:
    """Hold some revealed seeds in the order of their reveals, and how many there are in all; both of one moment."""

    seeds: tuple[Revealed, ...]
    total: int


@dataclass(frozen=True, slots=True)
class SealedSeed:
    """Hold a server seed sealed under a key-encryption key.

    Args:
        commitment: SHA-256 of the server seed, 64 hex characters.
        tenant: its owner.
        kek_id: id of the key-encryption key, 1 to 64 characters.
        data: the sealed bytes, opaque to the store; they are never shown.
    """

    commitment: str
    tenant: str
    kek_id: str
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        fields.digest_text("commitment", self.commitment)
        _require_text("tenant", self.tenant, 64)
        _require_text("kek_id", self.kek_id, 64)
        if not self.data:
            raise ValueError("a sealed seed is not empty")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Hold an API key as the store knows it: never the key itself.

    Args:
        key_id: the public part of the key, 1 to 64 characters.
        tenant: its owner.
        scopes: what it may do, at least one.
        digest: hash of the secret part, 32 bytes, never shown.
        created: Unix time in milliseconds.
        label: a note for people, up to 200 characters.
        revoked: Unix time in milliseconds of its revocation, or 0.
    """

    key_id: str
    tenant: str
    scopes: frozenset[str]
    digest: bytes = field(repr=False)
    created: int
    label: str = ""
    revoked: int = 0

    def __post_init__(self) -> None:
        _require_text("key_id", self.key_id, 64)
        _require_text("tenant", self.tenant, 64)
        if not self.scopes:
            raise ValueError("an API key has at least one scope")
        for scope in self.scopes:
            _require_text("scope", scope, 32)
            if "," in scope:
                raise ValueError(f"the scope {scope!r} has a comma, which separates scopes")
        fields.hash_bytes("digest of an API key", self.digest)
        if self.label:
            _require_text("label", self.label, 200)
        fields.integer("created", self.created, 0)
        fields.integer("revoked", self.revoked, 0)


@dataclass(frozen=True, slots=True)
class Once:
    """Name a request that is carried out once, however often it is sent.

    Args:
        tenant, route, seed_id, key: the scope of the idempotency key and the key; seed_id may be empty.
        request: digest of the request body, 32 bytes.
        time: Unix time in milliseconds, by which old keys are forgotten (``ForgetOnce``).
    """

    tenant: str
    route: str
    seed_id: str
    key: str
    request: bytes
    time: int

    def __post_init__(self) -> None:
        _require_text("tenant", self.tenant, 64)
        _require_text("route", self.route, 200)
        _require_text("key", self.key, 255)
        if self.seed_id:
            fields.digest_text("seed_id", self.seed_id)
        fields.hash_bytes("digest of a request", self.request)
        fields.integer("time", self.time, 0)


@dataclass(frozen=True, slots=True)
class Found:
    """Hold what an ``Advance`` with a nonce asked for, as of the moment of its decision.

    Args:
        record: the record that drew or used up the nonce, or None if it is not used yet.
        void: the void of that drawn round, or None.
    """

    record: Record | None = None
    void: Record | None = None

    @property
    def drawn_by(self) -> str:
        """Digest of the receipt or batch that drew the nonce; empty if nothing was drawn."""
        return self.record.digest if self.record is not None and self.record.kind != "void" else ""

    @property
    def voided(self) -> bool:
        """Whether the nonce is void: after its outcome, or used up by a void."""
        return self.void is not None or (self.record is not None and self.record.kind == "void")


@dataclass(frozen=True, slots=True)
class Result:
    """Answer one command of a commit.

    Args:
        document: the statement that the command made durable, or None where it makes none.
        replayed: whether the commit had taken place before (idempotency), so that nothing was done now.
    """

    document: Document | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Count what the store holds, for metrics; every figure is of one moment.

    Args:
        epochs: status to number of epochs; every status is there.
        nonces: how many nonces are used up, over all epochs.
        records: how many records there are, over all epochs.
        sealed: id of the key-encryption key to number of seeds sealed under it.
        size_bytes: size of the database.
    """

    epochs: dict[str, int]
    nonces: int
    records: int
    sealed: dict[str, int]
    size_bytes: int


def _require_text(what: str, text: object, longest: int) -> None:
    if not isinstance(text, str):
        raise TypeError(f"{what} is text, not {type(text).__name__}")
    if not 1 <= len(text) <= longest or not text.isprintable():
        raise ValueError(f"{what} is 1 to {longest} printable characters, not {text[:80]!a} ({len(text)} characters)")
