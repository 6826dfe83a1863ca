"""A service of one's own for a while: keys in a temporary folder, a child process on a free port, an orderly end."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

from cli.client import Service
from cli.errors import CliError
from cli.output import one_line
from cli.server_process import service_command, service_environment

START_S: Final = 60.0
"""Seconds that keys and start may take each, also on a busy machine."""

_STOP_S: Final = 20.0
_SHOWN: Final = 400


class Stopped(Exception):
    """Say that a signal asked this process to end, so that it ends what it started first."""


@dataclass(frozen=True, slots=True)
class OwnService:
    """Hold what the operator of the service knows: its address, public key as `HEX@ORIGIN`, and an API key."""

    url: str
    pinned_key: str
    api_key: str = field(repr=False)


@contextlib.contextmanager
def own_service(*, origin: str) -> Iterator[OwnService]:
    """Run a service as long as the context lasts; nothing of it is left afterwards, whatever happens.

    Args:
        origin: operator and network, as in every statement.

    Raises:
        CliError: it does not start; with what it said last.
        Stopped: SIGTERM or SIGHUP came meanwhile.
    """
    with _ending_on_signals(), tempfile.TemporaryDirectory(prefix="fairlot-demo-") as name:
        folder = Path(name)
        keys = _make_keys(folder / "keys", origin=origin)
        with (folder / "log").open("w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                service_command("serve", "--config", keys["config"], "--port", "0", "--print-ready"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(),
                # A Ctrl-C is for this process alone, which then ends the service in its own time.
                start_new_session=True,
            )
            try:
                url = _wait_until_ready(process, folder / "log")
                yield OwnService(url, f"{keys['public_key']}@{keys['origin']}", keys["api_key"])
            finally:
                _stop(process)


def _environment() -> dict[str, str]:
    # Settings of another service, such as FAIRLOT_PORT, are not meant for this one.
    return {
        name: value
        for name, value in service_environment().items()
        if not name.startswith("FAIRLOT_") or name == "FAIRLOT_PROG"
    }


def _make_keys(folder: Path, *, origin: str) -> dict[str, str]:
    command = service_command("keys", "init", "--folder", str(folder), "--origin", origin, "--json")
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=_environment(), timeout=START_S, check=False)
    except subprocess.TimeoutExpired:
        raise CliError(f"making keys took longer than {START_S:g} seconds; try again on a less busy machine") from None
    if done.returncode != 0:
        raise CliError(f"making keys failed: {one_line(done.stderr)[-_SHOWN:] or 'no reason given'}")
    made = json.loads(done.stdout)
    return {name: str(made[name]) for name in ("config", "origin", "public_key", "api_key")}


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait for the line that the service prints when it answers requests, and for its own word that it is ready."""
    ends = time.monotonic() + START_S
    assert process.stdout is not None
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if time.monotonic() > ends:
                raise CliError(f"the service was not ready within {START_S:g} seconds: {_last_words(log)}")
            if selector.select(timeout=0.2):
                # Past the file object, whose buffer would hide from the selector what it has read already.
                piece = os.read(process.stdout.fileno(), 4096)
                if not piece:
                    code = process.wait(timeout=_STOP_S)
                    raise CliError(f"the service ended at once with exit code {code}: {_last_words(log)}")
                line += piece
    url = str(json.loads(line)["url"])
    service = Service(url)
    while True:
        try:
            service.get("/readyz", what="waiting for the service")
        except CliError as error:
            if time.monotonic() > ends:
                raise CliError(f"the service does not get ready: {error.message}") from None
            time.sleep(0.1)
        else:
            return url


def _last_words(log: Path) -> str:
    return one_line(log.read_text(encoding="utf-8", errors="replace"))[-_SHOWN:] or "it said nothing"


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=_STOP_S)
        except subprocess.TimeoutExpired:
            # Its batch workers are in its session.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


@contextlib.contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an exception, which ends the service on its way; only the main thread may."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped(signal.Signals(number).name)

    before: dict[signal.Signals, object] = {}
    try:
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(ValueError):
                before[number] = signal.signal(number, stop)
        yield
    finally:
        for number, handler in before.items():
            if callable(handler) or isinstance(handler, int):
                signal.signal(number, handler)
