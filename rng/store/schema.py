"""The SQLite database: its tables, its migrations, how a connection is opened, and what its errors mean."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Final

from rng.store.errors import StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreUnavailable, StoreVersion

__all__ = ["APPLICATION_ID", "MIGRATIONS", "connect", "migrate", "translate"]

APPLICATION_ID: Final = 0x66_61_69_72
"""Marks the file as fairlot's ("fair"), in the header of the database."""

_LEAST_SQLITE: Final = (3, 37, 0)
_WAL_PAGES: Final = 4096

MIGRATIONS: Final[tuple[str, ...]] = (
    """
    -- What is fixed when an epoch opens, and its two later milestones.
    CREATE TABLE seeds (
        id INTEGER PRIMARY KEY,
        seed_id BLOB NOT NULL UNIQUE,
        tenant TEXT NOT NULL,
        slot BLOB NOT NULL,
        sequence INTEGER NOT NULL,
        commitment BLOB NOT NULL UNIQUE,
        next_commitment BLOB NOT NULL UNIQUE,
        document BLOB NOT NULL,
        activation BLOB,
        client_seed BLOB,
        reveal BLOB,
        UNIQUE (tenant, slot, sequence)
    ) STRICT;

    -- What every round changes: a small row of its own, so that a round rewrites little.
    CREATE TABLE states (
        id INTEGER PRIMARY KEY REFERENCES seeds (id),
        status TEXT NOT NULL CHECK (status IN ('committed', 'active', 'closed', 'revealed')),
        reveal_by INTEGER NOT NULL,
        next_nonce INTEGER NOT NULL,
        records INTEGER NOT NULL,
        frontier BLOB NOT NULL,
        previous BLOB NOT NULL,
        time INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX states_due ON states (reveal_by) WHERE status <> 'revealed';

    CREATE TABLE records (
        seed INTEGER NOT NULL REFERENCES seeds (id),
        position INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('receipt', 'batch', 'void')),
        consumes INTEGER NOT NULL CHECK (consumes IN (0, 1)),
        first_nonce INTEGER NOT NULL,
        count INTEGER NOT NULL CHECK (count >= 1),
        digest BLOB NOT NULL,
        leaf BLOB NOT NULL,
        document BLOB NOT NULL,
        UNIQUE (seed, position),
        -- A nonce is used up once and voided once; ranges cannot overlap, because each begins at the next nonce.
        UNIQUE (seed, consumes, first_nonce)
    ) STRICT;

    CREATE TABLE pages (
        seed INTEGER NOT NULL REFERENCES seeds (id),
        level INTEGER NOT NULL,
        position INTEGER NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (seed, level, position)
    ) STRICT, WITHOUT ROWID;

    -- The row stays when the seed is revealed, so that no commitment ever comes back; the sealed bytes go.
    CREATE TABLE server_seeds (
        commitment BLOB PRIMARY KEY,
        tenant TEXT NOT NULL,
        kek_id TEXT NOT NULL,
        sealed BLOB
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX server_seeds_kek ON server_seeds (kek_id) WHERE sealed IS NOT NULL;

    -- The answer names the documents of a commit, in the order of its commands; it does not repeat them.
    CREATE TABLE answers (
        tenant TEXT NOT NULL,
        route TEXT NOT NULL,
        seed_id BLOB NOT NULL,
        key TEXT NOT NULL,
        request BLOB NOT NULL,
        answer TEXT NOT NULL,
        time INTEGER NOT NULL,
        PRIMARY KEY (tenant, route, seed_id, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX answers_time ON answers (time);

    CREATE TABLE api_keys (
        key_id TEXT PRIMARY KEY,
        tenant TEXT NOT NULL,
        scopes TEXT NOT NULL,
        digest BLOB NOT NULL UNIQUE,
        created INTEGER NOT NULL,
        label TEXT NOT NULL,
        revoked INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- The roots of a batch's chunks, so that the proof of one round need not draw all rounds of the batch again.
    ALTER TABLE records ADD COLUMN chunk_roots BLOB;
    """,
    """
    -- The order of reveals, which is public: positions go up by one under the write lock, so that whoever has read up
    -- to a position never misses a seed and never meets one again. Of earlier reveals the time of the statement tells.
    CREATE TABLE reveals (
        position INTEGER PRIMARY KEY,
        seed INTEGER NOT NULL UNIQUE REFERENCES seeds (id)
    ) STRICT;
    INSERT INTO reveals (position, seed)
        SELECT row_number() OVER (ORDER BY time, id) - 1, id FROM states WHERE status = 'revealed';
    """,
)
"""Migration n leads from schema version n to n + 1. Never changed once released, only added to."""


