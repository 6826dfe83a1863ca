"""Ed25519 in the strict profile: what is signed, and every odd case refused."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings
from nacl.signing import SigningKey

from tests.verifier.published import VECTORS, published
from verifier.signature import FIELD_PRIME, GROUP_ORDER, check_signature, signing_message

FILE: dict[str, Any] = json.loads((VECTORS / "ed25519_strict.json").read_text(encoding="utf-8"))

# RFC 8032 section 7.1, tests 1 to 3: secret key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
        "655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
        "b00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
        "c027beceea1ec40a",
    ),
]

# The point of order two, (0, -1), and the eight points of small order all come from these two of order eight.
MINUS_ONE = (2**255 - 20).to_bytes(32, "little")
ORDER_EIGHT = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"


@pytest.mark.parametrize(("secret", "message", "signature"), RFC_8032)
def test_the_signatures_of_rfc_8032_are_good(secret: str, message: str, signature: str) -> None:
    """The first three of the RFC."""
    public = bytes(SigningKey(bytes.fromhex(secret)).verify_key)
    assert check_signature(public, bytes.fromhex(message), bytes.fromhex(signature)) is None


def expected_fault(flags: list[str]) -> str | None:
    """Say what the strict profile finds first in a vector of C2SP CCTV, from the vector's flags.

    The flags name what is odd about A, R and the equation. Nothing odd is allowed, so only a vector without a flag is
    good. A is looked at before R; of a point first the encoding, then small order, then a small component.
    """
    for letter, what in (("A", "the public key A"), ("R", "the signature's R")):
        if f"non_canonical_{letter}" in flags:
            return f"{what} is not canonically encoded"
        if f"low_order_{letter}" in flags:
            return f"{what} is a point of small order"
        if f"low_order_component_{letter}" in flags:
            return f"{what} is not of prime order"
    return "unexpected" if flags else None


def cctv_cases() -> list[dict[str, Any]]:
    """Return the restated vectors of CCTV and, where they are at hand, all 914."""
    cases = [case for case in FILE["cases"] if case["case"].startswith("CCTV")]
    for path in published("ed25519_cctv/ed25519vectors.json"):
        raw = json.loads(path.read_text(encoding="utf-8"))
        assert len(raw) == 914
        cases += [
            {
                "case": f"CCTV {case['number']}",
                "public_key": case["key"],
                "message": case["msg"].encode().hex(),
                "signature": case["sig"],
                "flags": case["flags"] or [],
                "accepted": not case["flags"],
            }
            for case in raw
        ]
    return cases


def test_every_vector_of_cctv_is_judged_right_and_for_the_right_reason() -> None:
    """Each combination of small-order points, components, odd encodings and re-encoded hashes that there is."""
    cases = cctv_cases()
    assert {case["accepted"] for case in cases} == {True, False}
    for case in cases:
        public, message, signature = (bytes.fromhex(case[name]) for name in ("public_key", "message", "signature"))
        fault = check_signature(public, message, signature)
        assert fault == expected_fault(case["flags"]), case["case"]
        assert (fault is None) is case["accepted"]


def test_every_vector_of_wycheproof_is_judged_right() -> None:
    """Malleable, truncated, padded and plainly false signatures."""
    cases = [case for case in FILE["cases"] if case["case"].startswith("Wycheproof")]
    for path in published("wycheproof/ed25519_test.json"):
        for group in json.loads(path.read_text(encoding="utf-8"))["testGroups"]:
            cases += [
                {
                    "case": f"Wycheproof {case['tcId']}",
                    "public_key": group["publicKey"]["pk"],
                    "message": case["msg"],
                    "signature": case["sig"],
                    "accepted": case["result"] == "valid",
                }
                for case in group["tests"]
            ]
    assert {case["accepted"] for case in cases} == {True, False}
    for case in cases:
        public, message, signature = (bytes.fromhex(case[name]) for name in ("public_key", "message", "signature"))
        assert (check_signature(public, message, signature) is None) is case["accepted"], case["case"]


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.data())
def test_an_honest_signature_is_good_and_no_bit_of_it_can_change(
    secret: bytes, message: bytes, data: st.DataObject
) -> None:
    """Nor a bit of the message or of the key."""
    key = SigningKey(secret)
    public, signature = bytes(key.verify_key), key.sign(message).signature
    assert check_signature(public, message, signature) is None
    whole = public + signature + message
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    changed = bytearray(whole)
    changed[bit // 8] ^= 1 << bit % 8
    assert check_signature(bytes(changed[:32]), bytes(changed[96:]), bytes(changed[32:96])) is not None


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
def test_bytes_that_are_no_signature_are_refused_and_raise_nothing(public: bytes, signature: bytes) -> None:
    """Whatever stands where points should."""
    assert check_signature(public, b"message", signature) is not None


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=50))
def test_adding_the_group_order_to_s_makes_no_second_signature(secret: bytes, message: bytes) -> None:
    """Else one statement would have two digests of its document, both signed."""
    key = SigningKey(secret)
    signature = key.sign(message).signature
    s = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    other = signature[:32] + s.to_bytes(32, "little")
    assert check_signature(bytes(key.verify_key), message, other) == "the signature's S is not below the group order"


def scalar_times_base(scalar: int) -> bytes:
    """Return [scalar]B."""
    return bindings.crypto_scalarmult_ed25519_base_noclamp((scalar % GROUP_ORDER).to_bytes(32, "little"))


def small_points() -> list[bytes]:
    """Return the seven points of small order other than the neutral element, as multiples of one of order eight."""
    one = bytes.fromhex(ORDER_EIGHT)
    points = [one]
    while len(points) < 7:
        points.append(bindings.crypto_core_ed25519_add(points[-1], one))
    assert points[3] == MINUS_ONE
    assert bindings.crypto_core_ed25519_add(points[-1], one) == (1).to_bytes(32, "little")
    return points


@pytest.mark.parametrize("small", small_points(), ids=lambda point: point.hex()[:8])
def test_a_key_with_a_small_component_is_refused_though_its_signature_fits_the_equation(small: bytes) -> None:
    """The attack on lenient verifiers: A = aB + T, where kT vanishes for messages that the signer chooses.

    A library's check of the component missed T = (0, -1), of order two, for years (CVE-2025-69277), so all seven are
    tried here, each with a signature that the bare equation accepts.
    """
    secret, nonce = 123456789, 987654321
    public = bindings.crypto_core_ed25519_add(scalar_times_base(secret), small)
    r = scalar_times_base(nonce)
    for number in range(1000):
        message = f"message {number}".encode()
        k = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % GROUP_ORDER
        if k % 8 == 0:
            break
    s = (nonce + k * secret) % GROUP_ORDER
    signature = r + s.to_bytes(32, "little")
    assert bindings.crypto_sign_open(signature + message, public) == message
    assert check_signature(public, message, signature) == "the public key A is not of prime order"


@pytest.mark.parametrize("small", small_points(), ids=lambda point: point.hex()[:8])
def test_an_r_with_a_small_component_is_refused(small: bytes) -> None:
    """With the cofactor in the equation it would pass, without it would not: here it is refused before that."""
    secret, nonce, message = 123456789, 987654321, b"message"
    public = scalar_times_base(secret)
    r = bindings.crypto_core_ed25519_add(scalar_times_base(nonce), small)
    k = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % GROUP_ORDER
    signature = r + ((nonce + k * secret) % GROUP_ORDER).to_bytes(32, "little")
    assert check_signature(public, message, signature) == "the signature's R is not of prime order"


@pytest.mark.parametrize("y", [1, FIELD_PRIME - 1])
def test_a_point_whose_x_is_zero_has_one_encoding(y: int) -> None:
    """Zero has no sign: with the sign bit set these two would be second spellings of a point."""
    plain, signed = y.to_bytes(32, "little"), (y | 1 << 255).to_bytes(32, "little")
    assert check_signature(plain, b"", bytes(64)) == "the public key A is a point of small order"
    assert check_signature(signed, b"", bytes(64)) == "the public key A is not canonically encoded"
    good = bytes(SigningKey(bytes(32)).verify_key)
    assert check_signature(good, b"", signed + bytes(32)) == "the signature's R is not canonically encoded"


@pytest.mark.parametrize(
    ("public_length", "signature_length", "reason"),
    [
        (0, 64, "the public key must be 32 bytes, not 0"),
        (33, 64, "the public key must be 32 bytes, not 33"),
        (32, 63, "the signature must be 64 bytes, not 63"),
        (32, 0, "the signature must be 64 bytes, not 0"),
        (32, 96, "the signature must be 64 bytes, not 96"),
    ],
)
def test_other_lengths_are_refused(public_length: int, signature_length: int, reason: str) -> None:
    """Lengths come from documents, so they are a verdict and no exception."""
    assert check_signature(bytes(public_length), b"", bytes(signature_length)) == reason


def test_arguments_that_are_not_bytes_are_the_callers_error() -> None:
    """Hex must be decoded first."""
    with pytest.raises(TypeError, match="public key must be bytes"):
        check_signature("00" * 32, b"", bytes(64))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="message must be bytes"):
        check_signature(bytes(32), "", bytes(64))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["epoch", "activation", "ticket", "receipt", "batch", "void", "reveal", "log-entry"])
def test_a_statement_is_signed_under_its_type(name: str) -> None:
    """The tag, a newline, the body: a signature for one type is none for another."""
    assert signing_message(name, b'{"type":"x"}') == b"fairlot/" + name.encode() + b'/v1\n{"type":"x"}'
    key = SigningKey(bytes(32))
    signature = key.sign(signing_message(name, b"{}")).signature
    public = bytes(key.verify_key)
    assert check_signature(public, signing_message(name, b"{}"), signature) is None
    assert check_signature(public, signing_message("other", b"{}"), signature) is not None


@pytest.mark.parametrize("name", ["", "Receipt", "receipt\n", "a/v1\n{}", "a b", "1a", "-a", "a-", "a--b", "ä"])
def test_a_type_that_could_break_the_tag_is_refused(name: str) -> None:
    """No newline, no slash, nothing that reads as another tag."""
    with pytest.raises(ValueError, match="statement type must be"):
        signing_message(name, b"{}")
