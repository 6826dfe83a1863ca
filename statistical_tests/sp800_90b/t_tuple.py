"""The t-tuple estimate: the most common tuple of each length (SP 800-90B section 6.3.5)."""

from __future__ import annotations

import numpy as np

from statistical_tests.arguments import whole_number
from statistical_tests.sp800_90b.estimate import Estimate, Value, min_entropy, not_estimated, upper_bound
from statistical_tests.sp800_90b.samples import Samples, require_samples
from statistical_tests.sp800_90b.tuple_counts import TupleCounts, tuple_counts

NAME = "TTuple"
SECTION = "SP 800-90B 6.3.5"
CUTOFF = 35


def t_tuple(samples: Samples, *, cutoff: int = CUTOFF, counts: TupleCounts | None = None) -> Estimate:
    """Estimate min-entropy from the most common tuples that are there `cutoff` times or more.

    Args:
        samples: some tuple, be it of one sample, must be there often enough.
        cutoff: 35 in the standard, 3 in its example.
        counts: `tuple_counts(samples)`, if it is there already.

    Raises:
        BadInput: the cutoff is not 2 or more.
    """
    samples = require_samples(samples)
    cutoff = whole_number(cutoff, "cutoff", least=2)
    counts = tuple_counts(samples) if counts is None else counts
    parameters: dict[str, Value] = {"samples": len(samples), "width": samples.width, "cutoff": cutoff}
    longest = counts.longest_with(cutoff)
    if not longest:
        return not_estimated(NAME, SECTION, f"no sample is there {cutoff} times", parameters=parameters)
    lengths = np.arange(1, longest + 1)
    proportions = counts.most_common[:longest] / (len(samples) - lengths + 1)
    by_sample = proportions ** (1 / lengths)
    probability = float(by_sample.max())
    bound = upper_bound(probability, len(samples))
    statistic: dict[str, Value] = {
        "t": longest,
        "length_of_maximum": int(lengths[by_sample.argmax()]),
        "probability": probability,
        "upper_bound": bound,
    }
    return Estimate(NAME, SECTION, min_entropy(bound), statistic, parameters)
