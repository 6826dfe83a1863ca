"""The HTTP protocol of a connection, with a bound on heads: uvicorn's parser takes them at any size and slowness."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["MOST_HEAD_BYTES", "BoundedProtocol"]

MOST_HEAD_BYTES: Final = 65_536
"""Bytes of a head that may arrive after its first piece, which the system bounds."""

_HEAD_S: Final = 10.0
"""Seconds within which a head is complete; a connection that is idle after an answer is uvicorn's own business."""

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """Close a connection whose head is too large, or too slow to come.

    Without it one stranger fills the memory with a head that never ends, and others hold all connections open by
    sending nothing.
    """

    _in_head = True
    _head_is_new = True
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(_HEAD_S, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """End waiting."""
        self._end_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass what arrived on, and look whether it left a head open."""
        super().data_received(data)
        if not self._in_head or self.transport.is_closing():
            return
        if not self._head_is_new:
            self._head_bytes += len(data)
        # The end of the request before may stand in the same piece as the head's begin, so that piece is not counted.
        self._head_is_new = False
        if self._head_bytes > MOST_HEAD_BYTES:
            self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(_HEAD_S, self.transport.close)

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._in_head = self._head_is_new = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """End a head."""
        self._in_head = False
        self._end_timer()
        super().on_headers_complete()

    def _end_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
