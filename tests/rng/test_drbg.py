"""HMAC_DRBG: the published vectors, the limits of the standard, and a state that is used once."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.drbg import (
    MAX_REQUEST_BYTES,
    MAX_RESEED_INTERVAL,
    DrbgState,
    ReseedRequired,
    generate,
    instantiate,
    reseed,
)

CHECKOUT = Path(__file__).parent.parent.parent
VECTORS = json.loads((CHECKOUT / "tests" / "vectors" / "hmac_drbg.json").read_text("utf-8"))
GROUPS = ("no_reseed", "reseed", "prediction_resistance")
ENTROPY = bytes(range(32))
NONCE = bytes(range(16))
FRESH = bytes([9] * 32)


def second_output(row: dict[str, Any]) -> str:
    """Run one published vector: seed, perhaps reseed, generate twice; the second output is the published one."""
    entropy, nonce, personalization = (bytes.fromhex(row[name]) for name in ("entropy", "nonce", "personalization"))
    fresh = [bytes.fromhex(text) for text in row.get("entropy_reseed", [])]
    additional = [bytes.fromhex(text) for text in row["additional"]]
    size = len(row["output"]) // 2
    state = instantiate(entropy, nonce, personalization=personalization)
    if "additional_reseed" in row:
        state = reseed(state, fresh.pop(), additional=bytes.fromhex(row["additional_reseed"]))
    output = b""
    for text in additional:
        if fresh:
            # Prediction resistance, section 9.3.1: the additional input goes into the reseed, and is null afterwards.
            state = reseed(state, fresh.pop(0), additional=text)
            output, state = generate(state, size)
        else:
            output, state = generate(state, size, additional=text)
    return output.hex()


@pytest.mark.parametrize("group", GROUPS)
def test_the_published_vectors_are_met(group: str) -> None:
    rows = VECTORS[group]
    assert len(rows) >= 15
    for row in rows:
        assert second_output(row) == row["output"], row["count"]


def published_file() -> dict[str, list[dict[str, Any]]]:
    """Read the whole published set in the form above, where it lies beside the checkout; else nothing."""
    shared = Path(os.environ.get("FAIRLOT_SHARED") or CHECKOUT.parent / "shared")
    path = shared / "vectors" / "drbg" / "hmac_drbg_cavp.json"
    if not path.is_file():
        return {}
    groups = json.loads(path.read_text("utf-8"))
    found: dict[str, list[dict[str, Any]]] = {}
    for ours, theirs in zip(GROUPS, ("no_reseed", "reseed_pr_false", "pr_true"), strict=True):
        found[ours] = [
            {
                "count": row["count"],
                "entropy": row["entropy_input"],
                "nonce": row["nonce"],
                "personalization": row["personalization"],
                "additional": row["additional_input"],
                "output": row["returned_bits"],
                **(
                    {
                        "entropy_reseed": [row["entropy_input_reseed"]],
                        "additional_reseed": row["additional_input_reseed"],
                    }
                    if ours == "reseed"
                    else {}
                ),
                **({"entropy_reseed": row["entropy_input_pr"]} if ours == "prediction_resistance" else {}),
            }
            for row in groups[theirs]
            if row["hash"] == "sha256"
        ]
    return found


def test_the_whole_published_set_is_met_and_holds_the_restated_one_where_it_is_at_hand() -> None:
    for group, rows in published_file().items():
        assert len(rows) >= 100
        assert [row["output"] for row in rows] == [second_output(row) for row in rows]
        for restated in VECTORS[group]:
            assert restated in rows


@given(st.integers(0, 200), st.binary(max_size=40))
def test_an_output_is_a_prefix_of_a_longer_one_from_the_same_state(size: int, additional: bytes) -> None:
    state = instantiate(ENTROPY, NONCE)
    shorter, _ = generate(state, size, additional=additional)
    longer, _ = generate(state, size + 40, additional=additional)
    assert len(shorter) == size
    assert longer.startswith(shorter)


@given(st.lists(st.sampled_from(["generate", "additional", "reseed"]), min_size=2, max_size=12))
def test_no_output_comes_twice_along_any_history(steps: list[str]) -> None:
    state = instantiate(ENTROPY, NONCE)
    outputs = []
    for step in steps:
        if step == "reseed":
            state = reseed(state, FRESH)
        output, state = generate(state, 32, additional=b"more" if step == "additional" else b"")
        outputs.append(output)
    assert len(set(outputs)) == len(outputs)


def test_every_input_changes_the_output() -> None:
    base = instantiate(ENTROPY, NONCE)
    states = [
        base,
        instantiate(ENTROPY[::-1], NONCE),
        instantiate(ENTROPY, NONCE[::-1]),
        instantiate(ENTROPY, NONCE, personalization=b"x"),
        reseed(base, FRESH),
        reseed(base, FRESH, additional=b"x"),
    ]
    outputs = [generate(state, 32)[0] for state in states] + [generate(base, 32, additional=b"x")[0]]
    assert len(set(outputs)) == 7


def test_even_an_empty_output_moves_the_state_on() -> None:
    state = instantiate(ENTROPY, NONCE)
    empty, following = generate(state, 0)
    assert empty == b""
    assert following.reseed_counter == 2
    assert generate(following, 32)[0] != generate(state, 32)[0]


def test_a_state_is_spent_after_its_reseed_interval_and_fresh_after_a_reseed() -> None:
    state = instantiate(ENTROPY, NONCE, reseed_interval=3)
    for _ in range(3):
        _, state = generate(state, 1)
    for _ in range(2):
        with pytest.raises(ReseedRequired, match="3 outputs"):
            generate(state, 1)
    output, following = generate(reseed(state, FRESH), 1)
    assert len(output) == 1
    assert following.reseed_counter == 2


def test_the_largest_request_is_two_to_the_19_bits() -> None:
    state = instantiate(ENTROPY, NONCE)
    assert len(generate(state, MAX_REQUEST_BYTES)[0]) == 65536
    for size in (-1, MAX_REQUEST_BYTES + 1):
        with pytest.raises(ValueError, match="0 to 65536 bytes"):
            generate(state, size)


@pytest.mark.parametrize("interval", [0, -1, MAX_RESEED_INTERVAL + 1])
def test_a_reseed_interval_out_of_range_is_refused(interval: int) -> None:
    with pytest.raises(ValueError, match="reseed interval"):
        instantiate(ENTROPY, NONCE, reseed_interval=interval)


def test_inputs_that_are_too_short_are_refused_and_not_shown() -> None:
    short = b"short secret"
    calls: list[Callable[[], object]] = [
        lambda: instantiate(short, NONCE),
        lambda: instantiate(ENTROPY, short),
        lambda: reseed(instantiate(ENTROPY, NONCE), short),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="got 12") as refused:
            call()
        assert "secret" not in str(refused.value)


def test_entropy_is_256_bits_at_least_and_a_nonce_128() -> None:
    state = instantiate(bytes(32), bytes(16))
    assert reseed(state, bytes(32)).reseed_counter == 1
    with pytest.raises(ValueError, match=r"entropy input must be 32 to .* got 31"):
        instantiate(bytes(31), bytes(16))
    with pytest.raises(ValueError, match=r"nonce must be 16 to .* got 15"):
        instantiate(bytes(32), bytes(15))
    with pytest.raises(ValueError, match=r"entropy input must be 32 to .* got 31"):
        reseed(state, bytes(31))


@pytest.mark.parametrize("value", ["text", None, bytearray(64), 7])
def test_inputs_that_are_no_bytes_are_refused(value: Any) -> None:
    state = instantiate(ENTROPY, NONCE)
    for call in (
        lambda: instantiate(value, NONCE),
        lambda: instantiate(ENTROPY, value),
        lambda: instantiate(ENTROPY, NONCE, personalization=value),
        lambda: reseed(state, value),
        lambda: reseed(state, FRESH, additional=value),
        lambda: generate(state, 1, additional=value),
    ):
        with pytest.raises(TypeError, match="must be bytes"):
            call()
    for size in (True, 1.0):
        with pytest.raises(TypeError, match="size must be an int"):
            generate(state, size)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="reseed interval must be an int"):
        instantiate(ENTROPY, NONCE, reseed_interval=2.0)  # type: ignore[arg-type]


def test_a_state_shows_no_secret_and_leaves_no_copy() -> None:
    state = instantiate(ENTROPY, NONCE)
    for text in (repr(state), str(state), f"{[state]}"):
        for secret in (state.key, state.value):
            assert secret.hex() not in text and repr(secret)[2:-1] not in text
    calls: list[Callable[[DrbgState], object]] = [pickle.dumps, copy.copy, copy.deepcopy]
    for call in calls:
        with pytest.raises(TypeError, match="not pickled"):
            call(state)


def test_a_state_cannot_be_changed_and_is_no_dataclass_that_encoders_take_apart() -> None:
    """`dataclasses.asdict`, msgspec and pydantic write out the fields of any dataclass, whatever its text hides."""
    state = instantiate(ENTROPY, NONCE)
    assert not dataclasses.is_dataclass(state)
    with pytest.raises(TypeError):
        json.dumps(state)
    for name in ("key", "value", "reseed_counter", "other"):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(state, name, 1)
        with pytest.raises(AttributeError, match="immutable"):
            delattr(state, name)
    with pytest.raises(TypeError, match="unhashable"):
        hash(state)
    assert state.reseed_counter == 1
