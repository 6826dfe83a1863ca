"""CumulativeSums: how far the walk over the bits goes from where it began."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.shared import Counts, Floats, Shared, of, recommended, require_mode

NAME = "CumulativeSums"
SECTION = "SP 800-22 2.13"
LEAST_BITS = 100
COLUMNS = ("forward", "reverse")

_FAR = 40.0
"""Standard deviations, beyond which a tail is below 1e-300."""
_NEAR = 0.17
"""Of sqrt(n): the probability of staying so near is below exp(-pi^2 / (8 * 0.17^2)), 3e-19."""


def cumulative_sums(bits: Bits | Shared, *, mode: str = "corrected") -> Finding:
    """Test how far partial sums of +1 and -1 get from 0, from the first bit on and from the last.

    The statistic z is the largest absolute partial sum. `corrected`: the exact probability of z or more, from the
    reflection principle with binomial tails, at every length from 1: with T(x) the probability that the sum of all is x
    or more, it is 2 * sum over i = 0, 1 … of (-1)^i (T((2i+1) z) + T((2i+1) z + 1)). Conservative, as z is a whole
    number. `nist-compat`: the limit with normal tails (SP 800-22 3.13), whose sums begin and end where the C code's
    integer divisions have them.

    Args:
        bits: any length; the standard recommends 100 or more for its limit.
        mode: `corrected` or `nist-compat`.

    Raises:
        BadInput: no bits, or no such mode.
    """
    shared, mode = of(bits), require_mode(mode)
    length = len(shared)
    parameters = {"mode": mode, "bits": length}
    if not length:
        return not_applicable(NAME, SECTION, "there are no bits", parameters=parameters, columns=COLUMNS)
    walk = shared.walk()
    forward = max(walk.maximum, -walk.minimum)
    reverse = max(walk.final - walk.minimum, walk.maximum - walk.final)
    notes: tuple[str, ...] = ()
    if mode == "corrected":
        p_values = (reach(forward, length), reach(reverse, length))
    else:
        p_values = (_reach_compat(forward, length), _reach_compat(reverse, length))
        notes = recommended(mode, length >= LEAST_BITS, f"{LEAST_BITS} bits at least, and there are {length}")[1]
    statistic = {"forward": forward, "reverse": reverse}
    return Finding(NAME, SECTION, parameters, statistic, p_values, COLUMNS, notes=notes)


def reach(distance: int, length: int) -> float:
    """Return the exact probability that a fair walk of `length` steps gets as far as `distance` (1 or more) from 0."""
    deviation = math.sqrt(length)
    if distance <= max(1.0, _NEAR * deviation):
        return 1.0
    farthest = min(float(length), _FAR * deviation)
    multiples = distance * np.arange(1, max(2, int(farthest / distance) + 1), 2)
    signs = np.where(np.arange(len(multiples)) % 2 == 0, 2.0, -2.0)
    tails = _sum_tail(multiples, length) + _sum_tail(multiples + 1, length)
    return min(1.0, max(0.0, float(np.dot(signs, tails))))


def _sum_tail(least: Counts, length: int) -> Floats:
    """Return the probability that the sum of `length` fair signs is at least `least` (1 or more)."""
    most_ones = (length + least + 1) // 2
    within = np.minimum(most_ones, length)
    return np.where(most_ones <= length, special.betainc(within, length - within + 1, 0.5), 0.0)


def _reach_compat(distance: int, length: int) -> float:
    ratio = length // distance
    last = int((ratio - 1) / 4)  # C divides towards zero
    first = np.arange(int((-ratio + 1) / 4), last + 1)
    second = np.arange(int((-ratio - 3) / 4), last + 1)
    unit = distance / math.sqrt(length)
    inside = special.ndtr((4 * first + 1) * unit) - special.ndtr((4 * first - 1) * unit)
    mirrored = special.ndtr((4 * second + 3) * unit) - special.ndtr((4 * second + 1) * unit)
    return min(1.0, max(0.0, float(1.0 - inside.sum() + mirrored.sum())))
