"""Rare outcomes: whether what should hardly ever come came too often (GLI-19 3.2.2, beside the total distribution).

The chi-square tests of this package pool outcomes that are expected less than five times. What that hides is here:
outcomes of a column, agreements of neighbouring draws, and what is counted in each shuffled deck.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from statistical_tests import arguments
from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding, not_applicable
from statistical_tests.outcomes.draws import agreement_counts, agreement_law, draws_of
from statistical_tests.outcomes.pooling import LEAST_EXPECTED
from statistical_tests.outcomes.rarity import Rarity, rarity
from statistical_tests.outcomes.sample import histogram, sample
from statistical_tests.outcomes.shuffles import COUNTED, counts_of_decks, decks_of

_SECTION, _SHUFFLES = "GLI-19 3.2.2", "GLI-19 3.2"
_COLUMNS = ("one outcome", "several together")


def rare_outcomes(values: ArrayLike, *, probabilities: Any, least_expected: float = LEAST_EXPECTED) -> Finding:
    """Compare how often outcomes come that `total_distribution` pools because they are rare.

    The count of each rare outcome alone, and of rare outcomes together, by exact binomial tails; see
    `rarity.rarity`. p-values are conservative.

    Args:
        values: outcomes 0 to kinds - 1, shape [outcomes].
        probabilities: one for each kind, floats or fractions; the sum is one.
        least_expected: outcomes that are expected less often are rare.

    Raises:
        BadInput: the outcomes, probabilities or least expected count are not such.
    """
    expected = arguments.probabilities(probabilities)
    outcomes = sample(values, kinds=len(expected))
    if not 0 < least_expected < np.inf:
        raise BadInput(f"the least expected count is {least_expected}: it is a number above 0, and 5 as a rule")
    counts = histogram(outcomes, len(expected))
    parameters = {"outcomes": len(outcomes), "kinds": len(expected), "least_expected": float(least_expected)}
    found = rarity(counts, expected, least_expected=least_expected)
    if found is None:
        reason = f"of {len(outcomes)} outcomes each possible one is expected {least_expected:g} times or more"
        if not len(outcomes):
            reason = "there are no outcomes"
        return not_applicable("RareOutcomes", _SECTION, reason, parameters=parameters, columns=_COLUMNS)
    return Finding(
        "RareOutcomes",
        _SECTION,
        parameters,
        {
            "rare_kinds": found.kinds,
            "rare_outcomes": found.occurred,
            "expected_rare_outcomes": found.expected,
            "furthest_outcome": found.furthest,
            "furthest_count": int(counts[found.furthest]),
            "furthest_expected": float(len(outcomes) * expected[found.furthest]),
        },
        (found.alone, found.together),
        _COLUMNS,
    )


def rare_agreements(draws: ArrayLike, *, kinds: int, lags: tuple[int, ...] = (1, 2)) -> Finding:
    """Compare how often draws share a number of numbers that they should hardly ever share, such as all of them.

    The law is that of `draw_agreements`, which pools such agreements; a draw given twice is seen here. One p-value a
    lag, of both that `rarity.rarity` gives: conservative.

    Args:
        draws: shape [draws, positions]; each row holds different numbers from 0 to kinds - 1.
        kinds: how many numbers there are.
        lags: how many draws later, each 1 or more.

    Raises:
        BadInput: a row holds a number twice, or one that there is not; a lag is not such.
    """
    checked = draws_of(draws, kinds=kinds)
    distances = arguments.different(lags, "lag", least=1)
    parameters = {"draws": len(checked), "positions": checked.shape[1], "kinds": kinds, "lags": distances}
    columns = tuple(f"lag {lag}" for lag in distances)
    if not distances or len(checked) <= max(distances):
        reason = f"{len(checked)} draws, and more than the largest lag are needed"
        return not_applicable("RareAgreements", _SECTION, reason, parameters=parameters, columns=columns)
    law = agreement_law(kinds, checked.shape[1])
    found = [rarity(agreement_counts(checked, kinds, lag), law, least_expected=LEAST_EXPECTED) for lag in distances]
    return _by_column("RareAgreements", _SECTION, parameters, columns, found)


def rare_shuffles(decks: ArrayLike) -> Finding:
    """Compare how often decks have numbers of something that they should hardly ever have.

    What is counted in a deck are its fixed points, cycles, descents and successions, as the tests of these names do;
    they pool what is rare, and one deck among a thousand that was not shuffled at all is seen here. One p-value
    each, of both that `rarity.rarity` gives: conservative.

    Args:
        decks: shape [decks, cards]; each row holds 0 to cards - 1 once each, 0 being the card that was first.

    Raises:
        BadInput: a row is no permutation.
    """
    checked = decks_of(decks)
    cards = checked.shape[1]
    parameters = {"decks": len(checked), "cards": cards}
    if not len(checked):
        return not_applicable(
            "RareShuffles", _SHUFFLES, "there are no decks", parameters=parameters, columns=tuple(COUNTED)
        )
    found = []
    for counted in COUNTED.values():
        law = np.array([float(chance) for chance in counted.law(cards)])
        counts = np.bincount(counts_of_decks(checked, counted.count), minlength=len(law)).astype(np.int64)
        found.append(rarity(counts, law, least_expected=LEAST_EXPECTED))
    return _by_column("RareShuffles", _SHUFFLES, parameters, tuple(COUNTED), found)


def _by_column(
    name: str, section: str, parameters: dict[str, Any], columns: tuple[str, ...], found: list[Rarity | None]
) -> Finding:
    """Return one finding of several laws; a law in which nothing is rare has p-value one."""
    if not any(found):
        reason = f"each number that can be is expected {LEAST_EXPECTED:g} times or more"
        return not_applicable(name, section, reason, parameters=parameters, columns=columns)
    return Finding(
        name,
        section,
        parameters,
        {
            "rare": [one.occurred if one else 0 for one in found],
            "expected_rare": [one.expected if one else 0.0 for one in found],
            "furthest": [one.furthest if one else -1 for one in found],
        },
        tuple(one.least if one else 1.0 for one in found),
        columns,
    )
