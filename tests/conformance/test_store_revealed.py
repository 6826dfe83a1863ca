"""What every store promises of the list of revealed seeds: the order of reveals, nothing missed, nothing twice."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest

from rng.epoch import Epoch, EpochError, close, reveal
from rng.seeds import ServerSeed
from rng.store import (
    Advance,
    OpenEpoch,
    Revealed,
    RevealedPage,
    SealedSeed,
    SequenceConflict,
    Store,
    StoreClosed,
)
from tests.conformance.stores import STORES, Factory, run
from tests.conformance.test_store import current, opening, playing, revealing, start
from tests.rng.statements import OPENED, SIGNER, batched, opened, server_seed

pytestmark = pytest.mark.parametrize("factory", STORES.values(), ids=STORES)


def slot_of(label: str) -> str:
    """Return a slot of its own for each label."""
    return hashlib.sha256(label.encode()).hexdigest()[:32]


async def begun(store: Store, label: str, **changes: Any) -> Epoch:
    """Open an epoch in a slot of its own and set its client seed."""
    return await start(store, label, slot=slot_of(label), **changes)


def revealing_at(epoch: Epoch, label: str, time: int) -> Advance:
    """Return the command that reveals a seed at a time."""
    seed = server_seed(epoch.sequence, label)
    return Advance(epoch.seed_id, lambda state, _: reveal(state, server_seed=seed, time=time, signer=SIGNER))


async def ids(store: Store, **asked: int) -> list[str]:
    """Return the seed ids of a page."""
    return [one.seed_id for one in (await store.revealed(**asked)).seeds]


async def whole(store: Store, *, limit: int) -> list[Revealed]:
    """Return the list as it is, gone through page by page."""
    found: list[Revealed] = []
    while page := (await store.revealed(start=len(found), limit=limit)).seeds:
        found += page
    return found


def test_a_seed_is_in_the_list_when_it_is_revealed_and_not_before(factory: Factory) -> None:
    async def body(store: Store) -> None:
        nothing = RevealedPage((), 0)
        assert await store.revealed() == nothing
        committed = opened(label="committed", slot=slot_of("committed"))
        await store.commit([opening(committed, "committed")])
        active, closed, shown = [await begun(store, label) for label in ("active", "closed", "shown")]
        await store.commit([playing(active.seed_id)])
        await store.commit([Advance(closed.seed_id, lambda state, _: (close(state), None))])
        assert await store.revealed() == nothing
        await store.commit([playing(shown.seed_id), Advance(shown.seed_id, lambda state, _: batched(state, count=5))])
        await store.commit([revealing(shown, "shown")])
        page = await store.revealed()
        assert page == RevealedPage((Revealed(0, shown.seed_id, 6, 2, OPENED + 9),), 1)
        reveal = (await current(store, shown)).reveal
        assert reveal is not None
        assert (page.seeds[0].rounds, page.seeds[0].time) == (reveal.statement["rounds"], reveal.statement["time"])

    run(factory, body)


def test_the_order_is_that_of_the_reveals_whatever_their_times_and_the_order_of_opening(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epochs = {label: await begun(store, label) for label in "abcd"}
        order = "cadb"
        for number, label in enumerate(order):
            # A clock that is set back between two reveals.
            await store.commit([revealing_at(epochs[label], label, OPENED + 9 - number)])
        found = await whole(store, limit=3)
        assert [one.time for one in found] == [OPENED + 9 - number for number in range(4)]
        assert [one.seed_id for one in found] == [epochs[label].seed_id for label in order]
        assert [one.position for one in found] == [0, 1, 2, 3]

    run(factory, body)


def test_the_seeds_of_all_tenants_are_in_one_list(factory: Factory) -> None:
    async def body(store: Store) -> None:
        mine = await begun(store, "mine")
        theirs = opened(label="theirs", slot=slot_of("theirs"), tenant="rival")
        kept = [
            SealedSeed(server_seed(number, "theirs").commitment().hex, "rival", "kek-1", b"sealed") for number in (0, 1)
        ]
        await store.commit([OpenEpoch(theirs, tuple(kept))])
        await store.commit([revealing(theirs, "theirs"), revealing(mine, "mine")])
        assert await ids(store) == [theirs.seed_id, mine.seed_id]

    run(factory, body)


def test_pages_begin_and_end_where_they_are_asked_to(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epochs = [await begun(store, f"page {number}") for number in range(7)]
        await store.commit([revealing(epoch, f"page {number}") for number, epoch in enumerate(epochs)])
        everything = [epoch.seed_id for epoch in epochs]
        assert await ids(store, start=2, limit=3) == everything[2:5]
        assert await ids(store, start=5, limit=3) == everything[5:]
        assert await ids(store, start=7) == []
        assert await ids(store, start=2**53 - 1) == []
        assert await ids(store, limit=0) == []
        assert (await store.revealed(start=6, limit=1)).total == 7
        for start_, limit in ((-1, 1), (2**53, 1), (0, -1), (0, 100_001), (1.5, 1), (0, True)):
            with pytest.raises((TypeError, ValueError)):
                await store.revealed(start=start_, limit=limit)  # type: ignore[arg-type]

    run(factory, body)


def test_a_commit_that_fails_leaves_no_place_in_the_list(factory: Factory) -> None:
    async def body(store: Store) -> None:
        first, second = await begun(store, "first"), await begun(store, "second")
        successor = opened(second, label="second", slot=slot_of("second"))
        with pytest.raises(SequenceConflict):
            await store.commit([revealing(first, "first"), opening(successor, "second")])
        assert await store.revealed() == RevealedPage((), 0)
        with pytest.raises(EpochError):
            await store.commit([revealing(first, "first"), revealing(second, "another label")])
        assert await store.revealed() == RevealedPage((), 0)
        await store.commit([revealing(second, "second")])
        await store.commit([revealing(first, "first")])
        assert [(one.position, one.seed_id) for one in (await store.revealed()).seeds] == [
            (0, second.seed_id),
            (1, first.seed_id),
        ]

    run(factory, body)


def test_a_list_that_is_read_while_seeds_are_revealed_misses_none_and_doubles_none(factory: Factory) -> None:
    async def body(store: Store) -> None:
        labels = [f"racing {number}" for number in range(60)]
        epochs = {label: await begun(store, label) for label in labels}
        is_over = False

        async def reader() -> list[Revealed]:
            found: list[Revealed] = []
            while True:
                last = is_over
                page = await store.revealed(start=len(found), limit=3)
                assert len(found) + len(page.seeds) <= page.total
                found += page.seeds
                if last and not page.seeds:
                    return found

        async def revealer(mine: list[str]) -> None:
            for label in mine:
                # A slot goes on, as it does when a player's seed is rotated.
                successor = opened(epochs[label], label=label, slot=slot_of(label))
                await store.commit([revealing(epochs[label], label), opening(successor, label)])

        readers = [asyncio.create_task(reader()) for _ in range(3)]
        await asyncio.gather(*(revealer(labels[number::6]) for number in range(6)))
        is_over = True
        lists = await asyncio.gather(*readers)
        assert [one.position for one in lists[0]] == list(range(60))
        assert {one.seed_id for one in lists[0]} == {epoch.seed_id for epoch in epochs.values()}
        assert lists[0] == lists[1] == lists[2] == await whole(store, limit=7)

    run(factory, body)


def test_the_list_is_there_after_the_store_was_closed_and_goes_on(factory: Factory) -> None:
    async def body(store: Store) -> None:
        first, second = await begun(store, "first"), await begun(store, "second")
        await store.commit([revealing(first, "first")])
        await store.close()
        with pytest.raises(StoreClosed):
            await store.revealed()
        async with factory.again() as reopened:
            assert await ids(reopened) == [first.seed_id]
            await reopened.commit([revealing(second, "second")])
            assert await ids(reopened) == [first.seed_id, second.seed_id]

    run(factory, body)


def test_what_the_list_holds_says_nothing_of_server_seeds_slots_or_tenants(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await begun(store, "quiet")
        await store.commit([revealing(epoch, "quiet")])
        text = repr(await store.revealed())
        secret: ServerSeed = server_seed(0, "quiet")
        for hidden in (secret.commitment().hex, epoch.slot, epoch.tenant):
            assert hidden not in text

    run(factory, body)