def connect(path: Path, *, busy_ms: int, readonly: bool = False, max_pages: int | None = None) -> sqlite3.Connection:
    """Open a connection with the settings that the store's promises rest on.

    Args:
        path: the database file; it is made, readable by its owner only, unless ``readonly``.
        busy_ms: how long a statement waits for another process, in milliseconds.
        readonly: whether the connection refuses to write.
        max_pages: most pages that the database may have.

    Raises:
        StoreError: if it cannot be opened.
    """
    if sqlite3.sqlite_version_info < _LEAST_SQLITE:
        needed = ".".join(map(str, _LEAST_SQLITE))
        raise StoreVersion(f"SQLite {sqlite3.sqlite_version} is too old; the store needs {needed} or later")
    try:
        if not readonly:
            # The write-ahead log takes its permissions from this file.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        # Closed by whoever opened it, in whichever thread that is: hence no check of the thread.
        connection = sqlite3.connect(path, timeout=busy_ms / 1000, isolation_level=None, check_same_thread=False)
    except OSError as error:
        raise StoreUnavailable(f"the database {str(path)!r} cannot be opened: {error.strerror}") from error
    except sqlite3.Error as error:
        raise translate(error) from error
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
        if readonly:
            connection.execute("PRAGMA query_only = ON")
            return connection
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise StoreUnavailable(
                f"the database {str(path)!r} is on a file system without shared memory (mode {mode!r})"
            )
        # FULL: a commit returns when the write-ahead log is on the disk, not merely with the operating system.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES:d}")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        if max_pages is not None:
            connection.execute(f"PRAGMA max_page_count = {max_pages:d}")
    except sqlite3.Error as error:
        connection.close()
        raise translate(error) from error
    except StoreError:
        connection.close()
        raise
    return connection


def migrate(connection: sqlite3.Connection, migrations: tuple[str, ...] = MIGRATIONS) -> None:
    """Bring the database to the newest schema version, in one transaction.

    Raises:
        StoreVersion: if it is another program's, or newer than this program knows.
        StoreError: if it cannot be read or written.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            owner = connection.execute("PRAGMA application_id").fetchone()[0]
            tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            if owner != APPLICATION_ID and (owner or version or tables):
                raise StoreVersion(f"the database is not fairlot's (application id {owner:#x}): give another path")
            if version > len(migrations):
                raise StoreVersion(
                    f"the database has schema version {version}, this program knows up to {len(migrations)}: "
                    "use the version of fairlot that wrote it, or a later one"
                )
            for script in migrations[version:]:
                for statement in _statements(script):
                    connection.execute(statement)
            if version < len(migrations):
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
                connection.execute(f"PRAGMA user_version = {len(migrations):d}")
            connection.execute("COMMIT")
        except BaseException:
            # A failed COMMIT may have rolled back by itself.
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
    except sqlite3.Error as error:
        raise translate(error) from error


def translate(error: sqlite3.Error) -> StoreError:
    """Return the store's error for one of SQLite's: what happened, and what the operator can do."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    said = f"{error} ({name})"
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(f"no room to write: {said}; free space or raise the limit, nothing acknowledged is lost")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreBusy(f"another process holds the database: {said}")
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return StoreCorrupt(f"the database is damaged: {said}; stop, keep the file, and restore a backup")
    if code == sqlite3.SQLITE_CONSTRAINT:
        # Each command checks before it writes, so rows that contradict one another are damage.
        return StoreCorrupt(f"the database contradicts itself: {said}; stop, keep the file, and check it")
    return StoreUnavailable(f"the database cannot be read or written: {said}")


def _statements(script: str) -> list[str]:
    """Split a script at the semicolons that end its statements."""
    found: list[str] = []
    rest = ""
    for line in script.splitlines():
        rest += line + "\n"
        if sqlite3.complete_statement(rest):
            found.append(rest)
            rest = ""
    if rest.strip():
        raise ValueError(f"a migration ends within a statement: {rest.strip()[:80]!r}")
    return found
