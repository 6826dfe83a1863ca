"""Receipts that are right to the byte: lines proved by what they must be, without being parsed.

Receipts of a seed differ in seven members only. The text between these is kept from a receipt that was parsed, so that
a line with the same text between them is proved as soon as its own seven are: draws, outcome and payout are the
canonical text of what the engine computes, nonce and time are integers in their one spelling, previous and signature
are hex of their length. Such a line is the canonical form of a receipt, for it is put together of nothing else. All
that cannot be proved so is left to `parse_line`, which says what is wrong with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from certification.audit.chain import Limits
from certification.audit.groups import Group
from certification.history_statements import Line, signed_bytes
from rng.bulk import Column, Columns
from rng.canonical import MAX_INTEGER, CanonicalError, encode
from rng.games import ExpressionError
from rng.seeds import ClientSeed

OWN: Final = ("draws", "nonce", "outcome", "payout", "previous", "signature", "time")
"""The members in which the receipts of a seed differ, in the order of a canonical receipt."""

MOST: Final = 2048
"""Templates kept at most; then the oldest one goes."""

LONGEST: Final = 16_384
"""Bytes of the text of a template at most, so that operators who sign long texts fill no memory with them."""

_DIGEST_CHARACTERS: Final = 64
_SIGNATURE_CHARACTERS: Final = 128
_DRAWS: Final = b',"draws":'
_GAME: Final = b',"game":'
_NONCE: Final = b',"nonce":'
_ORIGIN: Final = b',"origin":'
_OUTCOME: Final = b',"outcome":'
_PARAMETERS: Final = b',"parameters":'
_PAYOUT: Final = b',"payout":'
_PREVIOUS: Final = b',"previous":"'
_SIGNATURE: Final = b',"signature":"'
_TIME: Final = b',"time":'
_END: Final = b',"type":"receipt"}'

Between: TypeAlias = tuple[bytes, ...]
"""The text of a line before, between and behind its own members."""


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """Hold what the receipts of a seed share.

    Args:
        body: their shared members.
        group: what plays them.
        server_seed: 32 bytes.
        client_seed: theirs.
        limits: of `Chain.take_plain`, None where the shared members contradict epoch or activation.
    """

    body: Mapping[str, Any]
    group: Group
    server_seed: bytes
    client_seed: ClientSeed
    limits: Limits | None


class Likely(NamedTuple):
    """Hold a line whose shared text is a template's: the text of its own members is still to be proved."""

    number: int
    data: bytes
    template: Template
    stated: bytes
    nonce: int
    time: int
    previous: bytes
    signature: bytes


class Templates:
    """Keep templates, and prove lines by them."""

    def __init__(self) -> None:
        self._kept: dict[Between, Template] = {}

    def likely(self, number: int, data: bytes) -> Likely | None:
        """Return a line that has the text of a template, None if there is none for it."""
        parts = _parts(data)
        if parts is None:
            return None
        between, (draws, nonce, outcome, payout, previous, signature, time) = parts
        template = self._kept.get(between)
        if template is None or not (_is_natural(nonce) and _is_natural(time)):
            return None
        stated = b"\n".join((draws, outcome, payout))
        return Likely(number, data, template, stated, int(nonce), int(time), previous, signature)

    def learn(self, line: Line, template: Template) -> None:
        """Keep a template, made from a receipt that was parsed, unless it is too long or cannot be taken apart."""
        parts = _parts(line.data)
        if parts is None or sum(map(len, parts[0])) > LONGEST or not _is_between(parts[0], line.body):
            return
        if len(self._kept) >= MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[parts[0]] = template

    def prove(self, lines: Sequence[Likely]) -> Iterator[tuple[Line, Template]]:
        """Yield those lines that are receipts, in canonical form, of what the engine computes."""
        groups: dict[int, list[Likely]] = {}
        for one in lines:
            groups.setdefault(id(one.template.group), []).append(one)
        for members in groups.values():
            for one, text in zip(members, _texts(members), strict=False):
                if one.stated == text and _is_hex(one):
                    yield _line(one), one.template


