"""Statements and proof files: exactly the fields of statements.md, each in its form, or malformed at its place."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.verifier.builder import (
    OTHER_KEY,
    PINNED,
    SIGNING_KEY,
    Document,
    History,
    examples,
    key_id,
    seal,
    sign,
    statement_digest,
)
from verifier import Malformed, verify
from verifier.canonical import encode
from verifier.proof import MAX_BYTES, read_proof
from verifier.statements import check_statement, signature_fault

EXAMPLES = examples()
HISTORY = History().receipt().batch(2).void_drawn(0)
STATEMENTS: dict[str, Document] = {
    "epoch": HISTORY.epoch,
    "activation": HISTORY.activation,
    "receipt": HISTORY.records[0],
    "batch": HISTORY.records[1],
    "void": HISTORY.records[2],
    "reveal": HISTORY.reveal(),
}
HEX = "ab" * 32

WRONG: dict[tuple[str, ...], list[Any]] = {
    ("origin",): ["", "two words", 'a"b', "a" * 129, "é", 1],
    ("time",): [-1, True, "1", None, 2**53],
    ("key_id", "seed_id", "previous", "commitment", "next_commitment", "client_seed_digest"): [
        "",
        HEX.upper(),
        HEX[2:],
        f"{HEX}ab",
        f" {HEX[1:]}",
        None,
    ],
    ("rules_digest", "draws_root", "receipts_root", "server_seed"): ["", HEX.upper(), HEX[2:]],
    ("signature",): ["", HEX, (HEX + HEX).upper()],
    ("tenant",): ["", "Tenant", "a_b", "a" * 65],
    ("slot",): ["", HEX, "AB" * 16],
    ("sequence",): [-1, 1, None],
    ("previous_epoch",): [HEX, None],
    ("scheme",): ["", "HMAC", "a b", "a" * 65],
    ("beacon_mode",): ["", "epoch", "sometimes"],
    ("beacon_chain",): [HEX, None],
    ("beacon_delay",): [1, -1],
    ("rules",): [[], {"Dice": HEX}, {"dice": HEX.upper()}, {"dice": None}],
    ("not_before", "beacon"): ["undefined", f"{HEX}:01:{HEX}", f"{HEX}:0:{HEX}", f"{HEX}:1:{HEX}:", None],
    ("log_by", "reveal_by", "rounds", "documents", "nonce", "first_nonce", "beacon_round"): [-1, True, None],
    ("max_rounds", "count"): [0, -1, True],
    ("client_seed_source",): ["", "house"],
    ("client_seed",): ["", "a\nb", "\x7f", "a" * 257, None],
    ("game",): ["", "Dice", "9lives"],
    ("parameters",): [[], {"Target": 1}, {"target": True}, {"target": [True]}, {"target": None}, {"target": {}}],
    ("draws",): [
        [],
        {},
        [{}],
        [{"name": "d", "value": -1}],
        [{"name": "d", "value": "1"}],
        [{"name": "D", "value": 1}],
    ],
    ("outcome",): [{}, [], {"x": None}, {"x": {}}, {"x": [[[[[1]]]]]}, {"X": 1}],
    ("payout",): [-1, True, "1"],
    ("scheme_proof",): ["0", "AB", "ab" * 257, None],
    ("ticket", "voids"): ["ab", HEX.upper(), None],
    ("reason",): ["", "a" * 501, "line\nbreak", "\x9b2J"],
    ("type",): ["", "proof", "Receipt", None],
}


# Two fields decide together with another one, and the error names that one.
TIED_TO = {"sequence": "previous_epoch", "beacon_mode": "beacon_chain"}


@pytest.mark.parametrize("kind", STATEMENTS)
def test_an_honest_statement_passes_and_its_signature_is_good_under_its_own_key_alone(kind: str) -> None:
    statement = check_statement(STATEMENTS[kind], "$", types=(kind,))
    assert signature_fault(statement, bytes(SIGNING_KEY.verify_key)) is None
    assert signature_fault(statement, bytes(OTHER_KEY.verify_key)) is not None
    assert statement.document_bytes == encode(STATEMENTS[kind])
    assert statement.digest == statement_digest(STATEMENTS[kind])


@pytest.mark.parametrize("kind", STATEMENTS)
def test_the_digest_of_a_statement_does_not_depend_on_its_signature(kind: str) -> None:
    other = {**STATEMENTS[kind], "signature": "00" * 64}
    assert check_statement(other, "$", types=(kind,)).digest == statement_digest(STATEMENTS[kind])


@pytest.mark.parametrize("kind", STATEMENTS)
def test_every_field_of_a_statement_is_checked_and_named(kind: str) -> None:
    wrong = {field: values for fields, values in WRONG.items() for field in fields}
    for field in STATEMENTS[kind]:
        for value in wrong[field]:
            with pytest.raises(Malformed) as caught:
                check_statement({**STATEMENTS[kind], field: value}, "$", types=tuple(STATEMENTS))
            places = (f"$.{field}", f"$.{TIED_TO.get(field, field)}")
            assert caught.value.path.startswith(places), (field, value, str(caught.value))


@pytest.mark.parametrize("kind", STATEMENTS)
def test_a_statement_with_a_field_more_or_less_is_malformed(kind: str) -> None:
    for field in STATEMENTS[kind]:
        less = {name: value for name, value in STATEMENTS[kind].items() if name != field}
        with pytest.raises(Malformed):
            check_statement(less, "$", types=(kind,))
    with pytest.raises(Malformed, match="unknown field 'luck'"):
        check_statement({**STATEMENTS[kind], "luck": 1}, "$", types=(kind,))


def test_a_statement_of_one_type_cannot_stand_in_the_place_of_another() -> None:
    for place in ("epoch", "activation", "record", "reveal"):
        for kind, statement in STATEMENTS.items():
            proof = {**EXAMPLES["receipt"], place: statement}
            if kind == place or (place == "record" and kind == "receipt"):
                continue
            with pytest.raises(Malformed):
                verify(seal(proof), PINNED)


def test_a_signature_cannot_be_carried_over_to_another_type_of_statement() -> None:
    receipt = STATEMENTS["receipt"]
    body = encode({name: value for name, value in receipt.items() if name != "signature"})
    for tag in (b"", b"fairlot/void/v1\n", b"fairlot/receipt/v2\n", b"fairlot/receipt/v1"):
        signature = SIGNING_KEY.sign(tag + body).signature.hex()
        statement = check_statement({**receipt, "signature": signature}, "$", types=("receipt",))
        assert signature_fault(statement, bytes(SIGNING_KEY.verify_key)) is not None


FORM: dict[str, tuple[str, Document, str]] = {
    "another type": ("receipt", {"type": "receipt"}, "$.type"),
    "another version": ("receipt", {"version": 2}, "$.version"),
    "a ticket": ("receipt", {"ticket": {}}, "$.ticket"),
    "a log": ("receipt", {"log": {}}, "$.log"),
    "a beacon": ("receipt", {"beacon": ""}, "$.beacon"),
    "anchors": ("receipt", {"anchors": [1]}, "$.anchors"),
    "anchors that are null": ("receipt", {"anchors": None}, "$.anchors"),
    "no reveal, yet a place in its root": ("receipt", {"reveal": None}, "$.record_inclusion"),
    "a reveal, yet no place in its root": ("receipt", {"record_inclusion": None}, "$.record_inclusion"),
    "a row beside a receipt": ("receipt", {"row": {"draws": [], "path": []}}, "$.row"),
    "no row beside a batch": ("batch", {"row": None}, "$.row"),
    "no rules beside a receipt": ("receipt", {"rules": None}, "$.rules"),
    "rules beside a void": ("void_undrawn", {"rules": History().rules}, "$.rules"),
    "a place of a void that is not there": (
        "receipt",
        {"void_inclusion": {"index": 0, "path": []}},
        "$.void_inclusion",
    ),
    "a void without its place": ("voided_receipt", {"void_inclusion": None}, "$.void_inclusion"),
    "a void of a void": ("void_undrawn", {"void": EXAMPLES["voided_receipt"]["void"]}, "$.void"),
    "no keys": ("receipt", {"keys": []}, "$.keys"),
    "one key twice": ("receipt", {"keys": EXAMPLES["receipt"]["keys"] * 2}, "$.keys[1].key_id"),
    "a path too long": ("receipt", {"record_inclusion": {"index": 0, "path": [HEX] * 65}}, "$.record_inclusion.path"),
    "an index below 0": ("receipt", {"record_inclusion": {"index": -1, "path": []}}, "$.record_inclusion.index"),
    "a nonce that is true": ("receipt", {"nonce": True}, "$.nonce"),
}


@pytest.mark.parametrize("fault", FORM)
def test_a_proof_file_of_another_form_is_malformed_at_the_right_place(fault: str) -> None:
    kind, change, path = FORM[fault]
    with pytest.raises(Malformed) as caught:
        read_proof(seal({**EXAMPLES[kind], **change}))
    assert caught.value.path == path


def test_a_key_that_no_statement_names_is_malformed() -> None:
    keys = [{"key_id": key_id(key), "public_key": bytes(key.verify_key).hex()} for key in (SIGNING_KEY, OTHER_KEY)]
    proof = {**EXAMPLES["receipt"], "keys": sorted(keys, key=lambda key: key["key_id"])}
    with pytest.raises(Malformed, match="no statement names"):
        read_proof(seal(proof))


def test_keys_that_change_places_refute_the_signatures() -> None:
    proof = {**EXAMPLES["receipt"], "reveal": sign(EXAMPLES["receipt"]["reveal"], OTHER_KEY)}
    swapped = [
        {"key_id": key_id(one), "public_key": bytes(other.verify_key).hex()}
        for one, other in ((SIGNING_KEY, OTHER_KEY), (OTHER_KEY, SIGNING_KEY))
    ]
    verdict = verify(seal({**proof, "keys": sorted(swapped, key=lambda key: key["key_id"])}))
    assert [check.number for check in verdict.checks if check.status == "failed"] == [3]


def test_a_wrong_digest_of_the_file_is_named_with_the_right_one() -> None:
    data = seal(EXAMPLES["receipt"])
    right = re.search(rb'"sha256":"([0-9a-f]{64})"', data)
    assert right is not None
    with pytest.raises(Malformed, match=right[1].decode()):
        read_proof(data.replace(right[1], b"0" * 64))


def test_a_file_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(Malformed, match=f"at most {MAX_BYTES} bytes"):
        read_proof(b"[" * (MAX_BYTES + 1))
