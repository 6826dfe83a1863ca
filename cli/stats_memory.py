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


# Peaks of resident memory with the compiled kernel, on x86-64 with Python 3.11, of streams of 1 to 128 Mbit. 64 Mbit of
# random data took 304 MB and 888 MB of a kilobyte that repeats, 128 Mbit of the latter 1,663 MB.
BITS: Final = Memory(always=60_000_000, least=4, most=13)

# Of `nist`, likewise: nearly all is the transform of the test FFT; without that, 256 Mbit took 234 MB. Ours took 126 MB
# for 1 Mbit, 411 MB for 32, 702 MB for 64 and 1,288 MB for 128. Where rounding could decide, scipy's transform does: so
# 2^25 bits took 1,222 MB. It also makes lengths that ours does not: 389 MB for 8,700,000 bits, which 29 divides, and of
# primes 1,390 MB for 8,000,009 bits and 5,234 MB for 32,000,011.
_SMOOTH: Final = Memory(always=120_000_000, least=9.4, most=33)
_OTHER: Final = Memory(always=120_000_000, least=31, most=160)


def nist(stream_bits: int) -> Memory:
    """Return what `stats nist` takes with the test FFT: less for even lengths of the prime factors 2, 3 and 5 alone."""
    rest = stream_bits
    for prime in (2, 3, 5):
        while rest % prime == 0:
            rest //= prime
    return _SMOOTH if rest == 1 and stream_bits % 2 == 0 else _OTHER


def _megabytes(count: int) -> str:
    return f"{round(count / _ROUND) * _ROUND // 1_000_000:,}"
