"""What memory a long stream takes, so that it can be said before the stream is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cli.output import warn

_USUAL: Final = 200_000_000
"""Bytes that are taken without a word."""
_ROUND: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Memory:
    """Hold what memory a process takes at most while it tests a stream, fitted to what was measured.

    Args:
        always: bytes, whatever the length is.
        least: bytes for each bit of a stream of ideal data.
        most: the same for the data that take the most, as those that repeat themselves.
    """

    always: int
    least: float
    most: float

    def warn(self, command: str, stream_bits: int, *, processes: int = 1) -> None:
        """Say what memory a stream takes, where that is more than is usual."""
        least, most = (self.always + round(each * stream_bits) for each in (self.least, self.most))
        if most <= _USUAL:
            return
        many = f", in each of {processes} processes" if processes > 1 else ""
        between = _megabytes(most) if least == most else f"{_megabytes(least)} to {_megabytes(most)}"
        warn(
            f"fairlot stats {command}: note: a stream of {stream_bits:,} bits takes about {between} MB of memory{many}"
        )


# Peaks of resident memory with the compiled kernel, on x86-64 with Python 3.11, of streams of 1 to 128 Mbit. `bits`: 64
# Mbit of random data took 304 MB and 888 MB of a kilobyte that repeats, 128 Mbit of the latter 1,663 MB. `nist`: 126 MB
# for 1 Mbit, 411 MB for 32, 702 MB for 64 and 1,288 MB for 128, whatever the data; nearly all of it is the transform
# of the test FFT, and without that 32 Mbit took 124 MB.
BITS: Final = Memory(always=60_000_000, least=5, most=13)
NIST: Final = Memory(always=120_000_000, least=9.4, most=9.4)


def _megabytes(count: int) -> str:
    return f"{round(count / _ROUND) * _ROUND // 1_000_000:,}"
