"""What a sample would have shown: each power is that of a seeded simulation of the test itself."""

from __future__ import annotations

import math
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from statistical_tests import power
from statistical_tests.errors import BadInput

RUNS = 4_000
BAND = 4 * sqrt(0.9 * 0.1 / RUNS)  # four standard errors of a simulated power of 0.9


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_the_power_of_five_coins_by_hand() -> None:
    """At the level 0.07 five coins are refused for no head and for five (1/32 each): seen with q^5 + (1 - q)^5."""
    for real in (0.0, 0.2, 0.5, 0.9, 1.0):
        assert power.proportion_power(5, real, level=0.07) == pytest.approx(real**5 + (1 - real) ** 5, rel=1e-12)


def test_four_coins_show_nothing_at_one_percent() -> None:
    assert power.proportion_power(4, 1.0, level=0.01) == 0.0
    reach = power.proportion_reach(4, level=0.01)
    assert reach.effect == math.inf
    assert reach.as_json()["effect"] is None


def test_the_reach_of_many_bits_is_that_of_the_normal_law() -> None:
    """(z(0.995) + z(0.9)) / (2 sqrt n): the rule of thumb that a million bits see one part in 520."""
    for bits in (10**6, 10**8, 10**10):
        expected = (stats.norm.isf(0.005) + stats.norm.isf(0.1)) / (2 * sqrt(bits))
        assert power.proportion_reach(bits).effect == pytest.approx(expected, rel=2e-3)
        assert power.correlation_reach(bits).effect == pytest.approx(2 * expected, rel=2e-3)
        assert power.mean_reach(bits, variance=0.25).effect == pytest.approx(expected, rel=2e-3)


def test_the_noncentrality_is_that_of_published_tables() -> None:
    """Cohen's and Guenther's tables: level 0.05, power 0.9 take 10.51 at one degree of freedom, 12.65 at two."""
    assert power.noncentrality(1, level=0.05) == pytest.approx(10.507, abs=0.001)
    assert power.noncentrality(2, level=0.05) == pytest.approx(12.654, abs=0.001)
    assert power.noncentrality(1, level=0.05, power=0.8) == pytest.approx(7.849, abs=0.001)
    assert power.noncentrality(1, level=5e-8, power=0.8) == pytest.approx(39.60099, abs=1e-4)


# --- by simulation ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("expected", "below"), [(0.5, False), (1 / 37, False), (1 / 37, True), (0.9, False)])
def test_a_proportion_at_its_reach_is_seen_nine_times_in_ten(expected: float, below: bool) -> None:
    samples, level = 20_000, 1e-4
    reach = power.proportion_reach(samples, expected=expected, level=level, below=below)
    real = expected + reach.effect * (-1 if below else 1)
    counts, times = np.unique(_generator(1).binomial(samples, real, RUNS), return_counts=True)
    # The simulated test is scipy's exact tails, one by one, and not the critical counts of ours.
    tails = [
        min(stats.binom.cdf(count, samples, expected), stats.binom.sf(count - 1, samples, expected)) for count in counts
    ]
    seen = times[2 * np.array(tails) <= level].sum() / RUNS
    assert abs(seen - 0.9) < BAND


@pytest.mark.parametrize("kinds", [2, 6])
def test_repeats_at_their_reach_are_seen_nine_times_in_ten(kinds: int) -> None:
    """A chain that takes the last outcome again too often; the test counts runs and looks at both tails."""
    samples, level = 2_000, 0.01
    reach = power.runs_reach(samples, kinds=kinds, level=level)
    sticky = reach.effect * kinds / (kinds - 1)  # repeats come from chance too: s + (1 - s) / kinds
    generator = _generator(2)
    seen = 0
    for _ in range(RUNS):
        fresh = generator.integers(0, kinds, samples)
        kept = np.maximum.accumulate(np.where(generator.random(samples) < sticky, 0, np.arange(samples)))
        chain = fresh[kept]
        repeats = int(np.count_nonzero(chain[1:] == chain[:-1]))
        tail = min(
            stats.binom.cdf(repeats, samples - 1, 1 / kinds), stats.binom.sf(repeats - 1, samples - 1, 1 / kinds)
        )
        seen += 2 * tail <= level
    assert abs(seen / RUNS - 0.9) < BAND


