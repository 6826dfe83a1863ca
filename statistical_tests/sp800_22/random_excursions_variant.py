"""RandomExcursionsVariant: how often the walk visits a state in all."""

from __future__ import annotations

import numpy as np
from scipy import special

from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.random_excursions import LEAST_CYCLES, too_few
from statistical_tests.sp800_22.shared import Shared, of, require_mode

NAME = "RandomExcursionsVariant"
SECTION = "SP 800-22 2.15"
STATES = (*range(-9, 0), *range(1, 10))
COLUMNS = tuple(f"x = {state}" for state in STATES)

_UNIT = 2.0 * (4.0 * np.abs(np.array(STATES)) - 2.0)


def random_excursions_variant(
    bits: Bits | Shared, *, least_cycles: int = LEAST_CYCLES, mode: str = "corrected"
) -> Finding:
    """Test how often the walk visits each of the states -9 to 9, over all its cycles.

    In J cycles a state x is visited J times in the mean, with variance J (4|x| - 2), and the sum is taken for normal.
    Both modes compute the same. The visits of one cycle are nearly all zero for a far state, so that the sum is skewed:
    at 500 cycles and |x| = 9, the two tails are unequal. The p-values of neighbouring states depend strongly on one
    another.

    Args:
        bits: whatever length gives enough cycles; about half of streams of 10^6 bits do.
        least_cycles: below the greater of this and 0.005 sqrt(n) cycles, the test is not applicable; 500 in the
            standard.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: no bits, no such mode, or a number of cycles below 1.
    """
    shared, mode = of(bits), require_mode(mode)
    least_cycles = whole_number(least_cycles, "least_cycles", least=1)
    parameters = {"mode": mode, "bits": len(shared), "least_cycles": least_cycles}
    walk = shared.walk()
    reason = too_few(walk.cycles, least_cycles, len(shared))
    if reason:
        statistic = {"cycles": walk.cycles}
        return not_applicable(NAME, SECTION, reason, parameters=parameters, statistic=statistic, columns=COLUMNS)
    p_values = special.erfc(np.abs(walk.totals - walk.cycles) / np.sqrt(walk.cycles * _UNIT))
    found = {"cycles": walk.cycles, "visits": walk.totals.tolist()}
    return Finding(NAME, SECTION, parameters, found, tuple(p_values.tolist()), COLUMNS)
