"""The Markov estimate: the likeliest 128 bits, if each depends on the one before (SP 800-90B section 6.3.3)."""

from __future__ import annotations

import math

from statistical_tests.sp800_90b.estimate import Estimate, Value, not_estimated
from statistical_tests.sp800_90b.samples import Samples, require_samples

NAME = "Markov"
SECTION = "SP 800-90B 6.3.3"
LENGTH = 128


def markov(samples: Samples) -> Estimate:
    """Estimate min-entropy of bits from their frequencies and those of pairs; no confidence bound is taken.

    Args:
        samples: of one bit, two or more.
    """
    samples = require_samples(samples)
    if samples.width != 1:
        return not_estimated(NAME, SECTION, f"samples have {samples.width} bits, and this estimator takes single bits")
    parameters: dict[str, Value] = {"samples": len(samples), "width": 1, "length": LENGTH}
    if len(samples) < 2:
        return not_estimated(NAME, SECTION, f"{len(samples)} bits, and 2 are needed", parameters=parameters)
    bits = samples.values
    ones = int(bits.sum())
    first = 1 - ones / len(bits), ones / len(bits)
    both = int((bits[:-1] & bits[1:]).sum())
    after_one = ones - int(bits[-1])
    after_zero = len(bits) - 1 - after_one
    to_one = ones - int(bits[0]) - both, both
    next_one = tuple(
        count / total if total else 0.0 for count, total in zip(to_one, (after_zero, after_one), strict=True)
    )
    next_zero = tuple(
        (total - count) / total if total else 0.0 for count, total in zip(to_one, (after_zero, after_one), strict=True)
    )
    (p00, p10), (p01, p11) = next_zero, next_one
    # All others of 128 bits are made of the same transitions and no likelier than one of these.
    half = LENGTH // 2
    likeliest = max(
        _logarithm((first[0], 1), (p00, LENGTH - 1)),
        _logarithm((first[0], 1), (p01, half), (p10, half - 1)),
        _logarithm((first[0], 1), (p01, 1), (p11, LENGTH - 2)),
        _logarithm((first[1], 1), (p10, 1), (p00, LENGTH - 2)),
        _logarithm((first[1], 1), (p10, half), (p01, half - 1)),
        _logarithm((first[1], 1), (p11, LENGTH - 1)),
    )
    statistic: dict[str, Value] = {
        "initial": first,
        "from_zero": (p00, p01),
        "from_one": (p10, p11),
        "log2_likeliest": likeliest,
    }
    return Estimate(NAME, SECTION, min(max(0.0, -likeliest) / LENGTH, 1.0), statistic, parameters)


def _logarithm(*factors: tuple[float, int]) -> float:
    """Return log2 of a product of powers; that of 0 is -inf."""
    return sum(power * math.log2(base) if base else -math.inf for base, power in factors)
