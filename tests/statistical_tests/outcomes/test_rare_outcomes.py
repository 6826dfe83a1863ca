"""Outcomes that are all but impossible: p-values and no warnings, whatever the range of doubles."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from fractions import Fraction
from itertools import permutations, product
from math import comb, factorial

import numpy as np
import pytest
from scipy import stats

from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding
from statistical_tests.outcomes import battery
from statistical_tests.outcomes.rare_outcomes import rare_agreements, rare_outcomes, rare_shuffles
from statistical_tests.outcomes.rarity import rarity, upper_tails
from statistical_tests.outcomes.total_distribution import total_distribution
from tests.statistical_tests.outcomes.samples import UNLIKELY, decks


@pytest.mark.parametrize("rare", [5e-324, 1e-300, 1e-90])
@pytest.mark.parametrize("values", [[2], [0, 1], [0, 1, 2, 2], [0, 1] * 500, [0, 1] * 500 + [2]])
def test_what_cannot_come_and_came_is_a_finding_without_a_warning(rare: float, values: list[int]) -> None:
    law = [0.5, 0.5, rare, rare]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = battery.run(values, probabilities=law)
        (least,) = total_distribution(values, probabilities=law, least_expected=1e-3).p_values[:1]
    assert all(0 <= p_value <= 1 for one in found for p_value in one.p_values)
    (alone, together), *_ = (one.p_values for one in found if one.name == "RareOutcomes")
    assert (alone < 1e-80) == (together < 1e-80) == (2 in values)
    if len(values) <= 4:  # in longer ones it is pooled with what comes more often
        assert (least < 1e-80) == (2 in values)


def test_a_law_that_is_certain_but_for_rounding_is_refused() -> None:
    """Its deviation is zero or nearly so in doubles, and scores were divided by it."""
    with pytest.raises(BadInput, match="all but the likeliest together are below 1e-70, which no sample shows; give 0"):
        battery.run([0] * 100, probabilities=[1.0, 5e-324, 5e-324])
    assert battery.run([0] * 100, probabilities=[1.0, 0.0, 0.0])


def test_one_outcome_in_a_thousand_has_the_probability_that_it_comes() -> None:
    law = [0.5, 0.5, 1e-90, 1e-90]
    found = rare_outcomes([0, 1] * 500 + [2], probabilities=law)
    assert found.p_values == pytest.approx((1001e-90 * 2, 1001 * 2e-90), rel=1e-9, abs=0)
    assert found.statistic["furthest_outcome"] == 2
    assert found.statistic["furthest_count"] == 1
    assert found.statistic["rare_kinds"] == 2
    assert rare_outcomes([0, 1] * 500, probabilities=law).p_values == (1.0, 1.0)


def test_many_rare_outcomes_that_came_once_each_are_seen_together() -> None:
    """One of a hundred jackpots of a millionth is no wonder; eight different ones among a thousand rounds are."""
    law = np.array([1 - 0.004 - 100e-6, 0.004, *[1e-6] * 100])
    values = [*[0] * 988, *[1] * 4, *range(2, 10)]
    found = rare_outcomes(values, probabilities=law)
    assert found.p_values[0] > 0.05
    # Two pools: what is expected less than 5 times, and what is so less than 0.05 times.
    tail = sum(comb(1000, k) * 1e-4**k * (1 - 1e-4) ** (1000 - k) for k in range(8, 40))
    assert found.p_values[1] == pytest.approx(2 * tail, rel=1e-9, abs=0)


@pytest.mark.parametrize(("chance", "trials", "count"), [(Fraction(1, 7), 9, 3), (Fraction(1, 10**90), 1001, 3)])
def test_tails_are_those_of_exact_fractions(chance: Fraction, trials: int, count: int) -> None:
    exact = sum(comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(count, min(trials, 9) + 1))
    (tail,) = upper_tails(np.array([count]), trials, np.array([float(chance)]))
    assert tail == pytest.approx(float(exact), rel=1e-12, abs=0)
    assert upper_tails(np.array([0]), trials, np.array([float(chance)])).tolist() == [1.0]


@pytest.mark.parametrize("law", [[0.6, 0.2, 0.15, 0.05], [0.9, 0.06, 0.03, 0.009, 0.001], [0.25] * 4])
@pytest.mark.parametrize("trials", [1, 4, 6])
def test_no_level_is_kept_more_often_than_it_allows_among_all_samples(law: list[float], trials: int) -> None:
    chances: dict[str, dict[float, float]] = {"alone": {}, "together": {}, "least": {}}
    for word in product(range(len(law)), repeat=trials):
        found = rarity(np.bincount(word, minlength=len(law)), np.array(law), least_expected=5.0)
        assert found is not None
        chance = float(np.prod([law[one] for one in word]))
        for name, of_value in chances.items():
            value = getattr(found, name)
            of_value[value] = of_value.get(value, 0.0) + chance
    for of_value in chances.values():
        for level in of_value:
            assert sum(chance for value, chance in of_value.items() if value <= level) <= level * (1 + 1e-9)


_HALVES = np.array([*[0.5**place for place in range(1, 12)], 0.5**11])
IDEAL: dict[str, Callable[[np.random.Generator], Finding]] = {
    "one rare": lambda random: rare_outcomes(random.choice(2, 500, p=[0.998, 0.002]), probabilities=[0.998, 0.002]),
    "many rare": lambda random: rare_outcomes(random.integers(0, 2000, 3000), probabilities=np.full(2000, 1 / 2000)),
    "of all sizes": lambda random: rare_outcomes(random.choice(12, 1000, p=_HALVES), probabilities=_HALVES),
    "lottery": lambda random: rare_agreements(decks(random, 200, 49)[:, :6], kinds=49),
    "decks": lambda random: rare_shuffles(decks(random, 60)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", IDEAL)
def test_ideal_samples_are_not_refused_more_often_than_a_level_allows(name: str) -> None:
    random = np.random.default_rng(21)
    found = [IDEAL[name](random).p_values for _ in range(1000)]
    for values in zip(*found, strict=True):
        for level in (0.3, 0.1, 0.05, 0.01, 0.001):
            assert sum(value <= level for value in values) <= stats.binom.ppf(1 - UNLIKELY, 1000, level), level
    assert any(value < 0.2 for values in found for value in values)


def test_a_draw_given_twice_is_as_unlikely_as_it_is() -> None:
    draws = decks(np.random.default_rng(8), 1000, 49)[:, :6]
    before = {one.name: one.p_values for one in battery.run_draws(draws, kinds=49)}
    draws[500] = draws[499][::-1]
    after = {one.name: one.p_values for one in battery.run_draws(draws, kinds=49)}
    assert min(before["RareAgreements"]) > 0.01
    assert min(after["DrawAgreements"]) > 1e-3  # where agreements of four numbers and more are one class
    # Of 999 pairs 17.6 share three numbers and one shares four: three numbers are rare, and there are two p-values.
    assert after["RareAgreements"][0] == pytest.approx(999 / comb(49, 6) * 3 * 2, rel=1e-3, abs=0)


def test_one_deck_that_was_not_shuffled_is_as_unlikely_as_it_is() -> None:
    shuffled = decks(np.random.default_rng(9), 1000)
    before = {one.name: one.p_values for one in battery.run_shuffles(shuffled)}
    shuffled[700] = np.arange(52)
    after = {one.name: one.p_values for one in battery.run_shuffles(shuffled)}
    assert min(before["RareShuffles"]) > 0.01
    assert min(after["FixedPoints"] + after["Descents"] + after["Cycles"]) > 1e-4
    assert all(p_value < 1e-60 for p_value in after["RareShuffles"])
    found = rare_shuffles(shuffled)
    assert found.columns == ("fixed points", "cycles", "descents", "successions")
    assert found.statistic["furthest"] == (52, 52, 0, 51)
    rare = [float(chance) for chance in _fixed_points_of_52() if 0 < 1000 * chance < 5]
    pools = {math.floor(math.log10(5 / (1000 * chance))) for chance in rare}
    assert found.p_values[0] == pytest.approx(1000 / factorial(52) * min(len(rare), len(pools)) * 2, rel=1e-9, abs=0)


def _fixed_points_of_52() -> list[Fraction]:
    """Return the rencontres probabilities: of k fixed points 1 / k! times those of 52 - k cards having none."""
    none = [sum((Fraction((-1) ** j, factorial(j)) for j in range(size + 1)), Fraction(0)) for size in range(53)]
    return [none[52 - k] / factorial(k) for k in range(53)]


def test_nothing_rare_and_nothing_at_all_are_not_applicable() -> None:
    assert "expected 5 times or more" in rare_outcomes([0, 1] * 50, probabilities=[0.5, 0.5]).reason
    assert rare_outcomes([], probabilities=[0.5, 0.5]).reason == "there are no outcomes"
    assert not rare_agreements([[0, 1]], kinds=4).applicable
    assert not rare_shuffles(np.zeros((0, 4), dtype=int)).applicable
    every = np.array(list(permutations(range(3))) * 40)
    assert not rare_shuffles(every).applicable


def test_what_has_probability_zero_and_came_has_p_zero() -> None:
    assert rare_outcomes([0, 1] * 50 + [2], probabilities=[0.5, 0.5, 0.0]).p_values == (0.0, 0.0)
    assert not rare_outcomes([0, 1] * 50, probabilities=[0.5, 0.5, 0.0]).applicable


@pytest.mark.parametrize("least", [0, -1.0, float("inf"), float("nan")])
def test_a_least_expected_count_that_is_none_is_refused(least: float) -> None:
    with pytest.raises(BadInput, match=f"least expected count is {least}"):
        rare_outcomes([0], probabilities=[0.5, 0.5], least_expected=least)
