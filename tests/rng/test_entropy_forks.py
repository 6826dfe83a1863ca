"""The entropy source across forks and threads: no two of them ever give the same bytes, and none waits for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from rng.entropy import EntropySource, EntropyStatus
from tests.rng.noise import SEED_BYTES, START_UP_BYTES, Noise, ready

# Since Python 3.12 a fork beside another thread warns; that a source survives it is what some tests here show.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def in_child(work: Callable[[], bytes]) -> bytes:
    """Run the work in a forked child and return its bytes; a child that raises returns what it raised."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            answer = work()
        except BaseException as error:  # noqa: BLE001  the child must end here, whatever happened
            answer = repr(error).encode()
        os.write(writing, answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    return answer


def test_parent_and_child_never_give_the_same_bytes() -> None:
    source = EntropySource()
    source.random_bytes(32)
    children = [in_child(lambda: source.random_bytes(32)) for _ in range(3)]
    parent = [source.random_bytes(32) for _ in range(3)]
    assert {len(output) for output in children + parent} == {32}
    assert len(set(children + parent)) == 6


def test_a_child_runs_a_start_up_of_its_own_and_counts_for_itself() -> None:
    source = EntropySource()
    source.random_bytes(32)
    expected = repr(EntropyStatus("ready", "", 0, 1, 1, 0, START_UP_BYTES + SEED_BYTES))
    assert in_child(lambda: repr(source.status()).encode()).decode() == expected
    assert source.status().requests == 1


def test_a_child_of_a_child_differs_too() -> None:
    source = EntropySource()

    def work() -> bytes:
        return in_child(lambda: source.random_bytes(32)) + source.random_bytes(32)

    both = in_child(work)
    assert len(both) == 64
    assert len({both[:32], both[32:], source.random_bytes(32)}) == 3


def test_a_child_keeps_the_failure_of_its_parent() -> None:
    noise = Noise(good=0)
    source = EntropySource(noise)
    noise.good = None
    assert in_child(lambda: source.random_bytes(32)).startswith(b"EntropyFailure")


def test_a_fork_while_another_thread_draws_leaves_no_lock_behind() -> None:
    entered, leave = threading.Event(), threading.Event()
    noise = Noise()

    def read(size: int) -> bytes:
        if threading.current_thread() is not threading.main_thread():
            entered.set()
            leave.wait(60)
        return noise(size)

    source = EntropySource(read)
    thread = threading.Thread(target=lambda: source.random_bytes(32, prediction_resistance=True))
    thread.start()
    assert entered.wait(60)
    # The other thread holds the lock now; the child must not wait for it.
    child = in_child(lambda: source.random_bytes(32))
    leave.set()
    thread.join()
    assert len(child) == 32
    assert child != source.random_bytes(32)


def test_a_fork_without_the_hook_is_noticed_by_the_process_id(monkeypatch: pytest.MonkeyPatch) -> None:
    source = EntropySource()
    source._process().lock.acquire()  # as a thread of the parent may have held it
    pid = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: pid + 1)
    assert len(source.random_bytes(32)) == 32
    status = source.status()
    assert (status.requests, status.seeds, status.start_ups) == (1, 1, 1)
    assert list(source._processes) == [pid + 1]


def test_a_fork_is_noticed_although_the_process_id_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system gives a dead process's id to another one, so the id alone must not tell a child from its parent."""
    source = EntropySource()
    monkeypatch.setattr(os, "getpid", lambda: 4711)
    source.random_bytes(32)
    child = in_child(lambda: source.random_bytes(32))
    assert len(child) == 32
    assert child != source.random_bytes(32)


def test_a_fork_in_the_middle_of_a_draw_gives_the_child_other_bytes() -> None:
    noise = Noise()
    asked: list[str] = []
    forked: list[int] = []

    def read(size: int) -> bytes:
        if asked:
            asked.clear()
            forked.append(os.fork())
        return noise(size)  # the same in both, so that only the source can tell them apart

    source = EntropySource(read)
    reading, writing = os.pipe()
    asked.append("fork at the next read")
    output = b"nothing came"
    try:
        output = source.random_bytes(32, prediction_resistance=True)
    finally:
        if forked == [0]:
            os.write(writing, output)
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        child = pipe.read()
    os.waitpid(forked[0], 0)
    assert len(child) == len(output) == 32
    assert child != output


def test_threads_that_share_a_source_never_share_bytes() -> None:
    source = EntropySource(reseed_interval=7)
    drawn: list[list[bytes]] = [[] for _ in range(8)]
    start = threading.Barrier(8)

    def draw(mine: list[bytes]) -> None:
        start.wait()
        mine += [source.random_bytes(16) for _ in range(100)]

    threads = [threading.Thread(target=draw, args=(mine,)) for mine in drawn]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({output for mine in drawn for output in mine}) == 800
    status = ready(source)
    assert status.requests == 800
    assert status.seeds == 1 + (800 - 1) // 7
