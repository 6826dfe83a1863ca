"""The SQLite store where things go wrong: no room, damage, another process, and the secrets on the disk."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from rng.epoch import Epoch
from rng.statement import Document
from rng.store import Advance, Found, PutSetting, Result, StoreBusy, StoreCorrupt, StoreError, StoreFull
from rng.store.sqlite import SqliteStore, open_store
from tests.conformance.test_store import current, history, once, playing, revealing, sealed, start, stepping
from tests.rng.statements import OPENED, drawn, server_seed


@asynccontextmanager
async def opened_store(path: Path, **options: Any) -> AsyncIterator[SqliteStore]:
    """Open a store and close it."""
    store = await open_store(path, **options)
    try:
        yield store
    finally:
        await store.close()


def test_a_full_database_refuses_what_has_no_room_and_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    async def body() -> None:
        path = tmp_path / "a.db"
        acknowledged: list[str] = []
        async with opened_store(path, max_pages=128) as store:
            epoch = await start(store)

            async def player(number: int) -> int:
                for turn in range(200):
                    try:
                        key = once(f"{number}-{turn}")
                        [result] = await store.commit([playing(epoch.seed_id)], once=key)
                    except StoreFull as error:
                        assert "free space" in str(error)
                        return turn
                    assert result.document is not None
                    acknowledged.append(result.document.digest)
                return -1

            turns = await asyncio.gather(*(player(number) for number in range(16)))
            assert -1 not in turns
            documents = await history(store, epoch)
            assert sorted(document.digest for document in documents) == sorted(acknowledged)
            # Reading goes on, and so does writing where a row is only changed.
            assert (await store.counts()).records == len(acknowledged) > 50
        async with opened_store(path) as store:
            assert [document.digest for document in await history(store, epoch)] == [
                document.digest for document in documents
            ]
            await store.commit([playing(epoch.seed_id)])
            assert len(await history(store, epoch)) == len(acknowledged) + 1

    asyncio.run(body())


def test_a_large_commit_that_has_no_room_does_not_hurt_the_small_ones_beside_it(tmp_path: Path) -> None:
    async def body() -> None:
        async with opened_store(tmp_path / "a.db", max_pages=128) as store:
            epoch = await start(store)
            large = [playing(epoch.seed_id) for _ in range(2000)]
            answers = await asyncio.gather(
                store.commit([playing(epoch.seed_id)]),
                store.commit(large),
                store.commit([playing(epoch.seed_id)]),
                store.commit([PutSetting("a", "b")]),
                return_exceptions=True,
            )
            assert [isinstance(answer, BaseException) for answer in answers] == [False, True, False, False]
            assert isinstance(answers[1], StoreFull)
            assert len(await history(store, epoch)) == 2
            assert await store.setting("a") == "b"

    asyncio.run(body())


def test_a_decision_is_made_again_when_its_transaction_is_lost(tmp_path: Path) -> None:
    async def body() -> None:
        async with opened_store(tmp_path / "a.db", max_pages=128) as store:
            epoch = await start(store)
            seen: list[int] = []

            def decide(state: Epoch, _: Found) -> tuple[Epoch, Document]:
                seen.append(state.next_nonce)
                return drawn(state)

            large = [playing(epoch.seed_id) for _ in range(2000)]
            answers = await asyncio.gather(
                store.commit(large), store.commit([Advance(epoch.seed_id, decide)]), return_exceptions=True
            )
            assert isinstance(answers[0], StoreFull)
            # Whatever state a lost attempt saw, the one that counts followed what is on the disk.
            assert seen[-1] == 0
            assert len(await history(store, epoch)) == 1

    asyncio.run(body())


def test_two_stores_on_one_file_share_a_history_without_gap_or_double(tmp_path: Path) -> None:
    async def body() -> None:
        path = tmp_path / "a.db"
        async with opened_store(path) as first, opened_store(path) as second:
            epoch = await start(first)

            async def player(store: SqliteStore) -> None:
                for _ in range(10):
                    await store.commit([playing(epoch.seed_id)])

            await asyncio.gather(*(player(store) for store in (first, second) for _ in range(3)))
            assert len(await history(first, epoch)) == len(await history(second, epoch)) == 60
            [answer] = await first.commit([playing(epoch.seed_id)], once=once())
            [replayed] = await second.commit([playing(epoch.seed_id)], once=once())
            assert replayed.replayed
            assert replayed.document == answer.document

    asyncio.run(body())


def test_a_store_that_cannot_get_the_lock_says_so_and_goes_on_when_it_can(tmp_path: Path) -> None:
    async def body() -> None:
        path = tmp_path / "a.db"
        async with opened_store(path, busy_ms=20) as store:
            epoch = await start(store)
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            answers = await asyncio.gather(
                *(store.commit([playing(epoch.seed_id)]) for _ in range(40)), return_exceptions=True
            )
            assert {type(answer) for answer in answers} == {StoreBusy}
            assert await history(store, epoch) == []
            other.execute("ROLLBACK")
            other.close()
            await store.commit([playing(epoch.seed_id)])
            assert len(await history(store, epoch)) == 1

    asyncio.run(body())


async def ask_everything(store: SqliteStore, epoch: Epoch) -> None:
    """Read and write a seed in every way."""
    state = await current(store, epoch)
    for record in await store.records(epoch.seed_id):
        record.document()
    await store.inclusion_path(epoch.seed_id, state.records - 1)
    await store.commit([playing(epoch.seed_id)])


def test_a_database_with_damaged_pages_is_called_damaged(tmp_path: Path) -> None:
    async def body() -> None:
        path = tmp_path / "a.db"
        async with opened_store(path) as store:
            epoch = await start(store)
            await store.commit([playing(epoch.seed_id) for _ in range(300)])
        data = bytearray(path.read_bytes())
        # All but the first page, which holds the schema.
        data[4096:] = b"\xa5" * (len(data) - 4096)
        path.write_bytes(bytes(data))
        with pytest.raises(StoreCorrupt, match="damaged"):
            async with opened_store(path) as store:
                await ask_everything(store, epoch)

    asyncio.run(body())


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE seeds SET document = CAST('{}' AS BLOB)",
        "UPDATE seeds SET document = activation",
        "UPDATE states SET frontier = zeroblob(31)",
        "UPDATE states SET records = 3",
        "DELETE FROM pages",
        "UPDATE seeds SET client_seed = x'ff'",
    ],
)
def test_rows_that_contradict_one_another_are_called_damaged(tmp_path: Path, change: str) -> None:
    async def body() -> None:
        path = tmp_path / "a.db"
        async with opened_store(path) as store:
            epoch = await start(store)
            await store.commit([playing(epoch.seed_id) for _ in range(300)])
        other = sqlite3.connect(path)
        other.executescript(change)
        other.close()
        with pytest.raises(StoreCorrupt, match="damaged"):
            async with opened_store(path) as store:
                await ask_everything(store, epoch)

    asyncio.run(body())


def test_a_record_that_is_there_already_is_not_written_twice_whatever_the_state_says(tmp_path: Path) -> None:
    """An old row of ``states`` put back by hand: the unique nonces and places of the records stand against it."""

    async def body() -> None:
        path = tmp_path / "a.db"
        async with opened_store(path) as store:
            epoch = await start(store)
            before = await current(store, epoch)
            await store.commit([playing(epoch.seed_id)])
        other = sqlite3.connect(path)
        other.execute(
            "UPDATE states SET next_nonce = 0, records = 0, frontier = x'', previous = ?",
            (bytes.fromhex(before.previous),),
        )
        other.commit()
        other.close()
        async with opened_store(path) as store:
            with pytest.raises(StoreCorrupt, match="contradicts itself"):
                await store.commit([playing(epoch.seed_id)])
            assert len(await store.records(epoch.seed_id)) == 1

    asyncio.run(body())


def test_the_sealed_seed_of_a_revealed_epoch_is_wiped_from_the_file(tmp_path: Path) -> None:
    async def body() -> None:
        path = tmp_path / "a.db"
        async with opened_store(path) as store:
            epoch = await start(store)
        assert sealed(0).data in path.read_bytes()
        async with opened_store(path) as store:
            await store.commit([revealing(epoch)])
        assert sealed(0).data not in path.read_bytes()
        assert sealed(1).data in path.read_bytes()
        assert server_seed(1).data not in path.read_bytes()

    asyncio.run(body())


def test_the_store_shows_its_path_and_nothing_else(tmp_path: Path) -> None:
    async def body() -> None:
        async with opened_store(tmp_path / "a.db") as store:
            await start(store)
            assert repr(store) == f"SqliteStore({str(tmp_path / 'a.db')!r})"

    asyncio.run(body())


@pytest.mark.parametrize("options", [{"busy_ms": -1}, {"max_pages": 0}, {"max_pages": 63}])
def test_options_outside_their_range_are_refused(tmp_path: Path, options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least"):
        asyncio.run(open_store(tmp_path / "a.db", **options))


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"x" * 5000)
    with pytest.raises(StoreError):
        asyncio.run(open_store(path))
    assert path.read_bytes() == b"x" * 5000


def test_more_seeds_than_are_kept_in_memory_are_all_played_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rng.store.transaction._CACHED_EPOCHS", 2)

    async def body() -> None:
        async with opened_store(tmp_path / "a.db") as store:
            epochs = [await start(store, f"seed{number}", slot=f"{number:032x}") for number in range(5)]
            for _ in range(3):
                await asyncio.gather(*(store.commit([playing(epoch.seed_id)]) for epoch in epochs))
            for epoch in epochs:
                assert len(await history(store, epoch)) == 3

    asyncio.run(body())


def test_a_caller_that_goes_while_its_group_is_written_does_not_take_the_others_along(tmp_path: Path) -> None:
    async def body() -> None:
        async with opened_store(tmp_path / "a.db") as store:
            epoch = await start(store)
            loop = asyncio.get_running_loop()
            queued, gone = threading.Event(), threading.Event()
            tasks: list[asyncio.Task[list[Result]]] = []

            def wait_for_the_group(state: Epoch) -> tuple[Epoch, Document]:
                assert queued.wait(30)
                return drawn(state)

            def leave() -> None:
                tasks[2].cancel()
                gone.set()

            def send_away(state: Epoch) -> tuple[Epoch, Document]:
                loop.call_soon_threadsafe(leave)
                assert gone.wait(30)
                return drawn(state)

            # While the first holds the writer, the other three come together into one group.
            for event in (wait_for_the_group, send_away, drawn, drawn):
                tasks.append(asyncio.create_task(store.commit([stepping(epoch.seed_id, event)])))
                await asyncio.sleep(0)
            queued.set()
            answers = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
            assert [isinstance(answer, asyncio.CancelledError) for answer in answers] == [False, False, True, False]
            assert len(await history(store, epoch)) == 4

    asyncio.run(body())


def test_times_do_not_run_back_across_a_restart(tmp_path: Path) -> None:
    async def body() -> None:
        path = tmp_path / "a.db"
        async with opened_store(path) as store:
            epoch = await start(store)
            await store.commit([stepping(epoch.seed_id, lambda state: drawn(state, time=OPENED + 700))])
        async with opened_store(path) as store:
            [result] = await store.commit([stepping(epoch.seed_id, lambda state: drawn(state, time=OPENED))])
            assert result.document is not None
            assert result.document.statement["time"] == OPENED + 700

    asyncio.run(body())
