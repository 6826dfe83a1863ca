"""The process: uvicorn around the application, one ready line for whoever started it, and orderly ends."""

from __future__ import annotations

import gc
import json
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Final

import uvicorn

from rng.service import logs
from rng.service.app import create_app
from rng.service.protocol import BoundedProtocol
from rng.service.settings import Settings

__all__ = ["serve"]

_LOG: Final = logging.getLogger("fairlot.service")
_GRACE_S: Final = 15


class _Server(uvicorn.Server):
    """Print one line on standard output when requests are answered, if asked to."""

    def __init__(self, config: uvicorn.Config, *, ready: Mapping[str, object] | None) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        # What is alive now lives as long as the process: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 50)
        if self.started and self._ready is not None:
            sys.stdout.write(json.dumps(self._ready) + "\n")
            sys.stdout.flush()


def serve(settings: Settings, *, print_ready: bool, extra: Mapping[str, object] | None = None) -> int:
    """Serve until a signal ends it, and return the exit code: 0 after an orderly end, 1 if it could not start.

    Args:
        settings: every setting.
        print_ready: whether to print one JSON line with `event` ("ready"), `url` and `pid` on standard output.
        extra: further members of that line.
    """
    logs.set_up(settings.log_level)
    # A core dump would hold every server seed in use. The workers of batches inherit the limit.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        listener = _listen(settings.host, settings.port)
    except OSError as error:
        _LOG.error("cannot listen", extra={"host": settings.host, "port": settings.port, "cause": error.strerror})
        return 1
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    ready = {"event": "ready", "url": url, "pid": os.getpid(), **(extra or {})} if print_ready else None
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        log_config=None,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = _Server(config, ready=ready)
    _LOG.info("starting", extra={"url": url, "origin": settings.origin})
    # At its end uvicorn raises the signal that ended it once more. By default that would kill the process before its
    # own orderly end; so from here on a signal means "end serving" and nothing else.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _already_handled)
    with listener:
        try:
            server.run(sockets=[listener])
        except SystemExit:
            # uvicorn leaves like this when the application did not start; the log says why.
            return 1
    _LOG.info("ended", extra={"origin": settings.origin})
    return 0 if server.started else 1


def _already_handled(number: int, frame: FrameType | None) -> None:
    return None


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
        # Small answers go out at once instead of waiting for more to send.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
