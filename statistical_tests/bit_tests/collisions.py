"""Collision test: how many words fall where one of the sample already is, with the exact distribution."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bit_tests.reference import two_sided
from statistical_tests.bit_tests.words import words
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable

NAME = "Collision"
SECTION = "TAOCP 3.3.2 I"
MOST_BALLS = 1 << 16
_NEGLIGIBLE = 1e-280  # probabilities that are left out, far below the smallest p-value that anybody reads


def collisions(bits: Bits, *, word_bits: int = 20, balls: int = 1 << 14, most_samples: int = 256) -> Finding:
    """Test how many words of a sample are values that it already had, over all samples together.

    The words of a sample are balls thrown into 2^word_bits urns; a ball collides that lands in an urn which is not
    empty. The distribution is computed exactly (Knuth's recurrence, in doubles), and that of the sum over samples by
    convolution. The p-value is two-sided and conservative: numbers that avoid one another (a full period, a
    permutation) are as suspect as numbers that repeat.

    Args:
        bits: the sequence.
        word_bits: bits a word, 4 to 32.
        balls: words a sample, 2 to 65,536. Knuth's sample: 2^14 balls in 2^20 urns, some 127 collisions.
        most_samples: how many samples at most.

    Raises:
        BadInput: an argument is out of range.
    """
    require_bits(bits)
    word_bits = whole_number(word_bits, "word_bits", least=4, most=32)
    balls = whole_number(balls, "balls", least=2, most=MOST_BALLS)
    most_samples = whole_number(most_samples, "most_samples", least=1)
    samples = min(most_samples, len(bits) // word_bits // balls)
    parameters = {"word_bits": word_bits, "balls": balls, "samples": samples}
    if not samples:
        reason = f"{len(bits)} bits, and one sample of {balls} words of {word_bits} bits takes more"
        return not_applicable(NAME, SECTION, reason, parameters=parameters)
    values = np.sort(words(bits, word_bits, most=samples * balls).reshape(samples, balls), axis=1)
    count = int(np.count_nonzero(values[:, 1:] == values[:, :-1]))
    first, chances = _of_sum(balls, 1 << word_bits, samples)
    lower = math.fsum(chances[: max(0, count - first + 1)])
    upper = math.fsum(chances[max(0, count - first) :])
    expected = samples * expected_collisions(balls, 1 << word_bits)
    return Finding(NAME, SECTION, parameters, {"collisions": count, "expected": expected}, (two_sided(lower, upper),))


def expected_collisions(balls: int, urns: int) -> float:
    """Return the expected number of collisions: balls less the expected number of urns that are not empty."""
    return balls + urns * math.expm1(balls * math.log1p(-1.0 / urns))


@lru_cache(maxsize=16)
def collision_probabilities(balls: int, urns: int) -> NDArray[np.float64]:
    """Return the probability of each number of collisions, shape [some], from 0 on until it is negligible.

    With t balls thrown and c collisions t - c urns are taken, so that the next ball collides with probability (t - c)
    / urns.
    """
    mean = expected_collisions(balls, urns)
    reach = min(balls, int(mean + 40 * math.sqrt(mean) + 400))
    chances = np.zeros(reach + 1)
    chances[0] = 1.0
    places = np.arange(reach + 1, dtype=np.float64)
    for thrown in range(balls):
        used = min(reach, thrown) + 1
        hit = chances[:used] * ((thrown - places[:used]) / urns)
        chances[:used] -= hit
        chances[1 : used + 1] += hit[: len(chances[1 : used + 1])]
    np.maximum(chances, 0.0, out=chances)
    chances.flags.writeable = False
    return chances


@lru_cache(maxsize=64)
def _of_sum(balls: int, urns: int, samples: int) -> tuple[int, NDArray[np.float64]]:
    """Return the probabilities of the collisions of all samples together, and of which number the first one is."""
    base = _trimmed(0, collision_probabilities(balls, urns))
    total: tuple[int, NDArray[np.float64]] | None = None
    while True:
        if samples & 1:
            total = base if total is None else _trimmed(total[0] + base[0], np.convolve(total[1], base[1]))
        samples >>= 1
        if not samples:
            assert total is not None  # there is one sample or more
            return total
        base = _trimmed(2 * base[0], np.convolve(base[1], base[1]))


def _trimmed(first: int, chances: NDArray[np.float64]) -> tuple[int, NDArray[np.float64]]:
    kept = np.flatnonzero(chances > _NEGLIGIBLE)
    return first + int(kept[0]), chances[kept[0] : kept[-1] + 1]