@pytest.mark.parametrize("kinds", [2, 37, 256])
def test_one_outcome_off_at_the_reach_of_chi_square_is_seen_nine_times_in_ten(kinds: int) -> None:
    """The bias is at most half of the probability, so that the noncentral limit is off by little: 2 % are allowed."""
    samples, level = 400 * kinds, 0.01
    reach = power.chi_square_reach(samples, kinds=kinds, level=level)
    bias = power.outcome_bias(reach.effect, 1 / kinds)
    real = np.full(kinds, (1 - 1 / kinds - bias) / (kinds - 1))
    real[0] = 1 / kinds + bias
    observed = _generator(3).multinomial(samples, real, RUNS)
    statistic = ((observed - samples / kinds) ** 2 / (samples / kinds)).sum(axis=1)
    seen = np.mean(stats.chi2.sf(statistic, kinds - 1) <= level)
    assert abs(seen - 0.9) < BAND + 0.02
    assert power.chi_square_power(samples, real, expected=np.full(kinds, 1 / kinds), level=level) == pytest.approx(0.9)


@pytest.mark.parametrize("lags", [1, 10])
def test_a_correlation_at_its_reach_is_seen_nine_times_in_ten(lags: int) -> None:
    """x(t) = e(t) + a e(t - lag) has one lag with correlation a / (1 + a^2); Ljung and Box look at all `lags`."""
    samples, level = 4_000, 0.01
    reach = power.correlation_reach(samples, lags=lags, level=level)
    share = (1 - sqrt(1 - 4 * reach.effect**2)) / (2 * reach.effect)
    noise = _generator(4).standard_normal((RUNS // 2, samples + lags))
    values = noise[:, lags:] + share * noise[:, :-lags]
    values -= values.mean(axis=1, keepdims=True)
    power_of_all = (values**2).sum(axis=1)
    statistic = np.zeros(len(values))
    for lag in range(1, lags + 1):
        correlation = (values[:, lag:] * values[:, :-lag]).sum(axis=1) / power_of_all
        statistic += samples * (samples + 2) * correlation**2 / (samples - lag)
    seen = np.mean(stats.chi2.sf(statistic, lags) <= level)
    assert abs(seen - 0.9) < BAND * sqrt(2) + 0.01


def test_a_mean_at_its_reach_is_seen_nine_times_in_ten() -> None:
    """Roulette's straight bet pays 36 with probability 1/37; the real one is off by the reach."""
    samples, level = 1_000_000, 0.01
    variance = 36**2 * (1 / 37) * (36 / 37)
    reach = power.mean_reach(samples, variance=variance, level=level)
    wins = _generator(5).binomial(samples, 1 / 37 + reach.effect / 36, RUNS)
    deviates = (36 * wins / samples - 36 / 37) / sqrt(variance / samples)
    seen = np.mean(2 * stats.norm.sf(abs(deviates)) <= level)
    assert abs(seen - 0.9) < BAND + 0.01


# --- sizes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("real", "expected", "level"), [(0.51, 0.5, 0.01), (0.49, 0.5, 1e-4), (0.03, 1 / 37, 1e-6), (0.6, 0.5, 0.05)]
)
def test_from_the_size_on_the_power_is_never_less_and_just_before_it_is(
    real: float, expected: float, level: float
) -> None:
    size = power.proportion_samples(real, expected=expected, level=level)
    after = [power.proportion_power(size + step, real, expected=expected, level=level) for step in range(300)]
    assert min(after) >= 0.9
    assert power.proportion_power(size - 1, real, expected=expected, level=level) < 0.9


def test_sizes_too_large_to_look_at_one_by_one_are_enough_and_near_the_normal_law() -> None:
    bias = 5e-6
    size = power.proportion_samples(0.5 + bias, level=1e-4)
    law = ((stats.norm.isf(5e-5) + stats.norm.isf(0.1)) / (2 * bias)) ** 2
    assert size == pytest.approx(law, rel=1e-4)
    assert power.proportion_power(size, 0.5 + bias, level=1e-4) >= 0.9


def test_size_and_reach_are_each_others_inverse() -> None:
    size = power.runs_samples(0.501, level=1e-4)
    assert power.runs_reach(size, level=1e-4).effect == pytest.approx(0.001, rel=1e-3)
    real, expected = [0.26, 0.25, 0.25, 0.24], [0.25] * 4
    size = power.chi_square_samples(real, expected=expected, level=1e-4)
    assert power.chi_square_power(size, real, expected=expected, level=1e-4) >= 0.9
    assert power.chi_square_power(size - 1, real, expected=expected, level=1e-4) < 0.9
    size = power.correlation_samples(-0.01, lags=8)
    assert power.correlation_power(size, -0.01, lags=8) >= 0.9 > power.correlation_power(size - 1, -0.01, lags=8)


@given(st.integers(10, 10**12), st.floats(1e-9, 0.1), st.floats(0.5, 0.999))
def test_more_data_reaches_further_and_the_effect_at_the_reach_has_the_power(
    samples: int, level: float, wanted: float
) -> None:
    for reach in (
        power.correlation_reach(samples, level=level, power=wanted),
        power.chi_square_reach(samples, kinds=16, level=level, power=wanted),
    ):
        assert (reach.level, reach.power, reach.samples) == (level, wanted, samples)
    near, far = (power.proportion_reach(size, level=level, power=wanted).effect for size in (samples, 4 * samples))
    assert far < near or near == math.inf
    if near < 0.5:
        assert power.proportion_power(samples, 0.5 + near, level=level) == pytest.approx(wanted, rel=1e-6)


def test_without_a_bias_the_power_is_the_level() -> None:
    assert power.correlation_power(1000, 0.0, level=0.01) == pytest.approx(0.01)
    assert power.chi_square_power(1000, [0.5, 0.5], expected=[0.5, 0.5], level=0.01) == pytest.approx(0.01)
    assert 0.0099 < power.proportion_power(10**8, 0.5, level=0.01) <= 0.01
    assert 0.0099 < power.runs_power(10**8, 1 / 6, kinds=6, level=0.01) <= 0.01


# --- whole samples, and bad arguments ---------------------------------------------------------------------------------


def test_reaches_of_a_sample_name_the_tests_and_units() -> None:
    bits = power.reaches_of_bits(10**6, level=1e-4)
    assert [one.test for one in bits] == ["proportion", "runs", "serial correlation", "chi-square"]
    assert bits[3].samples == 125_000
    outcomes = power.reaches_of_outcomes(10**5, kinds=37)
    assert [one.test for one in outcomes] == ["chi-square", "runs", "serial correlation"]
    assert outcomes[1].unit == "probability of a repeat above 0.027027"
    assert outcomes[1].as_json()["exact"] is True


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: power.proportion_power(0, 0.5), "samples is 0"),
        (lambda: power.proportion_power(2**50 + 1, 0.5), "samples is"),
        (lambda: power.proportion_power(1.5, 0.5), "samples is an integer"),  # type: ignore[arg-type]
        (lambda: power.proportion_power(10, 1.1), "probability is 1.1"),
        (lambda: power.proportion_power(10, float("nan")), "probability is nan"),
        (lambda: power.proportion_power(10, "0.5"), "probability is a number"),  # type: ignore[arg-type]
        (lambda: power.proportion_power(10, 0.5, expected=0.0), "expected is 0"),
        (lambda: power.proportion_reach(10, level=1.0), "level is 1"),
        (lambda: power.proportion_reach(10, level=0.5, power=0.4), "power is 0.4: without any bias it is 0.5"),
        (lambda: power.proportion_samples(0.5), "no sample shows what is not there"),
        (lambda: power.proportion_samples(0.5 + 1e-12), "more than 2\\^50 samples"),
        (lambda: power.runs_reach(1), "samples is 1"),
        (lambda: power.runs_power(10, 0.5, kinds=1), "kinds is 1"),
        (lambda: power.noncentrality(0), "degrees is 0"),
        (lambda: power.chi_square_power(9, [0.5, 0.5], expected=[1.0]), "as many of each"),
        (lambda: power.chi_square_power(9, [0.5, 0.6], expected=[0.5, 0.5]), "sum to 1.1"),
        (lambda: power.chi_square_power(9, [0.5, 0.5], expected=[1.0, 0.0]), r"expected\[1\] is 0"),
        (lambda: power.chi_square_samples([0.5, 0.5], expected=[0.5, 0.5]), "no sample shows"),
        (lambda: power.outcome_bias(-1.0, 0.5), "effect is -1"),
        (lambda: power.correlation_power(10, 1.5), "correlation is 1.5"),
        (lambda: power.correlation_samples(0.0), "correlation is 0"),
        (lambda: power.correlation_samples(1e-9), "more than 2\\^50 samples"),
        (lambda: power.mean_reach(10, variance=0.0), "variance is 0"),
        (lambda: power.mean_reach(10, variance=float("inf")), "variance is inf"),
        (lambda: power.reaches_of_bits(8), "samples is 8"),
    ],
)
def test_what_cannot_be_asked_is_said(call: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        call()


def test_a_correlation_above_one_would_be_needed() -> None:
    assert power.correlation_reach(5).effect == math.inf
