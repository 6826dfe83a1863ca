"""LongestRun: how long the longest run of ones of each block is."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy as np

from statistical_tests import kernel
from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.shared import Floats, Shared, class_chi_square, of, require_mode

NAME = "LongestRun"
SECTION = "SP 800-22 2.4"
LEAST_BITS = 128

_CLASSES = {8: (1, 4), 128: (4, 9), 10_000: (10, 16)}
"""By bits of a block: the longest run of the first class (or less), and of the last (or more)."""
_C_CODE: dict[int, tuple[float, ...]] = {
    8: (0.21484375, 0.3671875, 0.23046875, 0.1875),
    128: (0.1174035788, 0.242955959, 0.249363483, 0.17517706, 0.102701071, 0.112398847),
    10_000: (0.0882, 0.2092, 0.2483, 0.1933, 0.1208, 0.0675, 0.0727),
}


def longest_run(bits: Bits | Shared, *, block_bits: int | None = None, mode: str = "corrected") -> Finding:
    """Test whether the longest runs of ones of blocks are distributed as they should be.

    `corrected`: the probabilities of the classes are exact, counted with integers. `nist-compat`: those of the C code,
    which at blocks of 10,000 bits are off by up to 0.0016 (0.0882 for the first class, which is 0.0866). Chi-square is
    the limit for many blocks: at 128 bits there are only 16, and at 10^6 bits 100, so that p-values are coarse.

    Args:
        bits: 128 or more.
        block_bits: 8, 128 or 10,000; by default as the standard says, 8 below 6,272 bits and 128 below 750,000.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: no bits, no such mode, or blocks of another size.
    """
    shared, mode = of(bits), require_mode(mode)
    length = len(shared)
    if block_bits is None:
        block_bits = 8 if length < 6272 else 128 if length < 750_000 else 10_000
    block_bits = whole_number(block_bits, "block_bits", least=1)
    if block_bits not in _CLASSES:
        raise BadInput(f"block_bits is {block_bits}: the standard has classes for 8, 128 and 10000")
    blocks = length // block_bits
    parameters = {"mode": mode, "bits": length, "block_bits": block_bits, "blocks": blocks}
    if length < LEAST_BITS or not blocks:
        reason = f"{max(LEAST_BITS, block_bits)} bits at least, and there are {length}"
        return not_applicable(NAME, SECTION, reason, parameters=parameters)
    first, last = _CLASSES[block_bits]
    found = np.clip(kernel.longest_runs(shared.bits.packed, length, block_bits), first, last)
    counts = np.bincount(found - first, minlength=last - first + 1)
    chances = class_probabilities(block_bits) if mode == "corrected" else np.array(_C_CODE[block_bits])
    chi_square, p_value = class_chi_square(counts, chances)
    statistic = {"chi_square": chi_square, "first_class": first, "counts": counts.tolist()}
    return Finding(NAME, SECTION, parameters, statistic, (p_value,))


@cache
def class_probabilities(block_bits: int) -> Floats:
    """Return the exact probabilities of the classes of blocks of 8, 128 or 10,000 bits."""
    first, last = _CLASSES[block_bits]
    below = [strings_within(block_bits, run) for run in range(first, last)]
    ends = [0, *below, 1 << block_bits]
    chances = np.array([float(Fraction(high - low, 1 << block_bits)) for low, high in pairwise(ends)])
    chances.flags.writeable = False
    return chances


def strings_within(length: int, run: int) -> int:
    """Count the strings of `length` bits with no run of ones longer than `run`.

    There are 2^n for n up to `run`, one fewer for n = run + 1, and then f(n) = 2 f(n - 1) - f(n - run - 2): a string
    goes on with either bit, save that a one may not complete `run` + 1 ones behind a zero.
    """
    counts = [1 << size for size in range(min(length, run) + 1)]
    if length > run:
        counts.append((1 << (run + 1)) - 1)
    for size in range(run + 2, length + 1):
        counts.append(2 * counts[size - 1] - counts[size - run - 2])
    return counts[length]
