"""Pooled frequency: ones over all streams together."""

from __future__ import annotations

import math
from collections.abc import Iterable

from statistical_tests import kernel
from statistical_tests.arguments import require_bits
from statistical_tests.bit_tests.reference import fair_binomial_p
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable

NAME = "PooledFrequency"
SECTION = "SP 800-22 2.1, pooled, exact"
LEAST_BITS = 100


def pooled_frequency(streams: Bits | Iterable[Bits]) -> Finding:
    """Test whether a half of all bits are ones, over all streams together.

    A bias of 0.0005 is far inside the noise of 10^6 bits and ten standard deviations off in 10^8, so that streams are
    added up before anything is decided. The count of ones is binomial, and the two-sided p-value is exact (and so
    conservative by the probability of a single count). The streams are read once, one at a time.

    Args:
        streams: one sequence, or any number of them.

    Raises:
        BadInput: a stream is not a Bits.
    """
    pool = FrequencyPool()
    for stream in [streams] if isinstance(streams, Bits) else streams:
        pool.add(stream)
    return pool.finding()


class FrequencyPool:
    """Add up ones and bits over streams, for a reader that has each of them only once."""

    __slots__ = ("bits", "ones", "streams")

    def __init__(self) -> None:
        self.streams = 0
        self.bits = 0
        self.ones = 0

    def add(self, stream: Bits) -> None:
        """Add a stream.

        Raises:
            BadInput: it is not a Bits.
        """
        length = len(require_bits(stream))
        self.streams, self.bits = self.streams + 1, self.bits + length
        if length:
            self.ones += int(kernel.ones(stream.packed, length, length)[0])

    def finding(self) -> Finding:
        """Return what `pooled_frequency` finds in all streams that were added."""
        ones, bits = self.ones, self.bits
        statistic: dict[str, int | float] = {"bits": bits, "ones": ones, "streams": self.streams}
        if bits < LEAST_BITS:
            reason = f"{bits} bits in all, and {LEAST_BITS} are needed"
            return not_applicable(NAME, SECTION, reason, statistic=statistic)
        statistic |= {"proportion": ones / bits, "deviations": (2 * ones - bits) / math.sqrt(bits)}
        return Finding(NAME, SECTION, {}, statistic, (fair_binomial_p(ones, bits),))
