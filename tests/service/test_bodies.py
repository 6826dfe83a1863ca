"""Request bodies: strict JSON, bounded, and errors that repeat no value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.service.bodies import parse_json, validated
from rng.service.errors import ServiceError
from rng.service.models import OpenSeed, PlayBatch, PlayRound, SetClientSeed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def refused(data: bytes) -> str:
    with pytest.raises(ServiceError) as caught:
        parse_json(data)
    assert caught.value.code == "malformed_json"
    return caught.value.detail


@given(JSON)
def test_json_without_fractions_is_read_as_it_is(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else_happens(data: bytes) -> None:
    try:
        parse_json(data)
    except ServiceError as error:
        assert error.code == "malformed_json"


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1.0", b"1e3", b"-0.5"])
def test_numbers_that_are_no_integers_are_refused(number: bytes) -> None:
    assert number.decode() in refused(b'{"a":' + number + b"}")


@pytest.mark.parametrize("digits", [b"9007199254740992", b"-9007199254740992", b"1" * 5000])
def test_integers_beyond_two_to_the_53_are_refused(digits: bytes) -> None:
    assert "beyond 2^53 - 1" in refused(digits)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deep_nesting_is_refused_before_it_can_exhaust_the_parser(opening: bytes) -> None:
    assert "nested more than 32 deep" in refused(opening * 50_000)


def test_brackets_inside_of_a_string_are_no_nesting() -> None:
    text = "[{" * 100 + '"\\'
    assert parse_json(json.dumps(text).encode()) == text


def test_a_name_that_occurs_twice_is_refused() -> None:
    assert "'a' occurs twice" in refused(b'{"b":1,"a":1,"a":2}')


@pytest.mark.parametrize("data", [b'"\\ud800"', b'{"\\udfff":1}', b'[["\\ud800x"]]'])
def test_a_lone_surrogate_is_refused(data: bytes) -> None:
    assert "surrogate" in refused(data)


def test_bytes_that_are_not_utf_8_are_refused_with_their_place() -> None:
    assert "byte 1" in refused(b'"\xff"')


@pytest.mark.parametrize(
    ("model", "value", "at"),
    [
        (OpenSeed, {}, "player"),
        (OpenSeed, {"player": ""}, "player"),
        (OpenSeed, {"player": "x" * 257}, "player"),
        (OpenSeed, {"player": 7}, "player"),
        (OpenSeed, {"player": "p", "extra": 1}, "extra"),
        (OpenSeed, [], ""),
        (SetClientSeed, {"client_seed": "x", "source": "house"}, "source"),
        (PlayRound, {"game": "Dice"}, "game"),
        (PlayRound, {"game": "dice", "params": {"target": True}}, "params/target"),
        (PlayRound, {"game": "dice", "params": {"target": None}}, "params/target"),
        (PlayRound, {"game": "dice", "params": {"target": {"a": 1}}}, "params/target"),
        (PlayBatch, {"game": "dice", "count": 0}, "count"),
        (PlayBatch, {"game": "dice", "count": 1_000_001}, "count"),
        (PlayBatch, {"game": "dice", "count": "5"}, "count"),
        (PlayBatch, {"game": "dice", "count": True}, "count"),
    ],
)
def test_fields_that_are_missing_wrong_or_unknown_are_named(model: type[OpenSeed], value: object, at: str) -> None:
    with pytest.raises(ServiceError) as caught:
        validated(model, value)
    assert caught.value.code == "invalid_request"
    places = [fault["at"] for fault in caught.value.document()["errors"]]  # type: ignore[attr-defined]
    assert any(place.startswith(at) for place in places)


def test_an_error_does_not_repeat_the_value_that_was_sent() -> None:
    with pytest.raises(ServiceError) as caught:
        validated(OpenSeed, {"player": ["a-secret-player-id"]})
    assert "a-secret-player-id" not in json.dumps(caught.value.document())
