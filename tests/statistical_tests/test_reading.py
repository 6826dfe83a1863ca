"""Reading bits: both forms, told apart by a stated rule, from pipes that trickle, and never a byte too far."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statistical_tests.bits import Bits
from statistical_tests.errors import BadInput, ShortInput
from statistical_tests.reading import BitReader, Form

# The same, for calls that the types forbid and a program can make all the same.
Untyped: Any = BitReader

RANDOM = np.random.default_rng(1).bytes(10_000)
TEXT = "".join(map(str, np.unpackbits(np.frombuffer(RANDOM[:2_000], dtype=np.uint8)))).encode()


class Pipe:
    """A source that can do nothing but hand over bytes, at most so many at a time."""

    def __init__(self, data: bytes, *, at_once: int = 7) -> None:
        self.data = data
        self.at_once = at_once

    def readinto(self, buffer: memoryview, /) -> int:
        count = min(len(buffer), self.at_once, len(self.data))
        buffer[:count] = self.data[:count]
        self.data = self.data[count:]
        return count


def reader(data: bytes, form: Form = "auto", *, needed: int | None = None) -> BitReader:
    return BitReader(io.BytesIO(data), form=form, needed=needed)


# --- what is read -----------------------------------------------------------------------------------------------------


@given(st.binary(max_size=80), st.lists(st.integers(0, 100), max_size=12), st.integers(1, 9))
def test_bytes_give_their_bits_in_order_however_they_are_cut(data: bytes, sizes: list[int], at_once: int) -> None:
    bits = Bits.from_bytes(data)
    source = BitReader(Pipe(data, at_once=at_once), form="binary")
    at = 0
    for size in sizes:
        found = source.take_up_to(size)
        assert found == bits.slice(at, min(at + size, len(bits)))
        at += len(found)
        assert source.taken == at
    assert source.take_up_to(1000) == bits.slice(at, len(bits))


@given(
    st.lists(st.sampled_from([b"0", b"1", b" ", b"\n", b"\r\n", b"\t"]), max_size=120),
    st.lists(st.integers(0, 30), max_size=12),
    st.integers(1, 9),
)
def test_characters_give_their_bits_in_order_however_they_are_cut(
    pieces: list[bytes], sizes: list[int], at_once: int
) -> None:
    data = b"".join(pieces)
    bits = Bits.from_text(data)
    source = BitReader(Pipe(data, at_once=at_once), form="ascii")
    at = 0
    for size in sizes:
        found = source.take_up_to(size)
        assert found == bits.slice(at, min(at + size, len(bits)))
        at += len(found)
    assert source.take_up_to(1000) == bits.slice(at, len(bits))


@pytest.mark.parametrize("stream_bits", [1, 7, 8, 9, 1000, 1001, 16_000])
@pytest.mark.parametrize("data", [RANDOM[:2_000], TEXT])
def test_streams_follow_one_another_without_a_gap_in_both_forms(data: bytes, stream_bits: int) -> None:
    count = 16_000 // stream_bits
    found = list(BitReader(Pipe(data, at_once=999)).streams(count, stream_bits))
    assert found == list(Bits.from_bytes(RANDOM[:2_000]).streams(stream_bits))


def test_a_long_text_is_read_over_many_pieces() -> None:
    data = RANDOM * 10
    text = b"\n".join(Bits.from_bytes(data).unpacked()[at : at + 61].tobytes() for at in range(0, 800_000, 61))
    text = text.translate(bytes([ord("0"), ord("1"), *range(2, 256)]))
    source = BitReader(Pipe(text, at_once=100_000))
    assert source.form == "ascii"
    assert source.take(800_000) == Bits.from_bytes(data)


def test_nothing_is_read_that_is_not_needed() -> None:
    """What follows on a pipe is another reader's; and a writer that waits for an answer would wait for ever."""
    for data, form in ((RANDOM, "binary"), (TEXT, "ascii")):
        pipe = Pipe(data)
        source = BitReader(pipe, needed=3_000)
        assert source.form == form
        bits = [len(one) for one in source.streams(3, 1_000)]
        assert bits == [1_000] * 3
        used = len(data) - len(pipe.data)
        assert used == (375 if form == "binary" else 3_000)


def test_streams_are_read_when_they_are_asked_for() -> None:
    pipe = Pipe(RANDOM, at_once=10_000)
    streams = BitReader(pipe, needed=80_000).streams(2, 40_000)
    next(streams)
    assert len(pipe.data) == 5_000


