"""The collision estimate: how long it takes until a bit comes a second time (SP 800-90B section 6.3.2)."""

from __future__ import annotations

import math

from statistical_tests.sp800_90b import kernels
from statistical_tests.sp800_90b.estimate import QUANTILE_995, Estimate, Value, min_entropy, not_estimated
from statistical_tests.sp800_90b.samples import Samples, require_samples

NAME = "Collision"
SECTION = "SP 800-90B 6.3.2"


def collision(samples: Samples) -> Estimate:
    """Estimate min-entropy of bits from the mean time to a collision.

    Two bits collide at once with probability p^2 + q^2, else the third one collides, so that the mean is 2 + 2 p q: the
    standard's expression with the incomplete gamma function is the same for two values. Where the lower bound of the
    mean is below 2, the standard finds no p and says one bit; here p is 1, because that is where the bound points.

    Args:
        samples: of one bit; two collisions are needed.
    """
    samples = require_samples(samples)
    if samples.width != 1:
        return not_estimated(NAME, SECTION, f"samples have {samples.width} bits, and this estimator takes single bits")
    parameters: dict[str, Value] = {"samples": len(samples), "width": 1}
    twos, threes = kernels.binary_collisions(samples)
    number = twos + threes
    if number < 2:
        reason = f"{number} collisions in {len(samples)} bits, and 2 are needed"
        return not_estimated(NAME, SECTION, reason, parameters=parameters)
    mean = (2 * twos + 3 * threes) / number
    deviation = math.sqrt(twos * threes / (number * (number - 1)))
    lower = mean - QUANTILE_995 * deviation / math.sqrt(number)
    half = min(max((lower - 2) / 2, 0.0), 0.25)  # p q
    probability = (1 + math.sqrt(1 - 4 * half)) / 2
    statistic: dict[str, Value] = {
        "collisions": number,
        "mean": mean,
        "deviation": deviation,
        "lower_bound": lower,
        "probability": probability,
    }
    return Estimate(NAME, SECTION, min_entropy(probability), statistic, parameters)
