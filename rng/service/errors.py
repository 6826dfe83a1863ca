"""Errors of the service: one exception, and the table of its stable codes (RFC 9457 problem details)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

__all__ = ["KINDS", "PROBLEM_MEDIA_TYPE", "Kind", "ServiceError"]

PROBLEM_MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """Name one kind of problem: its stable code, its HTTP status and its title."""

    code: str
    status: int
    title: str


_TABLE: Final = (
    # What is wrong with the request as such.
    Kind("malformed_request", 400, "The request is not well formed"),
    Kind("malformed_json", 400, "The body is not JSON that this service accepts"),
    Kind("invalid_idempotency_key", 400, "The Idempotency-Key header is not valid"),
    Kind("invalid_cursor", 400, "The cursor is not one that this service gave out"),
    Kind("unauthenticated", 401, "A valid API key is needed"),
    Kind("forbidden", 403, "The API key lacks the scope that this needs"),
    Kind("not_found", 404, "Nothing is at this address"),
    Kind("seed_not_found", 404, "No such seed is open to you"),
    Kind("round_not_found", 404, "No such round exists"),
    Kind("game_not_found", 404, "No such game exists"),
    Kind("method_not_allowed", 405, "The method is not allowed here"),
    Kind("not_acceptable", 406, "None of the accepted media types can be served"),
    Kind("body_too_large", 413, "The body is too large"),
    Kind("unsupported_media_type", 415, "The body's media type is not application/json"),
    Kind("invalid_request", 422, "The request's fields are not valid"),
    Kind("invalid_client_seed", 422, "The client seed cannot be accepted"),
    Kind("invalid_params", 422, "The game does not accept these parameters"),
    Kind("batch_too_large", 422, "The batch's answer would be too large"),
    # What the seed's state does not allow.
    Kind("seed_open", 409, "The player already has an open seed"),
    Kind("no_client_seed", 409, "The seed has no client seed yet"),
    Kind("client_seed_set", 409, "The seed already has its client seed"),
    Kind("seed_closed", 409, "The seed is closed"),
    Kind("seed_revealed", 409, "The seed is revealed"),
    Kind("past_reveal_by", 409, "The seed's deadline has passed"),
    Kind("max_rounds_reached", 409, "The seed's rounds are used up"),
    Kind("game_not_in_force", 409, "The game's rules are not among those the seed's epoch fixed"),
    Kind("nonce_not_next", 409, "The nonce is neither drawn nor the next one"),
    Kind("nonce_already_voided", 409, "The round is already voided"),
    Kind("proof_unavailable", 409, "The proof needs rules that this service does not hold"),
    Kind("idempotency_conflict", 409, "The Idempotency-Key was used with another body"),
    # What the operator must act on.
    Kind("internal", 500, "The service made a mistake"),
    Kind("seal_failed", 500, "A sealed server seed does not open"),
    Kind("entropy_failed", 503, "The entropy source failed; nothing is drawn until an operator acts"),
    Kind("store_unavailable", 503, "The store cannot write or read at the moment"),
    Kind("overloaded", 503, "The service is busy; try again"),
)

KINDS: Final[Mapping[str, Kind]] = MappingProxyType({kind.code: kind for kind in _TABLE})


class ServiceError(Exception):
    """Refuse a request with a stable code.

    Args:
        code: one of the keys of `KINDS`.
        detail: what is wrong with which value and what to do; never a secret.
        members: further members of the problem document, such as `seed_id`.

    Raises:
        KeyError: if the code is not in the table.
    """

    def __init__(self, code: str, detail: str, **members: object) -> None:
        self.kind = KINDS[code]
        self.detail = detail
        self.members = members
        super().__init__(f"{code}: {detail}")

    @property
    def code(self) -> str:
        """Return the stable code."""
        return self.kind.code

    def document(self) -> dict[str, object]:
        """Return the members of the problem document (RFC 9457 section 3)."""
        return {
            **self.members,
            "type": f"urn:fairlot:problem:{self.kind.code}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "code": self.kind.code,
        }
