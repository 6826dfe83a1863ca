"""Seeds, nonces, commitments and beacons: checked when made, and secrets shown nowhere."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import pickle
import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.canonical import CanonicalError, encode
from rng.seeds import (
    MAX_NONCE,
    Beacon,
    ClientSeed,
    Commitment,
    ServerSeed,
    accept_client_seed,
    check_beacon,
    check_nonce,
    check_rules_digest,
    parse_beacon,
)

DATA = bytes(range(32))
HEX = DATA.hex()
BEACON = f"{'ab' * 32}:17:{'cd' * 32}"


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    seed: ServerSeed


def test_a_server_seed_commits_by_plain_sha256() -> None:
    commitment = ServerSeed(DATA).commitment()
    assert commitment.data == hashlib.sha256(DATA).digest()
    assert commitment.hex == str(commitment) == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
    assert Commitment.from_hex(commitment.hex) == commitment


def test_a_server_seed_is_shown_by_no_way_of_printing_it() -> None:
    seed = ServerSeed.from_hex(HEX)
    shown = [repr(seed), str(seed), f"{seed}", f"{seed!r}", f"{[seed]}", f"{Record(seed)}", f"{seed!a}"]
    shown += [str(dataclasses.asdict(Record(seed))), str(dataclasses.astuple(Record(seed)))]
    for text in shown:
        assert "redacted" in text
        assert HEX not in text and repr(DATA)[2:-1] not in text
    assert not hasattr(seed, "__dict__")


def test_a_server_seed_does_not_leave_in_a_pickle_or_in_json() -> None:
    seed = ServerSeed(DATA)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(Record(seed), protocol)
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(seed)
    with pytest.raises(CanonicalError, match="ServerSeed"):
        encode({"seed": seed})


def test_a_server_seed_cannot_be_changed_and_its_copies_are_itself() -> None:
    seed = ServerSeed(DATA)
    for name in ("data", "_data", "other"):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(seed, name, bytes(32))
    with pytest.raises(AttributeError, match="immutable"):
        del seed._data
    assert copy.copy(seed) is seed
    assert copy.deepcopy(Record(seed)).seed is seed
    assert seed.data == DATA


def test_server_seeds_are_equal_by_their_bytes_and_cannot_be_hashed() -> None:
    assert ServerSeed(DATA) == ServerSeed.from_hex(HEX)
    assert ServerSeed(DATA) != ServerSeed(bytes(32))
    assert ServerSeed(DATA) != DATA
    with pytest.raises(TypeError, match="unhashable"):
        hash(ServerSeed(DATA))


@pytest.mark.parametrize(
    "text", [HEX.upper().replace("0", "A"), HEX[:-1], HEX + "0", HEX + "\n", " " + HEX[1:], "x" * 64, "", "é" * 64]
)
def test_a_server_seed_in_another_spelling_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError, match="64 lower-case hex") as refused:
        ServerSeed.from_hex(text)
    assert text == "" or text.strip() not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33)])
def test_server_seed_and_commitment_are_32_bytes(data: bytes) -> None:
    for kind in (ServerSeed, Commitment):
        with pytest.raises(ValueError, match=f"must be 32 bytes; got {len(data)}"):
            kind(data)


@pytest.mark.parametrize("value", [HEX, bytearray(32), None, 7])
def test_server_seed_and_commitment_take_bytes_only(value: Any) -> None:
    for kind in (ServerSeed, Commitment):
        with pytest.raises(TypeError, match="must be bytes"):
            kind(value)


def test_a_server_seed_in_hex_is_a_str() -> None:
    with pytest.raises(TypeError, match="not bytes"):
        ServerSeed.from_hex(HEX.encode())  # type: ignore[arg-type]


CLIENT_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=64)


@given(CLIENT_TEXT)
def test_a_client_seed_keeps_its_bytes_as_they_are(text: str) -> None:
    seed = ClientSeed(text)
    assert seed.data == text.encode("utf-8")
    assert seed.hex == seed.data.hex()
    assert seed.digest_hex == hashlib.sha256(seed.data).hexdigest()
    assert ClientSeed.from_bytes(seed.data) == seed
    assert str(seed) == text


def test_composed_and_decomposed_letters_are_two_client_seeds() -> None:
    assert ClientSeed("é") != ClientSeed("e\u0301")
    assert ClientSeed("é").data != ClientSeed("e\u0301").data


@pytest.mark.parametrize("text", ["a", " ", "a" * 256, "é" * 128, "\u0020", "\u00a0", "\u00ad", "\U0010fffd"])
def test_client_seeds_at_the_limits_are_accepted(text: str) -> None:
    assert ClientSeed(text).text == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "1 to 256 bytes"),
        ("a" * 257, "this has 257"),
        ("é" * 129, "this has 258"),
        ("\ud800", "lone surrogate at character 0"),
        ("ab\udfff", "lone surrogate at character 2"),
        *[(f"a{chr(code)}b", "control character at character 1") for code in [*range(0x20), *range(0x7F, 0xA0)]],
    ],
)
def test_client_seeds_outside_the_rules_are_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        ClientSeed(text)


def test_client_seed_bytes_that_are_not_utf8_are_refused() -> None:
    for data in (b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"abc\xe2\x82"):
        with pytest.raises(ValueError, match="not UTF-8"):
            ClientSeed.from_bytes(data)


def test_a_client_seed_that_is_far_too_long_is_not_repeated_in_the_error() -> None:
    makers: list[Callable[[], ClientSeed]] = [
        lambda: ClientSeed("\ud800" * 10**5),
        lambda: ClientSeed("\x00" * 10**5),
        lambda: ClientSeed.from_bytes(b"\xff" * 10**5),
    ]
    for make in makers:
        with pytest.raises(ValueError, match="client seed") as refused:
            make()
        assert len(str(refused.value)) < 2000


@pytest.mark.parametrize("value", ["abc", bytearray(b"abc"), None])
def test_client_seed_bytes_are_bytes(value: Any) -> None:
    with pytest.raises(TypeError, match=f"must be bytes, not {type(value).__name__}"):
        ClientSeed.from_bytes(value)


def test_a_client_seed_is_a_str() -> None:
    with pytest.raises(TypeError, match="from_bytes"):
        ClientSeed(b"abc")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("e\u0301", "normal form C"),
        ("a\u0378", "unassigned code point at character 1"),
        ("\ufffe", "unassigned"),
        (" a", "white space"),
        ("a\u3000", "white space"),
        ("a\u2028", "white space"),
        (" ", "white space"),
    ],
)
def test_the_service_accepts_less_than_the_evaluators_take(text: str, reason: str) -> None:
    assert ClientSeed(text).text == text
    with pytest.raises(ValueError, match=reason):
        accept_client_seed(text)


def test_the_service_accepts_ordinary_text_in_any_script() -> None:
    for text in ("lucky clover", "žluťoučký kůň", "四つ葉", "🐎", "a:1"):
        assert accept_client_seed(text) == ClientSeed(text)


@pytest.mark.parametrize("nonce", [0, 1, MAX_NONCE])
def test_a_nonce_in_range_is_itself(nonce: int) -> None:
    assert check_nonce(nonce) == nonce


@pytest.mark.parametrize("nonce", [-1, 2**53, 10**4000, -(10**4000)])
def test_a_nonce_out_of_range_is_refused(nonce: int) -> None:
    with pytest.raises(ValueError, match=re.escape("must be 0 to 2^53 - 1")):
        check_nonce(nonce)


@pytest.mark.parametrize("nonce", [True, 1.0, "1", None])
def test_a_nonce_is_an_int_and_a_bool_is_none(nonce: Any) -> None:
    with pytest.raises(TypeError, match="nonce must be an int"):
        check_nonce(nonce)


def test_a_beacon_has_one_spelling() -> None:
    beacon = Beacon("ab" * 32, 17, "cd" * 32)
    assert parse_beacon(BEACON) == beacon
    assert beacon.text == str(beacon) == check_beacon(BEACON) == BEACON
    assert parse_beacon("") is None
    assert check_beacon("") == ""


@pytest.mark.parametrize(
    "text",
    [
        BEACON.upper(),
        BEACON + "\n",
        BEACON[:-1],
        BEACON.replace(":17:", ":017:"),
        BEACON.replace(":17:", ":0:"),
        BEACON.replace(":17:", ":-1:"),
        BEACON.replace(":17:", "::"),
        BEACON.replace(":17:", ":\u0661:"),
        BEACON.replace(":17:", f":{2**53}:"),
        BEACON + ":",
        "undefined",
        "none",
        " ",
        "::",
    ],
)
def test_another_spelling_of_a_beacon_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="beacon"):
        check_beacon(text)


@pytest.mark.parametrize("number", [1, MAX_NONCE])
def test_the_first_and_the_last_round_of_a_beacon_are_taken(number: int) -> None:
    assert parse_beacon(f"{'ab' * 32}:{number}:{'cd' * 32}") == Beacon("ab" * 32, number, "cd" * 32)


def test_the_values_of_a_round_cannot_be_changed() -> None:
    for value, name in (
        (Commitment(DATA), "data"),
        (ClientSeed("a"), "text"),
        (ClientSeed("a"), "data"),
        (Beacon("ab" * 32, 1, "cd" * 32), "round"),
    ):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, getattr(value, name))


def test_the_parts_of_a_beacon_are_checked() -> None:
    with pytest.raises(ValueError, match="chain hash"):
        Beacon("AB" * 32, 1, "cd" * 32)
    with pytest.raises(ValueError, match="randomness"):
        Beacon("ab" * 32, 1, "cd" * 31)
    for number in (0, 2**53):
        with pytest.raises(ValueError, match="beacon round"):
            Beacon("ab" * 32, number, "cd" * 32)
    with pytest.raises(TypeError, match="beacon round"):
        Beacon("ab" * 32, True, "cd" * 32)
    with pytest.raises(TypeError, match="beacon must be a str"):
        parse_beacon(None)  # type: ignore[arg-type]


def test_a_rules_digest_is_lower_case_hex() -> None:
    assert check_rules_digest(HEX) == HEX
    for text in (HEX.upper(), HEX[:-2], HEX + "\n", ""):
        with pytest.raises(ValueError, match="rules digest"):
            check_rules_digest(text)
