"""The life of a server seed: which events each state allows, and what holds under any order of them (T6)."""

from __future__ import annotations

import hashlib
import itertools
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rng.epoch import STATUSES, Epoch, EpochError, check_successor, close, open_epoch, reveal
from rng.history import check_step
from rng.merkle import Frontier, root
from rng.seeds import ClientSeed, check_nonce
from rng.statement import Document
from tests.rng.statements import (
    OPENED,
    ORIGIN,
    OTHER_SIGNER,
    REVEAL_BY,
    RULES_DIGEST,
    SIGNER,
    SLOT,
    activated,
    batched,
    drawn,
    opened,
    server_seed,
    voided,
)

CHAIN = "c4" * 32


def revealed(epoch: Epoch, **changes: Any) -> tuple[Epoch, Document]:
    """Reveal with the right seed."""
    arguments: dict[str, Any] = {"server_seed": server_seed(epoch.sequence), "time": OPENED + 3, "signer": SIGNER}
    return reveal(epoch, **(arguments | changes))


def closed(epoch: Epoch) -> tuple[Epoch, None]:
    """Close, in the form of the other events."""
    return close(epoch), None


def in_status(status: str) -> Epoch:
    """Return an epoch in a status, with a round where that is possible."""
    epoch = opened()
    if status == "committed":
        return epoch
    epoch = drawn(activated(epoch)[0])[0]
    if status == "active":
        return epoch
    return close(epoch) if status == "closed" else revealed(epoch)[0]


def refused(code: str, event: Callable[..., Any], *arguments: Any, **named: Any) -> str:
    """Expect a refusal with a code, and return its text."""
    with pytest.raises(EpochError) as caught:
        event(*arguments, **named)
    assert caught.value.code == code
    return str(caught.value)


