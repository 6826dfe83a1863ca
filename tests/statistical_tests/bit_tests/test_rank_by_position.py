"""Rank by bit position: the probabilities are exact, and a short linear state lowers the rank."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from statistical_tests.bit_tests.rank_by_position import rank_by_position, rank_probabilities
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


def _rank(rows: tuple[int, ...]) -> int:
    """Count the independent rows: the span of rows has 2^rank elements."""
    span = {0}
    for row in rows:
        span |= {one ^ row for one in span}
    return len(span).bit_length() - 1


@pytest.mark.parametrize("size", [2, 3])
def test_the_probabilities_are_those_of_all_matrices_counted(size: int) -> None:
    counted = Counter(_rank(rows) for rows in itertools.product(range(1 << size), repeat=size))
    exact = [counted[rank] / (1 << size * size) for rank in range(size + 1)]
    assert rank_probabilities(size).tolist() == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("size", [5, 20, 64])
def test_the_probabilities_are_those_of_a_matrix_that_grows_row_by_row(size: int) -> None:
    """A new row lies in the span of r independent ones with probability 2^(r - size)."""
    chances = [Fraction(1)] + [Fraction(0)] * size
    for _ in range(size):
        inside = [Fraction(1, 2 ** (size - rank)) for rank in range(size + 1)]
        chances = [
            chances[rank] * inside[rank] + (chances[rank - 1] * (1 - inside[rank - 1]) if rank else 0)
            for rank in range(size + 1)
        ]
    found = rank_probabilities(size)
    for rank, exact in enumerate(chances):
        if size - rank <= 32:
            assert found[rank] == pytest.approx(float(exact), rel=1e-12, abs=0)
    assert math.fsum(found) == pytest.approx(1.0, abs=1e-14)


def test_bits_that_repeat_after_41_make_matrices_of_rank_41_at_most() -> None:
    piece = np.random.Generator(np.random.PCG64(2)).integers(0, 2, size=41, dtype=np.uint8)
    bits = Bits.from_array(np.resize(piece, 64 * 64 * 20))
    finding = rank_by_position(bits, size=64)
    assert finding.statistic["lowest"] in (40, 41)  # 40 where the 41 bits have an even number of ones
    assert finding.p_values[0] < 1e-100


def test_one_bad_position_of_the_words_is_found_and_named() -> None:
    words = np.random.Generator(np.random.PCG64(11)).integers(0, 1 << 32, size=64 * 64 * 2, dtype=np.uint64)
    words = (words & np.uint64(0xFFFFFFFE)) | (np.arange(len(words), dtype=np.uint64) // np.uint64(7) % np.uint64(2))
    finding = rank_by_position(Bits.from_bytes(words.astype(">u4").tobytes()), word_bits=32, size=64)
    assert finding.statistic["lowest_position"] == 31
    assert finding.p_values[0] < 1e-100


def test_too_few_bits_are_not_applicable_and_wrong_arguments_are_refused() -> None:
    finding = rank_by_position(Bits.from_text("01" * 100), size=32)
    assert not finding.applicable
    assert finding.columns == ("lowest", "classes")
    for arguments in ({"size": 1}, {"size": 5000}, {"most_matrices": 0}, {"word_bits": 65}):
        with pytest.raises(BadInput, match=next(iter(arguments))):
            rank_by_position(Bits.from_text("01"), **arguments)
