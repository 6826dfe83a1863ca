"""Whole findings equal what comes from going through all samples, or all orders, of a small size."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from statistical_tests.outcomes import battery
from statistical_tests.outcomes.ascents import rising_lengths
from statistical_tests.outcomes.coupon_collector import collection_lengths, coupon_collector, length_law
from statistical_tests.outcomes.duplicates import exact_repeat_tails, pair_moments
from statistical_tests.outcomes.overlaps import overlaps, squares_of_words
from statistical_tests.outcomes.pooling import pooled, pooled_in_order
from statistical_tests.outcomes.runs import equal_law, runs
from statistical_tests.outcomes.sample import CHUNK
from tests.statistical_tests.outcomes.samples import decks


def all_orders(counts: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return each order of so many outcomes of each kind once."""
    if not any(counts):
        return [()]
    return [
        (kind, *rest)
        for kind, count in enumerate(counts)
        if count
        for rest in all_orders(tuple(one - (other == kind) for other, one in enumerate(counts)))
    ]


@pytest.mark.parametrize("counts", [(16, 2, 2), (17, 1, 2), (1, 17, 1, 1), (2, 2, 16)])
def test_runs_of_several_kinds_have_the_p_value_of_all_orders(counts: tuple[int, ...]) -> None:
    """Six runs of (16, 2, 2) are what one order in nine has, or less; the p-value was 0."""
    words = all_orders(counts)
    found = Counter(1 + sum(a != b for a, b in itertools.pairwise(word)) for word in words)
    for observed in found:
        word = next(one for one in words if 1 + sum(a != b for a, b in itertools.pairwise(one)) == observed)
        more = sum(number for value, number in found.items() if value >= observed)
        less = sum(number for value, number in found.items() if value <= observed)
        result = runs(word, kinds=len(counts))
        assert result.statistic["runs"] == observed
        assert result.p_values == pytest.approx((min(1.0, 2 * min(more, less) / len(words)),), rel=1e-9, abs=0)
        assert result.notes == ("p-value from all orders",)


@pytest.mark.parametrize("counts", [(1, 1, 1), (2, 3, 1), (3, 3, 2), (1, 5, 2), (2, 2, 2, 1), (4, 4)])
def test_the_law_of_equal_neighbours_is_that_of_all_orders(counts: tuple[int, ...]) -> None:
    words = all_orders(counts)
    found = Counter(sum(a == b for a, b in itertools.pairwise(word)) for word in words)
    assert equal_law(np.array(counts)) == pytest.approx([found[e] / len(words) for e in range(sum(counts))], abs=1e-14)


def test_long_samples_of_several_kinds_are_refused_on_both_sides() -> None:
    """30,000 outcomes are beyond the exact law: all alike together, and none beside its like."""
    for values in (np.repeat([0, 1, 2], 10_000), np.tile([0, 1, 2], 10_000)):
        found = runs(values, kinds=3)
        assert not found.notes
        assert found.p_values[0] < 1e-100
    fair = runs(np.random.default_rng(1).integers(0, 3, 30_000), kinds=3)
    assert fair.p_values[0] > 1e-3


def test_long_fair_samples_of_nearly_one_kind_are_not_refused() -> None:
    """A million of one kind and 300 each of two: fair orders had p = 0 when equal neighbours were counted from none."""
    random = np.random.default_rng(4)
    values = np.repeat(np.array([0, 1, 2], dtype=np.uint8), [1_000_000, 300, 300])
    found = [runs(random.permutation(values), kinds=3).p_values[0] for _ in range(40)]
    assert min(found) > 1e-4
    assert not runs(values, kinds=3).notes
    assert min(found) < 0.5


@pytest.mark.parametrize("share", [0.5, 0.35])
def test_the_difference_of_pairs_has_its_degrees_of_freedom_as_mean_over_all_samples(share: float) -> None:
    """All 2^20 samples of 20 coins, or of 45 uneven ones by what pairs they hold, which one example each stands for."""
    law, size = np.array([share, 1 - share]), 20 if share == 0.5 else 45
    mean, whole = np.zeros(2), 0.0
    for ones in range(size + 1):
        for blocks in range(min(ones, size - ones) + 1):
            if blocks == 0:
                if 0 < ones < size:
                    continue
                words = 1
            else:
                words = size * math.comb(ones - 1, blocks - 1) * math.comb(size - ones - 1, blocks - 1) // blocks
            # Outcomes of kind 0 in so many blocks, around the end.
            value = [0] * (ones - blocks) + [0, 1] * blocks + [1] * (size - ones - blocks)
            result = overlaps(value, probabilities=law, widths=(2,))
            pairs = Counter(itertools.pairwise([*value, value[0]]))
            psi_2 = sum(
                (pairs[a, b] - size * law[a] * law[b]) ** 2 / (size * law[a] * law[b]) for a in (0, 1) for b in (0, 1)
            )
            psi_1 = (ones - size * share) ** 2 / (size * share * (1 - share))
            assert result.statistic["first_difference_2"] == pytest.approx(psi_2 - psi_1, abs=1e-9)
            assert result.statistic["second_difference_2"] == pytest.approx(psi_2 - 2 * psi_1, abs=1e-9)
            chance = words * share**ones * (1 - share) ** (size - ones)
            whole += chance
            mean += chance * np.array([psi_2 - psi_1, psi_2 - 2 * psi_1])
    assert whole == pytest.approx(1)
    assert mean == pytest.approx([2, 1])