def shared(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a receipt that it shares with others of its seed."""
    return {name: value for name, value in body.items() if name not in OWN}


def _parts(data: bytes) -> tuple[Between, Between] | None:
    """Return the text between the own members of a receipt, and that of these; None where it cannot be one.

    Whatever the line, both in turns make up its bytes, but for `_PREVIOUS`, which stands before the fifth of the own.
    Where a line is taken apart at other places than its members, its text between them is not a receipt's.
    """
    index = data.index
    try:
        draws = index(_DRAWS) + len(_DRAWS)
        game = index(_GAME, draws)
        nonce = index(_NONCE, game) + len(_NONCE)
        origin = index(_ORIGIN, nonce)
        outcome = index(_OUTCOME, origin) + len(_OUTCOME)
        parameters = index(_PARAMETERS, outcome)
        payout = index(_PAYOUT, parameters) + len(_PAYOUT)
        paid = index(_PREVIOUS, payout)
        signature = data.rindex(_SIGNATURE) + len(_SIGNATURE)
        time = data.rindex(_TIME) + len(_TIME)
    except ValueError:
        return None
    previous = paid + len(_PREVIOUS)
    rules = previous + _DIGEST_CHARACTERS
    ticket = signature + _SIGNATURE_CHARACTERS
    end = len(data) - len(_END)
    if not rules <= signature or not ticket <= time <= end:
        return None
    return (
        (
            data[:draws],
            data[game:nonce],
            data[origin:outcome],
            data[parameters:payout],
            data[rules:signature],
            data[ticket:time],
            data[end:],
        ),
        (
            data[draws:game],
            data[nonce:origin],
            data[outcome:parameters],
            data[payout:paid],
            data[previous:rules],
            data[signature:ticket],
            data[time:end],
        ),
    )


def _is_between(between: Between, body: Mapping[str, Any]) -> bool:
    """Say whether texts stand between the own members of a receipt, and not at other places of its line.

    Each own member gets its name for a value. If reading that gives just this body, with these values in these
    members, then that is where the values stand, for before the members held something else.

    Args:
        between: from `_parts`.
        body: the members of the line that was taken apart, which is canonical.
    """
    values = (b'"draws"', b'"nonce"', b'"outcome"', b'"payout"' + _PREVIOUS + b"previous", b"signature", b'"time"', b"")
    text = b"".join([part for pair in zip(between, values, strict=True) for part in pair])
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return bool(found == {**body, **{name: name for name in OWN}}) and all(body[name] != name for name in OWN)


def _is_natural(text: bytes) -> bool:
    """Say whether a text is an integer from 0 to 2^53 - 1 in its one spelling."""
    return text.isdigit() and len(text) < 17 and (text[:1] != b"0" or len(text) == 1) and int(text) <= MAX_INTEGER


def _is_hex(one: Likely) -> bool:
    return not (one.previous + one.signature).translate(None, b"0123456789abcdef")


def _line(one: Likely) -> Line:
    body = {
        **one.template.body,
        "nonce": one.nonce,
        "previous": one.previous.decode("ascii"),
        "signature": one.signature.decode("ascii"),
        "time": one.time,
    }
    signed = signed_bytes("receipt", one.data)
    return Line(one.number, "receipt", body, one.data, signed, hashlib.sha256(signed).hexdigest())


def _texts(lines: Sequence[Likely]) -> Sequence[bytes]:
    """Return what lines of one group must state; nothing where the rules give no value to all of them."""
    try:
        columns = lines[0].template.group.player.play(
            b"".join([one.template.server_seed for one in lines]),
            client_seeds=[one.template.client_seed for one in lines],
            nonces=[one.nonce for one in lines],
        )
        return texts_of(columns)
    except (ExpressionError, CanonicalError):
        return ()


def texts_of(columns: Columns) -> list[bytes]:
    """Return draws, outcome and payout of each round in canonical JSON, with a newline between them.

    Raises:
        CanonicalError: a value has no canonical form, or a payout is none that a receipt can have.
    """
    draws = {name: Column("integer", data, (), (None,) * (data.ndim - 1)) for name, data in columns.draws.items()}
    outcome = {name: columns.outcome[name] for name in sorted(columns.outcome)}
    paid = columns.payout
    if paid is not None and paid.min() < 0:
        raise CanonicalError("a payout is below 0")
    # In a format a percent sign stands doubled.
    named = (f'{{"name":{_escaped(name)},"value":%s}}' for name in draws)
    shown = (f"{_escaped(name)}:%s" for name in outcome)
    form = f"[{','.join(named)}]\n{{{','.join(shown)}}}\n%s"
    payouts = ["null"] * len(columns) if paid is None else _spelled(Column("integer", paid))
    texts = zip(*map(_spelled, draws.values()), *map(_spelled, outcome.values()), payouts, strict=True)
    return [(form % one).encode("utf-8") for one in texts]


def _escaped(name: str) -> str:
    return encode(name).decode("utf-8").replace("%", "%%")


def _spelled(column: Column) -> Sequence[int | str]:
    """Return what stands for each value in canonical JSON once it is put into a text: an integer stands for itself."""
    if column.kind == "integer" and column.data.size and np.abs(column.data).max() > MAX_INTEGER:
        raise CanonicalError("an integer is beyond 2^53 - 1")
    values: list[Any] = column.to_list()
    if column.data.ndim == 1 and column.kind == "integer":
        return values
    if column.data.ndim == 1 and column.kind == "boolean":
        return ["true" if value else "false" for value in values]
    if column.data.ndim == 1 and column.kind == "text":
        texts = {label: encode(label).decode("utf-8") for label in column.labels}
        return [texts[value] for value in values]
    if column.kind == "integer":
        # Python writes lists of integers as JSON does, with spaces.
        return [str(value).replace(" ", "") for value in values]
    # As deep as it stands in a receipt, for that is what is limited.
    return [encode([[value]]).decode("utf-8")[2:-2] for value in values]
