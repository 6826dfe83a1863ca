"""The reference distributions agree with sums of fractions, and their p-values with what a p-value is."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from statistical_tests.bit_tests import reference


def _binomial(trials: int, chance: Fraction) -> list[Fraction]:
    return [math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(trials + 1)]


@given(trials=st.integers(1, 60), numerator=st.integers(1, 31))
def test_the_upper_binomial_tail_is_the_sum_of_fractions(trials: int, numerator: int) -> None:
    chance = Fraction(numerator, 32)
    exact = _binomial(trials, chance)
    for count in range(-1, trials + 2):
        wanted = float(sum(exact[max(0, count) :], Fraction(0)))
        assert reference.binomial_upper(count, trials, float(chance)) == pytest.approx(wanted, rel=1e-11, abs=0)


@given(trials=st.integers(1, 80))
def test_a_fair_coins_p_value_is_the_probability_of_a_split_as_uneven(trials: int) -> None:
    exact = _binomial(trials, Fraction(1, 2))
    for count in range(trials + 1):
        away = abs(2 * count - trials)
        wanted = sum(one for other, one in enumerate(exact) if abs(2 * other - trials) >= away)
        assert reference.fair_binomial_p(count, trials) == pytest.approx(float(wanted), rel=1e-11, abs=0)


def test_the_binomial_tail_keeps_its_digits_far_out_and_for_many_trials() -> None:
    """Against the first terms of the tail, added up from exact logarithms of factorials."""
    trials, count = 10**8, 50_050_000  # ten standard deviations
    term = math.exp(
        math.lgamma(trials + 1) - math.lgamma(count + 1) - math.lgamma(trials - count + 1) - trials * math.log(2)
    )
    total, place = 0.0, count
    while term > total * 1e-17:
        total += term
        term *= (trials - place) / (place + 1)
        place += 1
    # lgamma of 10^8 has an absolute error near 1e-7, and so has the exponent.
    assert reference.fair_binomial_p(count, trials) == pytest.approx(2 * total, rel=1e-5, abs=0)


@given(count=st.integers(0, 80), mean=st.floats(0.01, 60))
def test_poisson_tails_are_sums_of_their_terms(count: int, mean: float) -> None:
    terms = [math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(400)]
    lower, upper = math.fsum(terms[: count + 1]), math.fsum(terms[count:])
    assert reference.poisson_upper(count, mean) == pytest.approx(upper, rel=1e-9, abs=0)
    assert reference.poisson_p(count, mean) == pytest.approx(min(1.0, 2 * min(lower, upper)), rel=1e-9)


def test_many_expected_repeats_and_none_found_is_as_telling_as_too_many() -> None:
    assert reference.poisson_p(0, 50.0) == pytest.approx(2 * math.exp(-50), rel=1e-12, abs=0)


@given(statistic=st.floats(0, 500), freedom=st.integers(1, 300))
def test_chi_square_is_one_sided_below_32_degrees_of_freedom_and_two_sided_from_there(
    statistic: float, freedom: int
) -> None:
    lower, upper = float(stats.chi2.cdf(statistic, freedom)), float(stats.chi2.sf(statistic, freedom))
    wanted = upper if freedom < 32 else min(1.0, 2 * min(lower, upper))
    assert reference.chi_square_p(statistic, freedom) == pytest.approx(wanted, rel=1e-8, abs=1e-300)


def test_bounds_of_the_references_are_the_stated_ones() -> None:
    assert reference.LEAST_EXPECTED == 5
    assert reference.chi_square_p(1.0, 31) == float(stats.chi2.sf(1.0, 31))
    assert reference.chi_square_p(1.0, 32) == pytest.approx(2 * float(stats.chi2.cdf(1.0, 32)), rel=1e-9)


def test_normal_p_is_two_sided() -> None:
    assert reference.normal_p(-1.959963984540054) == pytest.approx(0.05, rel=1e-12)
    assert reference.normal_p(0.0) == 1.0


@given(
    weights=st.lists(st.integers(1, 1000), min_size=1, max_size=30),
    counts=st.lists(st.integers(0, 50), min_size=30, max_size=30),
)
def test_pooled_classes_expect_enough_and_lose_nothing(weights: list[int], counts: list[int]) -> None:
    observed = np.asarray(counts[: len(weights)], dtype=np.int64)
    fit = reference.pearson(observed, np.asarray(weights) / sum(weights))
    assert all(mean >= reference.LEAST_EXPECTED for mean in fit.expected)
    if fit.expected:
        assert sum(fit.observed) == observed.sum()
        assert math.fsum(fit.expected) == pytest.approx(float(observed.sum()))
        assert fit.freedom == len(fit.expected) - 1
        wanted = math.fsum((o - e) ** 2 / e for o, e in zip(fit.observed, fit.expected, strict=True))
        assert fit.statistic == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    else:
        assert observed.sum() < reference.LEAST_EXPECTED
    assert 0.0 <= fit.p_value <= 1.0


@pytest.mark.parametrize("chances", [(0.25, 0.75), (0.3, 0.5, 0.2), (0.4, 0.3, 0.2, 0.1)])
def test_few_counts_in_few_classes_have_an_exact_p_value(chances: tuple[float, ...]) -> None:
    """Every sequence of draws, one by one: 50 counts in two classes, 8 in three or four."""
    total = 50 if len(chances) == 2 else 8
    outcomes: dict[tuple[int, ...], float] = {(0,) * len(chances): 1.0}
    for _ in range(total):
        after: dict[tuple[int, ...], float] = {}
        for outcome, weight in outcomes.items():
            for place, chance in enumerate(chances):
                moved = (*outcome[:place], outcome[place] + 1, *outcome[place + 1 :])
                after[moved] = after.get(moved, 0.0) + weight * chance
        outcomes = after
    statistics = {
        outcome: math.fsum((o - total * c) ** 2 / (total * c) for o, c in zip(outcome, chances, strict=True))
        for outcome in outcomes
    }
    for outcome in outcomes:
        wanted = math.fsum(
            weight for other, weight in outcomes.items() if statistics[other] >= statistics[outcome] - 1e-9
        )
        fit = reference.pearson(np.asarray(outcome, dtype=np.int64), np.asarray(chances), least=0.1)
        assert fit.p_value == pytest.approx(wanted, rel=1e-9, abs=0)


def test_many_counts_have_the_chi_square_that_the_exact_p_value_tends_to() -> None:
    few = reference.pearson(np.asarray([11_300, 11_450, 22_250]), np.asarray([0.25, 0.25, 0.5]))
    assert few.p_value == float(stats.chi2.sf(few.statistic, 2))
    two = reference.pearson(np.asarray([24_700, 25_300]), np.asarray([0.5, 0.5]))
    assert two.p_value == pytest.approx(reference.fair_binomial_p(24_700, 50_000), rel=1e-7)
    assert two.p_value == pytest.approx(float(stats.chi2.sf(two.statistic, 1)), rel=0.05)


def test_pearsons_statistic_without_pooling_is_scipys() -> None:
    observed, chances = np.asarray([30, 14, 34, 45, 57, 20]), np.full(6, 1 / 6)
    wanted = stats.chisquare(observed)
    fit = reference.pearson(observed, chances)
    assert (fit.statistic, fit.p_value) == pytest.approx((wanted.statistic, wanted.pvalue), rel=1e-12)


def test_the_lowest_of_many_tails_is_exact_and_does_not_vanish_when_tiny() -> None:
    assert reference.lowest_p(0.01, 100) == pytest.approx(1 - 0.99**100, rel=1e-12)
    assert reference.lowest_p(1e-30, 1000) == pytest.approx(1e-27, rel=1e-12, abs=0)
    assert reference.lowest_p(1.0, 5) == 1.0
    assert reference.lowest_p(0.0, 5) == 0.0
