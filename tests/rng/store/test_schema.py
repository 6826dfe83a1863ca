"""The database file: who may read it, which schema it has, and what its errors mean."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from rng.store import StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreUnavailable, StoreVersion
from rng.store.rows import revealed
from rng.store.schema import APPLICATION_ID, MIGRATIONS, connect, migrate, translate


def version(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return application id and schema version."""
    return (
        connection.execute("PRAGMA application_id").fetchone()[0],
        connection.execute("PRAGMA user_version").fetchone()[0],
    )


def tables(connection: sqlite3.Connection) -> set[str]:
    """Return the names of all tables."""
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def test_a_connection_that_writes_is_durable_and_one_that_reads_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    writing = connect(path, busy_ms=100)
    migrate(writing)
    assert writing.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert writing.execute("PRAGMA synchronous").fetchone() == (2,)
    assert writing.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert writing.execute("PRAGMA secure_delete").fetchone() == (1,)
    reading = connect(path, busy_ms=100, readonly=True)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reading.execute("DELETE FROM settings")
    reading.close()
    writing.close()


def test_the_database_and_its_log_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    connection = connect(tmp_path / "a.db", busy_ms=100)
    migrate(connection)
    names = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert names.keys() >= {"a.db", "a.db-wal"}
    assert set(names.values()) == {0o600}
    connection.close()


def test_an_empty_file_becomes_a_database_and_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    for _ in range(2):
        connection = connect(path, busy_ms=100)
        migrate(connection)
        assert version(connection) == (APPLICATION_ID, len(MIGRATIONS))
        assert tables(connection) >= {"seeds", "states", "records", "pages", "answers", "api_keys", "settings"}
        connection.close()


def test_a_database_is_brought_to_a_newer_version_with_what_is_in_it(tmp_path: Path) -> None:
    connection = connect(tmp_path / "a.db", busy_ms=100)
    migrate(connection)
    connection.execute("INSERT INTO settings VALUES ('a', 'b')")
    newer = (*MIGRATIONS, "ALTER TABLE settings ADD COLUMN note TEXT;\nCREATE TABLE more (x INTEGER);")
    migrate(connection, newer)
    assert version(connection) == (APPLICATION_ID, len(MIGRATIONS) + 1)
    assert connection.execute("SELECT name, value, note FROM settings").fetchall() == [("a", "b", None)]
    connection.close()


@pytest.mark.parametrize("script", ["CREATE TABLE more (x);\nCREATE TABLE more (x);", "CREATE TABLE more (x);\nSELECT"])
def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path, script: str) -> None:
    connection = connect(tmp_path / "a.db", busy_ms=100)
    migrate(connection)
    before = tables(connection)
    with pytest.raises((StoreError, ValueError)):
        migrate(connection, (*MIGRATIONS, script))
    assert tables(connection) == before
    assert version(connection) == (APPLICATION_ID, len(MIGRATIONS))
    assert not connection.in_transaction
    connection.close()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    connection = connect(tmp_path / "a.db", busy_ms=100)
    migrate(connection, (*MIGRATIONS, "CREATE TABLE more (x INTEGER);"))
    with pytest.raises(StoreVersion, match=f"schema version {len(MIGRATIONS) + 1}.*use the version of fairlot"):
        migrate(connection)
    connection.close()


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE theirs (x)", "PRAGMA application_id = 7", "PRAGMA user_version = 3"]
)
def test_a_database_of_another_program_is_left_alone(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "a.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(statement)
    other.close()
    connection = connect(path, busy_ms=100)
    with pytest.raises(StoreVersion, match="not fairlot's"):
        migrate(connection)
    assert "seeds" not in tables(connection)
    connection.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"this is a letter to my aunt, and longer than a header of SQLite is. " * 20)
    with pytest.raises(StoreCorrupt, match="not a database"):
        connect(path, busy_ms=100)
    assert path.read_bytes().startswith(b"this is a letter")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "a.db"
    with pytest.raises(StoreUnavailable, match=r"missing.*No such file"):
        connect(path, busy_ms=100)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_FULL, StoreFull),
        (sqlite3.SQLITE_BUSY, StoreBusy),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreBusy),
        (sqlite3.SQLITE_LOCKED, StoreBusy),
        (sqlite3.SQLITE_CORRUPT, StoreCorrupt),
        (sqlite3.SQLITE_NOTADB, StoreCorrupt),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, StoreCorrupt),
        (sqlite3.SQLITE_IOERR_FSYNC, StoreUnavailable),
        (sqlite3.SQLITE_READONLY, StoreUnavailable),
        (None, StoreUnavailable),
    ],
)
def test_each_error_of_sqlite_has_a_meaning_and_keeps_its_words(code: int | None, expected: type[StoreError]) -> None:
    error = sqlite3.OperationalError("what it said")
    if code is not None:
        error.sqlite_errorcode = code
    found = translate(error)
    assert type(found) is expected
    assert "what it said" in str(found)


def test_seeds_that_were_revealed_before_there_was_a_list_stand_in_it_by_the_times_of_their_reveals(
    tmp_path: Path,
) -> None:
    connection = connect(tmp_path / "a.db", busy_ms=100)
    migrate(connection, MIGRATIONS[:2])
    for number, (status, time) in enumerate(
        [("revealed", 30), ("active", 5), ("revealed", 10), ("closed", 1), ("revealed", 10)], start=1
    ):
        name = bytes([number]) * 32
        connection.execute(
            "INSERT INTO seeds (id, seed_id, tenant, slot, sequence, commitment, next_commitment, document)"
            " VALUES (?, ?, 'main', ?, 0, ?, ?, x'00')",
            (number, name, name, name, bytes([number + 100]) * 32),
        )
        connection.execute("INSERT INTO states VALUES (?, ?, 100, 0, 0, x'', x'', ?)", (number, status, time))
    migrate(connection)
    found = connection.execute("SELECT position, seed FROM reveals ORDER BY position").fetchall()
    assert found == [(0, 3), (1, 5), (2, 1)]
    connection.close()


def test_a_page_of_the_list_is_found_by_an_index_however_long_the_list_is(tmp_path: Path) -> None:
    connection = connect(tmp_path / "a.db", busy_ms=100)
    migrate(connection)
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    revealed(connection, 5, 100)
    connection.set_trace_callback(None)
    plans = [row[3] for sql in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert len(asked) == 2
    # The one row without an index to it is the last one of the list, and is found from its end.
    assert [plan for plan in plans if not plan.startswith("SEARCH")] == []
    connection.close()
