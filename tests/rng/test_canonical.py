"""Canonical JSON: one value has one byte string, and no other byte string is let in."""

from __future__ import annotations

import contextlib
import json
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng import canonical
from rng.canonical import MAX_DEPTH, MAX_INTEGER, CanonicalError, decode, digest, encode

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "canonical.json").read_text("utf-8"))
KEYS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text(max_size=12)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_the_known_document_has_its_known_bytes_and_digest() -> None:
    value = {"b": [1, -2, True, False, None], "a": 'é€🐎"\\/\n\x1f\x7f\u2028', "": {}, "~": ()}
    expected = '{"":{},"a":"é€🐎\\"\\\\/\\n\\u001f\x7f\u2028","b":[1,-2,true,false,null],"~":[]}'.encode()
    assert encode(value) == expected
    # sha256sum of these bytes.
    assert digest({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"


def test_the_documents_that_the_verifier_made_are_read_and_written_alike() -> None:
    assert VECTORS["documents"]
    for vector in VECTORS["documents"]:
        data = bytes.fromhex(vector["bytes"])
        assert decode(data) == vector["value"]
        assert encode(vector["value"]) == data
        assert digest(vector["value"]) == vector["digest"]


@pytest.mark.parametrize("vector", VECTORS["malformed"], ids=lambda vector: f"{vector['step']}-{vector['bytes'][:40]}")
def test_the_documents_that_the_verifier_refuses_are_refused(vector: dict[str, str]) -> None:
    with pytest.raises(CanonicalError):
        decode(bytes.fromhex(vector["bytes"]))


@given(VALUES)
def test_a_value_comes_back_from_its_bytes(value: Any) -> None:
    assert decode(encode(value)) == value


@given(VALUES)
def test_the_bytes_are_those_of_json_dumps_with_sorted_keys_and_no_space(value: Any) -> None:
    assert encode(value) == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@given(VALUES, st.randoms(use_true_random=False))
def test_one_flipped_bit_is_malformed_or_another_value(value: Any, random: Any) -> None:
    data = bytearray(encode(value))
    position = random.randrange(len(data) * 8)
    data[position // 8] ^= 1 << position % 8
    with contextlib.suppress(CanonicalError):
        assert json.dumps(decode(bytes(data)), sort_keys=True) != json.dumps(value, sort_keys=True)


@given(
    st.binary(max_size=40)
    | st.text('{}[]":,0123456789.eE+-\\u truefalsn\ud800', max_size=40).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    )
)
def test_any_bytes_are_a_document_or_a_canonical_error(data: bytes) -> None:
    try:
        value = decode(data)
    except CanonicalError:
        return
    assert encode(value) == data


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER - 9, MAX_INTEGER + 9) | st.floats() | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


MORE = [b"", b" ", b"-", b"0", b"1e1", b".5", b",", b'"a":1,', b"[", b"\\"]


@given(PLAIN, st.booleans(), st.sampled_from(MORE), st.data())
def test_what_is_plain_is_judged_as_if_it_were_looked_at_part_by_part(
    value: Any, ordered: bool, more: bytes, data: st.DataObject
) -> None:
    text = json.dumps(value, sort_keys=ordered, separators=(",", ":")).encode()
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + more + text[at:]
    answers: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        for _ in range(2):
            try:
                answers.append(json.dumps(decode(text)))
            except CanonicalError as error:
                answers.append(str(error))
            patch.setattr(canonical, "_decode_plain", _not_plain)
    assert answers[0] == answers[1]


def _not_plain(data: bytes) -> NoReturn:
    raise ValueError


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b"{}\n", "differs at byte 2"),
        (b" {}", "differs at byte 0"),
        (b'{"a": 1}', "differs at byte 5"),
        (b'{"b":1,"a":2}', "differs at byte 2"),
        (b'{"a":1,"a":1}', "'a' occurs twice"),
        (b'[{"x":{"a":1,"\\u0061":2}}]', "'a' occurs twice"),
        (b'"\\u0061"', "not in canonical form"),
        (b'"\\/"', "not in canonical form"),
        (b'"\\u001F"', "not in canonical form"),
        (b'"\\ud800"', "lone surrogate"),
        (b'{"a":["\\udc00"]}', r"\$\.a\[0\]: a lone surrogate"),
        ('{"é":1}'.encode(), "not printable ASCII"),
        (b'{"\\n":1}', "not printable ASCII"),
        (b'{"\x7f":1}', "not printable ASCII"),
        (b"1.0", "1.0 is not an integer"),
        (b"1e3", "1e3 is not an integer"),
        (b"NaN", "NaN is not an integer"),
        (b"-Infinity", "-Infinity is not an integer"),
        (b"-0", "not in canonical form"),
        (b"01", "not JSON"),
        (b"9007199254740992", "54 bits"),
        (b"-9007199254740992", "54 bits"),
        (b"1" * 100_000, "100000 characters"),
        (b"[" * 100_000, "deeper than 64|not JSON"),
        (b"[" * 65 + b"]" * 65, "deeper than 64"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "deeper than 64"),
        (b"{}{}", "not JSON"),
        (b"[1,]", "not JSON"),
    ],
)
def test_bytes_that_are_not_exactly_canonical_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(CanonicalError, match=reason):
        decode(data)


class Colour(StrEnum):
    RED = "red"


class Number(IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": [0, {"b": 1.5}]}, r"\$\.a\[1\]\.b: a value of type float"),
        (float("nan"), "type float"),
        (b"bytes", "type bytes"),
        ({1: 2}, "a key is a str, not int"),
        ({"é": 1}, "not printable ASCII"),
        ("\ud800", "lone surrogate"),
        (["a", "b\udfff"], r"\$\[1\]: a lone surrogate at character 1"),
        (2**53, "54 bits"),
        ({"set": {1}}, r"\$\.set: a value of type set"),
        (Colour.RED, "type Colour"),
        (Number.ONE, "type Number"),
        ([object()], "type object"),
    ],
)
def test_a_value_outside_the_subset_is_refused_with_its_path(value: object, reason: str) -> None:
    with pytest.raises(CanonicalError, match=reason):
        encode(value)


def test_a_refused_value_is_not_shown_because_it_may_be_secret() -> None:
    with pytest.raises(CanonicalError) as refused:
        encode({"seed": b"hidden-key"})
    assert "hidden" not in str(refused.value)


def test_the_limits_themselves_are_accepted() -> None:
    assert decode(encode([MAX_INTEGER, -MAX_INTEGER])) == [MAX_INTEGER, -MAX_INTEGER]
    assert decode(encode(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    objects = b'{"a":' * (MAX_DEPTH - 1) + b"{}" + b"}" * (MAX_DEPTH - 1)
    assert encode(decode(objects)) == objects
    with pytest.raises(CanonicalError, match="deeper than 64"):
        encode(nested(MAX_DEPTH + 1))


def test_an_integer_too_long_to_print_is_refused_like_any_other() -> None:
    with pytest.raises(CanonicalError, match=r"\$\.n: an integer of 16610 bits"):
        encode({"n": 10**5000})


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(CanonicalError, match="deeper than 64"):
        encode(value)


def test_only_bytes_are_a_document() -> None:
    with pytest.raises(CanonicalError, match="not str"):
        decode("{}")  # type: ignore[arg-type]
