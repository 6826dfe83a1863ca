"""Statements: signed bytes, digests, documents and signatures (statements.md T1), and the signer."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import VerifyKey

from rng.canonical import MAX_INTEGER, encode
from rng.signing import Ed25519Signer, key_id
from rng.statement import (
    STATEMENT_TYPES,
    Document,
    document_bytes,
    read_document,
    sign_statement,
    signed_bytes,
    statement_digest,
)
from tests.rng.statements import ORIGIN, SIGNER

BODY = {"type": "void", "origin": ORIGIN, "seed_id": "ab" * 32, "time": 5, "reason": "é", "previous": "cd" * 32}

# Printable keys on both sides of "signature", among them ones that share its beginning.
KEYS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8) | st.sampled_from(
    ["sign", "signatur", "signature2", "signaturf", "zz", "Z", ""]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def test_signed_bytes_are_the_domain_a_newline_and_the_body_without_its_signature() -> None:
    signed = {"type": "void", "b": 1, "a": "é", "signature": "00" * 64}
    assert signed_bytes(signed) == 'fairlot/void/v1\n{"a":"é","b":1,"type":"void"}'.encode()


def test_a_known_statement_has_a_known_signature() -> None:
    # The key and the empty-message signature of RFC 8032 section 7.1 test 1 anchor the signer itself.
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    signer = Ed25519Signer(secret)
    assert signer.public_key.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert signer.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert signer.key_id == hashlib.sha256(signer.public_key).hexdigest() == key_id(signer.public_key)


def test_a_signed_statement_verifies_under_the_public_key_and_names_it() -> None:
    document = sign_statement(BODY, SIGNER)
    message = b"fairlot/void/v1\n" + encode({**BODY, "key_id": SIGNER.key_id})
    VerifyKey(SIGNER.public_key).verify(message, bytes.fromhex(document.statement["signature"]))
    assert document.digest == hashlib.sha256(message).hexdigest()
    assert document.statement["key_id"] == SIGNER.key_id
    assert document.kind == "void"


@given(extra=st.dictionaries(KEYS.filter(lambda key: key not in {"key_id", "signature", "type"}), VALUES, max_size=6))
def test_the_bytes_put_together_from_halves_are_the_canonical_bytes(extra: dict[str, Any]) -> None:
    document = sign_statement({**BODY, **extra}, SIGNER)
    assert document.data == document_bytes(document.statement) == encode(document.statement)
    assert document.digest == statement_digest(document.statement)
    without = {name: value for name, value in document.statement.items() if name != "signature"}
    plain = json.dumps(without, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert signed_bytes(document.statement) == b"fairlot/void/v1\n" + plain
    assert read_document(document.data) == document


def test_the_digest_does_not_depend_on_the_signature() -> None:
    document = sign_statement(BODY, SIGNER)
    assert statement_digest({**document.statement, "signature": "00" * 64}) == document.digest


@pytest.mark.parametrize("kind", STATEMENT_TYPES)
def test_two_types_never_share_signed_bytes(kind: str) -> None:
    assert signed_bytes({**BODY, "type": kind}).startswith(f"fairlot/{kind}/v1\n".encode())


@pytest.mark.parametrize("kind", ["proof", "", None, 7, "receipt/v1\nfairlot"])
def test_an_unknown_type_is_not_signed(kind: Any) -> None:
    with pytest.raises(ValueError, match="type is one of"):
        sign_statement({**BODY, "type": kind}, SIGNER)


@pytest.mark.parametrize("name", ["key_id", "signature"])
def test_a_body_that_brings_its_own_key_or_signature_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"has a {name} already"):
        sign_statement({**BODY, name: "00" * 64}, SIGNER)


def test_a_document_without_signature_has_no_bytes() -> None:
    with pytest.raises(TypeError, match="signature is text"):
        document_bytes(BODY)


def test_a_signer_that_gives_a_short_signature_is_refused() -> None:
    class Short:
        key_id = SIGNER.key_id
        public_key = SIGNER.public_key

        def sign(self, message: bytes) -> bytes:
            return SIGNER.sign(message)[:63]

    with pytest.raises(ValueError, match="signature is 64 bytes"):
        sign_statement(BODY, Short())


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b'{"type":"void"}', b'{"signature":"00","type":"void"}', b"\xff", b"[" * 100_000],
)
def test_bytes_that_are_no_document_are_refused(data: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        read_document(data)


def test_a_document_with_a_space_in_it_is_refused() -> None:
    data = sign_statement(BODY, SIGNER).data
    with pytest.raises(ValueError, match="canonical"):
        read_document(data.replace(b",", b", ", 1))


def test_the_private_key_is_shown_nowhere_and_is_not_pickled() -> None:
    secret = bytes(range(32))
    signer = Ed25519Signer(secret)
    for text in (repr(signer), str(signer), f"{signer}"):
        assert secret.hex() not in text
        assert repr(secret)[2:-1] not in text
        assert "redacted" in text
    assert not hasattr(signer, "__dict__")
    for copying in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            copying(signer)


@pytest.mark.parametrize("secret", [b"", b"k" * 31, b"k" * 33, "k" * 32, bytearray(32), None])
def test_a_private_key_of_another_form_is_refused_without_being_shown(secret: Any) -> None:
    with pytest.raises(ValueError, match="private key is 32 bytes") as caught:
        Ed25519Signer(secret)
    assert "kkk" not in str(caught.value)


def test_a_document_shows_its_digest_and_not_its_content() -> None:
    document = Document({"server_seed": "5e" * 32}, b"5e5e", "ab" * 32)
    assert "5e" not in repr(document)
