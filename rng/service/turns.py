"""Turns on a seed: many rounds at once, or one batch alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Turns"]


class Turns:
    """Let a batch have a seed to itself once it has lost a race for the nonces.

    Rounds and batches of one seed race for its next nonces. A round that loses is simply drawn later by the store; a
    batch that loses has computed for nothing. So a batch that lost once asks for a turn alone, and rounds wait
    meanwhile. All of it is used from the event loop only, and says nothing about other processes.
    """

    def __init__(self) -> None:
        self._alone: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, int] = {}

    async def shared(self, seed_id: str) -> None:
        """Wait until no batch has the seed to itself."""
        while (lock := self._alone.get(seed_id)) is not None and lock.locked():
            async with lock:
                pass

    @asynccontextmanager
    async def alone(self, seed_id: str) -> AsyncIterator[None]:
        """Have the seed alone: rounds that come from now on wait, those under way are ahead."""
        lock = self._alone.setdefault(seed_id, asyncio.Lock())
        self._waiting[seed_id] = self._waiting.get(seed_id, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[seed_id] -= 1
            if not self._waiting[seed_id]:
                del self._waiting[seed_id], self._alone[seed_id]