ALLOWED: dict[str, dict[str, str]] = {
    # event: status to the code of the refusal, or the empty text where the event is allowed
    "activate": {"committed": "", "active": "already_active", "closed": "closed", "revealed": "revealed"},
    "draw": {"committed": "not_active", "active": "", "closed": "closed", "revealed": "revealed"},
    "batch": {"committed": "not_active", "active": "", "closed": "closed", "revealed": "revealed"},
    "void": {"committed": "not_active", "active": "", "closed": "closed", "revealed": "revealed"},
    "close": {"committed": "", "active": "", "closed": "closed", "revealed": "revealed"},
    "reveal": {"committed": "", "active": "", "closed": "", "revealed": "revealed"},
}
EVENTS: dict[str, Callable[..., tuple[Epoch, Document | None]]] = {
    "activate": activated,
    "draw": drawn,
    "batch": batched,
    "void": voided,
    "close": closed,
    "reveal": revealed,
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("event", EVENTS)
def test_each_status_allows_its_events_and_refuses_the_others_with_a_code(event: str, status: str) -> None:
    before = in_status(status)
    code = ALLOWED[event][status]
    if code:
        assert before.seed_id in refused(code, EVENTS[event], before)
    else:
        after, document = EVENTS[event](before)
        check_step(before, after, document)
        assert before == in_status(status)


@pytest.mark.parametrize("event", ["activate", "draw", "batch", "void", "reveal"])
def test_the_deadline_itself_is_in_time_and_a_millisecond_later_is_not(event: str) -> None:
    before = in_status("committed" if event == "activate" else "active")
    after, _ = EVENTS[event](before, time=REVEAL_BY)
    assert after.time == REVEAL_BY
    refused("past_reveal_by", EVENTS[event], before, time=REVEAL_BY + 1)


def test_a_late_reveal_is_made_only_on_request_and_states_its_true_time() -> None:
    epoch = in_status("active")
    refused("past_reveal_by", revealed, epoch, time=REVEAL_BY + 5)
    after, document = revealed(epoch, time=REVEAL_BY + 5, late=True)
    assert document.statement["time"] == REVEAL_BY + 5 > after.reveal_by


@pytest.mark.parametrize("event", ["activate", "draw", "batch", "void", "reveal"])
def test_a_clock_that_went_back_gives_the_time_of_the_statement_before(event: str) -> None:
    before = in_status("committed" if event == "activate" else "active")
    after, document = EVENTS[event](before, time=0)
    assert document is not None
    assert after.time == document.statement["time"] == before.time


def test_the_records_are_a_chain_from_the_seed_id_to_the_reveal() -> None:
    epoch = opened()
    documents: list[Document] = [epoch.document]
    for event in (activated, drawn, batched, voided, drawn, revealed):
        epoch, document = event(epoch)
        documents.append(document)
    for before, after in itertools.pairwise(documents):
        assert after.statement["previous"] == before.digest
        assert after.statement["seed_id"] == epoch.seed_id == documents[0].digest
    last = documents[-1].statement
    assert (last["rounds"], last["documents"]) == (13, 4)
    assert last["receipts_root"] == root([document.data for document in documents[2:-1]]).hex()


def test_the_reveal_of_a_seed_that_was_never_used_follows_the_epoch_and_has_the_empty_root() -> None:
    epoch = opened()
    _, document = revealed(epoch)
    assert document.statement["previous"] == epoch.seed_id
    assert document.statement["receipts_root"] == hashlib.sha256(b"").hexdigest()
    assert (document.statement["rounds"], document.statement["documents"]) == (0, 0)


def test_the_receipt_repeats_epoch_and_activation() -> None:
    epoch, activation = activated(opened(), source="operator")
    _, document = drawn(epoch)
    assert document.statement["client_seed"] == "Zoë 🎲"
    assert document.statement["client_seed_source"] == activation.statement["client_seed_source"] == "operator"
    assert document.statement["scheme"] == epoch.scheme
    assert activation.statement["client_seed_digest"] == hashlib.sha256("Zoë 🎲".encode()).hexdigest()
    assert document.statement["origin"] == ORIGIN


@pytest.mark.parametrize("nonce", [0, 2, 10**9])
def test_a_round_of_another_nonce_than_the_next_is_refused(nonce: int) -> None:
    epoch = in_status("active")
    assert epoch.next_nonce == 1
    refused("nonce_not_next", drawn, epoch, nonce=nonce)
    refused("nonce_not_next", batched, epoch, first_nonce=nonce)


def test_a_batch_of_a_bad_count_is_refused_whatever_the_nonce() -> None:
    for count in (0, -1, 1_000_001, True):
        with pytest.raises((TypeError, ValueError)):
            batched(in_status("active"), count=count)


def test_rounds_are_refused_beyond_max_rounds_and_the_last_one_is_not() -> None:
    epoch = activated(opened(max_rounds=12))[0]
    epoch = batched(epoch)[0]
    assert "2 of 12 rounds left" in refused("max_rounds_reached", batched, epoch)
    epoch = drawn(epoch)[0]
    epoch = voided(epoch)[0]
    assert epoch.next_nonce == 12
    refused("max_rounds_reached", drawn, epoch)
    refused("max_rounds_reached", voided, epoch)
    voided(epoch, nonce=3, drawn_by="ab" * 32)


@pytest.mark.parametrize(("game", "digest"), [("dice", "00" * 32), ("other", RULES_DIGEST), ("", ""), ("dice", "")])
def test_rules_that_the_epoch_does_not_name_are_not_played_under_it(game: str, digest: str) -> None:
    epoch = activated(opened())[0]
    refused("game_not_in_force", drawn, epoch, game=game, rules_digest=digest)
    refused("game_not_in_force", batched, epoch, game=game, rules_digest=digest)


def test_a_void_of_a_drawn_round_keeps_the_nonces_and_names_the_record() -> None:
    epoch, receipt = drawn(activated(opened())[0])
    after, document = voided(epoch, nonce=0, drawn_by=receipt.digest)
    assert (after.next_nonce, after.records) == (1, 2)
    assert document.statement["voids"] == receipt.digest


def test_a_void_of_the_next_nonce_uses_it_up() -> None:
    epoch = activated(opened())[0]
    after, document = voided(epoch)
    assert (after.next_nonce, after.records) == (1, 1)
    assert document.statement["voids"] == ""


def test_a_nonce_is_voided_once_and_never_ahead_of_its_turn() -> None:
    epoch = in_status("active")
    refused("nonce_already_voided", voided, epoch, nonce=0, drawn_by="ab" * 32, voided=True)
    refused("nonce_already_voided", voided, epoch, nonce=0, voided=True)
    refused("nonce_not_next", voided, epoch, nonce=2)


@pytest.mark.parametrize(("nonce", "drawn_by"), [(0, ""), (1, "ab" * 32)])
def test_a_void_names_a_record_if_and_only_if_the_nonce_was_drawn(nonce: int, drawn_by: str) -> None:
    with pytest.raises(ValueError, match="drawn_by is"):
        voided(in_status("active"), nonce=nonce, drawn_by=drawn_by)


def test_another_server_seed_than_the_committed_one_is_not_revealed_and_not_shown() -> None:
    text = refused("wrong_server_seed", revealed, in_status("active"), server_seed=server_seed(1))
    assert server_seed(1).data.hex() not in text


@pytest.mark.parametrize(
    ("mode", "fixed", "beacon", "fits"),
    [
        ("none", 0, "", True),
        ("none", 0, f"{CHAIN}:5:{'00' * 32}", False),
        ("epoch", 5, f"{CHAIN}:5:{'00' * 32}", True),
        ("epoch", 5, f"{CHAIN}:6:{'00' * 32}", False),
        ("epoch", 5, f"{'c5' * 32}:5:{'00' * 32}", False),
        ("epoch", 5, "", False),
        ("round", 0, f"{CHAIN}:6:{'00' * 32}", True),
        ("round", 0, f"{'c5' * 32}:6:{'00' * 32}", False),
        ("round", 0, "", False),
    ],
)
def test_a_round_has_the_beacon_that_the_epoch_fixed(mode: str, fixed: int, beacon: str, fits: bool) -> None:
    chain: dict[str, Any] = (
        {} if mode == "none" else {"beacon_chain": CHAIN, "beacon_delay": 3000 if mode == "epoch" else 0}
    )
    epoch = activated(opened(beacon_mode=mode, **chain), beacon_round=fixed)[0]
    for event in (drawn, batched):
        if fits:
            assert event(epoch, beacon=beacon)[1].statement["beacon"] == beacon
        else:
            refused("wrong_beacon", event, epoch, beacon=beacon)


def test_an_activation_fixes_a_beacon_round_in_mode_epoch_and_in_no_other() -> None:
    refused("wrong_beacon", activated, opened(), beacon_round=5)
    refused("wrong_beacon", activated, opened(beacon_mode="epoch", beacon_chain=CHAIN, beacon_delay=3000))


def test_the_next_epoch_takes_the_announced_commitment_and_names_the_one_before() -> None:
    first = opened()
    second = opened(first)
    assert second.commitment == first.next_commitment
    assert second.document.statement["previous_epoch"] == first.seed_id
    assert second.sequence == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"commitment": server_seed(7).commitment()},
        {"slot": "00" * 16},
        {"tenant": "other"},
        {"origin": "casino.example/test"},
    ],
)
def test_an_epoch_that_does_not_follow_the_one_before_is_refused(changes: dict[str, Any]) -> None:
    assert next(iter(changes)) in refused("wrong_successor", opened, opened(), **changes)


