"""Reach the service's own program: it is started, never imported."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import NoReturn

from cli.errors import CliError

_NEEDED = ("fastapi", "uvicorn", "pydantic_settings", "cryptography", "jsonschema", "msgspec", "prometheus_client")


def service_command(*arguments: str) -> list[str]:
    """Return the command that runs the service's program with this interpreter.

    Raises:
        CliError: packages that it needs are not installed.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CliError(f"the service needs {', '.join(missing)}; install it with: pip install 'fairlot[server]'")
    # -P: a folder called `rng` where the command happens to be called is not the service.
    return [sys.executable, "-P", "-m", "rng.service", *arguments]


def service_environment() -> dict[str, str]:
    """Return the environment for the service's program: it imports what this process would import."""
    environment = {**os.environ, "FAIRLOT_PROG": "fairlot"}
    spec = importlib.util.find_spec("rng")
    if spec is not None and spec.origin is not None:
        root = str(Path(spec.origin).resolve().parent.parent)
        # In a checkout that is not installed only this process knows where it is.
        if "site-packages" not in root:
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    return environment


def become_service(*arguments: str) -> NoReturn:
    """Turn this process into the service's program: its signals and its exit code are then its own.

    A child in between could only pass on what this passes by itself, and would double what a terminal sends to both.

    Raises:
        CliError: packages that it needs are not installed, or it cannot be started.
    """
    command = service_command(*arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(command[0], command, service_environment())  # noqa: S606  no shell is wanted
    except OSError as error:
        raise CliError(f"{command[0]}: cannot be started: {error.strerror}") from None
