"""Reads of the SQLite store: functions of a connection, for the writer's transaction and the readers alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from rng import fields
from rng.epoch import STATUSES, Epoch
from rng.merkle import HASH_BYTES, Frontier
from rng.seeds import ClientSeed
from rng.statement import Document, read_document
from rng.store import tree
from rng.store.errors import StoreCorrupt, UnknownSeed
from rng.store.values import MOST_PAGE_BYTES, ApiKey, Counts, Found, Record, Revealed, RevealedPage, SealedSeed

__all__ = [
    "api_key",
    "api_keys",
    "chunk_roots",
    "counts",
    "epoch",
    "epochs_due",
    "find_nonce",
    "inclusion_path",
    "newest_epoch",
    "nodes",
    "record",
    "records",
    "revealed",
    "sealed_seed",
    "sealed_seeds",
    "setting",
]

_EPOCH: Final = """
    SELECT seeds.id, seeds.seed_id, seeds.document, seeds.activation, seeds.client_seed, seeds.reveal,
        states.status, states.next_nonce, states.records, states.frontier, states.previous, states.time
    FROM seeds JOIN states ON states.id = seeds.id
"""
_RECORD: Final = """
    SELECT position, kind, first_nonce, count, consumes, digest, document FROM records
    WHERE seed = (SELECT id FROM seeds WHERE seed_id = ?)
"""
_API_KEY: Final = "SELECT key_id, tenant, scopes, digest, created, label, revoked FROM api_keys "

Row = tuple[Any, ...]


def epoch(connection: sqlite3.Connection, seed_id: str) -> tuple[int, Epoch] | None:
    """Return the row id and the state of a seed."""
    row = connection.execute(_EPOCH + "WHERE seeds.seed_id = ?", (_hex("seed_id", seed_id),)).fetchone()
    return None if row is None else (row[0], _epoch(row))


def newest_epoch(connection: sqlite3.Connection, tenant: str, slot: str) -> Epoch | None:
    """Return the epoch with the highest sequence number in a slot."""
    place = bytes.fromhex(fields.match("slot", slot, fields.HEX_32, "32 lower-case hex characters"))
    row = connection.execute(
        _EPOCH + "WHERE seeds.tenant = ? AND seeds.slot = ? ORDER BY seeds.sequence DESC LIMIT 1", (tenant, place)
    ).fetchone()
    return None if row is None else _epoch(row)


def epochs_due(connection: sqlite3.Connection, time: int, limit: int) -> list[Epoch]:
    """Return epochs that are not revealed and due at or before a time."""
    rows = connection.execute(
        _EPOCH
        + "WHERE states.status <> 'revealed' AND states.reveal_by <= ? ORDER BY states.reveal_by, states.id LIMIT ?",
        (fields.time_ms(time), _limit(limit)),
    )
    return [_epoch(row) for row in rows]


def revealed(connection: sqlite3.Connection, start: int, limit: int) -> RevealedPage:
    """Return revealed seeds from a position on, in the order of their reveals."""
    rows = connection.execute(
        "SELECT reveals.position, seeds.seed_id, states.next_nonce, states.records, states.time"
        " FROM reveals JOIN seeds ON seeds.id = reveals.seed JOIN states ON states.id = reveals.seed"
        " WHERE reveals.position >= ? ORDER BY reveals.position LIMIT ?",
        (fields.integer("start", start, 0), _limit(limit)),
    )
    seeds = tuple(Revealed(position, seed_id.hex(), *rest) for position, seed_id, *rest in rows)
    # Positions are contiguous, so the last one tells the number at a cost that does not grow with it.
    total = connection.execute("SELECT coalesce(max(position) + 1, 0) FROM reveals").fetchone()[0]
    return RevealedPage(seeds, total)


def find_nonce(connection: sqlite3.Connection, seed_id: str, nonce: int) -> Found:
    """Return the record that used up a nonce, and the void of that round."""
    key = (_hex("seed_id", seed_id), fields.nonce_number("nonce", nonce))
    last = connection.execute(
        _RECORD + "AND consumes = 1 AND first_nonce <= ? ORDER BY first_nonce DESC LIMIT 1", key
    ).fetchone()
    void = connection.execute(_RECORD + "AND consumes = 0 AND first_nonce = ?", key).fetchone()
    found = None if last is None else _record(seed_id, last)
    if found is not None and nonce >= found.first_nonce + found.count:
        found = None
    return Found(record=found, void=None if void is None else _record(seed_id, void))


def record(connection: sqlite3.Connection, seed_id: str, index: int) -> Record | None:
    """Return the record at an index."""
    key = (_hex("seed_id", seed_id), fields.integer("index", index, 0))
    row = connection.execute(_RECORD + "AND position = ?", key).fetchone()
    return None if row is None else _record(seed_id, row)


def records(connection: sqlite3.Connection, seed_id: str, start: int, limit: int) -> list[Record]:
    """Return records from an index on, in order, until there are enough or they have enough bytes."""
    key = (_hex("seed_id", seed_id), fields.integer("start", start, 0), _limit(limit))
    found: list[Record] = []
    size = 0
    for row in connection.execute(_RECORD + "AND position >= ? ORDER BY position LIMIT ?", key):
        found.append(_record(seed_id, row))
        size += len(found[-1].data)
        if size >= MOST_PAGE_BYTES:
            break
    return found


def chunk_roots(connection: sqlite3.Connection, seed_id: str, index: int) -> bytes | None:
    """Return what is kept beside the record at an index."""
    sql = "SELECT chunk_roots FROM records WHERE seed = (SELECT id FROM seeds WHERE seed_id = ?) AND position = ?"
    row = connection.execute(sql, (_hex("seed_id", seed_id), fields.integer("index", index, 0))).fetchone()
    return None if row is None else row[0]


def inclusion_path(connection: sqlite3.Connection, seed_id: str, index: int) -> list[bytes]:
    """Return the path of a record under the root over the seed's present records."""
    row = connection.execute(
        "SELECT states.id, states.records FROM seeds JOIN states ON states.id = seeds.id WHERE seeds.seed_id = ?",
        (_hex("seed_id", seed_id),),
    ).fetchone()
    if row is None:
        raise UnknownSeed(f"there is no seed {seed_id}")
    fields.integer("index", index, 0)
    return tree.inclusion_path(index, row[1], lambda level, first, stop: nodes(connection, row[0], level, first, stop))


