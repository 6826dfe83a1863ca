"""Frequency (monobit): whether there are as many ones as zeros."""

from __future__ import annotations

import math

from scipy import special

from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.shared import Shared, normal_two_sided, of, recommended, require_mode

NAME = "Frequency"
SECTION = "SP 800-22 2.1"
LEAST_BITS = 100


def frequency(bits: Bits | Shared, *, mode: str = "corrected") -> Finding:
    """Test whether ones and zeros are equally frequent.

    The statistic is the sum of +1 for each one and -1 for each zero. `corrected`: the p-value is the probability of a
    sum at least as far from 0 under the exact binomial distribution, so that it holds at every length from 1 and is
    conservative, as sums are even or odd numbers only. `nist-compat`: erfc(|sum| / sqrt(2 n)), the limit; at 10^6 bits
    it is lower by up to 0.0008.

    Args:
        bits: any length; the standard recommends 100 or more for its limit.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: no bits, or no such mode.
    """
    shared, mode = of(bits), require_mode(mode)
    length = len(shared)
    parameters = {"mode": mode, "bits": length}
    if not length:
        return not_applicable(NAME, SECTION, "there are no bits", parameters=parameters)
    total = 2 * shared.ones() - length
    notes: tuple[str, ...] = ()
    if mode == "corrected":
        p_value = sum_two_sided(total, length)
    else:
        p_value = normal_two_sided(total / math.sqrt(length))
        notes = recommended(mode, length >= LEAST_BITS, f"{LEAST_BITS} bits at least, and there are {length}")[1]
    statistic = {"ones": shared.ones(), "sum": total}
    return Finding(NAME, SECTION, parameters, statistic, (p_value,), notes=notes)


def sum_two_sided(total: int, length: int) -> float:
    """Return the exact probability that a sum of `length` fair signs is at least as far from 0 as `total`."""
    if total == 0:
        return 1.0
    most_ones = (length + abs(total)) // 2
    return min(1.0, 2.0 * float(special.betainc(most_ones, length - most_ones + 1, 0.5)))
