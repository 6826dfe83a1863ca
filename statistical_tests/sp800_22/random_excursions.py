"""RandomExcursions: how often the walk visits a state between two returns to 0."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy import special

from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.shared import Floats, Shared, of, require_mode

NAME = "RandomExcursions"
SECTION = "SP 800-22 2.14"
STATES = (-4, -3, -2, -1, 1, 2, 3, 4)
COLUMNS = tuple(f"x = {state}" for state in STATES)
LEAST_CYCLES = 500

_CLASSES = 6


def random_excursions(bits: Bits | Shared, *, least_cycles: int = LEAST_CYCLES, mode: str = "corrected") -> Finding:
    """Test how often, within a cycle from 0 to 0, the walk visits each of the states -4 to 4.

    Six classes of cycles: no visit, 1, 2, 3, 4, and 5 or more, with their exact probabilities: 1 - 1/(2|x|) for none,
    then (1/(4x^2)) (1 - 1/(2|x|))^(k-1), and the rest. The C code has the same to ten digits, so that both modes agree.
    As in the standard, the unfinished cycle at the end counts as one, which one of J cycles is; and that the number of
    cycles is itself random is not taken into account.

    State 4's class of four visits is expected 5.2 times at 500 cycles, so that 4 of 10,000 p-values of ideal cycles are
    below 0.0001 there (simulated), and 1.7 for state 1.

    Args:
        bits: whatever length gives enough cycles; 62 % of ideal streams of 10^6 bits do.
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
    expected = walk.cycles * class_probabilities()
    chi_squares = ((walk.visits - expected) ** 2 / expected).sum(axis=1)
    p_values = special.gammaincc((_CLASSES - 1) / 2, chi_squares / 2)
    found = {"cycles": walk.cycles, "chi_square": chi_squares.tolist()}
    return Finding(NAME, SECTION, parameters, found, tuple(p_values.tolist()), COLUMNS)


def too_few(cycles: int, least_cycles: int, length: int) -> str:
    """Say why there are not enough cycles for a test, or nothing if there are (SP 800-22 2.14.4)."""
    least = max(float(least_cycles), 0.005 * math.sqrt(length))
    if cycles >= least:
        return ""
    return f"{cycles} cycles, and {math.ceil(least)} are needed"


@cache
def class_probabilities() -> Floats:
    """Return the probabilities of 0, 1 … 4, and 5 or more visits in a cycle, shape [8 states, 6 classes]."""
    rows = []
    for state in STATES:
        reached = 1.0 / (2 * abs(state))
        once = [reached * reached * (1.0 - reached) ** (visits - 1) for visits in range(1, _CLASSES - 1)]
        rows.append([1.0 - reached, *once, reached * (1.0 - reached) ** (_CLASSES - 2)])
    chances = np.array(rows)
    chances.flags.writeable = False
    return chances