def test_a_first_epoch_does_not_follow_another_and_a_second_does_not_stand_alone() -> None:
    first = opened()
    second = opened(first)
    refused("wrong_successor", check_successor, None, second)
    refused("wrong_successor", check_successor, second, first)
    refused("wrong_successor", check_successor, opened(second), second)


def test_an_epoch_does_not_open_before_the_last_statement_of_the_one_before() -> None:
    first = drawn(activated(opened())[0], time=OPENED + 500)[0]
    assert opened(first, time=OPENED).time == OPENED + 500


def test_the_time_and_the_nonce_are_checked() -> None:
    epoch = in_status("active")
    for time in (-1, 2**53, 1.5, True, None):
        with pytest.raises((TypeError, ValueError)):
            drawn(epoch, time=time)
        with pytest.raises((TypeError, ValueError)):
            opened(time=time)
    for nonce in (-1, 2**53, 1.0, True, None):
        with pytest.raises((TypeError, ValueError)):
            drawn(epoch, nonce=nonce)
        with pytest.raises((TypeError, ValueError)):
            voided(epoch, nonce=nonce)


def test_a_refusal_keeps_its_code_when_it_crosses_a_process() -> None:
    error = pickle.loads(pickle.dumps(EpochError("closed", "seed x is closed")))
    assert (error.code, str(error)) == ("closed", "seed x is closed")


