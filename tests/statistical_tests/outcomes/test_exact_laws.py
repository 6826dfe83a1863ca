"""Reference laws equal what comes from going through all cases."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from statistical_tests.outcomes.ascents import rising, rising_lengths, turning_moments
from statistical_tests.outcomes.coupon_collector import collection_lengths, length_law
from statistical_tests.outcomes.draws import agreement_law
from statistical_tests.outcomes.duplicates import exact_repeat_tails
from statistical_tests.outcomes.goodness import chi_square, exact_tails, fit
from statistical_tests.outcomes.laws import count_tails, square_tails
from statistical_tests.outcomes.permutations import (
    cycle_law,
    cycles,
    derangements,
    descent_law,
    fixed_point_law,
    succession_law,
)
from statistical_tests.outcomes.positions import position_counts, position_tails
from statistical_tests.outcomes.runs import exact_run_tails, run_moments
from statistical_tests.outcomes.serial_correlation import sum_variance

LAWS = [np.array([0.1, 0.9]), np.array([0.2, 0.3, 0.5]), np.full(3, 1 / 3)]


def count_runs(word: tuple[int, ...]) -> int:
    return 1 + sum(a != b for a, b in itertools.pairwise(word))


@pytest.mark.parametrize("law", [*LAWS, np.array([0.25, 0.25, 0.25, 0.25])])
def test_the_tails_of_chi_square_are_those_of_all_samples(law: np.ndarray) -> None:
    trials = 6
    chances: dict[float, float] = defaultdict(float)
    for word in itertools.product(range(len(law)), repeat=trials):
        counts = np.bincount(word, minlength=len(law))
        chances[round(chi_square(counts, law), 9)] += float(np.prod(law[list(word)]))
    for value in chances:
        more, less = exact_tails(trials, law, value)
        assert more == pytest.approx(sum(chance for one, chance in chances.items() if one >= value), abs=1e-12)
        assert less == pytest.approx(sum(chance for one, chance in chances.items() if one <= value), abs=1e-12)


@pytest.mark.parametrize("ones", [0, 3, 17, 40, 100])
def test_of_two_outcomes_the_tails_are_binomial_in_any_sample(ones: int) -> None:
    law, trials = np.array([0.83, 0.17]), 100
    counts = np.array([trials - ones, ones])
    found = fit(counts, law)
    assert found is not None
    assert found.exact
    distance = abs(ones - 17) - 1e-9
    places = np.arange(trials + 1)
    masses = stats.binom.pmf(places, trials, 0.17)
    assert found.uneven == pytest.approx(masses[np.abs(places - 17) >= distance].sum(), rel=1e-9)
    assert found.even == pytest.approx(masses[np.abs(places - 17) <= abs(ones - 17) + 1e-9].sum(), rel=1e-9)


@pytest.mark.parametrize("first", [1, 2, 3, 5])
@pytest.mark.parametrize("second", [1, 4, 5])
def test_the_law_of_runs_of_two_kinds_is_that_of_all_orders(first: int, second: int) -> None:
    words = [
        tuple(int(place in ones) for place in range(first + second))
        for ones in itertools.combinations(range(first + second), first)
    ]
    found = [count_runs(word) for word in words]
    for observed in set(found):
        tails = exact_run_tails(first, second, observed)
        assert tails.more == pytest.approx(sum(one >= observed for one in found) / len(found))
        assert tails.less == pytest.approx(sum(one <= observed for one in found) / len(found))


@pytest.mark.parametrize("counts", [(3, 2), (1, 1, 1), (3, 2, 2), (4, 1, 2, 1)])
def test_the_moments_of_runs_are_those_of_all_orders(counts: tuple[int, ...]) -> None:
    word = [kind for kind, count in enumerate(counts) for _ in range(count)]
    found = np.array([count_runs(order) for order in set(itertools.permutations(word))])
    mean, variance = run_moments(np.array(counts))
    assert mean == pytest.approx(found.mean())
    assert variance == pytest.approx(found.var())


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("outcomes", "lags"), [(5, 2), (7, 3), (8, 4)])
def test_the_moments_of_serial_correlation_are_those_of_all_samples(law: np.ndarray, outcomes: int, lags: int) -> None:
    scores = np.cumsum(law) - law / 2
    scores -= law @ scores
    scores /= np.sqrt(law @ scores**2)
    words = np.array(list(itertools.product(range(len(law)), repeat=outcomes)))
    chances, x = law[words].prod(axis=1), scores[words]
    sums = sum((x[:, :-lag] * x[:, lag:]).sum(axis=1) ** 2 / (outcomes - lag) for lag in range(1, lags + 1))
    mean = chances @ sums
    assert mean == pytest.approx(lags)
    third, fourth = float(law @ scores**3), float(law @ scores**4)
    assert sum_variance(outcomes, lags, third, fourth) == pytest.approx(chances @ (sums - mean) ** 2)


@pytest.mark.parametrize("law", [*LAWS, np.array([0.5, 0.0, 0.2, 0.3])])
def test_the_moments_of_turning_points_are_those_of_all_samples(law: np.ndarray) -> None:
    words = np.array(list(itertools.product(range(len(law)), repeat=7)))
    chances = law[words].prod(axis=1)
    left, middle, right = words[:, :-2], words[:, 1:-1], words[:, 2:]
    turns = (((middle > left) & (middle > right)) | ((middle < left) & (middle < right))).sum(axis=1)
    mean, variance = turning_moments(law, 7)
    assert mean == pytest.approx(chances @ turns)
    assert variance == pytest.approx(chances @ (turns - mean) ** 2)


def test_turning_points_of_distinct_values_have_the_published_moments() -> None:
    """Bienaymé: 2 (n-2) / 3 and (16 n - 29) / 90; a million kinds hardly ever tie."""
    mean, variance = turning_moments(np.full(1_000_000, 1e-6), 100)
    assert mean == pytest.approx(2 * 98 / 3, rel=1e-5)
    assert variance == pytest.approx((16 * 100 - 29) / 90, rel=1e-5)


@pytest.mark.parametrize("law", LAWS)
def test_the_law_of_rising_runs_is_that_of_all_samples(law: np.ndarray) -> None:
    reach = rising(law, 4)
    for length in range(1, 5):
        chance = sum(
            float(np.prod(law[list(word)]))
            for word in itertools.product(range(len(law)), repeat=length)
            if all(a < b for a, b in itertools.pairwise(word))
        )
        assert reach[length] == pytest.approx(chance)


def test_runs_up_of_distinct_values_have_the_law_of_knuth() -> None:
    assert rising(np.full(10_000, 1e-4), 5) == pytest.approx([1 / math.factorial(r) for r in range(6)], rel=2e-3)


@pytest.mark.parametrize("seed", range(20))
def test_rising_runs_are_those_found_one_by_one(seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 4 + 10 * (seed % 3), 200).astype(np.uint8)
    lengths, length, place = [], 1, 1
    while place < len(values):
        if values[place] > values[place - 1]:
            length += 1
            place += 1
        else:
            lengths.append(length)
            length = 1
            place += 2
    assert rising_lengths(values).tolist() == lengths


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.25, 0.25, 0.25, 0.25), (0.1, 0.9), (0.2, 0.3, 0.5)])
def test_the_law_of_collections_is_that_of_all_samples(weights: tuple[float, ...]) -> None:
    law = length_law(np.array(weights))
    assert law is not None
    for length in range(1, 7):
        chance = sum(
            math.prod(weights[one] for one in word)
            for word in itertools.product(range(len(weights)), repeat=length)
            if len(set(word)) == len(weights) and len(set(word[:-1])) < len(weights)
        )
        assert law.chances[length] == pytest.approx(chance, abs=1e-12)


def test_a_collection_takes_the_harmonic_mean_length() -> None:
    law = length_law(np.full(37, 1 / 37))
    assert law is not None
    assert law.mean == pytest.approx(37 * sum(1 / kind for kind in range(1, 38)))
    assert law.deviation**2 == pytest.approx(sum((1 - k / 37) / (k / 37) ** 2 for k in range(1, 38)))


@pytest.mark.parametrize("kinds", [2, 3, 12, 13, 30])
def test_collections_are_those_found_one_by_one(kinds: int) -> None:
    values = np.random.default_rng(kinds).integers(0, kinds, 5000).astype(np.uint8)
    lengths: list[int] = []
    seen: set[int] = set()
    length = 0
    for value in values.tolist():
        seen.add(value)
        length += 1
        if len(seen) == kinds:
            lengths.append(length)
            seen, length = set(), 0
    assert collection_lengths(values, kinds).tolist() == lengths


@pytest.mark.parametrize(("number", "space"), [(2, 2), (5, 7), (6, 4)])
def test_the_law_of_repeated_values_is_that_of_all_samples(number: int, space: int) -> None:
    found = [number - len(set(word)) for word in itertools.product(range(space), repeat=number)]
    for repeated in range(number):
        tails = exact_repeat_tails(number, space, repeated)
        assert tails.more == pytest.approx(sum(one >= repeated for one in found) / len(found), abs=1e-12)
        assert tails.less == pytest.approx(sum(one <= repeated for one in found) / len(found), abs=1e-12)


def test_twenty_three_birthdays_fall_together_with_the_known_probability() -> None:
    assert exact_repeat_tails(23, 365, 1).more == pytest.approx(0.5072972343, abs=1e-10)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7])
def test_the_laws_of_permutations_are_those_of_all_of_them(size: int) -> None:
    words = np.array(list(itertools.permutations(range(size))))
    whole = math.factorial(size)
    fixed = (words == np.arange(size)).sum(axis=1)
    falls = (words[:, 1:] < words[:, :-1]).sum(axis=1)
    steps = (words[:, 1:] == words[:, :-1] + 1).sum(axis=1)
    assert fixed_point_law(size) == tuple(Fraction(int((fixed == j).sum()), whole) for j in range(size + 1))
    assert descent_law(size) == tuple(Fraction(int((falls == j).sum()), whole) for j in range(size))
    assert succession_law(size) == tuple(Fraction(int((steps == j).sum()), whole) for j in range(size))
    assert cycle_law(size) == tuple(
        Fraction(int((cycles(words.astype(np.uint8)) == j).sum()), whole) for j in range(size + 1)
    )


def test_cycles_are_counted_one_by_one() -> None:
    random = np.random.default_rng(3)
    for size in (1, 2, 3, 8, 9, 52, 65):
        deck = random.permutation(size)
        left, found = set(range(size)), 0
        while left:
            place, found = left.pop(), found + 1
            while (place := int(deck[place])) in left:
                left.remove(place)
        assert cycles(deck[None, :].astype(np.uint8)).tolist() == [found]


def test_derangements_are_the_published_ones() -> None:
    """OEIS A000166."""
    assert derangements(9) == (1, 0, 1, 2, 9, 44, 265, 1854, 14833, 133496)


def test_agreements_of_draws_are_those_of_all_draws() -> None:
    found = Counter(len({0, 1, 2} & set(draw)) for draw in itertools.combinations(range(7), 3))
    assert agreement_law(7, 3) == pytest.approx([found[j] / 35 for j in range(4)])


@pytest.mark.parametrize(("kinds", "positions"), [(3, 3), (4, 2), (4, 4), (5, 1)])
def test_the_moments_of_numbers_by_position_are_those_of_all_pairs_of_draws(kinds: int, positions: int) -> None:
    """Seen through the law that the tails come from: one with that mean and variance has these tails."""
    every = list(itertools.permutations(range(kinds), positions))
    squares = [
        float(((position_counts(np.array(pair, dtype=np.uint8), kinds) - 2 / kinds) ** 2).sum())
        for pair in itertools.product(every, repeat=2)
    ]
    counts = position_counts(np.array(every[:2], dtype=np.uint8), kinds)
    _, tails = position_tails(counts, 2)
    expected = square_tails(
        float(((counts - 2 / kinds) ** 2).sum()), mean=float(np.mean(squares)), variance=float(np.var(squares))
    )
    assert (tails.more, tails.less) == pytest.approx((expected.more, expected.less))


@pytest.mark.parametrize("observed", [0, 1, 7, 20, 50])
def test_counts_with_the_moments_of_a_named_law_have_its_tails(observed: int) -> None:
    for law in (stats.binom(50, 0.3), stats.poisson(7.5), stats.nbinom(4, 0.3)):
        mean, variance = (float(one) for one in law.stats("mv"))
        tails = count_tails(observed, mean=mean, variance=variance)
        assert tails.more == pytest.approx(float(law.sf(observed - 1)), rel=1e-9)
        assert tails.less == pytest.approx(float(law.cdf(observed)), rel=1e-9)
