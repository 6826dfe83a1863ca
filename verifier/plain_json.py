"""Read JSON that people write and keep (policies, rules files): any white space, any order, yet nothing ambiguous."""

from typing import NoReturn, cast

from verifier.canonical import MAX_INTEGER, Json, Malformed, encode
from verifier.fields import shown


def read_json(data: bytes, *, most_bytes: int) -> Json:
    """Read one JSON value whose meaning no two programs can differ about.

    Args:
        data: the file's bytes, UTF-8.
        most_bytes: refuse a longer file.

    Raises:
        TypeError: ``data`` is not bytes.
        Malformed: it is too long, no JSON, or has no canonical form (duplicate fields, fractions, large integers,
            surrogates, field names beyond ASCII): canonical.md.
    """
    if not isinstance(data, bytes):
        raise TypeError(f"data must be bytes, not {type(data).__name__}; read the file in binary mode")
    if len(data) > most_bytes:
        raise Malformed(f"must be at most {most_bytes} bytes long, not {len(data)}")
    # `fairlot verify` on one file does not get here, so it does not pay for this import.
    import json

    try:
        text = data.decode("utf-8", errors="strict")
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_fraction,
            parse_int=_integer,
            parse_constant=_fraction,
        )
    except UnicodeDecodeError as error:
        raise Malformed(f"is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"is no JSON: {error.msg}, line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise Malformed("is nested too deep") from None
    # What has a canonical form passes; the bytes themselves are not needed here.
    encode(value)
    return cast("Json", value)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Malformed(f"has a duplicate field {shown(name)}")
            seen.add(name)
    return members


def _integer(spelling: str) -> int:
    if spelling == "-0":
        raise Malformed("has a minus zero, which some programs take for a fraction")
    # The length is looked at first: turning a very long string of digits into an integer is refused or slow.
    if len(spelling) > len(str(-MAX_INTEGER)):
        raise Malformed(f"has an integer beyond 2^53 - 1: {shown(spelling)}")
    return int(spelling)


def _fraction(spelling: str) -> NoReturn:
    raise Malformed(f"has a number that is no integer: {shown(spelling)}")
