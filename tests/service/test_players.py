"""Slots: deterministic, apart for each tenant, and no way back to the player's id."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.service.players import slot_of

KEY = bytes(range(32))


def test_a_slot_is_the_hmac_of_tenant_and_player_cut_to_16_bytes() -> None:
    expected = hmac.new(KEY, b"main\nplayer-17", hashlib.sha256).hexdigest()[:32]
    assert slot_of("player-17", tenant="main", slot_key=KEY) == expected


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_players_have_two_slots_and_one_player_has_one(first: str, second: str) -> None:
    slots = [slot_of(player, tenant="main", slot_key=KEY) for player in (first, second)]
    assert (slots[0] == slots[1]) == (first == second)


def test_one_player_of_two_tenants_or_under_two_keys_has_two_slots() -> None:
    slots = {slot_of("p", tenant=t, slot_key=k) for t in ("a", "b") for k in (KEY, bytes(32))}
    assert len(slots) == 4


def test_an_empty_player_and_a_short_key_are_refused() -> None:
    with pytest.raises(ValueError, match="not empty"):
        slot_of("", tenant="main", slot_key=KEY)
    with pytest.raises(ValueError, match="it must have 32"):
        slot_of("p", tenant="main", slot_key=b"short")
