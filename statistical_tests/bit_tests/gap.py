"""Gap test: how many words pass between those that fall into a range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bit_tests.reference import LEAST_EXPECTED, pearson
from statistical_tests.bit_tests.words import words
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable

NAME = "Gap"
SECTION = "TAOCP 3.3.2 D"
LEAST_GAPS = 100
_SPARED = 6  # standard deviations


def gap(bits: Bits, *, word_bits: int = 8, lower: int = 0, upper: int = 16) -> Finding:
    """Test the lengths of the gaps between words from `lower` to `upper` - 1.

    Gaps of ideal words are independent and geometric. As many gaps are judged as the sequence all but certainly has
    (six standard deviations less than the expected number): a number fixed beforehand, so that the last, unfinished
    gap makes no short ones look frequent. Where there are fewer, those that are missing count as gaps of the longest
    class. Pearson's statistic over the lengths, longer ones pooled until 5 are expected; asymptotic.

    Args:
        bits: the sequence.
        word_bits: bits a word, 1 to 32.
        lower: the first value of the range.
        upper: the value after its last; the range is not the whole.

    Raises:
        BadInput: an argument is out of range.
    """
    require_bits(bits)
    word_bits = whole_number(word_bits, "word_bits", least=1, most=32)
    kinds = 1 << word_bits
    lower = whole_number(lower, "lower", least=0, most=kinds - 1)
    upper = whole_number(upper, "upper", least=lower + 1, most=kinds)
    if upper - lower == kinds:
        raise BadInput(f"the range {lower} to {upper} holds all values of {word_bits} bits: there would be no gaps")
    chance = (upper - lower) / kinds
    count = len(bits) // word_bits
    planned = int(count * chance - _SPARED * (count * chance * (1 - chance)) ** 0.5)
    parameters = {"word_bits": word_bits, "lower": lower, "upper": upper}
    if planned < LEAST_GAPS:
        reason = (
            f"{count} words of {word_bits} bits, which are sure of {max(0, planned)} gaps, and {LEAST_GAPS} are needed"
        )
        return not_applicable(NAME, SECTION, reason, parameters=parameters)
    values = words(bits, word_bits)
    inside = np.flatnonzero((values >= np.uint64(lower)) & (values < upper))[:planned]
    gaps = np.diff(inside, prepend=-1) - 1
    # The classes are those of the planned number, also where there are fewer gaps.
    classes = 1
    while planned * (1 - chance) ** classes >= LEAST_EXPECTED:
        classes += 1
    lengths = np.arange(classes)
    probabilities: NDArray[np.float64] = chance * np.power(1 - chance, lengths)
    probabilities[-1] = (1 - chance) ** (classes - 1)
    observed = np.bincount(np.minimum(gaps, classes - 1), minlength=classes).astype(np.int64)
    statistic: dict[str, int | float] = {"gaps": len(gaps), "planned": planned}
    if len(gaps) < planned:
        # The range was hit less often than ideal words ever do: whatever gaps are missing, they are long ones.
        observed[-1] += planned - len(gaps)
    fit = pearson(observed, probabilities)
    statistic |= {"chi_square": fit.statistic, "freedom": fit.freedom}
    return Finding(NAME, SECTION, parameters, statistic, (fit.p_value,))
