"""The outermost layer: counts and times every answer, and turns what nobody foresaw into a problem document."""

from __future__ import annotations

import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rng.service.metrics import Metrics
from rng.service.problems import internal

__all__ = ["Outermost"]

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class Outermost:
    """Wrap an ASGI application."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_HEADERS]
                route = _route(scope)
                self._metrics.requests.labels(route=route, status=str(status)).inc()
                self._metrics.latency.labels(route=route).observe(time.perf_counter() - began)
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except Exception as error:
            response = internal(_route(scope), error, self._metrics)
            if status:
                # Half of an answer is out. Ending it quietly would make it look whole, so the connection breaks.
                raise
            await response(scope, receive, observed)


def _route(scope: Scope) -> str:
    # The template of the route, never the path: that may hold anything, and as a label it would be kept.
    route = scope.get("route")
    return f"{scope['method']} {route.path}" if route is not None and scope["method"].isascii() else "unmatched"
