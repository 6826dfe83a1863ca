"""Signed statements in canonical bytes (statements.md T1): what is signed, its digest, its document."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rng import fields
from rng.canonical import decode, encode
from rng.signing import Signer

__all__ = [
    "RECORD_TYPES",
    "STATEMENT_TYPES",
    "Document",
    "Statement",
    "document_bytes",
    "read_document",
    "sign_statement",
    "signed_bytes",
    "statement_digest",
]

Statement = dict[str, Any]
"""A statement as JSON data: strings, integers, booleans, null, lists and objects."""

STATEMENT_TYPES: Final = ("activation", "batch", "epoch", "receipt", "reveal", "void")
RECORD_TYPES: Final = ("batch", "receipt", "void")
"""The statements that are leaves of the receipts root (T4)."""

_SIGNATURE_FORM: Final = "128 lower-case hex characters"


@dataclass(frozen=True, slots=True)
class Document:
    """Hold a signed statement with its bytes and digest, so that each is computed once.

    Args:
        statement: the statement with its signature; not to be changed.
        data: its document bytes (T1.4).
        digest: its statement digest (T1.3), 64 hex characters.
    """

    statement: Statement = field(repr=False)
    data: bytes = field(repr=False)
    digest: str

    @property
    def kind(self) -> str:
        """The statement's type, such as ``receipt``."""
        kind: str = self.statement["type"]
        return kind


def signed_bytes(statement: Mapping[str, Any]) -> bytes:
    """Return what a signature is over: ``fairlot/{type}/v1``, a newline, the body without signature (T1.1).

    Raises:
        ValueError: if the type is unknown or the body has no canonical form.
    """
    head, tail = _halves(statement)
    return _join(statement["type"], head, tail)


def statement_digest(statement: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the signed bytes in hex (T1.3); it does not depend on the signature."""
    return hashlib.sha256(signed_bytes(statement)).hexdigest()


def document_bytes(statement: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of a statement with its signature (T1.4), a leaf of the receipts root.

    Raises:
        ValueError: if there is no signature, or no canonical form.
    """
    fields.match("signature", statement.get("signature"), fields.HEX_128, _SIGNATURE_FORM)
    return encode(dict(statement))


def sign_statement(body: Mapping[str, Any], signer: Signer) -> Document:
    """Sign a body, which has every member but ``key_id`` and ``signature``.

    Raises:
        ValueError: if the body has one of the two, its type is unknown, or it has no canonical form.
    """
    for name in ("key_id", "signature"):
        if name in body:
            raise ValueError(f"the body to be signed has a {name} already; the signer supplies it")
    full: Statement = {**body, "key_id": signer.key_id}
    head, tail = _halves(full)
    message = _join(full["type"], head, tail)
    signature = signer.sign(message)
    text = signature.hex()
    full["signature"] = fields.match("signature", text, fields.HEX_128, "64 bytes")
    # The members before "signature" and those after it are encoded once, and serve digest, signature and document.
    data = b"".join((head, b',"signature":"', text.encode("ascii"), b'",', tail))
    return Document(full, data, hashlib.sha256(message).hexdigest())


def read_document(data: bytes) -> Document:
    """Read a statement out of its document bytes, as a store kept them.

    The form is checked, the signature is not: that is the verifier's work.

    Raises:
        ValueError: if the bytes are not the canonical form of a statement with a signature.
    """
    value = decode(data)
    if not isinstance(value, dict):
        raise ValueError(f"a statement is an object, not {type(value).__name__}")
    fields.match("signature", value.get("signature"), fields.HEX_128, _SIGNATURE_FORM)
    return Document(value, data, statement_digest(value))


def _halves(statement: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return the canonical members before and after ``signature``, as ``{a,b`` and ``c,d}``."""
    kind = statement.get("type")
    if kind not in STATEMENT_TYPES:
        raise ValueError(f"a statement's type is one of {', '.join(STATEMENT_TYPES)}, not {kind!r:.80}")
    before = {name: value for name, value in statement.items() if name < "signature"}
    after = {name: value for name, value in statement.items() if name > "signature"}
    if not before:
        raise ValueError("a statement has an origin and a key_id")
    # There is always a member after it: the type.
    return encode(before)[:-1], encode(after)[1:]


def _join(kind: str, head: bytes, tail: bytes) -> bytes:
    return b"".join((b"fairlot/", kind.encode("ascii"), b"/v1\n", head, b",", tail))