def nodes(connection: sqlite3.Connection, seed: int, level: int, start: int, stop: int) -> Sequence[bytes]:
    """Return leaf hashes (level 0) or page roots of a seed, from position start to stop - 1."""
    if level == 0:
        sql = "SELECT leaf FROM records WHERE seed = ? AND position >= ? AND position < ? ORDER BY position"
        rows = connection.execute(sql, (seed, start, stop)).fetchall()
    else:
        sql = "SELECT hash FROM pages WHERE seed = ? AND level = ? AND position >= ? AND position < ? ORDER BY position"
        rows = connection.execute(sql, (seed, level, start, stop)).fetchall()
    if len(rows) != stop - start:
        raise StoreCorrupt(f"of the nodes {start} to {stop - 1} of level {level}, {len(rows)} are there: {_DAMAGE}")
    return [row[0] for row in rows]


def sealed_seed(connection: sqlite3.Connection, commitment: str) -> SealedSeed | None:
    """Return the sealed seed of a commitment."""
    row = connection.execute(
        "SELECT commitment, tenant, kek_id, sealed FROM server_seeds WHERE commitment = ? AND sealed IS NOT NULL",
        (_hex("commitment", commitment),),
    ).fetchone()
    return None if row is None else SealedSeed(row[0].hex(), *row[1:])


