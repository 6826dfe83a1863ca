"""Memory of an audit: after its first blocks it stands, however long the history is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="pyarrow, the extra fairlot[audit], is not installed")

ROOT = Path(__file__).resolve().parent.parent.parent

WRITE = """
import sys
from pathlib import Path
from benchmarks.bench_audit import write_table
write_table(Path(sys.argv[1]), int(sys.argv[2]))
"""

AUDIT = """
import sys
from pathlib import Path
from certification.audit import audit, load_shelf
from certification.history import find_sources
from verifier import Policy
summary = audit(find_sources([Path(sys.argv[1])]), shelf=load_shelf(), policy=Policy(), sample_seed=1)
assert summary.exit_code == 0, summary
# Not from getrusage: its peak counts the process that started this one, too.
peak = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(summary.rounds, peak[0])
"""


def _run(code: str, *arguments: str | int | Path) -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True, text=True).stdout


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_ten_times_as_many_rows_take_no_more_memory(tmp_path: Path, kind: str) -> None:
    """The bound is a twentieth of what the columns of the rows that are more take in memory: 310 bytes each."""
    peaks = {}
    for rows in (100_000, 1_000_000):
        path = tmp_path / f"{rows}.{kind}"
        _run(WRITE, path, rows)
        rounds, peak_kib = _run(AUDIT, path).split()
        assert int(rounds) == rows
        peaks[rows] = int(peak_kib) * 1024
    assert peaks[1_000_000] - peaks[100_000] < 310 * 900_000 // 20
