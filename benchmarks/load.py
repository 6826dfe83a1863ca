"""A small HTTP client that asks as fast as it is answered: `python -m benchmarks.load`, a job on standard input.

It shares the machine with the service, so it does little: requests are bytes made beforehand, and of an answer it reads
the status and the length. It imports nothing of the project, and speaks to this machine only.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Final, cast

import uvloop

MOST_CONNECTIONS: Final = 256
MOST_SECONDS: Final = 30.0
_PATIENCE_S: Final = 20.0
_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


@dataclass(frozen=True, slots=True)
class Job:
    """Say what to ask, how often at a time, and how long.

    `requests` are whole HTTP/1.1 requests as text; connection i repeats number i modulo their number. Where a request
    holds `{n}`, a number takes its place that occurs once in the job. `status` is the one that counts as an answer.
    """

    port: int
    requests: list[str]
    connections: int
    seconds: float
    status: int

    def __post_init__(self) -> None:
        """Refuse a job without bounds."""
        if not self.requests or not 1 <= self.connections <= MOST_CONNECTIONS or not 0 < self.seconds <= MOST_SECONDS:
            raise ValueError(
                f"a job has requests, 1 to {MOST_CONNECTIONS} connections and up to {MOST_SECONDS:g} seconds; "
                f"not {len(self.requests)}, {self.connections!r} and {self.seconds!r}"
            )


@dataclass(slots=True)
class Report:
    """Hold what came back: how long each answer took in microseconds, and what the client itself cost.

    `seconds` is from the first request to the last answer, so that every answer that is counted lies within it.
    """

    microseconds: list[int] = field(default_factory=list)
    seconds: float = 0.0
    client_cpu_s: float = 0.0


class _Connection(asyncio.Protocol):
    """Send a request, wait for its whole answer, send the next one, until the time is up."""

    def __init__(self, number: int, job: Job, report: Report, ends: float) -> None:
        self._template = job.requests[number % len(job.requests)]
        self._fixed = None if "{n}" in self._template else self._template.encode()
        self._number, self._step = number, job.connections
        self._status = b"HTTP/1.1 %d " % job.status
        self._report, self._ends = report, ends
        self._pending = b""
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        # uvloop's transports are none of asyncio's classes, though they do the same.
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take a piece of the answer, and ask again once it is whole."""
        self._pending += data
        head, found, body = self._pending.partition(_END_OF_HEAD)
        if not found:
            return
        at = head.lower().find(_LENGTH)
        if not head.startswith(self._status) or at < 0:
            self._fail(f"not the answer that was asked for: {self._pending[:400]!r}")
            return
        if len(body) < int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]):
            return
        now = time.perf_counter()
        self._report.microseconds.append(int((now - self._sent) * 1e6))
        self._pending = b""
        if now < self._ends:
            self._ask()
        elif not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail if the service hangs up before the end."""
        self._fail(f"the service hung up: {exc!r}")

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def _ask(self) -> None:
        assert self._transport is not None
        request = self._fixed
        if request is None:
            request = self._template.replace("{n}", str(self._number)).encode()
            self._number += self._step
        self._sent = time.perf_counter()
        self._transport.write(request)

    def _fail(self, what: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(what))


async def run(job: Job) -> Report:
    """Carry out a job.

    Raises:
        RuntimeError: an answer is not the one that was asked for.
        TimeoutError: answers stay away after the time is up.
    """
    report = Report()
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    connections = [_Connection(number, job, report, began + job.seconds) for number in range(job.connections)]
    for connection in connections:
        await loop.create_connection(lambda connection=connection: connection, "127.0.0.1", job.port)  # type: ignore[misc]
    try:
        async with asyncio.timeout(job.seconds + _PATIENCE_S):
            await asyncio.gather(*(connection.done for connection in connections))
    finally:
        for connection in connections:
            connection.close()
    report.seconds = time.perf_counter() - began
    report.client_cpu_s = time.process_time()
    return report


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(run(Job(**json.load(sys.stdin)))))))
