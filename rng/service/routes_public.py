"""Routes that anybody may ask: games, keys, health, readiness, metrics."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from rng.service import openapi
from rng.service.errors import ServiceError
from rng.service.health import Measures, Readiness
from rng.service.metrics import METRICS_MEDIA_TYPE
from rng.service.models import GameAnswer, GamesAnswer, HealthAnswer, KeysAnswer, ReadyAnswer
from rng.service.usecases.keys import public_keys
from rng.service.web import answer, check_query, service_of, to_json

__all__ = ["router"]

router = APIRouter()


@router.get(
    "/v1/games",
    tags=["games"],
    responses={200: {"model": GamesAnswer, "description": "The games"}, **openapi.problems()},
)
async def list_games(request: Request) -> Response:
    """List the games that new seeds have in force."""
    check_query(request)
    games = [
        {"name": rules.name, "digest": rules.digest, "summary": rules.summary}
        for _, rules in sorted(service_of(request).games.items())
    ]
    return answer({"games": games})


@router.get(
    "/v1/games/{name}",
    tags=["games"],
    responses={
        200: {"model": GameAnswer, "description": "The game's rules"},
        **openapi.problems("game_not_found"),
    },
)
async def show_game(
    request: Request, name: Annotated[str, Path(pattern="^[a-z][a-z0-9-]{0,63}$", description="the game's name")]
) -> Response:
    """Show a game's rules document as it is digested."""
    check_query(request)
    games = service_of(request).games
    rules = games.get(name)
    if rules is None:
        raise ServiceError("game_not_found", f"no game is named {name!r}; there are: {', '.join(sorted(games))}")
    return answer({"name": rules.name, "digest": rules.digest, "rules": dict(rules.document)})


@router.get(
    "/v1/keys",
    tags=["keys"],
    responses={200: {"model": KeysAnswer, "description": "The keys"}, **openapi.problems()},
)
async def list_keys(request: Request) -> Response:
    """List the operator's public keys, the current one first. Pin them from another place than this service."""
    check_query(request)
    service = service_of(request)
    keys = [
        {"key_id": key_id, "public_key": key.hex(), "current": key_id == service.signer.key_id}
        for key_id, key in (await public_keys(service)).items()
    ]
    return answer({"origin": service.settings.origin, "keys": keys})


@router.get(
    "/healthz",
    tags=["operation"],
    responses={200: {"model": HealthAnswer, "description": "The process answers"}, **openapi.problems()},
)
async def healthz(request: Request) -> Response:
    """Say that the process answers."""
    check_query(request)
    return answer(b'{"status":"ok"}')


@router.get(
    "/readyz",
    tags=["operation"],
    responses={
        200: {"model": ReadyAnswer, "description": "The service can do its work"},
        **openapi.problems(),
        503: {"model": ReadyAnswer, "description": "It cannot; the fields say what keeps it"},
    },
)
async def readyz(request: Request) -> Response:
    """Say whether the service can do its work: entropy, draws, a durable write, and deadlines."""
    check_query(request)
    readiness: Readiness = request.app.state.readiness
    state = await readiness.state()
    return Response(
        to_json(state),
        status_code=200 if state["ready"] else 503,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


@router.get(
    "/metrics",
    tags=["operation"],
    responses={
        200: {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **openapi.problems(),
    },
    response_class=Response,
)
async def metrics(request: Request) -> Response:
    """Give the metrics in Prometheus' text format; nothing in them names a player, a seed or a key."""
    check_query(request)
    measures: Measures = request.app.state.measures
    await measures.take()
    return Response(service_of(request).metrics.render(), media_type=METRICS_MEDIA_TYPE)
