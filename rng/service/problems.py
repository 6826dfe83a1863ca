"""Turn every way in which a request can fail into a problem document (RFC 9457): no trace, no secret."""

from __future__ import annotations

import json
import logging
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from rng.service.errors import KINDS, PROBLEM_MEDIA_TYPE, ServiceError
from rng.service.metrics import Metrics

__all__ = ["install", "problem_response"]

_LOG: Final = logging.getLogger("fairlot.service")

_BY_STATUS: Final = {404: "not_found", 405: "method_not_allowed", 406: "not_acceptable", 413: "body_too_large"}


def problem_response(error: ServiceError, *, headers: dict[str, str] | None = None) -> Response:
    """Return the problem document of an error."""
    fields = dict(headers or {})
    if error.kind.status == 401:
        fields["WWW-Authenticate"] = 'Bearer realm="fairlot"'
    if error.kind.code in ("overloaded", "store_unavailable"):
        fields["Retry-After"] = "1"
    fields["Cache-Control"] = "no-store"
    body = json.dumps(error.document(), ensure_ascii=True, separators=(",", ":")).encode()
    return Response(body, status_code=error.kind.status, media_type=PROBLEM_MEDIA_TYPE, headers=fields)


def install(app: FastAPI, metrics: Metrics) -> None:
    """Install the handlers of all errors in an application."""

    async def service_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, ServiceError):
            raise error
        metrics.problems.labels(code=error.code).inc()
        if error.kind.status >= 500:
            _LOG.error("request failed", extra={"code": error.code, "route": route_of(request), "detail": error.detail})
        return problem_response(error)

    async def framework_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        code = _BY_STATUS.get(error.status_code, "malformed_request")
        if error.status_code >= 500:
            code = "internal"
        detail = {
            "not_found": f"nothing is at {request.url.path[:200]!r}; /openapi.json lists what there is",
            "method_not_allowed": f"{request.method} is not allowed at {request.url.path[:200]!r}",
        }.get(code, KINDS[code].title)
        metrics.problems.labels(code=code).inc()
        return problem_response(ServiceError(code, detail), headers=dict(error.headers or {}))

    async def invalid_request(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        # These are path, query and header values; bodies are checked elsewhere. Values are not repeated.
        faults = [
            {"at": "/".join(str(part)[:64] for part in fault["loc"]), "message": str(fault["msg"])[:200]}
            for fault in error.errors()[:20]
        ]
        metrics.problems.labels(code="invalid_request").inc()
        detail = f"{faults[0]['at']}: {faults[0]['message']}" if faults else "the request is not valid"
        return problem_response(ServiceError("invalid_request", detail, errors=faults))

    app.add_exception_handler(ServiceError, service_error)
    app.add_exception_handler(HTTPException, framework_error)
    app.add_exception_handler(RequestValidationError, invalid_request)


def internal(request_route: str, error: BaseException, metrics: Metrics) -> Response:
    """Log an error that nobody foresaw as one line, and return the problem document that tells nothing of it."""
    metrics.problems.labels(code="internal").inc()
    _LOG.error(
        "internal error",
        exc_info=(type(error), error, error.__traceback__),
        extra={"code": "internal", "route": request_route},
    )
    return problem_response(
        ServiceError("internal", "the service made a mistake; its log says where, and nothing of it is shown here")
    )


def route_of(request: Request) -> str:
    """Return the route's template, never the path itself: a path may hold what a log should not."""
    route = request.scope.get("route")
    return str(getattr(route, "path", "unmatched"))
