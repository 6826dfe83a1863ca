"""Pooled frequency and byte frequency."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from statistical_tests.bit_tests.byte_frequency import byte_frequency
from statistical_tests.bit_tests.pooled_frequency import pooled_frequency
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


@given(texts=st.lists(st.text(alphabet="01", max_size=200), max_size=8))
def test_streams_are_pooled_to_the_number_of_their_ones(texts: list[str]) -> None:
    finding = pooled_frequency(Bits.from_text(text) for text in texts)
    whole = "".join(texts)
    assert (finding.statistic["bits"], finding.statistic["ones"]) == (len(whole), whole.count("1"))
    assert finding.statistic["streams"] == len(texts)
    assert finding.applicable == (len(whole) >= 100)
    if finding.applicable:
        wanted = stats.binomtest(whole.count("1"), len(whole)).pvalue
        assert finding.p_values[0] == pytest.approx(wanted, rel=1e-9)
        assert pooled_frequency(Bits.from_text(whole)).p_values == finding.p_values


def test_a_bias_that_no_stream_shows_is_seen_in_all_of_them() -> None:
    source = np.random.Generator(np.random.PCG64(1))
    streams = [Bits.from_array(source.random(100_000) < 0.504) for _ in range(100)]
    assert min(pooled_frequency(one).p_values[0] for one in streams) > 1e-8
    assert pooled_frequency(streams).p_values[0] < 1e-100


def test_what_is_no_bits_is_refused() -> None:
    with pytest.raises(BadInput, match="not bytes"):
        pooled_frequency([b"abc"])  # type: ignore[list-item]


@pytest.mark.parametrize("word_bits", [1, 4, 8, 11, 16])
def test_values_of_any_width_are_counted(word_bits: int) -> None:
    bits = Bits.from_bytes(np.random.Generator(np.random.PCG64(2)).bytes(20_000 + (10 << word_bits)))
    text = "".join(map(str, bits.unpacked()))
    counts = [0] * (1 << word_bits)
    for place in range(0, len(text) - word_bits + 1, word_bits):
        counts[int(text[place : place + word_bits], 2)] += 1
    finding = byte_frequency(bits, word_bits=word_bits)
    mean = sum(counts) / len(counts)
    assert finding.statistic["chi_square"] == pytest.approx(math.fsum((one - mean) ** 2 for one in counts) / mean)
    chi_square = finding.statistic["chi_square"]
    upper, lower = stats.chi2.sf(chi_square, len(counts) - 1), stats.chi2.cdf(chi_square, len(counts) - 1)
    assert finding.p_values[0] == pytest.approx(upper if word_bits < 5 else min(1, 2 * min(upper, lower)), rel=1e-6)
    assert finding.statistic["commonest_count"] == max(counts)
    assert finding.statistic["rarest"] == counts.index(min(counts))


def test_bytes_that_are_spread_too_evenly_are_seen() -> None:
    assert byte_frequency(Bits.from_bytes(bytes(range(256)) * 20)).p_values[0] < 1e-100


def test_too_few_bits_are_not_applicable_and_wrong_arguments_are_refused() -> None:
    assert byte_frequency(Bits.from_bytes(bytes(1279))).reason == "1279 words of 8 bits, and 1280 are needed"
    assert byte_frequency(Bits.from_bytes(bytes(1280))).p_values[0] == 0.0
    with pytest.raises(BadInput, match="word_bits"):
        byte_frequency(Bits.from_bytes(bytes(10)), word_bits=21)
