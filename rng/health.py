"""Health tests of a noise source: they find a source that is stuck or far from its claim, not one that is weak.

Repetition count and adaptive proportion are those of NIST SP 800-90B sections 4.4.1 and 4.4.2, over bytes, with cutoffs
computed exactly. A third test of our own finds a source that repeats whole blocks, which those two let pass.
Samples are secret: no failure names one.
"""

from __future__ import annotations

import hashlib
from collections import deque
from fractions import Fraction
from functools import lru_cache

START_UP_SAMPLES = 1024
"""Least samples of a start-up test (SP 800-90B section 4.3, item 4)."""

WINDOW = 512
"""Samples in a window of the adaptive proportion test for samples of more than one bit (section 4.4.2)."""

BLOCK_BYTES = 16
"""Length of the blocks that must not repeat."""

BLOCKS_REMEMBERED = 64
"""How many earlier blocks a block is held against."""

_SAMPLE_BITS = 8
_ROOT_BITS = 128
_MOST_DENOMINATOR = 1000


class HealthTestFailure(Exception):
    """Say which health test failed and by what count; it never holds a sample."""


def repetition_count_cutoff(*, min_entropy: Fraction | int, alpha: Fraction) -> int:
    """Return how many equal samples in a row are a failure: 1 + ceil(-log2(alpha) / H).

    Args:
        min_entropy: the claimed H in bits a sample, above 0 and at most 8.
        alpha: largest probability of a false alarm at each sample, above 0 and at most 1/2.

    Raises:
        ValueError: for an argument out of range.

    Source: SP 800-90B section 4.4.1. Computed in integers.
    """
    entropy = _require_min_entropy(min_entropy)
    _require_alpha(alpha)
    # The least t with 2^t >= (1 / alpha)^b, for H = a / b: then m >= log2(1 / alpha) / H exactly if m * a >= t.
    over: int = alpha.denominator**entropy.denominator
    under: int = alpha.numerator**entropy.denominator
    least = (-(-over // under) - 1).bit_length()
    return 1 - (-least // entropy.numerator)


def adaptive_proportion_cutoff(
    *, min_entropy: Fraction | int, alpha: Fraction, window: int = WINDOW, corrected: bool = False
) -> int:
    """Return how often the first sample of a window may not occur in it: 1 + critbinom(W, 2^-H, 1 - alpha).

    That is the published formula, and what Table 2 of the standard lists. It treats the first sample as one more random
    one, although it always equals itself, so the chance of a false alarm can be a few times alpha. The corrected
    variant, 2 + critbinom(W - 1, 2^-H, 1 - alpha), keeps to alpha and is equal or one higher. The default is the
    published one: it is what an auditor looks up, and of the two it is the stricter test.

    Args:
        min_entropy: the claimed H in bits a sample, above 0 and at most 8.
        alpha: largest probability of a false alarm in each window, above 0 and at most 1/2.
        window: samples in a window: 512, or 1024 where a sample has one bit.
        corrected: whether the first sample of a window counts as given.

    Raises:
        ValueError: for an argument out of range, or if no count within a window is unlikely enough.

    Source: SP 800-90B section 4.4.2. Computed exactly: 2^-H is a fraction or enclosed by two.
    """
    entropy = _require_min_entropy(min_entropy)
    _require_alpha(alpha)
    if type(window) is not int or not 2 <= window <= 2**16:
        raise ValueError(f"window must be 2 to 65536 samples, not {window!r}")
    # Checked out here: to the cache, 1.5 and Fraction(3, 2) are one key, and so are True and 1.
    return _proportion_cutoff(entropy, alpha, window, corrected)


@lru_cache(maxsize=64)
def _proportion_cutoff(entropy: Fraction, alpha: Fraction, window: int, corrected: bool) -> int:
    trials = window - 1 if corrected else window
    low, high, bits = _probability(entropy)
    critical = _critical_value(trials, low, bits, alpha)
    # The critical value grows with the probability: if both ends of the enclosure give one value, it is the value.
    if critical != _critical_value(trials, high, bits, alpha):
        raise ValueError(f"the cutoff for H = {entropy} cannot be told at {bits} bits of precision; round H down")
    cutoff = critical + (2 if corrected else 1)
    if cutoff > window:
        raise ValueError(f"a window of {window} samples is too short for H = {entropy}: no count in it could fail")
    return cutoff


class RepetitionCountTest:
    """Fail when one sample comes too many times in a row (SP 800-90B section 4.4.1)."""

    __slots__ = ("_cutoff", "_last", "_run")

    def __init__(self, cutoff: int) -> None:
        """Take the run length that is a failure, at least 2."""
        self._cutoff = _require_cutoff(cutoff)
        self._last = -1
        self._run = 0

    def feed(self, samples: bytes) -> None:
        """Take the next samples; raises HealthTestFailure at the first run that reaches the cutoff."""
        for sample in samples:
            if sample != self._last:
                self._last = sample
                self._run = 1
                continue
            self._run += 1
            if self._run >= self._cutoff:
                raise HealthTestFailure(f"repetition count test: {self._run} equal samples in a row")


class AdaptiveProportionTest:
    """Fail when one sample comes too often in a window (SP 800-90B section 4.4.2)."""

    __slots__ = ("_count", "_cutoff", "_first", "_left", "_window")

    def __init__(self, cutoff: int, *, window: int = WINDOW) -> None:
        """Take the count that is a failure, 2 to window, and the number of samples in a window."""
        self._cutoff = _require_cutoff(cutoff)
        if type(window) is not int or window < cutoff:
            raise ValueError(f"window must be an int and at least the cutoff {cutoff}, not {window!r}")
        self._window = window
        self._first = -1
        self._count = 0
        self._left = 0

    def feed(self, samples: bytes) -> None:
        """Take the next samples; raises HealthTestFailure when the count of a window's first sample is the cutoff."""
        for sample in samples:
            if self._left == 0:
                self._first = sample
                self._count = 1
                self._left = self._window - 1
                continue
            self._left -= 1
            if sample == self._first:
                self._count += 1
                if self._count >= self._cutoff:
                    raise HealthTestFailure(
                        f"adaptive proportion test: one sample {self._count} times in a window of {self._window}"
                    )


class RepeatedBlockTest:
    """Fail when a block of 16 bytes equals one of the 64 before it.

    The tests of the standard judge single samples, so a source that gives the same buffer at every read, or counts from
    0 to 255 for ever, passes both. A block of full entropy repeats within this memory with a chance of at most 2^-122,
    one of 6 bits a byte with at most 2^-90. Blocks are counted from the start of each ``feed``, that is of each read.
    Only digests are remembered.
    """

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._seen: deque[bytes] = deque(maxlen=BLOCKS_REMEMBERED)

    def feed(self, samples: bytes) -> None:
        """Take one read's samples; raises HealthTestFailure at the first repeated block."""
        for start in range(0, len(samples) - BLOCK_BYTES + 1, BLOCK_BYTES):
            seen = hashlib.sha256(samples[start : start + BLOCK_BYTES]).digest()
            if seen in self._seen:
                raise HealthTestFailure(f"repeated block test: {BLOCK_BYTES} bytes came again within 64 blocks")
            self._seen.append(seen)


class HealthTests:
    """Run all three tests over one source, at start-up and for as long as it is read."""

    __slots__ = ("_tests", "samples_tested")

    def __init__(self, *, min_entropy: Fraction | int, alpha: Fraction) -> None:
        """Compute the cutoffs for the claimed min-entropy (bits a byte) and the chance of a false alarm.

        Raises:
            ValueError: for an argument out of range.
        """
        repetition = repetition_count_cutoff(min_entropy=min_entropy, alpha=alpha)
        proportion = adaptive_proportion_cutoff(min_entropy=min_entropy, alpha=alpha)
        self._tests = (RepetitionCountTest(repetition), AdaptiveProportionTest(proportion), RepeatedBlockTest())
        self.samples_tested = 0

    def feed(self, samples: bytes) -> None:
        """Take the next samples; raises HealthTestFailure if any test fails, and then none of them may be used."""
        self.samples_tested += len(samples)
        for test in self._tests:
            test.feed(samples)

    def start_up(self, samples: bytes) -> None:
        """Take the samples of a start-up test, which are thrown away afterwards (SP 800-90B section 4.3).

        Raises:
            ValueError: if there are fewer than 1024.
            HealthTestFailure: if any test fails.
        """
        if len(samples) < START_UP_SAMPLES:
            raise ValueError(f"a start-up test takes at least {START_UP_SAMPLES} samples, not {len(samples)}")
        self.feed(samples)


def _critical_value(trials: int, scaled: int, bits: int, alpha: Fraction) -> int:
    """Return the least k with P(X > k) <= alpha, for X binomial over the trials with p = scaled / 2^bits, exactly."""
    other = (1 << bits) - scaled
    limit = (alpha.numerator << bits * trials) // alpha.denominator
    # From k = trials downwards: term is P(X = k) and tail P(X > k), both times 2^(bits * trials), all divisions exact.
    term = scaled**trials
    tail = 0
    for k in range(trials, 0, -1):
        tail += term
        if tail > limit:
            return k
        term = term * k * other // (scaled * (trials - k + 1))
    return 0


def _probability(entropy: Fraction) -> tuple[int, int, int]:
    """Return low, high and bits with low / 2^bits <= 2^-H <= high / 2^bits; low is high where H is an integer."""
    if entropy.denominator == 1:
        return 1, 1, entropy.numerator
    # 2^-(a/b) * 2^bits is the b-th root of 2^(bits * b - a); search for its integer part one bit at a time.
    power = 1 << _ROOT_BITS * entropy.denominator - entropy.numerator
    root = 0
    for bit in range(_ROOT_BITS, -1, -1):
        if (root | 1 << bit) ** entropy.denominator <= power:
            root |= 1 << bit
    return root, root + 1, _ROOT_BITS


def _require_min_entropy(min_entropy: Fraction | int) -> Fraction:
    if type(min_entropy) not in (int, Fraction):
        raise ValueError(f"min-entropy must be an int or a Fraction of bits a sample, not {min_entropy!r}")
    entropy = Fraction(min_entropy)
    if not 0 < entropy <= _SAMPLE_BITS or entropy.denominator > _MOST_DENOMINATOR:
        raise ValueError(
            f"min-entropy must be above 0 and at most {_SAMPLE_BITS} bits a sample, with a denominator of at most "
            f"{_MOST_DENOMINATOR}; not {entropy}"
        )
    return entropy


def _require_alpha(alpha: Fraction) -> None:
    if type(alpha) is not Fraction or not 0 < alpha <= Fraction(1, 2):
        raise ValueError(f"alpha must be a Fraction above 0 and at most 1/2, such as Fraction(1, 2**40); not {alpha!r}")


def _require_cutoff(cutoff: int) -> int:
    if type(cutoff) is not int or cutoff < 2:
        raise ValueError(f"a cutoff must be an int of at least 2, not {cutoff!r}")
    return cutoff
