"""Histories as signed statements: lines of JSON, each a canonical document with its signature (statements.md T1)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from certification.history import HistoryError, Position
from rng.canonical import CanonicalError, decode
from rng.seeds import MAX_CLIENT_SEED_BYTES, ClientSeed
from verifier import Malformed
from verifier.statements import check_statement

BLOCK_LINES: Final = 4096
BLOCK_BYTES: Final = 8 * 2**20
LONGEST_LINE: Final = 16 * 2**20
"""Bytes of one statement at most; a longer line is malformed, and passed over without being held in memory."""

TYPES: Final = ("epoch", "activation", "receipt", "batch", "void", "reveal")
RARE: Final = tuple(f'"type":"{name}"}}'.encode() for name in ("epoch", "activation", "reveal"))
"""How the lines of statements end that there are few of; a void ends with its field `voids`."""

_MARK: Final = b'"signature":"'
_SIGNATURE_CHARACTERS: Final = 128
_RECEIPT: Final[dict[str, type]] = {
    **dict.fromkeys(
        """origin key_id signature seed_id scheme client_seed client_seed_source game rules_digest beacon previous
        scheme_proof ticket type""".split(),
        str,
    ),
    "time": int,
    "nonce": int,
    "parameters": dict,
    "draws": list,
    "outcome": dict,
}
_TICKET: Final = re.compile(r"(?:[0-9a-f]{64})?")
_KINDS: Final = tuple(_RECEIPT.values())


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Hold one line that is a statement.

    Args:
        number: the line's number, from 1.
        kind: the statement's type.
        body: its members; of a receipt that a template proved all but `draws`, `outcome` and `payout`.
        data: its document bytes (T1.4).
        signed: its signed bytes (T1.1).
        digest: its statement digest (T1.3).
    """

    number: int
    kind: str
    body: dict[str, Any] = field(repr=False)
    data: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    digest: str

    @property
    def seed_id(self) -> str:
        """The seed that it is about."""
        return self.digest if self.kind == "epoch" else str(self.body["seed_id"])

    @property
    def first_nonce(self) -> int:
        """The first nonce of a record."""
        nonce: int = self.body["first_nonce" if self.kind == "batch" else "nonce"]
        return nonce

    @property
    def count(self) -> int:
        """How many nonces a record is about."""
        count: int = self.body["count"] if self.kind == "batch" else 1
        return count


@dataclass(frozen=True, slots=True)
class BadLine:
    """Hold a line that is no statement, and why."""

    number: int
    reason: str
    text: str


def read_lines(path: Path, *, start: Position) -> Iterator[tuple[list[tuple[int, bytes]], Position]]:
    """Yield the lines of a file in blocks, each with the position after it; a line's bytes have no line break.

    Args:
        path: the file.
        start: where to go on.

    Raises:
        HistoryError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            file.seek(start.offset)
            offset, number = start.offset, start.line
            block: list[tuple[int, bytes]] = []
            size = 0
            while line := file.readline(LONGEST_LINE):
                number += 1
                offset += len(line)
                part = line
                while not part.endswith(b"\n") and (part := file.readline(LONGEST_LINE)):
                    offset += len(part)
                    line = b"\n"  # too long to be one: what is left of it is malformed
                block.append((number, line.removesuffix(b"\n").removesuffix(b"\r")))
                size += len(line)
                if len(block) >= BLOCK_LINES or size >= BLOCK_BYTES:
                    yield block, Position(offset, 0, number)
                    block, size = [], 0
            if block:
                yield block, Position(offset, 0, number)
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read: {error.strerror}") from None


def parse_line(number: int, data: bytes) -> Line | BadLine:
    """Return the statement of a line, or why it is none.

    A receipt's form is checked in outline: what it says is compared with what must be, member by member. All other
    statements are few, and the verifier checks their form in full.
    """
    try:
        body = decode(data)
        kind = body.get("type") if isinstance(body, dict) else None
        if not isinstance(body, dict) or kind not in TYPES:
            raise CanonicalError("is no statement")
        if kind != "receipt" or not is_receipt(body):
            check_statement(body, "$", types=TYPES)
    except (CanonicalError, Malformed) as error:
        return BadLine(number, str(error)[:500], data[:200].decode("utf-8", "backslashreplace"))
    assert isinstance(kind, str)
    signed = signed_bytes(kind, data)
    return Line(number, kind, body, data, signed, hashlib.sha256(signed).hexdigest())


def is_receipt(body: dict[str, Any]) -> bool:
    """Say whether a body has the members of a receipt, each of its kind."""
    if len(body) != len(_RECEIPT) + 1 or "payout" not in body:
        return False
    if tuple(map(type, map(body.get, _RECEIPT))) != _KINDS:
        return False
    paid = body["payout"]
    if not _is_client_seed(body["client_seed"][: MAX_CLIENT_SEED_BYTES + 1]):
        return False
    return (
        len(body["signature"]) == _SIGNATURE_CHARACTERS
        and body["signature"].isascii()
        and not body["signature"].strip("0123456789abcdef")
        # A ticket is compared with nothing: the form is all that it has.
        and _TICKET.fullmatch(body["ticket"]) is not None
        and body["nonce"] >= 0
        and body["time"] >= 0
        and (paid is None or (type(paid) is int and paid >= 0))
    )


@lru_cache(maxsize=1024)
def _is_client_seed(text: str) -> bool:
    try:
        ClientSeed(text)
    except ValueError:
        return False
    return True


def signed_bytes(kind: str, data: bytes) -> bytes:
    """Return the signed bytes of a document (T1.1): its canonical bytes without the member `signature`.

    The member is found from the end. Behind it stand no objects, and in a text a quotation mark has a backslash before
    it, so that its name occurs nowhere else there.
    """
    start = data.rindex(_MARK)
    end = start + len(_MARK) + _SIGNATURE_CHARACTERS + len(b'",')
    return b"".join((b"fairlot/", kind.encode("ascii"), b"/v1\n", data[:start], data[end:]))
