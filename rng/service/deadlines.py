"""Deadlines: the task that reveals every seed in time, and does the service's other regular work."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from rng.epoch import Epoch
from rng.service.core import Service
from rng.service.usecases.seeds import reveal_due
from rng.store import ForgetOnce

__all__ = ["Deadlines"]

_LOG: Final = logging.getLogger("fairlot.service")
_AT_ONCE: Final = 32
_LONGEST_PAUSE_S: Final = 1.0
_PROBE_MS: Final = 30_000
_FORGET_MS: Final = 3_600_000
_REMEMBER_MS: Final = 7 * 86_400_000
"""How long an Idempotency-Key is remembered, in milliseconds."""
_STALLED_MS: Final = 30_000


class Deadlines:
    """Reveal seeds a little before their `reveal_by`, for as long as the service runs.

    A reveal past `reveal_by` counts against the operator for ever. So the task acts `reveal_early` milliseconds before
    it, tries again on every pass whatever goes wrong, and after a start begins with what was missed.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._task: asyncio.Task[None] | None = None
        self._last_pass = 0
        self._last_probe = 0
        self._last_forget = 0
        self.overdue = 0

    @property
    def running(self) -> bool:
        """Say whether the task is alive and has finished a pass lately."""
        alive = self._task is not None and not self._task.done()
        return alive and self._service.clock() - self._last_pass < _STALLED_MS

    async def start(self) -> None:
        """Make the first pass, then go on in the background."""
        await self.pass_once()
        self._task = asyncio.create_task(self._run(), name="deadlines")

    async def stop(self) -> None:
        """End the task and wait for it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def pass_once(self) -> int:
        """Reveal what is due, do what is regularly done, and return how many seeds were revealed."""
        service = self._service
        early = service.settings.reveal_early
        done = 0
        try:
            # Each turn takes the earliest ones. What failed waits for the next pass, and holds nothing else up.
            failed: set[str] = set()
            while True:
                found = await service.store.epochs_due(service.clock() + early, limit=_AT_ONCE + len(failed))
                due = [epoch for epoch in found if epoch.seed_id not in failed]
                if not due:
                    break
                results = await asyncio.gather(*(self._reveal(epoch) for epoch in due))
                done += sum(results)
                failed |= {epoch.seed_id for epoch, revealed in zip(due, results, strict=True) if not revealed}
            self.overdue = len(await service.store.epochs_due(service.clock(), limit=1000))
            await self._others()
            self._last_pass = service.clock()
        except Exception:  # noqa: BLE001  whatever went wrong, the next pass must come
            _LOG.exception("a pass over the deadlines failed; it is tried again")
        return done

    async def _reveal(self, epoch: Epoch) -> bool:
        try:
            await reveal_due(self._service, epoch)
        except Exception as error:  # noqa: BLE001  one seed must not keep the others from their reveal
            current = await self._service.store.epoch(epoch.seed_id)
            if current is not None and current.status == "revealed":
                # Somebody rotated it at the same moment.
                return True
            _LOG.exception(
                "a seed could not be revealed at its deadline; it is tried again",
                extra={"seed_id": epoch.seed_id, "code": getattr(error, "code", "")},
            )
            return False
        return True

    async def _others(self) -> None:
        now = self._service.clock()
        await asyncio.to_thread(self._service.seals.refresh)
        # A clock that was set back must not put these off until it has caught up.
        if not 0 <= now - self._last_probe < _PROBE_MS:
            self._last_probe = now
            await self._service.gate.probe()
        if not 0 <= now - self._last_forget < _FORGET_MS:
            self._last_forget = now
            await self._service.store.commit([ForgetOnce(max(0, now - _REMEMBER_MS))])

    async def _run(self) -> None:
        pause = min(_LONGEST_PAUSE_S, self._service.settings.reveal_early / 4000)
        while True:
            await asyncio.sleep(pause)
            await self.pass_once()
