"""Request bodies: strict JSON with bounded size, depth and integers, then a checked model."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from rng.service.errors import ServiceError

__all__ = ["parse_json", "read_body", "validated"]

_MOST_INTEGER: Final = 2**53 - 1
_MOST_DIGITS: Final = 17
_MOST_DEPTH: Final = 32

M = TypeVar("M", bound=BaseModel)


async def read_raw(request: Request, *, limit: int) -> bytes:
    """Read a body of at most `limit` bytes.

    Raises:
        ServiceError: `body_too_large`, without reading on; `malformed_request`, if the client goes away half way.
    """
    declared = request.headers.get("content-length")
    if declared is not None and (not declared.isdecimal() or len(declared) > 18 or int(declared) > limit):
        raise ServiceError("body_too_large", f"a body may have {limit} bytes")
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise ServiceError("body_too_large", f"a body may have {limit} bytes")
            parts.append(part)
    except ClientDisconnect:
        raise ServiceError("malformed_request", "the body ended before it was complete") from None
    return b"".join(parts)


def check_media_type(request: Request) -> None:
    """Refuse a body that does not say it is JSON in UTF-8.

    Raises:
        ServiceError: `unsupported_media_type`.
    """
    given = request.headers.get("content-type", "")
    kind, *parameters = (part.strip().lower() for part in given.split(";"))
    if kind != "application/json" or any(p not in ("", "charset=utf-8", 'charset="utf-8"') for p in parameters):
        raise ServiceError("unsupported_media_type", f"send Content-Type: application/json, not {given[:100]!r}")


async def read_body(request: Request, model: type[M], *, limit: int) -> tuple[M, bytes]:
    """Read, parse and check a JSON body.

    Args:
        request: the request.
        model: what the body must be.
        limit: bytes that it may have.

    Returns:
        The checked model, and the bytes as they came.

    Raises:
        ServiceError: `unsupported_media_type`, `body_too_large`, `malformed_json` or `invalid_request`.
    """
    check_media_type(request)
    data = await read_raw(request, limit=limit)
    return validated(model, parse_json(data)), data


def parse_json(data: bytes) -> Any:
    """Parse strict JSON: UTF-8, no duplicate names, no floats, integers within 2^53 - 1, nesting at most 32 deep.

    Raises:
        ServiceError: `malformed_json`, saying what was found.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ServiceError("malformed_json", f"the body is not UTF-8 (byte {error.start})") from None
    # The depth is checked before parsing, because the parser recurses; few brackets cannot nest deep.
    if text.count("[") + text.count("{") > _MOST_DEPTH:
        _check_depth(text)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ServiceError("malformed_json", f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    _check_texts(value)
    return value


def validated(model: type[M], value: object) -> M:
    """Check a parsed value against a model.

    Raises:
        ServiceError: `invalid_request`, with the list `errors` of places and messages. Values are not repeated:
            a client seed or a player's id may be among them.
    """
    try:
        return model.model_validate(value, strict=True)
    except ValidationError as error:
        faults = [
            {"at": "/".join(str(part)[:64] for part in fault["loc"]), "message": fault["msg"][:200]}
            for fault in error.errors(include_url=False, include_context=False, include_input=False)[:20]
        ]
        where = faults[0]["at"] or "body"
        raise ServiceError("invalid_request", f"{where}: {faults[0]['message']}", errors=faults) from None


def _check_depth(text: str) -> None:
    depth = 0
    quoted = escaped = False
    for character in text:
        if quoted:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            if depth > _MOST_DEPTH:
                raise ServiceError("malformed_json", f"the body is nested more than {_MOST_DEPTH} deep")
        elif character in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ServiceError("malformed_json", f"the name {name[:64]!r} occurs twice in one object")
            seen.add(name)
    return found


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS or abs(int(digits)) > _MOST_INTEGER:
        raise ServiceError("malformed_json", f"the integer {digits[:32]} is beyond 2^53 - 1")
    return int(digits)


def _no_float(text: str) -> NoReturn:
    raise ServiceError("malformed_json", f"the number {text[:32]} is not an integer: nothing here takes fractions")


def _no_constant(text: str) -> NoReturn:
    raise ServiceError("malformed_json", f"{text} is not JSON")


def _check_texts(value: object) -> None:
    # A lone surrogate can be written in JSON (\ud800) and never in UTF-8, so no statement could hold it.
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise ServiceError("malformed_json", "a text holds a lone surrogate, which is not valid Unicode")
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_texts(name)
            _check_texts(member)
    elif isinstance(value, list):
        for member in value:
            _check_texts(member)


# Made once: json.loads makes one on each call.
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_no_float, parse_int=_integer, parse_constant=_no_constant
)
