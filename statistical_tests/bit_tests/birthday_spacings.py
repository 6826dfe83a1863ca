"""Birthday spacings: equal distances between sorted words, which lattices have too many of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bit_tests.reference import poisson_p
from statistical_tests.bit_tests.words import words
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable

NAME = "BirthdaySpacings"
SECTION = "TAOCP 3.3.2 J; L'Ecuyer & Simard, On the performance of birthday spacings tests, 2001"
NARROWEST = 16
DENSEST = 2.0**-6
"""The largest points^2 / 2^word_bits."""
_CHUNK = 1 << 20  # words


def usual_points(word_bits: int) -> int:
    """Return the usual points of a sample: a power of two that expects 1 to 8 equal spacings; fewer below 24 bits."""
    return 1 << min((word_bits + 4) // 3, word_bits // 2 - 3)


def birthday_spacings(bits: Bits, *, word_bits: int = 32, points: int | None = None) -> Finding:
    """Test how many spacings between sorted words are equal, over all samples together.

    The words of a sample are birthdays in a year of k = 2^word_bits days. They are sorted; the n spacings (around the
    year) are sorted too; R counts those that are equal to the one before. Congruential generators of modulus m fail
    from some 16 m^(1/3) points on, however good their lattices (L'Ecuyer and Simard, for words that one to a few
    numbers make). Here the low byte of MINSTD, five or six to a word, fails at 2^31; the top byte of one modulo 2^48
    does not yet at 10^6 numbers.

    R is Poisson in the limit. Its mean is taken with the next term, n (n - 1)^2 / 4k - n^5 / 18k^2, which is right to
    about (n^2 / k)^2 and 1 / n^2 in proportion (TAOCP's exact table for n = 512, k = 2^25 has mean 0.995; this is
    0.994); the variance is the mean to within n^2 / k. Samples are independent, so that the sum of R is Poisson too,
    and the p-value is two-sided and conservative.

    Args:
        bits: the sequence.
        word_bits: bits a word, 16 to 64.
        points: words a sample, 4 to 2^(word_bits / 2 - 3); by default `usual_points`.

    Raises:
        BadInput: an argument is out of range.
    """
    require_bits(bits)
    word_bits = whole_number(word_bits, "word_bits", least=NARROWEST, most=64)
    points = usual_points(word_bits) if points is None else whole_number(points, "points", least=4)
    days = 2.0**word_bits
    if points * points > DENSEST * days:
        most = int((DENSEST * days) ** 0.5)
        raise BadInput(f"points is {points}: with words of {word_bits} bits the reference holds up to {most}")
    samples = len(bits) // word_bits // points
    parameters = {"word_bits": word_bits, "points": points, "samples": samples}
    if not samples:
        reason = f"{len(bits)} bits, and one sample of {points} words of {word_bits} bits takes more"
        return not_applicable(NAME, SECTION, reason, parameters=parameters)
    equal = 0
    step = max(1, _CHUNK // points)  # samples at a time
    for start in range(0, samples, step):
        stop = min(samples, start + step)
        part = bits.slice(start * points * word_bits, stop * points * word_bits)
        equal += equal_spacings(words(part, word_bits).reshape(stop - start, points), word_bits)
    mean = samples * expected_equal(points, days)
    return Finding(NAME, SECTION, parameters, {"equal": equal, "expected": mean}, (poisson_p(equal, mean),))


def expected_equal(points: int, days: float) -> float:
    """Return the expected number of equal spacings of one ideal sample, to (points^2 / days)^2 in proportion."""
    return points * (points - 1.0) ** 2 / (4 * days) - points**5 / (18 * days * days)


def equal_spacings(samples: NDArray[np.uint64], word_bits: int) -> int:
    """Count the equal spacings of all samples, shape [samples, points]."""
    ordered = np.sort(samples, axis=1)
    spacings = np.empty_like(ordered)
    spacings[:, :-1] = ordered[:, 1:] - ordered[:, :-1]
    spacings[:, -1] = ordered[:, 0] - ordered[:, -1]  # around the year, modulo 2^64
    spacings &= np.uint64((1 << word_bits) - 1)
    spacings.sort(axis=1)
    return int(np.count_nonzero(spacings[:, 1:] == spacings[:, :-1]))
