"""The scheme hmac-sha256/v1 in the verifier."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.verifier.published import VECTORS, published
from verifier.schemes import SCHEMES, scheme
from verifier.schemes.hmac_sha256_v1 import check_beacon, check_client_seed, hmac_sha256

SCHEME = SCHEMES["hmac-sha256/v1"]
FILE: dict[str, Any] = json.loads((VECTORS / "hmac_sha256_v1.json").read_text(encoding="utf-8"))
RULES = "ab" * 32

# RFC 4231 section 4, cases 1 to 4, 6 and 7: key, data, HMAC-SHA-256.
RFC_4231 = [
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (bytes(range(1, 26)), b"\xcd" * 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    (
        b"\xaa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        b"\xaa" * 131,
        b"This is a test using a larger than block-size key and a larger than block-size data. "
        b"The key needs to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
]


@pytest.mark.parametrize(("key", "message", "expected"), RFC_4231)
def test_hmac_gives_the_answers_of_rfc_4231(key: bytes, message: bytes, expected: str) -> None:
    """Short keys, long keys and long messages."""
    assert hmac_sha256(key, message).hex() == expected


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_hmac_agrees_with_the_standard_library(key: bytes, message: bytes) -> None:
    """Written out from SHA-256, it is the same function, also around keys of one block."""
    assert hmac_sha256(key, message) == hmac.digest(key, message, "sha256")


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 128])
def test_hmac_hashes_a_key_only_when_it_is_longer_than_a_block(length: int) -> None:
    """A key of exactly 64 bytes is used as it is."""
    key = bytes(range(length))
    assert hmac_sha256(key, b"message") == hmac.digest(key, b"message", "sha256")


def test_hmac_judges_every_published_vector_right() -> None:
    """The restated answers, and the whole of Wycheproof where a copy of it is at hand."""
    cases = [(key, message, bytes.fromhex(tag), True) for key, message, tag in RFC_4231]
    for path in published("wycheproof/hmac_sha256_test.json"):
        for group in json.loads(path.read_text(encoding="utf-8"))["testGroups"]:
            for case in group["tests"]:
                key, message, tag = (bytes.fromhex(case[name]) for name in ("key", "msg", "tag"))
                assert len(tag) * 8 == group["tagSize"]
                cases.append((key, message, tag, case["result"] == "valid"))
    for key, message, tag, good in cases:
        assert (hmac_sha256(key, message)[: len(tag)] == tag) is good


@pytest.mark.parametrize("case", FILE["rounds"])
def test_a_round_of_the_vector_file_agrees_with_the_standard_librarys_hmac(case: dict[str, Any]) -> None:
    """The file was made by the verifier, so here its values are computed in another way."""
    seed = bytes.fromhex(case["server_seed"])
    assert hashlib.sha256(seed).hexdigest() == case["commitment"]
    message = f"fairlot/hmac-sha256/v1:{case['rules_digest']}:{case['beacon']}"
    key = hmac.digest(seed, message.encode(), "sha256")
    assert key.hex() == case["game_key"]
    assert case["client_seed"].encode().hex() == case["client_seed_hex"]
    for index, block in case["blocks"].items():
        message = f"{case['client_seed']}:{case['nonce']}:{index}"
        assert hmac.digest(key, message.encode(), "sha256").hex() == block


def test_no_two_rounds_of_the_vector_file_share_a_block() -> None:
    """They differ in one input each, so an evaluator that forgets an input fails."""
    blocks = [block for case in FILE["rounds"] for block in case["blocks"].values()]
    assert len(set(blocks)) == len(blocks) == 4 * len(FILE["rounds"])


# Few characters and small numbers, so that messages which run together would be met often.
ROUNDS = st.tuples(st.text("1:", min_size=1, max_size=4), st.integers(0, 12), st.integers(0, 12))


@given(st.lists(ROUNDS, min_size=2, max_size=30, unique=True))
@example([("1:1", 1, 1), ("1", 1, 11), ("1", 11, 1), ("11", 1, 1), ("1:1:1", 1, 1), ("1:", 1, 1)])
def test_client_seed_nonce_and_index_never_run_together(rounds: list[tuple[str, int, int]]) -> None:
    """A block's message can be read in one way only, whatever colons and digits the client seed holds."""
    blocks = [SCHEME.block(bytes(32), client_seed=c.encode(), nonce=n, index=i) for c, n, i in rounds]
    assert len(set(blocks)) == len(rounds)


@pytest.mark.parametrize("case", FILE["refused_client_seeds"])
def test_a_bad_client_seed_is_refused(case: dict[str, str]) -> None:
    """Control characters and bytes that are no UTF-8 never reach the message."""
    with pytest.raises(ValueError, match="client seed must"):
        check_client_seed(bytes.fromhex(case["client_seed_hex"]))
    with pytest.raises(ValueError, match="client seed must"):
        SCHEME.block(bytes(32), client_seed=bytes.fromhex(case["client_seed_hex"]), nonce=0, index=0)


