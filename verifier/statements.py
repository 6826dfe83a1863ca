"""Check the form of signed statements, and make the bytes that are signed: ``spec/statements.md`` T1 to T5."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from verifier.canonical import MAX_INTEGER, Json, Malformed, encode
from verifier.fields import (
    GAME_CHARACTERS,
    HEX_DIGITS,
    beacon,
    client_seed,
    game_name,
    hexadecimal,
    integer,
    items,
    members,
    name,
    one_of,
    printable,
    shown,
    text,
)
from verifier.signature import check_signature, signing_message

MAX_COUNT = 1_000_000
MAX_WIDTH = 65_536
MAX_OUTCOME_DEPTH = 4
RECORD_TYPES = ("receipt", "batch", "void")

Field: TypeAlias = Callable[[Json, str], object]


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold a statement whose form was checked; its signature was not.

    ``signed_bytes`` are T1.1, ``digest`` is T1.3 in hex, ``document_bytes`` are T1.4.
    """

    type: str
    body: dict[str, Json]
    signed_bytes: bytes
    digest: str
    document_bytes: bytes

    def text(self, field: str) -> str:
        """Return a field that the form makes a text."""
        value = self.body[field]
        if not isinstance(value, str):
            raise TypeError(f"{self.type}.{field} is no text")
        return value

    def number(self, field: str) -> int:
        """Return a field that the form makes an integer."""
        value = self.body[field]
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{self.type}.{field} is no integer")
        return value

    @property
    def seed_id(self) -> str:
        """The seed that the statement is about; an epoch's own digest is its seed id."""
        return self.digest if self.type == "epoch" else self.text("seed_id")

    @property
    def first_nonce(self) -> int:
        """The first nonce of a record."""
        return self.number("first_nonce" if self.type == "batch" else "nonce")

    @property
    def end_nonce(self) -> int:
        """The nonce after the last one of a record."""
        return self.first_nonce + (self.number("count") if self.type == "batch" else 1)


def check_statement(value: Json, path: str, *, types: tuple[str, ...]) -> Statement:
    """Check the form of a statement of one of the given types.

    Args:
        value: the statement, decoded.
        path: where it stands, for errors.
        types: which types may stand there.

    Raises:
        Malformed: a field is missing, unknown, or has another form.

    Specification: statements.md T1 to T5.
    """
    if not isinstance(value, dict):
        raise Malformed(f"must be a statement, not {shown(value)}", path)
    kind = one_of(value.get("type"), f"{path}.type", types)
    fields = _FIELDS[kind]
    body = members(value, path, ("type", *fields))
    for field, check in fields.items():
        check(body[field], f"{path}.{field}")
    if kind == "epoch":
        _check_epoch(body, path)
    unsigned = {field: member for field, member in body.items() if field != "signature"}
    signed_bytes = signing_message(kind, encode(unsigned))
    return Statement(
        type=kind,
        body=body,
        signed_bytes=signed_bytes,
        digest=hashlib.sha256(signed_bytes).hexdigest(),
        document_bytes=encode(body),
    )


def signature_fault(statement: Statement, public_key: bytes) -> str | None:
    """Say why a statement's signature is refused under a key, or return None when it is good.

    Args:
        statement: from `check_statement`.
        public_key: 32 bytes.

    Specification: statements.md T1.2.
    """
    return check_signature(public_key, statement.signed_bytes, bytes.fromhex(statement.text("signature")))


def check_stated_draws(value: Json, path: str) -> list[Json]:
    """Check the form of stated draws: a list of ``{"name", "value"}``, a value an integer or a list of integers.

    Raises:
        Malformed: the form is another.

    Specification: statements.md T4.
    """
    draws = items(value, path, least=1, most=MAX_WIDTH)
    for index, draw in enumerate(draws):
        here = f"{path}[{index}]"
        stated = members(draw, here, ("name", "value"))
        name(stated["name"], f"{here}.name")
        if isinstance(stated["value"], list):
            for place, element in enumerate(items(stated["value"], f"{here}.value", most=MAX_WIDTH)):
                integer(element, f"{here}.value[{place}]")
        else:
            integer(stated["value"], f"{here}.value")
    return draws


def _check_epoch(body: dict[str, Json], path: str) -> None:
    if (body["sequence"] == 0) is not (body["previous_epoch"] == ""):
        raise Malformed("must be empty exactly for sequence 0", f"{path}.previous_epoch")
    if (body["beacon_mode"] == "none") is not (body["beacon_chain"] == ""):
        raise Malformed("must be empty exactly in beacon mode none", f"{path}.beacon_chain")
    if body["beacon_mode"] != "epoch" and body["beacon_delay"] != 0:
        raise Malformed("must be 0 except in beacon mode epoch", f"{path}.beacon_delay")


def _digest(value: Json, path: str) -> str:
    return hexadecimal(value, path, size=32)


def _digest_or_empty(value: Json, path: str) -> str:
    return hexadecimal(value, path, size=32, or_empty=True)


def _signature(value: Json, path: str) -> str:
    return hexadecimal(value, path, size=64)


def _slot(value: Json, path: str) -> str:
    return hexadecimal(value, path, size=16)


def _positive(value: Json, path: str) -> int:
    return integer(value, path, low=1)


