"""Serial test of all orders at once: overlapping patterns of 1 to 16 bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from statistical_tests import kernel
from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bit_tests.reference import chi_square_p
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable

NAME = "SerialAll"
SECTION = "SP 800-22 2.11 for each m; Good 1953"
WIDEST = 16
SPARE = 4
"""A pattern of m bits needs 2^(m + 4) bits: 16 expected a pattern."""


def serial_all(bits: Bits, *, most: int = WIDEST) -> Finding:
    """Test the frequency of all overlapping patterns, for every width from 1 to `most`.

    psi^2_m is Pearson's sum over the 2^m patterns, cyclic as in the standard; patterns overlap, so that it is no
    chi-square itself. Its differences are, asymptotically (Good, "The serial test for sampling numbers", 1953):
    psi^2_m - psi^2_(m-1) with 2^(m-1) degrees of freedom and psi^2_m - 2 psi^2_(m-1) + psi^2_(m-2) with 2^(m-2), and
    the second differences of different m are independent. A fault that needs patterns of just k bits is not diluted
    by wider ones this way. Widths with less than 16 expected counts a pattern are left out.

    p-values are upper tails, and two-sided from 32 degrees of freedom on.

    Args:
        bits: the sequence.
        most: the widest pattern, 1 to 16 bits.

    Returns:
        The finding, with columns ``m = 1`` … for the second differences and ``m = 3 first`` … for the first ones, where
        they differ.

    Raises:
        BadInput: an argument is out of range.
    """
    length = len(require_bits(bits))
    most = whole_number(most, "most", least=1, most=WIDEST)
    widest = min(most, length.bit_length() - 1 - SPARE) if length else 0
    parameters = {"most": most, "widest": max(0, widest)}
    if widest < 1:
        return not_applicable(
            NAME, SECTION, f"{length} bits, and {1 << (1 + SPARE)} are needed for m = 1", parameters=parameters
        )
    psi = _psi_squares(kernel.window_counts(bits.packed, length, widest, cyclic=True)[0], length)
    first = np.diff(psi)  # of m = 1, 2, …
    second = np.concatenate([first[:1], np.diff(first)])
    columns = [f"m = {m}" for m in range(1, widest + 1)]
    p_values = [chi_square_p(float(second[m - 1]), max(1, 1 << m >> 2)) for m in range(1, widest + 1)]
    columns += [f"m = {m} first" for m in range(2, widest + 1)]
    p_values += [chi_square_p(float(first[m - 1]), 1 << m >> 1) for m in range(2, widest + 1)]
    statistic = {"first": first.tolist(), "second": second.tolist()}
    return Finding(NAME, SECTION, parameters, statistic, tuple(p_values), tuple(columns))


def _psi_squares(counts: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    """Return psi^2 of the widths 0, 1 … up to that of the counts: cyclic counts of m - 1 bits are sums of pairs."""
    found = []
    while True:
        # Around the mean, so that no digits are lost: the sum of squares alone is length^2 / kinds and something small.
        mean = length / len(counts)
        found.append(float(((counts - mean) ** 2).sum() / mean))
        if len(counts) == 1:
            return np.asarray(found[::-1], dtype=np.float64)
        counts = counts[0::2] + counts[1::2]
