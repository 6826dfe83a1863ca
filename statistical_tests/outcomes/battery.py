"""All tests that apply to a column of outcomes, to draws of several numbers, or to shuffled decks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding
from statistical_tests.outcomes.ascents import runs_up, turning_points
from statistical_tests.outcomes.coupon_collector import coupon_collector
from statistical_tests.outcomes.draws import (
    draw_agreements,
    draw_interplay,
    draw_pairs,
    draw_positions,
    draw_totals,
    draws_of,
)
from statistical_tests.outcomes.impossible import possible
from statistical_tests.outcomes.interplay_correlation import interplay_between_draws, interplay_correlation
from statistical_tests.outcomes.overlaps import overlaps
from statistical_tests.outcomes.rare_outcomes import rare_agreements, rare_outcomes, rare_shuffles
from statistical_tests.outcomes.repeats import repeats
from statistical_tests.outcomes.runs import runs
from statistical_tests.outcomes.sample import numbers
from statistical_tests.outcomes.serial_correlation import serial_correlation
from statistical_tests.outcomes.shuffles import (
    card_positions,
    deck_cycles,
    decks_of,
    descents,
    first_card,
    fixed_points,
    neighbours,
)
from statistical_tests.outcomes.total_distribution import total_distribution

_MOST_KINDS = 1 << 20  # of which each has a probability of its own, eight bytes
_MOST_POSITIONS_WITH_OVERVIEW = 12  # positions of a draw that are compared two by two: 66 pairs


def run(values: ArrayLike, *, probabilities: Any) -> list[Finding]:
    """Judge one column of outcomes.

    Outcomes that cannot be are counted first; the other tests leave them out.

    Args:
        values: numbers; outcomes are 0 to kinds - 1. Shape [outcomes].
        probabilities: one for each kind, floats or fractions; the sum is one.

    Raises:
        BadInput: the values are not numbers, or the probabilities not such.
    """
    expected = arguments.probabilities(probabilities)
    finding, outcomes = possible(values, probabilities=expected)
    kinds = len(expected)
    found = [
        finding,
        total_distribution(outcomes, probabilities=expected),
        rare_outcomes(outcomes, probabilities=expected),
        overlaps(outcomes, probabilities=expected),
        coupon_collector(outcomes, probabilities=expected),
    ]
    if kinds > 1:
        found.append(runs(outcomes, kinds=kinds))
    return [
        *found,
        runs_up(outcomes, probabilities=expected),
        turning_points(outcomes, probabilities=expected),
        serial_correlation(outcomes, probabilities=expected),
        repeats(outcomes, probabilities=expected),
    ]


def run_draws(draws: ArrayLike, *, kinds: int, replacement: bool = False, in_order: bool = True) -> list[Finding]:
    """Judge draws of several numbers, each equally likely.

    Args:
        draws: shape [draws, positions], numbers from 0 to kinds - 1.
        kinds: how many numbers there are.
        replacement: whether a number can come twice in a draw, such as dice, and not balls.
        in_order: whether positions are the order of drawing; if draws are sorted they are not, and tests of positions
            are left out.

    Raises:
        BadInput: a draw holds what it cannot, or kinds is not such; sorted draws with replacement, for which there is
            no test here.
    """
    if replacement:
        if not in_order:
            raise BadInput("sorted draws with replacement have no test here: give them in the order of drawing")
        equal = np.full(arguments.whole_number(kinds, "kinds", least=1, most=_MOST_KINDS), 1 / kinds)
        array = numbers(draws, dimensions=2, name="draws")
        found = [interplay_correlation(array, probabilities=equal), interplay_between_draws(array, probabilities=equal)]
        flat = array.reshape(-1)
        alone = [test(flat, probabilities=equal) for test in (total_distribution, rare_outcomes)]
        return [*alone, *found]
    checked = draws_of(draws, kinds=kinds)
    tests = [draw_totals, draw_pairs, draw_agreements, rare_agreements]
    if in_order:
        tests.append(draw_positions)
        if checked.shape[1] <= _MOST_POSITIONS_WITH_OVERVIEW:
            tests.append(draw_interplay)
    return [test(checked, kinds=kinds) for test in tests]


def run_shuffles(decks: ArrayLike) -> list[Finding]:
    """Judge shuffled decks.

    Args:
        decks: shape [decks, cards]; each row holds 0 to cards - 1 once each, 0 being the card that was first before.

    Raises:
        BadInput: a row is no permutation.
    """
    checked = decks_of(decks)
    tests = (card_positions, first_card, neighbours, fixed_points, deck_cycles, descents, rare_shuffles)
    return [test(checked) for test in tests]