def _count(value: Json, path: str) -> int:
    return integer(value, path, low=1, high=MAX_COUNT)


def _reason(value: Json, path: str) -> str:
    return text(value, path, most=500)


def _source(value: Json, path: str) -> str:
    return one_of(value, path, ("player", "operator"))


def _beacon_mode(value: Json, path: str) -> str:
    return one_of(value, path, ("none", "epoch", "round"))


def check_origin(value: Json, path: str) -> str:
    """Take an origin: 1 to 128 characters of printable ASCII without space or quotation mark (statements.md T1).

    Raises:
        Malformed: it is another value.
    """
    return printable(value, path, most=128, without=' "')


def _tenant(value: Json, path: str) -> str:
    tenant = printable(value, path, most=64)
    if not GAME_CHARACTERS.issuperset(tenant):
        raise Malformed(f"must be of a-z, 0-9 and -, not {shown(tenant)}", path)
    return tenant


def _scheme(value: Json, path: str) -> str:
    scheme = printable(value, path, most=64)
    if not (GAME_CHARACTERS | {"/"}).issuperset(scheme):
        raise Malformed(f"must be of a-z, 0-9, - and /, not {shown(scheme)}", path)
    return scheme


def _scheme_proof(value: Json, path: str) -> str:
    if not isinstance(value, str) or len(value) > 512 or len(value) % 2 or not HEX_DIGITS.issuperset(value):
        raise Malformed(f"must be empty or at most 256 bytes as lower-case hex digits, not {shown(value)}", path)
    return value


def _rules_in_force(value: Json, path: str) -> None:
    if not isinstance(value, dict):
        raise Malformed(f"must be an object, not {shown(value)}", path)
    for game, rules_digest in value.items():
        _digest(rules_digest, f"{path}.{game_name(game, path)}")


def _parameters(value: Json, path: str) -> None:
    if not isinstance(value, dict):
        raise Malformed(f"must be an object, not {shown(value)}", path)
    for parameter, given in value.items():
        here = f"{path}.{name(parameter, path)}"
        if isinstance(given, list):
            for index, element in enumerate(items(given, here, most=MAX_WIDTH)):
                integer(element, f"{here}[{index}]", low=-MAX_INTEGER)
        elif not isinstance(given, str):
            integer(given, here, low=-MAX_INTEGER)


def _outcome(value: Json, path: str) -> None:
    if not isinstance(value, dict) or not value:
        raise Malformed(f"must be an object with at least one field, not {shown(value)}", path)
    for field, member in value.items():
        _shown_value(member, f"{path}.{name(field, path)}", depth=0)


def _shown_value(value: Json, path: str, *, depth: int) -> None:
    if isinstance(value, list) and depth < MAX_OUTCOME_DEPTH:
        for index, element in enumerate(value):
            _shown_value(element, f"{path}[{index}]", depth=depth + 1)
    elif not isinstance(value, bool | int | str):
        raise Malformed(f"must be an integer, a boolean, a text or a list of these, not {shown(value)}", path)


def _payout(value: Json, path: str) -> None:
    if value is not None:
        integer(value, path)


_COMMON: dict[str, Field] = {"origin": check_origin, "time": integer, "key_id": _digest, "signature": _signature}

_PLAY: dict[str, Field] = {
    "seed_id": _digest,
    "scheme": _scheme,
    "client_seed": client_seed,
    "client_seed_source": _source,
    "game": game_name,
    "rules_digest": _digest,
    "parameters": _parameters,
    "beacon": beacon,
    "previous": _digest,
}

_FIELDS: dict[str, dict[str, Field]] = {
    # T2.
    "epoch": _COMMON
    | {
        "tenant": _tenant,
        "slot": _slot,
        "sequence": integer,
        "previous_epoch": _digest_or_empty,
        "scheme": _scheme,
        "beacon_mode": _beacon_mode,
        "beacon_chain": _digest_or_empty,
        "beacon_delay": integer,
        "commitment": _digest,
        "next_commitment": _digest,
        "rules": _rules_in_force,
        "not_before": beacon,
        "log_by": integer,
        "reveal_by": integer,
        "max_rounds": _positive,
    },
    # T3.
    "activation": _COMMON
    | {
        "seed_id": _digest,
        "client_seed_digest": _digest,
        "client_seed_source": _source,
        "beacon_round": integer,
        "previous": _digest,
    },
    # T4.
    "receipt": _COMMON
    | _PLAY
    | {
        "nonce": integer,
        "draws": check_stated_draws,
        "outcome": _outcome,
        "payout": _payout,
        "scheme_proof": _scheme_proof,
        "ticket": _digest_or_empty,
    },
    "batch": _COMMON | _PLAY | {"first_nonce": integer, "count": _count, "draws_root": _digest},
    "void": _COMMON
    | {
        "seed_id": _digest,
        "nonce": integer,
        "voids": _digest_or_empty,
        "reason": _reason,
        "previous": _digest,
    },
    # T5.
    "reveal": _COMMON
    | {
        "seed_id": _digest,
        "server_seed": _digest,
        "rounds": integer,
        "documents": integer,
        "receipts_root": _digest,
        "previous": _digest,
    },
}
