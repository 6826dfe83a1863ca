"""Verdicts: what a player is told of files that are honest, early, weak, voided, or signed by somebody else."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import pytest

from tests.verifier.builder import (
    CLIENT_SEED,
    ORIGIN,
    OTHER_KEY,
    PINNED,
    RULES,
    SERVER_SEED,
    SIGNING_KEY,
    START,
    Document,
    History,
    examples,
    key_id,
    seal,
    sign,
)
from verifier import Malformed, PinnedKey, Policy, Refuted, Undecided, Verdict, verify
from verifier.canonical import encode
from verifier.primitives import Words
from verifier.rounds import make_draws, parameters_scope, plan_draws
from verifier.rules import check_rules
from verifier.schemes import SCHEMES

NO_LOG = {17: "not checked", 18: "not checked", 19: "not checked"}


def statuses(verdict: Verdict) -> dict[int, str]:
    """Return the checks that did not pass, by number."""
    return {check.number: check.status for check in verdict.checks if check.status != "passed"}


def failed(verdict: Verdict) -> list[int]:
    """Return the numbers of the checks that failed."""
    return [check.number for check in verdict.checks if check.status == "failed"]


@pytest.mark.parametrize("kind", ["receipt", "later_receipt", "batch", "void_undrawn"])
def test_an_honest_file_under_a_pinned_key_is_verified(kind: str) -> None:
    data = seal(examples()[kind])
    verdict = verify(data, PINNED)
    assert (verdict.status, verdict.exit_code, statuses(verdict)) == ("verified", 0, NO_LOG)
    assert verdict.headline == ("void, nothing was drawn" if kind == "void_undrawn" else "verified")
    assert verdict.require() is verdict
    assert verdict.sha256 == hashlib.sha256(data).hexdigest()
    assert [check.number for check in verdict.checks] == list(range(1, 20))


def test_every_nonce_of_a_mixed_history_is_verified() -> None:
    history = History().receipt().batch(3).void_next().receipt().batch(1)
    for nonce in range(history.next_nonce):
        assert verify(seal(history.proof(nonce)), PINNED).status == "verified"


def test_a_file_may_end_with_one_newline_and_no_more() -> None:
    data = seal(examples()["receipt"])
    assert verify(data + b"\n", PINNED).status == "verified"
    for tail in (b"\n\n", b" ", b"\r\n", b"\x00"):
        with pytest.raises(Malformed):
            verify(data + tail, PINNED)


def test_without_a_pinned_key_the_file_is_consistent_with_its_key_and_no_more() -> None:
    verdict = verify(seal(examples()["receipt"]))
    assert verdict.headline == f"consistent with key {key_id(SIGNING_KEY)}, identity not checked"
    assert (verdict.status, verdict.exit_code) == ("undecided", 3)
    assert statuses(verdict) == {2: "not checked", **NO_LOG}
    with pytest.raises(Undecided, match="identity not checked"):
        verdict.require()


def test_a_file_wholly_forged_under_another_key_is_refuted_by_its_identity_alone() -> None:
    forged = seal(History(key=OTHER_KEY).receipt().proof(0))
    verdict = verify(forged, PINNED)
    assert (verdict.status, verdict.exit_code, failed(verdict)) == ("refuted", 1, [2])
    assert key_id(OTHER_KEY) in verdict.check(2).found
    with pytest.raises(Refuted, match="V2 identity"):
        verdict.require()
    unpinned = verify(forged)
    assert unpinned.headline == f"consistent with key {key_id(OTHER_KEY)}, identity not checked"
    assert unpinned.exit_code == 3


def test_a_pinned_key_is_good_for_its_own_origin_only() -> None:
    elsewhere = seal(History(origin="casino.example/testnet").receipt().proof(0))
    assert failed(verify(elsewhere, PINNED)) == [2]
    any_origin = Policy(keys=(PinnedKey(bytes(SIGNING_KEY.verify_key)),))
    assert verify(elsewhere, any_origin).status == "verified"
    both = Policy(keys=(*PINNED.keys, PinnedKey(bytes(SIGNING_KEY.verify_key), origin="casino.example/testnet")))
    assert verify(elsewhere, both).status == "verified"


def test_one_statement_under_a_key_that_is_not_pinned_refutes_the_file() -> None:
    proof = examples()["receipt"]
    proof["reveal"] = sign(proof["reveal"], OTHER_KEY)
    keys = [{"key_id": key_id(key), "public_key": bytes(key.verify_key).hex()} for key in (SIGNING_KEY, OTHER_KEY)]
    proof["keys"] = sorted(keys, key=lambda key: key["key_id"])
    assert failed(verify(seal(proof), PINNED)) == [2]
    pinned = Policy(keys=(*PINNED.keys, PinnedKey(bytes(OTHER_KEY.verify_key))))
    assert verify(seal(proof), pinned).status == "verified"
    headline = verify(seal(proof)).headline
    assert key_id(SIGNING_KEY) in headline
    assert key_id(OTHER_KEY) in headline


@pytest.mark.parametrize("kind", ["receipt", "batch", "void"])
def test_before_the_reveal_nothing_is_refuted_and_nothing_verified(kind: str) -> None:
    histories = {"receipt": History().receipt(), "batch": History().batch(5), "void": History().void_next()}
    verdict = verify(seal(histories[kind].proof(0, revealed=False)), PINNED)
    assert (verdict.status, verdict.exit_code) == ("undecided", 3)
    derivation = {} if kind == "void" else {10: "not checked"}
    missing = {6: "not checked", 7: "not checked", 13: "not checked", 14: "not checked"}
    assert statuses(verdict) == {**missing, **derivation, **NO_LOG}
    assert "the server seed is not revealed yet" in verdict.headline


@pytest.mark.parametrize("nonce", [0, 3])
def test_a_round_voided_after_its_outcome_is_never_plainly_verified(nonce: int) -> None:
    history = History().receipt().batch(5).void_drawn(nonce)
    verdict = verify(seal(history.proof(nonce)), PINNED)
    assert (verdict.status, verdict.exit_code, verdict.headline) == ("undecided", 3, "voided after outcome")
    assert statuses(verdict) == NO_LOG
    assert verdict.check(15).note == "voided after outcome"
    assert "another card" in verdict.check(15).found


def test_a_void_that_the_counts_prove_cannot_be_left_out() -> None:
    """One nonce in two documents: the other one voids it, or is a second record of it."""
    history = History().receipt().void_drawn(0)
    proof = {**history.proof(0), "void": None, "void_inclusion": None}
    assert failed(verify(seal(proof), PINNED)) == [13]
    twice = History().receipt()
    twice.next_nonce = 0
    assert failed(verify(seal(twice.receipt(payout=0).proof(0)), PINNED)) == [13]


def test_documents_that_voids_before_the_record_use_up_do_not_follow_it() -> None:
    """A nonce is voided at most once: where the first was before, the last document can void the second only."""
    history = History().receipt().void_drawn(0).receipt().void_drawn(1)
    assert verify(seal(history.proof(1)), PINNED).headline == "voided after outcome"
    proof = {**history.proof(1), "void": None, "void_inclusion": None}
    assert failed(verify(seal(proof), PINNED)) == [13]
    assert failed(verify(seal(history.void_drawn(0).proof(1)), PINNED)) == [13]


def test_voids_of_other_rounds_are_no_fault_of_this_one() -> None:
    history = History().receipt().void_drawn(0).receipt().batch(3).void_drawn(2).void_drawn(3).receipt()
    assert [verify(seal(history.proof(nonce)), PINNED).status for nonce in (1, 4, 5)] == ["verified"] * 3


def test_a_client_seed_of_the_operator_is_weak_and_the_headline_says_so() -> None:
    verdict = verify(seal(History(source="operator").receipt().proof(0)), PINNED)
    assert verdict.status == "verified"
    assert verdict.headline == "verified; weak: the operator chose the client seed too"
    assert verdict.check(16).note.startswith("weak")


@pytest.mark.parametrize(("requirement", "number"), [("log", 17), ("witness", 18), ("beacon", 19)])
def test_what_the_policy_requires_and_the_file_does_not_hold_leaves_it_undecided(requirement: str, number: int) -> None:
    policy = Policy(keys=PINNED.keys, require=(requirement,))
    verdict = verify(seal(examples()["receipt"]), policy)
    assert (verdict.status, verdict.exit_code) == ("undecided", 3)
    assert number in verdict.required
    assert f"V{number} {requirement}" in verdict.headline


CHAIN = "ab" * 32
BEACON = f"{CHAIN}:7:{'cd' * 32}"


def beacon_history(mode: str, *, chain: str = CHAIN, beacon: str = BEACON, beacon_round: int = 7) -> History:
    """Return a history in a beacon mode, or one that contradicts it."""
    delay = 60_000 if mode == "epoch" else 0
    return History(
        beacon=beacon,
        epoch_fields={"beacon_mode": mode, "beacon_chain": chain, "beacon_delay": delay},
        activation_fields={"beacon_round": beacon_round},
    ).receipt()


@pytest.mark.parametrize(("mode", "beacon_round"), [("epoch", 7), ("round", 0)])
def test_a_beacon_that_nobody_checked_is_never_verified(mode: str, beacon_round: int) -> None:
    verdict = verify(seal(beacon_history(mode, beacon_round=beacon_round).proof(0)), PINNED)
    assert (verdict.status, failed(verdict)) == ("undecided", [])
    assert 19 in verdict.required
    assert "V19 beacon" in verdict.headline


@pytest.mark.parametrize(
    "history",
    [
        beacon_history("none", chain="", beacon_round=0),
        beacon_history("none", chain="", beacon="", beacon_round=7),
        beacon_history("epoch", beacon=""),
        beacon_history("epoch", beacon_round=8),
        beacon_history("epoch", beacon_round=0),
        beacon_history("epoch", chain="ef" * 32),
        beacon_history("round", beacon="", beacon_round=0),
        beacon_history("round", beacon_round=7),
    ],
    ids=[
        "in mode none",
        "round in mode none",
        "none",
        "round",
        "no round",
        "chain",
        "none in mode round",
        "round twice",
    ],
)
def test_a_beacon_that_contradicts_the_mode_of_the_epoch_is_refuted(history: History) -> None:
    assert failed(verify(seal(history.proof(0)), PINNED)) == [19]


def test_a_scheme_that_the_verifier_does_not_know_leaves_the_round_undecided() -> None:
    history = History(epoch_fields={"scheme": "sponge/v9"}).receipt(scheme="sponge/v9")
    verdict = verify(seal(history.proof(0)), PINNED)
    assert verdict.status == "undecided"
    assert statuses(verdict) == {7: "not checked", 10: "not checked", **NO_LOG}
    assert "'sponge/v9' is not known" in verdict.check(10).note


def test_a_ticket_that_the_file_cannot_hold_leaves_the_round_undecided() -> None:
    verdict = verify(seal(History().receipt(ticket="12" * 32).proof(0)), PINNED)
    assert verdict.status == "undecided"
    assert statuses(verdict) == {4: "not checked", **NO_LOG}


def test_rules_that_are_too_expensive_leave_the_round_undecided() -> None:
    rules = copy.deepcopy(RULES)
    endless = {"len": [{"map": [{"range": [65536]}, "x", {"sum": [{"range": [65536]}]}]}]}
    honest = History().compute(0)
    rules["outcome"]["die"] = {"if": ["won", endless, endless]}

    class Played(History):
        def compute(self, nonce: int) -> Document:
            found = {**honest, "outcome": {**honest["outcome"]}}
            small = copy.deepcopy(rules)
            small["outcome"]["die"] = 1
            # The draws depend on the digest of the true rules; they are made with an outcome that is cheap.
            return {**found, "draws": draws_under(rules, small), "payout": 0}

    verdict = verify(seal(Played(rules=rules).receipt().proof(0)), PINNED)
    assert verdict.status == "undecided"
    assert statuses(verdict)[11] == "not checked"
    assert "too expensive" in verdict.check(11).note
    assert verdict.check(10).status == "passed"


def draws_under(rules: Document, cheap: Document) -> list[Any]:
    """Return the draws of nonce 0 with the stream of one document and the draws of another that makes the same."""
    scheme = SCHEMES["hmac-sha256/v1"]
    key = scheme.game_key(SERVER_SEED, rules_digest=check_rules(rules).digest, beacon="")
    words = Words(lambda index: scheme.block(key, client_seed=CLIENT_SEED.encode(), nonce=0, index=index))
    small = check_rules(cheap)
    return make_draws(plan_draws(small, parameters_scope(small, {"target": 3, "side": "over"})), words)


def test_rules_that_give_no_outcome_for_the_draws_refute_the_outcome_that_is_stated() -> None:
    rules = copy.deepcopy(RULES)
    rules["outcome"]["die"] = {"div": [1, 0]}

    class Played(History):
        def compute(self, nonce: int) -> Document:
            small = copy.deepcopy(rules)
            small["outcome"]["die"] = 1
            won = History().compute(0)["outcome"]
            draws = draws_under(rules, small)
            payout = 19800 if draws[0]["value"] > 3 else 0
            return {"draws": draws, "outcome": won, "payout": payout}

    verdict = verify(seal(Played(rules=rules).receipt().proof(0)), PINNED)
    assert failed(verdict) == [11]
    assert "divisor" in verdict.check(11).found


def test_a_refuted_check_says_what_would_have_to_be_false() -> None:
    proof = History().receipt().proof(0)
    proof["reveal"] = sign({**proof["reveal"], "server_seed": "00" * 32})
    verdict = verify(seal(proof), PINNED)
    assert verdict.check(7).status == "failed"
    assert verdict.check(7).unless == (
        "SHA-256 is broken, or the operator's signed commitment or its signed reveal is wrong"
    )
    for check in verdict.checks:
        assert bool(check.unless) is (check.status == "failed")


def test_the_verdict_as_json_is_canonical_and_holds_every_check() -> None:
    verdict = verify(seal(examples()["batch"]), PINNED)
    document = verdict.as_json()
    assert encode(document)
    assert document["exit_code"] == 0
    assert isinstance(document["checks"], list)
    assert len(document["checks"]) == 19
    assert verdict.round["client_seed_bytes"] == CLIENT_SEED.encode().hex()
    assert verdict.round["outcome"] == History().receipt().compute(4)["outcome"]
    assert (verdict.round["origin"], verdict.round["tenant"]) == (ORIGIN, "house")


def test_a_check_that_the_specification_does_not_have_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="must be 1 to 19, not 20"):
        verify(seal(examples()["receipt"])).check(20)


def test_callers_who_pass_the_wrong_types_are_told_so() -> None:
    with pytest.raises(TypeError, match="binary mode"):
        verify("{}")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="read_policy"):
        verify(b"{}", {"keys": []})  # type: ignore[arg-type]


def test_a_record_after_the_deadline_is_refuted_before_the_reveal_too() -> None:
    late = History(epoch_fields={"reveal_by": START + 1500}).receipt()
    assert failed(verify(seal(late.proof(0, revealed=False)), PINNED)) == [6]


def test_a_nonce_that_max_rounds_does_not_allow_is_refuted_before_the_reveal_too() -> None:
    beyond = History(epoch_fields={"max_rounds": 1}).receipt().receipt()
    assert failed(verify(seal(beyond.proof(1, revealed=False)), PINNED)) == [13]
    assert failed(verify(seal(beyond.proof(0, revealed=False)), PINNED)) == []
