"""The coupon collector's test: sets are as long as a plain walk says, and their probabilities are exact."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statistical_tests import kernel
from statistical_tests.bit_tests import coupon_collector as module
from statistical_tests.bit_tests.coupon_collector import (
    coupon_collector,
    length_probabilities,
    portable_set_lengths,
    set_lengths,
)
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


def _walk(values: list[int], kinds: int) -> list[int]:
    lengths, seen, length = [], set(), 0
    for value in values:
        seen.add(value)
        length += 1
        if len(seen) == kinds:
            lengths.append(length)
            seen, length = set(), 0
    return lengths


@given(values=st.lists(st.integers(0, 3), max_size=300), most=st.integers(0, 30), piece=st.integers(1, 50))
def test_sets_are_those_of_a_plain_walk_whatever_the_pieces(values: list[int], most: int, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", piece)
        found = portable_set_lengths(np.asarray(values, dtype=np.uint8), 4, most)
    assert found.tolist() == _walk(values, 4)[:most]


@pytest.mark.parametrize("engine", kernel.engines())
@given(bits=st.integers(0, 6), values=st.lists(st.integers(0, 63), max_size=300), most=st.integers(0, 300))
def test_every_engine_finds_the_sets_of_a_plain_walk(engine: str, bits: int, values: list[int], most: int) -> None:
    kinds = 1 << bits
    values = [value % kinds for value in values] * 3
    before = kernel.use(engine)
    try:
        found = set_lengths(np.asarray(values, dtype=np.uint8), kinds, most)
    finally:
        kernel.use(before)
    assert found.dtype == np.int64
    assert found.tolist() == _walk(values, kinds)[:most]


@pytest.mark.parametrize("kinds", [2, 4, 8])
def test_the_probabilities_are_knuths_formula(kinds: int) -> None:
    """They are d! S(r - 1, d - 1) / d^r, with Stirling numbers by inclusion and exclusion."""
    found = length_probabilities(kinds, 10_000)
    for length in range(len(found) - 1):
        ways = 0
        if length >= kinds:
            ways = sum((-1) ** j * math.comb(kinds - 1, j) * (kinds - 1 - j) ** (length - 1) for j in range(kinds))
        assert found[length] == pytest.approx(float(Fraction(kinds * ways, kinds**length)), rel=1e-9, abs=1e-300)
    assert math.fsum(found) == pytest.approx(1.0, abs=1e-12)
    assert found[-1] * 10_000 >= 5


def test_values_that_take_turns_complete_their_sets_too_fast() -> None:
    turns = np.unpackbits(np.arange(8, dtype=np.uint8)).reshape(8, 8)[:, 5:].reshape(-1)
    finding = coupon_collector(Bits.from_array(np.tile(turns, 2_000)))
    assert finding.p_values[0] < 1e-100


def test_a_value_that_never_comes_leaves_no_whole_set() -> None:
    finding = coupon_collector(Bits.from_bytes(bytes(10_000)))
    assert (finding.statistic["sets"], finding.statistic["longest"]) == (0, 0)
    assert finding.p_values[0] < 1e-100


def test_too_few_bits_are_not_applicable_and_wrong_arguments_are_refused() -> None:
    assert "100 are needed" in coupon_collector(Bits.from_bytes(bytes(300))).reason
    with pytest.raises(BadInput, match="word_bits"):
        coupon_collector(Bits.from_bytes(bytes(300)), word_bits=7)
