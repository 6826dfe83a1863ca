"""The most common value estimate: a bound on how often the commonest sample comes (SP 800-90B section 6.3.1)."""

from __future__ import annotations

from statistical_tests.sp800_90b.estimate import Estimate, Value, min_entropy, not_estimated, upper_bound
from statistical_tests.sp800_90b.samples import Samples, require_samples

NAME = "MostCommonValue"
SECTION = "SP 800-90B 6.3.1"


def most_common_value(samples: Samples) -> Estimate:
    """Estimate min-entropy from the proportion of the most common value.

    Args:
        samples: two or more.
    """
    samples = require_samples(samples)
    if len(samples) < 2:
        return not_estimated(NAME, SECTION, f"{len(samples)} samples, and 2 are needed")
    count = int(samples.counts().max())
    bound = upper_bound(count / len(samples), len(samples))
    statistic: dict[str, Value] = {"count": count, "proportion": count / len(samples), "upper_bound": bound}
    return Estimate(NAME, SECTION, min_entropy(bound), statistic, {"samples": len(samples), "width": samples.width})
