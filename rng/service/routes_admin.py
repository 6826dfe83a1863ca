"""Routes of the operator: allow draws again after the entropy source failed."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from rng.service import openapi
from rng.service.bodies import parse_json, read_raw, validated
from rng.service.errors import ServiceError
from rng.service.models import EntropyAnswer, Nothing
from rng.service.web import answer, check_query, required_caller, service_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/admin", tags=["admin"])


@router.post(
    "/entropy/restart",
    responses={
        200: {"model": EntropyAnswer, "description": "The source passed its tests; draws are allowed"},
        **openapi.problems("entropy_failed", key=True, body=True),
    },
    openapi_extra={**openapi.body(Nothing, required=False), **openapi.KEY},
)
async def restart_entropy(request: Request) -> Response:
    """Run the entropy source's start-up tests again; scope admin of the operator's own tenant."""
    service = service_of(request)
    check_query(request)
    caller = await required_caller(request, "admin")
    if caller.tenant != service.settings.tenant:
        raise ServiceError("forbidden", "this needs an API key of the operator's own tenant")
    data = await read_raw(request, limit=service.settings.max_body)
    if data:
        validated(Nothing, parse_json(data))
    await service.gate.restart()
    return answer({"ready": True, "draws": "allowed", "reason": None})
