"""Run tests on the kernel's engines for ARM64: `python -m tests.rng.kernel.arm64 COMMAND ... -- ARGUMENT ...`.

The command starts arm64_driver, the kernel's C sources without Python, under an emulator of that processor. A module
that hands each call to it takes the place of the installed compiled part before rng.kernel looks for it; the arguments
are pytest's. So every test that holds an engine against hashlib holds those of ARM64 against it.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # an import that is made would have the kernel look for its compiled part at once
    from rng.kernel.arguments import Buffer

NAME = "rng.kernel._native"
JOBS = ("hmac_nonces", "hmac_rounds", "hmac_rows", "sha256_rows", "chain_steps")  # in the driver's order
NONE = struct.pack("<q", -1)


def engines(command: list[str]) -> list[tuple[str, str, int]]:
    """List name, text and index of the engines that the processor runs, in the kernel's order."""
    answer = subprocess.run([*command, "engines"], capture_output=True, text=True, check=True)
    lines = [line.split("\t") for line in answer.stdout.splitlines()]
    return [(name, text, int(index)) for index, name, text in lines]


def field(argument: Buffer | int | None) -> bytes:
    """Write an argument as the driver reads it."""
    if argument is None:
        return NONE
    if isinstance(argument, int):
        return struct.pack("<q", argument)
    data = bytes(argument)
    return struct.pack("<q", len(data)) + data


class Native(ModuleType):
    """The compiled part of rng.kernel, for a processor that is emulated: one job at a time."""

    def __init__(self, command: list[str]) -> None:
        super().__init__(NAME)
        self._lock = threading.Lock()
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._engines = tuple(engines(command))
        for number, name in enumerate(JOBS):
            setattr(self, name, self._job(number))

    def engines(self) -> tuple[tuple[str, str, int], ...]:
        """List the engines, as the compiled part does."""
        return self._engines

    def _job(self, number: int) -> Callable[..., None]:
        def job(index: int, *arguments: Buffer | int | None) -> None:
            *inputs, out = arguments
            to = memoryview(out).cast("B")  # type: ignore[arg-type]
            request = field(number) + field(index) + b"".join(map(field, inputs)) + field(to.nbytes)
            with self._lock:
                to[:] = self._ask(request, to.nbytes)

        return job

    def _ask(self, request: bytes, size: int) -> bytes:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(request)
        self._process.stdin.flush()
        answer = self._process.stdout.read(size)
        if len(answer) != size:
            raise ChildProcessError(f"the driver ended after {len(answer)} of {size} bytes")
        return answer

    def close(self) -> int:
        """End the driver; give its exit code."""
        self._process.communicate()
        return self._process.returncode


def main(arguments: list[str]) -> int:
    """Put the emulated engines in place, see that the kernel uses them, and run pytest."""
    end = arguments.index("--")
    native = Native(arguments[:end])
    sys.modules[NAME] = native
    from rng import kernel

    expected = (*(name for name, _, _ in native.engines()), "hashlib")
    if kernel.engines() != expected:
        print(f"the kernel has {kernel.engines()}, not {expected}", file=sys.stderr)
        return 2
    code = int(pytest.main(arguments[end + 1 :]))
    return native.close() or code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
