"""The return to player is held to the exact law of the sum of payouts."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import pytest
from scipy import stats

from statistical_tests.errors import BadInput
from statistical_tests.outcomes.returns import (
    _lattice_tails,
    _saddle_tails,
    _transformed_tails,
    return_to_player,
    return_to_player_of_table,
)
from tests.statistical_tests.outcomes.samples import assert_conservative, assert_uniform

Game: TypeAlias = "dict[str, Any]"
RED: Game = {"amounts": [0, 2], "probabilities": [Fraction(19, 37), Fraction(18, 37)]}
SLOT: Game = {
    "amounts": [0, Fraction(1, 2), 2, 10, 250],
    "probabilities": [Fraction(6540, 10_000), Fraction(2000, 10_000), Fraction(1350, 10_000), Fraction(100, 10_000),
                      Fraction(10, 10_000)],
}  # fmt: skip


def payouts(game: Game, rounds: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.choice([float(a) for a in game["amounts"]], rounds, p=[float(p) for p in game["probabilities"]])


def test_bets_on_red_have_the_binomial_law() -> None:
    found = return_to_player_of_table([2.0] * 530 + [0.0] * 470, **RED)
    assert found.parameters["law"] == "binomial"
    assert found.p_values[0] == pytest.approx(2 * stats.binom.sf(529, 1000, 18 / 37), rel=1e-9)
    assert found.statistic["return"] == pytest.approx(1.06)


@pytest.mark.parametrize(
    ("steps", "chances", "rounds"),
    [
        ([0, 1, 5, 20], [0.6, 0.3, 0.08, 0.02], 480),
        ([0, 2, 3], [0.5, 0.3, 0.2], 500),
        ([0, 1, 2], [0.2, 0.3, 0.5], 900),
    ],
)
def test_the_three_ways_to_the_law_agree(steps: list[int], chances: list[float], rounds: int) -> None:
    law = np.array(chances)
    mean = rounds * float(law @ steps)
    deviation = math.sqrt(rounds * (float(law @ np.square(steps)) - (mean / rounds) ** 2))
    for score in (-5, -3, -1, -0.01, 0, 0.01, 1, 3, 5):
        observed = round(mean + score * deviation)
        exact = _lattice_tails(observed, rounds, steps, law)
        transformed = _transformed_tails(observed, rounds, steps, law)
        saddle = _saddle_tails(observed, rounds, steps, law)
        assert (transformed.more, transformed.less) == pytest.approx((exact.more, exact.less), abs=1e-12)
        assert (saddle.more, saddle.less) == pytest.approx((exact.more, exact.less), rel=0.01)


def test_the_exact_law_is_that_of_all_samples() -> None:
    tails = _lattice_tails(4, 3, [0, 1, 4], np.array([0.5, 0.3, 0.2]))
    # Three rounds, sum 4 or more: any with a 4 in it; else at most 3.
    assert tails.more == pytest.approx(1 - 0.8**3)
    assert tails.less == pytest.approx(0.8**3 + 3 * 0.2 * 0.5**2)


def test_all_zero_and_all_largest_are_the_ends_of_the_law() -> None:
    found = return_to_player_of_table([0.0] * 10, **SLOT)
    assert found.p_values[0] == pytest.approx(2 * 0.654**10, rel=1e-9)
    found = return_to_player_of_table([250.0] * 3, **SLOT)
    assert found.p_values[0] == pytest.approx(2 * 1e-9, rel=1e-6)
    found = return_to_player_of_table([0.0] * 100_000, **SLOT)
    assert found.p_values[0] == 0.0 or found.p_values[0] < 1e-300


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rounds", "law"), [(16, "exact"), (500, "characteristic function"), (100_000, "saddle point")]
)
def test_p_values_of_a_fair_slot_are_uniform(rounds: int, law: str) -> None:
    found = [return_to_player_of_table(payouts(SLOT, rounds, seed), **SLOT) for seed in range(300)]
    assert {one.parameters["law"] for one in found} == {law}
    values = np.array([one.p_values[0] for one in found])
    if rounds < 100:
        assert_conservative(values)
    else:
        assert_uniform(values)


def test_a_slot_that_pays_one_percent_less_is_seen() -> None:
    worse = dict(SLOT, probabilities=[Fraction(6640, 10_000), Fraction(2000, 10_000), Fraction(1250, 10_000),
                                      Fraction(100, 10_000), Fraction(10, 10_000)])  # fmt: skip
    found = return_to_player_of_table(payouts(worse, 10_000_000, 5), **SLOT)
    assert found.p_values[0] < 1e-6


def test_with_moments_alone_the_law_is_normal_and_its_error_is_bounded() -> None:
    red = np.array([2.0] * 18 + [0.0] * 19)
    mean, variance = Fraction(36, 37), Fraction(4 * 18 * 19, 37**2)
    third = (18 * (2 - mean) ** 3 + 19 * mean**3) / 37
    found = return_to_player(np.tile(red, 1000), expected=mean, variance=variance, third_absolute=third)
    assert found.p_values == pytest.approx((1.0,))
    error = found.statistic["berry_esseen"]
    assert isinstance(error, float)
    assert 0 < error < 0.01
    values = np.array(
        [
            return_to_player(payouts(RED, 20_000, seed), expected=mean, variance=variance).p_values[0]
            for seed in range(300)
        ]
    )
    assert_uniform(values)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"amounts": [0, 1.5]}, "fractions or integers"),
        ({"amounts": [0, 0]}, "occurs twice"),
        ({"amounts": [0, -1]}, "-1"),
        ({"amounts": [0, 1, 2]}, "3 amounts and 2 probabilities"),
        ({"probabilities": [0.5, 0.6]}, "sum to 1.1"),
    ],
)
def test_a_table_that_is_none_is_refused(change: dict[str, list[float]], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        return_to_player_of_table([0.0], **{**RED, **change})


@pytest.mark.parametrize("moment", ["expected", "variance", "third_absolute"])
@pytest.mark.parametrize("value", [Fraction(10**400), 10**400, math.inf, math.nan, -1])
def test_moments_that_no_game_has_are_refused(moment: str, value: Any) -> None:
    with pytest.raises(BadInput, match=f"^{moment} is (inf|nan|-1): it is a finite number, 0 or more$"):
        return_to_player([0.0, 1.0], **{"expected": 1, "variance": 1, moment: value})


def test_the_bound_of_the_normal_law_has_the_range_of_doubles() -> None:
    """A variance to the power of 1.5 leaves that range where the variance does not."""
    found = return_to_player([0.0, 1.0], expected=0, variance=5e-324, third_absolute=0)
    assert found.statistic["berry_esseen"] == 0
    with pytest.raises(BadInput, match=r"third_absolute is 1: it is at least the variance to the power of 1\.5"):
        return_to_player([0.0, 1.0], expected=0, variance=1e300, third_absolute=1)


def test_payouts_outside_the_table_are_refused_or_impossible() -> None:
    with pytest.raises(BadInput, match=r"payouts\[1\] is 3"):
        return_to_player_of_table([0.0, 3.0], **RED)
    with pytest.raises(BadInput, match=r"payouts\[0\] is nan"):
        return_to_player_of_table([math.nan], **RED)
    found = return_to_player_of_table([0.0, 5.0], amounts=[0, 2, 5], probabilities=[0.5, 0.5, 0])
    assert found.p_values == (0.0,)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"variance": 0}, "above 0"),
        ({"expected": math.nan}, "nan"),
        ({"expected": "1"}, "number or a fraction"),
        ({"third_absolute": 0.1}, "third_absolute"),
    ],
)
def test_moments_that_are_none_are_refused(arguments: dict[str, float], said: str) -> None:
    settings: dict[str, Any] = {"expected": 0.97, "variance": 1.0} | arguments
    with pytest.raises(BadInput, match=said):
        return_to_player([1.0], **settings)


def test_no_rounds_are_not_applicable() -> None:
    assert not return_to_player([], expected=1, variance=1).applicable
    assert not return_to_player_of_table([], **RED).applicable
    assert not return_to_player_of_table([1.0], amounts=[1], probabilities=[1]).applicable