def test_the_state_shows_no_secret() -> None:
    epoch = in_status("revealed")
    assert server_seed(0).data.hex() not in repr(epoch)


def wrong_steps() -> list[tuple[Epoch, Epoch, Document | None]]:
    """Return steps that no event makes."""
    before = in_status("active")
    after, document = drawn(before)
    void_after, void_document = voided(before, nonce=0, drawn_by="ab" * 32)
    other, other_document = drawn(activated(opened(slot="00" * 16))[0])
    return [
        (before, before, None),
        (before, after, None),
        (before, before, document),
        (after, after, document),
        (before, other, other_document),
        (before, after, other_document),
        (before, replace(after, next_nonce=5), document),
        (before, replace(after, next_nonce=1), document),
        (before, replace(after, frontier=Frontier()), document),
        (before, replace(after, previous=before.previous), document),
        (before, replace(after, time=after.time + 1), document),
        (before, replace(after, status="closed"), document),
        (before, replace(void_after, next_nonce=2), void_document),
        (before, replace(before, status="revealed"), None),
        (close(before), before, None),
        (in_status("committed"), activated(in_status("committed"))[0], document),
        (replace(before, time=after.time + 1), after, document),
    ]


@pytest.mark.parametrize("number", range(len(wrong_steps())))
def test_a_step_that_no_event_makes_is_refused(number: int) -> None:
    before, after, document = wrong_steps()[number]
    with pytest.raises(ValueError, match=r"leads from|differ by|follow|name it|keeps its seed|does not go with"):
        check_step(before, after, document)


TIMES = st.integers(OPENED - 10, REVEAL_BY + 3) | st.integers(OPENED, OPENED + 20)


