"""The suite keeps its own rule: where nothing may be skipped, a skipped test fails the run and is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ONE_PASSES_ONE_SKIPS = """
import pytest

def test_passes():
    assert True

def test_needs_something():
    pytest.skip("no oracle on this system")
"""
WHOLE_MODULE_SKIPS = "import pytest\npytest.importorskip('no_such_package_anywhere')\n"
EXPECTED_FAILURE = """
import pytest

@pytest.mark.xfail(reason="known", strict=True)
def test_known():
    assert False
"""
ALL_PASS = "def test_passes():\n    assert True\n"


def _run(folder: Path, source: str, *arguments: str, forbid: str) -> subprocess.CompletedProcess[str]:
    """Run a suite of one module beside one that passes, under this suite's conftest."""
    (folder / "test_it.py").write_text(source)
    (folder / "test_other.py").write_text(ALL_PASS)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FAIRLOT_FAIL_ON_SKIP": forbid, "PYTEST_ADDOPTS": ""}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        *arguments,
        str(folder),
    ]
    command += ["--rootdir", str(folder), "-c", os.devnull]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["one process", "two processes"])
@pytest.mark.parametrize(
    ("source", "named"),
    [(ONE_PASSES_ONE_SKIPS, "no oracle on this system"), (WHOLE_MODULE_SKIPS, "no_such_package_anywhere")],
    ids=["a test", "a module"],
)
def test_a_skip_fails_the_run_and_is_named(tmp_path: Path, source: str, named: str, processes: tuple[str, ...]) -> None:
    answer = _run(tmp_path, source, *processes, forbid="1")
    assert answer.returncode == pytest.ExitCode.TESTS_FAILED, answer.stdout + answer.stderr
    _, _, section = answer.stdout.partition("FAIRLOT_FAIL_ON_SKIP forbids it")
    assert "test_it.py" in section
    assert named in section


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "forbid"),
    [(ONE_PASSES_ONE_SKIPS, "0"), (ONE_PASSES_ONE_SKIPS, ""), (EXPECTED_FAILURE, "1"), (ALL_PASS, "1")],
    ids=["skips allowed", "nothing said", "expected failure", "nothing skipped"],
)
def test_a_run_without_forbidden_skips_passes(tmp_path: Path, source: str, forbid: str) -> None:
    answer = _run(tmp_path, source, forbid=forbid)
    assert answer.returncode == pytest.ExitCode.OK, answer.stdout + answer.stderr
    assert "forbids it" not in answer.stdout
