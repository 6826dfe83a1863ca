"""Outcomes that are all but impossible: p-values and no warnings, whatever the range of doubles."""

from __future__ import annotations

import warnings

import pytest

from statistical_tests.errors import BadInput
from statistical_tests.outcomes import battery
from statistical_tests.outcomes.total_distribution import total_distribution


@pytest.mark.parametrize("rare", [5e-324, 1e-300, 1e-90])
@pytest.mark.parametrize("values", [[2], [0, 1], [0, 1, 2, 2], [0, 1] * 500, [0, 1] * 500 + [2]])
def test_what_cannot_come_and_came_is_a_finding_without_a_warning(rare: float, values: list[int]) -> None:
    law = [0.5, 0.5, rare, rare]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = battery.run(values, probabilities=law)
        (least,) = total_distribution(values, probabilities=law, least_expected=1e-3).p_values[:1]
    assert all(0 <= p_value <= 1 for one in found for p_value in one.p_values)
    if len(values) <= 4:  # in longer ones it is pooled with what comes more often, and not seen
        assert (least < 1e-80) == (2 in values)


def test_a_law_that_is_certain_but_for_rounding_is_refused() -> None:
    """Its deviation is zero or nearly so in doubles, and scores were divided by it."""
    with pytest.raises(BadInput, match="all but the likeliest together are below 1e-70, which no sample shows; give 0"):
        battery.run([0] * 100, probabilities=[1.0, 5e-324, 5e-324])
    assert battery.run([0] * 100, probabilities=[1.0, 0.0, 0.0])
