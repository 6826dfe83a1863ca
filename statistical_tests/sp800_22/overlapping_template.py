"""OverlappingTemplate: whether runs of ones occur as often as they should."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from statistical_tests import kernel
from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.shared import Floats, Shared, class_chi_square, of, recommended, require_mode

NAME = "OverlappingTemplate"
SECTION = "SP 800-22 2.8"
LEAST_EXPECTED = 5.0

_LAST = 5
"""The last class: so many occurrences or more."""


def overlapping_template(
    bits: Bits | Shared, *, template_bits: int = 9, block_bits: int = 1032, mode: str = "corrected"
) -> Finding:
    """Test whether m ones in a row occur 0, 1, 2, 3, 4, 5 or more times in blocks as often as they should.

    `corrected`: the exact probabilities of the classes for any m and M, by a transfer matrix over (ones at the end,
    occurrences so far); sums of positive numbers only, so that they hold to about 12 digits. `nist-compat`: the limit
    with which the C code overwrites its own corrected table (it is off by up to 0.004 at m = 9, M = 1032, so that p
    falls below 0.01 in 1.2 % of ideal streams of 10^6 bits; many streams together show it).

    Args:
        bits: enough blocks for five expected in the rarest class.
        template_bits: m, 2 to 24.
        block_bits: M, m or more.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: no bits, no such mode, or a number out of range.
    """
    shared, mode = of(bits), require_mode(mode)
    template_bits = whole_number(template_bits, "template_bits", least=2, most=24)
    block_bits = whole_number(block_bits, "block_bits", least=template_bits)
    length = len(shared)
    blocks = length // block_bits
    parameters = {
        "mode": mode,
        "bits": length,
        "template_bits": template_bits,
        "block_bits": block_bits,
        "blocks": blocks,
    }
    if mode == "corrected":
        chances = class_probabilities(template_bits, block_bits)
    else:
        chances = limit_probabilities(template_bits, block_bits)
    rarest = float(chances.min()) * blocks
    text = f"{LEAST_EXPECTED:g} blocks expected in each class at least, and the rarest has {rarest:.3g} of {blocks}"
    reason, notes = recommended(mode, rarest >= LEAST_EXPECTED, text)
    if reason or not blocks or not rarest > 0:
        return not_applicable(NAME, SECTION, reason or text, parameters=parameters)
    ones = (1 << template_bits) - 1
    found = kernel.template_counts(shared.bits.packed, length, block_bits, ones, template_bits)
    counts = np.bincount(np.minimum(found, _LAST), minlength=_LAST + 1)
    chi_square, p_value = class_chi_square(counts, chances)
    statistic = {"chi_square": chi_square, "counts": counts.tolist()}
    return Finding(NAME, SECTION, parameters, statistic, (p_value,), notes=notes)


@cache
def class_probabilities(template_bits: int, block_bits: int) -> Floats:
    """Return the exact probabilities of 0, 1 … 4, and 5 or more occurrences of `template_bits` ones in a block.

    A state is the number of ones at the end (0 to m, where m stands for m or more) and the occurrences so far.
    """
    ends = template_bits + 1
    step = np.zeros((ends * (_LAST + 1), ends * (_LAST + 1)))
    for seen in range(_LAST + 1):
        for end in range(ends):
            here = seen * ends + end
            step[here, seen * ends] += 0.5
            longer = min(end + 1, template_bits)
            step[here, min(seen + (longer == template_bits), _LAST) * ends + longer] += 0.5
    after = np.linalg.matrix_power(step, block_bits)[0]
    chances: Floats = after.reshape(_LAST + 1, ends).sum(axis=1)
    chances.flags.writeable = False
    return chances


@cache
def limit_probabilities(template_bits: int, block_bits: int) -> Floats:
    """Return the probabilities of the C code: those of the limit (SP 800-22 3.8), with the last what is left to one."""
    eta = (block_bits - template_bits + 1) / 2.0**template_bits / 2.0
    chances = [math.exp(-eta)]
    for count in range(1, _LAST):
        terms = (math.comb(count - 1, i - 1) * eta**i / math.factorial(i) for i in range(1, count + 1))
        chances.append(math.exp(-eta) / 2.0**count * math.fsum(terms))
    return np.array([*chances, 1.0 - math.fsum(chances)])
