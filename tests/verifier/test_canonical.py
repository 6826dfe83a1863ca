"""Canonical JSON: one spelling for each value, and nothing else gets in."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.vectors.make import DOCUMENTS, MALFORMED
from verifier.canonical import MAX_DEPTH, MAX_INTEGER, Json, Malformed, decode, digest, encode

names = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=5)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=20
)


@given(values)
def test_what_was_written_is_read_back(value: Json) -> None:
    """Reading undoes writing, for every value and its bytes."""
    assert decode(encode(value)) == value


@given(values)
def test_the_bytes_are_those_of_the_usual_sorting_printer(value: Json) -> None:
    """The subset is chosen so that the standard library, with the right options, prints the same bytes."""
    usual = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    assert encode(value) == usual.encode()


@pytest.mark.parametrize("text", DOCUMENTS)
def test_a_canonical_document_is_its_own_encoding(text: str) -> None:
    """The known good ones."""
    assert encode(decode(text.encode())) == text.encode()
    assert decode(text.encode()) == json.loads(text)


@pytest.mark.parametrize(("step", "data"), MALFORMED)
def test_a_fault_is_called_malformed(step: str, data: bytes) -> None:
    """Each of the known bad ones breaks one step of the specification."""
    with pytest.raises(Malformed):
        decode(data)


json_like = st.text(alphabet='{}[],:"\\u0123456789abcdefD-+.eEtrulns \n\ud83d\xe9').map(
    lambda text: text.encode("utf-8", "surrogatepass")
)


@given(st.binary(max_size=60) | json_like)
@example(b"[" * 1_000_000)
@example(b'{"a":' * 1_000_000)
@example(b"9" * 1_000_000)
@example(b"-" + b"9" * 1_000_000)
@example(b'"' + b"\\" * 1_000_001)
def test_no_bytes_raise_anything_but_malformed(data: bytes) -> None:
    """Whatever is read is either a value that encodes to the same bytes, or malformed."""
    try:
        value = decode(data)
    except Malformed as error:
        assert error.reason
        assert error.path.startswith("$")
        assert len(str(error)) < 400
    else:
        assert encode(value) == data


@given(values, st.data())
def test_any_changed_byte_is_noticed(value: Json, data: st.DataObject) -> None:
    """Two byte strings never stand for one value, so a change shows as another value or as malformed."""
    good = encode(value)
    place = data.draw(st.integers(0, len(good) - 1))
    flipped = bytearray(good)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        other = decode(bytes(flipped))
    except Malformed:
        return
    assert encode(other) != good
    assert digest(other) != digest(value)


@pytest.mark.parametrize(
    ("data", "path", "reason"),
    [
        (b'{"a":[1,{"b":1.5}]}', "$.a[1].b", "fraction"),
        (b'{"a b":[null,null,01]}', "$['a b'][2]", "zero"),
        (b'{"x":{"y":1,"y":1}}', "$.x.y", "duplicate"),
        (b'{"x":{"y":1,"z":2,"y":1}}', "$.x.y", "duplicate"),
        (b'{"x":{"y":1,"b":1}}', "$.x.b", "out of order"),
        (b'["\\ud800"]', "$[0]", "surrogate"),
        (b"[9007199254740992]", "$[0]", "2^53 - 1"),
        (b"[" * 65, "$" + "[0]" * 64, "deeper"),
        (b"\xef\xbb\xbf{}", "$", "byte order mark"),
        (b"{}\n", "$", "after the value"),
        (b"[1, 2]", "$[1]", "white space"),
        (b'{"a":"\xff"}', "$", "UTF-8"),
        (b'{"a":[', "$.a[0]", "ends where"),
    ],
)
def test_the_error_says_where_and_why(data: bytes, path: str, reason: str) -> None:
    """A person who reads it can find the place."""
    with pytest.raises(Malformed) as caught:
        decode(data)
    assert caught.value.path == path
    assert reason in caught.value.reason
    assert str(caught.value) == f"{path}: {caught.value.reason}"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (1.0, "$"),
        (float("nan"), "$"),
        ({"a": [0, 2**53]}, "$.a[1]"),
        ({"a": -(2**53)}, "$.a"),
        ({"é": 1}, "$"),
        ({"a": {1: 2}}, "$.a"),
        (["\ud800"], "$[0]"),
        ({"a": b"bytes"}, "$.a"),
        ((1, 2), "$"),
        ({"a": {1, 2}}, "$.a"),
    ],
)
def test_what_has_no_canonical_form_is_not_written(value: Any, path: str) -> None:
    """Nothing is rounded, replaced or turned into text on the way out."""
    with pytest.raises(Malformed) as caught:
        encode(value)
    assert caught.value.path == path


def test_depth_is_bounded_in_both_directions() -> None:
    """The deepest document is read and written; one container more is malformed, and a loop ends there too."""
    deep: Json = None
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert decode(encode(deep)) == deep
    with pytest.raises(Malformed, match="deeper than 64"):
        encode([deep])
    loop: list[Json] = []
    loop.append(loop)
    with pytest.raises(Malformed, match="deeper than 64"):
        encode(loop)


def test_a_bool_is_never_written_as_a_number() -> None:
    """In Python True equals 1; in a document it does not."""
    assert encode([True, 1, False, 0]) == b"[true,1,false,0]"


def test_text_is_not_bytes() -> None:
    """A caller who decoded the file already has lost its bytes, and is told so."""
    with pytest.raises(TypeError, match="binary mode"):
        decode("{}")  # type: ignore[arg-type]
