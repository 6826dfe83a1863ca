"""Audits of signed statements: honest histories verify, and every lie of an operator who signs it is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from certification.history_statements import Line, parse_line
from rng.statement import read_document
from tests.certification.histories import checks, lines_of, run, write_lines
from tests.verifier.builder import (
    NEXT_SERVER_SEED,
    OTHER_KEY,
    PINNED,
    RULES,
    START,
    History,
    sign,
    statement_digest,
)
from verifier import PinnedKey, Policy
from verifier.canonical import encode


def mixed(**fields: Any) -> History:
    """Return a history with every kind of record."""
    return History(**fields).receipt().batch(5).void_next().receipt().void_drawn(0).void_drawn(3).receipt()


def audited(tmp_path: Path, lines: list[bytes], **more: Any) -> tuple[Any, list[dict[str, Any]]]:
    return run(write_lines(tmp_path / "history.jsonl", lines), rules=[RULES], **more)


def test_an_honest_history_of_every_kind_of_statement_verifies(tmp_path: Path) -> None:
    lines = lines_of(mixed())
    summary, found = audited(tmp_path, lines)
    assert found == []
    assert (summary.status, summary.exit_code) == ("verified", 0)
    assert (summary.rows, summary.rounds, summary.seeds) == (10, 8, 1)
    assert (summary.signatures, summary.unsigned, summary.voided) == (10, 0, 2)
    assert summary.sampled == 8  # three receipts, and the five rounds of the batch


def test_the_signed_bytes_and_digests_of_all_statements_are_those_of_both_evaluators() -> None:
    for data in lines_of(mixed()):
        line = parse_line(1, data)
        assert isinstance(line, Line)
        assert line.digest == read_document(data).digest == statement_digest(json.loads(data))


def test_a_field_called_signature_inside_of_an_outcome_is_not_taken_for_the_signature(tmp_path: Path) -> None:
    rules = {**RULES, "outcome": {**RULES["outcome"], "signature": {"text": '"signature":"'}}}
    history = History(rules=rules).receipt().receipt()
    summary, found = run(write_lines(tmp_path / "h.jsonl", lines_of(history)), rules=[rules])
    assert (found, summary.exit_code) == ([], 0)


def test_a_history_that_is_not_revealed_is_undecided_and_all_else_is_checked(tmp_path: Path) -> None:
    summary, found = audited(tmp_path, lines_of(mixed(), revealed=False))
    assert [(one["check"], one["status"]) for one in found] == [("commitment", "undecided")]
    assert (summary.exit_code, summary.signatures, summary.rounds) == (3, 9, 0)


def test_without_a_pinned_key_the_audit_is_undecided(tmp_path: Path) -> None:
    summary, found = audited(tmp_path, lines_of(mixed()), policy=Policy())
    assert [(one["check"], one["status"]) for one in found] == [("identity", "undecided")]
    assert (summary.exit_code, summary.unsigned) == (3, 10)


def test_a_key_that_is_not_pinned_refutes_only_where_another_is_pinned_for_the_origin(tmp_path: Path) -> None:
    lines = lines_of(mixed(key=OTHER_KEY))
    summary, found = audited(tmp_path, lines)
    assert {(one["check"], one["status"]) for one in found} == {("identity", "refuted")}
    assert len(found) == len(lines)
    elsewhere = Policy(keys=(PinnedKey(public_key=PINNED.keys[0].public_key, origin="other.example/main"),))
    summary, found = audited(tmp_path, lines, policy=elsewhere)
    assert {(one["check"], one["status"]) for one in found} == {("identity", "undecided")}
    assert summary.exit_code == 3


def test_what_the_policy_requires_and_an_audit_cannot_check_is_undecided(tmp_path: Path) -> None:
    summary, found = audited(tmp_path, lines_of(mixed()), policy=Policy(keys=PINNED.keys, require=("witness",)))
    assert checks(found) == [(0, "witness", "undecided")]
    assert summary.exit_code == 3


def test_rules_that_are_not_at_hand_leave_their_rounds_undecided(tmp_path: Path) -> None:
    _, found = run(write_lines(tmp_path / "h.jsonl", lines_of(mixed())))
    assert {(one["check"], one["status"]) for one in found} == {("rules", "undecided")}
    assert len(found) == 4


def lie(**changes: Any) -> Callable[[], list[bytes]]:
    """Return the history of an operator who signs a receipt with something wrong in it."""
    return lambda: lines_of(History().receipt().receipt(**changes).receipt())


def _other_outcome() -> dict[str, Any]:
    outcome = History().compute(1)["outcome"]
    name, value = next((name, value) for name, value in outcome.items() if isinstance(value, bool | int))
    return {**outcome, name: not value if isinstance(value, bool) else value + 1}


def _other_draws() -> list[dict[str, Any]]:
    draws: list[dict[str, Any]] = History().compute(2)["draws"]
    return draws


LIES: dict[str, tuple[Callable[[], list[bytes]], set[tuple[int, str]]]] = {
    "a payout": (lie(payout=1), {(4, "payout")}),
    "an outcome": (lie(outcome=_other_outcome()), {(4, "outcome")}),
    "draws of another round": (lie(draws=_other_draws()), {(4, "draws")}),
    "a draw that is left out": (lie(draws=_other_draws()[:1]), {(4, "draws")}),
    "a client seed": (lie(client_seed="another"), {(4, "client seed"), (4, "draws"), (4, "outcome")}),
    "a source": (lie(client_seed_source="operator"), {(4, "client seed")}),
    "a beacon without a mode": (
        lie(beacon=f"{'a' * 64}:7:{'b' * 64}"),
        {(4, "beacon"), (4, "draws"), (4, "outcome")},
    ),
    "a proof of a scheme that has none": (lie(scheme_proof="00"), {(4, "draws")}),
    "another seed's statement before it": (lie(previous="0" * 64), {(4, "order")}),
    "a time before the last one": (lie(time=START), {(4, "order")}),
    "a time after the deadline": (lie(time=START + 2_000_000), {(4, "deadline"), (5, "order")}),
    "a nonce used twice": (lie(nonce=0), {(4, "nonce"), (4, "draws"), (4, "outcome"), (5, "nonce")}),
    "a batch's root": (lambda: lines_of(History().batch(4, draws_root="0" * 64)), {(3, "draws")}),
    "a batch that skips": (
        lambda: lines_of(History().receipt().batch(4, first_nonce=2)),
        {(4, "nonce"), (4, "draws"), (5, "nonce")},
    ),
    "a void of another record": (
        lambda: lines_of(History().receipt().receipt().void_drawn(0, voids="1" * 64)),
        {(5, "binding")},
    ),
    "a void made twice": (
        lambda: lines_of(History().receipt().void_drawn(0).void_drawn(0)),
        {(5, "nonce")},
    ),
    "the final count": (lambda: lines_of(mixed(), rounds=7), {(10, "nonce")}),
    "the number of documents": (lambda: lines_of(mixed(), documents=6), {(10, "receipts root")}),
    "the receipts root": (lambda: lines_of(mixed(), receipts_root="0" * 64), {(10, "receipts root")}),
    "a reveal too late": (lambda: lines_of(mixed(), time=START + 2_000_000), {(10, "deadline")}),
    "rules that are not in force": (
        lambda: lines_of(History(epoch_fields={"rules": {"little-dice": "0" * 64}}).receipt()),
        {(3, "rules")},
    ),
    "more rounds than the most": (
        lambda: lines_of(History(epoch_fields={"max_rounds": 1}).receipt().receipt()),
        {(4, "nonce")},
    ),
    "an activation of another client seed": (
        lambda: lines_of(History(activation_fields={"client_seed_digest": "0" * 64}).receipt()),
        {(3, "client seed")},
    ),
}


@pytest.mark.parametrize(("made", "expected"), LIES.values(), ids=LIES)
def test_a_signed_lie_is_found_at_its_line_and_nothing_else_is(
    tmp_path: Path, made: Callable[[], list[bytes]], expected: set[tuple[int, str]]
) -> None:
    summary, found = audited(tmp_path, made())
    assert {(one["line"], one["check"]) for one in found} == expected
    assert {one["status"] for one in found} == {"refuted"}
    assert {one["judged"] for one in found} <= {"", "verifier agrees"}
    assert summary.exit_code == 1


def test_a_reveal_of_another_server_seed_refutes_commitment_and_every_round(tmp_path: Path) -> None:
    _, found = audited(tmp_path, lines_of(mixed(), server_seed=NEXT_SERVER_SEED.hex()))
    assert ("commitment", 10) in {(one["check"], one["line"]) for one in found}
    assert {3, 4, 6, 9} <= {one["line"] for one in found if one["check"] == "draws"}


def test_a_forged_signature_is_refused_and_the_verifier_agrees(tmp_path: Path) -> None:
    lines = lines_of(mixed())
    statement = json.loads(lines[2])
    statement["signature"] = ("1" if statement["signature"][0] != "1" else "2") + statement["signature"][1:]
    _, found = audited(tmp_path, [*lines[:2], encode(statement), *lines[3:]])
    by_check = {one["check"]: one for one in found}
    assert by_check["signatures"]["line"] == 3
    assert by_check["signatures"]["judged"] == "verifier agrees"
    assert set(by_check) == {"signatures", "receipts root"}  # a leaf has its signature in it


def test_a_line_that_is_missing_shows_as_gap_order_and_root(tmp_path: Path) -> None:
    lines = lines_of(History().receipt().receipt().receipt())
    _, found = audited(tmp_path, [*lines[:3], *lines[4:]])
    assert {(one["line"], one["check"]) for one in found} == {
        (4, "order"),
        (4, "nonce"),
        (5, "receipts root"),
    }


@pytest.mark.parametrize(
    "bad", [b"", b"{}", b'{"a": 1}', b"\xff", b'{"type":"receipt"}', b"[" * 100, b'"type":"reveal"}'], ids=repr
)
def test_a_line_that_is_no_statement_is_malformed_and_costs_no_other(tmp_path: Path, bad: bytes) -> None:
    lines = lines_of(mixed())
    summary, found = audited(tmp_path, [*lines[:4], bad, *lines[4:]])
    assert checks(found) == [(5, "form", "malformed")]
    assert (summary.rows, summary.rounds, summary.exit_code) == (11, 8, 2)


def test_a_truncated_history_loses_its_last_line_only(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "h.jsonl", lines_of(mixed()))
    path.write_bytes(path.read_bytes()[:-40])
    summary, found = run(path, rules=[RULES])
    assert checks(found) == [(10, "form", "malformed"), (1, "commitment", "undecided")]
    assert summary.exit_code == 2


def test_a_receipt_with_a_client_seed_that_is_none_is_malformed(tmp_path: Path) -> None:
    _, found = audited(tmp_path, lines_of(History().receipt(client_seed="a\u0007")))
    assert (3, "form", "malformed") in checks(found)


def follower(before: History, **fields: Any) -> History:
    """Return the epoch after another one, with the same server seed again, which is not the one that was announced."""
    return History(
        epoch_fields={
            "sequence": 1,
            "previous_epoch": before.seed_id,
            "time": START + 600_000,
            "next_commitment": "9" * 64,
            **fields,
        },
        activation_fields={"time": START + 600_001},
    )


@pytest.mark.parametrize("ticket", ["a ticket", "A" * 64, "0" * 63, "0" * 64 + "\n", "é", "٣" * 64])
def test_a_receipt_with_a_ticket_that_is_no_digest_is_malformed(tmp_path: Path, ticket: str) -> None:
    """No other member says what a ticket must be, so that its form is all that can be held against it."""
    lines = lines_of(History().receipt().receipt(ticket=ticket))
    summary, found = audited(tmp_path, lines)
    assert (4, "form", "malformed") in checks(found)
    assert summary.exit_code != 0
    assert audited(tmp_path, lines_of(History().receipt().receipt(ticket="0a" * 32)))[1] == []


def test_two_seeds_in_turns_over_two_files_are_each_one_history(tmp_path: Path) -> None:
    commitment = hashlib.sha256(b"x").hexdigest()
    first = mixed(epoch_fields={"slot": "1" * 32, "next_commitment": commitment})
    second = mixed(epoch_fields={"slot": "2" * 32})
    turns = [line for pair in zip(lines_of(first), lines_of(second), strict=True) for line in pair]
    write_lines(tmp_path / "a.jsonl", turns[:7])
    write_lines(tmp_path / "b.jsonl", turns[7:])
    summary, found = run(tmp_path / "a.jsonl", tmp_path / "b.jsonl", rules=[RULES])
    assert (found, summary.seeds, summary.rounds) == ([], 2, 16)


def test_files_in_the_wrong_order_are_found_out(tmp_path: Path) -> None:
    lines = lines_of(mixed())
    a, b = write_lines(tmp_path / "a.jsonl", lines[:5]), write_lines(tmp_path / "b.jsonl", lines[5:])
    summary, found = run(b, a, rules=[RULES])
    assert {one["check"] for one in found} >= {"order", "receipts root"}
    assert summary.exit_code == 1


def test_an_epoch_that_was_not_announced_refutes_the_order(tmp_path: Path) -> None:
    first = mixed()
    lines = lines_of(first) + lines_of(follower(first).receipt(), time=START + 700_000)
    _, found = audited(tmp_path, lines)
    assert {(one["check"], one["line"]) for one in found if "commitment of the epoch" in one["note"]} == {("order", 11)}


def test_two_epochs_for_one_place_and_a_second_activation_are_proof_of_fraud(tmp_path: Path) -> None:
    first = mixed()
    rival = History(epoch_fields={"next_commitment": "9" * 64})
    again = sign({**{k: v for k, v in first.activation.items() if k != "signature"}, "time": START + 1500})
    lines = [*lines_of(first), *lines_of(rival), encode(again)]
    _, found = audited(tmp_path, lines)
    fraud = {one["line"] for one in found if "proof of fraud" in one["note"]}
    assert fraud == {11, len(lines)}


def test_signatures_are_checked_in_several_processes_with_the_same_result(tmp_path: Path) -> None:
    history = History()
    for _ in range(600):
        history.receipt()
    lines = lines_of(history)
    bad = json.loads(lines[500])
    bad["signature"] = "0" * 128
    lines[500] = encode(bad)
    alone = audited(tmp_path, lines)
    several = audited(tmp_path, lines, processes=2)
    assert alone == several
    assert (501, "signatures", "refuted") in checks(alone[1])
