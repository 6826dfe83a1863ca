"""The writing half of the SQLite store: carries out the commands of commits within one open transaction."""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

from rng import fields
from rng.epoch import Epoch, EpochError, check_successor
from rng.history import check_step
from rng.merkle import leaf_hash
from rng.statement import RECORD_TYPES, Document, read_document
from rng.store import rows, tree
from rng.store.commands import (
    AddApiKey,
    Advance,
    Command,
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
    StoreCorrupt,
    UnknownApiKey,
    UnknownSeed,
    WrongSeal,
)
from rng.store.values import Found, Once, Result

__all__ = ["EpochCache", "Work", "recall"]

_CACHED_EPOCHS: Final = 2048
_MAX_SETTING: Final = 4096

Known = tuple[int, Epoch]
"""Row id and state of a seed."""


class EpochCache:
    """Keep the states of recently used seeds as they are on the disk, so that a round need not read its epoch."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()

    def get(self, seed_id: str) -> Known | None:
        """Return what is known of a seed."""
        found = self._known.get(seed_id)
        if found is not None:
            self._known.move_to_end(seed_id)
        return found

    def update(self, states: dict[str, Known]) -> None:
        """Take over the states of a commit that is durable."""
        for seed_id, known in states.items():
            self._known[seed_id] = known
            self._known.move_to_end(seed_id)
        while len(self._known) > _CACHED_EPOCHS:
            self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: somebody else may have written."""
        self._known.clear()


