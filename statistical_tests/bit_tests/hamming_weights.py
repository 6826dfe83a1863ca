"""Weight distribution: how many ones the words have, and whether one word's number says something of a later one's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bit_tests.reference import LEAST_EXPECTED, normal_p, pearson
from statistical_tests.bit_tests.words import MOST_BITS, words
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable

WEIGHTS = "HammingWeights"
WEIGHTS_SECTION = "L'Ecuyer & Simard, sstring_HammingWeight"
DEPENDENCE = "HammingDependence"
DEPENDENCE_SECTION = "L'Ecuyer & Simard, sstring_HammingCorr and sstring_HammingIndep"
LEAST_WORDS = 100
_CHUNK = 1 << 16  # words at a time


def hamming_weights(bits: Bits, *, word_bits: int = 32) -> Finding:
    """Test the number of ones of the words.

    It is binomial: C(word_bits, k) / 2^word_bits. Pearson's statistic over k, the tails pooled until 5 are expected,
    is asymptotic.

    Args:
        bits: the sequence.
        word_bits: bits a word, 2 to 64.

    Raises:
        BadInput: an argument is out of range.
    """
    require_bits(bits)
    word_bits = whole_number(word_bits, "word_bits", least=2, most=MOST_BITS)
    parameters = {"word_bits": word_bits}
    count = len(bits) // word_bits
    if count < LEAST_WORDS:
        reason = f"{count} words of {word_bits} bits, and {LEAST_WORDS} are needed"
        return not_applicable(WEIGHTS, WEIGHTS_SECTION, reason, parameters=parameters)
    observed = np.bincount(weights(bits, word_bits), minlength=word_bits + 1).astype(np.int64)
    probabilities = np.asarray([math.ldexp(math.comb(word_bits, k), -word_bits) for k in range(word_bits + 1)])
    fit = pearson(observed, probabilities)
    statistic = {"words": count, "chi_square": fit.statistic, "freedom": fit.freedom}
    return Finding(WEIGHTS, WEIGHTS_SECTION, parameters, statistic, (fit.p_value,))


def hamming_dependence(bits: Bits, *, word_bits: int = 32, lag: int = 1) -> Finding:
    """Test whether the number of ones of a word says something of that of the word `lag` later.

    ``correlation``: the sum of (2 k[i] - w)(2 k[i + lag] - w) over all words has mean 0 and variance w^2 for each of
    its terms, which are uncorrelated, both exactly; the normal distribution is asymptotic, two-sided. ``pairs``: of
    pairs that do not overlap, each word has fewer ones than half its bits, half of them, or more; Pearson's statistic
    over the nine (four for odd widths) combinations, whose probabilities are exact.

    Args:
        bits: the sequence.
        word_bits: bits a word, 2 to 64.
        lag: from one word of a pair to the other, 1 or more.

    Returns:
        The finding, with columns ``correlation`` and ``pairs``.

    Raises:
        BadInput: an argument is out of range.
    """
    require_bits(bits)
    word_bits = whole_number(word_bits, "word_bits", least=2, most=MOST_BITS)
    lag = whole_number(lag, "lag", least=1)
    parameters = {"word_bits": word_bits, "lag": lag}
    columns = ("correlation", "pairs")
    half = math.ldexp(math.comb(word_bits, word_bits // 2), -word_bits) if word_bits % 2 == 0 else 0.0
    sides = np.asarray([(1 - half) / 2, half, (1 - half) / 2] if half else [0.5, 0.5])
    probabilities = np.outer(sides, sides).reshape(-1)
    count = len(bits) // word_bits
    least = max(LEAST_WORDS, math.ceil(2 * LEAST_EXPECTED / float(probabilities.min()))) + 2 * lag
    if count < least:
        reason = f"{count} words of {word_bits} bits, and {least} are needed"
        return not_applicable(DEPENDENCE, DEPENDENCE_SECTION, reason, parameters=parameters, columns=columns)
    total, observed = _neighbours(weights(bits, word_bits), word_bits, lag)
    deviation = total / (word_bits * math.sqrt(count - lag))
    fit = pearson(observed, probabilities)
    statistic = {
        "words": count,
        "correlation": total / (word_bits * (count - lag)),
        "deviations": deviation,
        "pairs": int(observed.sum()),
        "chi_square": fit.statistic,
        "freedom": fit.freedom,
    }
    p_values = (normal_p(deviation), fit.p_value)
    return Finding(DEPENDENCE, DEPENDENCE_SECTION, parameters, statistic, p_values, columns)


def _neighbours(found: NDArray[np.uint8], word_bits: int, lag: int) -> tuple[int, NDArray[np.int64]]:
    """Return the sum of products over all words that are `lag` apart, and the counts of the pairs' combinations."""
    sides = 3 if word_bits % 2 == 0 else 2
    # Words 0 … lag - 1 pair with lag … 2 lag - 1, and so on: no word is in two pairs.
    paired = len(found) // (2 * lag) * 2 * lag
    total, observed = 0, np.zeros(sides * sides, dtype=np.int64)
    step = max(1, _CHUNK // (2 * lag)) * 2 * lag
    for start in range(0, len(found), step):
        centred = 2 * found[start : start + step + lag].astype(np.int64) - word_bits
        total += int(np.dot(centred[:-lag], centred[lag:]))
        signs = np.sign(centred[: max(0, min(step, paired - start))]).reshape(-1, 2, lag)
        places = signs + 1 if sides == 3 else (signs + 1) // 2
        observed += np.bincount((places[:, 0] * sides + places[:, 1]).reshape(-1), minlength=sides * sides)
    return total, observed


def weights(bits: Bits, word_bits: int) -> NDArray[np.uint8]:
    """Return the number of ones of each whole word, shape [length // word_bits]."""
    values: NDArray[Any]
    if word_bits in (8, 16, 32, 64):  # the order of a word's bytes changes no count
        values = bits.packed[: len(bits) // word_bits * word_bits // 8].view(f"=u{word_bits // 8}")
    else:
        values = words(bits, word_bits)
    found: NDArray[np.uint8] = np.bitwise_count(values)
    return found
