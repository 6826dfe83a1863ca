"""Autocorrelation: how often a bit differs from the one so many places later."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from statistical_tests.arguments import require_bits, whole_number
from statistical_tests.bit_tests.reference import fair_binomial_p
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable

NAME = "Autocorrelation"
SECTION = "Menezes, van Oorschot, Vanstone 5.4.4 (v); L'Ecuyer & Simard, sstring_AutoCor"
LEAST_PAIRS = 100
_CHUNK = 1 << 20  # bytes at a time, so that memory does not grow with the sequence


def autocorrelation(bits: Bits, *, lags: int = 64) -> Finding:
    """Count, for each lag d from 1 on, the places where bit i and bit i + d differ.

    The exclusive ors x[i] ^ x[i + d] of ideal bits are ideal bits themselves: each brings in a bit that no earlier
    one had. So each count is binomial over length - d trials, and the two-sided p-value is exact. Different lags are
    uncorrelated.

    Args:
        bits: the sequence.
        lags: the largest lag, 1 or more; lags that leave fewer than 100 pairs are not looked at.

    Returns:
        The finding, with columns ``lag 1`` …

    Raises:
        BadInput: an argument is out of range.
    """
    length = len(require_bits(bits))
    lags = whole_number(lags, "lags", least=1)
    used = min(lags, length - LEAST_PAIRS)
    if used < 1:
        return not_applicable(
            NAME, SECTION, f"{length} bits, and {LEAST_PAIRS + 1} are needed for lag 1", parameters={"lags": lags}
        )
    different = [differences(bits.packed, length, lag) for lag in range(1, used + 1)]
    p_values = tuple(fair_binomial_p(count, length - lag) for lag, count in enumerate(different, 1))
    deviations = [(2 * count - (length - lag)) / (length - lag) ** 0.5 for lag, count in enumerate(different, 1)]
    statistic = {"different": different, "deviations": deviations}
    columns = tuple(f"lag {lag}" for lag in range(1, used + 1))
    return Finding(NAME, SECTION, {"lags": used}, statistic, p_values, columns)


def differences(packed: NDArray[np.uint8], length: int, lag: int) -> int:
    """Count the places i below length - lag where bit i and bit i + lag differ."""
    pairs = length - lag
    if pairs <= 0:
        return 0
    whole, shift = divmod(lag, 8)
    total = 0
    for start in range(0, pairs // 8, _CHUNK):
        stop = min(start + _CHUNK, pairs // 8)
        ahead = packed[start + whole : stop + whole]
        if shift:
            ahead = (ahead << np.uint8(shift)) | (packed[start + whole + 1 : stop + whole + 1] >> np.uint8(8 - shift))
        total += int(_ones(packed[start:stop] ^ ahead))
    for place in range(pairs // 8 * 8, pairs):
        other = place + lag
        total += int(packed[place // 8] >> (7 - place % 8) & 1) ^ int(packed[other // 8] >> (7 - other % 8) & 1)
    return total


def _ones(values: NDArray[np.uint8]) -> int:
    even = len(values) // 8 * 8
    wide = np.bitwise_count(values[:even].view(np.uint64)).sum(dtype=np.int64)
    return int(wide) + int(np.bitwise_count(values[even:]).sum(dtype=np.int64))
