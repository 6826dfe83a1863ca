"""Check single fields of documents from strangers: each function returns the value, typed, or raises `Malformed`."""

from collections.abc import Iterable

from verifier.canonical import MAX_INTEGER, Json, Malformed
from verifier.schemes.hmac_sha256_v1 import check_beacon, check_client_seed

HEX_DIGITS = frozenset("0123456789abcdef")
NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
GAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")

_SHOWN = 60


def shown(value: object) -> str:
    """Return a value's beginning for an error, as ASCII without control characters: documents come from strangers."""
    # The rules language can make lists that hold the same list many times over; they are never written out.
    if isinstance(value, list):
        return f"a list of {len(value)} elements"
    if isinstance(value, dict):
        return f"an object of {len(value)} members"
    if isinstance(value, str) and len(value) > _SHOWN:
        return ascii(value[:_SHOWN]) + "..."
    if isinstance(value, int) and value.bit_length() > 64:
        # Python refuses to print an integer of more than a few thousand digits.
        return f"an integer of {value.bit_length()} bits"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else ascii(value)


def members(value: Json, path: str, names: Iterable[str]) -> dict[str, Json]:
    """Take an object that has exactly the fields in ``names``.

    Raises:
        Malformed: it is no object, a field is missing, or one is unknown.
    """
    if not isinstance(value, dict):
        raise Malformed(f"must be an object, not {shown(value)}", path)
    for name in names:
        if name not in value:
            raise Malformed(f"lacks the field {name!r}", path)
    known = frozenset(names)
    for name in value:
        if name not in known:
            raise Malformed(f"has an unknown field {shown(name)}", path)
    return value


def items(value: Json, path: str, *, least: int = 0, most: int) -> list[Json]:
    """Take a list of ``least`` to ``most`` elements.

    Raises:
        Malformed: it is no list, or has another length.
    """
    if not isinstance(value, list):
        raise Malformed(f"must be a list, not {shown(value)}", path)
    if not least <= len(value) <= most:
        raise Malformed(f"must have {least} to {most} elements, not {len(value)}", path)
    return value


def integer(value: Json, path: str, *, low: int = 0, high: int = MAX_INTEGER) -> int:
    """Take an integer from ``low`` to ``high``; a boolean is none.

    Raises:
        Malformed: it is no integer, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f"must be an integer, not {shown(value)}", path)
    if not low <= value <= high:
        raise Malformed(f"must be {low} to {high}, not {shown(value)}", path)
    return value


def text(value: Json, path: str, *, most: int) -> str:
    """Take a text of 1 to ``most`` characters without control characters (U+0000-001F, U+007F-009F).

    Raises:
        Malformed: it is no text, is empty or too long, or holds a control character.
    """
    if not isinstance(value, str):
        raise Malformed(f"must be a text, not {shown(value)}", path)
    if not 1 <= len(value) <= most:
        raise Malformed(f"must have 1 to {most} characters, not {len(value)}", path)
    for character in value:
        if ord(character) < 0x20 or 0x7F <= ord(character) <= 0x9F:
            raise Malformed(f"must not hold the control character U+{ord(character):04X}", path)
    return value


def one_of(value: Json, path: str, choices: tuple[str, ...]) -> str:
    """Take a text that is one of ``choices``.

    Raises:
        Malformed: it is another value.
    """
    if not isinstance(value, str) or value not in choices:
        raise Malformed(f"must be one of {', '.join(map(repr, choices))}, not {shown(value)}", path)
    return value


def hexadecimal(value: Json, path: str, *, size: int, or_empty: bool = False) -> str:
    """Take ``size`` bytes as lower-case hex digits, or the empty text where ``or_empty`` allows it.

    Raises:
        Malformed: it is another value.
    """
    if or_empty and value == "":
        return ""
    if not isinstance(value, str) or len(value) != 2 * size or not HEX_DIGITS.issuperset(value):
        alternative = " or empty" if or_empty else ""
        raise Malformed(f"must be {2 * size} lower-case hex digits{alternative}, not {shown(value)}", path)
    return value


def name(value: Json, path: str) -> str:
    """Take a name of the rules language: rules.md R1.

    Raises:
        Malformed: it is another value.
    """
    return _spelled(value, path, characters=NAME_CHARACTERS, most=32, described="a-z, 0-9 and _")


def game_name(value: Json, path: str) -> str:
    """Take the name of a game: the field ``name`` of rules.md.

    Raises:
        Malformed: it is another value.
    """
    return _spelled(value, path, characters=GAME_CHARACTERS, most=64, described="a-z, 0-9 and -")


def printable(value: Json, path: str, *, most: int, without: str = "") -> str:
    """Take 1 to ``most`` characters of printable ASCII (0x20 to 0x7E) without those in ``without``.

    Raises:
        Malformed: it is another value.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise Malformed(f"must be a text of 1 to {most} characters, not {shown(value)}", path)
    for character in value:
        if not 0x20 <= ord(character) <= 0x7E or character in without:
            raise Malformed(f"must not hold the character U+{ord(character):04X}", path)
    return value


def client_seed(value: Json, path: str) -> str:
    """Take a client seed: hmac_sha256_v1.md S1.

    Raises:
        Malformed: it is another value.
    """
    if not isinstance(value, str):
        raise Malformed(f"must be a text, not {shown(value)}", path)
    try:
        check_client_seed(value.encode("utf-8"))
    except ValueError as error:  # a lone surrogate has no UTF-8; that error is a ValueError too
        raise Malformed(str(error), path) from None
    return value


def beacon(value: Json, path: str) -> str:
    """Take a beacon, empty or ``{chain_hash}:{round}:{randomness}``: hmac_sha256_v1.md S1.

    Raises:
        Malformed: it is another value.
    """
    if not isinstance(value, str):
        raise Malformed(f"must be a text, not {shown(value)}", path)
    try:
        check_beacon(value)
    except ValueError:
        raise Malformed(f"must be empty or chain_hash:round:randomness, not {shown(value)}", path) from None
    return value


def _spelled(value: Json, path: str, *, characters: frozenset[str], most: int, described: str) -> str:
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= most
        or value[0] not in LETTERS
        or not characters.issuperset(value)
    ):
        raise Malformed(f"must be 1 to {most} characters of {described}, a letter first, not {shown(value)}", path)
    return value
