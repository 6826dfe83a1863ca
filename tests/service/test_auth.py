"""API keys: how they are made, read and compared, and what a scope allows."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.service.auth import Caller, check_scopes, hash_secret, make_key, same_digest, split_key
from rng.service.errors import ServiceError


def test_a_new_key_is_read_back_to_its_id_and_hash() -> None:
    key = make_key(os.urandom)
    assert split_key(f"Bearer {key.text}") == (key.key_id, key.digest)
    assert split_key(f"bearer  {key.text} ") == (key.key_id, key.digest)


def test_the_hash_is_not_the_secret_and_the_repr_shows_neither() -> None:
    key = make_key(os.urandom)
    secret = key.text.rsplit("_", 1)[-1] if key.text.count("_") == 2 else key.text[21:]
    assert secret.encode() not in key.digest
    assert secret not in repr(key)
    assert key.digest.hex() not in repr(key)


def test_a_key_with_one_other_character_has_another_hash() -> None:
    key = make_key(bytes)
    assert same_digest(hash_secret(key.text[21:]), key.digest)
    assert not same_digest(hash_secret(key.text[21:-1] + "B"), key.digest)


@given(st.text(max_size=120))
def test_any_other_authorization_header_is_refused_without_being_repeated(header: str) -> None:
    with pytest.raises(ServiceError) as caught:
        split_key(header)
    assert caught.value.code == "unauthenticated"
    assert len(header) < 12 or header not in caught.value.detail


def test_a_caller_needs_one_of_the_scopes_and_is_told_which() -> None:
    caller = Caller(key_id="0" * 16, tenant="main", scopes=frozenset({"play"}))
    caller.require("play", "audit")
    with pytest.raises(ServiceError, match="scope admin") as caught:
        caller.require("admin")
    assert caught.value.code == "forbidden"


def test_unknown_scopes_and_no_scopes_are_refused() -> None:
    assert check_scopes(["play", "audit", "play"]) == frozenset({"play", "audit"})
    with pytest.raises(ValueError, match="unknown scope 'root'"):
        check_scopes(["play", "root"])
    with pytest.raises(ValueError, match="at least one scope"):
        check_scopes([])
