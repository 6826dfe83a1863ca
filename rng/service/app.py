"""The composition root: settings in, an application out, and every part of the service made and ended in one place."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from fastapi import FastAPI, Request
from starlette.responses import Response

from rng.entropy import EntropySource
from rng.games.loader import LoadError, load_games
from rng.schemes import SCHEMES
from rng.service import openapi, problems, routes_admin, routes_public, routes_rounds, routes_seeds
from rng.service.access import ApiKeys
from rng.service.archive import RulesArchive
from rng.service.batchpool import BatchPool
from rng.service.core import Service, from_store_error, unix_ms
from rng.service.deadlines import Deadlines
from rng.service.errors import ServiceError
from rng.service.gate import Gate
from rng.service.health import Measures, Readiness
from rng.service.metrics import Metrics
from rng.service.middleware import Outermost
from rng.service.models import (
    Nothing,
    OpenSeed,
    PlayBatch,
    PlayRound,
    SeedAnswer,
    SeedsAnswer,
    SetClientSeed,
    VoidRound,
)
from rng.service.sealing import SealError
from rng.service.seals import Seals
from rng.service.settings import Secrets, Settings, SettingsError
from rng.service.usecases.keys import bind
from rng.signing import Ed25519Signer
from rng.store import Store, StoreError
from rng.store.sqlite import open_store

__all__ = ["create_app"]

_LOG: Final = logging.getLogger("fairlot.service")
_DESCRIPTION: Final = (
    "Provably fair rounds: every seed is committed to before play, every round has a signed receipt, "
    "and after the reveal anybody can check everything offline."
)


def create_app(
    settings: Settings,
    *,
    entropy: EntropySource | None = None,
    clock: Callable[[], int] = unix_ms,
    max_pages: int | None = None,
) -> FastAPI:
    """Make the application; its parts come to life when it starts and end when it stops.

    Args:
        settings: every setting.
        entropy: the source of randomness; the system's by default.
        clock: the time in Unix milliseconds; the system's by default.
        max_pages: most pages of 4096 bytes that the database may have; None for SQLite's own limit.
    """
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        source = entropy if entropy is not None else EntropySource()
        batches = BatchPool(settings.batch_workers)
        store: Store | None = None
        try:
            store = await open_store(settings.database, max_pages=max_pages)
            service = await _assemble(
                settings, store=store, entropy=source, batches=batches, metrics=metrics, clock=clock
            )
            deadlines = Deadlines(service)
            app.state.service = service
            app.state.api_keys = ApiKeys(store)
            app.state.readiness = Readiness(service, deadlines)
            app.state.measures = Measures(service, deadlines)
            app.state.deadlines = deadlines
            await deadlines.start()
        except (SettingsError, LoadError, StoreError, OSError) as error:
            _LOG.error("cannot start", extra={"cause": str(error)})
            if store is not None:
                await store.close()
            raise
        try:
            yield
        finally:
            await deadlines.stop()
            batches.close()
            await store.close()

    app = FastAPI(
        title="fairlot",
        version=_version(),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    # Routes are tried in this order, and rounds are what most requests are for.
    for routes in (routes_rounds, routes_seeds, routes_public, routes_admin):
        app.include_router(routes.router)
    problems.install(app, metrics)
    _install_handlers(app, metrics)
    openapi.install(
        app,
        requests=(OpenSeed, SetClientSeed, PlayRound, PlayBatch, VoidRound, Nothing),
        answers=(SeedAnswer, SeedsAnswer),
    )
    app.add_middleware(Outermost, metrics=metrics)
    return app


async def _assemble(
    settings: Settings,
    *,
    store: Store,
    entropy: EntropySource,
    batches: BatchPool,
    metrics: Metrics,
    clock: Callable[[], int],
) -> Service:
    """Make the service from its settings and the parts that must be ended again.

    Raises:
        SettingsError: if secrets, scheme, games or database do not fit.
    """
    if settings.scheme not in SCHEMES:
        raise SettingsError(f"scheme {settings.scheme!r} is unknown; known: {', '.join(sorted(SCHEMES))}")
    secrets = Secrets.read(settings)
    signer = Ed25519Signer(secrets.signing_seed)
    games = load_games(settings.games_folder)
    archive = RulesArchive(settings.database.with_name(settings.database.name + ".rules"))
    archive.add(games.values())
    await bind(
        store,
        origin=settings.origin,
        slot_key=secrets.slot_key,
        public_key=signer.public_key,
        key_ring=secrets.key_ring,
    )
    gate = Gate(entropy, store)
    await gate.load()
    read_again = (lambda: Secrets.read(settings).key_ring) if settings.kek_file is not None else None
    return Service(
        settings=settings,
        store=store,
        signer=signer,
        gate=gate,
        seals=Seals(secrets.key_ring, read_again),
        slot_key=secrets.slot_key,
        games=games,
        archive=archive,
        metrics=metrics,
        batches=batches,
        clock=clock,
    )


def _install_handlers(app: FastAPI, metrics: Metrics) -> None:
    """Install the handlers of errors that come from below the use cases."""

    async def store_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, StoreError):
            raise error
        problem = from_store_error(error)
        readiness: Readiness = request.app.state.readiness
        readiness.refused(error)
        metrics.problems.labels(code=problem.code).inc()
        if problem.kind.status >= 500:
            fields = {"code": error.code, "route": problems.route_of(request), "detail": str(error)}
            _LOG.error("the store refused", extra=fields)
        return problems.problem_response(problem)

    async def seal_error(request: Request, error: Exception) -> Response:
        metrics.problems.labels(code="seal_failed").inc()
        _LOG.error("a seal does not open", extra={"code": "seal_failed", "detail": str(error)})
        return problems.problem_response(
            ServiceError("seal_failed", "the server seed cannot be opened; the operator's log says why")
        )

    app.add_exception_handler(StoreError, store_error)
    app.add_exception_handler(SealError, seal_error)


def _version() -> str:
    try:
        return version("fairlot")
    except PackageNotFoundError:
        return "0"
