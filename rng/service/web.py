"""What all routes share: the service, the caller, the Idempotency-Key, strict queries, and answers as bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Path, Request
from starlette.responses import Response

from rng.service.access import ApiKeys, require
from rng.service.auth import Caller
from rng.service.core import Service
from rng.service.errors import ServiceError

__all__ = ["NonceInPath", "SeedInPath", "answer", "caller_of", "idempotency_key", "required_caller", "service_of"]

SeedInPath = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="the seed id, 64 lower-case hex characters")]
NonceInPath = Annotated[int, Path(ge=0, le=2**53 - 2, description="the round's nonce")]

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}\Z")


def service_of(request: Request) -> Service:
    """Return the running service."""
    service: Service = request.app.state.service
    return service


async def caller_of(request: Request) -> Caller | None:
    """Return who asks, or None where no API key was sent.

    Raises:
        ServiceError: `unauthenticated`, if a key was sent that is not valid.
    """
    sent = request.headers.getlist("authorization")
    if len(sent) > 1:
        raise ServiceError("unauthenticated", "send one Authorization header, not several")
    api_keys: ApiKeys = request.app.state.api_keys
    return await api_keys.caller(sent[0] if sent else None, now=service_of(request).clock())


async def required_caller(request: Request, *scopes: str) -> Caller:
    """Return the caller, who must have one of these scopes.

    Raises:
        ServiceError: `unauthenticated` or `forbidden`.
    """
    return require(await caller_of(request), *scopes)


def idempotency_key(request: Request) -> str | None:
    """Return the Idempotency-Key header, or None where there is none.

    Raises:
        ServiceError: `invalid_idempotency_key`, if it is sent twice or is not 1 to 255 printable ASCII characters.
    """
    sent = request.headers.getlist("idempotency-key")
    if not sent:
        return None
    if len(sent) > 1 or not _KEY.match(sent[0]):
        raise ServiceError(
            "invalid_idempotency_key", "send one Idempotency-Key of 1 to 255 printable ASCII characters without space"
        )
    return sent[0]


def check_query(request: Request, *allowed: str) -> None:
    """Refuse query parameters that the route does not have, or that come twice: a misspelt filter filters nothing.

    Raises:
        ServiceError: `invalid_request`.
    """
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in allowed or name in seen:
            what = "occurs twice" if name in seen else f"is unknown; known: {', '.join(allowed) or 'none'}"
            raise ServiceError("invalid_request", f"query parameter {name[:64]!r} {what}")
        seen.add(name)


def answer(
    content: Mapping[str, Any] | bytes,
    *,
    status: int = 200,
    replayed: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a JSON answer that no cache keeps.

    Args:
        content: JSON data, or its bytes.
        status: HTTP status.
        replayed: whether it repeats an earlier answer; the header `Idempotency-Replayed` says so.
        headers: further headers.
    """
    body = content if isinstance(content, bytes) else to_json(content)
    fields = {"Cache-Control": "no-store", **(headers or {})}
    if replayed:
        fields["Idempotency-Replayed"] = "true"
    return Response(body, status_code=status, media_type="application/json", headers=fields)


def to_json(content: Mapping[str, Any]) -> bytes:
    """Return compact JSON in UTF-8, members in one order, so that a repeated answer is the same to the byte."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
