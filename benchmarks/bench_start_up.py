"""Time from the shell to ready: what a bare interpreter takes, and what the verifier's imports add to it."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.result import Result

RUNS = 15


def seconds(command: list[str], *, runs: int = RUNS) -> float:
    """Time a command's wall clock, the median of `runs` after one that fills the caches. Raises if it fails."""
    spent = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        spent.append(time.perf_counter() - start)
    return statistics.median(spent[1:])


def main() -> Iterator[Result]:
    """Measure `python -c pass` and the imports of `fairlot verify`."""
    bare = seconds([sys.executable, "-c", "pass"])
    yield Result("python -c pass", bare * 1000, "ms", f"median of {RUNS}")
    loaded = seconds([sys.executable, "-c", "import cli.main, verifier.verify"])
    yield Result("imports of fairlot verify", loaded * 1000, "ms", f"median of {RUNS}, {loaded / bare:.1f} times bare")
