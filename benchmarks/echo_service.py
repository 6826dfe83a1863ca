"""The service with one route more, which gives back what it was sent: `python -m benchmarks.echo_service CONFIG`.

The route exists only here. It stands before all others and neither checks nor keeps anything, so it shows what the
same server, framework and middleware cost without a round.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final
from unittest import mock

from fastapi import FastAPI, Request
from starlette.responses import Response

from rng.service import server
from rng.service.app import create_app
from rng.service.settings import Settings, load_settings

ECHO: Final = "/echo"


def create_echo_app(settings: Settings) -> FastAPI:
    """Make the service's application, with the echo route in front."""
    app = create_app(settings)

    async def echo(request: Request) -> Response:
        return Response(await request.body(), media_type="application/json")

    app.post(ECHO)(echo)
    app.router.routes.insert(0, app.router.routes.pop())
    return app


def main(config: Path) -> int:
    """Serve as `python -m rng.service serve` does, with the same uvicorn and its settings, on a free port."""
    with mock.patch.object(server, "create_app", create_echo_app):
        return server.serve(load_settings(config, port=0), print_ready=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
