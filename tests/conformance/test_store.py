"""What every store promises: commits that are whole, durable and in order, and reads of what is durable."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from rng.canonical import MAX_INTEGER
from rng.epoch import Epoch, EpochError, close, reveal
from rng.history import void
from rng.merkle import inclusion_path, leaf_hash, root
from rng.statement import Document
from rng.store import (
    MOST_PAGE_BYTES,
    AddApiKey,
    Advance,
    ApiKey,
    Command,
    CommitmentExists,
    ForgetOnce,
    Found,
    IdempotencyConflict,
    Once,
    OpenEpoch,
    PutSetting,
    Reseal,
    Result,
    RevokeApiKey,
    SealedSeed,
    SequenceConflict,
    Store,
    StoreClosed,
    UnknownApiKey,
    UnknownSeed,
    WrongSeal,
)
from tests.conformance.stores import STORES, Factory, run
from tests.rng.statements import (
    OPENED,
    REVEAL_BY,
    SIGNER,
    SLOT,
    TENANT,
    activated,
    batched,
    drawn,
    opened,
    server_seed,
    voided,
)

pytestmark = pytest.mark.parametrize("factory", STORES.values(), ids=STORES)
Body = Callable[[Store], Awaitable[None]]
ROUND = hashlib.sha256(b"a request").digest()


def sealed(number: int, label: str = "seed", *, kek_id: str = "kek-1") -> SealedSeed:
    """Return a server seed in a sealed form; a store does not know how it was sealed."""
    commitment = server_seed(number, label).commitment().hex
    return SealedSeed(commitment, TENANT, kek_id, f"sealed {number} {label} {kek_id}".encode())


def opening(epoch: Epoch, label: str = "seed") -> OpenEpoch:
    """Return the command for an epoch with the seeds that the store does not have yet."""
    first = () if epoch.sequence else (sealed(0, label),)
    return OpenEpoch(epoch, (*first, sealed(epoch.sequence + 1, label)))


def stepping(seed_id: str, event: Callable[[Epoch], tuple[Epoch, Document | None]]) -> Advance:
    """Return the command for an event that needs to know nothing but the state."""
    return Advance(seed_id, lambda epoch, _: event(epoch))


def always(answer: tuple[Epoch, Document | None]) -> Callable[[Epoch], tuple[Epoch, Document | None]]:
    """Return an event that pays no heed to the state."""
    return lambda _: answer


def playing(seed_id: str) -> Advance:
    """Return the command that draws the next round."""
    return Advance(seed_id, lambda epoch, _: drawn(epoch))


def voiding(seed_id: str, nonce: int) -> Advance:
    """Return the command that voids a nonce with what the store found of it."""

    def decide(epoch: Epoch, found: Found) -> tuple[Epoch, Document]:
        return void(
            epoch,
            nonce=nonce,
            reason="table closed",
            time=OPENED + 2,
            signer=SIGNER,
            drawn_by=found.drawn_by,
            voided=found.voided,
        )

    return Advance(seed_id, decide, nonce=nonce)


def revealing(epoch: Epoch, label: str = "seed") -> Advance:
    """Return the command that reveals a seed."""
    seed = server_seed(epoch.sequence, label)
    return Advance(epoch.seed_id, lambda state, _: reveal(state, server_seed=seed, time=OPENED + 9, signer=SIGNER))


def once(key: str = "k1", **changes: Any) -> Once:
    """Return an idempotency key."""
    arguments: dict[str, Any] = {
        "tenant": TENANT,
        "route": "rounds",
        "seed_id": "ab" * 32,
        "key": key,
        "request": ROUND,
        "time": OPENED,
    }
    return Once(**(arguments | changes))


async def start(store: Store, label: str = "seed", **changes: Any) -> Epoch:
    """Open an epoch and set its client seed."""
    epoch = opened(label=label, **changes)
    await store.commit(
        [opening(epoch, label), Advance(epoch.seed_id, lambda state, _: activated(state))],
    )
    return epoch


async def current(store: Store, epoch: Epoch) -> Epoch:
    """Return the state as the store has it."""
    found = await store.epoch(epoch.seed_id)
    assert found is not None
    return found


async def history(store: Store, epoch: Epoch) -> list[Document]:
    """Return all records of a seed, and check that they are a chain under its state."""
    state = await current(store, epoch)
    records = await store.records(epoch.seed_id)
    assert state.activation is not None
    previous, nonce = state.activation.digest, 0
    for index, record in enumerate(records):
        document = record.document()
        assert (record.index, record.seed_id, record.digest) == (index, epoch.seed_id, document.digest)
        assert document.statement["previous"] == previous
        previous = document.digest
        if record.consumes:
            assert record.first_nonce == nonce
            nonce += record.count
    assert state.records == len(records)
    assert state.frontier.root() == root([record.data for record in records])
    assert state.next_nonce == nonce
    return [record.document() for record in records]


def test_what_is_committed_is_read_again_the_same(factory: Factory) -> None:
    async def body(store: Store) -> None:
        expected = opened()
        await store.commit([opening(expected)])
        assert await store.epoch(expected.seed_id) == expected
        for event in (activated, drawn, batched, voided, drawn):
            expected, document = event(expected)
            [result] = await store.commit([stepping(expected.seed_id, event)])
            assert result == Result(document)
            assert await store.epoch(expected.seed_id) == expected
        expected = close(expected)
        [result] = await store.commit([Advance(expected.seed_id, lambda state, _: (close(state), None))])
        assert result == Result(None)
        assert await store.epoch(expected.seed_id) == expected
        [result] = await store.commit([revealing(expected)])
        state = await current(store, expected)
        assert state.status == "revealed"
        assert state.reveal == result.document
        assert state.reveal is not None
        assert state.reveal.statement["receipts_root"] == expected.frontier.root().hex()
        assert len(await history(store, expected)) == 4

    run(factory, body)


def test_an_unknown_seed_is_none_to_a_read_and_refused_to_a_commit(factory: Factory) -> None:
    async def body(store: Store) -> None:
        unknown = "ab" * 32
        assert await store.epoch(unknown) is None
        assert await store.newest_epoch(TENANT, SLOT) is None
        assert await store.records(unknown) == []
        assert await store.record(unknown, 0) is None
        assert await store.find_nonce(unknown, 0) == Found()
        assert await store.sealed_seed(unknown) is None
        with pytest.raises(UnknownSeed, match=unknown):
            await store.commit([playing(unknown)])
        with pytest.raises(UnknownSeed, match=unknown):
            await store.inclusion_path(unknown, 0)

    run(factory, body)


@pytest.mark.parametrize("seed_id", ["", "AB" * 32, "ab" * 31, "../x", 7, None])
def test_a_seed_id_of_another_form_is_refused(factory: Factory, seed_id: Any) -> None:
    async def body(store: Store) -> None:
        for ask in (store.epoch, store.records, store.sealed_seed):
            with pytest.raises((TypeError, ValueError)):
                await ask(seed_id)
        with pytest.raises((TypeError, ValueError)):
            await store.commit([playing(seed_id)])

    run(factory, body)


def test_a_commit_is_whole_or_not_at_all(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        before = await current(store, epoch)
        other = opened(slot="00" * 16, label="other")
        commands: list[Command] = [
            playing(epoch.seed_id),
            opening(other, "other"),
            AddApiKey(ApiKey("key", TENANT, frozenset({"play"}), bytes(32), OPENED)),
            PutSetting("name", "value"),
            voiding(epoch.seed_id, 5),
        ]
        with pytest.raises(EpochError) as caught:
            await store.commit(commands, once=once())
        assert caught.value.code == "nonce_not_next"
        assert await current(store, epoch) == before
        assert await store.epoch(other.seed_id) is None
        assert await store.sealed_seed(other.commitment.hex) is None
        assert await store.api_keys() == []
        assert await store.setting("name") is None
        assert await store.recall(once()) is None
        # The same without the command that was wrong: nothing of the first attempt is in its way.
        results = await store.commit(commands[:-1], once=once())
        assert [result.document is not None for result in results] == [True, True, False, False]

    run(factory, body)


def test_what_a_decision_raises_reaches_its_caller_and_changes_nothing(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        before = await current(store, epoch)

        def broken(error: BaseException) -> Advance:
            def decide(state: Epoch, _: Found) -> tuple[Epoch, Document]:
                drawn(state)
                raise error

            return Advance(epoch.seed_id, decide)

        for error in (LookupError("mine"), KeyboardInterrupt()):
            with pytest.raises(type(error)):
                await store.commit([playing(epoch.seed_id), broken(error)])
        with pytest.raises(RuntimeError, match="StopIteration"):
            await store.commit([broken(StopIteration())])
        assert await current(store, epoch) == before
        await store.commit([playing(epoch.seed_id)])

    run(factory, body)


def test_a_decision_that_makes_no_step_of_the_machine_is_refused(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        before = await current(store, epoch)
        _, document = drawn(before)
        for after in (before, close(before)):
            with pytest.raises(ValueError, match=r"differ by|leads from|name it"):
                await store.commit([stepping(epoch.seed_id, always((after, document)))])
        assert await current(store, epoch) == before

    run(factory, body)


def test_a_later_command_sees_what_an_earlier_one_of_the_commit_did(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = opened()
        sid = epoch.seed_id
        await store.commit(
            [
                opening(epoch),
                Advance(sid, lambda state, _: activated(state)),
                playing(sid),
                Advance(sid, lambda state, _: batched(state)),
                voiding(sid, 0),
                voiding(sid, 11),
            ]
        )
        kinds = [document.kind for document in await history(store, epoch)]
        assert kinds == ["receipt", "batch", "void", "void"]

    run(factory, body)


def test_sixty_four_tasks_on_one_seed_draw_contiguous_nonces(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        nonces: list[int] = []

        async def player(number: int) -> None:
            for turn in range(5):
                if (number + turn) % 7 == 0:
                    [result] = await store.commit([Advance(epoch.seed_id, lambda state, _: batched(state, count=3))])
                    assert result.document is not None
                    first = result.document.statement["first_nonce"]
                    nonces.extend(range(first, first + 3))
                else:
                    [result] = await store.commit([playing(epoch.seed_id)])
                    assert result.document is not None
                    nonces.append(result.document.statement["nonce"])

        await asyncio.gather(*(player(number) for number in range(64)))
        assert sorted(nonces) == list(range(len(nonces)))
        assert len(await history(store, epoch)) == 320

    run(factory, body)


def test_commits_that_fail_among_many_do_not_hurt_the_others(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        other = await start(store, "other", slot="00" * 16)

        async def attempt(number: int) -> bool:
            commands = [playing(epoch.seed_id), playing(other.seed_id)]
            if number % 3 == 0:
                commands.append(voiding(other.seed_id, 10**6))
            try:
                await store.commit(commands)
            except EpochError:
                return False
            return True

        done = await asyncio.gather(*(attempt(number) for number in range(60)))
        assert done == [number % 3 != 0 for number in range(60)]
        assert len(await history(store, epoch)) == len(await history(store, other)) == 40

    run(factory, body)


def test_seeds_do_not_disturb_one_another(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epochs = [await start(store, f"seed{number}", slot=f"{number:032x}") for number in range(8)]
        await asyncio.gather(*(store.commit([playing(epoch.seed_id)]) for epoch in epochs for _ in range(6)))
        for epoch in epochs:
            assert len(await history(store, epoch)) == 6

    run(factory, body)


def test_the_same_key_and_request_give_the_same_answer_and_nothing_happens_twice(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = opened()
        sid = epoch.seed_id
        commits: list[list[Command]] = [
            [opening(epoch)],
            [Advance(sid, lambda state, _: activated(state))],
            [playing(sid), Advance(sid, lambda state, _: batched(state))],
            [voiding(sid, 3)],
            [PutSetting("name", "value")],
            [revealing(epoch), opening(opened(epoch))],
        ]
        for number, commands in enumerate(commits):
            key = once(f"key {number}")
            assert await store.recall(key) is None
            first = await store.commit(commands, once=key)
            again = await store.commit(commands, once=key)
            assert [result.replayed for result in first] == [False] * len(commands)
            assert again == [Result(result.document, replayed=True) for result in first] == await store.recall(key)
        assert [document.kind for document in await history(store, epoch)] == ["receipt", "batch", "void"]

    run(factory, body)


def test_a_key_with_another_request_is_a_conflict(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        await store.commit([playing(epoch.seed_id)], once=once())
        other = once(request=hashlib.sha256(b"another request").digest())
        with pytest.raises(IdempotencyConflict, match="'k1'"):
            await store.commit([playing(epoch.seed_id)], once=other)
        with pytest.raises(IdempotencyConflict):
            await store.recall(other)
        assert len(await history(store, epoch)) == 1

    run(factory, body)


@pytest.mark.parametrize("changes", [{"tenant": "other"}, {"route": "void"}, {"seed_id": "cd" * 32}, {"seed_id": ""}])
def test_a_key_is_good_for_its_tenant_route_and_seed(factory: Factory, changes: dict[str, Any]) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        await store.commit([playing(epoch.seed_id)], once=once())
        [result] = await store.commit([playing(epoch.seed_id)], once=once(**changes))
        assert not result.replayed
        assert len(await history(store, epoch)) == 2

    run(factory, body)


def test_a_key_of_a_commit_that_failed_can_be_used_again(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        with pytest.raises(EpochError):
            await store.commit([voiding(epoch.seed_id, 9)], once=once())
        [result] = await store.commit([playing(epoch.seed_id)], once=once())
        assert not result.replayed

    run(factory, body)


def test_of_many_racing_requests_with_one_key_one_is_carried_out(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        answers = await asyncio.gather(*(store.commit([playing(epoch.seed_id)], once=once()) for _ in range(32)))
        documents = [answer[0].document for answer in answers]
        assert [answer[0].replayed for answer in answers].count(False) == 1
        assert len({document.digest for document in documents if document is not None}) == 1
        assert None not in documents
        assert len(await history(store, epoch)) == 1

    run(factory, body)


def test_old_keys_are_forgotten_and_young_ones_are_not(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        old, young = once("old", time=OPENED), once("young", time=OPENED + 1)
        for key in (old, young):
            await store.commit([playing(epoch.seed_id)], once=key)
        await store.commit([ForgetOnce(OPENED + 1)])
        assert await store.recall(old) is None
        assert await store.recall(young) is not None

    run(factory, body)


def test_the_next_epoch_of_a_slot_opens_when_the_one_before_is_over(factory: Factory) -> None:
    async def body(store: Store) -> None:
        first = await start(store)
        second = opened(first)
        with pytest.raises(SequenceConflict, match="still active"):
            await store.commit([opening(second)])
        await store.commit([revealing(first), opening(second)])
        assert await store.newest_epoch(TENANT, SLOT) == second
        with pytest.raises(SequenceConflict):
            await store.commit([opening(second)])
        third = opened(second)
        await store.commit([Advance(second.seed_id, lambda state, _: (close(state), None)), opening(third)])
        assert await store.newest_epoch(TENANT, SLOT) == third

    run(factory, body)


def test_of_two_first_epochs_racing_for_a_slot_one_wins(factory: Factory) -> None:
    async def body(store: Store) -> None:
        rivals = [opened(label=f"rival{number}") for number in range(4)]
        answers = await asyncio.gather(
            *(store.commit([opening(epoch, f"rival{number}")]) for number, epoch in enumerate(rivals)),
            return_exceptions=True,
        )
        assert [isinstance(answer, SequenceConflict) for answer in answers].count(True) == 3
        newest = await store.newest_epoch(TENANT, SLOT)
        assert newest in rivals

    run(factory, body)


def test_of_two_racing_rotations_one_is_carried_out_in_full(factory: Factory) -> None:
    async def body(store: Store) -> None:
        first = await start(store)
        second = opened(first)
        answers = await asyncio.gather(
            *(store.commit([revealing(first), opening(second)]) for _ in range(4)), return_exceptions=True
        )
        refusals = [answer for answer in answers if isinstance(answer, EpochError)]
        assert [error.code for error in refusals] == ["revealed"] * 3
        assert await store.newest_epoch(TENANT, SLOT) == second

    run(factory, body)


def test_a_commitment_serves_one_epoch_for_ever(factory: Factory) -> None:
    async def body(store: Store) -> None:
        first = await start(store)
        elsewhere: dict[str, Any] = {"slot": "00" * 16}
        attempts = [
            opened(**elsewhere),
            opened(commitment=server_seed(1).commitment(), next_commitment=server_seed(2).commitment(), **elsewhere),
            opened(commitment=server_seed(5).commitment(), next_commitment=server_seed(0).commitment(), **elsewhere),
            opened(commitment=server_seed(5).commitment(), next_commitment=server_seed(1).commitment(), **elsewhere),
        ]
        numbers = [(0, 1), (1, 2), (5, 0), (5, 1)]
        for _ in range(2):
            for epoch, own in zip(attempts, numbers, strict=True):
                for seeds in ((sealed(own[0]), sealed(own[1])), tuple(sealed(number) for number in own if number > 1)):
                    with pytest.raises(CommitmentExists):
                        await store.commit([OpenEpoch(epoch, seeds)])
            # Once more after the seeds have been used up: their sealed form is gone, the commitments are not.
            if (await current(store, first)).status == "active":
                await store.commit([revealing(first), opening(opened(first))])

    run(factory, body)


def test_an_epoch_without_its_sealed_seeds_does_not_open(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = opened()
        for seeds in ((), (sealed(0),), (sealed(1),)):
            with pytest.raises(WrongSeal, match="no sealed seed"):
                await store.commit([OpenEpoch(epoch, seeds)])
        alien = SealedSeed(epoch.commitment.hex, "other", "kek-1", b"sealed")
        for wrong in (alien, sealed(9)):
            with pytest.raises(ValueError, match="does not belong to"):
                await store.commit([OpenEpoch(epoch, (sealed(0), sealed(1), wrong))])
        assert await store.sealed_seed(epoch.commitment.hex) is None

    run(factory, body)


def test_an_epoch_in_which_something_happened_is_not_opened(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch, _ = activated(opened())
        with pytest.raises(ValueError, match="nothing has happened in"):
            await store.commit([opening(epoch)])

    run(factory, body)


def test_the_sealed_seed_goes_when_the_seed_is_revealed(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        assert await store.sealed_seed(epoch.commitment.hex) == sealed(0)
        await store.commit([revealing(epoch)])
        assert await store.sealed_seed(epoch.commitment.hex) is None
        assert await store.sealed_seed(epoch.next_commitment.hex) == sealed(1)

    run(factory, body)


def test_seeds_are_resealed_one_by_one_and_only_from_the_key_that_was_seen(factory: Factory) -> None:
    async def body(store: Store) -> None:
        await start(store)
        assert await store.sealed_seeds(not_kek_id="kek-1") == []
        waiting = await store.sealed_seeds(not_kek_id="kek-2")
        assert sorted(waiting, key=lambda seed: seed.data) == [sealed(0), sealed(1)]
        assert len(await store.sealed_seeds(not_kek_id="a", limit=1)) == 1
        for number in (0, 1):
            await store.commit([Reseal(sealed(number, kek_id="kek-2"), "kek-1")])
        assert await store.sealed_seeds(not_kek_id="kek-2") == []
        assert len(await store.sealed_seeds(not_kek_id="kek-3")) == 2
        assert await store.sealed_seed(server_seed(0).commitment().hex) == sealed(0, kek_id="kek-2")
        for number, old in ((0, "kek-1"), (7, "kek-2")):
            with pytest.raises(WrongSeal):
                await store.commit([Reseal(sealed(number, kek_id="kek-3"), old)])

    run(factory, body)


def test_a_revealed_seed_is_not_resealed(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        await store.commit([revealing(epoch)])
        with pytest.raises(WrongSeal):
            await store.commit([Reseal(sealed(0, kek_id="kek-2"), "kek-1")])
        assert await store.sealed_seed(epoch.commitment.hex) is None

    run(factory, body)


def test_the_record_of_a_nonce_and_its_void_are_found(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        sid = epoch.seed_id
        await store.commit(
            [
                playing(sid),
                Advance(sid, lambda state, _: batched(state)),
                voiding(sid, 11),
                playing(sid),
                voiding(sid, 4),
            ]
        )
        for nonce, index, kind in (
            (0, 0, "receipt"),
            (1, 1, "batch"),
            (10, 1, "batch"),
            (11, 2, "void"),
            (12, 3, "receipt"),
        ):
            found = await store.find_nonce(sid, nonce)
            assert found.record is not None
            assert (found.record.index, found.record.kind) == (index, kind)
            assert found.drawn_by == ("" if kind == "void" else found.record.digest)
            assert found.void is None
            assert found.voided == (kind == "void")
        found = await store.find_nonce(sid, 4)
        assert found.voided
        assert found.void is not None
        assert (found.void.index, found.void.consumes, found.void.count) == (4, False, 1)
        assert await store.find_nonce(sid, 13) == Found()
        for nonce in (4, 11):
            with pytest.raises(EpochError) as caught:
                await store.commit([voiding(sid, nonce)])
            assert caught.value.code == "nonce_already_voided"
        # Each nonce of a batch is voided by itself.
        await store.commit([voiding(sid, 5)])

    run(factory, body)


def test_records_are_read_in_pages(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        await store.commit([playing(epoch.seed_id) for _ in range(10)])
        everything = await store.records(epoch.seed_id)
        assert [record.index for record in everything] == list(range(10))
        assert await store.records(epoch.seed_id, start=3, limit=4) == everything[3:7]
        assert await store.records(epoch.seed_id, start=8, limit=4) == everything[8:]
        assert await store.records(epoch.seed_id, start=10) == []
        assert await store.records(epoch.seed_id, limit=0) == []
        assert await store.record(epoch.seed_id, 7) == everything[7]
        assert await store.record(epoch.seed_id, 10) is None
        for start_, limit in ((-1, 1), (0, -1), (0, 100_001), (1.5, 1), (0, True)):
            with pytest.raises((TypeError, ValueError)):
                await store.records(epoch.seed_id, start=start_, limit=limit)  # type: ignore[arg-type]

    run(factory, body)


def test_a_page_of_large_records_is_shorter_and_never_empty(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        sid = epoch.seed_id
        draws = [{"name": "many", "value": [MAX_INTEGER] * 100_000}]
        await store.commit([Advance(sid, lambda state, _: drawn(state, draws=draws)) for _ in range(9)])
        pages, at = [], 0
        while page := await store.records(sid, start=at):
            pages.append(len(page))
            assert [record.index for record in page] == list(range(at, at + len(page)))
            assert sum(len(record.data) for record in page[:-1]) < MOST_PAGE_BYTES
            at += len(page)
        assert at == 9
        assert len(pages) > 1

    run(factory, body)


def test_chunk_roots_are_kept_beside_the_record_that_they_came_with(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        sid = epoch.seed_id
        roots = bytes(range(64))
        with_roots = Advance(sid, lambda state, _: batched(state), chunk_roots=roots)
        await store.commit([playing(sid), with_roots, playing(sid)])
        found = [await store.chunk_roots(sid, index) for index in range(4)]
        assert found == [None, roots, None, None]
        assert repr(roots)[2:20] not in repr(with_roots)
        # They are no part of the record: neither its bytes nor the chain know of them.
        assert len(await history(store, epoch)) == 3

    run(factory, body)


def test_inclusion_paths_are_those_of_the_tree_over_all_records(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        sid = epoch.seed_id
        # Past two full pages of 256, so that kept page roots, full leaves and a ragged edge all take part.
        await store.commit([playing(sid) for _ in range(600)])
        leaves = [leaf_hash(record.data) for record in await store.records(sid)]
        for index in (0, 1, 255, 256, 300, 511, 512, 598, 599):
            assert await store.inclusion_path(sid, index) == inclusion_path(leaves, index, hashed=True)
        for index in (600, -1):
            with pytest.raises(ValueError, match=r"no leaf 600|index is 0 to"):
                await store.inclusion_path(sid, index)

    run(factory, body)


def test_epochs_that_are_due_are_found_the_earliest_first(factory: Factory) -> None:
    async def body(store: Store) -> None:
        late = await start(store, "late", slot="0a" * 16, reveal_by=REVEAL_BY + 2)
        soon = opened(label="soon", slot="0b" * 16, reveal_by=REVEAL_BY + 1)
        over = await start(store, "over", slot="0c" * 16)
        await store.commit([opening(soon, "soon")])
        await store.commit([revealing(over, "over")])
        assert await store.epochs_due(REVEAL_BY) == []
        assert [epoch.seed_id for epoch in await store.epochs_due(REVEAL_BY + 1)] == [soon.seed_id]
        due = await store.epochs_due(REVEAL_BY + 2)
        assert [epoch.seed_id for epoch in due] == [soon.seed_id, late.seed_id]
        assert due[1] == await current(store, late)
        assert len(await store.epochs_due(REVEAL_BY + 2, limit=1)) == 1

    run(factory, body)


def test_api_keys_are_added_listed_and_revoked_once(factory: Factory) -> None:
    async def body(store: Store) -> None:
        first = ApiKey("aa", TENANT, frozenset({"play", "admin"}), bytes(32), OPENED, "engine")
        second = ApiKey("bb", "other", frozenset({"audit"}), b"\x01" * 32, OPENED - 1)
        await store.commit([AddApiKey(first), AddApiKey(second)])
        assert await store.api_key("aa") == first
        assert await store.api_key("cc") is None
        assert await store.api_keys() == [second, first]
        assert await store.api_keys(TENANT) == [first]
        for twin in (
            ApiKey("aa", TENANT, frozenset({"play"}), b"\x02" * 32, 1),
            ApiKey("cc", "x", first.scopes, bytes(32), 1),
        ):
            with pytest.raises(ValueError, match="exists already"):
                await store.commit([AddApiKey(twin)])
        await store.commit([RevokeApiKey("aa", OPENED + 1)])
        await store.commit([RevokeApiKey("aa", OPENED + 2)])
        revoked = await store.api_key("aa")
        assert revoked is not None
        assert revoked.revoked == OPENED + 1
        with pytest.raises(UnknownApiKey, match="'dd'"):
            await store.commit([RevokeApiKey("dd", OPENED)])

    run(factory, body)


def test_settings_are_set_changed_and_removed(factory: Factory) -> None:
    async def body(store: Store) -> None:
        assert await store.setting("draws") is None
        for value in ("stopped", "é" * 4096, None, "go"):
            await store.commit([PutSetting("draws", value)])
            assert await store.setting("draws") == value
        for name, text in (("", "x"), ("a" * 65, "x"), ("a", "x" * 4097)):
            with pytest.raises(ValueError, match="setting"):
                await store.commit([PutSetting(name, text)])

    run(factory, body)


def test_the_counts_are_of_what_is_there(factory: Factory) -> None:
    async def body(store: Store) -> None:
        empty = await store.counts()
        assert empty.epochs == {"committed": 0, "active": 0, "closed": 0, "revealed": 0}
        assert (empty.nonces, empty.records, empty.sealed) == (0, 0, {})
        epoch = await start(store)
        await start(store, "other", slot="00" * 16)
        await store.commit([playing(epoch.seed_id), Advance(epoch.seed_id, lambda state, _: batched(state))])
        await store.commit([revealing(epoch)])
        counts = await store.counts()
        assert counts.epochs == {"committed": 0, "active": 1, "closed": 0, "revealed": 1}
        assert (counts.nonces, counts.records, counts.sealed) == (11, 2, {"kek-1": 3})
        assert counts.size_bytes > 0

    run(factory, body)


def test_a_caller_that_gives_up_waiting_leaves_no_half_commit(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        tasks = [asyncio.create_task(store.commit([playing(epoch.seed_id), playing(epoch.seed_id)])) for _ in range(40)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert all(not task.cancelled() for task in tasks[1::2])
        documents = await history(store, epoch)
        assert 40 <= len(documents) <= 80
        assert len(documents) % 2 == 0

    run(factory, body)


def test_a_commit_of_nothing_and_an_unknown_command_are_refused(factory: Factory) -> None:
    async def body(store: Store) -> None:
        with pytest.raises(ValueError, match="at least one command"):
            await store.commit([])
        with pytest.raises(TypeError, match="does not know the command str"):
            await store.commit(["drop"])  # type: ignore[list-item]

    run(factory, body)


def test_a_closed_store_has_finished_what_it_took_and_refuses_the_rest(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        tasks = [asyncio.create_task(store.commit([playing(epoch.seed_id)])) for _ in range(20)]
        await asyncio.sleep(0)
        await store.close()
        assert all([(await task)[0].document for task in tasks])
        await store.close()
        with pytest.raises(StoreClosed):
            await store.commit([playing(epoch.seed_id)])
        with pytest.raises(StoreClosed):
            await store.epoch(epoch.seed_id)

    run(factory, body)


def test_everything_is_there_after_the_store_was_closed_and_opened_again(factory: Factory) -> None:
    async def body(store: Store) -> None:
        epoch = await start(store)
        await store.commit([playing(epoch.seed_id)], once=once())
        before = await current(store, epoch)
        await store.close()
        async with factory.again() as reopened:
            assert await current(reopened, epoch) == before
            [result] = await reopened.commit([playing(epoch.seed_id)], once=once())
            assert result.replayed
            await reopened.commit([playing(epoch.seed_id)])
            assert len(await history(reopened, epoch)) == 2

    run(factory, body)
