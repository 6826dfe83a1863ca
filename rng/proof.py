"""Proof files (statements.md T7): everything needed to check one round offline, in one canonical document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rng import canonical, fields
from rng.signing import key_id
from rng.statement import RECORD_TYPES, Document

__all__ = ["MAX_PROOF_BYTES", "Inclusion", "Row", "proof_file"]

MAX_PROOF_BYTES: Final = 16 * 1024 * 1024
"""Largest proof file that parsers accept."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Hold the place of a record under the receipts root.

    Args:
        index: index of its leaf, from 0.
        path: hashes of 32 bytes, the leaf's sibling first (RFC 9162 section 2.1.3.1).
    """

    index: int
    path: Sequence[bytes]

    def statement(self) -> dict[str, Any]:
        """Return the form in a proof file."""
        return {"index": fields.integer("index", self.index, 0), "path": _path(self.path)}


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one round of a batch.

    Args:
        draws: ``{"name", "value"}`` in order.
        path: hashes from the round's row to the batch's ``draws_root``.
    """

    draws: Sequence[Mapping[str, Any]]
    path: Sequence[bytes]

    def statement(self) -> dict[str, Any]:
        """Return the form in a proof file."""
        if not self.draws:
            raise ValueError("a round makes at least one draw")
        return {"draws": [dict(draw) for draw in self.draws], "path": _path(self.path)}


def proof_file(
    *,
    nonce: int,
    epoch: Document,
    activation: Document,
    record: Document,
    rules: Mapping[str, Any] | None,
    public_keys: Iterable[bytes],
    reveal: Document | None = None,
    record_inclusion: Inclusion | None = None,
    row: Row | None = None,
    void: Document | None = None,
    void_inclusion: Inclusion | None = None,
) -> bytes:
    """Assemble the proof of one round.

    What belongs together is checked, so that a mistake shows here and not at the player's; signatures, draws and paths
    are the verifier's business.

    Args:
        nonce: the round.
        epoch, activation: the statements of its seed.
        record: the receipt, batch or void that used up the nonce.
        rules: the rules document of the record's game; None where the record is a void.
        public_keys: the operator's keys of 32 bytes, old ones too; those that the statements name are put in.
        reveal: the reveal, or None before it.
        record_inclusion: the record's place under the receipts root; None before the reveal.
        row: the round within a batch; None for another record.
        void: the void of this drawn round, if there is one.
        void_inclusion: its place under the receipts root; None without void, and before the reveal.

    Returns:
        The canonical bytes, without a newline at the end.

    Raises:
        TypeError, ValueError: if the parts do not belong together, a key is missing, or the file would pass 16 MiB.
    """
    fields.nonce_number("nonce", nonce)
    _check_kinds(epoch, activation, record, reveal, void)
    _check_round(nonce, record, rules, row, void)
    for name, inclusion, needed in (
        ("record_inclusion", record_inclusion, reveal is not None),
        ("void_inclusion", void_inclusion, reveal is not None and void is not None),
    ):
        if (inclusion is not None) != needed:
            raise ValueError(f"{name} must be {'given' if needed else 'None'} for this round")
    statements = [part for part in (epoch, activation, record, reveal, void) if part is not None]
    file: dict[str, Any] = {
        "type": "proof",
        "version": 1,
        "nonce": nonce,
        "epoch": epoch.statement,
        "activation": activation.statement,
        "reveal": None if reveal is None else reveal.statement,
        "record": record.statement,
        "record_inclusion": None if record_inclusion is None else record_inclusion.statement(),
        "row": None if row is None else row.statement(),
        "void": None if void is None else void.statement,
        "void_inclusion": None if void_inclusion is None else void_inclusion.statement(),
        "rules": None if rules is None else dict(rules),
        "keys": _keys(statements, public_keys),
        "ticket": None,
        "log": None,
        "beacon": None,
        "anchors": [],
    }
    file["sha256"] = canonical.digest(file)
    data = canonical.encode(file)
    if len(data) > MAX_PROOF_BYTES:
        raise ValueError(f"the proof has {len(data)} bytes; parsers refuse files over {MAX_PROOF_BYTES}")
    return data


def _check_kinds(
    epoch: Document, activation: Document, record: Document, reveal: Document | None, void: Document | None
) -> None:
    """Refuse statements of another kind or another seed."""
    for part, kinds in (
        (epoch, ("epoch",)),
        (activation, ("activation",)),
        (record, RECORD_TYPES),
        (reveal, ("reveal",)),
        (void, ("void",)),
    ):
        if part is None:
            continue
        if part.kind not in kinds:
            raise ValueError(f"a statement of type {part.kind!r} stands in the place of {' or '.join(kinds)}")
        if part is not epoch and part.statement["seed_id"] != epoch.digest:
            raise ValueError(f"the {part.kind} is of seed {part.statement['seed_id']}, the epoch is {epoch.digest}")


def _check_round(
    nonce: int, record: Document, rules: Mapping[str, Any] | None, row: Row | None, void: Document | None
) -> None:
    """Refuse parts that speak of another round than the nonce's."""
    statement = record.statement
    first, count = statement["first_nonce" if record.kind == "batch" else "nonce"], statement.get("count", 1)
    if not first <= nonce < first + count:
        raise ValueError(f"the record is of nonces {first} to {first + count - 1}, not of {nonce}")
    if (row is not None) != (record.kind == "batch"):
        raise ValueError(f"a row belongs to a batch and to nothing else; the record is a {record.kind}")
    if record.kind == "void":
        if statement["voids"] != "":
            raise ValueError("the record of a drawn round is its receipt or batch; its void goes into `void`")
        if rules is not None or void is not None:
            raise ValueError("nothing was drawn, so there are no rules and no further void")
    elif rules is None:
        raise ValueError(f"the rules document of game {statement['game']!r} is missing")
    elif canonical.digest(dict(rules)) != statement["rules_digest"]:
        raise ValueError(f"the rules have digest {canonical.digest(dict(rules))}, not {statement['rules_digest']}")
    if void is not None and (void.statement["nonce"] != nonce or void.statement["voids"] != record.digest):
        raise ValueError(
            f"the void is of nonce {void.statement['nonce']} in {void.statement['voids']!r}, not of this round"
        )


def _keys(statements: Iterable[Document], public_keys: Iterable[bytes]) -> list[dict[str, str]]:
    known = {key_id(public_key): public_key for public_key in public_keys}
    keys: list[dict[str, str]] = []
    for name in sorted({part.statement["key_id"] for part in statements}):
        if name not in known:
            raise ValueError(f"the public key {name} that signed a statement is not among those given")
        keys.append({"key_id": name, "public_key": known[name].hex()})
    return keys


def _path(path: Sequence[bytes]) -> list[str]:
    return [fields.hash_bytes("hash in a path", node) for node in path]
