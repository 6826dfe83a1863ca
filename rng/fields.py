"""Checks of the fields of statements (statements.md T1 to T5): one function a form, each returns what it checked."""

from __future__ import annotations

import re
from typing import Final

from rng.canonical import MAX_INTEGER

HEX_32: Final = re.compile(r"[0-9a-f]{32}")
HEX_64: Final = re.compile(r"[0-9a-f]{64}")
HEX_128: Final = re.compile(r"[0-9a-f]{128}")
HEX_BYTES: Final = re.compile(r"(?:[0-9a-f]{2}){1,512}")
TENANT: Final = re.compile(r"[a-z0-9-]{1,64}")
CONTROL: Final = re.compile("[\u0000-\u001f\u007f-\u009f]")

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
