"""Each test by hand: known answers, invariances, limits and what they say of input that they cannot take."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from statistical_tests.errors import BadInput
from statistical_tests.finding import Finding
from statistical_tests.outcomes import battery
from statistical_tests.outcomes.ascents import runs_up, turning_points
from statistical_tests.outcomes.coupon_collector import coupon_collector
from statistical_tests.outcomes.draws import draw_agreements, draw_interplay, draw_pairs, draw_positions, draw_totals
from statistical_tests.outcomes.duplicates import duplicates
from statistical_tests.outcomes.impossible import impossible
from statistical_tests.outcomes.interplay_correlation import interplay_between_draws, interplay_correlation
from statistical_tests.outcomes.overlaps import overlaps
from statistical_tests.outcomes.pooling import balanced, pooled, pooled_in_order
from statistical_tests.outcomes.repeats import repeats
from statistical_tests.outcomes.runs import runs
from statistical_tests.outcomes.sample import CHUNK, sample, word_counts
from statistical_tests.outcomes.serial_correlation import ljung_box, serial_correlation
from statistical_tests.outcomes.shuffles import card_positions, fixed_points
from statistical_tests.outcomes.total_distribution import total_distribution, total_distribution_of_counts
from tests.statistical_tests.outcomes.samples import decks

DIE = [Fraction(1, 6)] * 6
COLUMN_TESTS: list[Callable[..., Finding]] = [
    total_distribution,
    overlaps,
    coupon_collector,
    runs_up,
    turning_points,
    serial_correlation,
    repeats,
    impossible,
]


def random(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


# --- known answers ----------------------------------------------------------------------------------------------------


def test_knuths_dice_have_his_chi_square() -> None:
    """TAOCP 3.3.1: 144 throws of two dice; the sums 2 to 12 give V = 7 7/48 with ten degrees of freedom."""
    law = [Fraction(6 - abs(total - 7), 36) for total in range(2, 13)]
    found = total_distribution_of_counts([2, 4, 10, 12, 22, 29, 21, 15, 14, 9, 6], probabilities=law, least_expected=4)
    assert found.statistic["chi_square"] == pytest.approx(7 + 7 / 48)
    assert found.statistic["degrees_of_freedom"] == 10
    assert found.p_values == pytest.approx((stats.chi2.sf(7 + 7 / 48, 10), stats.chi2.cdf(7 + 7 / 48, 10)))


def test_knuths_second_dice_are_too_even() -> None:
    """TAOCP 3.3.1: V = 1 17/120 is lower than it should be in 99 of 100 cases."""
    law = [Fraction(6 - abs(total - 7), 36) for total in range(2, 13)]
    found = total_distribution_of_counts([3, 7, 11, 15, 19, 24, 21, 17, 13, 9, 5], probabilities=law, least_expected=4)
    assert found.statistic["chi_square"] == pytest.approx(1 + 17 / 120)
    assert found.p_values[1] < 0.001


def test_coin_that_never_turns_has_the_binomial_probability() -> None:
    found = total_distribution([0] * 20, probabilities=[0.5, 0.5])
    assert found.p_values == pytest.approx((2 * 0.5**20, 1.0))
    assert found.notes == ("p-values from all possible counts",)


def test_pearsons_statistic_is_that_of_scipy_where_nothing_is_pooled() -> None:
    values = random().integers(0, 6, 10_000)
    found = total_distribution(values, probabilities=DIE)
    expected = stats.chisquare(np.bincount(values))
    assert found.statistic["chi_square"] == pytest.approx(expected.statistic)
    assert found.p_values[0] == pytest.approx(expected.pvalue)


def test_goods_differences_are_those_of_words_counted_one_by_one() -> None:
    values, law = random().integers(0, 3, 600), np.array([0.2, 0.3, 0.5])
    squares = [0.0]
    for width in (1, 2, 3):
        ring = [tuple(np.roll(values, -place)[:width]) for place in range(len(values))]
        total = 0.0
        for word in np.ndindex(*(3,) * width):
            expected = len(values) * float(np.prod(law[list(word)]))
            total += (ring.count(word) - expected) ** 2 / expected
        squares.append(total)
    # Words of three are expected 4.8 times at least, and the rarest outcome would be pooled; twice the data keeps it.
    found = overlaps(np.tile(values, 2), probabilities=law, widths=(2, 3))
    assert found.statistic["classes_3"] == 3
    assert found.statistic["first_difference_2"] == pytest.approx(2 * (squares[2] - squares[1]))
    assert found.statistic["second_difference_3"] == pytest.approx(2 * (squares[3] - 2 * squares[2] + squares[1]))
    assert found.statistic["degrees_of_freedom_first_3"] == 18
    assert found.statistic["degrees_of_freedom_second_3"] == 12


def test_words_are_counted_across_the_edges_of_chunks() -> None:
    values = random().integers(0, 3, CHUNK + 5).astype(np.uint8)
    counts = word_counts(values, 3, 2)
    codes = values.astype(int) * 3 + np.roll(values, -1)
    assert (counts.reshape(-1) == np.bincount(codes, minlength=9)).all()


def test_the_sum_over_lags_is_ljung_and_boxs() -> None:
    x = random().normal(size=300)
    centred = x - x.mean()
    r = [float((centred[:-d] * centred[d:]).sum() / (centred**2).sum()) for d in range(1, 6)]
    q = 300 * 302 * sum(one**2 / (300 - d) for d, one in enumerate(r, 1))
    found = ljung_box(x, lags=5)
    assert found.statistic["q"] == pytest.approx(q)
    assert found.p_values == pytest.approx((stats.chi2.sf(q, 5),))


def test_correlation_is_summed_across_the_edges_of_chunks() -> None:
    values = random().integers(0, 5, 600_000)
    found = serial_correlation(values, probabilities=[0.2] * 5, lags=3)
    scores = (values - 2) / math.sqrt(2)
    expected = [float((scores[:-d] * scores[d:]).mean()) for d in (1, 2, 3)]
    assert found.statistic["correlations"] == pytest.approx(expected)


def test_interplay_of_two_positions_is_pearsons_without_the_margins() -> None:
    draws, law = random().integers(0, 6, (5000, 2)), np.full(6, 1 / 6)
    table = np.zeros((6, 6))
    np.add.at(table, (draws[:, 0], draws[:, 1]), 1)

    def square(counts: Any, cells: int) -> float:
        return float(((counts - 5000 / cells) ** 2 / (5000 / cells)).sum())

    expected = square(table, 36) - square(table.sum(axis=0), 6) - square(table.sum(axis=1), 6)
    found = interplay_correlation(draws, probabilities=law)
    assert found.statistic["chi_square"] == pytest.approx((expected,))
    assert found.statistic["degrees_of_freedom"] == (25,)
    assert found.p_values == pytest.approx((stats.chi2.sf(expected, 25),))


def test_cards_by_position_have_the_degrees_of_freedom_of_fixed_margins() -> None:
    found = card_positions(decks(random(), 100_000, 4))
    assert found.statistic["degrees_of_freedom"] == 9
    assert found.p_values[0] == pytest.approx(float(stats.chi2.sf(found.statistic["chi_square"], 9)), rel=1e-3)


def test_keno_totals_are_corrected_for_numbers_that_come_once_a_draw() -> None:
    draws = decks(random(), 20_000, 80)[:, :20]
    counts = np.bincount(draws.reshape(-1), minlength=80)
    found = draw_totals(draws, kinds=80)
    pearson = float(((counts - 5000) ** 2 / 5000).sum())
    assert found.statistic["chi_square"] == pytest.approx(pearson * 79 / 60)
    assert found.p_values[0] == pytest.approx(stats.chi2.sf(pearson * 79 / 60, 79), rel=1e-2)


def test_one_repeated_seed_is_as_unlikely_as_it_is() -> None:
    seeds = random().integers(0, 256, (1000, 32), dtype=np.uint8)
    assert duplicates(seeds, space=1 << 256).p_values == (1.0, 1.0)
    seeds[17] = seeds[900]
    found = duplicates(seeds, space=1 << 256)
    assert found.statistic["repeated"] == 1
    assert found.p_values[0] == pytest.approx(1000 * 999 / 2 / 2**256, rel=1e-9)


def test_one_repeated_seed_of_a_million_is_as_unlikely_as_it_is() -> None:
    values = np.arange(100_000, dtype=np.uint64) << np.uint64(20)
    values[3] = values[4]
    found = duplicates(values, space=1 << 64)
    assert found.parameters["law"] == "binomial of pairs"
    assert found.p_values[0] == pytest.approx(math.comb(100_000, 2) / 2**64, rel=1e-6)


# --- invariances ------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 3), min_size=80, max_size=200), st.permutations(range(4)))
def test_tests_without_an_order_of_kinds_take_any_names_for_them(values: list[int], names: list[int]) -> None:
    array = np.array(values)
    renamed = np.array(names)[array]
    pairs: Callable[..., Finding] = partial(overlaps, widths=(2,))
    for test in (total_distribution, pairs, repeats):
        before, after = (test(one, probabilities=[0.25] * 4) for one in (array, renamed))
        assert before.p_values == pytest.approx(after.p_values)
    assert runs(array, kinds=4).p_values == pytest.approx(runs(renamed, kinds=4).p_values)


@given(st.lists(st.integers(0, 5), min_size=3, max_size=300))
def test_reversal_changes_neither_totals_nor_runs_nor_turning_points(values: list[int]) -> None:
    for test in (total_distribution, turning_points, repeats, overlaps, serial_correlation):
        before, after = (test(one, probabilities=DIE) for one in (values, values[::-1]))
        assert before.p_values == pytest.approx(after.p_values)
    assert runs(values, kinds=6).p_values == pytest.approx(runs(values[::-1], kinds=6).p_values)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=40).filter(lambda one: sum(one) > 0),
    st.floats(1e-6, 0.6),
)
def test_pooling_reaches_what_it_can(weights: list[float], least: float) -> None:
    law = np.array(weights) / sum(weights)
    for pool in (pooled, pooled_in_order):
        classes = pool(law, least=least)
        sums = np.bincount(classes, weights=law)
        assert set(classes.tolist()) == set(range(len(sums)))
        assert len(sums) == 1 or sums.min() >= least * (1 - 1e-6)
    assert (np.diff(pooled_in_order(law, least=least)) >= 0).all()
    alone = np.flatnonzero(law >= least)
    if len(alone):
        assert len(set(pooled(law, least=least)[alone].tolist())) == len(alone)


def test_balanced_classes_are_of_about_one_weight() -> None:
    law = np.array([0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05])
    assert np.bincount(balanced(law, 3), weights=law) == pytest.approx([1 / 3] * 3, abs=0.06)


@given(st.integers(1, 70_000), st.data())
def test_samples_keep_their_values_in_the_narrowest_type(kinds: int, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, kinds - 1), max_size=20))
    for kind in (np.int64, np.float64, np.uint32):
        narrow = sample(np.array(values, dtype=kind), kinds=kinds)
        assert narrow.tolist() == values
        assert narrow.dtype == np.min_scalar_type(kinds - 1)


# --- not applicable, and wrong ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("test", [one for one in COLUMN_TESTS if one is not impossible])
@pytest.mark.parametrize("values", [[], [3]])
def test_too_little_data_is_not_applicable_and_says_why(test: Callable[..., Finding], values: list[int]) -> None:
    found = test(values, probabilities=DIE)
    if found.applicable:
        # One throw has an exact law: it can be judged, and tells nothing.
        assert (test, len(values)) == (total_distribution, 1)
        assert found.p_values == (1.0, 1.0)
        return
    assert found.p_values == ()
    assert found.reason


@pytest.mark.parametrize("test", COLUMN_TESTS)
def test_a_game_with_one_outcome_is_not_applicable(test: Callable[..., Finding]) -> None:
    found = test([0] * 1000, probabilities=[1])
    assert found.p_values in ((), (1.0,))


@pytest.mark.parametrize("test", COLUMN_TESTS)
@pytest.mark.parametrize(
    ("law", "said"),
    [([0.5, 0.6], "sum to 1.1"), ([math.nan, 1], "probabilities"), ([-0.1, 1.1], "-0.1"), ([], "empty")],
)
def test_probabilities_that_are_none_are_refused(test: Callable[..., Finding], law: list[float], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        test([0, 0], probabilities=law)


@pytest.mark.parametrize("test", [one for one in COLUMN_TESTS if one is not impossible])
@pytest.mark.parametrize(
    ("values", "said"),
    [([0, 6], r"outcomes\[1\] is 6"), ([0, -1], r"\[1\] is -1"), ([0.5], "0.5"), ([math.nan], "nan")],
)
def test_outcomes_that_are_none_are_refused(test: Callable[..., Finding], values: list[float], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        test(values, probabilities=DIE)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: total_distribution(["a"], probabilities=DIE), "numbers"),
        (lambda: total_distribution([[1, 2]], probabilities=DIE), "dimensions"),
        (lambda: total_distribution([[1, 2], [3]], probabilities=DIE), "one array"),
        (lambda: total_distribution_of_counts([1, 2], probabilities=DIE), "2 counts and 6 probabilities"),
        (lambda: total_distribution_of_counts([1, math.nan], probabilities=[0.5, 0.5]), "nan"),
        (lambda: total_distribution_of_counts([1, -2], probabilities=[0.5, 0.5]), "-2"),
        (lambda: total_distribution([1], probabilities=DIE, least_expected=0), "least expected"),
        (lambda: overlaps([1], probabilities=DIE, widths=(1,)), "width is 1"),
        (lambda: repeats([1], probabilities=DIE, lags=(0,)), "lag is 0"),
        (lambda: serial_correlation([1], probabilities=DIE, lags=0), "lags is 0"),
        (lambda: ljung_box([1.0, math.inf]), r"values\[1\] is inf"),
        (lambda: runs([1], kinds=1), "kinds is 1"),
        (lambda: duplicates([1, 2, 3], space=2), "3 different values"),
        (lambda: duplicates([1.5], space=9), "integers"),
        (lambda: duplicates([[1], [2, 3]], space=9), "not one array"),
        (lambda: battery.run_draws([[1], [2, 3]], kinds=9, replacement=True), "not one array"),
        (lambda: repeats([1], probabilities=DIE, lags=(1, 2, 1)), "lag 1 is given twice"),
        (lambda: overlaps([1], probabilities=DIE, widths=(2, 2)), "width 2 is given twice"),
        (lambda: draw_agreements([[0, 1]], kinds=5, lags=(3, 3)), "lag 3 is given twice"),
        (lambda: interplay_correlation([[0, 1]], probabilities=[DIE]), "1 lists of probabilities"),
        (lambda: interplay_correlation([[0, 7]], probabilities=DIE), "7"),
        (lambda: interplay_correlation([[0, 5]], probabilities=[DIE, [0.5, 0.5]]), "position 2"),
        (lambda: draw_totals([[1, 1]], kinds=5), "holds 1 twice"),
        (lambda: draw_totals([[1, 5]], kinds=5), "5"),
        (lambda: draw_totals([[1, 2, 3]], kinds=2), "from 1 to 2"),
        (lambda: card_positions([[0, 1, 2], [0, 2, 2]]), r"decks\[1\] holds card 2 twice"),
        (lambda: card_positions([[0]]), "has 1 cards"),
        (lambda: battery.run_draws([[1, 1]], kinds=2, replacement=True, in_order=False), "sorted"),
        (
            lambda: battery.run_draws([[1, 1]], kinds=1 << 62, replacement=True),
            "kinds is 46.*: it must be from 1 to 104",
        ),
    ],
)
def test_wrong_arguments_are_refused_with_what_is_wrong(call: Callable[[], Finding], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        call()


def test_few_draws_and_decks_are_not_applicable() -> None:
    few = decks(random(), 3, 5)
    for test in (draw_totals, draw_pairs, draw_positions, draw_interplay):
        assert not test(few[:, :2], kinds=5).applicable
    assert not draw_agreements(few[:2, :2], kinds=5).applicable
    assert not draw_totals(decks(random(), 30, 5), kinds=5).applicable
    assert not card_positions(few).applicable
    assert fixed_points(few).applicable
    assert not fixed_points(np.zeros((0, 5), dtype=int)).applicable
    assert not interplay_between_draws(few[:1], probabilities=[0.2] * 5).applicable
    assert not runs([2] * 50, kinds=3).applicable
    assert not runs(list(range(30)), kinds=30).applicable


def test_kinds_that_did_not_come_take_no_memory_in_runs() -> None:
    """Two outcomes of 2^31 kinds took 16 GiB, eight bytes a kind."""
    many, few = (runs([0, 1, 1, 0, 1], kinds=kinds) for kinds in (1 << 31, 2))
    assert (many.p_values, many.statistic) == (few.p_values, few.statistic)
    tracemalloc.start()
    runs([0, 1, 1, 0, 1], kinds=1 << 24)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


# --- what cannot be ---------------------------------------------------------------------------------------------------


def test_outcomes_that_cannot_be_have_probability_zero_and_are_left_out() -> None:
    values = np.concatenate([random().integers(0, 6, 1000).astype(float), [6.0, math.nan, -1.0, 2.5, math.inf]])
    found = {one.name: one for one in battery.run(values, probabilities=DIE)}
    assert found["Impossible"].p_values == (0.0,)
    assert found["Impossible"].statistic["impossible"] == 5
    assert found["Impossible"].statistic["first"] == 1000
    assert found["TotalDistribution"].parameters["outcomes"] == 1000


def test_an_outcome_of_probability_zero_cannot_be() -> None:
    law = [Fraction(1, 2), 0, Fraction(1, 2)]
    found = impossible([0, 2, 1, 2], probabilities=law)
    assert found.statistic["of_probability_zero"] == 1
    assert found.p_values == (0.0,)
    assert total_distribution([0, 2, 1, 2], probabilities=law).p_values == (0.0, 1.0)
    assert impossible([0, 2, 0, 2], probabilities=law).p_values == (1.0,)


def test_collections_that_never_end_count_as_long() -> None:
    """A kind that never comes leaves not one collection; the test says so with a small p, not by staying away."""
    found = coupon_collector(random().integers(0, 5, 10_000), probabilities=DIE)
    assert found.p_values[0] < 1e-100
    assert found.statistic["missing"] == found.parameters["collections"]


def test_rising_numbers_without_an_end_are_seen() -> None:
    assert runs_up(np.arange(1000), probabilities=np.full(1000, 0.001)).p_values[0] < 1e-50


@pytest.mark.parametrize(
    "findings",
    [
        battery.run(random().integers(0, 37, 3000), probabilities=np.full(37, 1 / 37)),
        battery.run([], probabilities=DIE),
        battery.run([0, 0], probabilities=[1]),
        battery.run_draws(decks(random(), 200, 49)[:, :6], kinds=49),
        battery.run_draws(np.sort(decks(random(), 200, 49)[:, :6], axis=1), kinds=49, in_order=False),
        battery.run_draws(random().integers(0, 6, (200, 3)), kinds=6, replacement=True),
        battery.run_shuffles(decks(random(), 100)),
    ],
)
def test_batteries_give_findings_that_json_can_hold(findings: list[Finding]) -> None:
    names = [one.name for one in findings]
    assert len(set(names)) == len(names)
    for one in findings:
        document = one.as_json()
        assert document["applicable"] == (one.reason == "")
        assert not any(isinstance(value, np.generic) for value in document["statistic"].values())


def test_sorted_draws_are_not_held_to_their_order() -> None:
    draws = np.sort(decks(random(), 500, 49)[:, :6], axis=1)
    in_order = {one.name: min(one.p_values) for one in battery.run_draws(draws, kinds=49)}
    assert in_order["DrawPositions"] < 1e-100
    assert min(min(one.p_values) for one in battery.run_draws(draws, kinds=49, in_order=False)) > 1e-4
