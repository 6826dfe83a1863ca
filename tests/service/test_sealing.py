"""Server seeds at rest: sealed under a key-encryption key, bound to tenant and commitment."""

from __future__ import annotations

import hashlib
import os
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.service.sealing import KeyRing, SealError, parse_keys

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
SEED = bytes(range(64, 96))
COMMITMENT = hashlib.sha256(SEED).digest()


def seal(ring: KeyRing, seed: bytes = SEED, *, tenant: str = "main") -> bytes:
    return ring.seal(seed, tenant=tenant, commitment=hashlib.sha256(seed).digest(), random_bytes=os.urandom)


@given(seed=st.binary(min_size=32, max_size=32), tenant=st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True))
def test_what_is_sealed_opens_to_the_same_seed_and_does_not_hold_it(seed: bytes, tenant: str) -> None:
    ring = KeyRing([OLD])
    sealed = seal(ring, seed, tenant=tenant)
    assert ring.open(sealed, tenant=tenant, commitment=hashlib.sha256(seed).digest()) == seed
    assert seed not in sealed


def test_two_seals_of_one_seed_differ_because_the_nonce_is_fresh() -> None:
    ring = KeyRing([OLD])
    assert seal(ring) != seal(ring)


@pytest.mark.parametrize("bit", range(69 * 8))
def test_any_flipped_bit_of_a_sealed_seed_is_refused(bit: int) -> None:
    ring = KeyRing([OLD])
    damaged = bytearray(seal(ring))
    damaged[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(SealError):
        ring.open(bytes(damaged), tenant="main", commitment=COMMITMENT)


def test_a_sealed_seed_does_not_open_for_another_tenant() -> None:
    ring = KeyRing([OLD])
    with pytest.raises(SealError, match="does not authenticate"):
        ring.open(seal(ring), tenant="other", commitment=COMMITMENT)


def test_a_sealed_seed_does_not_open_under_another_commitment() -> None:
    ring = KeyRing([OLD])
    with pytest.raises(SealError, match="does not authenticate"):
        ring.open(seal(ring), tenant="main", commitment=hashlib.sha256(b"other").digest())


def test_after_a_rotation_old_seals_open_and_new_ones_are_under_the_new_key() -> None:
    before = KeyRing([OLD])
    after = KeyRing([NEW, OLD])
    sealed = seal(before)
    assert after.open(sealed, tenant="main", commitment=COMMITMENT) == SEED
    assert not after.is_current(sealed)
    assert after.is_current(seal(after))
    assert after.ids == (after.current_id, before.current_id)


def test_a_seal_under_a_lost_key_is_named_by_its_id_only() -> None:
    with pytest.raises(SealError) as caught:
        KeyRing([NEW]).open(seal(KeyRing([OLD])), tenant="main", commitment=COMMITMENT)
    assert KeyRing([OLD]).current_id in str(caught.value)
    assert OLD.hex() not in str(caught.value)


def test_a_seed_of_another_commitment_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="is not the one of commitment"):
        KeyRing([OLD]).seal(SEED, tenant="main", commitment=bytes(32), random_bytes=os.urandom)


def test_a_source_that_gives_too_few_bytes_seals_nothing() -> None:
    with pytest.raises(ValueError, match="gave 3 bytes"):
        KeyRing([OLD]).seal(SEED, tenant="main", commitment=COMMITMENT, random_bytes=lambda _: b"abc")


@pytest.mark.parametrize("keys", [[], [b"short"], [OLD, OLD]], ids=["none", "short", "twice"])
def test_a_key_ring_of_no_keys_short_keys_or_equal_keys_is_refused(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        KeyRing(keys)


def test_a_key_ring_shows_its_keys_nowhere() -> None:
    ring = KeyRing([OLD])
    assert OLD.hex() not in repr(ring)
    with pytest.raises(TypeError):
        pickle.dumps(ring)


def test_keys_are_read_one_a_line_with_comments_and_empty_lines_between() -> None:
    assert parse_keys(f"# current\n{NEW.hex()}\n\n  {OLD.hex()}  \n") == [NEW, OLD]


@pytest.mark.parametrize("line", ["ab" * 31, "AB" * 32, "zz" * 32, "ab" * 33])
def test_a_line_that_is_no_key_is_refused_by_its_number_and_never_shown(line: str) -> None:
    with pytest.raises(ValueError, match="line 2") as caught:
        parse_keys(f"{OLD.hex()}\n{line}\n")
    assert line not in str(caught.value)
