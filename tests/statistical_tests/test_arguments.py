"""The checks of arguments: what is right passes unchanged, what is wrong is named with its place."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statistical_tests.arguments import counts, outcomes, probabilities, require_bits, whole_number
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


def test_bits_pass_and_bytes_do_not() -> None:
    bits = Bits.from_text("01")
    assert require_bits(bits) is bits
    with pytest.raises(BadInput, match="bits are a Bits, not bytes"):
        require_bits(b"01")


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3)])
def test_whole_numbers_of_any_kind_become_python_ones(value: Any) -> None:
    checked = whole_number(value, "m", least=3, most=3)
    assert (checked, type(checked)) == (3, int)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (2, "m is 2: it must be from 3 to 16"),
        (17, "m is 17: it must be from 3 to 16"),
        (3.0, "m is an integer, not 3.0"),
        (True, "m is an integer, not True"),
        (np.True_, "m is an integer"),
        ("3", "m is an integer, not '3'"),
        (None, "m is an integer, not None"),
        (math.nan, "m is an integer, not nan"),
    ],
)
def test_what_is_no_whole_number_in_range_is_refused(value: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        whole_number(value, "m", least=3, most=16)


def test_a_range_without_an_upper_end_says_so() -> None:
    assert whole_number(10**30, "n", least=0) == 10**30
    with pytest.raises(BadInput, match="n is -1: it must be 0 or more"):
        whole_number(-1, "n", least=0)


# --- probabilities ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        [0.25, 0.75],
        (0.25, 0.75),
        np.array([0.25, 0.75]),
        np.array([0.25, 0.75], dtype=np.float32),
        [Fraction(1, 4), Fraction(3, 4)],
        iter([Fraction(1, 4), 0.75]),
    ],
)
def test_probabilities_of_any_kind_become_doubles(values: Any) -> None:
    checked = probabilities(values)
    assert checked.dtype == np.float64
    assert checked.tolist() == [0.25, 0.75]


def test_fractions_of_any_size_and_certain_outcomes_are_probabilities() -> None:
    assert probabilities([1]).tolist() == [1.0]
    assert probabilities([0, 1, 0]).tolist() == [0.0, 1.0, 0.0]
    # Neither part of this fraction is a double.
    assert probabilities([Fraction(10**400 - 1, 10**400), Fraction(1, 10**400)]).tolist() == [1.0, 0.0]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=50).filter(any))
def test_weights_over_their_sum_are_probabilities(weights: list[int]) -> None:
    total = sum(weights)
    checked = probabilities([Fraction(weight, total) for weight in weights])
    assert np.allclose(checked * total, weights)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "chances are empty"),
        ([0.5, 0.4], "chances sum to 0.9, and must sum to 1"),
        ([0.5, 0.500001], "chances sum to 1.000001, and must sum to 1"),
        ([0.75, -0.5, 0.75], r"chances\[1\] is -0.5"),
        ([0.5, math.nan, 0.5], r"chances\[1\] is nan"),
        ([math.inf], r"chances\[0\] is inf"),
        ([2.0], r"chances\[0\] is 2.0: each is a number from 0 to 1"),
        ([1.0, 5e-324], "chances: all but the likeliest together are below 1e-70"),
        ([1e308, 1e308], r"chances\[0\] is 1e\+308: each is a number from 0 to 1"),
        ([Fraction(10**400)], "chances are a list of numbers"),
        (["0.5", "0.5"], r"chances\[0\] is '0.5', which is text"),
        ("10", "chances are a list of numbers, not text"),
        ([None], "chances are a list of numbers"),
        ([0.5j, 0.5], "chances are a list of numbers"),
        (0.5, "chances are a list of numbers"),
        ([[0.5, 0.5]], "chances are a list of numbers"),
        (np.array([[0.5], [0.5]]), "chances have one dimension, not 2"),
    ],
)
def test_what_are_no_probabilities_is_refused(values: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        probabilities(values, "chances")


# --- counts and outcomes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [[1, 0, 2], [1.0, 0.0, 2.0], np.array([1, 0, 2], dtype=np.uint8)])
def test_counts_of_any_kind_become_64_bit_integers(values: Any) -> None:
    checked = counts(values)
    assert checked.dtype == np.int64
    assert checked.tolist() == [1, 0, 2]


def test_counts_keep_their_shape() -> None:
    assert counts(np.zeros((2, 3))).shape == (2, 3)
    assert counts([]).shape == (0,)
    assert counts(np.array([2**63 - 1], dtype=np.uint64)).tolist() == [2**63 - 1]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, math.nan], r"counts\[1\] is nan: a count is a whole number"),
        ([math.inf], r"counts\[0\] is inf"),
        ([0.5], r"counts\[0\] is 0.5"),
        ([[0, 1], [-1, 0]], r"counts\[1, 0\] is -1: a count is not negative"),
        ([0.0, -1.0], r"counts\[1\] is -1.0: a count is not negative"),
        (-1, "counts is -1: a count is not negative"),
        (np.array([2**63], dtype=np.uint64), r"counts\[0\] is 9223372036854775808: .*2\^63"),
        ([1e300], r"counts\[0\] is 1e\+300: .*2\^63"),
        (["1"], "counts are numbers"),
        ([True], "counts are numbers, not bool"),
        ([2**70], "counts are numbers"),
        ([[1], [1, 2]], "counts .*inhomogeneous"),
    ],
)
def test_what_are_no_counts_is_refused(values: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        counts(values)


@pytest.mark.parametrize("values", [[0, 36], [0.0, 36.0], np.array([0, 36], dtype=np.uint64)])
def test_outcomes_of_any_kind_become_64_bit_integers(values: Any) -> None:
    checked = outcomes(values, kinds=37)
    assert checked.dtype == np.int64
    assert checked.tolist() == [0, 36]


def test_no_outcomes_are_outcomes_and_shapes_are_kept() -> None:
    assert outcomes([], kinds=1).shape == (0,)
    assert outcomes(np.zeros((3, 5), dtype=np.uint8), kinds=1).shape == (3, 5)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0, 37], r"pockets\[1\] is 37: an outcome is a whole number from 0 to 36"),
        ([-1], r"pockets\[0\] is -1"),
        ([0.0, math.nan], r"pockets\[1\] is nan"),
        ([math.inf], r"pockets\[0\] is inf"),
        ([0.5], r"pockets\[0\] is 0.5"),
        ([[0, 1], [2, 40]], r"pockets\[1, 1\] is 40"),
        (40, "pockets is 40"),
        (np.array([2**64 - 1], dtype=np.uint64), r"pockets\[0\] is 18446744073709551615"),
        (["0"], "pockets are numbers"),
        ([False], "pockets are numbers, not bool"),
        ([[1], [1, 2]], "pockets .*inhomogeneous"),
    ],
)
def test_what_are_no_outcomes_is_refused(values: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        outcomes(values, kinds=37, name="pockets")


@pytest.mark.parametrize("kinds", [0, -3, 2.0, True])
def test_outcomes_are_of_at_least_one_kind(kinds: Any) -> None:
    with pytest.raises(BadInput, match="kinds is"):
        outcomes([0], kinds=kinds)
