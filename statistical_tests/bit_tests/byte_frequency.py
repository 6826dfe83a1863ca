"""Byte frequency: Pearson's chi-square over the values of words of eight bits, or of another width."""

from __future__ import annotations

import numpy as np

from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bit_tests.reference import LEAST_EXPECTED, chi_square_p
from statistical_tests.bit_tests.words import words
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable

NAME = "ByteFrequency"
SECTION = "TAOCP 3.3.2 A (equidistribution)"
WIDEST = 20


def byte_frequency(bits: Bits, *, word_bits: int = 8) -> Finding:
    """Test whether all values of the words are equally frequent.

    Words do not overlap. The reference is chi-square with 2^word_bits - 1 degrees of freedom, asymptotic: each value is
    expected five times or more. From 32 degrees of freedom on the p-value is two-sided, because values that are spread
    too evenly (a counter, a shuffled list) are no better than values that are not.

    Args:
        bits: the sequence.
        word_bits: bits a word, 1 to 20.

    Raises:
        BadInput: an argument is out of range.
    """
    require_bits(bits)
    word_bits = whole_number(word_bits, "word_bits", least=1, most=WIDEST)
    parameters = {"word_bits": word_bits}
    kinds, count = 1 << word_bits, len(bits) // word_bits
    if count < LEAST_EXPECTED * kinds:
        reason = f"{count} words of {word_bits} bits, and {int(LEAST_EXPECTED) * kinds} are needed"
        return not_applicable(NAME, SECTION, reason, parameters=parameters)
    if word_bits == 8:
        observed = np.bincount(bits.packed[:count], minlength=kinds)
    else:
        observed = np.bincount(words(bits, word_bits).astype(np.int64), minlength=kinds)
    expected = count / kinds
    chi_square = float(((observed - expected) ** 2).sum() / expected)
    statistic = {
        "words": count,
        "chi_square": chi_square,
        "freedom": kinds - 1,
        "rarest": int(observed.argmin()),
        "rarest_count": int(observed.min()),
        "commonest": int(observed.argmax()),
        "commonest_count": int(observed.max()),
    }
    return Finding(NAME, SECTION, parameters, statistic, (chi_square_p(chi_square, kinds - 1),))
