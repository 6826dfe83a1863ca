"""The scheme ``hmac-sha256/v1``, step by step as ``spec/hmac_sha256_v1.md`` has it (S1, S2 ...).

HMAC is written out from SHA-256 (RFC 2104), so that only the hash function is taken on trust.
"""

import hashlib
import re

NAME = "hmac-sha256/v1"

MAX_NONCE = 2**53 - 1
MAX_CLIENT_SEED_BYTES = 256

_HASH_BLOCK_BYTES = 64  # SHA-256 reads its input in blocks of 64 bytes: FIPS 180-4 section 1.
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_BEACON = re.compile(r"[0-9a-f]{64}:([1-9][0-9]{0,15}):[0-9a-f]{64}")


def commitment(server_seed: bytes, /) -> bytes:
    """Return the commitment to a server seed: the SHA-256 of its bytes.

    Args:
        server_seed: 32 bytes.

    Raises:
        TypeError: the server seed is not bytes.
        ValueError: it is not 32 bytes long.

    Specification: hmac_sha256_v1.md, steps S1 and S2.
    """
    _check_secret("server seed", server_seed)
    return hashlib.sha256(server_seed).digest()


def game_key(server_seed: bytes, /, *, rules_digest: str, beacon: str) -> bytes:
    """Return the game key: HMAC-SHA256 under the server seed, over scheme name, rules digest and beacon.

    Args:
        server_seed: 32 bytes.
        rules_digest: 64 lower-case hex digits, the digest of the game's rules document.
        beacon: empty, or ``{chain_hash}:{round}:{randomness}``.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has the wrong form.

    Specification: hmac_sha256_v1.md, step S3.
    """
    _check_secret("server seed", server_seed)
    if _HEX_DIGEST.fullmatch(rules_digest) is None:
        raise ValueError(f"rules digest must be 64 lower-case hex digits, not {rules_digest!r}")
    check_beacon(beacon)
    message = f"fairlot/hmac-sha256/v1:{rules_digest}:{beacon}"
    return hmac_sha256(server_seed, message.encode("ascii"))


def block(game_key: bytes, /, *, client_seed: bytes, nonce: int, index: int) -> bytes:
    """Return one block of a round's stream: HMAC-SHA256 under the game key.

    Args:
        game_key: 32 bytes, from `game_key`.
        client_seed: its bytes, 1 to 256, valid UTF-8 without control characters.
        nonce: the round's number within the server seed, 0 to 2^53 - 1.
        index: the block's place in the stream, from 0.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument is out of range or has the wrong form.

    Specification: hmac_sha256_v1.md, step S4.
    """
    _check_secret("game key", game_key)
    check_client_seed(client_seed)
    _check_count("nonce", nonce)
    _check_count("index", index)
    message = client_seed + b":" + str(nonce).encode("ascii") + b":" + str(index).encode("ascii")
    return hmac_sha256(game_key, message)


def check_client_seed(client_seed: bytes) -> None:
    """Refuse bytes that cannot be a client seed.

    Raises:
        TypeError: the client seed is not bytes.
        ValueError: it is empty, longer than 256 bytes, no UTF-8, or holds a control character.

    Specification: hmac_sha256_v1.md, step S1.
    """
    if not isinstance(client_seed, bytes):
        raise TypeError(f"client seed must be bytes, not {type(client_seed).__name__}; encode the text as UTF-8")
    if not 1 <= len(client_seed) <= MAX_CLIENT_SEED_BYTES:
        raise ValueError(f"client seed must be 1 to {MAX_CLIENT_SEED_BYTES} bytes of UTF-8, not {len(client_seed)}")
    try:
        text = client_seed.decode("utf-8", errors="strict")
    except UnicodeDecodeError:
        raise ValueError(f"client seed must be UTF-8, not the bytes {client_seed.hex()}") from None
    for character in text:
        if ord(character) <= 0x1F or 0x7F <= ord(character) <= 0x9F:
            raise ValueError(f"client seed must not hold the control character U+{ord(character):04X}")


def check_beacon(beacon: str) -> None:
    """Refuse a text that is neither empty nor ``{chain_hash}:{round}:{randomness}``.

    Raises:
        TypeError: the beacon is not text.
        ValueError: it has another form.

    Specification: hmac_sha256_v1.md, step S1.
    """
    if beacon == "":
        return
    match = _BEACON.fullmatch(beacon)
    if match is None:
        raise ValueError(
            f"beacon must be empty or chain_hash:round:randomness (64 lower-case hex digits, a decimal number from 1, "
            f"64 lower-case hex digits), not {beacon!r}"
        )
    if int(match.group(1)) > MAX_NONCE:
        raise ValueError(f"the beacon's round must be below 2^53, not {match.group(1)}")


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA256 of a message, 32 bytes, written out from SHA-256.

    Args:
        key: any number of bytes.
        message: any number of bytes.

    Specification: RFC 2104 section 2; the names ipad and opad are the RFC's.
    """
    if len(key) > _HASH_BLOCK_BYTES:
        key = hashlib.sha256(key).digest()
    padded_key = key + bytes(_HASH_BLOCK_BYTES - len(key))
    key_xor_ipad = bytes(byte ^ 0x36 for byte in padded_key)
    key_xor_opad = bytes(byte ^ 0x5C for byte in padded_key)
    inner = hashlib.sha256(key_xor_ipad + message).digest()
    return hashlib.sha256(key_xor_opad + inner).digest()


def _check_secret(what: str, value: bytes) -> None:
    # The value is a secret until the reveal, so an error states its type or length and never the bytes.
    if not isinstance(value, bytes):
        raise TypeError(f"{what} must be bytes, not {type(value).__name__}; use bytes.fromhex for hex")
    if len(value) != 32:
        raise ValueError(f"{what} must be 32 bytes, not {len(value)}")


def _check_count(what: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{what} must be an integer, not {type(value).__name__}")
    if not 0 <= value <= MAX_NONCE:
        raise ValueError(f"{what} must be 0 to 2^53 - 1, not {value}")
