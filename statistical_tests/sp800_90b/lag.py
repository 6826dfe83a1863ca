"""The lag prediction estimate: what came some places before comes again (SP 800-90B section 6.3.8)."""

from __future__ import annotations

from statistical_tests.sp800_90b import kernels
from statistical_tests.sp800_90b.estimate import Estimate, Value
from statistical_tests.sp800_90b.prediction import estimate_by_guesses
from statistical_tests.sp800_90b.samples import Samples, require_samples

NAME = "Lag"
SECTION = "SP 800-90B 6.3.8"
DEPTH = 128


def lag(samples: Samples, *, depth: int = DEPTH) -> Estimate:
    """Estimate min-entropy from guesses of the sample that came 1 to `depth` places before: it finds periods.

    Args:
        samples: three or more.
        depth: the largest distance, 1 to 4096; 128 in the standard, 3 in its example.

    Raises:
        BadInput: the depth is out of range.
    """
    samples = require_samples(samples)
    guessed = kernels.lag(samples, depth)
    parameters: dict[str, Value] = {"samples": len(samples), "width": samples.width, "depth": depth}
    return estimate_by_guesses(
        NAME, SECTION, guessed, guesses=len(samples) - 1, kinds=samples.kinds(), parameters=parameters
    )
