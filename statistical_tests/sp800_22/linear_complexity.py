"""LinearComplexity: how long a shift register makes each block."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np

from statistical_tests import kernel
from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.shared import Floats, Shared, class_chi_square, of, recommended, require_mode

NAME = "LinearComplexity"
SECTION = "SP 800-22 2.10"
LEAST_BLOCKS = 200
FEW_BLOCKS = 480
"""Below it, the rarest class is expected fewer than five times."""

_SIDE = 3
"""Classes to each side of the middle one."""
_C_CODE = (0.01047, 0.03125, 0.12500, 0.50000, 0.25000, 0.06250, 0.020833)


def linear_complexity(bits: Bits | Shared, *, block_bits: int = 500, mode: str = "corrected") -> Finding:
    """Test whether the linear complexities of blocks are distributed as they should be.

    The statistic of a block of M bits with complexity L is T = (-1)^M (L - mean) + 2/9, and its classes are T up to
    -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, and above. The exact mean is M/2 + (9 + (-1)^(M+1)) / 36 - (M/3 + 2/9) / 2^M; the C
    code has (-1)^M there, which moves T by 1/18 and, as T is near a whole number, no block to another class.
    `corrected`: the probabilities of the classes are exact for the given M, counted with integers (Rueppel: 2^min(2M -
    2L, 2L - 1) strings of complexity L > 0). `nist-compat`: those of the C code, of which 0.01047 should be 1/96 =
    0.010417 and which sum to 1.000053. The pattern over M = 500 sees registers up to about 250 bits.

    Args:
        bits: 200 blocks or more, as the standard recommends.
        block_bits: M, 10 to 50,000; the standard recommends 500 to 5,000.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: no bits, no such mode, or M out of range.
    """
    shared, mode = of(bits), require_mode(mode)
    block_bits = whole_number(block_bits, "block_bits", least=10, most=50_000)
    length = len(shared)
    blocks = length // block_bits
    parameters = {"mode": mode, "bits": length, "block_bits": block_bits, "blocks": blocks}
    text = f"{LEAST_BLOCKS} blocks ({LEAST_BLOCKS * block_bits} bits) at least, and there are {blocks}"
    reason, notes = recommended(mode, blocks >= LEAST_BLOCKS, text)
    if reason or not blocks:
        return not_applicable(NAME, SECTION, reason or text, parameters=parameters)
    found = kernel.linear_complexities(shared.bits.packed, length, block_bits)
    counts = np.bincount(np.clip(_steps(found, block_bits), -_SIDE, _SIDE) + _SIDE, minlength=2 * _SIDE + 1)
    if mode == "corrected" and blocks < FEW_BLOCKS:
        notes = (f"{blocks} blocks are few: p-values below 0.001 are too small, by up to 5 times at 0.0001",)
    chances = class_probabilities(block_bits) if mode == "corrected" else np.array(_C_CODE)
    chi_square, p_value = class_chi_square(counts, chances)
    statistic = {"chi_square": chi_square, "counts": counts.tolist()}
    return Finding(NAME, SECTION, parameters, statistic, (p_value,), notes=notes)


def _steps(complexity: kernel.Counts, block_bits: int) -> kernel.Counts:
    """Return T to the nearest whole number: how far above, in its own direction, the most frequent complexity is."""
    return (block_bits + 1) // 2 - complexity if block_bits % 2 else complexity - block_bits // 2


@cache
def class_probabilities(block_bits: int) -> Floats:
    """Return the exact probabilities of the seven classes of T."""
    # Only the two open classes hold more than one complexity; what is far away in them is counted as well.
    numbers = [0] * (2 * _SIDE + 1)
    for complexity in range(block_bits + 1):
        step = (block_bits + 1) // 2 - complexity if block_bits % 2 else complexity - block_bits // 2
        numbers[min(max(step, -_SIDE), _SIDE) + _SIDE] += strings_of(block_bits, complexity)
    chances = np.array([float(Fraction(number, 1 << block_bits)) for number in numbers])
    chances.flags.writeable = False
    return chances


def strings_of(length: int, complexity: int) -> int:
    """Count the strings of `length` bits whose linear complexity is `complexity` (Rueppel 1986)."""
    return 1 << min(2 * length - 2 * complexity, 2 * complexity - 1) if complexity else 1
