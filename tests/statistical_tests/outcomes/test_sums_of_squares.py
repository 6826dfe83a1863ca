"""Sums of squares over many cells have the mean and variance that all pairs of draws give."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from statistical_tests.finding import Finding
from statistical_tests.outcomes.draws import draw_pairs, draw_totals
from statistical_tests.outcomes.duplicates import duplicates
from statistical_tests.outcomes.impossible import impossible
from statistical_tests.outcomes.interplay_correlation import interplay_between_draws
from statistical_tests.outcomes.laws import square_tails
from statistical_tests.outcomes.repeats import repeats
from statistical_tests.outcomes.shuffles import deck_cycles, neighbours

Marks = Callable[[tuple[int, ...]], NDArray[np.float64]]


def totals(draw: tuple[int, ...]) -> NDArray[np.float64]:
    return np.bincount(draw, minlength=6).astype(float)


def pairs(draw: tuple[int, ...]) -> NDArray[np.float64]:
    return np.array([float({a, b} <= set(draw)) for a, b in itertools.combinations(range(6), 2)])


def followers(deck: tuple[int, ...]) -> NDArray[np.float64]:
    return np.array([float((a, b) in set(itertools.pairwise(deck))) for a, b in itertools.permutations(range(4), 2)])


@pytest.mark.parametrize(
    ("test", "marks", "every"),
    [
        (lambda draws: draw_totals(draws, kinds=6), totals, list(itertools.combinations(range(6), 3))),
        (lambda draws: draw_pairs(draws, kinds=6), pairs, list(itertools.combinations(range(6), 3))),
        (neighbours, followers, list(itertools.permutations(range(4)))),
    ],
)
def test_the_law_of_the_sum_has_the_moments_of_all_pairs_of_draws(
    test: Callable[[NDArray[np.int64]], Finding], marks: Marks, every: list[tuple[int, ...]]
) -> None:
    """N draws X: the sum of squares is the sum over all pairs of draws of their centred products."""
    vectors = np.array([marks(one) for one in every])
    centred = vectors - vectors.mean(axis=0)
    products = centred @ centred.T
    number = 40
    chosen = np.random.default_rng(3).integers(0, len(every), number)
    square = float((centred[chosen].sum(axis=0) ** 2).sum())
    mean, variance = number * float(np.diag(products).mean()), 2 * number * (number - 1) * float((products**2).mean())
    expected = square_tails(square, mean=mean, variance=variance)
    assert test(np.array([every[one] for one in chosen])).p_values[0] == pytest.approx(expected.more)


def test_even_permutations_are_those_with_an_even_number_of_swaps() -> None:
    every = np.array(list(itertools.permutations(range(4))))
    found = deck_cycles(every)
    assert found.statistic["even"] == 12
    identity = deck_cycles(np.tile(np.arange(5), (10, 1)))
    assert identity.statistic["even"] == 10
    assert identity.p_values[1] == pytest.approx(2 * 0.5**10)


def test_draws_are_compared_with_the_draw_that_follows() -> None:
    generator = np.random.default_rng(4)
    draws = generator.integers(0, 6, (2000, 2))
    draws[1:, 1] = draws[:-1, 0]
    found = interplay_between_draws(draws, probabilities=[1 / 6] * 6)
    values = dict(zip(found.columns, found.p_values, strict=True))
    assert values.pop("position 1, then 2") < 1e-100
    assert min(values.values()) > 1e-4


def test_a_dense_space_has_the_third_moment_of_its_triples() -> None:
    """Of 400 samples of 5,000 values in 5,000 places eight are expected in each tail of two in a hundred."""
    generator = np.random.default_rng(5)
    found = [duplicates(generator.integers(0, 5000, 5000), space=5000) for _ in range(400)]
    assert {one.parameters["law"] for one in found} == {"gamma of pairs"}
    high = sum(one.p_values[0] < 0.02 for one in found)
    low = sum(one.p_values[1] < 0.02 for one in found)
    assert 1 <= high <= 20
    assert 1 <= low <= 20


def test_repeats_of_uneven_outcomes_vary_with_the_outcomes_that_pairs_share() -> None:
    """Nineteen of twenty outcomes alike: pairs that share an outcome make the number of repeats vary more."""
    law = np.array([0.95, 0.05])
    generator = np.random.default_rng(6)
    found = [repeats(generator.choice(2, 2000, p=law), probabilities=law, lags=(1,)) for _ in range(400)]
    assert 5 <= sum(one.p_values[0] < 0.05 for one in found) <= 40


def test_all_that_cannot_be_is_counted_together() -> None:
    found = impossible([0, 1, 2, 3], probabilities=[0.5, 0, 0.5])
    assert [found.statistic[name] for name in ("impossible", "outside", "of_probability_zero")] == [2, 1, 1]
