"""Routes of seeds: open, list the revealed ones, set the client seed, rotate, show."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from rng.service import openapi
from rng.service.access import readable_epoch
from rng.service.bodies import parse_json, read_body, read_raw, validated
from rng.service.models import ActivationAnswer, Nothing, OpenSeed, RotateAnswer, SeedAnswer, SeedsAnswer, SetClientSeed
from rng.service.usecases import revealed, seeds
from rng.service.usecases.cursors import parse_cursor
from rng.service.web import (
    SeedInPath,
    answer,
    caller_of,
    check_query,
    idempotency_key,
    required_caller,
    service_of,
)

__all__ = ["router"]

router = APIRouter(prefix="/v1/seeds", tags=["seeds"])


@router.post(
    "",
    status_code=201,
    responses={
        201: {"model": SeedAnswer, "description": "The signed epoch"},
        **openapi.problems(
            "seed_open",
            "entropy_failed",
            "overloaded",
            "invalid_idempotency_key",
            "idempotency_conflict",
            key=True,
            body=True,
        ),
    },
    openapi_extra={**openapi.body(OpenSeed), **openapi.KEY, **openapi.IDEMPOTENT},
)
async def open_seed(request: Request) -> Response:
    """Open a seed for a player who has no open one; scope play.

    Commitment, next commitment and the rules in force are signed before anybody knows the client seed.
    """
    service = service_of(request)
    check_query(request)
    caller = await required_caller(request, "play")
    key = idempotency_key(request)
    body, _ = await read_body(request, OpenSeed, limit=service.settings.max_body)
    once = service.once(caller, "POST /v1/seeds", key, body.model_dump())
    document, replayed = await seeds.open_seed(service, caller, player=body.player, once=once)
    location = {"Location": f"/v1/seeds/{document.digest}"}
    return answer(seeds.fresh_view(document), status=201, replayed=replayed, headers=location)


@router.get(
    "",
    responses={
        200: {"model": SeedsAnswer, "description": "One page of the revealed seeds"},
        **openapi.problems("invalid_cursor"),
    },
)
async def list_seeds(
    request: Request,
    status: Annotated[Literal["revealed"], Query(description="which seeds; revealed ones are public")],
    cursor: Annotated[str | None, Query(max_length=64, description="next_cursor of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="seeds in a page at most")] = 100,
) -> Response:
    """List the revealed seeds of all tenants in the order of their reveals, so that anybody can audit all of them.

    A seed is in it from its reveal on, and nothing tells before that it exists. Who follows the cursors meets each seed
    once, also those that are revealed meanwhile.
    """
    check_query(request, "status", "cursor", "limit")
    return answer(await revealed.page(service_of(request), start=parse_cursor(cursor, letter="s"), limit=limit))


@router.get(
    "/{seed_id}",
    responses={
        200: {"model": SeedAnswer, "description": "The seed as it stands"},
        **openapi.problems("seed_not_found", key=True),
    },
    openapi_extra=openapi.PUBLIC_OR_KEY,
)
async def show_seed(request: Request, seed_id: SeedInPath) -> Response:
    """Show a seed: public once it is revealed, before that with scope play or audit of its owner."""
    check_query(request)
    epoch = await readable_epoch(service_of(request), seed_id, await caller_of(request))
    return answer(seeds.view(epoch))


@router.put(
    "/{seed_id}/client-seed",
    responses={
        200: {"model": ActivationAnswer, "description": "The signed activation"},
        **openapi.problems(
            "seed_not_found",
            "client_seed_set",
            "invalid_client_seed",
            "seed_closed",
            "seed_revealed",
            "past_reveal_by",
            "entropy_failed",
            "invalid_idempotency_key",
            "idempotency_conflict",
            key=True,
            body=True,
        ),
    },
    openapi_extra={**openapi.body(SetClientSeed), **openapi.KEY, **openapi.IDEMPOTENT},
)
async def set_client_seed(request: Request, seed_id: SeedInPath) -> Response:
    """Set the client seed, once, before the first round; scope play.

    With source `operator` it may be left out: the service then makes one, and verdicts call it weak.
    """
    service = service_of(request)
    check_query(request)
    caller = await required_caller(request, "play")
    key = idempotency_key(request)
    body, _ = await read_body(request, SetClientSeed, limit=service.settings.max_body)
    once = service.once(caller, "PUT /v1/seeds/{id}/client-seed", key, body.model_dump(), seed_id=seed_id)
    done = await seeds.set_client_seed(
        service, caller, seed_id=seed_id, client_seed=body.client_seed, source=body.source, once=once
    )
    content = {"seed_id": seed_id, "client_seed": done.client_seed, "activation": done.activation.statement}
    return answer(content, replayed=done.replayed)


@router.post(
    "/{seed_id}/rotate",
    responses={
        200: {"model": RotateAnswer, "description": "The signed reveal, and the next seed"},
        **openapi.problems(
            "seed_not_found",
            "seed_revealed",
            "past_reveal_by",
            "entropy_failed",
            "invalid_idempotency_key",
            "idempotency_conflict",
            key=True,
            body=True,
        ),
    },
    openapi_extra={**openapi.body(Nothing, required=False), **openapi.KEY, **openapi.IDEMPOTENT},
)
async def rotate(request: Request, seed_id: SeedInPath) -> Response:
    """Reveal a seed and open the next one with the commitment that was announced; scope play.

    After it no round is possible on the old seed. The next seed has no client seed yet.
    """
    service = service_of(request)
    check_query(request)
    caller = await required_caller(request, "play")
    key = idempotency_key(request)
    data = await read_raw(request, limit=service.settings.max_body)
    if data:
        validated(Nothing, parse_json(data))
    once = service.once(caller, "POST /v1/seeds/{id}/rotate", key, {}, seed_id=seed_id)
    done = await seeds.rotate(service, caller, seed_id=seed_id, once=once)
    content = {"reveal": done.reveal.statement, "next": seeds.fresh_view(done.next)}
    return answer(content, replayed=done.replayed)
