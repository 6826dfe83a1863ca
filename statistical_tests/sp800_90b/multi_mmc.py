"""The multi Markov model with counting prediction estimate (SP 800-90B section 6.3.9)."""

from __future__ import annotations

from statistical_tests.sp800_90b import kernels
from statistical_tests.sp800_90b.estimate import Estimate, Value
from statistical_tests.sp800_90b.prediction import estimate_by_guesses
from statistical_tests.sp800_90b.samples import Samples, require_samples

NAME = "MultiMMC"
SECTION = "SP 800-90B 6.3.9"
DEPTH = 16
MOST_ENTRIES = 100_000


def multi_mmc(samples: Samples, *, depth: int = DEPTH, most_entries: int = MOST_ENTRIES) -> Estimate:
    """Estimate min-entropy from guesses of what followed the last 1 to `depth` samples most often.

    Args:
        samples: four or more.
        depth: the longest context, 1 to 16; 16 in the standard, 3 in its example.
        most_entries: pairs of context and follower that are kept for each length.

    Raises:
        BadInput: an argument is out of range.
    """
    samples = require_samples(samples)
    guessed = kernels.multi_mmc(samples, depth, most_entries)
    parameters: dict[str, Value] = {
        "samples": len(samples),
        "width": samples.width,
        "depth": depth,
        "most_entries": most_entries,
    }
    return estimate_by_guesses(
        NAME, SECTION, guessed, guesses=len(samples) - 2, kinds=samples.kinds(), parameters=parameters
    )
