"""HMAC over ranges of nonces: equal to hmac.digest, message by message, whatever the lengths and the digits."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rng import kernel
from rng.schemes import hmac_sha256_v1
from rng.seeds import ClientSeed
from tests.rng.kernel.reference import digest, message, on_every_engine, using

LAST = 2**53 - 1

# Where the number of digits changes, and the last nonces there are.
POWERS = st.integers(1, 15).flatmap(lambda power: st.integers(10**power - 70, 10**power + 2))
COUNTERS = st.one_of(st.integers(0, 200), POWERS.map(abs), st.integers(LAST - 300, LAST), st.integers(0, LAST))
# Around the lengths where padding takes a block more.
PREFIXES = st.one_of(
    st.binary(max_size=70), st.integers(100, 300).map(bytes), st.sampled_from([b"\xff" * n for n in range(36, 66)])
)


def expected(
    key: bytes, prefix: bytes, nonces: range, blocks: range, middle: bytes | None = b":", suffix: bytes = b""
) -> bytes:
    return b"".join(digest(key, message(prefix, nonce, middle, block, suffix)) for nonce in nonces for block in blocks)


@on_every_engine
@settings(max_examples=60)
@given(
    key=st.one_of(st.binary(min_size=32, max_size=32), st.binary(max_size=140)),
    prefix=PREFIXES,
    first_nonce=COUNTERS,
    count=st.integers(0, 140),
    first_block=COUNTERS,
    blocks=st.integers(0, 5),
    middle=st.binary(max_size=40),
    suffix=st.binary(max_size=24),
)
@example(bytes(32), b"c:", 0, 1, 0, 1, b":", b"")
@example(bytes(32), b"c:", LAST, 1, LAST, 1, b":", b"")
@example(bytes(64), b"", 0, 0, 0, 5, b"", b"")
@example(bytes(65), b"x" * 63, LAST - 3, 4, 0, 1, b"m" * 40, b"s" * 24)
def test_blocks_are_those_of_hmac_digest(
    engine: str,
    key: bytes,
    prefix: bytes,
    first_nonce: int,
    count: int,
    first_block: int,
    blocks: int,
    middle: bytes,
    suffix: bytes,
) -> None:
    count = min(count, LAST - first_nonce + 1)
    blocks = min(blocks, LAST - first_block + 1)
    with using(engine):
        found = kernel.hmac_nonces(
            key,
            prefix=prefix,
            first_nonce=first_nonce,
            count=count,
            middle=middle,
            first_block=first_block,
            blocks=blocks,
            suffix=suffix,
        )
    nonces, numbers = range(first_nonce, first_nonce + count), range(first_block, first_block + blocks)
    assert found == expected(key, prefix, nonces, numbers, middle, suffix)


@on_every_engine
@pytest.mark.parametrize("count", [*range(1, 66), 127, 128, 129, 1023, 1024, 1025])
def test_no_tail_is_lost_whatever_its_length(engine: str, count: int) -> None:
    with using(engine):
        found = kernel.hmac_nonces(b"k" * 32, prefix=b"tail:", first_nonce=95, count=count)
    assert found == expected(b"k" * 32, b"tail:", range(95, 95 + count), range(1))


@on_every_engine
@pytest.mark.parametrize(("count", "blocks"), [(1, 300), (3, 200), (300, 3), (2100, 2), (2, 2100), (40, 40)])
def test_the_blocks_of_a_nonce_stand_together_whichever_range_is_longer(engine: str, count: int, blocks: int) -> None:
    with using(engine):
        found = kernel.hmac_nonces(
            b"k" * 32, prefix=b"wide:", first_nonce=997, count=count, first_block=8, blocks=blocks
        )
    assert found == expected(b"k" * 32, b"wide:", range(997, 997 + count), range(8, 8 + blocks))


@on_every_engine
@settings(max_examples=30)
@given(prefix=PREFIXES, first=COUNTERS, count=st.integers(0, 140), suffix=st.binary(max_size=64))
def test_without_middle_a_message_has_one_number(
    engine: str, prefix: bytes, first: int, count: int, suffix: bytes
) -> None:
    count = min(count, LAST - first + 1)
    with using(engine):
        found = kernel.hmac_nonces(b"k" * 32, prefix=prefix, first_nonce=first, count=count, middle=None, suffix=suffix)
    assert found == expected(b"k" * 32, prefix, range(first, first + count), range(1), None, suffix)


@on_every_engine
@pytest.mark.parametrize("length", range(0, 300, 7))
def test_every_length_of_a_prefix_is_hashed_whole(engine: str, length: int) -> None:
    prefix = bytes(range(256))[:length] + b"\x80" * max(0, length - 256)
    with using(engine):
        found = kernel.hmac_nonces(b"k" * 32, prefix=prefix, first_nonce=LAST - 19, count=20, blocks=2)
    assert found == expected(b"k" * 32, prefix, range(LAST - 19, LAST + 1), range(2))


@on_every_engine
@given(client_seed=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60))
@settings(max_examples=20)
def test_they_are_the_blocks_of_the_native_scheme(engine: str, client_seed: str) -> None:
    seed = ClientSeed(client_seed)
    with using(engine):
        found = kernel.hmac_nonces(b"g" * 32, prefix=seed.data + b":", first_nonce=8, count=5, blocks=3)
    rounds = [hmac_sha256_v1.blocks(b"g" * 32, client_seed=seed, nonce=nonce) for nonce in range(8, 13)]
    assert found == b"".join(block(index) for block in rounds for index in range(3))
