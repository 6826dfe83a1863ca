"""The only reader of the system's randomness: health tests in front of an HMAC_DRBG, and no bytes at all in doubt.

The way of the bytes: getrandom(2) -> start-up and continuous health tests (SP 800-90B) -> HMAC_DRBG (SP 800-90A).
Honest limit: the tests find a source that is stuck or repeats itself, never one that is weak in a clever way.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from rng import drbg
from rng.health import START_UP_SAMPLES, HealthTestFailure, HealthTests

MIN_ENTROPY = Fraction(6)
"""Min-entropy that is claimed for the system's bytes, in bits a byte.

They are made to have 8. Claiming 6 asks for a third more bytes in every seed, and moves the cutoffs so far out that
honest bytes reach them practically never: the cutoffs are then 8 equal bytes in a row, a chance of 2^-56 a byte, and 35
of one value in a window of 512, less than 2^-90 a window. A stuck source is still found at its eighth byte.
"""

ALPHA = Fraction(1, 2**40)
"""Chance of a false alarm that the cutoffs allow for a source of exactly the claimed min-entropy.

It is the strict end of what SP 800-90B section 4.4 recommends, because an alarm stops all draws.
"""

RESEED_INTERVAL = 1024
"""Outputs of the generator between two seeds. The standard allows 2^48; a seed costs microseconds."""

MAX_REQUEST_BYTES = 2**20
"""Most bytes of one ``random_bytes``. Outcomes come from schemes, so nobody needs more here."""

_READ_BYTES = 256  # getrandom(2) never cuts a read of this size short, nor lets a signal interrupt it
_PERSONALIZATION = "fairlot/entropy/v1"


class EntropyFailure(Exception):
    """Say why there are no random bytes; it lasts until an operator calls ``restart``."""


class _NoBytes(Exception):
    """Say that the reader gave no usable bytes."""


@dataclass(frozen=True, slots=True)
class EntropyStatus:
    """Show the state of a source, without secrets.

    Args:
        state: ``ready``, or ``failed`` until a restart succeeds.
        reason: why it failed, or empty.
        requests: calls of ``random_bytes`` that this process answered.
        seeds: how often this process seeded its generator, the first time included.
        start_ups: start-up tests that passed in this process.
        failures: how often this process went from ready to failed, or failed a restart.
        samples_tested: bytes that the health tests have seen since the last start-up.
    """

    state: Literal["ready", "failed"]
    reason: str
    requests: int
    seeds: int
    start_ups: int
    failures: int
    samples_tested: int


def system_read(size: int) -> bytes:
    """Return up to size bytes from the kernel's generator, waiting until it is seeded; raises OSError."""
    # Elsewhere os.urandom is the same promise: getentropy(2) or the system's own generator, never a weaker fallback.
    read = os.getrandom if sys.platform == "linux" else os.urandom
    return read(size)


class _Process:
    """Hold what belongs to one process and must never be carried into another: lock, tests and generator."""

    __slots__ = ("failures", "lock", "requests", "seeds", "start_ups", "state", "tests")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.state: drbg.DrbgState | None = None
        self.tests: HealthTests | None = None
        self.requests = 0
        self.seeds = 0
        self.start_ups = 0
        self.failures = 0