class Work:
    """Carry out commits in one transaction that somebody else begins and ends.

    Args:
        connection: in a transaction that holds the write lock.
        cache: the states on the disk; the caller updates it with ``states`` once the transaction is durable.
    """

    __slots__ = ("_cache", "_connection", "_own", "states")

    def __init__(self, connection: sqlite3.Connection, cache: EpochCache) -> None:
        self._connection = connection
        self._cache = cache
        self.states: dict[str, Known] = {}
        self._own: dict[str, Known] = {}

    def run(self, commands: Sequence[Command], once: Once | None) -> list[Result]:
        """Carry out one commit, all of it or nothing.

        Raises:
            Exception: what the commands raise; then this commit has left no trace, and the transaction goes on.
            sqlite3.Error: if SQLite fails; it may have ended the whole transaction (``in_transaction`` tells).
        """
        if once is not None:
            before = recall(self._connection, once)
            if before is not None:
                return before
        # States that this commit has led to; the next commit of the transaction sees them only if this one stands.
        self._own = {}
        self._connection.execute("SAVEPOINT one")
        try:
            results, references = [], []
            for command in commands:
                document, reference = self._carry_out(command)
                results.append(Result(document))
                references.append(reference)
            if once is not None:
                self._remember(once, references)
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO one")
                self._connection.execute("RELEASE one")
            raise
        self._connection.execute("RELEASE one")
        self.states.update(self._own)
        return results

    def _carry_out(self, command: Command) -> tuple[Document | None, list[Any] | None]:
        """Return the document that a command made, and a reference by which it is found again."""
        match command:
            case Advance():
                return self._advance(command)
            case OpenEpoch():
                return self._open(command), ["epoch", command.epoch.seed_id]
            case Reseal():
                self._reseal(command)
            case AddApiKey():
                self._add_api_key(command)
            case RevokeApiKey():
                self._revoke_api_key(command)
            case PutSetting():
                self._put_setting(command)
            case ForgetOnce():
                self._connection.execute("DELETE FROM answers WHERE time < ?", (fields.time_ms(command.before),))
            case _:
                raise TypeError(f"a store does not know the command {type(command).__name__}")
        return None, None

    def _state(self, seed_id: str) -> Known:
        known = self._own.get(seed_id) or self.states.get(seed_id) or self._cache.get(seed_id)
        known = known or rows.epoch(self._connection, seed_id)
        if known is None:
            raise UnknownSeed(f"there is no seed {seed_id}")
        return known

    def _advance(self, command: Advance) -> tuple[Document | None, list[Any] | None]:
        seed_id = command.seed_id
        row, before = self._state(seed_id)
        found = Found() if command.nonce is None else rows.find_nonce(self._connection, seed_id, command.nonce)
        after, document = command.decide(before, found)
        check_step(before, after, document)
        reference: list[Any] | None = None
        if document is not None:
            reference = [document.kind, seed_id]
            if document.kind in RECORD_TYPES:
                self._append(row, before, document, command.chunk_roots)
                reference = ["record", seed_id, before.records]
            elif document.kind == "activation":
                assert after.client_seed is not None
                self._connection.execute(
                    "UPDATE seeds SET activation = ?, client_seed = ? WHERE id = ?",
                    (document.data, after.client_seed.data, row),
                )
            else:
                self._connection.execute("UPDATE seeds SET reveal = ? WHERE id = ?", (document.data, row))
                # The statement publishes the seed; its sealed form would only be one secret more to lose.
                self._connection.execute(
                    "UPDATE server_seeds SET sealed = NULL WHERE commitment = ?", (before.commitment.data,)
                )
                self._connection.execute(
                    "INSERT INTO reveals (position, seed) SELECT coalesce(max(position) + 1, 0), ? FROM reveals", (row,)
                )
        self._connection.execute(
            "UPDATE states SET status = ?, next_nonce = ?, records = ?, frontier = ?, previous = ?, time = ?"
            " WHERE id = ?",
            (*_columns(after), row),
        )
        self._own[seed_id] = row, after
        return document, reference

    def _append(self, row: int, before: Epoch, document: Document, chunk_roots: bytes | None) -> None:
        statement, position = document.statement, before.records
        consumes = document.kind != "void" or statement["voids"] == ""
        first = statement["first_nonce" if document.kind == "batch" else "nonce"]
        self._connection.execute(
            "INSERT INTO records (seed, position, kind, consumes, first_nonce, count, digest, leaf, document,"
            " chunk_roots) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row,
                position,
                document.kind,
                int(consumes),
                first,
                statement.get("count", 1),
                bytes.fromhex(document.digest),
                leaf_hash(document.data),
                document.data,
                chunk_roots,
            ),
        )
        for level, page in tree.pages_done(position + 1):
            below = rows.nodes(
                self._connection, row, level - tree.PAGE_BITS, page << tree.PAGE_BITS, (page + 1) << tree.PAGE_BITS
            )
            self._connection.execute(
                "INSERT INTO pages (seed, level, position, hash) VALUES (?, ?, ?, ?)",
                (row, level, page, tree.page_root(below)),
            )

    def _open(self, command: OpenEpoch) -> Document:
        epoch = command.epoch
        if epoch.status != "committed" or epoch.previous != epoch.seed_id or epoch.records or epoch.next_nonce:
            raise ValueError(
                f"epoch {epoch.seed_id} is {epoch.status}: only one that nothing has happened in is opened"
            )
        newest = rows.newest_epoch(self._connection, epoch.tenant, epoch.slot)
        self._check_place(epoch, newest)
        for seed in command.seeds:
            self._add_seed(epoch, seed.commitment, seed.tenant, (seed.kek_id, seed.data))
        self._check_seeds(epoch, newest)
        statement = epoch.document.statement
        row = self._connection.execute(
            "INSERT INTO seeds (seed_id, tenant, slot, sequence, commitment, next_commitment, document)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                bytes.fromhex(epoch.seed_id),
                epoch.tenant,
                bytes.fromhex(epoch.slot),
                epoch.sequence,
                bytes.fromhex(statement["commitment"]),
                bytes.fromhex(statement["next_commitment"]),
                epoch.document.data,
            ),
        ).lastrowid
        assert row is not None
        self._connection.execute(
            "INSERT INTO states (id, status, reveal_by, next_nonce, records, frontier, previous, time)"
            " VALUES (?1, ?2, ?8, ?3, ?4, ?5, ?6, ?7)",
            (row, *_columns(epoch), epoch.reveal_by),
        )
        self._own[epoch.seed_id] = row, epoch
        return epoch.document

    def _check_place(self, epoch: Epoch, newest: Epoch | None) -> None:
        """Refuse an epoch that is not the next one of its slot, or that comes while the one before is still open."""
        try:
            check_successor(newest, epoch)
        except EpochError as error:
            raise SequenceConflict(f"another epoch of slot {epoch.slot} came first: {error}") from error
        if newest is not None and newest.status not in {"closed", "revealed"}:
            raise SequenceConflict(
                f"seed {newest.seed_id} of the slot is still {newest.status}; close or reveal it first"
            )

    def _add_seed(self, epoch: Epoch, commitment: str, tenant: str, sealed: tuple[str, bytes]) -> None:
        statement = epoch.document.statement
        if commitment not in (statement["commitment"], statement["next_commitment"]) or tenant != epoch.tenant:
            raise ValueError(f"the sealed seed of {commitment} (tenant {tenant!r}) does not belong to {epoch.seed_id}")
        added = self._connection.execute(
            "INSERT INTO server_seeds (commitment, tenant, kek_id, sealed) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (bytes.fromhex(commitment), tenant, *sealed),
        )
        if added.rowcount != 1:
            raise CommitmentExists(f"commitment {commitment} is in the store already; make another server seed")

    def _check_seeds(self, epoch: Epoch, newest: Epoch | None) -> None:
        """Refuse an epoch whose two server seeds are not both here, sealed, and its own."""
        statement = epoch.document.statement
        for name in ("commitment", "next_commitment"):
            text = statement[name]
            taken = self._connection.execute(
                "SELECT seed_id FROM seeds WHERE commitment = ?1 OR next_commitment = ?1", (bytes.fromhex(text),)
            ).fetchall()
            # The one announcement that an epoch may honour is that of the epoch before it.
            announced = newest is not None and name == "commitment"
            if taken and not (announced and newest is not None and [row[0].hex() for row in taken] == [newest.seed_id]):
                raise CommitmentExists(f"{name} {text} is that of seed {taken[0][0].hex()}; make another server seed")
            if rows.sealed_seed(self._connection, text) is None:
                raise WrongSeal(f"the store has no sealed seed for {name} {text}; give it with the epoch")

    def _reseal(self, command: Reseal) -> None:
        seed = command.seed
        changed = self._connection.execute(
            "UPDATE server_seeds SET kek_id = ?, sealed = ?"
            " WHERE commitment = ? AND tenant = ? AND kek_id = ? AND sealed IS NOT NULL",
            (seed.kek_id, seed.data, bytes.fromhex(seed.commitment), seed.tenant, command.old_kek_id),
        )
        if changed.rowcount != 1:
            raise WrongSeal(
                f"the seed of {seed.commitment} is not sealed under key {command.old_kek_id!r}; read it again"
            )

    def _add_api_key(self, command: AddApiKey) -> None:
        key = command.key
        added = self._connection.execute(
            "INSERT INTO api_keys (key_id, tenant, scopes, digest, created, label, revoked)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (key.key_id, key.tenant, ",".join(sorted(key.scopes)), key.digest, key.created, key.label, key.revoked),
        )
        if added.rowcount != 1:
            raise ValueError(f"the API key {key.key_id!r}, or its secret, exists already; make another")

    def _revoke_api_key(self, command: RevokeApiKey) -> None:
        time = fields.integer("time of a revocation", command.time, 1)
        changed = self._connection.execute(
            "UPDATE api_keys SET revoked = CASE revoked WHEN 0 THEN ? ELSE revoked END WHERE key_id = ?",
            (time, command.key_id),
        )
        if changed.rowcount != 1:
            raise UnknownApiKey(f"there is no API key {command.key_id!r:.80}")

    def _put_setting(self, command: PutSetting) -> None:
        if not 1 <= len(command.name) <= 64 or (command.value is not None and len(command.value) > _MAX_SETTING):
            raise ValueError(
                f"setting {command.name!r:.80}: a name has 1 to 64, a value up to {_MAX_SETTING} characters"
            )
        if command.value is None:
            self._connection.execute("DELETE FROM settings WHERE name = ?", (command.name,))
        else:
            self._connection.execute(
                "INSERT INTO settings (name, value) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (command.name, command.value),
            )

    def _remember(self, once: Once, references: list[list[Any] | None]) -> None:
        self._connection.execute(
            "INSERT INTO answers (tenant, route, seed_id, key, request, answer, time) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*_scope(once), once.request, json.dumps(references), once.time),
        )


