"""Rows with keys, prefixes, nonces and lengths of their own; rows of one width; known answers of the standards."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rng import kernel
from tests.rng.kernel.reference import digest, joined, message, on_every_engine, sha256, using

KEYS = st.one_of(st.sampled_from([bytes(32), b"\xff" * 32]), st.binary(min_size=32, max_size=32))
NONCES = st.one_of(st.integers(0, 1100), st.integers(2**53 - 3, 2**53 - 1), st.integers(0, 2**53 - 1))
MESSAGES = st.one_of(st.binary(max_size=140), st.integers(0, 600).map(lambda length: b"m" * length))


@on_every_engine
@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(KEYS, MESSAGES, NONCES), max_size=150),
    block=NONCES,
    middle=st.one_of(st.just(b":"), st.binary(max_size=40)),
    suffix=st.binary(max_size=24),
)
def test_rounds_of_different_seeds_are_those_of_hmac_digest(
    engine: str, rows: list[tuple[bytes, bytes, int]], block: int, middle: bytes, suffix: bytes
) -> None:
    prefixes, offsets = joined([prefix for _, prefix, _ in rows])
    with using(engine):
        found = kernel.hmac_rounds(
            b"".join(key for key, _, _ in rows),
            prefixes=prefixes,
            offsets=offsets,
            nonces=array("q", [nonce for _, _, nonce in rows]),
            block=block,
            middle=middle,
            suffix=suffix,
        )
    assert found == b"".join(digest(key, message(start, nonce, middle, block, suffix)) for key, start, nonce in rows)


@on_every_engine
def test_rounds_without_middle_have_one_number(engine: str) -> None:
    prefixes, offsets = joined([b"", b"p", b"pq"])
    with using(engine):
        found = kernel.hmac_rounds(
            b"k" * 96, prefixes=prefixes, offsets=offsets, nonces=array("q", [5, 6, 70]), middle=None
        )
    assert found == b"".join(digest(b"k" * 32, text) for text in (b"5", b"p6", b"pq70"))


@on_every_engine
@settings(max_examples=60)
@given(rows=st.lists(st.tuples(KEYS, MESSAGES), max_size=150))
def test_messages_of_any_lengths_are_those_of_hmac_digest(engine: str, rows: list[tuple[bytes, bytes]]) -> None:
    """In one tile some messages end blocks before the others: none may be taken for another."""
    messages, offsets = joined([text for _, text in rows])
    with using(engine):
        found = kernel.hmac_rows(b"".join(key for key, _ in rows), messages=messages, offsets=offsets)
    assert found == b"".join(digest(key, text) for key, text in rows)


@on_every_engine
@pytest.mark.parametrize("length", range(200))
def test_every_length_of_a_message_is_padded_right(engine: str, length: int) -> None:
    rows = [bytes([row]) * (length + row % 3) for row in range(20)]
    messages, offsets = joined(rows)
    keys = [bytes([row]) * 32 for row in range(20)]
    with using(engine):
        found = kernel.hmac_rows(b"".join(keys), messages=messages, offsets=offsets)
    assert found == b"".join(map(digest, keys, rows))


@on_every_engine
@pytest.mark.parametrize("same", [0, 1, 63, 64, 65, 100])
def test_a_run_of_one_key_ends_where_it_ends(engine: str, same: int) -> None:
    keys = [b"a" * 32] * same + [b"b" * 32] * (130 - same)
    rows = [b"%d" % row for row in range(130)]
    messages, offsets = joined(rows)
    with using(engine):
        found = kernel.hmac_rows(b"".join(keys), messages=messages, offsets=offsets)
    assert found == b"".join(map(digest, keys, rows))


@on_every_engine
@settings(max_examples=60)
@given(width=st.one_of(st.integers(1, 140), st.just(32)), prefix=MESSAGES, count=st.integers(0, 140), data=st.data())
def test_rows_of_one_width_are_those_of_sha256(
    engine: str, width: int, prefix: bytes, count: int, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, 255))
    rows = [bytes((start + row + at) % 256 for at in range(width)) for row in range(count)]
    with using(engine):
        found = kernel.sha256_rows(b"".join(rows), width=width, prefix=prefix)
    assert found == b"".join(sha256(prefix + row) for row in rows)


@on_every_engine
@pytest.mark.parametrize("start", range(8))
def test_buffers_may_begin_at_any_address(engine: str, start: int) -> None:
    memory = memoryview(bytes(start) + bytes(range(64)) * 33)[start:]
    out = memoryview(bytearray(start + 66 * 32))[start:]
    with using(engine):
        assert kernel.sha256_rows(memory, width=32, out=out) is out
    assert out == b"".join(sha256(bytes(memory[at : at + 32])) for at in range(0, memory.nbytes, 32))


@on_every_engine
def test_sha256_gives_the_known_answers_of_the_standard(engine: str) -> None:
    """The examples of FIPS 180-4 (one block, two blocks, and a million times the letter a)."""
    answers = {
        b"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": (
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        b"a" * 1_000_000: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
    }
    with using(engine):
        for text, answer in answers.items():
            assert kernel.sha256_rows(text * 2, width=len(text)).hex() == answer * 2


@on_every_engine
def test_hmac_gives_the_known_answers_of_the_standard(engine: str) -> None:
    """RFC 4231 section 4, cases 1 to 4: their keys are shorter than 32 bytes, and HMAC fills keys up with zeros."""
    cases = [
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (bytes(range(1, 26)), b"\xcd" * 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    ]
    messages, offsets = joined([text for _, text, _ in cases])
    keys = b"".join(key.ljust(32, b"\0") for key, _, _ in cases)
    with using(engine):
        found = kernel.hmac_rows(keys, messages=messages, offsets=offsets)
    assert found.hex() == "".join(answer for _, _, answer in cases)
