"""RandomExcursionsVariant: how often the walk visits a state in all."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from statistical_tests.arguments import whole_number
from statistical_tests.bits import Bits
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.sp800_22.random_excursions import LEAST_CYCLES, too_few
from statistical_tests.sp800_22.shared import Floats, Shared, of, require_mode

NAME = "RandomExcursionsVariant"
SECTION = "SP 800-22 2.15"
STATES = (*range(-9, 0), *range(1, 10))
COLUMNS = tuple(f"x = {state}" for state in STATES)

_UNIT = 2.0 * (4.0 * np.abs(np.array(STATES)) - 2.0)
_FAR = 10.0
"""Standard deviations, beyond which a binomial number adds less than 1e-20."""


def random_excursions_variant(
    bits: Bits | Shared, *, least_cycles: int = LEAST_CYCLES, mode: str = "corrected"
) -> Finding:
    """Test how often the walk visits each of the states -9 to 9, over all its cycles.

    In J cycles a state x is visited J times in the mean, with variance J (4|x| - 2). `nist-compat`: the sum is taken
    for normal. It is skewed, as most cycles never reach a far state: at 500 cycles and |x| = 9, the normal p-value
    falls below 0.0001 in 5.3 of 10,000 cases, all of them of too many visits. `corrected`: the exact distribution of
    the visits in J whole cycles, twice the smaller tail, at most 1: see `visits_two_sided`. It is conservative, as
    visits are a whole number.

    What neither mode takes into account, as in the standard: that J is what fits into the stream and not chosen
    beforehand, and that the last cycle is not whole. Cycles are short where there are many of them, so that there are
    fewer visits of far states: over 12,375 ideal streams of 10^6 bits with 500 cycles or more, the mean was 0.07
    standard deviations too low at |x| = 9, and 0.23 in those with more than 2,000. Thousands of streams together show
    it. The p-values of neighbouring states depend strongly on one another.

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
    visits = walk.totals.tolist()
    if mode == "corrected":
        pairs = zip(STATES, visits, strict=True)
        p_values = [visits_two_sided(count, walk.cycles, abs(state)) for state, count in pairs]
    else:
        p_values = special.erfc(np.abs(walk.totals - walk.cycles) / np.sqrt(walk.cycles * _UNIT)).tolist()
    return Finding(NAME, SECTION, parameters, {"cycles": walk.cycles, "visits": visits}, tuple(p_values), COLUMNS)


def visits_two_sided(visits: int, cycles: int, distance: int) -> float:
    """Return twice the smaller tail of the visits of a state in so many whole cycles, at most 1.

    A cycle reaches a state at distance d with probability r = 1/(2d), and after each visit the walk goes home before
    the next one with probability r. So t visits or fewer mean: as many cycles as reach the state, which is Bin(J, r),
    are over with the t-th visit, after which it went home Bin(t, r) times. With two independent binomial numbers,
    P(visits <= t) = P(Bin(J, r) <= Bin(t, r)), and P(visits >= t) = P(Bin(J, r) > Bin(t - 1, r)).

    Args:
        visits: t, 0 or more.
        cycles: J, 1 or more.
        distance: d, 1 or more.
    """
    chance = 1.0 / (2 * distance)
    low, high = min(visits, cycles), max(visits, cycles)
    margin = _FAR * math.sqrt(high * chance * (1.0 - chance)) + _FAR
    values = np.arange(max(0, math.floor(low * chance - margin)), math.ceil(high * chance + margin) + 1.0)
    factorials = special.gammaln(values + 1.0)
    reached = _binomial(values, factorials, cycles, chance)
    home = _binomial(values, factorials, visits, chance)
    at_most = float(np.dot(reached, np.cumsum(home[::-1])[::-1]))
    if visits == 0:
        return min(1.0, 2.0 * at_most)
    earlier = home * np.maximum(visits - values, 0.0) / (visits * (1.0 - chance))  # Bin(t - 1, r) from Bin(t, r)
    at_least = float(np.dot(reached[1:], np.cumsum(earlier)[:-1]))
    return min(1.0, 2.0 * min(at_most, at_least))


def _binomial(values: Floats, factorials: Floats, trials: int, chance: float) -> Floats:
    """Return the probabilities of the binomial distribution at `values`, with log(values!) given."""
    left = trials - values
    possible = left >= 0
    logs = special.gammaln(trials + 1.0) - factorials - special.gammaln(np.where(possible, left, 0.0) + 1.0)
    logs += values * math.log(chance) + left * math.log1p(-chance)
    chances: Floats = np.where(possible, np.exp(np.where(possible, logs, -np.inf)), 0.0)
    return chances
