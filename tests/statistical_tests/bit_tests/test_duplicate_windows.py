"""Duplicate windows: a repeat is found wherever it is, and nothing else is one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statistical_tests.bit_tests import duplicate_windows as module
from statistical_tests.bit_tests.duplicate_windows import duplicate_windows
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput


@given(
    blocks=st.lists(st.binary(min_size=4, max_size=4), min_size=2, max_size=60),
    choice=st.lists(st.integers(0, 59), min_size=2, max_size=80),
    window_bytes=st.sampled_from([8, 9, 16, 20, 32]),
    step_bytes=st.integers(1, 40),
)
def test_repeats_are_windows_less_different_windows(
    blocks: list[bytes], choice: list[int], window_bytes: int, step_bytes: int
) -> None:
    data = b"".join(blocks[one % len(blocks)] for one in choice)
    finding = duplicate_windows(Bits.from_bytes(data), window_bits=8 * window_bytes, step_bits=8 * step_bytes)
    windows = [data[i : i + window_bytes] for i in range(0, len(data) - window_bytes + 1, step_bytes)]
    assert finding.applicable == (len(windows) >= 2)
    if finding.applicable:
        repeats = len(windows) - len(set(windows))
        assert (finding.statistic["windows"], finding.statistic["repeats"]) == (len(windows), repeats)
        if repeats:
            again = next(place for place, one in enumerate(windows) if one in windows[:place])
            assert finding.statistic["again_at_bit"] == again * 8 * step_bytes
            assert finding.statistic["first_at_bit"] == windows.index(windows[again]) * 8 * step_bytes
        else:
            assert finding.p_values == (1.0,)


def test_a_block_that_came_back_in_a_million_bytes_is_found() -> None:
    data = bytearray(np.random.Generator(np.random.PCG64(3)).bytes(1_000_000))
    data[640_000:640_032] = data[1_600:1_632]
    finding = duplicate_windows(Bits.from_bytes(data), window_bits=256)
    assert finding.statistic["repeats"] == 1
    assert (finding.statistic["first_at_bit"], finding.statistic["again_at_bit"]) == (12_800, 5_120_000)
    expected = math.comb(31_250, 2) / 2.0**256
    assert finding.p_values[0] == pytest.approx(expected, rel=1e-9, abs=0)


def test_a_block_that_came_back_at_an_odd_byte_is_found_by_overlapping_windows() -> None:
    data = bytearray(np.random.Generator(np.random.PCG64(3)).bytes(1_000_000))
    data[640_011:640_043] = data[1_602:1_634]
    assert duplicate_windows(Bits.from_bytes(data), window_bits=128).p_values == (1.0,)
    finding = duplicate_windows(Bits.from_bytes(data), window_bits=128, step_bits=8)
    assert finding.statistic["repeats"] == 17
    assert finding.p_values[0] == pytest.approx(math.comb(999_985, 2) / 2.0**128, rel=1e-9, abs=0)
    assert finding.notes


def test_different_windows_with_one_key_are_no_repeats() -> None:
    """Keys mix a window into 64 bits; who knows how can make two windows share one."""
    first = np.asarray([123456789, 987654321], dtype=np.uint64)
    second = np.asarray([5, 0], dtype=np.uint64)
    with np.errstate(over="ignore"):
        second[1] = (first[0] * module._MIXER) ^ first[1] ^ (second[0] * module._MIXER)
    bits = Bits.from_bytes(first.tobytes() + second.tobytes())
    keys = module._keys(bits.packed, 2, 16, 16)
    assert keys[0] == keys[1]
    assert duplicate_windows(bits, window_bits=128).statistic["repeats"] == 0


def test_words_of_64_bits_that_hold_20_random_ones_repeat() -> None:
    """Such is a sequence whose seed has 20 bits: 8 of 4,096 words are expected to be repeats."""
    values = np.random.Generator(np.random.PCG64(5)).integers(0, 1 << 20, size=1 << 12, dtype=np.uint64)
    finding = duplicate_windows(Bits.from_bytes(values.tobytes()), window_bits=64)
    assert finding.statistic["repeats"] == len(values) - len(np.unique(values))
    assert finding.p_values[0] < 1e-50


def test_a_single_pair_is_equal_with_probability_2_to_the_minus_64() -> None:
    finding = duplicate_windows(Bits.from_bytes(b"abcdefgh" * 2))
    assert finding.p_values[0] == pytest.approx(2.0**-64, rel=1e-12, abs=0)


def test_too_few_bits_are_not_applicable_and_wrong_arguments_are_refused() -> None:
    assert "1 windows" in duplicate_windows(Bits.from_bytes(bytes(15))).reason
    assert not duplicate_windows(Bits.from_bytes(b"")).applicable
    for arguments in ({"window_bits": 63}, {"window_bits": 257}, {"window_bits": 100}, {"step_bits": 12}):
        with pytest.raises(BadInput, match=next(iter(arguments))):
            duplicate_windows(Bits.from_bytes(bytes(100)), **arguments)
