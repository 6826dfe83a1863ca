"""Health: whether the service can do its work, measured by doing a little of it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from rng.service.core import Service
from rng.service.deadlines import Deadlines
from rng.store import PutSetting, StoreError, StoreFull, StoreUnavailable

__all__ = ["Measures", "Readiness"]

_LOG: Final = logging.getLogger("fairlot.service")
_FRESH_MS: Final = 1_000
_REFUSED_MS: Final = 10_000
_COUNTED_MS: Final = 5_000


class Readiness:
    """Say whether the service can do its work.

    The store is asked for a durable write, because a full disk still reads well; once a second at most, because
    anybody may ask.
    """

    def __init__(self, service: Service, deadlines: Deadlines) -> None:
        self._service = service
        self._deadlines = deadlines
        self._store = ""
        self._asked = -_FRESH_MS
        self._refused: tuple[int, str] | None = None
        self._turn = asyncio.Lock()

    def refused(self, error: StoreError) -> None:
        """Note that the store had no room or no access: a disk too full for a round may still take a small write."""
        if isinstance(error, StoreFull | StoreUnavailable):
            self._refused = (self._service.clock(), error.code)

    async def state(self) -> dict[str, Any]:
        """Return the state of what the service needs (`models.ReadyAnswer`)."""
        gate, deadlines = self._service.gate, self._deadlines
        reason = gate.reason
        async with self._turn:
            store = await self._write()
        running = deadlines.running and deadlines.overdue == 0
        return {
            "ready": reason is None and store == "ok" and running,
            "entropy": "ok" if gate.entropy_ready else "failed",
            "draws": "allowed" if reason is None else f"stopped: {reason}",
            "store": store,
            "deadlines": "ok" if running else "overdue" if deadlines.overdue else "stalled",
        }

    async def _write(self) -> str:
        now = self._service.clock()
        if self._refused is not None and 0 <= now - self._refused[0] < _REFUSED_MS:
            return self._refused[1]
        if 0 <= now - self._asked < _FRESH_MS:
            return self._store
        try:
            await self._service.store.commit([PutSetting("ready_probe", str(now))])
            self._store = "ok"
        except StoreError as error:
            self._store = error.code
            _LOG.error("the store is not ready", extra={"code": error.code, "detail": str(error)})
        self._asked = now
        return self._store


class Measures:
    """Set the gauges to the state of the moment.

    The store is counted once in a few seconds at most, and once at a time: the cost grows with the number of seeds, and
    anybody may ask.
    """

    def __init__(self, service: Service, deadlines: Deadlines) -> None:
        self._service = service
        self._deadlines = deadlines
        self._counted: int | None = None
        self._turn = asyncio.Lock()

    async def take(self) -> None:
        """Bring every gauge up to date."""
        metrics, gate = self._service.metrics, self._service.gate
        metrics.entropy_ready.set(gate.entropy_ready)
        metrics.draws_allowed.set(gate.reason is None)
        metrics.overdue.set(self._deadlines.overdue)
        async with self._turn:
            await self._count()

    async def _count(self) -> None:
        now = self._service.clock()
        if self._counted is not None and 0 <= now - self._counted < _COUNTED_MS:
            return
        try:
            counts = await self._service.store.counts()
        except StoreError as error:
            _LOG.error("the store cannot be measured", extra={"code": error.code})
            return
        self._counted = now
        figures = {f"seeds_{status}": count for status, count in counts.epochs.items()}
        figures |= {"nonces": counts.nonces, "records": counts.records, "bytes": counts.size_bytes}
        self._service.metrics.set_store_counts(figures)
