"""The service in this process: settings in a folder, API keys, and a client that speaks to the application directly."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from rng.entropy import EntropySource
from rng.service import setup
from rng.service.app import create_app
from rng.service.core import Service, unix_ms
from rng.service.settings import Settings, load_settings

ORIGIN = "example.org/test"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.offset = 0

    def __call__(self) -> int:
        return unix_ms() + self.offset

    def move(self, milliseconds: int) -> None:
        self.offset += milliseconds


class Source:
    """A reader of randomness that a test can kill."""

    def __init__(self) -> None:
        self.dead = False

    def __call__(self, size: int) -> bytes:
        return bytes(size) if self.dead else os.urandom(size)


@dataclass
class House:
    """A running service, its clock and entropy, and the keys of two tenants."""

    app: FastAPI
    settings: Settings
    clock: Clock
    source: Source
    client: httpx.AsyncClient
    keys: dict[str, str]

    @property
    def service(self) -> Service:
        service: Service = self.app.state.service
        return service

    def auth(self, who: str = "play") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[who]}"}

    async def post(
        self, path: str, body: object = None, *, who: str | None = "play", once: str | None = None
    ) -> httpx.Response:
        headers = self.auth(who) if who is not None else {}
        if once is not None:
            headers["Idempotency-Key"] = once
        if body is None:
            return await self.client.post(path, headers=headers)
        return await self.client.post(path, json=body, headers=headers)

    async def put(
        self, path: str, body: object, *, who: str | None = "play", once: str | None = None
    ) -> httpx.Response:
        headers = self.auth(who) if who is not None else {}
        if once is not None:
            headers["Idempotency-Key"] = once
        return await self.client.put(path, json=body, headers=headers)

    async def get(self, path: str, *, who: str | None = "play", **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={**(self.auth(who) if who is not None else {}), **headers})

    async def seed(self, player: str = "player-1", *, client_seed: str | None = "lucky", who: str = "play") -> str:
        """Open a seed, set its client seed unless that is None, and return the seed id."""
        opened = await self.post("/v1/seeds", {"player": player}, who=who)
        assert opened.status_code == 201, opened.text
        seed_id: str = opened.json()["seed_id"]
        if client_seed is not None:
            answer = await self.put(f"/v1/seeds/{seed_id}/client-seed", {"client_seed": client_seed}, who=who)
            assert answer.status_code == 200, answer.text
        return seed_id

    async def play(self, seed_id: str, game: str = "dice", params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Draw one round and return its receipt."""
        answer = await self.post(f"/v1/seeds/{seed_id}/rounds", {"game": game, "params": params or {}})
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()["receipt"]
        return receipt


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a problem document with this status and code, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["code"] == code
    assert document["status"] == status
    assert document["type"] == f"urn:fairlot:problem:{code}"
    assert document["title"] and document["detail"]
    assert "Traceback" not in answer.text
    return document


def make_settings(folder: Path, **overrides: Any) -> Settings:
    """Make keys and settings in a folder, once, and load them."""
    if not (folder / setup.SETTINGS_FILE).exists():
        setup.initialise(folder, origin=ORIGIN, tenant="main", port=0, random_bytes=os.urandom)
    return load_settings(folder / setup.SETTINGS_FILE, **overrides)


@asynccontextmanager
async def running(
    folder: Path,
    *,
    keys: dict[str, str] | None = None,
    source: Source | None = None,
    clock: Clock | None = None,
    max_pages: int | None = None,
    **overrides: Any,
) -> AsyncIterator[House]:
    """Run the service in a folder; keys of an earlier run may be given."""
    settings = make_settings(folder, **overrides)
    clock, source = clock or Clock(), source or Source()
    app = create_app(settings, entropy=EntropySource(source), clock=clock, max_pages=max_pages)
    async with app.router.lifespan_context(app):
        if keys is None:
            keys = {}
            for name, tenant, scopes in (
                ("play", "main", ["play"]),
                ("audit", "main", ["audit"]),
                ("admin", "main", ["admin"]),
                ("all", "main", ["play", "audit", "admin"]),
                ("other", "rival", ["play", "audit", "admin"]),
            ):
                key = await setup.add_api_key(
                    app.state.service.store,
                    tenant=tenant,
                    scopes=scopes,
                    label=name,
                    now=unix_ms(),
                    random_bytes=os.urandom,
                )
                keys[name] = key.text
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            yield House(app, settings, clock, source, client, keys)
