"""Time of `fairlot verify FILE` from the shell to its exit code, beside a bare interpreter in the same minutes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.result import Result
from tests.verifier.builder import ORIGIN, SIGNING_KEY, History, seal

RUNS = 21
_ROOT = Path(__file__).resolve().parent.parent


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - start


def main() -> Iterator[Result]:
    """Measure both in turns, so that whatever else the machine does falls on both alike."""
    # pip compiles what it installs, so a player's modules are compiled whatever this shell says.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(_ROOT)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "round.json"
        path.write_bytes(seal(History().receipt().proof(0)))
        key = f"{bytes(SIGNING_KEY.verify_key).hex()}@{ORIGIN}"
        bare_command = [sys.executable, "-c", "pass"]
        # `check=True`: only a run that ends with 0, verified, is measured.
        verify_command = [sys.executable, "-m", "cli.main", "verify", str(path), "--key", key]
        times = [(_seconds(bare_command, environment), _seconds(verify_command, environment)) for _ in range(RUNS + 1)]
    # The first of each filled the caches.
    bare, verify = (statistics.median(column) for column in zip(*times[1:], strict=True))
    fastest = min(pair[1] for pair in times[1:])
    yield Result("python -c pass", bare * 1000, "ms", f"median of {RUNS}, in turns with the next")
    yield Result("fairlot verify FILE", verify * 1000, "ms", f"median of {RUNS}, fastest {fastest * 1000:.0f} ms")
    yield Result("fairlot verify FILE / python -c pass", verify / bare, "ratio", "of the medians")
