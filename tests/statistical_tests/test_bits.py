"""`Bits`: the first bit is the most significant one of the first byte, whatever they are made from and cut into."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput

# The same, for calls that the types forbid and a program can make all the same.
Untyped: Any = Bits

ZEROS_AND_ONES = st.lists(st.integers(0, 1), max_size=200)


def text_of(bits: Bits) -> str:
    return "".join(map(str, bits.unpacked().tolist()))


# --- known answers ----------------------------------------------------------------------------------------------------


def test_the_most_significant_bit_of_a_byte_comes_first() -> None:
    assert text_of(Bits.from_bytes(b"\x80\x01")) == "1000000000000001"
    assert text_of(Bits.from_bytes(b"\xa5\xff", length=11)) == "10100101111"


def test_the_three_ways_in_give_the_same_bits() -> None:
    ways = [
        Bits.from_bytes(b"\xb2\x80", length=9),
        Bits.from_bytes(bytearray(b"\xb2\x80"), length=9),
        Bits.from_bytes(memoryview(b"\xb2\x80"), length=9),
        Bits.from_text("1011 0010\n1"),
        Bits.from_text(b"\t1011\r\n0010\v\f1"),
        Bits.from_array([1, 0, 1, 1, 0, 0, 1, 0, 1]),
        Bits.from_array(np.array([True, False, True, True, False, False, True, False, True])),
        Bits.from_array(np.array([1.0, 0, 1, 1, 0, 0, 1, 0, 1])),
    ]
    assert all(bits == ways[0] for bits in ways)
    assert ways[0].packed.tolist() == [0xB2, 0x80]
    assert len(ways[0]) == 9


@pytest.mark.parametrize("bits", [Bits.from_bytes(b""), Bits.from_text(""), Bits.from_text(" \n"), Bits.from_array([])])
def test_no_bits_are_bits_too(bits: Bits) -> None:
    assert (len(bits), bits.packed.size, text_of(bits)) == (0, 0, "")
    assert list(bits.streams(1)) == []


def test_what_lies_past_the_end_is_zero_and_does_not_count() -> None:
    dirty = Bits.from_bytes(b"\xff", length=3)
    assert dirty.packed.tolist() == [0xE0]
    assert dirty == Bits.from_text("111")
    assert dirty != Bits.from_text("1110")
    assert dirty != "111"


def test_the_given_bytes_are_neither_changed_nor_copied_where_they_are_whole() -> None:
    data = np.array([0xFF, 0xFF], dtype=np.uint8)
    assert np.shares_memory(Bits(data, 16).packed, data)
    cut = Bits(data, 13)
    assert data.tolist() == [0xFF, 0xFF]
    assert cut.packed.tolist() == [0xFF, 0xF8]
    with pytest.raises(ValueError, match="read-only"):
        cut.packed[0] = 0
    assert data.flags.writeable


# --- properties -------------------------------------------------------------------------------------------------------


@given(ZEROS_AND_ONES)
def test_bits_that_are_unpacked_are_those_that_were_put_in(values: list[int]) -> None:
    bits = Bits.from_array(np.array(values, dtype=np.uint8))
    assert bits.unpacked().tolist() == values
    assert bits.unpacked().dtype == np.uint8
    assert bits == Bits.from_text("".join(map(str, values)))
    assert len(bits.packed) == (len(values) + 7) // 8


@given(ZEROS_AND_ONES, st.data())
def test_a_slice_is_the_slice_of_the_list(values: list[int], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(values)))
    stop = data.draw(st.integers(start, len(values)))
    bits = Bits.from_array(np.array(values, dtype=np.uint8))
    cut = bits.slice(start, stop)
    assert cut.unpacked().tolist() == values[start:stop]
    assert cut == Bits.from_array(np.array(values[start:stop], dtype=np.uint8))


@given(ZEROS_AND_ONES, st.integers(1, 40), st.data())
def test_every_so_manieth_bit_is_the_step_of_the_list(values: list[int], step: int, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, step - 1))
    bits = Bits.from_array(np.array(values, dtype=np.uint8))
    assert bits.every(step, offset=offset).unpacked().tolist() == values[offset::step]


@given(ZEROS_AND_ONES, st.integers(1, 70))
def test_streams_are_the_whole_pieces_one_after_another(values: list[int], stream_bits: int) -> None:
    streams = list(Bits.from_array(np.array(values, dtype=np.uint8)).streams(stream_bits))
    assert len(streams) == len(values) // stream_bits
    joined = [value for stream in streams for value in stream.unpacked().tolist()]
    assert joined == values[: len(streams) * stream_bits]
    assert all(len(stream) == stream_bits for stream in streams)


@given(ZEROS_AND_ONES)
def test_bits_travel_to_another_process_unchanged(values: list[int]) -> None:
    bits = Bits.from_array(np.array(values, dtype=np.uint8))
    arrived = pickle.loads(pickle.dumps(bits))
    assert arrived == bits
    assert not arrived.packed.flags.writeable


def test_a_slice_at_a_byte_shares_the_memory() -> None:
    bits = Bits.from_bytes(bytes(range(100)))
    assert np.shares_memory(bits.slice(80, 160).packed, bits.packed)


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Bits.from_text("0102"), "character 4 is '2'"),
        (lambda: Bits.from_text("01\n0x"), "character 5 is 'x'"),
        (lambda: Bits.from_text("0é1"), "character 2 is 'é'"),
        (lambda: Bits.from_text("01\u0661"), "character 3 is '\u0661'"),  # a digit one, and not of ASCII
        (lambda: Bits.from_text("éé\ud800"), "character 1 is 'é'"),
        (lambda: Bits.from_text("0\ud800"), r"character 2 is '\\ud800'"),
        (lambda: Bits.from_text(b"01\xff"), "character 3 is"),
        (lambda: Bits.from_text("0\0"), r"character 2 is '\\x00'"),
        (lambda: Untyped.from_text(5), "text is str or bytes, not int"),
        (lambda: Bits.from_bytes(b"ab", length=17), "17 bits are asked for, and 2 bytes hold 16"),
        (lambda: Bits.from_bytes(b"ab", length=-1), "0 or more, not -1"),
        (lambda: Bits.from_bytes(b"ab", length=-9), "0 or more, not -9"),
        (lambda: Untyped.from_bytes(b"ab", length=3.0), "0 or more, not 3.0"),
        (lambda: Bits.from_bytes(b"ab", length=True), "0 or more, not True"),
        (lambda: Untyped.from_bytes("0101"), "bytes are bytes, bytearray or memoryview, not str"),
        (lambda: Bits.from_bytes(memoryview(b"abcd")[::2]), "contiguous"),
        (lambda: Bits.from_array([0, 1, 2]), "element 2 is 2"),
        (lambda: Bits.from_array([0, -1]), "element 1 is -1"),
        (lambda: Bits.from_array([0.0, float("nan")]), "element 1 is nan"),
        (lambda: Bits.from_array([0.0, 0.5]), "element 1 is 0.5"),
        (lambda: Bits.from_array([float("inf")]), "element 0 is inf"),
        (lambda: Untyped.from_array(["0", "1"]), "numbers or truth values"),
        (lambda: Untyped.from_array([None]), "numbers or truth values"),
        (lambda: Bits.from_array([[0, 1]]), "one dimension, not 2"),
        (lambda: Bits.from_array(1), "one dimension, not 0"),
        (lambda: Untyped.from_array([[1], [1, 0]]), "inhomogeneous"),
        (lambda: Untyped(np.zeros(1, dtype=np.int8), 8), "uint8"),
        (lambda: Bits(np.zeros((1, 1), dtype=np.uint8), 8), "one dimension"),
        (lambda: Untyped(b"a", 8), "numpy array of uint8"),
        (lambda: Bits(np.zeros(1, dtype=np.uint8), 9), "9 bits take 2 bytes, and 1 are given"),
        (lambda: Bits(np.zeros(2, dtype=np.uint8), 8), "8 bits take 1 bytes, and 2 are given"),
        (lambda: Bits(np.zeros(1, dtype=np.uint8), -1), "0 or more, not -1"),
        (lambda: Untyped(np.zeros(1, dtype=np.uint8), 8.0), "0 or more, not 8.0"),
        (lambda: Bits.from_text("0101").slice(2, 5), "bits 2 to 5 are asked for, and there are 4"),
        (lambda: Bits.from_text("0101").slice(-1, 2), "bits -1 to 2"),
        (lambda: Bits.from_text("0101").slice(3, 2), "bits 3 to 2"),
        (lambda: Untyped.from_text("0101").slice(0.0, 2), "start is an integer, not 0.0"),
        (lambda: Bits.from_text("0101").every(0), "step"),
        (lambda: Bits.from_text("0101").every(2, offset=2), "offset"),
        (lambda: Untyped.from_text("0101").every(2.0), "step is an integer, not 2.0"),
        (lambda: list(Bits.from_text("0101").streams(0)), "stream_bits is 0"),
        (lambda: list(Untyped.from_text("0101").streams(2.0)), "stream_bits is an integer, not 2.0"),
    ],
)
def test_what_are_no_bits_is_refused_with_what_and_where(make: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        make()


def test_numpy_integers_are_lengths_too() -> None:
    bits = Untyped(np.zeros(2, dtype=np.uint8), np.int64(9))
    assert type(bits.length) is int
    assert Untyped.from_bytes(b"ab", length=np.int32(9)) == Bits.from_text("011000010")


def test_bits_have_no_hash_for_arrays_have_none() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Bits.from_text("01"))
