"""ApproximateEntropy: whether windows of m bits tell the next bit."""

from __future__ import annotations

import math

from scipy import special

from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.shared import Shared, chi_square_tail, of, recommended, require_mode

NAME = "ApproximateEntropy"
SECTION = "SP 800-22 2.12"


def approximate_entropy(bits: Bits | Shared, *, window_bits: int = 10, mode: str = "corrected") -> Finding:
    """Test whether windows of m + 1 bits are as varied as those of m bits let expect.

    The statistic 2 n (ln 2 - ApEn(m)) is the likelihood ratio for chains of order m, and chi-square with 2^m degrees of
    freedom in the limit. Both modes compute the same. Where the standard's recommendation m < floor(log2 n) - 5 holds
    only just, the likelihood ratio is larger than its limit, by about (4^(m+1) - 4^m) / (6 n) in the mean: 0.5 at the
    usual parameters, where the standard deviation is 45. Serial asks the same of the counts with an exact mean.

    Args:
        bits: 2^(m + 6) or more, as the standard recommends: 65,536 at m = 10.
        window_bits: m, 1 to 22.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: no bits, no such mode, or m out of range.
    """
    shared, mode = of(bits), require_mode(mode)
    window_bits = whole_number(window_bits, "window_bits", least=1, most=22)
    length = len(shared)
    parameters = {"mode": mode, "bits": length, "window_bits": window_bits}
    text = f"{1 << (window_bits + 6)} bits at least for windows of {window_bits}, and there are {length}"
    reason, notes = recommended(mode, length >= 1 << (window_bits + 6), text)
    if reason or length <= window_bits:
        return not_applicable(NAME, SECTION, reason or text, parameters=parameters)
    longer = shared.cyclic_counts(window_bits + 1)
    counts = shared.cyclic_counts(window_bits)
    entropy = float(special.xlogy(counts, counts).sum() - special.xlogy(longer, longer).sum()) / length
    chi_square = 2.0 * length * (math.log(2.0) - entropy)
    p_value = chi_square_tail(chi_square, 2.0**window_bits)
    statistic = {"approximate_entropy": entropy, "chi_square": chi_square}
    return Finding(NAME, SECTION, parameters, statistic, (p_value,), notes=notes)