class Life(RuleBasedStateMachine):
    """Throw events at an epoch in any order, and hold the documents that come out against T4 to T6."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch = opened(max_rounds=60)
        self.documents: list[Document] = []
        self.spent: dict[int, Document] = {}
        self.voids: set[int] = set()

    def attempt(self, event: Callable[..., tuple[Epoch, Document | None]], **named: Any) -> Document | None:
        """Carry out an event, or see that it is refused without effect."""
        before = self.epoch
        try:
            after, document = event(before, **named)
        except EpochError:
            assert self.epoch == before
            return None
        check_step(before, after, document)
        self.epoch = after
        if document is not None:
            self.documents.append(document)
        return document

    @rule(time=TIMES, seed=st.sampled_from(["a", "b"]))
    def activate(self, time: int, seed: str) -> None:
        self.attempt(activated, time=time, client_seed=ClientSeed(seed))

    @rule(time=TIMES, ahead=st.integers(-1, 1))
    def draw(self, time: int, ahead: int) -> None:
        nonce = max(0, self.epoch.next_nonce + ahead)
        document = self.attempt(drawn, time=time, nonce=nonce)
        if document is not None:
            assert nonce not in self.spent
            self.spent[nonce] = document

    @rule(time=TIMES, count=st.integers(1, 30))
    def batch(self, time: int, count: int) -> None:
        first = self.epoch.next_nonce
        document = self.attempt(batched, time=time, count=count)
        if document is not None:
            for nonce in range(first, first + count):
                assert nonce not in self.spent
                self.spent[nonce] = document

    @rule(time=TIMES, back=st.integers(-1, 70))
    def void(self, time: int, back: int) -> None:
        nonce = max(0, self.epoch.next_nonce - back)
        record = self.spent.get(nonce)
        drawn_by = record.digest if record is not None and record.kind != "void" else ""
        document = self.attempt(voided, time=time, nonce=nonce, drawn_by=drawn_by, voided=nonce in self.voids)
        if document is not None:
            assert nonce not in self.voids
            self.voids.add(nonce)
            self.spent.setdefault(nonce, document)

    # Rare, so that most lives are long enough to be interesting.
    @precondition(lambda self: len(self.documents) > 5)
    @rule()
    def close(self) -> None:
        self.attempt(closed)

    @precondition(lambda self: len(self.documents) > 6)
    @rule(time=TIMES)
    def reveal(self, time: int) -> None:
        self.attempt(revealed, time=time)

    @invariant()
    def the_nonces_are_contiguous_and_below_the_limit(self) -> None:
        assert sorted(self.spent) == list(range(self.epoch.next_nonce))
        assert self.epoch.next_nonce <= self.epoch.max_rounds

    @invariant()
    def the_statements_are_a_chain_in_order_of_time_and_in_time(self) -> None:
        previous, time = self.epoch.seed_id, self.epoch.document.statement["time"]
        for document in self.documents:
            statement = document.statement
            assert statement["previous"] == previous
            assert time <= statement["time"] <= self.epoch.reveal_by
            previous, time = document.digest, statement["time"]
        assert (self.epoch.previous, self.epoch.time) == (previous, time)

    @invariant()
    def there_is_one_activation_before_all_records_and_one_reveal_after_them(self) -> None:
        kinds = [document.kind for document in self.documents]
        assert kinds.count("activation") == (self.epoch.activation is not None)
        assert "activation" not in kinds[1:]
        assert kinds.count("reveal") == (self.epoch.status == "revealed")
        assert "reveal" not in kinds[:-1]
        assert self.epoch.activation is not None or set(kinds) <= {"reveal"}

    @invariant()
    def the_tree_is_over_all_records(self) -> None:
        records = [document.data for document in self.documents if document.kind in {"receipt", "batch", "void"}]
        assert self.epoch.records == len(records)
        assert self.epoch.frontier.root() == root(records)


TestLife = Life.TestCase


def test_the_documents_of_two_signers_differ_in_key_and_digest() -> None:
    first, second = opened(), opened(signer=OTHER_SIGNER)
    assert first.document.statement["key_id"] != second.document.statement["key_id"]
    assert first.seed_id != second.seed_id


def test_what_an_epoch_says_of_itself_is_what_its_statement_says() -> None:
    epoch = opened()
    statement = epoch.document.statement
    assert (epoch.tenant, epoch.slot, epoch.origin) == (statement["tenant"], SLOT, ORIGIN)
    assert epoch.rules == {"dice": RULES_DIGEST}
    assert (epoch.reveal_by, epoch.max_rounds, epoch.client_seed_source) == (REVEAL_BY, 1_000_000_000, "")
    assert epoch.commitment == server_seed(0).commitment()
    assert check_nonce(epoch.next_nonce) == 0
    with pytest.raises(TypeError):
        open_epoch()  # type: ignore[call-arg]
