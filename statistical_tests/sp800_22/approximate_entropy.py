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

    The statistic 2 n (ln 2 - ApEn(m)) is the likelihood ratio for chains of order m, and chi-square with 2^m degrees
    of freedom in the limit. `nist-compat` takes it so. At finite n a likelihood ratio of counts is larger than its
    limit: that of k equally probable classes by k^2 / (6 n) in the mean (Williams 1976, Improved likelihood ratio
    tests for complete contingency tables), so that here it is 2^m (1 + 2^m / (2 n)). `corrected` divides by that
    factor, which leaves about a tenth of the excess: over 60,000 ideal streams of 4,096 bits at m = 6, the mean was
    2^m times 1.0086 (standard error 0.0007), where the factor is 1.0078. At the usual parameters it is 1.0005, and at
    m = 13 and 10^6 bits 1.0041.

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
    factor = 1.0 + 2.0**window_bits / (2.0 * length) if mode == "corrected" else 1.0
    p_value = chi_square_tail(chi_square / factor, 2.0**window_bits)
    statistic = {"approximate_entropy": entropy, "chi_square": chi_square}
    return Finding(NAME, SECTION, parameters, statistic, (p_value,), notes=notes)
