"""The service as a process of its own, as an operator starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
ORIGIN: Final = "example.org/process"


def environment(**extra: str) -> dict[str, str]:
    """Return this environment without any setting of the service, and with some."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("FAIRLOT_")}
    return {**kept, "PYTHONPATH": str(ROOT), **extra}


def command(*arguments: str, cwd: Path | None = None, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m rng.service` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "rng.service", *arguments],
        cwd=cwd or ROOT,
        env=environment(**extra),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def initialise(folder: Path, *, tenant: str = "main") -> dict[str, Any]:
    """Make keys, settings and the first API key in a folder, with `keys init`."""
    done = command(
        "keys", "init", "--folder", str(folder), "--origin", ORIGIN, "--tenant", tenant, "--port", "0", "--json"
    )
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


@dataclass
class Running:
    """A running service process."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    log: Path

    @property
    def url(self) -> str:
        return str(self.ready["url"])


@contextmanager
def serving(*arguments: str, log: Path, **extra: str) -> Iterator[Running]:
    """Run `python -m rng.service serve` until the block ends; its log goes to a file."""
    with log.open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "rng.service", "serve", "--print-ready", *arguments],
            cwd=ROOT,
            env=environment(**extra),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text()
        yield Running(process, json.loads(line), log)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(30)
        if process.stdout is not None:
            process.stdout.close()