class EntropySource:
    """Give random bytes, or raise; safe to share between threads and to carry through a fork.

    The constructor runs the start-up tests and does not raise if they fail: ``status`` says so, and every
    ``random_bytes`` raises, until ``restart``. A forked child keeps a failure, drops the parent's generator, and runs
    start-up tests and a seed of its own before its first byte.
    """

    __slots__ = ("__weakref__", "_alpha", "_failure", "_min_entropy", "_processes", "_read", "_reseed_interval")

    def __init__(
        self,
        read: Callable[[int], bytes] = system_read,
        *,
        min_entropy: Fraction | int = MIN_ENTROPY,
        alpha: Fraction = ALPHA,
        reseed_interval: int = RESEED_INTERVAL,
    ) -> None:
        """Start up.

        Args:
            read: function from a size to 1 to size bytes of noise; a short answer is completed by reading again.
            min_entropy: bits of min-entropy that are claimed for each byte, above 0 and at most 8.
            alpha: chance of a false alarm at the claimed min-entropy, above 0 and at most 1/2.
            reseed_interval: outputs between two seeds, 1 to 2^48.

        Raises:
            TypeError, ValueError: for an argument of another form or out of range.
        """
        if not callable(read):
            raise TypeError(f"read must be a function from a size to bytes, not {type(read).__name__}")
        if type(reseed_interval) is not int:
            raise TypeError(f"reseed interval must be an int, not {type(reseed_interval).__name__}")
        if not 1 <= reseed_interval <= drbg.MAX_RESEED_INTERVAL:
            raise ValueError(f"reseed interval must be 1 to 2^48 outputs, not {reseed_interval}")
        HealthTests(min_entropy=min_entropy, alpha=alpha)  # raises here, not at the first draw
        self._read = read
        self._min_entropy = Fraction(min_entropy)
        self._alpha = alpha
        self._reseed_interval = reseed_interval
        self._failure = ""
        self._processes: dict[int, _Process] = {}
        _SOURCES.add(self)
        self.status()

    def random_bytes(self, size: int, *, prediction_resistance: bool = False) -> bytes:
        """Return random bytes.

        Args:
            size: how many, 0 to 2^20.
            prediction_resistance: whether to reseed first, so that whoever saw the generator's state before this call
                knows nothing of these bytes. Ask for it when a server seed is made.

        Raises:
            EntropyFailure: if a health test failed or the system gave no bytes, now or earlier; none are returned.
            TypeError, ValueError: if size is no int in its range.
        """
        if type(size) is not int:
            raise TypeError(f"size must be an int, not {type(size).__name__}")
        if not 0 <= size <= MAX_REQUEST_BYTES:
            raise ValueError(f"size must be 0 to {MAX_REQUEST_BYTES} bytes, not {size}; ask for less at a time")
        while True:
            process = self._process()
            with process.lock:
                output = self._draw(process, size, prediction_resistance)
            # A signal handler, or the reader itself, may have forked in the middle: the child then holds the parent's
            # bytes and draws its own instead.
            if self._processes.get(os.getpid()) is process:
                return output

    def restart(self) -> EntropyStatus:
        """Run the start-up tests again and seed anew, at an operator's word; return the status that this leads to."""
        process = self._process()
        with process.lock:
            self._failure = ""
            self._start(process)
            return self._status(process)

    def status(self) -> EntropyStatus:
        """Return the state as a value; in a forked child it runs the child's start-up tests first."""
        process = self._process()
        with process.lock:
            self._start_if_new(process)
            return self._status(process)

    def __reduce__(self) -> str:
        raise TypeError("an entropy source is not pickled and not copied; make one in each process")

    def _status(self, process: _Process) -> EntropyStatus:
        return EntropyStatus(
            state="failed" if self._failure else "ready",
            reason=self._failure,
            requests=process.requests,
            seeds=process.seeds,
            start_ups=process.start_ups,
            failures=process.failures,
            samples_tested=process.tests.samples_tested if process.tests is not None else 0,
        )

    def _process(self) -> _Process:
        """Return this process's part, a new one after a fork.

        The hook below empties the table in a child. The process id is compared at every call all the same, because C
        code can fork without running the hook; then the parent's lock may be held for ever and is left alone.
        """
        pid = os.getpid()
        process = self._processes.get(pid)
        if process is None:
            for other in list(self._processes):
                if other != pid:
                    self._processes.pop(other, None)
            # setdefault is atomic, so threads that come here together agree on one.
            process = self._processes.setdefault(pid, _Process())
        return process

    def _start_if_new(self, process: _Process) -> None:
        if process.state is None and not self._failure:
            self._start(process)

    def _start(self, process: _Process) -> None:
        """Run the start-up tests and seed a new generator, or set the failure."""
        process.state = None
        process.tests = HealthTests(min_entropy=self._min_entropy, alpha=self._alpha)
        try:
            process.tests.start_up(self._read_exactly(START_UP_SAMPLES))
            process.start_ups += 1
            entropy_input = self._tested(process.tests, drbg.SECURITY_STRENGTH)
            nonce = self._tested(process.tests, drbg.SECURITY_STRENGTH // 2)
        except (HealthTestFailure, _NoBytes) as error:
            self._fail(process, str(error))
            return
        process.state = drbg.instantiate(
            entropy_input,
            nonce,
            personalization=f"{_PERSONALIZATION}:{os.getpid()}".encode("ascii"),
            reseed_interval=self._reseed_interval,
        )
        process.seeds += 1

    def _draw(self, process: _Process, size: int, prediction_resistance: bool) -> bytes:
        self._start_if_new(process)
        if self._failure:
            raise EntropyFailure(f"no random bytes: {self._failure}; find the cause, then call restart()")
        output = bytearray()
        # One pass at least, so that a request for nothing still honours prediction_resistance.
        while True:
            piece = min(size - len(output), drbg.MAX_REQUEST_BYTES)
            output += self._generate(process, piece, prediction_resistance)
            if len(output) == size:
                process.requests += 1
                return bytes(output)

    def _generate(self, process: _Process, size: int, prediction_resistance: bool) -> bytes:
        state, tests = process.state, process.tests
        assert state is not None and tests is not None
        if prediction_resistance or state.reseed_counter > state.reseed_interval:
            try:
                state = drbg.reseed(state, self._tested(tests, drbg.SECURITY_STRENGTH))
            except (HealthTestFailure, _NoBytes) as error:
                self._fail(process, str(error))
                raise EntropyFailure(f"no random bytes: {error}; find the cause, then call restart()") from None
            process.seeds += 1
        # The state moves on before anybody sees the output: an interrupt in between loses bytes, never repeats them.
        output, process.state = drbg.generate(state, size)
        return output

    def _fail(self, process: _Process, reason: str) -> None:
        self._failure = reason
        process.failures += 1
        process.state = None

    def _tested(self, tests: HealthTests, bits: int) -> bytes:
        """Return as many bytes as hold these bits of min-entropy by the claim, all of them tested."""
        data = self._read_exactly(-(-bits // self._min_entropy))
        tests.feed(data)
        return data

    def _read_exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            wanted = min(size - len(data), _READ_BYTES)
            try:
                piece = self._read(wanted)
            except Exception as error:  # noqa: BLE001  whatever the reader raises, it gave no bytes
                number = f" (errno {error.errno})" if isinstance(error, OSError) and error.errno else ""
                raise _NoBytes(f"reading the system's randomness raised {type(error).__name__}{number}") from None
            if type(piece) is not bytes or not 1 <= len(piece) <= wanted:
                got = f"{len(piece)} bytes" if type(piece) is bytes else type(piece).__name__
                raise _NoBytes(f"reading the system's randomness gave {got}, not 1 to {wanted} bytes")
            data += piece
        return data


_SOURCES: weakref.WeakSet[EntropySource] = weakref.WeakSet()


def _forget_the_parent() -> None:
    """Drop every generator that a child inherited, with locks that another thread of the parent may have held."""
    for source in list(_SOURCES):
        source._processes.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_the_parent)
