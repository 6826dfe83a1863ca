"""The longest repeated substring as a test of independence (SP 800-90B section 5.2.5)."""

from __future__ import annotations

import math

from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_90b.samples import Samples, require_samples
from statistical_tests.sp800_90b.tuple_counts import TupleCounts, tuple_counts

NAME = "LengthOfLongestRepeatedSubstring"
SECTION = "SP 800-90B 5.2.5"


def repeated_length(samples: Samples, *, counts: TupleCounts | None = None) -> Finding:
    """Test the length W of the longest substring that is there twice.

    The p-value is 1 - (1 - c^W)^N, c being the probability that two samples are equal, by their proportions, and N the
    number of pairs of places. Pairs overlap and depend on one another, so that it is not exact; W is a whole number, so
    that it takes few values.

    Args:
        samples: two or more.
        counts: `tuple_counts(samples)`, if it is there already.
    """
    samples = require_samples(samples)
    parameters = {"samples": len(samples), "width": samples.width}
    if len(samples) < 2:
        return not_applicable(NAME, SECTION, f"{len(samples)} samples, and 2 are needed", parameters=parameters)
    counts = tuple_counts(samples) if counts is None else counts
    shares = samples.counts() / len(samples)
    equal = min(1.0, float((shares**2).sum()))
    places = len(samples) - counts.longest + 1
    pairs = places * (places - 1) // 2
    repeats = equal**counts.longest
    p_value = 1.0 if repeats >= 1 else -math.expm1(pairs * math.log1p(-repeats))
    statistic = {"longest": counts.longest, "collision_probability": equal, "pairs": pairs}
    return Finding(NAME, SECTION, parameters, statistic, (min(1.0, max(0.0, p_value)),))
