"""Ideal data: named generators, the same for everyone, and exact in their probabilities."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import stats

from statistical_tests import ideal
from statistical_tests.errors import BadInput


def test_each_generator_is_what_its_name_says() -> None:
    assert ideal.ideal_bytes(50, seed="a", stream=7) == hashlib.shake_256(b"fairlot/ideal/shake256/a/7").digest(50)
    label = b"fairlot/ideal/sha256-ctr/a/7"
    blocks = b"".join(hashlib.sha256(label + number.to_bytes(8, "big")).digest() for number in range(2))
    assert ideal.ideal_bytes(50, seed="a", stream=7, generator="sha256-ctr") == blocks[:50]
    key = int.from_bytes(hashlib.sha256(b"fairlot/ideal/philox/a/7").digest()[:16], "big")
    words = np.random.Philox(key=key).random_raw(7).astype("<u8").tobytes()
    assert ideal.ideal_bytes(50, seed="a", stream=7, generator="philox") == words[:50]


@pytest.mark.parametrize("generator", ideal.GENERATORS)
def test_streams_and_seeds_are_streams_of_their_own_and_a_longer_one_goes_on(generator: str) -> None:
    data = {
        ideal.ideal_bytes(32, seed=seed, stream=stream, generator=generator) for seed in "ab" for stream in range(5)
    }
    assert len(data) == 10
    assert ideal.ideal_bytes(80, generator=generator)[:33] == ideal.ideal_bytes(33, generator=generator)
    assert ideal.ideal_bytes(0, generator=generator) == b""


def test_bits_are_the_bytes_cut_to_length() -> None:
    bits = ideal.ideal_bits(13, stream=3)
    assert len(bits) == 13
    assert bits == ideal.ideal_bits(16, stream=3).slice(0, 13)


def test_outcomes_have_their_probabilities() -> None:
    probabilities = [Fraction(1, 2), Fraction(0), Fraction(1, 3), Fraction(1, 6)]
    values = ideal.ideal_outcomes(60_000, probabilities=probabilities)
    assert values.shape == (60_000,)
    counts = np.bincount(values, minlength=4)
    assert counts[1] == 0
    assert stats.chisquare(counts[[0, 2, 3]], [30_000, 20_000, 10_000]).pvalue > 1e-4


def test_outcomes_follow_their_definition_word_by_word() -> None:
    """The largest denominator, whose words are the most often rejected: one in 2,048."""
    limit = 2**53 - 1
    values = ideal.ideal_outcomes(100, probabilities=[Fraction(1, limit), Fraction(limit - 1, limit)])
    data = ideal.ideal_bytes(8 * 200)
    words = [int.from_bytes(data[at : at + 8], "big") for at in range(0, len(data), 8)]
    kept = [word % limit for word in words if word < 2**64 - 2**64 % limit][:100]
    assert values.tolist() == [0 if word < 1 else 1 for word in kept]


def test_more_words_are_taken_where_many_are_rejected() -> None:
    """Below 3 x 2^61 a quarter of all words is rejected, more than are asked for beforehand."""
    limit = 3 * 2**61
    data = ideal.ideal_bytes(8 * 2000)
    words = [int.from_bytes(data[at : at + 8], "big") for at in range(0, len(data), 8)]
    kept = [word % limit for word in words if word < 2 * limit][:1000]
    assert ideal._below(1000, limit, seed="1", stream=0, generator="shake256").tolist() == kept


def test_shuffles_hold_each_card_once_and_in_every_place() -> None:
    decks = ideal.ideal_shuffles(12_000, cards=4)
    assert np.array_equal(np.sort(decks, axis=1), np.tile(np.arange(4), (12_000, 1)))
    _, orders = np.unique(decks @ np.array([64, 16, 4, 1]), return_counts=True)
    assert len(orders) == 24
    assert stats.chisquare(orders).pvalue > 1e-4


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ideal.ideal_bytes(-1), "count is -1"),
        (lambda: ideal.ideal_bytes(1, stream=-1), "stream is -1"),
        (lambda: ideal.ideal_bytes(1, generator="rand"), "'rand' is none of shake256, sha256-ctr, philox"),
        (lambda: ideal.ideal_bits(-1), "length is -1"),
        (lambda: ideal.ideal_outcomes(1, probabilities=[]), "probabilities are fractions"),
        (lambda: ideal.ideal_outcomes(1, probabilities=[0.5, 0.5]), "probabilities are fractions"),  # type: ignore[list-item]
        (lambda: ideal.ideal_outcomes(1, probabilities=[Fraction(3, 2), Fraction(-1, 2)]), "are fractions, 0 or more"),
        (lambda: ideal.ideal_outcomes(1, probabilities=[Fraction(1, 2)]), "sum to 1/2"),
        (lambda: ideal.ideal_outcomes(1, probabilities=[Fraction(1, 3**34), 1 - Fraction(1, 3**34)]), "at most 2"),
        (lambda: ideal.ideal_shuffles(1, cards=0), "cards is 0"),
    ],
)
def test_what_cannot_be_made_is_said(call: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        call()
