"""The embedded store: SQLite in WAL mode, one writer thread that commits in groups, a few readers.

The writer takes every commit that waits, carries them out one after another in one transaction, and syncs the disk once
for all: the more callers wait, the cheaper a durable commit becomes. Each commit stands alone: one that fails is undone
by its savepoint, and when SQLite gives up the whole transaction, each is tried again by itself.

Other processes may write to the same file (``keys rotate`` beside a service): every transaction takes the write lock
first, and states that are held in memory are dropped when somebody else has written.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from rng.epoch import Epoch
from rng.store import rows
from rng.store.commands import Command
from rng.store.errors import StoreClosed
from rng.store.schema import connect, migrate, translate
from rng.store.transaction import EpochCache, Work, recall
from rng.store.values import ApiKey, Counts, Found, Once, Record, Result, RevealedPage, SealedSeed

__all__ = ["SqliteStore", "open_store"]

_GROUP: Final = 256
_READERS: Final = 3
_LEAST_PAGES: Final = 64

T = TypeVar("T")


async def open_store(path: Path, *, busy_ms: int = 5000, max_pages: int | None = None) -> SqliteStore:
    """Open the store in a database file, which is made if it is absent.

    Args:
        path: the database file; two files with the endings ``-wal`` and ``-shm`` stand beside it while it is open.
        busy_ms: how long a write waits for another process, in milliseconds.
        max_pages: most pages of 4096 bytes that the database may have, at least 64; None for SQLite's own limit.

    Raises:
        StoreVersion: if the file is another program's, or of a newer version.
        StoreError: if it cannot be opened, read or written.
        ValueError: for an argument outside its range.
    """
    if busy_ms < 0:
        raise ValueError(f"busy_ms is at least 0, not {busy_ms}")
    if max_pages is not None and max_pages < _LEAST_PAGES:
        raise ValueError(f"max_pages is at least {_LEAST_PAGES}, not {max_pages}")
    return await asyncio.to_thread(SqliteStore, path, busy_ms=busy_ms, max_pages=max_pages)


@dataclass(slots=True, eq=False)
class _Job:
    """Hold a commit that waits, and where its answer goes."""

    commands: tuple[Command, ...]
    once: Once | None
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[list[Result]]


_Answer = tuple[_Job, "list[Result] | BaseException"]


class SqliteStore:
    """Implement ``rng.store.Store``; made by ``open_store``."""

    def __init__(self, path: Path, *, busy_ms: int, max_pages: int | None) -> None:
        """Open the database and start the writer; see ``open_store``."""
        self._path = path
        self._busy_ms = busy_ms
        self._writing = connect(path, busy_ms=busy_ms, max_pages=max_pages)
        try:
            migrate(self._writing)
        except BaseException:
            self._writing.close()
            raise
        self._cache = EpochCache()
        self._version = -1
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._reading: list[sqlite3.Connection] = []
        self._local = threading.local()
        self._readers = ThreadPoolExecutor(max_workers=_READERS, thread_name_prefix="fairlot-store-reader")
        self._writer = threading.Thread(target=self._write, name="fairlot-store-writer", daemon=True)
        self._writer.start()

    def __repr__(self) -> str:
        return f"SqliteStore({str(self._path)!r})"

    async def commit(self, commands: Sequence[Command], *, once: Once | None = None) -> list[Result]:
        """Carry out all commands or none; return when they are durable. See ``Store.commit``.

        A caller that is cancelled while it waits does not learn whether its commit was carried out.
        """
        if not commands:
            raise ValueError("a commit has at least one command")
        loop = asyncio.get_running_loop()
        job = _Job(tuple(commands), once, loop, loop.create_future())
        with self._lock:
            self._require_open()
            self._jobs.put(job)
        return await job.future

    async def recall(self, once: Once) -> list[Result] | None:
        """Return the answer of an earlier commit with this idempotency key. See ``Store.recall``."""
        return await self._read(lambda connection: recall(connection, once))

    async def epoch(self, seed_id: str) -> Epoch | None:
        """Return the state of a seed."""
        known = await self._read(lambda connection: rows.epoch(connection, seed_id))
        return None if known is None else known[1]

    async def newest_epoch(self, tenant: str, slot: str) -> Epoch | None:
        """Return the epoch with the highest sequence number in a slot."""
        return await self._read(lambda connection: rows.newest_epoch(connection, tenant, slot))

    async def epochs_due(self, time: int, *, limit: int = 100) -> list[Epoch]:
        """Return epochs that are not revealed and due at or before a time, the earliest first."""
        return await self._read(lambda connection: rows.epochs_due(connection, time, limit))

    async def revealed(self, *, start: int = 0, limit: int = 100) -> RevealedPage:
        """Return revealed seeds in the order of their reveals. See ``Store.revealed``."""
        return await self._read(lambda connection: rows.revealed(connection, start, limit))

    async def find_nonce(self, seed_id: str, nonce: int) -> Found:
        """Return the record that used up a nonce, and the void of that round."""
        return await self._read(lambda connection: rows.find_nonce(connection, seed_id, nonce))

    async def record(self, seed_id: str, index: int) -> Record | None:
        """Return the record at an index."""
        return await self._read(lambda connection: rows.record(connection, seed_id, index))

    async def records(self, seed_id: str, *, start: int = 0, limit: int = 1000) -> list[Record]:
        """Return up to ``limit`` records from index ``start`` on."""
        return await self._read(lambda connection: rows.records(connection, seed_id, start, limit))

    async def chunk_roots(self, seed_id: str, index: int) -> bytes | None:
        """Return what is kept beside the record at an index. See ``Store.chunk_roots``."""
        return await self._read(lambda connection: rows.chunk_roots(connection, seed_id, index))

    async def inclusion_path(self, seed_id: str, index: int) -> list[bytes]:
        """Return the path of a record under the root over the seed's present records."""
        return await self._read(lambda connection: rows.inclusion_path(connection, seed_id, index))

    async def sealed_seed(self, commitment: str) -> SealedSeed | None:
        """Return the sealed seed of a commitment."""
        return await self._read(lambda connection: rows.sealed_seed(connection, commitment))

    async def sealed_seeds(self, *, not_kek_id: str, limit: int = 100) -> list[SealedSeed]:
        """Return seeds that are sealed under another key-encryption key."""
        return await self._read(lambda connection: rows.sealed_seeds(connection, not_kek_id, limit))

    async def api_key(self, key_id: str) -> ApiKey | None:
        """Return an API key by its public part."""
        return await self._read(lambda connection: rows.api_key(connection, key_id))

    async def api_keys(self, tenant: str | None = None) -> list[ApiKey]:
        """Return all API keys, or those of one tenant."""
        return await self._read(lambda connection: rows.api_keys(connection, tenant))

    async def setting(self, name: str) -> str | None:
        """Return an operator's setting."""
        return await self._read(lambda connection: rows.setting(connection, name))

    async def counts(self) -> Counts:
        """Return the figures for metrics."""
        return await self._read(rows.counts)

    async def close(self) -> None:
        """Finish the commits under way and release everything."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        await asyncio.to_thread(self._shut)

    def _shut(self) -> None:
        self._writer.join()
        self._readers.shutdown(wait=True)
        for connection in self._reading:
            connection.close()
        # The last connection to close moves the write-ahead log into the database.
        self._writing.close()

    def _require_open(self) -> None:
        if self._closed:
            raise StoreClosed(f"the store in {str(self._path)!r} is closed")

    async def _read(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            self._require_open()
            waiting = self._readers.submit(self._ask, ask)
        return await asyncio.wrap_future(waiting)

    def _ask(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        """Answer a question from one moment of the database, in a reader's thread."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = connect(self._path, busy_ms=self._busy_ms, readonly=True)
            self._local.connection = connection
            self._reading.append(connection)
        try:
            connection.execute("BEGIN")
            try:
                return ask(connection)
            finally:
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise translate(error) from error

    def _write(self) -> None:
        """Take commits from the queue, a group at a time, until the store is closed; the writer's thread."""
        ending = False
        while not ending:
            waiting = [self._jobs.get()]
            with contextlib.suppress(queue.Empty):
                while len(waiting) < _GROUP:
                    waiting.append(self._jobs.get_nowait())
            ending = None in waiting
            # A commit whose caller has gone before it began is not begun.
            jobs = [job for job in waiting if job is not None and not job.future.cancelled()]
            if not jobs:
                continue
            try:
                answers = self._attempt(jobs)
            except BaseException as error:  # noqa: BLE001 - a writer that died would leave every caller waiting for ever
                answers = [(job, error) for job in jobs]
            _deliver(answers)

    def _attempt(self, jobs: list[_Job]) -> list[_Answer]:
        """Carry out a group in one transaction; if the transaction fails, each commit in one of its own."""
        try:
            return self._transact(jobs)
        except sqlite3.Error as error:
            self._cache.clear()
            # While another process holds the lock, each commit by itself would wait as long as the group did.
            if len(jobs) == 1 or error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return [(job, translate(error)) for job in jobs]
        return [answer for job in jobs for answer in self._attempt([job])]

    def _transact(self, jobs: list[_Job]) -> list[_Answer]:
        connection = self._writing
        connection.execute("BEGIN IMMEDIATE")
        try:
            self._notice_others()
            work = Work(connection, self._cache)
            answers: list[_Answer] = []
            for job in jobs:
                try:
                    answers.append((job, work.run(job.commands, job.once)))
                except sqlite3.Error as error:
                    if not connection.in_transaction:
                        raise
                    answers.append((job, translate(error)))
                except BaseException as error:  # noqa: BLE001 - whatever a decision raises is its caller's, not the writer's
                    answers.append((job, error))
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            raise
        self._cache.update(work.states)
        return answers

    def _notice_others(self) -> None:
        """Drop the states in memory if another connection has written since the last transaction."""
        version = self._writing.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._cache.clear()
            self._version = version


def _deliver(answers: list[_Answer]) -> None:
    """Hand answers to the callers, with one wake-up for each event loop."""
    loops: dict[asyncio.AbstractEventLoop, list[_Answer]] = {}
    for answer in answers:
        loops.setdefault(answer[0].loop, []).append(answer)
    for loop, group in loops.items():
        # A loop that is closed has no callers left that could be told.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, group)


def _settle(answers: list[_Answer]) -> None:
    for job, answer in answers:
        if job.future.done():
            continue
        if isinstance(answer, StopIteration):
            # A future refuses it, because in a coroutine it would mean the end.
            job.future.set_exception(RuntimeError("a decision raised StopIteration"))
        elif isinstance(answer, BaseException):
            job.future.set_exception(answer)
        else:
            job.future.set_result(answer)
