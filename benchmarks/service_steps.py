"""What one round costs, step by step, measured in this process one step after another, with nothing else at work."""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from starlette.types import Message

from benchmarks.echo_service import ECHO, create_echo_app
from benchmarks.result import Result
from rng.entropy import EntropySource
from rng.epoch import Epoch
from rng.history import check_step, draw
from rng.service import setup
from rng.service.auth import SCOPES
from rng.service.core import Service, unix_ms
from rng.service.usecases.rounds import prepared_game
from rng.statement import Document, signed_bytes
from rng.store import Advance, Found

REPEATS: Final = 9
CALLS: Final = 200
GROUP: Final = 64
_BODY: Final = b'{"game":"dice"}'


@dataclass(frozen=True, slots=True)
class _Bench:
    """Hold an application with one active seed, and what a round of it needs."""

    app: Any
    service: Service
    seed_id: str
    headers: list[tuple[bytes, bytes]]

    async def ask(self, method: str, path: str, body: bytes = _BODY) -> int:
        """Send one request through the whole application, without a network; return the status."""
        status = 0
        sent = False

        async def receive() -> Message:
            nonlocal sent
            if sent:
                return {"type": "http.disconnect"}
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": self.headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
            "state": {},
        }
        await self.app(scope, receive, send)
        return status


def measure(folder: Path) -> Iterator[Result]:
    """Measure each step of a round of dice.

    Args:
        folder: where keys and database are made; on a disk, for the commits are durable.
    """
    yield from asyncio.run(_measure(folder / "steps"))


async def _measure(folder: Path) -> list[Result]:
    source = EntropySource()
    settings = setup.initialise(
        folder, origin="example.org/benchmark", tenant="main", port=0, random_bytes=source.random_bytes
    )
    app = create_echo_app(settings)
    async with app.router.lifespan_context(app):
        service: Service = app.state.service
        key = await setup.add_api_key(
            service.store,
            tenant="main",
            scopes=SCOPES,
            label="benchmark",
            now=unix_ms(),
            random_bytes=source.random_bytes,
        )
        headers = [(b"content-type", b"application/json"), (b"authorization", b"Bearer " + key.text.encode())]
        bench = _Bench(app, service, "", headers)
        await bench.ask("POST", "/v1/seeds", b'{"player":"steps"}')
        [epoch] = await service.store.epochs_due(2**53 - 1)
        bench = _Bench(app, service, epoch.seed_id, headers)
        path = f"/v1/seeds/{epoch.seed_id}"
        if await bench.ask("PUT", f"{path}/client-seed", b'{"client_seed":"steps","source":"player"}') != 200:
            raise RuntimeError("the client seed was not taken")
        if await bench.ask("POST", f"{path}/rounds") != 201:
            raise RuntimeError("the round was not drawn")
        # As the service's process does once it has started.
        gc.collect()
        gc.freeze()
        try:
            return await _steps(bench)
        finally:
            gc.unfreeze()


async def _steps(bench: _Bench) -> list[Result]:
    service = bench.service
    path = f"/v1/seeds/{bench.seed_id}/rounds"
    authorization = bench.headers[1][1].decode()
    caller = await bench.app.state.api_keys.caller(authorization, now=service.clock())
    live = await service.live_seed(bench.seed_id, caller)
    rules, parameters, player = prepared_game(service, live, game="dice", params={})
    start = await service.store.epoch(bench.seed_id)
    assert start is not None

    def decide(state: Epoch, _: Found) -> tuple[Epoch, Document]:
        played = player.play(state.next_nonce)
        return draw(
            state,
            nonce=state.next_nonce,
            game=rules.name,
            rules_digest=rules.digest,
            parameters=parameters,
            draws=played.draws,
            outcome=played.outcome,
            payout=played.payout,
            time=service.clock(),
            signer=service.signer,
        )

    # A tree with many perfect subtrees is the dear case of a hash more; the middle of a long history has them.
    middle = start
    for _ in range(1000):
        middle, document = decide(middle, Found())
    message = signed_bytes(document.statement)
    after, document = decide(middle, Found())

    async def key_check() -> None:
        await bench.app.state.api_keys.caller(authorization, now=service.clock())

    async def commits(count: int) -> None:
        await asyncio.gather(*(service.store.commit([Advance(bench.seed_id, decide)]) for _ in range(count)))

    return [
        _shown("step: echo", await _each(lambda: bench.ask("POST", ECHO)), "whole application, without a network"),
        _shown("step: key check", await _each(key_check), "a key that is remembered"),
        _shown("step: draw", _best(lambda: player.play(7)), "dice: stream, primitive, outcome, payout"),
        _shown("step: sign", _best(lambda: service.signer.sign(message)), f"Ed25519, {len(message)} bytes"),
        _shown("step: decide", _best(lambda: decide(middle, Found())), "draw, receipt, sign and tree"),
        _shown("step: check", _best(lambda: check_step(middle, after, document)), "the store's own check of the step"),
        _shown(f"step: store commit, {GROUP} at once", await _each(lambda: commits(GROUP), GROUP), "decide included"),
        _shown("step: store commit, alone", await _each(lambda: commits(1)), "decide included, one sync of the disk"),
        _shown("step: round", await _each(lambda: bench.ask("POST", path)), "whole application, one at a time"),
    ]


def _shown(name: str, spent: list[float], note: str) -> Result:
    each = statistics.median(spent)
    return Result(name, min(spent) * 1e6, "us", f"{note}; best of {REPEATS}, median {each * 1e6:.1f}")


def _best(call: Callable[[], object]) -> list[float]:
    """Return the seconds of one call, several times over."""
    spent = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        for _ in range(CALLS):
            call()
        spent.append((time.perf_counter() - start) / CALLS)
    return spent


async def _each(call: Callable[[], Awaitable[object]], parts: int = 1) -> list[float]:
    """Return the seconds of one call, or of one of its parts, several times over."""
    spent = []
    calls = max(1, CALLS // parts)
    for _ in range(REPEATS):
        start = time.perf_counter()
        for _ in range(calls):
            await call()
        spent.append((time.perf_counter() - start) / calls / parts)
    return spent
