"""The parts of a running service in one value, and the few things that every use case does with them."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from rng.canonical import encode
from rng.epoch import Epoch, EpochError
from rng.games import Rules
from rng.seeds import ServerSeed
from rng.service.archive import RulesArchive
from rng.service.auth import Caller
from rng.service.batchpool import BatchPool
from rng.service.errors import ServiceError
from rng.service.gate import Gate
from rng.service.live import LiveSeed, LiveSeeds
from rng.service.metrics import Metrics
from rng.service.seals import Seals
from rng.service.settings import Settings
from rng.service.turns import Turns
from rng.signing import Signer
from rng.store import IdempotencyConflict, Once, SealedSeed, Store, StoreError

__all__ = ["Service", "from_epoch_error", "from_store_error", "unix_ms"]

_EPOCH_CODES: Final[Mapping[str, str]] = {
    "not_active": "no_client_seed",
    "already_active": "client_seed_set",
    "closed": "seed_closed",
    "revealed": "seed_revealed",
    "past_reveal_by": "past_reveal_by",
    "max_rounds_reached": "max_rounds_reached",
    "nonce_not_next": "nonce_not_next",
    "nonce_already_voided": "nonce_already_voided",
    "game_not_in_force": "game_not_in_force",
}


def unix_ms() -> int:
    """Return the system's time, Unix milliseconds."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """Hold the parts of a running service; the use cases are functions of it."""

    settings: Settings
    store: Store
    signer: Signer
    gate: Gate
    seals: Seals = field(repr=False)
    slot_key: bytes = field(repr=False)
    games: Mapping[str, Rules] = field(repr=False)
    archive: RulesArchive = field(repr=False)
    metrics: Metrics = field(repr=False)
    batches: BatchPool = field(repr=False)
    live: LiveSeeds = field(default_factory=LiveSeeds, repr=False)
    turns: Turns = field(default_factory=Turns, repr=False)
    clock: Callable[[], int] = field(default=unix_ms, repr=False)

    async def new_seed(self, tenant: str) -> tuple[ServerSeed, SealedSeed]:
        """Make a server seed and seal it.

        Raises:
            ServiceError: `entropy_failed`.
        """
        seed = ServerSeed(await self.gate.random_bytes(32))
        nonce = await self.gate.random_bytes(12)
        return seed, self.seals.seal(seed, tenant=tenant, nonce=nonce)

    async def server_seed(self, epoch: Epoch) -> ServerSeed:
        """Return the server seed of an epoch: unsealed, or as its reveal states it.

        Raises:
            SealError: if it does not open.
            ServiceError: `seed_revealed`, if it was revealed a moment ago and its sealed form is gone.
        """
        if epoch.reveal is not None:
            return ServerSeed.from_hex(epoch.reveal.statement["server_seed"])
        sealed = await self.store.sealed_seed(epoch.commitment.hex)
        if sealed is None:
            raise ServiceError("seed_revealed", f"seed {epoch.seed_id} was revealed a moment ago")
        return self.seals.open(sealed)

    async def live_seed(self, seed_id: str, caller: Caller) -> LiveSeed:
        """Return an active seed of the caller's tenant, from memory or from the store.

        Raises:
            ServiceError: `seed_not_found`, `no_client_seed`, `seed_closed` or `seed_revealed`.
        """
        live = self.live.get(seed_id)
        if live is not None and live.tenant == caller.tenant:
            return live
        epoch = await self.own_epoch(seed_id, caller)
        if epoch.status == "committed":
            raise ServiceError(
                "no_client_seed", f"seed {seed_id} has no client seed: PUT /v1/seeds/{seed_id}/client-seed first"
            )
        if epoch.status != "active":
            raise ServiceError(f"seed_{epoch.status}", f"seed {seed_id} is {epoch.status}: play the next one")
        return self.live.put(epoch, await self.server_seed(epoch))

    async def own_epoch(self, seed_id: str, caller: Caller) -> Epoch:
        """Return an epoch of the caller's tenant.

        Raises:
            ServiceError: `seed_not_found`, the same for a seed that does not exist and one of somebody else.
        """
        epoch = await self.store.epoch(seed_id)
        if epoch is None or epoch.tenant != caller.tenant:
            raise ServiceError("seed_not_found", f"no seed {seed_id} is open to this API key")
        return epoch

    def rules_of(self, digest: str) -> Rules | None:
        """Return the rules of a digest, from the games in force or the archive."""
        for rules in self.games.values():
            if rules.digest == digest:
                return rules
        return self.archive.get(digest)

    def once(self, caller: Caller, route: str, key: str | None, request: object, *, seed_id: str = "") -> Once | None:
        """Name an idempotent request, or return None where the client gave no key.

        What is kept of the request is a keyed hash: a plain one would let whoever reads the database try player ids.

        Args:
            caller: who asks.
            route: the route's template.
            key: the Idempotency-Key header's value.
            request: the parsed body and path, as JSON data.
            seed_id: the seed in the path, or empty.
        """
        if key is None:
            return None
        digest = hmac.digest(self.slot_key, b"fairlot/request/v1\n" + encode(request), "sha256")
        return Once(tenant=caller.tenant, route=route, seed_id=seed_id, key=key, request=digest, time=self.clock())


def from_epoch_error(error: EpochError) -> ServiceError:
    """Return the problem that tells a client what the state machine refused.

    Raises:
        EpochError: the same one, where the service itself is to blame.
    """
    code = _EPOCH_CODES.get(error.code)
    if code is None:
        raise error
    return ServiceError(code, str(error))


def from_store_error(error: StoreError) -> ServiceError:
    """Return the problem for what the store refused; what the system underneath said stays in the log."""
    if isinstance(error, IdempotencyConflict):
        return ServiceError(
            "idempotency_conflict", "this Idempotency-Key came before with another body: use a new key for it"
        )
    if error.code == "unknown_seed":
        return ServiceError("seed_not_found", "no such seed is open to this API key")
    return ServiceError(
        "store_unavailable",
        f"the store did not do it ({error.code}): nothing was drawn unless the same Idempotency-Key says so",
    )