@given(st.integers(0, 0x10FFFF).filter(lambda code: not 0xD800 <= code <= 0xDFFF))
def test_exactly_the_control_characters_are_refused(code: int) -> None:
    """U+0000 to U+001F and U+007F to U+009F, and no other character."""
    if code <= 0x1F or 0x7F <= code <= 0x9F:
        with pytest.raises(ValueError, match=f"U\\+{code:04X}"):
            check_client_seed(f"a{chr(code)}b".encode())
    else:
        check_client_seed(f"a{chr(code)}b".encode())


HEX = "0f" * 32


@pytest.mark.parametrize("beacon", ["", f"{HEX}:1:{HEX}", f"{HEX}:9007199254740991:{HEX}"])
def test_a_beacon_of_the_right_form_is_taken(beacon: str) -> None:
    """Empty, or chain hash, round and randomness."""
    check_beacon(beacon)
    assert len(SCHEME.game_key(bytes(32), rules_digest=RULES, beacon=beacon)) == 32


@pytest.mark.parametrize(
    "beacon",
    [
        " ",
        "::",
        "undefined",
        f"{HEX}:0:{HEX}",
        f"{HEX}:01:{HEX}",
        f"{HEX}:+1:{HEX}",
        f"{HEX}:9007199254740992:{HEX}",
        f"{HEX}:١:{HEX}",
        f"{HEX.upper()}:1:{HEX}",
        f"{HEX}:1:{HEX}\n",
        f"{HEX}:1:{HEX[2:]}",
        f"{HEX}:1:{HEX}:1",
    ],
)
def test_a_beacon_of_another_form_is_refused(beacon: str) -> None:
    """A beacon that is missing or half there must not pass for an empty one."""
    with pytest.raises(ValueError, match="beacon"):
        SCHEME.game_key(bytes(32), rules_digest=RULES, beacon=beacon)


@pytest.mark.parametrize("rules_digest", ["", "ab" * 31, "AB" * 32, "ab" * 32 + "\n", "ab" * 33, "zz" * 32])
def test_a_rules_digest_of_another_form_is_refused(rules_digest: str) -> None:
    """Only 64 lower-case hex digits name rules."""
    with pytest.raises(ValueError, match="rules digest"):
        SCHEME.game_key(bytes(32), rules_digest=rules_digest, beacon="")


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_or_key_of_another_length_is_refused_without_being_shown(length: int) -> None:
    """The error states the length; the bytes are a secret until the reveal."""
    secret = b"\xa5" * length
    calls: list[Callable[[], bytes]] = [
        lambda: SCHEME.commitment(secret),
        lambda: SCHEME.game_key(secret, rules_digest=RULES, beacon=""),
        lambda: SCHEME.block(secret, client_seed=b"a", nonce=0, index=0),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=f"32 bytes, not {length}$") as caught:
            call()
        assert "a5a5" not in str(caught.value)
        assert "xa5" not in str(caught.value)


def test_a_seed_in_hex_instead_of_bytes_is_refused_without_being_shown() -> None:
    """The commonest mistake: the text of the hex digits is not the seed."""
    with pytest.raises(TypeError, match="must be bytes") as caught:
        SCHEME.commitment("a5" * 32)  # type: ignore[arg-type]
    assert "a5" not in str(caught.value)


@pytest.mark.parametrize("number", [-1, 2**53])
def test_a_nonce_or_an_index_out_of_range_is_refused(number: int) -> None:
    """Both are 0 to 2^53 - 1."""
    with pytest.raises(ValueError, match=f"nonce must be .* not {number}"):
        SCHEME.block(bytes(32), client_seed=b"a", nonce=number, index=0)
    with pytest.raises(ValueError, match=f"index must be .* not {number}"):
        SCHEME.block(bytes(32), client_seed=b"a", nonce=0, index=number)


@pytest.mark.parametrize("number", [True, 1.0, "1", None])
def test_a_nonce_that_is_no_integer_is_refused(number: Any) -> None:
    """True would print as a number, and 1.0 as another text."""
    with pytest.raises(TypeError, match="nonce must be an integer"):
        SCHEME.block(bytes(32), client_seed=b"a", nonce=number, index=0)


def test_the_table_knows_the_scheme_by_name_and_no_other() -> None:
    """A record's name is its key, and an unknown name is answered with the known ones."""
    assert all(record.name == name for name, record in SCHEMES.items())
    assert scheme("hmac-sha256/v1") is SCHEME
    with pytest.raises(ValueError, match=r"unknown scheme 'hmac-sha256/v2'.*hmac-sha256/v1"):
        scheme("hmac-sha256/v2")
