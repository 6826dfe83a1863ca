"""The compression estimate: Maurer's distances between equal blocks of six bits (SP 800-90B section 6.3.4)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import whole_number
from statistical_tests.sp800_90b.estimate import QUANTILE_995, Estimate, Value, bisect, min_entropy, not_estimated
from statistical_tests.sp800_90b.samples import Samples, require_samples

NAME = "Compression"
SECTION = "SP 800-90B 6.3.4"
BLOCK_BITS = 6
_VALUES = 1 << BLOCK_BITS
_DEVIATION_FACTOR = 0.5907  # the standard's correction for distances that depend on one another
_UNDERFLOW = 746.0  # e^-746 is 0 in doubles


def compression(samples: Samples, *, dictionary_blocks: int = 1000) -> Estimate:
    """Estimate min-entropy of bits from the mean logarithm of distances between equal blocks.

    Args:
        samples: of one bit; two blocks more than `dictionary_blocks` are needed.
        dictionary_blocks: how many blocks at the beginning are only remembered, d: 1000 in the standard, 4 in its
            example.

    Raises:
        BadInput: dictionary_blocks is not 1 or more.
    """
    samples = require_samples(samples)
    dictionary_blocks = whole_number(dictionary_blocks, "dictionary_blocks", least=1)
    if samples.width != 1:
        return not_estimated(NAME, SECTION, f"samples have {samples.width} bits, and this estimator takes single bits")
    blocks = len(samples) // BLOCK_BITS
    parameters: dict[str, Value] = {
        "samples": len(samples),
        "width": 1,
        "block_bits": BLOCK_BITS,
        "dictionary_blocks": dictionary_blocks,
    }
    if blocks < dictionary_blocks + 2:
        reason = f"{blocks} blocks of {BLOCK_BITS} bits, and {dictionary_blocks + 2} are needed"
        return not_estimated(NAME, SECTION, reason, parameters=parameters)
    logarithms = np.log2(_distances(samples.values, blocks)[dictionary_blocks:])
    tested = len(logarithms)
    mean = float(logarithms.mean())
    variance = max(float((logarithms**2).sum()) / (tested - 1) - mean**2, 0.0)
    deviation = _DEVIATION_FACTOR * math.sqrt(variance)
    lower = mean - QUANTILE_995 * deviation / math.sqrt(tested)
    expected = _Expected(blocks, dictionary_blocks)
    probability = 1 / _VALUES
    if expected(probability) > lower:
        probability = bisect(expected, lower, probability, 1.0)
    statistic = {
        "tested_blocks": tested,
        "mean": mean,
        "deviation": deviation,
        "lower_bound": lower,
        "probability": probability,
    }
    return Estimate(NAME, SECTION, min_entropy(probability) / BLOCK_BITS, statistic, parameters)


def _distances(bits: NDArray[np.uint8], blocks: int) -> NDArray[np.int64]:
    """Return for each block how far back the same was; for the first of its value, its place from 1."""
    weights = 1 << np.arange(BLOCK_BITS - 1, -1, -1)
    values = bits[: blocks * BLOCK_BITS].reshape(blocks, BLOCK_BITS) @ weights
    order = np.argsort(values, kind="stable")
    distances = np.empty(blocks, dtype=np.int64)
    steps = np.diff(order, prepend=0)
    firsts = np.flatnonzero(np.diff(values[order], prepend=-1))
    steps[firsts] = order[firsts] + 1
    distances[order] = steps
    return distances


class _Expected:
    """The mean of the statistic if one block has probability p and all others are alike: it falls as p grows.

    The double sum of the standard's G(z) counts log2(u) (1 - z)^(u - 1) z^2 once for each block after u and after the
    dictionary, and the last term of each block is log2(t) (1 - z)^(t - 1) z: a sum over u alone.
    """

    def __init__(self, blocks: int, dictionary_blocks: int) -> None:
        places = np.arange(1, blocks + 1, dtype=np.float64)
        logarithms = np.log2(places)
        self.tested = blocks - dictionary_blocks
        self.places = places - 1
        self.inner = logarithms * np.minimum(blocks - places, self.tested)
        self.last = np.where(places > dictionary_blocks, logarithms, 0.0)

    def __call__(self, probability: float) -> float:
        other = (1 - probability) / (_VALUES - 1)
        return self._sum(probability) + (_VALUES - 1) * self._sum(other)

    def _sum(self, z: float) -> float:
        if z >= 1:
            return 0.0  # only u = 1 is left, and log2(1) is 0
        rate = math.log1p(-z)
        terms = len(self.places) if z == 0 else min(len(self.places), math.ceil(_UNDERFLOW / -rate) + 1)
        powers = np.exp(self.places[:terms] * rate)
        inner = float((self.inner[:terms] * powers).sum())
        last = float((self.last[:terms] * powers).sum())
        return z * (z * inner + last) / self.tested
