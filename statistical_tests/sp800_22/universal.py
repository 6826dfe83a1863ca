"""Universal (Maurer): how far back each block was last seen."""

from __future__ import annotations

import math
from functools import cache
from itertools import accumulate

import numpy as np

from statistical_tests import kernel
from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.shared import Floats, Shared, normal_two_sided, of, recommended, require_mode

NAME = "Universal"
SECTION = "SP 800-22 2.9"
LEAST_BITS = 387_840

_LENGTHS = (
    (6, 387_840),
    (7, 904_960),
    (8, 2_068_480),
    (9, 4_654_080),
    (10, 10_342_400),
    (11, 22_753_280),
    (12, 49_643_520),
    (13, 107_560_960),
    (14, 231_669_760),
    (15, 496_435_200),
    (16, 1_059_061_760),
)
"""Bits of a block, and from how many bits on (SP 800-22 2.9.7)."""
_EXPECTED = (
    *(0.7326495, 1.5374383, 2.4016068, 3.3112247, 4.2534266, 5.2177052, 6.1962507, 7.1836656),
    *(8.1764248, 9.1723243, 10.170032, 11.168765, 12.168070, 13.167693, 14.167488, 15.167379),
)
_VARIANCE = (
    *(0.690, 1.338, 1.901, 2.358, 2.705, 2.954, 3.125, 3.238),
    *(3.311, 3.356, 3.384, 3.401, 3.410, 3.416, 3.419, 3.421),
)
"""Of one logarithm, for blocks of 1 to 16 bits (SP 800-22 2.9.4, and the Handbook of Applied Cryptography)."""


