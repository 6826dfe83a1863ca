"""Schemes: the native scheme equals HMAC written out, reads every input, and confuses none with another."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.schemes import SCHEMES, scheme
from rng.seeds import MAX_NONCE, ClientSeed, ServerSeed

NATIVE = SCHEMES["hmac-sha256/v1"]
VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "hmac_sha256_v1.json").read_text("utf-8"))
RULES = "11" * 32
SEEDS = st.binary(min_size=32, max_size=32)
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
NONCES = st.integers(0, MAX_NONCE)


def written_out(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 as RFC 2104 writes it, for keys of at most one block."""
    padded = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


@pytest.mark.parametrize(
    "vector", VECTORS["rounds"], ids=lambda vector: f"{vector['client_seed'][:12]}:{vector['nonce']}"
)
def test_the_scheme_meets_the_vectors_that_the_verifier_made(vector: dict[str, Any]) -> None:
    seed = ServerSeed.from_hex(vector["server_seed"])
    client_seed = ClientSeed.from_bytes(bytes.fromhex(vector["client_seed_hex"]))
    assert client_seed.text == vector["client_seed"]
    assert NATIVE.commitment(seed).hex() == vector["commitment"]
    key = NATIVE.game_key(seed, rules_digest=vector["rules_digest"], beacon=vector["beacon"])
    assert key.hex() == vector["game_key"]
    for index, block in vector["blocks"].items():
        assert NATIVE.block(key, client_seed=client_seed, nonce=vector["nonce"], index=int(index)).hex() == block


@pytest.mark.parametrize("refused", VECTORS["refused_client_seeds"], ids=lambda refused: refused["why"])
def test_the_client_seeds_that_the_verifier_refuses_are_refused(refused: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="client seed"):
        ClientSeed.from_bytes(bytes.fromhex(refused["client_seed_hex"]))


@given(SEEDS, st.sampled_from(["", f"{'ab' * 32}:9:{'cd' * 32}"]), TEXTS, NONCES, st.integers(0, 2**40))
def test_key_and_blocks_are_hmac_of_the_messages_in_the_specification(
    data: bytes, beacon: str, text: str, nonce: int, index: int
) -> None:
    key = NATIVE.game_key(ServerSeed(data), rules_digest=RULES, beacon=beacon)
    assert key == written_out(data, f"fairlot/hmac-sha256/v1:{RULES}:{beacon}".encode())
    block = NATIVE.block(key, client_seed=ClientSeed(text), nonce=nonce, index=index)
    assert block == written_out(key, f"{text}:{nonce}:{index}".encode())
    assert NATIVE.blocks(key, client_seed=ClientSeed(text), nonce=nonce)(index) == block


@given(st.lists(st.tuples(TEXTS, NONCES, st.integers(0, 99)), min_size=2, max_size=2, unique=True))
def test_two_different_inputs_never_share_a_block(inputs: list[tuple[str, int, int]]) -> None:
    blocks = [NATIVE.block(bytes(32), client_seed=ClientSeed(t), nonce=n, index=i) for t, n, i in inputs]
    assert blocks[0] != blocks[1]


def test_inputs_that_run_together_stay_apart() -> None:
    pairs = [(("a1", 2, 0), ("a", 12, 0)), (("a:1", 2, 0), ("a", 1, 2)), (("a", 1, 11), ("a", 11, 1))]
    for one, other in pairs:
        left, right = (NATIVE.block(bytes(32), client_seed=ClientSeed(t), nonce=n, index=i) for t, n, i in (one, other))
        assert left != right


def test_another_seed_another_game_or_another_beacon_gives_another_key() -> None:
    seed = ServerSeed(bytes(32))
    keys = {
        NATIVE.game_key(seed, rules_digest=RULES),
        NATIVE.game_key(ServerSeed(bytes([1] * 32)), rules_digest=RULES),
        NATIVE.game_key(seed, rules_digest="22" * 32),
        NATIVE.game_key(seed, rules_digest=RULES, beacon=f"{'ab' * 32}:9:{'cd' * 32}"),
        NATIVE.game_key(seed, rules_digest=RULES, beacon=f"{'ab' * 32}:10:{'cd' * 32}"),
    }
    assert len(keys) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"rules_digest": RULES.upper().replace("1", "A")},
        {"rules_digest": ""},
        {"beacon": "undefined"},
    ],
)
def test_a_game_key_needs_well_formed_inputs(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"rules digest|beacon"):
        NATIVE.game_key(ServerSeed(bytes(32)), **{"rules_digest": RULES, "beacon": "", **change})


def test_a_block_needs_well_formed_inputs_and_shows_no_key() -> None:
    client_seed = ClientSeed("a")
    key = bytes([7] * 31)
    with pytest.raises(ValueError, match="32 bytes") as refused:
        NATIVE.block(key, client_seed=client_seed, nonce=0, index=0)
    assert repr(key)[2:-1] not in str(refused.value) and key.hex() not in str(refused.value)
    with pytest.raises(ValueError, match="nonce"):
        NATIVE.block(bytes(32), client_seed=client_seed, nonce=-1, index=0)
    for index in (-1, 2**53, True, 1.0, -(10**5000)):
        with pytest.raises(ValueError, match="index of a block must be an int from 0"):
            NATIVE.block(bytes(32), client_seed=client_seed, nonce=0, index=index)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="ClientSeed"):
        NATIVE.block(bytes(32), client_seed="a", nonce=0, index=0)  # type: ignore[arg-type]
    for function in (NATIVE.commitment, lambda seed: NATIVE.game_key(seed, rules_digest=RULES)):
        with pytest.raises(TypeError, match="ServerSeed") as wrong:
            function(key)  # type: ignore[arg-type]
        assert repr(key)[2:-1] not in str(wrong.value)


def test_a_scheme_is_found_by_its_exact_name() -> None:
    assert scheme("hmac-sha256/v1") is NATIVE
    for name in ("HMAC-SHA256/v1", "hmac-sha256/v2", "", "hmac_sha256_v1"):
        with pytest.raises(ValueError, match=r"known: .*hmac-sha256/v1"):
            scheme(name)


def test_the_table_of_schemes_is_fixed_and_its_names_are_its_keys() -> None:
    assert [record.name for record in SCHEMES.values()] == list(SCHEMES)
    with pytest.raises(TypeError):
        SCHEMES["mine"] = NATIVE  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        NATIVE.name = "mine"  # type: ignore[misc]
