"""Proof files (T7): the form of the file, and the refusal of parts that do not belong together."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from rng import proof
from rng.canonical import decode, digest, encode
from rng.proof import Inclusion, Row, proof_file
from rng.statement import Document
from tests.rng.statements import (
    OTHER_SIGNER,
    RULES,
    SIGNER,
    activated,
    batched,
    drawn,
    opened,
    voided,
)
from tests.rng.test_epoch import revealed

NAMES = {
    "type",
    "version",
    "nonce",
    "epoch",
    "activation",
    "reveal",
    "record",
    "record_inclusion",
    "row",
    "void",
    "void_inclusion",
    "rules",
    "keys",
    "ticket",
    "log",
    "beacon",
    "anchors",
    "sha256",
}
ROW = Row([{"name": "roll", "value": 7}], [bytes(32), b"\x01" * 32])
PLACE = Inclusion(0, [b"\x02" * 32])


def parts(kind: str, *, after_reveal: bool = True) -> dict[str, Any]:
    """Return what a proof file of a kind of round is made of."""
    epoch, activation = activated(opened())
    event = {"receipt": drawn, "batch": batched, "void": voided, "voided": drawn}[kind]
    epoch, record = event(epoch)
    void: Document | None = None
    if kind == "voided":
        epoch, void = voided(epoch, nonce=0, drawn_by=record.digest)
    found: dict[str, Any] = {
        "nonce": 3 if kind == "batch" else 0,
        "epoch": epoch.document,
        "activation": activation,
        "record": record,
        "rules": None if kind == "void" else RULES,
        "public_keys": [OTHER_SIGNER.public_key, SIGNER.public_key],
        "row": ROW if kind == "batch" else None,
        "void": void,
    }
    if after_reveal:
        found["reveal"] = revealed(epoch)[1]
        found["record_inclusion"] = PLACE
        found["void_inclusion"] = None if void is None else Inclusion(1, [])
    return found


@pytest.mark.parametrize("after_reveal", [True, False])
@pytest.mark.parametrize("kind", ["receipt", "batch", "void", "voided"])
def test_a_proof_file_is_canonical_complete_and_ends_with_its_digest(kind: str, after_reveal: bool) -> None:
    given = parts(kind, after_reveal=after_reveal)
    data = proof_file(**given)
    file = decode(data)
    assert isinstance(file, dict)
    assert set(file) == NAMES
    assert file.pop("sha256") == hashlib.sha256(encode(file)).hexdigest() == digest(file)
    assert (file["type"], file["version"], file["nonce"]) == ("proof", 1, given["nonce"])
    assert (file["ticket"], file["log"], file["beacon"], file["anchors"]) == (None, None, None, [])
    for name in ("epoch", "activation", "record", "reveal", "void"):
        document = given.get(name)
        assert file[name] == (None if document is None else document.statement)
    assert file["keys"] == [{"key_id": SIGNER.key_id, "public_key": SIGNER.public_key.hex()}]
    assert (file["record_inclusion"] is not None) == after_reveal
    if kind == "batch":
        assert file["row"] == {"draws": [{"name": "roll", "value": 7}], "path": ["00" * 32, "01" * 32]}


def test_keys_of_several_signers_stand_in_ascending_order() -> None:
    epoch, activation = activated(opened(), signer=OTHER_SIGNER)
    _, record = drawn(epoch)
    data = proof_file(
        nonce=0,
        epoch=epoch.document,
        activation=activation,
        record=record,
        rules=RULES,
        public_keys=[SIGNER.public_key, OTHER_SIGNER.public_key],
    )
    keys = [key["key_id"] for key in json.loads(data)["keys"]]
    assert keys == sorted({SIGNER.key_id, OTHER_SIGNER.key_id})


def test_a_key_that_signed_but_is_not_given_is_named() -> None:
    with pytest.raises(ValueError, match=SIGNER.key_id):
        proof_file(**(parts("receipt") | {"public_keys": [OTHER_SIGNER.public_key]}))


ALIEN = activated(opened(slot="00" * 16))[0]
ALIEN_PARTS = {"receipt": drawn(ALIEN)[1], "void": voided(ALIEN)[1], "reveal": revealed(ALIEN)[1]}


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("receipt", {"nonce": 1}, "of nonces 0 to 0, not of 1"),
        ("receipt", {"nonce": -1}, "nonce is 0 to"),
        ("batch", {"nonce": 10}, "of nonces 0 to 9, not of 10"),
        ("receipt", {"row": ROW}, "belongs to a batch"),
        ("batch", {"row": None}, "belongs to a batch"),
        ("batch", {"row": Row([], [])}, "at least one draw"),
        ("batch", {"row": Row(ROW.draws, [b"short"])}, "32 bytes"),
        ("receipt", {"rules": None}, "rules document of game 'dice' is missing"),
        ("receipt", {"rules": {"type": "rules"}}, "the rules have digest"),
        ("void", {"rules": RULES}, "nothing was drawn"),
        ("receipt", {"record_inclusion": None}, "record_inclusion must be given"),
        ("receipt", {"reveal": None}, "record_inclusion must be None"),
        ("receipt", {"void_inclusion": PLACE}, "void_inclusion must be None"),
        ("voided", {"void_inclusion": None}, "void_inclusion must be given"),
        ("receipt", {"record_inclusion": Inclusion(-1, [])}, "index is 0 to"),
        ("receipt", {"record": ALIEN_PARTS["receipt"]}, "of seed"),
        ("receipt", {"reveal": ALIEN_PARTS["reveal"]}, "of seed"),
        ("voided", {"void": ALIEN_PARTS["void"]}, "of seed"),
        ("receipt", {"epoch": ALIEN_PARTS["receipt"]}, "stands in the place of epoch"),
        ("receipt", {"record": ALIEN_PARTS["reveal"]}, "in the place of batch or receipt or void"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(kind: str, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        proof_file(**(parts(kind) | changes))


def test_a_void_of_another_round_is_refused() -> None:
    given = parts("voided")
    epoch, record = drawn(activated(opened())[0])
    epoch, second = drawn(epoch)
    _, void = voided(epoch, nonce=1, drawn_by=second.digest)
    assert record.digest == given["record"].digest
    with pytest.raises(ValueError, match="the void is of nonce 1"):
        proof_file(**(given | {"void": void}))


def test_the_void_of_a_drawn_round_is_not_its_record() -> None:
    given = parts("voided")
    with pytest.raises(ValueError, match="its void goes into"):
        proof_file(**(given | {"record": given["void"], "void": None, "void_inclusion": None, "rules": None}))


def test_a_file_that_parsers_would_refuse_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    data = proof_file(**parts("receipt"))
    monkeypatch.setattr(proof, "MAX_PROOF_BYTES", len(data))
    assert proof_file(**parts("receipt")) == data
    monkeypatch.setattr(proof, "MAX_PROOF_BYTES", len(data) - 1)
    with pytest.raises(ValueError, match="parsers refuse files over"):
        proof_file(**parts("receipt"))
