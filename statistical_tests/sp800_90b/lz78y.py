"""The LZ78Y prediction estimate: one dictionary that fills up and then only counts (SP 800-90B section 6.3.10)."""

from __future__ import annotations

from statistical_tests.sp800_90b import kernels
from statistical_tests.sp800_90b.estimate import Estimate, Value
from statistical_tests.sp800_90b.prediction import estimate_by_guesses
from statistical_tests.sp800_90b.samples import Samples, require_samples

NAME = "LZ78Y"
SECTION = "SP 800-90B 6.3.10"
DEPTH = 16
MOST_CONTEXTS = 65536


def lz78y(samples: Samples, *, depth: int = DEPTH, most_contexts: int = MOST_CONTEXTS) -> Estimate:
    """Estimate min-entropy from guesses of the follower that came most often after any of the last contexts.

    Args:
        samples: three more than `depth`.
        depth: the longest context, B, 1 to 16; 16 in the standard, 4 in its example.
        most_contexts: contexts of all lengths that are kept.

    Raises:
        BadInput: an argument is out of range.
    """
    samples = require_samples(samples)
    guessed = kernels.lz78y(samples, depth, most_contexts)
    parameters: dict[str, Value] = {
        "samples": len(samples),
        "width": samples.width,
        "depth": depth,
        "most_contexts": most_contexts,
    }
    guesses = len(samples) - depth - 1
    return estimate_by_guesses(NAME, SECTION, guessed, guesses=guesses, kinds=samples.kinds(), parameters=parameters)
