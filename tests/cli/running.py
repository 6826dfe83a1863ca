"""Run `fairlot` in this process and as a process of its own, with a memory that is the test's alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from cli.main import cli

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = (sys.executable, "-m", "cli.main")


def fairlot(*arguments: str | Path, data: bytes | None = None, env: Mapping[str, str] | None = None) -> Result:
    """Run a command line in this process; the result has exit_code, stdout and stderr."""
    result = CliRunner().invoke(
        cli, [str(argument) for argument in arguments], input=data, env={"FAIRLOT_DEBUG": None, **(env or {})}
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def fairlot_json(*arguments: str | Path, code: int = 0, env: Mapping[str, str] | None = None) -> Any:
    """Run a command line with --json, and return the one JSON value that it prints."""
    result = fairlot(*arguments, "--json", env=env)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which `fairlot` is found in the checkout, and no setting of this machine counts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FAIRLOT_", "NO_COLOR"))}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def fairlot_process(
    *arguments: str | Path, data: bytes | None = None, cwd: Path | None = None, **more: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command line as a process of its own."""
    return subprocess.run(
        [*COMMAND, *(str(argument) for argument in arguments)],
        input=data,
        capture_output=True,
        cwd=cwd,
        env=environment(**more),
        check=False,
        timeout=120,
    )


def one_line(text: str) -> str:
    """Return the only line of an error."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert "Traceback" not in text
    return lines[0]