def recall(connection: sqlite3.Connection, once: Once) -> list[Result] | None:
    """Return the answer of the commit that had this idempotency key, or None if there was none.

    Raises:
        IdempotencyConflict: if the key came with another request.
    """
    row = connection.execute(
        "SELECT request, answer FROM answers WHERE tenant = ? AND route = ? AND seed_id = ? AND key = ?", _scope(once)
    ).fetchone()
    if row is None:
        return None
    if row[0] != once.request:
        raise IdempotencyConflict(f"idempotency key {once.key!r} came before with another body; use a new key")
    return [Result(_refer(connection, reference), replayed=True) for reference in json.loads(row[1])]


def _refer(connection: sqlite3.Connection, reference: list[Any] | None) -> Document | None:
    if reference is None:
        return None
    kind, seed_id, *rest = reference
    if kind == "record":
        record = rows.record(connection, seed_id, *rest)
        found = None if record is None else read_document(record.data)
    else:
        known = rows.epoch(connection, seed_id)
        documents = {} if known is None else _milestones(known[1])
        found = documents.get(kind)
    if found is None:
        raise StoreCorrupt(f"the answer to an idempotency key names {reference}, which is not there")
    return found


def _milestones(epoch: Epoch) -> dict[str, Document | None]:
    return {"epoch": epoch.document, "activation": epoch.activation, "reveal": epoch.reveal}


def _scope(once: Once) -> tuple[str, str, bytes, str]:
    return once.tenant, once.route, bytes.fromhex(once.seed_id), once.key


def _columns(epoch: Epoch) -> tuple[str, int, int, bytes, bytes, int]:
    return (
        epoch.status,
        epoch.next_nonce,
        epoch.records,
        b"".join(epoch.frontier.nodes),
        bytes.fromhex(epoch.previous),
        epoch.time,
    )
