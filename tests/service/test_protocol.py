"""Heads of requests on a real connection: whole ones are served, endless and slow ones end the connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from rng.service import protocol
from rng.service.protocol import MOST_HEAD_BYTES, BoundedProtocol

pytestmark = pytest.mark.anyio

END = b"\r\n\r\n"


async def echo_length(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    text = str(size).encode()
    headers = [(b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Serve with the bounded protocol on a free port, and connect to it."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(echo_length, http=BoundedProtocol, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listener]))
    reader, writer = await asyncio.open_connection(*listener.getsockname()[:2])
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await task
        listener.close()


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return the status line and the body of an answer of a known length."""
    head = await reader.readuntil(END)
    size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head.split(b"\r\n")[0], await reader.readexactly(size)


async def test_requests_in_one_piece_in_many_and_after_one_another_are_served() -> None:
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    async with connected() as (reader, writer):
        body = bytes(3 * MOST_HEAD_BYTES)
        for _ in range(3):
            writer.write(post % len(body) + body)
            assert await answer(reader) == (b"HTTP/1.1 200 OK", str(len(body)).encode())
        for byte in post % 2 + b"ab":
            writer.write(bytes([byte]))
            await writer.drain()
        assert await answer(reader) == (b"HTTP/1.1 200 OK", b"2")
        # Two at once: the second one's head begins in the piece that ends the first one's body.
        writer.write((post % len(body) + body) * 2)
        for _ in range(2):
            assert (await answer(reader))[1] == str(len(body)).encode()


@pytest.mark.parametrize("piece", [b"a" * 1000, b"X-A: b\r\n" * 100])
@pytest.mark.parametrize("before", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
async def test_a_head_without_end_is_cut_off(piece: bytes, before: bytes) -> None:
    async with connected() as (_, writer):
        writer.write(before + b"GET / HTTP/1.1\r\nHost: x\r\nX-B: ")
        sent = 0
        with pytest.raises(ConnectionError):
            while sent < 64 * MOST_HEAD_BYTES:
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
                await asyncio.sleep(0)
        assert sent < 64 * MOST_HEAD_BYTES


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nX-"])
async def test_a_head_that_does_not_come_ends_the_connection(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(protocol, "_HEAD_S", 0.1)
    async with connected() as (reader, writer):
        writer.write(begun)
        if END in begun:
            assert (await answer(reader))[0] == b"HTTP/1.1 200 OK"
        assert await asyncio.wait_for(reader.read(), 20) == b""