# --- which form it is -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (RANDOM, "binary"),
        (TEXT, "ascii"),
        (b"0101\r\n" * 3, "ascii"),
        (b"\xef\xbb\xbf" + b"0110" * 4, "ascii"),
        (b"", "binary"),
        (b"A", "binary"),
        (b"\0" * 100, "binary"),
        (b"0" * 4095 + b"\0", "binary"),
        (b"x" * 63, "binary"),
        (b"x" * 63 + b"\x80", "binary"),
        (b"\xff\xfe" + RANDOM[:100], "binary"),
        (b"\xff\xfe\0\0", "binary"),
    ],
)
def test_the_form_is_told_by_the_beginning(data: bytes, form: str) -> None:
    source = reader(data)
    assert source.form == form
    assert source.notices == ()
    bits = source.take_up_to(8 * len(data))
    expected = Bits.from_text(data.removeprefix(b"\xef\xbb\xbf")) if form == "ascii" else Bits.from_bytes(data)
    assert bits == expected


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"0101", "4 bytes of the characters 0 and 1 are too few to tell text from bytes"),
        (b"\n" * 15, "too few"),
        (b"00ff3a" * 20, "this is text, and character 3 is 'f', where bits were expected"),
        (b"0,1\n" * 20, "character 2 is ','"),
        (b"\xef\xbb\xbf" + b"0,1\n" * 20, "character 2 is ','"),
        (b"<html>" * 11, "character 1 is '<'"),
        ("01".encode("utf-16") * 1 + "01".encode("utf-16-le") * 20, "UTF-16"),
        (b"\xfe\xff" + "01".encode("utf-16-be") * 20, "UTF-16"),
    ],
)
def test_what_may_not_be_bits_is_refused_where_no_form_is_stated(data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        reader(data)


def test_bits_in_text_that_are_read_as_bytes_are_noticed() -> None:
    source = reader(TEXT, "binary")
    assert "looks like bits in text" in source.notices[0]
    assert source.take(16) == Bits.from_bytes(TEXT[:2])
    assert reader(TEXT, "ascii").notices == ()
    assert reader(RANDOM, "binary").notices == ()
    # A few such bytes are nothing odd.
    assert reader(b"0101", "binary").notices == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff01", "character 1 is the byte 0xff.* the form is binary"),
        (b"01\n2", "character 4 is '2'"),
        (b"0" * 300_000 + b"x", "character 300001 is 'x'"),
        (b"\xef\xbb\xbf0x", "character 3 is 'x'"),
    ],
)
def test_a_character_that_is_no_bit_is_refused_with_its_place(data: bytes, words: str) -> None:
    source = reader(data, "ascii")
    with pytest.raises(BadInput, match=words):
        source.take(1_000_000)


# --- too little -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "came"), [(b"", 0), (RANDOM[:100], 800), (TEXT[:799] + b"\n", 799), (b"\n" * 99, 0)])
def test_a_short_input_says_how_much_came_and_how_much_is_needed(data: bytes, came: int) -> None:
    with pytest.raises(ShortInput, match=f"1,200 bits are needed, and {came:,} came") as caught:
        list(reader(data).streams(4, 300))
    assert (caught.value.came, caught.value.needed) == (came, 1200)
    with pytest.raises(ShortInput, match=f"1,000 bits are needed, and {came:,} came"):
        reader(data).take(1000)
    arrived = pickle.loads(pickle.dumps(caught.value))
    assert (type(arrived), str(arrived), arrived.came) == (ShortInput, str(caught.value), came)


def test_what_was_taken_before_counts_in_what_is_said() -> None:
    source = reader(RANDOM[:100])
    source.take(500)
    with pytest.raises(ShortInput, match="900 bits are needed, and 800 came"):
        source.take(400)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Untyped(io.BytesIO(), form="hex"), "the form is 'hex': there are auto, binary, ascii"),
        (lambda: BitReader(io.BytesIO(), needed=-1), "needed is -1"),
        (lambda: reader(b"").take(-1), "bits is -1"),
        (lambda: Untyped(io.BytesIO()).take(1.0), "bits is an integer, not 1.0"),
        (lambda: next(reader(b"").streams(0, 1)), "streams is 0"),
        (lambda: next(reader(b"").streams(1, 0)), "stream_bits is 0"),
        (lambda: reader(b"\0").take(2**70), "do not fit into memory"),
        (lambda: reader(b"\0", "ascii").take(2**70), "do not fit into memory"),
    ],
)
def test_wrong_arguments_are_refused(call: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        call()


def test_a_source_that_does_not_wait_is_refused() -> None:
    class Impatient:
        def readinto(self, buffer: memoryview, /) -> int | None:
            return None

    with pytest.raises(BadInput, match="does not wait"):
        BitReader(Impatient(), needed=8)
