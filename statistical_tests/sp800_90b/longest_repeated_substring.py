"""The longest repeated substring estimate: how often long tuples are there again (SP 800-90B section 6.3.6)."""

from __future__ import annotations

import numpy as np

from statistical_tests.arguments import whole_number
from statistical_tests.sp800_90b.estimate import Estimate, Value, min_entropy, not_estimated, upper_bound
from statistical_tests.sp800_90b.samples import Samples, require_samples
from statistical_tests.sp800_90b.t_tuple import CUTOFF
from statistical_tests.sp800_90b.tuple_counts import TupleCounts, tuple_counts

NAME = "LongestRepeatedSubstring"
SECTION = "SP 800-90B 6.3.6"


def longest_repeated_substring(
    samples: Samples, *, cutoff: int = CUTOFF, counts: TupleCounts | None = None
) -> Estimate:
    """Estimate min-entropy from pairs of equal tuples, of the lengths that are too rare for the t-tuple estimate.

    Args:
        samples: a tuple that is there less than `cutoff` times must be there twice.
        cutoff: 35 in the standard, 3 in its example.
        counts: `tuple_counts(samples)`, if it is there already.

    Raises:
        BadInput: the cutoff is not 2 or more.
    """
    samples = require_samples(samples)
    cutoff = whole_number(cutoff, "cutoff", least=2)
    counts = tuple_counts(samples) if counts is None else counts
    parameters: dict[str, Value] = {"samples": len(samples), "width": samples.width, "cutoff": cutoff}
    shortest, longest = counts.longest_with(cutoff) + 1, counts.longest
    if longest < shortest:
        reason = f"tuples of {shortest} samples are rarer than {cutoff}, and none that long is there twice"
        return not_estimated(NAME, SECTION, reason, parameters=parameters)
    lengths = np.arange(shortest, longest + 1)
    places = (len(samples) - lengths + 1).astype(np.float64)
    proportions = counts.equal_pairs[shortest - 1 :] / (places * (places - 1) / 2)
    by_sample = proportions ** (1 / lengths)
    probability = float(by_sample.max())
    bound = upper_bound(probability, len(samples))
    statistic: dict[str, Value] = {
        "u": shortest,
        "v": longest,
        "length_of_maximum": int(lengths[by_sample.argmax()]),
        "probability": probability,
        "upper_bound": bound,
    }
    return Estimate(NAME, SECTION, min_entropy(bound), statistic, parameters)
