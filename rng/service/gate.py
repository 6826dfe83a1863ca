"""The gate before every draw: shut by a failed health test, and kept shut until an operator opens it."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from rng.entropy import EntropyFailure, EntropySource
from rng.service.errors import ServiceError
from rng.store import PutSetting, Store, StoreError

__all__ = ["Gate"]

_LOG: Final = logging.getLogger("fairlot.service")
_SETTING: Final = "draws_stopped"
_PROBE_BYTES: Final = 32


class Gate:
    """Stop draws when the entropy source has failed, and remember it in the store.

    A process that is started again begins with a healthy source, so memory alone would let a supervisor's restart
    take the place of the operator who must act.
    """

    def __init__(self, entropy: EntropySource, store: Store) -> None:
        self._entropy = entropy
        self._store = store
        self._reason: str | None = None
        self._written = True
        self._turn = asyncio.Lock()

    @property
    def reason(self) -> str | None:
        """Return why draws are stopped, or None while they are allowed."""
        if self._reason is None:
            status = self._entropy.status()
            if status.state != "ready":
                self._reason, self._written = status.reason, False
        return self._reason

    @property
    def entropy_ready(self) -> bool:
        """Say whether the entropy source itself is healthy; draws may be stopped all the same."""
        return self._entropy.status().state == "ready"

    async def load(self) -> None:
        """Read from the store whether draws were stopped when the service last ran."""
        self._reason = await self._store.setting(_SETTING)

    async def require(self) -> None:
        """Refuse everything that draws while the gate is shut.

        Raises:
            ServiceError: `entropy_failed`.
        """
        reason = self.reason
        if reason is not None:
            await self._remember()
            raise ServiceError(
                "entropy_failed",
                f"draws are stopped: {reason}; an operator must find the cause and POST /v1/admin/entropy/restart",
            )

    async def random_bytes(self, size: int) -> bytes:
        """Return bytes from the entropy source, reseeded first, so that no earlier state of it tells anything of them.

        Raises:
            ServiceError: `entropy_failed`; from then on nothing is drawn either.
        """
        await self.require()
        try:
            return self._entropy.random_bytes(size, prediction_resistance=True)
        except EntropyFailure as error:
            if self.reason is None:
                self._reason, self._written = str(error), False
            await self.require()
            raise

    async def probe(self) -> None:
        """Take a few bytes, so that a source that died is found out although nobody opens seeds."""
        try:
            await self.random_bytes(_PROBE_BYTES)
        except ServiceError:
            return

    async def restart(self) -> None:
        """Run the source's start-up tests again, and allow draws if they pass.

        Raises:
            ServiceError: `entropy_failed`, if they do not; `store_unavailable`, if it cannot be remembered.
        """
        async with self._turn:
            status = await asyncio.to_thread(self._entropy.restart)
            if status.state != "ready":
                raise ServiceError("entropy_failed", f"the entropy source failed again: {status.reason}")
            await self._store.commit([PutSetting(_SETTING, None)])
            self._reason, self._written = None, True
        _LOG.warning("draws allowed again by an operator")

    async def _remember(self) -> None:
        async with self._turn:
            if self._written or self._reason is None:
                return
            _LOG.critical("draws stopped", extra={"reason": self._reason})
            try:
                await self._store.commit([PutSetting(_SETTING, self._reason[:1000])])
            except StoreError as error:
                # The gate is shut in memory all the same; the next request tries again to write it down.
                _LOG.error("cannot remember that draws are stopped", extra={"code": error.code})
                return
            self._written = True
