"""Workers do their work, do not see the Ctrl-C of a terminal, and do not outlive the one they work for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from statistical_tests.errors import BadInput
from statistical_tests.workers import started_pool

ROOT = Path(__file__).resolve().parent.parent.parent

PARENT = """
import os, signal, sys, time
from statistical_tests.workers import started_pool

if __name__ == "__main__":
    with started_pool(2) as pool:
        print(" ".join(map(str, sorted(pool._processes))), flush=True)
        {then}
"""


def is_running(pid: int) -> bool:
    """Say whether a process runs; one that has ended and waits to be asked for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def started(tmp_path: Path, then: str) -> tuple[subprocess.Popen[str], list[int]]:
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(then=then))
    process = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    return process, [int(word) for word in process.stdout.readline().split()]


def ended(pids: list[int]) -> bool:
    """Wait for processes to end, up to half a minute."""
    for _ in range(300):
        if not any(map(is_running, pids)):
            return True
        time.sleep(0.1)
    return False


def test_work_is_done_by_processes_that_were_started_before_it_came() -> None:
    with started_pool(2) as pool:
        assert len(pool._processes) == 2
        assert list(pool.map(abs, [-1, 2, -3])) == [1, 2, 3]
        assert {pool.submit(os.getpid).result() for _ in range(4)} <= set(pool._processes)


@pytest.mark.parametrize("processes", [0, -1, 1.5])
def test_no_process_is_no_pool(processes: int) -> None:
    with pytest.raises(BadInput, match="processes"):
        started_pool(processes)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_an_interrupt_of_the_group_ends_the_parent_alone_and_the_pool_with_it(tmp_path: Path) -> None:
    """The signal comes while the workers are still being loaded, which is when a trace would be easiest."""
    process, workers = started(tmp_path, "time.sleep(60)")
    with process:
        os.killpg(process.pid, signal.SIGINT)
        assert ended(workers)
        output, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert "SpawnProcess" not in errors
    assert output == ""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    process, workers = started(tmp_path, "pool.submit(abs, 1).result(); os.kill(os.getpid(), signal.SIGKILL)")
    with process:
        process.wait(timeout=60)
        assert ended(workers)
