"""Routes of rounds: draw, draw a batch, void, show, prove, and export the history."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from rng.service import openapi
from rng.service.access import readable_epoch
from rng.service.bodies import read_body
from rng.service.errors import ServiceError
from rng.service.models import (
    BatchAnswer,
    HistoryAnswer,
    PlayBatch,
    PlayRound,
    ReceiptAnswer,
    RoundAnswer,
    VoidAnswer,
    VoidRound,
)
from rng.service.usecases import batches, history, proofs, rounds
from rng.service.usecases.cursors import parse_cursor
from rng.service.web import (
    NonceInPath,
    SeedInPath,
    answer,
    caller_of,
    check_query,
    idempotency_key,
    required_caller,
    service_of,
)

__all__ = ["router"]

router = APIRouter(prefix="/v1/seeds/{seed_id}/rounds", tags=["rounds"])

_DRAWING: Final = (
    "seed_not_found",
    "no_client_seed",
    "seed_closed",
    "seed_revealed",
    "past_reveal_by",
    "max_rounds_reached",
    "game_not_in_force",
    "invalid_params",
    "entropy_failed",
    "invalid_idempotency_key",
    "idempotency_conflict",
)
_FORMATS: Final = {"json": "application/json", "jsonl": "application/jsonl", "csv": "text/csv"}
_ACCEPTED: Final = {
    "application/json": "json",
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
    "text/csv": "csv",
    "application/*": "json",
    "*/*": "json",
}


@router.post(
    "",
    status_code=201,
    responses={
        201: {"model": ReceiptAnswer, "description": "The signed receipt, durable"},
        **openapi.problems(*_DRAWING, key=True, body=True),
    },
    openapi_extra={**openapi.body(PlayRound), **openapi.KEY, **openapi.IDEMPOTENT},
)
async def play_round(request: Request, seed_id: SeedInPath) -> Response:
    """Draw the next round; scope play. The receipt is durable before it is sent."""
    service = service_of(request)
    check_query(request)
    caller = await required_caller(request, "play")
    key = idempotency_key(request)
    body, _ = await read_body(request, PlayRound, limit=service.settings.max_body)
    once = service.once(caller, "POST /v1/seeds/{id}/rounds", key, body.model_dump(), seed_id=seed_id)
    document, replayed = await rounds.play_round(
        service, caller, seed_id=seed_id, game=body.game, params=body.params, once=once
    )
    return answer(b'{"receipt":%s}' % document.data, status=201, replayed=replayed)


@router.post(
    "/batch",
    status_code=201,
    responses={
        201: {"model": BatchAnswer, "description": "The signed batch receipt, durable, and the draws in columns"},
        **openapi.problems(*_DRAWING, "batch_too_large", "overloaded", "proof_unavailable", key=True, body=True),
    },
    openapi_extra={**openapi.body(PlayBatch), **openapi.KEY, **openapi.IDEMPOTENT},
)
async def play_batch(request: Request, seed_id: SeedInPath) -> Response:
    """Draw a contiguous range of rounds of one game in one durable step; scope play."""
    service = service_of(request)
    check_query(request)
    caller = await required_caller(request, "play")
    key = idempotency_key(request)
    body, _ = await read_body(request, PlayBatch, limit=service.settings.max_body)
    once = service.once(caller, "POST /v1/seeds/{id}/rounds/batch", key, body.model_dump(), seed_id=seed_id)
    batch = await batches.play_batch(
        service, caller, seed_id=seed_id, game=body.game, params=body.params, count=body.count, once=once
    )
    headers = {"Cache-Control": "no-store", **({"Idempotency-Replayed": "true"} if batch.replayed else {})}
    return StreamingResponse(batch.body(), status_code=201, media_type="application/json", headers=headers)


@router.get(
    "",
    responses={
        200: {
            "model": HistoryAnswer,
            "description": "One page of records as JSON; the whole history as JSON Lines, all records as CSV",
            "content": {kind: {"schema": {"type": "string"}} for kind in ("application/jsonl", "text/csv")},
        },
        **openapi.problems("seed_not_found", "invalid_cursor", "not_acceptable", key=True),
    },
    openapi_extra=openapi.PUBLIC_OR_KEY,
)
async def show_history(
    request: Request,
    seed_id: SeedInPath,
    cursor: Annotated[str | None, Query(max_length=64, description="next_cursor of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="records in a page at most")] = 100,
    format: Annotated[  # noqa: A002  the name in the query
        Literal["json", "jsonl", "csv"] | None, Query(description="json in pages; jsonl and csv in full")
    ] = None,
) -> Response:
    """Show the records of a seed in order: receipts, batches and voids.

    Public once the seed is revealed, before that with scope play or audit of its owner. JSON comes in pages; JSON Lines
    and CSV come whole. JSON Lines begins with epoch and activation and ends with the reveal, so that `fairlot audit`
    takes it as it is; the line of a record is the document whose bytes are a leaf of the receipts root.
    """
    service = service_of(request)
    check_query(request, "cursor", "limit", "format")
    chosen = format or _accepted(request)
    epoch = await readable_epoch(service, seed_id, await caller_of(request))
    if chosen == "json":
        return answer(await history.page(service, epoch, start=parse_cursor(cursor, letter="r"), limit=limit))
    lines = history.json_lines(service, epoch) if chosen == "jsonl" else history.csv_lines(service, epoch)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{seed_id[:16]}.{chosen}"',
    }
    return StreamingResponse(lines, media_type=_FORMATS[chosen], headers=headers)


@router.get(
    "/{nonce}",
    responses={
        200: {"model": RoundAnswer, "description": "The round"},
        **openapi.problems("seed_not_found", "round_not_found", "proof_unavailable", key=True),
    },
    openapi_extra=openapi.PUBLIC_OR_KEY,
)
async def show_round(request: Request, seed_id: SeedInPath, nonce: NonceInPath) -> Response:
    """Show one round, a row of a batch too: the record that used up its nonce, and its void if there is one."""
    service = service_of(request)
    check_query(request)
    epoch = await readable_epoch(service, seed_id, await caller_of(request))
    return answer(await history.show_round(service, epoch, nonce=nonce))


@router.get(
    "/{nonce}/proof",
    responses={
        200: {
            "description": "The proof file: one canonical JSON document, see verifier/spec/statements.md T7",
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
        **openapi.problems("seed_not_found", "round_not_found", "proof_unavailable", "overloaded", key=True),
    },
    openapi_extra=openapi.PUBLIC_OR_KEY,
)
async def show_proof(request: Request, seed_id: SeedInPath, nonce: NonceInPath) -> Response:
    """Give the proof file of one round: everything needed to check it offline."""
    service = service_of(request)
    check_query(request)
    epoch = await readable_epoch(service, seed_id, await caller_of(request))
    data = await proofs.proof(service, epoch, nonce=nonce)
    name = f'attachment; filename="{seed_id[:16]}-{nonce}.proof.json"'
    return answer(data, headers={"Content-Disposition": name})


@router.post(
    "/{nonce}/void",
    status_code=201,
    responses={
        201: {"model": VoidAnswer, "description": "The signed void"},
        **openapi.problems(
            "seed_not_found",
            "no_client_seed",
            "seed_closed",
            "seed_revealed",
            "past_reveal_by",
            "max_rounds_reached",
            "nonce_not_next",
            "nonce_already_voided",
            "invalid_idempotency_key",
            "idempotency_conflict",
            key=True,
            body=True,
        ),
    },
    openapi_extra={**openapi.body(VoidRound), **openapi.KEY, **openapi.IDEMPOTENT},
)
async def void_round(request: Request, seed_id: SeedInPath, nonce: NonceInPath) -> Response:
    """Void the next nonce, which uses it up, or a drawn round, which keeps its outcome; scope admin."""
    service = service_of(request)
    check_query(request)
    caller = await required_caller(request, "admin")
    key = idempotency_key(request)
    body, _ = await read_body(request, VoidRound, limit=service.settings.max_body)
    asked = {"nonce": nonce, **body.model_dump()}
    once = service.once(caller, "POST /v1/seeds/{id}/rounds/{nonce}/void", key, asked, seed_id=seed_id)
    document, replayed = await rounds.void_round(
        service, caller, seed_id=seed_id, nonce=nonce, reason=body.reason, once=once
    )
    return answer(b'{"void":%s}' % document.data, status=201, replayed=replayed)


def _accepted(request: Request) -> str:
    """Return the format that the Accept header prefers (RFC 9110 section 12.5.1)."""
    header = request.headers.get("accept", "*/*")
    best: tuple[float, int] | None = None
    chosen = ""
    for place, part in enumerate(header.split(",")[:32]):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        found = _ACCEPTED.get(kind)
        if found is not None and 0.0 < weight <= 1.0 and (best is None or (weight, -place) > best):
            best, chosen = (weight, -place), found
    if best is None:
        raise ServiceError("not_acceptable", f"this is served as {', '.join(_FORMATS.values())}, not {header[:100]!r}")
    return chosen
