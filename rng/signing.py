"""The operator's signing key: a protocol of three members, and Ed25519 on PyNaCl (RFC 8032)."""

from __future__ import annotations

import hashlib
from typing import Final, NoReturn, Protocol, final

from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

__all__ = ["Ed25519Signer", "Signer", "key_id"]

_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64


class Signer(Protocol):
    """Sign with one Ed25519 key, wherever that key is kept."""

    @property
    def key_id(self) -> str:
        """SHA-256 of the public key, 64 hex characters."""
        ...

    @property
    def public_key(self) -> bytes:
        """The public key, 32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        ...


def key_id(public_key: bytes) -> str:
    """Return the id of a public key: its SHA-256 in hex (statements.md T1).

    Raises:
        ValueError: if the key is not 32 bytes.
    """
    if type(public_key) is not bytes or len(public_key) != _KEY_BYTES:
        raise ValueError(f"a public key is {_KEY_BYTES} bytes, not {public_key!r:.80}")
    return hashlib.sha256(public_key).hexdigest()


@final
class Ed25519Signer:
    """Sign with a key in memory, and show it nowhere by accident: no repr, no pickle.

    Args:
        secret: the private key of RFC 8032, 32 random bytes.

    Raises:
        ValueError: if there are not 32 of them.
    """

    __slots__ = ("_key_id", "_public_key", "_secret_key")

    def __init__(self, secret: bytes) -> None:
        if type(secret) is not bytes or len(secret) != _KEY_BYTES:
            raise ValueError(f"an Ed25519 private key is {_KEY_BYTES} bytes")
        self._public_key, self._secret_key = crypto_sign_seed_keypair(secret)
        self._key_id = key_id(self._public_key)

    @property
    def key_id(self) -> str:
        """SHA-256 of the public key, 64 hex characters."""
        return self._key_id

    @property
    def public_key(self) -> bytes:
        """The public key, 32 bytes."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """Return the signature of RFC 8032 section 5.1.6, 64 bytes; it is a function of key and message."""
        signed: bytes = crypto_sign(message, self._secret_key)
        return signed[:_SIGNATURE_BYTES]

    def __repr__(self) -> str:
        return f"Ed25519Signer(key_id={self._key_id!r}, redacted)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signing key is not pickled: it is a secret")
