"""BlockFrequency: whether there are as many ones as zeros in each block."""

from __future__ import annotations

import numpy as np

from statistical_tests import kernel
from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.shared import Shared, chi_square_tail, of, recommended, require_mode

NAME = "BlockFrequency"
SECTION = "SP 800-22 2.2"
LEAST_BITS = 100
LEAST_BLOCK = 20


def block_frequency(bits: Bits | Shared, *, block_bits: int = 128, mode: str = "corrected") -> Finding:
    """Test whether ones and zeros are equally frequent within blocks.

    The statistic is 4 M times the sum of (share of ones - 1/2)^2 over the N whole blocks of M bits. The standard takes
    it for chi-square with N degrees of freedom. Its mean is N exactly, and its variance is 2 N (1 - 1/M), not 2 N,
    because a block's ones are binomial. `corrected` therefore compares with the gamma distribution of that mean and
    variance; at M = 128 and 10^6 bits the standard's p falls below 0.0001 in 0.94 of 10,000 ideal streams, and at M =
    20 in 0.68. `nist-compat`: chi-square.

    The standard also asks for M > n / 100 and fewer than 100 blocks. Nothing in the reference distribution needs that,
    NIST's own examples (M = 128 at 10^6 bits) do not keep to it, and it is not asked for here.

    Args:
        bits: 100 or more.
        block_bits: M, 2 or more; the standard recommends 20.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: no bits, no such mode, or a block of fewer than two bits.
    """
    shared, mode = of(bits), require_mode(mode)
    block_bits = whole_number(block_bits, "block_bits", least=2)
    length = len(shared)
    blocks = length // block_bits
    parameters = {"mode": mode, "bits": length, "block_bits": block_bits, "blocks": blocks}
    if not blocks:
        reason = f"a block of {block_bits} bits at least, and there are {length} bits"
        return not_applicable(NAME, SECTION, reason, parameters=parameters)
    reason, notes = recommended(
        mode,
        length >= LEAST_BITS and block_bits >= LEAST_BLOCK,
        f"{LEAST_BITS} bits in blocks of {LEAST_BLOCK} at least, and there are {length} in blocks of {block_bits}",
    )
    if reason:
        return not_applicable(NAME, SECTION, reason, parameters=parameters)
    deviations = 2 * kernel.ones(shared.bits.packed, length, block_bits) - block_bits
    chi_square = int(np.dot(deviations, deviations)) / block_bits
    scale = 1.0 - 1.0 / block_bits if mode == "corrected" else 1.0
    p_value = chi_square_tail(chi_square / scale, blocks / scale)
    return Finding(NAME, SECTION, parameters, {"chi_square": chi_square}, (p_value,), notes=notes)
