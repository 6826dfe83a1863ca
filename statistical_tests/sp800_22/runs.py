"""Runs: whether ones and zeros alternate as often as they should."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.shared import Counts, Floats, Shared, of, recommended, require_mode

NAME = "Runs"
SECTION = "SP 800-22 2.3"
LEAST_BITS = 100

_SUMMED = 10_000
"""Up to this length the exact probabilities are summed; beyond, a normal tail with the exact moments serves."""


def runs(bits: Bits | Shared, *, mode: str = "corrected") -> Finding:
    """Test whether the number of runs (of ones and of zeros) suits the number of ones.

    It is not applicable where Frequency has found enough already: the share of ones is 2 / sqrt(n) or more from 1/2 (SP
    800-22 2.3.4). NIST's C code gives p = 0 there, which would count one fault twice.

    `corrected`: the distribution of runs given the number of ones (Wald and Wolfowitz 1940), twice the smaller tail:
    exact sums to 10,000 bits; beyond, a normal tail with the exact mean and variance and half a step of continuity,
    which then is within 0.00001 of the sums. Conservative, as runs are a whole number. `nist-compat`: the normal limit
    of the standard, whose mean lacks the 1 of the first run.

    Args:
        bits: any length with a one and a zero; the standard recommends 100 or more for its limit.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: no bits, or no such mode.
    """
    shared, mode = of(bits), require_mode(mode)
    length, ones = len(shared), shared.ones()
    parameters = {"mode": mode, "bits": length}
    if not length:
        return not_applicable(NAME, SECTION, "there are no bits", parameters=parameters)
    share = ones / length
    statistic: dict[str, int | float] = {"ones": ones}
    limit = 2.0 / math.sqrt(length)
    if abs(share - 0.5) >= limit or ones in (0, length):
        reason = f"the share of ones is {share:.6g}, and must be within {limit:.6g} of 1/2: see Frequency"
        return not_applicable(NAME, SECTION, reason, parameters=parameters, statistic=statistic)
    found = shared.transitions() + 1
    statistic["runs"] = found
    notes: tuple[str, ...] = ()
    if mode == "corrected":
        p_value = runs_two_sided(found, ones, length - ones)
    else:
        spread = share * (1.0 - share)
        p_value = float(special.erfc(abs(found - 2 * length * spread) / (2 * math.sqrt(2 * length) * spread)))
        notes = recommended(mode, length >= LEAST_BITS, f"{LEAST_BITS} bits at least, and there are {length}")[1]
    return Finding(NAME, SECTION, parameters, statistic, (p_value,), notes=notes)


def runs_two_sided(found: int, ones: int, zeros: int) -> float:
    """Return twice the smaller tail of the number of runs of so many ones and zeros in random order, at most 1."""
    if ones + zeros <= _SUMMED:
        return _exact(found, ones, zeros)
    return _normal(found, ones, zeros)


def _exact(found: int, ones: int, zeros: int) -> float:
    counts = np.arange(2, 2 * min(ones, zeros) + 2)
    half = counts // 2
    even = np.log(2.0) + _log_choose(ones - 1, half - 1) + _log_choose(zeros - 1, half - 1)
    odd = np.logaddexp(
        _log_choose(ones - 1, half - 1) + _log_choose(zeros - 1, half),
        _log_choose(ones - 1, half) + _log_choose(zeros - 1, half - 1),
    )
    chances = np.exp(np.where(counts % 2 == 0, even, odd) - _log_choose(ones + zeros, np.array([ones])))
    return min(1.0, 2.0 * float(min(chances[counts <= found].sum(), chances[counts >= found].sum())))


def _log_choose(size: int, taken: Counts) -> Floats:
    with np.errstate(invalid="ignore"):
        values = special.gammaln(size + 1.0) - special.gammaln(taken + 1.0) - special.gammaln(size - taken + 1.0)
    return np.where((taken >= 0) & (taken <= size), values, -np.inf)


def _normal(found: int, ones: int, zeros: int) -> float:
    length = ones + zeros
    mean = 1.0 + 2.0 * ones * zeros / length
    variance = (mean - 1.0) * (mean - 2.0) / (length - 1.0)
    deviation = max(0.0, abs(found - mean) - 0.5)
    return float(special.erfc(deviation / math.sqrt(2.0 * variance)))
