"""Read a proof file into a checked form, or say why it is malformed: ``spec/statements.md`` T7."""

import hashlib
from dataclasses import dataclass

from verifier.canonical import Json, Malformed, decode, encode
from verifier.fields import hexadecimal, integer, items, members, one_of
from verifier.rules import Rules, check_rules
from verifier.statements import RECORD_TYPES, Statement, check_stated_draws, check_statement

MAX_BYTES = 16 * 1024 * 1024
MAX_PATH = 64

FIELDS = (
    "type",
    "version",
    "nonce",
    "epoch",
    "activation",
    "record",
    "record_inclusion",
    "row",
    "void",
    "void_inclusion",
    "reveal",
    "rules",
    "keys",
    "ticket",
    "log",
    "beacon",
    "anchors",
    "sha256",
)


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Hold a place in a tree and the hashes that prove it, 32 bytes each, from the leaf's sibling up."""

    index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Hold the draws of one round of a batch and the hashes that prove its row."""

    draws: list[Json]
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """Hold a proof file whose form was checked; nothing else in it was. ``keys`` is key id to public key, as stated."""

    sha256: str
    nonce: int
    epoch: Statement
    activation: Statement
    record: Statement
    record_inclusion: Inclusion | None
    row: Row | None
    void: Statement | None
    void_inclusion: Inclusion | None
    reveal: Statement | None
    rules: Rules | None
    keys: dict[str, bytes]

    def statements(self) -> list[Statement]:
        """Return all statements of the file, in the order of events."""
        maybe = (self.epoch, self.activation, self.record, self.void, self.reveal)
        return [statement for statement in maybe if statement is not None]


def read_proof(data: bytes) -> Proof:
    """Read a proof file.

    Args:
        data: the file's bytes; they may end with one newline.

    Raises:
        TypeError: ``data`` is not bytes.
        Malformed: the file is not canonical, not complete, has unknown fields, or its ``sha256`` is wrong.

    Specification: statements.md T7, verify.md V1.
    """
    if not isinstance(data, bytes):
        raise TypeError(f"data must be bytes, not {type(data).__name__}; read the file in binary mode")
    if len(data) > MAX_BYTES:
        raise Malformed(f"must be at most {MAX_BYTES} bytes long, not {len(data)}")
    document = members(decode(data.removesuffix(b"\n")), "$", FIELDS)
    one_of(document["type"], "$.type", ("proof",))
    integer(document["version"], "$.version", low=1, high=1)
    # The digest comes early: a file that was damaged on its way is told apart from one that lies.
    stated = hexadecimal(document["sha256"], "$.sha256", size=32)
    body = {field: member for field, member in document.items() if field != "sha256"}
    computed = hashlib.sha256(encode(body)).hexdigest()
    if stated != computed:
        raise Malformed(
            f"is not the SHA-256 of the file without it: {stated} is stated, {computed} is right", "$.sha256"
        )
    for field in ("ticket", "log", "beacon"):
        if document[field] is not None:
            raise Malformed("must be null in version 1", f"$.{field}")
    if document["anchors"] != []:
        raise Malformed("must be an empty list in version 1", "$.anchors")
    record = check_statement(document["record"], "$.record", types=RECORD_TYPES)
    drawn = record.type != "void"
    revealed = _present(document, "reveal")
    _expect(document, "record_inclusion", present=revealed, when="the reveal is there")
    _expect(document, "row", present=record.type == "batch", when="the record is a batch")
    _expect(document, "rules", present=drawn, when="the record is a receipt or a batch")
    if _present(document, "void") and not drawn:
        raise Malformed("must be null where the record itself is a void", "$.void")
    _expect(
        document, "void_inclusion", present=revealed and _present(document, "void"), when="void and reveal are there"
    )
    proof = Proof(
        sha256=hashlib.sha256(data).hexdigest(),
        nonce=integer(document["nonce"], "$.nonce"),
        epoch=check_statement(document["epoch"], "$.epoch", types=("epoch",)),
        activation=check_statement(document["activation"], "$.activation", types=("activation",)),
        record=record,
        record_inclusion=_inclusion(document["record_inclusion"], "$.record_inclusion"),
        row=_row(document["row"], "$.row"),
        void=_statement_or_none(document, "void"),
        void_inclusion=_inclusion(document["void_inclusion"], "$.void_inclusion"),
        reveal=_statement_or_none(document, "reveal"),
        rules=check_rules(document["rules"], "$.rules") if drawn else None,
        keys=_keys(document["keys"], "$.keys"),
    )
    named = {statement.text("key_id") for statement in proof.statements()}
    for key_id in proof.keys:
        if key_id not in named:
            raise Malformed(f"holds a key that no statement names: {key_id}", "$.keys")
    return proof


def _present(document: dict[str, Json], field: str) -> bool:
    return document[field] is not None


def _expect(document: dict[str, Json], field: str, *, present: bool, when: str) -> None:
    if _present(document, field) is not present:
        raise Malformed(f"must be there exactly where {when}, and null elsewhere", f"$.{field}")


def _statement_or_none(document: dict[str, Json], field: str) -> Statement | None:
    return check_statement(document[field], f"$.{field}", types=(field,)) if _present(document, field) else None


def _path(value: Json, path: str) -> tuple[bytes, ...]:
    hashes = items(value, path, most=MAX_PATH)
    return tuple(
        bytes.fromhex(hexadecimal(element, f"{path}[{index}]", size=32)) for index, element in enumerate(hashes)
    )


def _inclusion(value: Json, path: str) -> Inclusion | None:
    if value is None:
        return None
    inclusion = members(value, path, ("index", "path"))
    return Inclusion(index=integer(inclusion["index"], f"{path}.index"), path=_path(inclusion["path"], f"{path}.path"))


def _row(value: Json, path: str) -> Row | None:
    if value is None:
        return None
    row = members(value, path, ("draws", "path"))
    return Row(draws=check_stated_draws(row["draws"], f"{path}.draws"), path=_path(row["path"], f"{path}.path"))


def _keys(value: Json, path: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    before = ""
    for index, element in enumerate(items(value, path, least=1, most=16)):
        here = f"{path}[{index}]"
        key = members(element, here, ("key_id", "public_key"))
        key_id = hexadecimal(key["key_id"], f"{here}.key_id", size=32)
        if key_id <= before:
            raise Malformed("must be in ascending order, each once", f"{here}.key_id")
        before = key_id
        keys[key_id] = bytes.fromhex(hexadecimal(key["public_key"], f"{here}.public_key", size=32))
    return keys
