"""The multi most common in window prediction estimate (SP 800-90B section 6.3.7)."""

from __future__ import annotations

from statistical_tests.sp800_90b import kernels
from statistical_tests.sp800_90b.estimate import Estimate, Value
from statistical_tests.sp800_90b.prediction import estimate_by_guesses
from statistical_tests.sp800_90b.samples import Samples, require_samples

NAME = "MultiMostCommonInWindow"
SECTION = "SP 800-90B 6.3.7"
WINDOWS = (63, 255, 1023, 4095)


def multi_most_common(samples: Samples, *, windows: tuple[int, ...] = WINDOWS) -> Estimate:
    """Estimate min-entropy from guesses of the most common value of the last few samples: it follows a drift.

    Args:
        samples: two more than the first window.
        windows: ascending; 63, 255, 1023, 4095 in the standard, 3, 5, 7, 9 in its example.

    Raises:
        BadInput: the windows do not ascend from 1 on, or there are more than 16.
    """
    samples = require_samples(samples)
    guessed = kernels.windows(samples, windows)
    parameters: dict[str, Value] = {"samples": len(samples), "width": samples.width, "windows": tuple(windows)}
    guesses = len(samples) - windows[0]
    return estimate_by_guesses(NAME, SECTION, guessed, guesses=guesses, kinds=samples.kinds(), parameters=parameters)
