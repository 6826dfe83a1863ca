"""The weight tests count ones as one counts them, and know the exact moments."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statistical_tests.bit_tests import hamming_weights as module
from statistical_tests.bit_tests.hamming_weights import hamming_dependence, hamming_weights, weights
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


@given(text=st.text(alphabet="01", max_size=600), word_bits=st.integers(1, 64))
def test_a_weight_is_the_number_of_ones_of_a_word(text: str, word_bits: int) -> None:
    whole = len(text) // word_bits * word_bits
    expected = [text[i : i + word_bits].count("1") for i in range(0, whole, word_bits)]
    assert weights(Bits.from_text(text), word_bits).tolist() == expected


@pytest.mark.parametrize("word_bits", [6, 7])
def test_the_correlations_moments_are_exact(word_bits: int) -> None:
    """Over all pairs of words the product has mean 0 and variance word_bits^2."""
    centred = [2 * word.bit_count() - word_bits for word in range(1 << word_bits)]
    products = [a * b for a, b in itertools.product(centred, repeat=2)]
    assert sum(products) == 0
    assert sum(one * one for one in products) == word_bits**2 * len(products)


@pytest.mark.parametrize(("word_bits", "lag"), [(8, 1), (8, 3), (7, 1), (32, 2)])
def test_correlation_and_pairs_are_those_of_a_plain_walk(word_bits: int, lag: int) -> None:
    bits = Bits.from_bytes(np.random.Generator(np.random.PCG64(word_bits)).bytes(40_000))
    finding = hamming_dependence(bits, word_bits=word_bits, lag=lag)
    centred = [2 * int(one) - word_bits for one in weights(bits, word_bits)]
    total = sum(a * b for a, b in zip(centred, centred[lag:], strict=False))
    assert finding.statistic["deviations"] == pytest.approx(total / word_bits / math.sqrt(len(centred) - lag))
    half = math.comb(word_bits, word_bits // 2) / 2**word_bits if word_bits % 2 == 0 else 0.0
    chance = {-1: (1 - half) / 2, 0: half, 1: (1 - half) / 2}
    counts = dict.fromkeys(itertools.product(*[[-1, 0, 1] if half else [-1, 1]] * 2), 0)
    used = len(centred) // (2 * lag) * 2 * lag
    for start in range(0, used, 2 * lag):
        for place in range(start, start + lag):
            counts[np.sign(centred[place]), np.sign(centred[place + lag])] += 1
    pairs = used // 2
    wanted = sum(
        (count - pairs * chance[a] * chance[b]) ** 2 / (pairs * chance[a] * chance[b])
        for (a, b), count in counts.items()
    )
    assert finding.statistic["chi_square"] == pytest.approx(wanted)
    assert finding.statistic["freedom"] == len(counts) - 1


def test_the_pieces_that_are_counted_at_a_time_do_not_change_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    bits = Bits.from_bytes(np.random.Generator(np.random.PCG64(2)).bytes(5_003))
    whole = hamming_dependence(bits, word_bits=8, lag=3)
    monkeypatch.setattr(module, "_CHUNK", 20)
    assert hamming_dependence(bits, word_bits=8, lag=3) == whole


def test_words_that_are_their_neighbours_complement_are_balanced_and_seen() -> None:
    words = np.random.Generator(np.random.PCG64(1)).integers(0, 256, size=20_000, dtype=np.uint8)
    bits = Bits.from_bytes(np.stack([words, ~words], axis=1).tobytes())
    assert max(hamming_dependence(bits, word_bits=8).p_values) < 1e-100


def test_words_of_four_ones_each_are_seen() -> None:
    finding = hamming_weights(Bits.from_bytes(b"\x0f\x33\x55\x99" * 500), word_bits=8)
    assert finding.p_values[0] < 1e-100


def test_too_few_bits_are_not_applicable_and_wrong_arguments_are_refused() -> None:
    assert not hamming_weights(Bits.from_bytes(bytes(40))).applicable
    assert hamming_dependence(Bits.from_bytes(bytes(40))).columns == ("correlation", "pairs")
    with pytest.raises(BadInput, match="word_bits"):
        hamming_weights(Bits.from_bytes(bytes(40)), word_bits=1)
    with pytest.raises(BadInput, match="lag"):
        hamming_dependence(Bits.from_bytes(bytes(40)), lag=0)
