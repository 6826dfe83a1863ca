"""Processes that work for one that waits: started afresh, and deaf to Ctrl-C, which is for the one that waits."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread

from statistical_tests.arguments import whole_number


def started_pool(processes: int) -> ProcessPoolExecutor:
    """Return a pool whose processes are started already; leave its `with` block, and they end.

    A terminal sends SIGINT to all processes of a command. The workers do not see it, from their first instruction on,
    so that none of them prints a trace; the one that started them sees it, and ends them. Where that one is killed they
    end too: a worker waits on a pipe that its siblings hold open as well, and would wait for ever.

    Args:
        processes: how many, 1 or more.

    Raises:
        BadInput: the number is not such.
    """
    processes = whole_number(processes, "processes", least=1)
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _watch_parent)
    with _deaf():
        # A pool starts a process when there is work and no idle one: this is the work.
        for _ in range(processes):
            pool.submit(_nothing)
    return pool


@contextmanager
def _deaf() -> Iterator[None]:
    """Block SIGINT in this thread, for a process that is started meanwhile inherits what is blocked."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where Ctrl-C works otherwise
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _watch_parent() -> None:
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _nothing() -> None:
    """Keep a process busy for a moment."""
