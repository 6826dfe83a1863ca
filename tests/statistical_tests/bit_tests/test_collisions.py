"""The collision test: its distribution is exact, also that of many samples together."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest

from statistical_tests.bit_tests import collisions as module
from statistical_tests.bit_tests.collisions import collision_probabilities, collisions, expected_collisions
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


@pytest.mark.parametrize(("balls", "urns"), [(2, 4), (4, 5), (6, 3)])
def test_the_probabilities_are_those_of_all_throws_counted(balls: int, urns: int) -> None:
    counted = Counter(balls - len(set(throw)) for throw in itertools.product(range(urns), repeat=balls))
    exact = [counted[c] / urns**balls for c in range(balls + 1)]
    assert collision_probabilities(balls, urns).tolist() == pytest.approx(exact, rel=1e-13, abs=1e-300)


def test_the_probabilities_are_those_of_knuths_table() -> None:
    """TAOCP 3.3.2 I: 2^14 balls in 2^20 urns."""
    chances = np.cumsum(collision_probabilities(1 << 14, 1 << 20))
    table = {101: 0.009, 108: 0.043, 119: 0.244, 126: 0.476, 134: 0.742, 145: 0.946, 153: 0.989}
    assert {most: round(float(chances[most]), 3) for most in table} == table
    assert chances[-1] == pytest.approx(1.0, abs=1e-10)


@pytest.mark.parametrize("samples", [1, 2, 3, 7])
def test_the_distribution_of_the_sum_is_that_of_independent_samples(samples: int) -> None:
    one = collision_probabilities(5, 9)
    wanted = np.ones(1)
    for _ in range(samples):
        wanted = np.convolve(wanted, one)
    first, chances = module._of_sum(5, 9, samples)
    assert first == 0
    assert chances.tolist() == pytest.approx(wanted[: len(chances)].tolist(), rel=1e-12)
    mean = math.fsum(place * chance for place, chance in enumerate(chances))
    assert mean == pytest.approx(samples * expected_collisions(5, 9), rel=1e-12)


def test_collisions_are_counted_within_each_sample() -> None:
    numbers = [1, 1, 1, 2, 3, 4, 5, 6, *[1, 2, 3, 3, 3, 4, 4, 5]]
    finding = collisions(Bits.from_bytes(bytes(numbers)), word_bits=8, balls=8)
    assert finding.statistic["collisions"] == 2 + 3


@pytest.mark.parametrize("numbers", [bytes(range(16)), bytes([7] * 16), bytes([1, 1, 2, 2, 3, 3, 4, 4] + [0, 16] * 4)])
def test_the_p_value_counts_what_was_observed_in_both_tails(numbers: bytes) -> None:
    finding = collisions(Bits.from_bytes(numbers), word_bits=8, balls=8)
    one = collision_probabilities(8, 256)
    both = np.convolve(one, one)
    count = int(finding.statistic["collisions"])  # type: ignore[arg-type]  # a number
    wanted = min(1.0, 2 * min(math.fsum(both[: count + 1]), math.fsum(both[count:])))
    assert finding.p_values[0] == pytest.approx(wanted, rel=1e-12, abs=0)


def test_words_that_never_repeat_are_as_telling_as_words_that_do() -> None:
    counter = np.random.Generator(np.random.PCG64(1)).permutation(1 << 16).astype(">u2")
    finding = collisions(Bits.from_bytes(counter.tobytes()), word_bits=16, balls=1 << 12)
    assert finding.statistic["collisions"] == 0
    assert finding.p_values[0] < 1e-100
    same = collisions(Bits.from_bytes(bytes(1 << 12)), word_bits=16, balls=1 << 11)
    assert same.p_values[0] < 1e-100


def test_too_few_bits_are_not_applicable_and_wrong_arguments_are_refused() -> None:
    assert not collisions(Bits.from_text("01" * 500)).applicable
    for arguments in ({"word_bits": 3}, {"word_bits": 33}, {"balls": 1}, {"balls": 70_000}, {"most_samples": 0}):
        with pytest.raises(BadInput, match=next(iter(arguments))):
            collisions(Bits.from_text("01"), **arguments)