@pytest.mark.parametrize("law", [[0.5, 0.5], [0.2, 0.8], [0.2, 0.3, 0.5]])
def test_goods_differences_have_their_degrees_of_freedom_as_mean_over_all_samples(law: list[float]) -> None:
    kinds, size, width = len(law), 7, 3
    mean = np.zeros(width + 1)
    for word in itertools.product(range(kinds), repeat=size):
        chance = float(np.prod([law[one] for one in word]))
        mean += chance * np.array(squares_of_words(np.array(word, dtype=np.uint8), np.array(law), width))
    for wide in (1, 2, 3):
        assert mean[wide] - mean[wide - 1] == pytest.approx(kinds**wide - kinds ** (wide - 1))


@pytest.mark.parametrize(("number", "space"), [(3, 3), (4, 3), (5, 4), (6, 2)])
def test_pairs_of_a_dense_space_have_the_three_moments_of_all_samples(number: int, space: int) -> None:
    pairs = np.array(
        [
            sum(math.comb(count, 2) for count in Counter(word).values())
            for word in itertools.product(range(space), repeat=number)
        ]
    )
    mean = pairs.mean()
    assert pair_moments(number, space) == pytest.approx((mean, pairs.var(), ((pairs - mean) ** 3).mean()))


@pytest.mark.parametrize("repeated", [95, 110, 150])
def test_the_far_tail_of_repeats_holds_all_that_is_beyond(repeated: int) -> None:
    """200 values in 400 places: the array ends beside the observed number, and what is further is in the sum."""
    ways = [1] + [0] * 200  # sequences that take so many places
    for _ in range(200):
        ways = [0] + [ways[taken] * taken + ways[taken - 1] * (401 - taken) for taken in range(1, 201)]
    exact = Fraction(sum(ways[: 200 - repeated + 1]), 400**200)
    assert exact_repeat_tails(200, 400, repeated).more == pytest.approx(float(exact), rel=1e-9, abs=0)


def test_a_rising_run_longer_than_the_window_has_its_length() -> None:
    values = np.append(np.arange(2 * CHUNK + 5, dtype=np.uint32), np.array([0, 1, 2, 0], dtype=np.uint32))
    assert rising_lengths(values).tolist() == [2 * CHUNK + 5, 2]


@pytest.mark.parametrize(("kinds", "before"), [(2, 2 * CHUNK + 5), (13, 5000)])
def test_a_collection_longer_than_the_window_has_its_length(kinds: int, before: int) -> None:
    values = np.concatenate([np.zeros(before, dtype=np.uint8), np.arange(1, kinds), np.arange(kinds)]).astype(np.uint8)
    assert collection_lengths(values, kinds).tolist() == [before + kinds - 1, kinds]


def test_collections_of_classes_take_as_many_subsets_as_are_affordable() -> None:
    """2^classes times the longest length is at most 2^22: of two, a class of 27 in a million, and not one of 26."""
    assert length_law(np.array([27.1e-6, 1 - 27.1e-6])) is not None
    assert length_law(np.array([26e-6, 1 - 26e-6])) is None
    law = np.array([0.002, *np.linspace(0.09, 0.13, 9)])
    law /= law.sum()
    values = np.random.default_rng(2).choice(10, 200_000, p=law)
    found = coupon_collector(values, probabilities=law)
    assert found.parameters["classes"] in range(2, 10)


@pytest.mark.parametrize("weights", [[0.05, 0.15, 0.1, 0.2, 0.12, 0.08, 0.3], [0.2, 0.3, 0.5]])
def test_a_collection_shorter_than_its_kinds_has_probability_zero(weights: list[float]) -> None:
    law = length_law(np.array(weights))
    assert law is not None
    assert law.chances[: len(weights)].tolist() == [0.0] * len(weights)
    assert law.chances[len(weights)] == pytest.approx(math.factorial(len(weights)) * math.prod(weights), rel=1e-9)


def test_leftovers_join_the_lightest_class_or_the_last_neighbours() -> None:
    law = np.array([0.3, 0.15, 0.5, 0.03, 0.02])
    assert pooled(law, least=0.1).tolist() == [0, 1, 2, 1, 1]
    assert pooled(np.array([0.6, 0.2, 0.07, 0.05, 0.05, 0.03]), least=0.1).tolist() == [0, 1, 2, 2, 2, 2]
    assert pooled_in_order(law, least=0.1).tolist() == [0, 1, 2, 2, 2]


@pytest.mark.parametrize(("positions", "shown"), [(12, True), (13, False)])
def test_interplay_of_all_pairs_is_shown_to_twelve_positions(positions: int, shown: bool) -> None:
    draws = decks(np.random.default_rng(3), 50, 20)[:, :positions]
    assert ("DrawInterplay" in {one.name for one in battery.run_draws(draws, kinds=20)}) is shown
