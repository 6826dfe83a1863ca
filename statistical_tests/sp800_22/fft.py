"""FFT (spectral): whether there are peaks in the spectrum."""

from __future__ import annotations

import math

from statistical_tests import kernel
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.shared import Shared, normal_two_sided, of, recommended, require_mode

NAME = "FFT"
SECTION = "SP 800-22 2.6"
LEAST_BITS = 1000

_SHARE = 0.95
_C_CODE_LOG = 2.995732274
"""ln 20, as the C code has it."""
VARIANCE = _SHARE * (1.0 - _SHARE) - ((1.0 - _SHARE) * math.log(20.0)) ** 2
"""Of the count, for each bin: what `fft` says of it."""


def fft(bits: Bits | Shared, *, mode: str = "corrected") -> Finding:
    """Test whether 95 % of the moduli of the spectrum are below the threshold that 95 % of them should be below.

    The first n / 2 bins of the discrete Fourier transform of +1 and -1 are compared with T = sqrt(n ln 20). The count
    below T has mean 0.95 n / 2: the two terms of order one, of the bin that is the sum of all and of the fourth moment
    of the signs, are -0.034 and +0.037, against a standard deviation of 112 at 10^6 bits. Its variance is not that of
    independent bins, 0.95 * 0.05 * n / 2, because the squares of all moduli sum to n^2 always (Parseval). For
    exponential variables x of mean 1 whose sum is known, the count of x < t = ln 20 has the variance p q - Cov(x < t,
    x)^2 / Var(x) for each, and Cov = -t exp(-t): 0.95 * 0.05 - (0.05 ln 20)^2 = 0.025064. `corrected` takes this, which
    is 0.95 * 0.05 / 1.895, so n * 0.95 * 0.05 / 3.790 in the standard's form. The literature has 3.8 from measurement
    (Pareschi, Rovatti and Setti 2012) and the derivation (Iwasaki 2020, Deriving the variance of the discrete Fourier
    transform test using Parseval's theorem).

    The count is a whole number, so that `corrected` takes off half a step before it looks up the normal tail.

    `nist-compat`: n * 0.95 * 0.05 / 4, which is too small by 5.2 %: where 1 % of ideal streams should fall below 0.01,
    1.2 % do. The worked examples of the standard's text have miscounted peaks.

    Args:
        bits: 1,000 or more, as the standard recommends.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: no bits, or no such mode.
    """
    shared, mode = of(bits), require_mode(mode)
    length = len(shared)
    parameters = {"mode": mode, "bits": length}
    text = f"{LEAST_BITS} bits at least, and there are {length}"
    reason, notes = recommended(mode, length >= LEAST_BITS, text)
    if reason or length < 2:
        return not_applicable(NAME, SECTION, reason or text, parameters=parameters)
    threshold = math.sqrt((math.log(20.0) if mode == "corrected" else _C_CODE_LOG) * length)
    below = kernel.spectrum_below(shared.bits.packed, length, threshold)
    if mode == "corrected":
        bins = length // 2
        deviation = (below - _SHARE * bins) / math.sqrt(VARIANCE * bins)
        half_step = 0.5 / math.sqrt(VARIANCE * bins)
        p_value = normal_two_sided(max(0.0, abs(deviation) - half_step))
    else:
        deviation = (below - _SHARE * length / 2) / math.sqrt(length / 4 * _SHARE * (1.0 - _SHARE))
        p_value = normal_two_sided(deviation)
    statistic = {"below": below, "threshold": threshold, "d": deviation}
    return Finding(NAME, SECTION, parameters, statistic, (p_value,), notes=notes)