def sealed_seeds(connection: sqlite3.Connection, not_kek_id: str, limit: int) -> list[SealedSeed]:
    """Return seeds that are sealed under another key-encryption key."""
    # Two ranges instead of <>, so that the index finds them among many that are under the right key.
    rows = connection.execute(
        "SELECT commitment, tenant, kek_id, sealed FROM server_seeds WHERE sealed IS NOT NULL AND kek_id < ?1"
        " UNION ALL "
        "SELECT commitment, tenant, kek_id, sealed FROM server_seeds WHERE sealed IS NOT NULL AND kek_id > ?1 LIMIT ?2",
        (not_kek_id, _limit(limit)),
    )
    return [SealedSeed(row[0].hex(), *row[1:]) for row in rows]


def api_key(connection: sqlite3.Connection, key_id: str) -> ApiKey | None:
    """Return an API key by its public part."""
    row = connection.execute(_API_KEY + "WHERE key_id = ?", (key_id,)).fetchone()
    return None if row is None else _api_key(row)


def api_keys(connection: sqlite3.Connection, tenant: str | None) -> list[ApiKey]:
    """Return all API keys, or those of one tenant, the oldest first."""
    if tenant is None:
        found = connection.execute(_API_KEY + "ORDER BY created, key_id")
    else:
        found = connection.execute(_API_KEY + "WHERE tenant = ? ORDER BY created, key_id", (tenant,))
    return [_api_key(row) for row in found]


def setting(connection: sqlite3.Connection, name: str) -> str | None:
    """Return an operator's setting."""
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def counts(connection: sqlite3.Connection) -> Counts:
    """Return the figures for metrics."""
    epochs: dict[str, int] = dict.fromkeys(STATUSES, 0)
    nonces = total = 0
    sql = "SELECT status, count(*), sum(next_nonce), sum(records) FROM states GROUP BY status"
    for status, number, drawn, appended in connection.execute(sql):
        epochs[status] = number
        nonces += drawn
        total += appended
    sealed = dict(
        connection.execute(
            "SELECT kek_id, count(*) FROM server_seeds WHERE sealed IS NOT NULL GROUP BY kek_id"
        ).fetchall()
    )
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    page_size = connection.execute("PRAGMA page_size").fetchone()[0]
    return Counts(epochs=epochs, nonces=nonces, records=total, sealed=sealed, size_bytes=pages * page_size)


_DAMAGE: Final = "the database is damaged; stop, keep the file, and restore a backup"


@lru_cache(maxsize=1024)
def _milestone(data: bytes) -> Document:
    # Epochs and activations are read for every round and never change; the largest part of a read is to parse them.
    return read_document(data)


def _epoch(row: Row) -> Epoch:
    _, seed_id, document, activation, client_seed, reveal, status, next_nonce, size, frontier, previous, time = row
    try:
        opened = _milestone(document)
        if opened.digest != seed_id.hex():
            raise ValueError(f"the epoch statement has digest {opened.digest}")
        return Epoch(
            document=opened,
            previous=previous.hex(),
            time=time,
            status=status,
            activation=None if activation is None else _milestone(activation),
            client_seed=None if client_seed is None else ClientSeed.from_bytes(client_seed),
            next_nonce=next_nonce,
            frontier=Frontier(
                size, tuple(frontier[at : at + HASH_BYTES] for at in range(0, len(frontier), HASH_BYTES))
            ),
            reveal=None if reveal is None else read_document(reveal),
        )
    except (TypeError, ValueError) as error:
        raise StoreCorrupt(f"the row of seed {seed_id.hex()} cannot be read: {error}; {_DAMAGE}") from error


def _record(seed_id: str, row: Row) -> Record:
    position, kind, first_nonce, count, consumes, digest, document = row
    return Record(
        seed_id=seed_id,
        index=position,
        kind=kind,
        first_nonce=first_nonce,
        count=count,
        consumes=bool(consumes),
        digest=digest.hex(),
        data=document,
    )


def _api_key(row: Row) -> ApiKey:
    return ApiKey(row[0], row[1], frozenset(row[2].split(",")), *row[3:])


def _hex(what: str, text: str) -> bytes:
    return bytes.fromhex(fields.digest_text(what, text))


def _limit(limit: int) -> int:
    return fields.integer("limit", limit, 0, 100_000)
