"""`fairlot stats` where its ends are not what they should be: closed, or on a disk that is full."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cli.errors import CliError
from cli.stats_shown import Spool
from statistical_tests.finding import Finding
from tests.cli.running import COMMAND, environment, one_line
from tests.cli.statistics import RANDOM

FULL = Path("/dev/full")
BITS = ("nist", "--stream-bits", "1000", "--tests", "Frequency")
OUTCOMES = ("outcomes", "--kinds", "256")

needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bits"
    path.write_bytes(RANDOM[:125])
    return path


def shell(line: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `fairlot stats` with redirections that only a shell can make."""
    command = ["sh", "-c", f'"$@" {line}', "sh", *COMMAND, "stats", *map(str, arguments)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("command", [BITS, OUTCOMES, ("bits",)], ids=["nist", "outcomes", "bits"])
def test_a_standard_input_that_is_closed_is_said_to_be(command: tuple[str, ...]) -> None:
    done = shell("<&-", *command, "-")
    assert (done.returncode, done.stdout) == (2, "")
    assert "standard input is closed: pipe the data in, or name a file" in one_line(done.stderr)


@needs_full
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["table", "json"])
def test_an_answer_that_cannot_be_written_is_an_error_of_one_line(file: Path, more: tuple[str, ...]) -> None:
    done = shell(">/dev/full", *BITS, file, *more)
    assert done.returncode == 2
    *_, last = done.stderr.splitlines()
    assert last == "fairlot stats nist: standard output cannot be written: No space left on device"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("where", ["2>&-", pytest.param("2>/dev/full", marks=needs_full)])
def test_a_standard_error_that_takes_nothing_changes_neither_answer_nor_exit_code(file: Path, where: str) -> None:
    """A full one ended with 1, which says that the rule refuses."""
    usual = shell("", *BITS, file, "--json")
    done = shell(where, *BITS, file, "--json")
    assert (usual.returncode, done.returncode) == (0, 0)
    assert done.stdout == usual.stdout
    assert shell(where, *BITS, "missing").returncode == 2


@needs_full
def test_findings_that_a_full_disk_does_not_keep_leave_no_half_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """The last of them are written only when the first is read again."""
    with pytest.raises(CliError, match="the findings cannot be kept: No space left on device"), Spool() as spool:
        spool._file.close()
        spool._file = FULL.open("w+", encoding="ascii")
        spool.add(Finding("Frequency", "SP 800-22 2.1", {}, {}, (0.5,)))
        spool.show(decision=None)
    assert capsys.readouterr().out == ""
