"""Processes that compute batches, so that the event loop and the rounds of others go on meanwhile."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final, TypeVar

from rng.service import batchwork
from rng.service.batchwork import Job, Stretch
from rng.service.errors import ServiceError

__all__ = ["BatchPool"]

T = TypeVar("T")

_SMALL: Final = 4096
"""Integers that a chunk may draw at most to be computed in a thread of this process."""


class BatchPool:
    """Compute chunks in worker processes, a few ahead of what is asked for.

    Args:
        workers: how many processes; they start with the first batch that is not small.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._executor: ProcessPoolExecutor | None = None
        self._proofs = asyncio.Semaphore(max(1, workers))

    async def stretches(self, job: Job) -> AsyncIterator[Stretch]:
        """Compute all stretches of a job, in order.

        Args:
            job: the batch.

        Raises:
            ExpressionError: the rules give no value for some draws.
            ServiceError: `overloaded`, if the workers died.
        """
        if job.count * job.width <= _SMALL:
            for index in range(job.stretches):
                yield await asyncio.to_thread(batchwork.compute, job, index)
            return
        ahead: list[asyncio.Future[Stretch]] = []
        try:
            for index in range(job.stretches):
                ahead.append(asyncio.ensure_future(self._run(batchwork.compute, job, index)))
                # Few are under way at once: others' batches get their turns, and memory stays bounded.
                if len(ahead) > self._workers + 1:
                    yield await ahead.pop(0)
            while ahead:
                yield await ahead.pop(0)
        finally:
            for future in ahead:
                future.cancel()

    async def path(self, job: Job, index: int, *, roots: Sequence[bytes] | None) -> list[bytes]:
        """Return the path of a row in the batch's tree.

        With the roots of the chunks one chunk is computed and no more, whatever the batch: anybody may ask for the
        proofs of a revealed batch, as often as they like.

        Args:
            job: the batch.
            index: place of the row, from 0.
            roots: the roots of all chunks; None if they are not at hand, and then all rounds are computed.
        """
        async with self._proofs:
            if roots is None:
                found = [await self._chunk(batchwork.stretch_roots, job, at) for at in range(job.stretches)]
                roots = [root for stretch in found for root in stretch]
            return await self._chunk(batchwork.chunk_path, job, index, roots)

    def close(self) -> None:
        """Stop the workers; what is under way is dropped."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    async def _chunk(self, work: Callable[..., T], job: Job, *args: object) -> T:
        """Do a chunk's work where it belongs: in a thread if it is small, else in a worker."""
        if min(job.count, job.chunk) * job.width <= _SMALL:
            return await asyncio.to_thread(work, job, *args)
        return await self._run(work, job, *args)

    async def _run(self, work: Callable[..., T], *args: object) -> T:
        if self._executor is None:
            # Started anew rather than forked: a fork would copy the store's threads' locks and the signing key.
            self._executor = ProcessPoolExecutor(
                self._workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin_worker,
                initargs=(os.getpid(),),
            )
        executor = self._executor
        try:
            return await asyncio.get_running_loop().run_in_executor(executor, work, *args)
        except BrokenProcessPool:
            if self._executor is executor:
                self._executor = None
                executor.shutdown(wait=False)
            raise ServiceError("overloaded", "a worker process died; ask again") from None


def _begin_worker(parent: int) -> None:
    # The service decides when workers end. If it is killed, nobody tells them, so they look.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
