"""Under ideal outcomes each test's p-values are uniform, or conservative where its statistic takes few values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from statistical_tests.finding import Finding
from statistical_tests.outcomes.ascents import runs_up, turning_points
from statistical_tests.outcomes.coupon_collector import coupon_collector
from statistical_tests.outcomes.draws import draw_agreements, draw_interplay, draw_pairs, draw_positions, draw_totals
from statistical_tests.outcomes.duplicates import duplicates
from statistical_tests.outcomes.interplay_correlation import interplay_between_draws, interplay_correlation
from statistical_tests.outcomes.overlaps import overlaps
from statistical_tests.outcomes.repeats import repeats
from statistical_tests.outcomes.runs import runs
from statistical_tests.outcomes.serial_correlation import ljung_box, serial_correlation
from statistical_tests.outcomes.shuffles import (
    card_positions,
    deck_cycles,
    descents,
    first_card,
    fixed_points,
    neighbours,
)
from statistical_tests.outcomes.total_distribution import total_distribution
from tests.statistical_tests.outcomes.samples import assert_conservative, assert_uniform, decks, p_values

Random = np.random.Generator
ROULETTE = np.full(37, 1 / 37)
UNEVEN = np.array([0.5, 0.2, 0.1, 0.1, 0.05, 0.03, 0.015, 0.005])
COIN = np.array([0.5, 0.5])
SKEWED = np.array([0.1, 0.9])
DICE = np.full(10_000, 1e-4)
SAMPLES = 400


def outcomes(random: Random, law: NDArray[np.float64], number: int) -> NDArray[np.int64]:
    return random.choice(len(law), number, p=law)


def known(
    test: Callable[..., Finding], law: NDArray[np.float64], number: int, **more: Any
) -> Callable[[Random], Finding]:
    return lambda random: test(outcomes(random, law, number), probabilities=law, **more)


CONTINUOUS: dict[str, Callable[[Random], Finding]] = {
    "total distribution, roulette": known(total_distribution, ROULETTE, 3000),
    "total distribution, uneven": known(total_distribution, UNEVEN, 3000),
    "total distribution, pooled": known(total_distribution, DICE, 5000),
    "overlaps, roulette": known(overlaps, ROULETTE, 8000),
    "overlaps, uneven": known(overlaps, UNEVEN, 8000, widths=(2, 3, 4)),
    "overlaps, coin": known(overlaps, COIN, 20_000, widths=(3, 5, 8)),
    "coupons, roulette": known(coupon_collector, ROULETTE, 40_000),
    "coupons, uneven": known(coupon_collector, UNEVEN, 20_000),
    "coupons, coin": known(coupon_collector, COIN, 5000),
    "coupons, pooled": known(coupon_collector, DICE, 5000),
    "runs up, roulette": known(runs_up, ROULETTE, 5000),
    "runs up, uneven": known(runs_up, UNEVEN, 5000),
    "turning points, roulette": known(turning_points, ROULETTE, 20_000),
    "turning points, uneven": known(turning_points, UNEVEN, 50_000),
    "serial correlation, roulette": known(serial_correlation, ROULETTE, 1000),
    "serial correlation, uneven": known(serial_correlation, UNEVEN, 1000),
    "Ljung-Box": lambda random: ljung_box(random.normal(size=1000)),
    "interplay, three dice": lambda random: interplay_correlation(
        random.integers(0, 6, (1000, 3)), probabilities=np.full(6, 1 / 6)
    ),
    "interplay, uneven reels": lambda random: interplay_correlation(
        np.stack([outcomes(random, UNEVEN, 3000), outcomes(random, ROULETTE, 3000)], axis=1),
        probabilities=[UNEVEN, ROULETTE],
    ),
    "interplay between draws": lambda random: interplay_between_draws(
        random.integers(0, 6, (1000, 2)), probabilities=np.full(6, 1 / 6)
    ),
    "keno, totals": lambda random: draw_totals(decks(random, 200, 80)[:, :20], kinds=80),
    "keno, pairs": lambda random: draw_pairs(decks(random, 200, 80)[:, :20], kinds=80),
    "keno, agreements": lambda random: draw_agreements(decks(random, 400, 80)[:, :20], kinds=80),
    "lottery, positions": lambda random: draw_positions(decks(random, 300, 49)[:, :6], kinds=49),
    "lottery, interplay": lambda random: draw_interplay(decks(random, 1000, 49)[:, :3], kinds=49),
    "cards by position": lambda random: card_positions(decks(random, 100)),
    "first card": lambda random: first_card(decks(random, 500)),
    "fixed points": lambda random: fixed_points(decks(random, 300)),
    "descents": lambda random: descents(decks(random, 300)),
}
DISCRETE: dict[str, Callable[[Random], Finding]] = {
    "total distribution, 30 throws": known(total_distribution, np.full(6, 1 / 6), 30),
    "total distribution, coin": known(total_distribution, SKEWED, 1000),
    "total distribution, seven roulettes": known(total_distribution, ROULETTE, 7),
    "overlaps, skewed": known(overlaps, SKEWED, 5000),
    "serial correlation, skewed": known(serial_correlation, SKEWED, 1000),
    "runs, coin": lambda random: runs(outcomes(random, COIN, 500), kinds=2),
    "runs, uneven": lambda random: runs(outcomes(random, UNEVEN, 1000), kinds=8),
    "runs, roulette": lambda random: runs(outcomes(random, ROULETTE, 1000), kinds=37),
    "repeats, roulette": known(repeats, ROULETTE, 1000),
    "repeats, uneven": known(repeats, UNEVEN, 1000),
    "duplicates, exact": lambda random: duplicates(random.integers(0, 100_000, 1000), space=100_000),
    "duplicates, sparse": lambda random: duplicates(random.integers(0, 10**7, 20_000), space=10**7),
    "duplicates, dense": lambda random: duplicates(random.integers(0, 30_000, 5000), space=30_000),
    "neighbours": lambda random: neighbours(decks(random, 100)),
    "cycles": lambda random: deck_cycles(decks(random, 300)),
    "seven decks": lambda random: fixed_points(decks(random, 7)),
    "hands of five": lambda random: card_positions(decks(random, 50, 5)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTINUOUS)
def test_p_values_are_uniform_under_ideal_outcomes(name: str) -> None:
    for column, values in p_values(CONTINUOUS[name], seed=11, samples=SAMPLES).items():
        assert len(values) == SAMPLES, column
        assert_uniform(values)


@pytest.mark.slow
@pytest.mark.parametrize("name", DISCRETE)
def test_p_values_of_statistics_with_few_values_are_conservative(name: str) -> None:
    for column, values in p_values(DISCRETE[name], seed=12, samples=SAMPLES).items():
        assert len(values) == SAMPLES, column
        assert_conservative(values)
