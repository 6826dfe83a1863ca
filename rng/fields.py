"""Checks of the fields of statements (statements.md T1 to T5): one function a form, each returns what it checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rng.canonical import MAX_INTEGER

HEX_32: Final = re.compile(r"[0-9a-f]{32}")
HEX_64: Final = re.compile(r"[0-9a-f]{64}")
HEX_128: Final = re.compile(r"[0-9a-f]{128}")
HEX_BYTES: Final = re.compile(r"(?:[0-9a-f]{2}){1,256}")
TENANT: Final = re.compile(r"[a-z0-9-]{1,64}")
CONTROL: Final = re.compile("[\u0000-\u001f\u007f-\u009f]")

MAX_OUTCOME_DEPTH: Final = 4
"""How deep the lists of an outcome's field may be nested."""

_GAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
_ORIGIN = re.compile(r"[!#-~]{1,128}")
_SCHEME = re.compile(r"[a-z0-9-]{1,32}/v[1-9][0-9]{0,3}")
_SOURCES: Final = ("operator", "player")


def match(what: str, text: object, pattern: re.Pattern[str], form: str) -> str:
    """Return the text if the pattern describes all of it; the error names the field and the form."""
    if not isinstance(text, str):
        raise TypeError(f"{what} is text, not {type(text).__name__}")
    if pattern.fullmatch(text) is None:
        raise ValueError(f"{what} is {form}, not {text[:80]!a}")
    return text


def digest_text(what: str, text: object) -> str:
    """Return the text if it is 64 lower-case hex characters."""
    return match(what, text, HEX_64, "64 lower-case hex characters")


def hash_bytes(what: str, data: object) -> str:
    """Return the hex of a hash of 32 bytes."""
    if not isinstance(data, bytes):
        raise TypeError(f"{what} is bytes, not {type(data).__name__}")
    if len(data) != 32:
        raise ValueError(f"{what} is 32 bytes, not {len(data)}")
    return data.hex()


def origin_text(text: object) -> str:
    """Return the text if it is an origin: operator and network (T1)."""
    return match("origin", text, _ORIGIN, "1 to 128 printable ASCII characters without space or quotation mark")


def game_text(what: str, text: object) -> str:
    """Return the text if it is the name of a game (rules.md)."""
    return match(what, text, _GAME, "1 to 64 characters of a-z, 0-9, - that begin with a letter")


def scheme_text(text: object) -> str:
    """Return the text if it has the form of a scheme's name."""
    return match("scheme", text, _SCHEME, "a scheme's name, such as hmac-sha256/v1")


def source_text(text: object) -> str:
    """Return the text if it says where a client seed came from (T3)."""
    if not isinstance(text, str) or text not in _SOURCES:
        raise ValueError(f"client_seed_source is one of {', '.join(_SOURCES)}, not {text!r:.80}")
    return text


def integer(what: str, value: object, least: int, most: int = MAX_INTEGER) -> int:
    """Return the value if it is an int (a bool is none) within the bounds, ends included."""
    if type(value) is not int:
        raise TypeError(f"{what} is an int, not {type(value).__name__}")
    if not least <= value <= most:
        shown = str(value) if value.bit_length() <= 128 else f"an integer of {value.bit_length()} bits"
        raise ValueError(f"{what} is {least} to {most}, not {shown}")
    return value


def time_ms(value: object) -> int:
    """Return the value if it is a Unix time in milliseconds."""
    return integer("time", value, 0)


def nonce_number(what: str, value: object) -> int:
    """Return the value if it is a nonce: max_rounds is at most 2^53 - 1, and every nonce is below it."""
    return integer(what, value, 0, MAX_INTEGER - 1)


def parameter_values(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a round if each is an integer, a text, or a list of integers (T4)."""
    for name, value in parameters.items():
        kind = type(value)
        if kind is not int and kind is not str and not (kind is list and all(type(item) is int for item in value)):
            raise TypeError(f"parameter {name!r:.80} is an integer, a text or a list of integers, not {_kind(value)}")
    return dict(parameters)


def draw_values(draws: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the draws of a round if each is ``{"name", "value"}`` with integers from 0, at least one (T4)."""
    if not draws:
        raise ValueError("a round makes at least one draw")
    for draw in draws:
        if draw.keys() != {"name", "value"}:
            raise ValueError(f"a draw has a name and a value, not {sorted(draw)}")
        value = draw["value"]
        for number in value if type(value) is list else (value,):
            if type(number) is not int or number < 0:
                raise ValueError(f"draw {draw['name']!r:.80} is of integers from 0, not {_kind(number)}")
    return [dict(draw) for draw in draws]


def outcome_values(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outcome of a round if it has a field, and its values are of the kinds that T4 names."""
    if not outcome:
        raise ValueError("an outcome has at least one field")
    for name, value in outcome.items():
        _check_outcome(name, value, 0)
    return dict(outcome)


def _check_outcome(name: str, value: object, depth: int) -> None:
    kind = type(value)
    if kind is list and depth < MAX_OUTCOME_DEPTH:
        assert isinstance(value, list)
        for item in value:
            _check_outcome(name, item, depth + 1)
    elif kind is not int and kind is not str and kind is not bool:
        form = f"of integers, booleans and texts, in lists at most {MAX_OUTCOME_DEPTH} deep"
        raise TypeError(f"outcome field {name!r:.80} is {form}, not {_kind(value)}")


def _kind(value: object) -> str:
    # A negative integer is of the right type and yet wrong; the others are named by their type.
    return repr(value)[:80] if type(value) is int and value.bit_length() <= 128 else type(value).__name__
