"""Words and bit positions are what a walk over single bits says they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statistical_tests.bit_tests.words import positions, words
from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput

TEXT = st.text(alphabet="01", max_size=700)


@given(text=TEXT, word_bits=st.integers(1, 64))
def test_words_are_the_numbers_that_the_bits_spell(text: str, word_bits: int) -> None:
    whole = len(text) // word_bits * word_bits
    expected = [int(text[i : i + word_bits], 2) for i in range(0, whole, word_bits)]
    found = words(Bits.from_text(text), word_bits)
    assert found.dtype == np.uint64
    assert found.tolist() == expected


@pytest.mark.parametrize("word_bits", range(1, 65))
def test_words_of_every_width_hold_no_bits_of_their_neighbours(word_bits: int) -> None:
    bits = Bits.from_bytes(np.random.Generator(np.random.PCG64(word_bits)).bytes(200))
    text = "".join(map(str, bits.unpacked()))
    expected = [int(text[i : i + word_bits], 2) for i in range(0, 1600 - word_bits + 1, word_bits)]
    assert words(bits, word_bits).tolist() == expected


@given(text=TEXT, word_bits=st.integers(1, 64), most=st.integers(0, 20))
def test_no_more_words_than_were_asked_for(text: str, word_bits: int, most: int) -> None:
    bits = Bits.from_text(text)
    assert words(bits, word_bits, most=most).tolist() == words(bits, word_bits)[:most].tolist()


@given(text=TEXT, word_bits=st.integers(1, 64))
def test_a_position_is_that_bit_of_each_whole_word(text: str, word_bits: int) -> None:
    whole = len(text) // word_bits * word_bits
    found = positions(Bits.from_text(text), word_bits)
    assert len(found) == word_bits
    assert found == [
        Bits.from_text(text[place::word_bits][: whole // word_bits] if word_bits > 1 else text)
        for place in range(word_bits)
    ]


@pytest.mark.parametrize("word_bits", [0, 65, -1, 1.5, "8", True])
def test_a_width_that_no_word_has_is_refused(word_bits: int) -> None:
    with pytest.raises(BadInput, match="word_bits"):
        words(Bits.from_text("0101"), word_bits)
    with pytest.raises(BadInput, match="word_bits"):
        positions(Bits.from_text("0101"), word_bits)
