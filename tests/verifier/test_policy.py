"""Policies: what a player trusts, read strictly, because a mistake here would be trust in the wrong key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier.builder import ORIGIN, SIGNING_KEY, key_id
from verifier import PinnedKey, Policy, policy_document, read_policy
from verifier.canonical import Malformed

KEY = bytes(SIGNING_KEY.verify_key)
ENTRY = {"public_key": KEY.hex(), "origin": ORIGIN, "note": "from the licence"}
DOCUMENT: dict[str, Any] = {"type": "policy", "version": 1, "keys": [ENTRY], "require": ["log"]}


def written(document: Any) -> bytes:
    """Return a policy as a person would keep it."""
    return json.dumps(document, indent=2).encode()


def test_a_policy_file_is_read_and_written_back_unchanged() -> None:
    policy = read_policy(written(DOCUMENT))
    assert policy == Policy(keys=(PinnedKey(KEY, origin=ORIGIN, note="from the licence"),), require=("log",))
    assert policy_document(policy) == DOCUMENT
    assert policy.keys[0].key_id == key_id(SIGNING_KEY)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "trust"},
        {"version": 2},
        {"extra": 1},
        {"keys": {}},
        {"keys": [{**ENTRY, "public_key": KEY.hex().upper()}]},
        {"keys": [{**ENTRY, "public_key": KEY.hex()[2:]}]},
        {"keys": [{**ENTRY, "origin": "two words"}]},
        {"keys": [{**ENTRY, "note": "\x1b[31m"}]},
        {"keys": [{**ENTRY, "trusted": True}]},
        {"keys": [{"public_key": KEY.hex()}]},
        {"require": ["everything"]},
        {"require": ["log", "log"]},
        {"require": "log"},
    ],
    ids=str,
)
def test_a_policy_that_is_not_exactly_of_the_form_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_policy(written({**DOCUMENT, **change}))


def test_a_requirement_that_is_misspelt_is_refused_and_not_passed_over() -> None:
    with pytest.raises(Malformed, match="must be one of 'log', 'witness', 'beacon', not 'logs'"):
        Policy(require=("logs",))


def test_a_pinned_key_must_be_thirty_two_bytes() -> None:
    with pytest.raises(TypeError, match=r"bytes\.fromhex"):
        PinnedKey(KEY.hex())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be 32 bytes, not 31"):
        PinnedKey(KEY[1:])
    with pytest.raises(TypeError, match="PinnedKey"):
        Policy(keys=(KEY,))  # type: ignore[arg-type]


@given(st.binary(max_size=80))
def test_any_bytes_are_a_policy_or_malformed_and_nothing_else_happens(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_policy(data)
