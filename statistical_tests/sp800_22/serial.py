"""Serial: whether all windows of m bits are equally frequent."""

from __future__ import annotations

import numpy as np

from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, Value, not_applicable
from statistical_tests.sp800_22.shared import Shared, chi_square_tail, of, recommended, require_mode

NAME = "Serial"
SECTION = "SP 800-22 2.11"
COLUMNS = ("first difference", "second difference")


def serial(bits: Bits | Shared, *, window_bits: int = 16, mode: str = "corrected") -> Finding:
    """Test whether overlapping windows of m bits, on the bits as a ring, are equally frequent.

    psi^2(m) = 2^m / n times the sum of squared counts, minus n. Its first and second differences over m are chi-square
    with 2^(m-1) and 2^(m-2) degrees of freedom in the limit (Good 1953). Both modes compute the same: the means
    are exact at every n >= 2m, because two windows at different places of a ring agree with probability 2^-m even where
    they overlap.

    Args:
        bits: 2^(m + 3) or more, as the standard recommends: 524,288 at m = 16.
        window_bits: m, 2 to 24.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: no bits, no such mode, or m out of range.
    """
    shared, mode = of(bits), require_mode(mode)
    window_bits = whole_number(window_bits, "window_bits", least=2, most=24)
    length = len(shared)
    parameters = {"mode": mode, "bits": length, "window_bits": window_bits}
    text = f"{1 << (window_bits + 3)} bits at least for windows of {window_bits}, and there are {length}"
    reason, notes = recommended(mode, length >= 1 << (window_bits + 3), text)
    if reason or length <= window_bits:
        return not_applicable(NAME, SECTION, reason or text, parameters=parameters, columns=COLUMNS)
    psi = [_psi_squared(shared, size) for size in (window_bits, window_bits - 1, window_bits - 2)]
    first, second = psi[0] - psi[1], psi[0] - 2 * psi[1] + psi[2]
    p_values = (
        chi_square_tail(first, 2.0 ** (window_bits - 1)),
        chi_square_tail(second, 2.0 ** (window_bits - 2)),
    )
    statistic: dict[str, Value] = {"psi_squared": psi, "first": first, "second": second}
    return Finding(NAME, SECTION, parameters, statistic, p_values, COLUMNS, notes=notes)


def _psi_squared(shared: Shared, window_bits: int) -> float:
    if window_bits == 0:
        return 0.0
    counts = shared.cyclic_counts(window_bits)
    # In whole numbers to the last division, so that near values lose nothing in their difference.
    length = len(shared)
    return ((int(np.dot(counts, counts)) << window_bits) - length * length) / length
