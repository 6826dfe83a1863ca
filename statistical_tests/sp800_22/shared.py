"""What several tests of SP 800-22 take from the same bits, counted once."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from statistical_tests import kernel
from statistical_tests.arguments import require_bits
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput

Counts: TypeAlias = "NDArray[np.int64]"
Floats: TypeAlias = "NDArray[np.float64]"
Mode: TypeAlias = Literal["corrected", "nist-compat"]

MODES: tuple[Mode, ...] = ("corrected", "nist-compat")
"""`corrected`: exact references where they are known. `nist-compat`: the numbers of NIST's C code, sts 2.1.2."""


class Shared:
    """Hold bits together with the counts that were made of them, so that a second test finds them made.

    Args:
        bits: one stream.

    Raises:
        BadInput: they are no `Bits`.
    """

    __slots__ = ("_cyclic", "_total", "_transitions", "_walk", "bits")

    def __init__(self, bits: Bits) -> None:
        self.bits = require_bits(bits)
        self._cyclic: dict[int, Counts] = {}
        self._total: int | None = None
        self._transitions: int | None = None
        self._walk: kernel.Walk | None = None

    def __len__(self) -> int:
        return self.bits.length

    def ones(self) -> int:
        """Return how many bits are one."""
        if self._total is None:
            length = self.bits.length
            self._total = int(kernel.ones(self.bits.packed, length, length)[0]) if length else 0
        return self._total

    def transitions(self) -> int:
        """Return at how many places a bit differs from the one before it."""
        if self._transitions is None:
            self._transitions = kernel.transitions(self.bits.packed, self.bits.length)
        return self._transitions

    def walk(self) -> kernel.Walk:
        """Return what the walk over the bits did: see `statistical_tests.kernel.Walk`."""
        if self._walk is None:
            self._walk = kernel.walk(self.bits.packed, self.bits.length)
        return self._walk

    def cyclic_counts(self, window_bits: int) -> Counts:
        """Count the windows of `window_bits` bits (0 or more) of the bits taken as a ring, shape [2**window_bits].

        On a ring, the counts of shorter windows are sums of those of longer ones, so that one pass serves all: ask for
        the longest first.
        """
        if window_bits in self._cyclic:
            return self._cyclic[window_bits]
        if window_bits == 0:
            return np.array([self.bits.length], dtype=np.int64)
        counts: Counts
        longer = min((made for made in self._cyclic if made > window_bits), default=None)
        if longer is None:
            counts = kernel.window_counts(self.bits.packed, self.bits.length, window_bits, cyclic=True)[0]
        else:
            counts = self._cyclic[longer]
            for _ in range(longer - window_bits):
                counts = counts[0::2] + counts[1::2]
        self._cyclic[window_bits] = counts
        return counts


def of(bits: Bits | Shared) -> Shared:
    """Return the bits with a place for their counts; what has one already is returned as it is.

    Raises:
        BadInput: it is neither.
    """
    return bits if isinstance(bits, Shared) else Shared(bits)


def require_mode(mode: str) -> Mode:
    """Return the mode if it is one.

    Raises:
        BadInput: it is not.
    """
    if mode not in MODES:
        raise BadInput(f"mode is {mode!r}: it is one of {', '.join(MODES)}")
    return mode


def class_chi_square(counts: Counts, probabilities: Floats) -> tuple[float, float]:
    """Compare counts of classes with what their probabilities say.

    Chi-square is the limit, and the far tail is the last to reach it. Where the rarest of seven classes is expected 21
    times (LinearComplexity at 10^6 bits), 1.4 of 10,000 ideal counts have a p-value below 0.0001; expected 5 times,
    2.5; expected twice, 5.0 (4,000,000 simulated counts each). At 0.01, 1.03, 1.14 and 1.33 of 100 do.

    Args:
        counts: shape [classes].
        probabilities: shape [classes], positive.

    Returns:
        Pearson's statistic, and the probability that chi-square with classes - 1 degrees of freedom is at least it.
    """
    expected = probabilities * counts.sum()
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return statistic, chi_square_tail(statistic, len(counts) - 1)


def chi_square_tail(statistic: float, degrees: float) -> float:
    """Return the probability that chi-square with so many degrees of freedom is at least `statistic`."""
    return float(special.gammaincc(degrees / 2, max(statistic, 0.0) / 2))


def normal_two_sided(deviation: float) -> float:
    """Return the probability that a standard normal number is as far from 0 as `deviation`, or farther."""
    return float(special.erfc(abs(deviation) / np.sqrt(2.0)))


def recommended(mode: Mode, enough: bool, text: str) -> tuple[str, tuple[str, ...]]:
    """Say what a recommendation of the standard means in each mode.

    Args:
        mode: in `corrected`, the test is not applicable where its reference distribution is not good enough; NIST's C
            code computes all the same, and in `nist-compat` the finding says so in a note.
        enough: whether the recommendation is kept.
        text: what is recommended and what there is.

    Returns:
        The reason why the test is not applicable, or an empty text; and the notes.
    """
    if enough:
        return "", ()
    return (text, ()) if mode == "corrected" else ("", (f"SP 800-22 recommends otherwise: {text}",))
