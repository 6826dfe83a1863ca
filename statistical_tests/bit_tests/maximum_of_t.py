"""Maximum-of-t test: the largest of several successive words."""

from __future__ import annotations

import numpy as np

from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bit_tests.reference import LEAST_EXPECTED, pearson
from statistical_tests.bit_tests.words import words
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable

NAME = "MaximumOfT"
SECTION = "TAOCP 3.3.2 H"
_CHUNK = 1 << 20  # words at a time


def maximum_of_t(bits: Bits, *, word_bits: int = 16, group: int = 8, classes: int = 64) -> Finding:
    """Test the largest word of each group.

    The largest of t words of w bits is at most v with probability ((v + 1) / 2^w)^t, exactly. The values are cut into
    classes that are equally likely as far as whole numbers allow; their probabilities are those of the cuts.
    Pearson's statistic over the classes is asymptotic, with 5 expected in each, and two-sided from 32 degrees of
    freedom on.

    Args:
        bits: the sequence.
        word_bits: bits a word, 8 to 32.
        group: t, words a group, 2 to 64.
        classes: 2 to 1024.

    Raises:
        BadInput: an argument is out of range.
    """
    require_bits(bits)
    word_bits = whole_number(word_bits, "word_bits", least=8, most=32)
    group = whole_number(group, "group", least=2, most=64)
    classes = whole_number(classes, "classes", least=2, most=1024)
    parameters = {"word_bits": word_bits, "group": group, "classes": classes}
    groups = len(bits) // word_bits // group
    least = int(LEAST_EXPECTED * classes)
    if groups < least:
        reason = f"{groups} groups of {group} words of {word_bits} bits, and {least} are needed"
        return not_applicable(NAME, SECTION, reason, parameters=parameters)
    kinds = 1 << word_bits
    cuts = np.unique(np.round(kinds * (np.arange(1, classes) / classes) ** (1 / group)).astype(np.int64))
    edges = np.concatenate([[0], cuts, [kinds]])  # a class holds values from one edge to below the next
    probabilities = np.diff((edges / kinds) ** group)
    observed = np.zeros(len(probabilities), dtype=np.int64)
    step = max(1, _CHUNK // group)
    for start in range(0, groups, step):
        stop = min(groups, start + step)
        part = bits.slice(start * group * word_bits, stop * group * word_bits)
        largest = words(part, word_bits).reshape(-1, group).max(axis=1).astype(np.int64)
        observed += np.bincount(np.searchsorted(cuts, largest, side="right"), minlength=len(observed))
    fit = pearson(observed, probabilities)
    statistic = {"groups": groups, "chi_square": fit.statistic, "freedom": fit.freedom}
    return Finding(NAME, SECTION, parameters, statistic, (fit.p_value,))
