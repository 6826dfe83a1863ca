"""Linear complexity by bit position: its distribution is exact, and what has a short register shows it."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from statistical_tests.bit_tests import linear_complexity
from statistical_tests.bit_tests.linear_complexity import linear_complexity_by_position, probability
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


def shortest_register(bits: tuple[int, ...]) -> int:
    """Find the shortest register by trying: a length does if some taps make every later bit from those before."""
    for length in range(len(bits) + 1):
        for taps in itertools.product((0, 1), repeat=length):
            if all(
                bits[n] == sum(taps[i] & bits[n - 1 - i] for i in range(length)) % 2 for n in range(length, len(bits))
            ):
                return length
    raise AssertionError("a register as long as the bits always does")


@pytest.mark.parametrize("block_bits", [1, 2, 5, 7, 8])
def test_the_probabilities_are_those_of_all_blocks_counted(block_bits: int) -> None:
    counted = Counter(shortest_register(bits) for bits in itertools.product((0, 1), repeat=block_bits))
    for value in range(block_bits + 1):
        assert probability(value, block_bits) == counted[value] / 2**block_bits


@pytest.mark.parametrize("block_bits", [2, 3, 10, 11, 40])
def test_tails_are_sums_of_the_probabilities(block_bits: int) -> None:
    exact = [Fraction(probability(value, block_bits)) for value in range(block_bits + 1)]
    assert sum(exact) == 1
    for value in range(block_bits + 1):
        lower, upper = sum(exact[: value + 1]), sum(exact[value:])
        wanted = float(min(Fraction(1), 2 * min(lower, upper)))
        assert linear_complexity._tail(value, block_bits) == pytest.approx(wanted, rel=1e-12, abs=0)


@pytest.mark.parametrize("block_bits", [4, 30, 51, 1000, 50_000])
def test_the_classes_hold_every_block_and_their_probabilities_sum_to_one(block_bits: int) -> None:
    found = np.asarray([[0, block_bits // 2, block_bits]])
    counts, probabilities = linear_complexity._classes(found, block_bits)
    assert counts.sum() == 3
    assert math.fsum(probabilities) == pytest.approx(1.0, abs=1e-14)


def test_the_standards_example_has_complexity_four() -> None:
    """SP 800-22 2.10.8: 1101011110001 has the register of length 4."""
    finding = linear_complexity_by_position(Bits.from_text("1101011110001"), block_bits=13)
    assert finding.statistic["lowest"] == finding.statistic["highest"] == 4
    # P(L <= 4) = (1 + 2 + 8 + 32 + 128) / 2^13, twice.
    assert finding.p_values[0] == pytest.approx(2 * 171 / 8192, rel=1e-12)


def test_one_bad_position_of_the_words_is_found_and_named() -> None:
    words = np.random.Generator(np.random.PCG64(7)).integers(0, 256, size=4000, dtype=np.uint8)
    register = [1, 0, 0, 1, 1, 0, 1]
    while len(register) < len(words):
        register.append(register[-7] ^ register[-6])  # x^7 + x + 1
    words = (words & np.uint8(0xFB)) | (np.asarray(register, dtype=np.uint8) << np.uint8(2))
    finding = linear_complexity_by_position(Bits.from_bytes(words.tobytes()), word_bits=8, block_bits=2000)
    assert finding.columns == ("extreme", "classes")
    assert finding.p_values[0] < 1e-100
    assert (finding.statistic["lowest"], finding.statistic["outermost_position"]) == (7, 5)
    whole = linear_complexity_by_position(Bits.from_bytes(words.tobytes()), block_bits=500)
    assert min(whole.p_values) > 1e-3, "the sequence as it is hides it"


def test_a_single_one_at_the_end_is_too_complex() -> None:
    finding = linear_complexity_by_position(Bits.from_text("0" * 199 + "1"), block_bits=200)
    assert finding.statistic["highest"] == 200
    assert finding.p_values[0] == pytest.approx(2 * 2.0**-200, rel=1e-9, abs=0)


def test_constant_bits_leave_no_probability_that_a_double_could_hold() -> None:
    finding = linear_complexity_by_position(Bits.from_text("0" * 5000), block_bits=5000)
    assert finding.p_values[0] == 0.0
    assert finding.statistic["lowest"] == 0


def test_too_few_bits_are_not_applicable_and_wrong_arguments_are_refused() -> None:
    finding = linear_complexity_by_position(Bits.from_text("01" * 100), word_bits=8, block_bits=26)
    assert not finding.applicable
    assert "200 bits" in finding.reason
    with pytest.raises(BadInput, match="block_bits is 50001"):
        linear_complexity_by_position(Bits.from_text("01"), block_bits=50_001)
    with pytest.raises(BadInput, match="most_blocks"):
        linear_complexity_by_position(Bits.from_text("01"), most_blocks=0)


def test_no_more_blocks_a_position_than_asked_for() -> None:
    bits = Bits.from_bytes(np.random.Generator(np.random.PCG64(3)).bytes(1000))
    assert linear_complexity_by_position(bits, block_bits=100, most_blocks=7).parameters["blocks"] == 7
    assert linear_complexity_by_position(bits, block_bits=100).parameters["blocks"] == 80
