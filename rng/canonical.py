"""Canonical JSON: one value, one byte string, so that a document can be signed, hashed and compared.

The subset is the one where RFC 8785 and Python's ``json`` agree: objects with printable-ASCII keys, strings, lists,
booleans, null, and integers within 2^53 - 1. There are no floats.
"""

from __future__ import annotations

import hashlib
import json
from typing import NoReturn, TypeAlias

JsonValue: TypeAlias = "bool | int | str | list[JsonValue] | dict[str, JsonValue] | None"

_Path: TypeAlias = "tuple[_Path | None, int | str]"

MAX_INTEGER = 2**53 - 1
"""Largest magnitude of an integer: beyond it, readers that use doubles would see another number."""

MAX_DEPTH = 64
"""Most containers that may stand inside one another."""

_SHOWN = 40
_LONGEST_INTEGER = len(str(-MAX_INTEGER))
_PLAIN = bytes(range(0x20, 0x7F)).replace(b"\\", b"")


class CanonicalError(ValueError):
    """Say that a value has no canonical form, or that bytes are not the canonical form of anything."""


def encode(value: object) -> bytes:
    """Return the canonical bytes of a value.

    Args:
        value: dict with printable-ASCII str keys, str without lone surrogates, list, tuple (written as a list), bool,
            None, or int within ±(2^53 - 1), nested at most 64 deep. Exact types only: a subclass may print itself
            in another way than it compares.

    Raises:
        CanonicalError: for anything else; the message names the path, such as ``$.draws[2]``.

    Source: RFC 8785 section 3.2, restricted as the module says.
    """
    _check(value, None, 0)
    return _dump(value)


def decode(data: bytes) -> JsonValue:
    """Return the value whose canonical form the bytes are, and refuse bytes that are not exactly that form.

    Args:
        data: UTF-8 without byte order mark, and without white space or a newline around the value.

    Raises:
        CanonicalError: for bytes that are not UTF-8 or not JSON, a duplicate key, a float, an integer beyond
            2^53 - 1, nesting deeper than 64, a lone surrogate, or any byte other than the canonical one.
    """
    if type(data) is not bytes:
        raise CanonicalError(f"a document is bytes, not {type(data).__name__}")
    try:
        return _decode_plain(data)
    except (ValueError, RecursionError):
        pass  # Below it comes out what is wrong, or that the document is only not plain.
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CanonicalError(f"the document is not UTF-8 at byte {error.start}") from None
    try:
        value: JsonValue = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise CanonicalError(f"the document is not JSON at character {error.pos}: {error.msg}") from None
    except RecursionError:
        # The parser recurses once a level, so very deep input ends here before _check can count it.
        raise CanonicalError(f"the document is nested deeper than {MAX_DEPTH}") from None
    _check(value, None, 0)
    again = _dump(value)
    if again != data:
        raise CanonicalError(f"the document is not in canonical form: it differs at byte {_difference(data, again)}")
    return value


def _decode_plain(data: bytes) -> JsonValue:
    """Return the value of canonical bytes, quickly, where they need no look at each part of it.

    Of bytes that are printable ASCII without a backslash all keys and texts are in the subset. A duplicate key, a
    negative zero, keys in another order or white space do not come back when the value is written again.

    Raises:
        ValueError: the bytes are not plain, or not canonical.
    """
    if data.translate(None, _PLAIN) or data.count(b"{") + data.count(b"[") > MAX_DEPTH:
        raise ValueError
    value: JsonValue = _PLAIN_DECODER.decode(data.decode("ascii"))
    if _dump(value) != data:
        raise ValueError
    return value


def digest(value: object) -> str:
    """Return the SHA-256 of a value's canonical bytes, as 64 lower-case hex characters.

    Raises:
        CanonicalError: as ``encode``.
    """
    return hashlib.sha256(encode(value)).hexdigest()


def _check(value: object, path: _Path | None, depth: int) -> None:
    """Raise CanonicalError unless the value is in the subset; depth counts the containers around it.

    The path is a chain of links that is only put into words when something is wrong: documents can be long.
    """
    if type(value) is str:
        # Only text beyond ASCII can hold a surrogate, and Python knows of each string whether it goes beyond.
        if not value.isascii():
            _check_text(value, path)
    elif type(value) is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            # The digits are not shown: Python refuses to print an integer of more than a few thousand of them.
            raise CanonicalError(f"{_words(path)}: an integer of {value.bit_length()} bits; the limit is 2^53 - 1")
    elif type(value) is dict:
        _check_depth(path, depth)
        for key, item in value.items():
            if type(key) is not str:
                raise CanonicalError(f"{_words(path)}: a key is a str, not {type(key).__name__}")
            if not (key.isascii() and key.isprintable()):
                raise CanonicalError(f"{_words(path)}: the key {key[:_SHOWN]!a} is not printable ASCII")
            # Most members of a statement are plain text: the call is spared for them.
            if type(item) is not str or not item.isascii():
                _check(item, (path, key), depth + 1)
    elif type(value) is list or type(value) is tuple:
        _check_depth(path, depth)
        for position, item in enumerate(value):
            _check(item, (path, position), depth + 1)
    elif value is not None and type(value) is not bool:
        # Only the type is named: a value that does not belong here may be a secret.
        raise CanonicalError(f"{_words(path)}: a value of type {type(value).__name__} has no canonical form")


def _check_text(text: str, path: _Path | None) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError(f"{_words(path)}: a lone surrogate at character {error.start} of a string") from None


def _check_depth(path: _Path | None, depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise CanonicalError(f"{_words(path)[:_SHOWN]}…: nested deeper than {MAX_DEPTH}")


def _words(path: _Path | None) -> str:
    parts: list[str] = []
    while path is not None:
        path, step = path
        parts.append(f"[{step}]" if isinstance(step, int) else f".{step[:_SHOWN]}")
    return "$" + "".join(reversed(parts))


def _dump(value: object) -> bytes:
    return _ENCODER.encode(value).encode("utf-8")


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise CanonicalError(f"the key {key[:_SHOWN]!a} occurs twice in one object")
            seen.add(key)
    return members


def _integer(digits: str) -> int:
    # Checked by length first: int() of a very long string is slow, and past 4300 digits an error of its own.
    if len(digits) > _LONGEST_INTEGER:
        raise CanonicalError(f"an integer of {len(digits)} characters; at most 2^53 - 1 in magnitude")
    return int(digits)


def _bounded(digits: str) -> int:
    value = _integer(digits)
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise ValueError
    return value


def _no_float(text: str) -> NoReturn:
    raise CanonicalError(f"{text[:_SHOWN]} is not an integer; a canonical document holds no other number")


def _difference(data: bytes, again: bytes) -> int:
    for position, (left, right) in enumerate(zip(data, again, strict=False)):
        if left != right:
            return position
    return min(len(data), len(again))


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_no_float, parse_constant=_no_float, parse_int=_integer
)

_PLAIN_DECODER = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float, parse_int=_bounded)

# Made once, for json.dumps makes one on each call. A value that holds itself is too deep: _check has found it by then.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False)