def universal(
    bits: Bits | Shared, *, block_bits: int | None = None, initial: int | None = None, mode: str = "corrected"
) -> Finding:
    """Test whether blocks of L bits come back after the distances that they should.

    The statistic is the mean of the logarithm (to base 2) of the distance to the same block before, over K blocks after
    the Q that fill the table. Its reference is the normal distribution. `corrected`: mean and variance are those of an
    endless past, computed to double precision with all covariances between the K distances, as Coron and Naccache
    (1998, An accurate evaluation of Maurer's universal test) have it; a block that Q = 10 * 2^L blocks do not hold, of
    which there is one in 22,000, keeps its place as distance, as in the standard. `nist-compat`: the table of the
    standard, with c = 0.7 - 0.8/L + (4 + 32/L) K^(-3/L) / 15, which Maurer fitted: at 10^6 bits that deviation is too
    small by 2.3 %.

    Args:
        bits: 387,840 or more if L is chosen by length.
        block_bits: L, 1 to 16; by default what the standard says for the length.
        initial: Q, 1 or more; 10 * 2^L by default.
        mode: `corrected`: Q must be 10 * 2^L and K 1,000 * 2^L at least; `nist-compat`: a note says where they are not.

    Raises:
        BadInput: no bits, no such mode, or a number out of range.
    """
    shared, mode = of(bits), require_mode(mode)
    length = len(shared)
    parameters: dict[str, int | str] = {"mode": mode, "bits": length}
    if initial is not None:
        initial = whole_number(initial, "initial", least=1)
    if block_bits is None:
        block_bits = next((size for size, least in reversed(_LENGTHS) if length >= least), None)
        if block_bits is None:
            reason = f"{LEAST_BITS} bits at least, and there are {length}"
            return not_applicable(NAME, SECTION, reason, parameters=parameters)
    block_bits = whole_number(block_bits, "block_bits", least=1, most=16)
    initial = 10 << block_bits if initial is None else initial
    tested = max(0, length // block_bits - initial)
    parameters |= {"block_bits": block_bits, "initial": initial, "tested": tested}
    text = (
        f"{10 << block_bits} blocks to begin with and {1000 << block_bits} to test at least, "
        f"and there are {initial} and {tested} of {block_bits} bits"
    )
    enough = initial >= 10 << block_bits and tested >= 1000 << block_bits
    reason, notes = recommended(mode, enough, text)
    if reason or not tested:
        return not_applicable(NAME, SECTION, reason or text, parameters=parameters)
    distances = kernel.universal_distances(shared.bits.packed, length, block_bits, initial)
    present = np.flatnonzero(distances)
    mean = float(np.dot(distances[present], np.log2(present))) / tested
    if mode == "corrected":
        expected, deviation = expected_value(block_bits), math.sqrt(mean_variance(block_bits, tested))
    else:
        expected = _EXPECTED[block_bits - 1]
        fitted = 0.7 - 0.8 / block_bits + (4 + 32 / block_bits) * tested ** (-3 / block_bits) / 15
        deviation = fitted * math.sqrt(_VARIANCE[block_bits - 1] / tested)
    p_value = normal_two_sided((mean - expected) / deviation)
    statistic = {"mean": mean, "expected": expected, "deviation": deviation}
    return Finding(NAME, SECTION, parameters, statistic, (p_value,), notes=notes)


@cache
def _distances(block_bits: int) -> tuple[Floats, Floats]:
    """Return the logarithms of the distances 1, 2 … and their probabilities, to where what is left is below 1e-19."""
    chance = 2.0**-block_bits
    places = np.arange(1, (45 << block_bits) + 1, dtype=np.float64)
    return np.log2(places), chance * np.exp((places - 1) * math.log1p(-chance))


@cache
def expected_value(block_bits: int) -> float:
    """Return the expectation of the logarithm of a distance, given an endless past."""
    logarithms, chances = _distances(block_bits)
    return float(np.dot(logarithms, chances))


@cache
def mean_variance(block_bits: int, tested: int) -> float:
    """Return the variance of the mean of `tested` logarithms, one after another, given an endless past.

    A distance i at k blocks after a distance j is independent of it while i <= k. Else the later block occurs first s =
    i - k before the earlier one. Both events together have, with p = 2^-L, the probability 0 for s = j, and p^2 (1 -
    p)^k (1 - 2p)^(min(j, s) - 1) (1 - p)^(|j - s| - 1) otherwise: k - 1 blocks between that are not the later one, the
    earlier one is not it either, behind them min(j, s) - 1 that are neither, then one of the two, then blocks that are
    not the other. Minus the product of both probabilities, times (tested - k), times two, summed over k, j and s, and
    with tested times the variance of one, this is the variance of the sum. The sums over k and over the longer distance
    are recurrences, so that the work is that of a few passes.
    """
    logarithms, chances = _distances(block_bits)
    chance = 2.0**-block_bits
    stay, neither = 1.0 - chance, 1.0 - 2.0 * chance
    following = np.append(logarithms[1:], np.log2(len(logarithms) + 1.0))
    # once[s] = sum over k >= 1 of stay^k log2(k + s), and weighted[s] the same times k, both from the end backwards
    once = stay * _faded(following[::-1], stay)[::-1]
    weighted = _faded(once[::-1], stay)[::-1]
    later = tested * once - weighted
    powers = neither ** np.arange(len(logarithms), dtype=np.float64)
    shorter = np.append(0.0, _faded(powers * logarithms, stay)[:-1])  # over j < s
    longer = np.append(_faded(logarithms[:0:-1], stay)[::-1], 0.0)  # over j > s
    joint = chance**2 * float(np.dot(later, shorter) + np.dot(later * powers, longer))
    product = float(np.dot(logarithms, chances)) * float(np.dot(later, chances))
    spread = float(np.dot(logarithms**2, chances)) - expected_value(block_bits) ** 2
    return (tested * spread + 2.0 * (joint - product)) / tested**2


def _faded(values: Floats, factor: float) -> Floats:
    """Return, for each place, its value plus `factor` times what was returned for the place before."""
    return np.fromiter(accumulate(values.tolist(), lambda before, value: factor * before + value), np.float64)
