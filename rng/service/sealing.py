"""Sealing of server seeds at rest: AES-256-GCM under a key-encryption key (NIST SP 800-38D)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["KeyRing", "SealError"]

_VERSION: Final = b"\x01"
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_SEED_BYTES: Final = 32
_SEALED_BYTES: Final = 1 + _ID_BYTES + _NONCE_BYTES + _SEED_BYTES + _TAG_BYTES
_HEX_KEY: Final = re.compile(r"[0-9a-f]{64}\Z")


class SealError(Exception):
    """Say that a sealed seed does not open: wrong key-encryption key, another tenant or commitment, or damage."""


class KeyRing:
    """Hold the key-encryption keys: the first seals, every one of them opens.

    Args:
        keys: one or more distinct keys of 32 bytes, the current one first.

    Raises:
        ValueError: if there is none, one has another length, or two are equal.
    """

    __slots__ = ("_ciphers", "_current")

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("a key ring needs at least one key-encryption key")
        ciphers: dict[bytes, AESGCM] = {}
        for position, key in enumerate(keys):
            if len(key) != 32:
                raise ValueError(f"key-encryption key {position} has {len(key)} bytes: it must have 32")
            ciphers[_key_id(key)] = AESGCM(key)
        if len(ciphers) != len(keys):
            raise ValueError("two key-encryption keys are equal: remove one of them")
        self._ciphers = ciphers
        self._current = _key_id(keys[0])

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read a key ring from text: one key of 64 lower-case hex characters a line, the current one first.

        Raises:
            ValueError: if a line is something else; the line's number is named, its content never.
        """
        return cls(parse_keys(text))

    def __repr__(self) -> str:
        return f"KeyRing(current={self.current_id!r}, keys={len(self._ciphers)}, redacted)"

    def __reduce__(self) -> str:
        raise TypeError("a key ring is not pickled: it holds secrets")

    @property
    def current_id(self) -> str:
        """Return the id of the key that seals, 16 hex characters; it says nothing about the key."""
        return self._current.hex()

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of all keys, the current one first."""
        return tuple(key_id.hex() for key_id in self._ciphers)

    def seal(self, seed: bytes, *, tenant: str, commitment: bytes, random_bytes: Callable[[int], bytes]) -> bytes:
        """Seal a server seed under the current key.

        The nonce is random: at 2^32 seals under one key the chance of a repeat is still below 2^-32 (SP 800-38D
        section 8.3), and `keys rotate` brings a new key long before.

        Args:
            seed: the server seed, 32 bytes.
            tenant: the owner; part of what is authenticated.
            commitment: SHA-256 of the seed; part of what is authenticated.
            random_bytes: the source of the nonce.

        Returns:
            Version, key id, nonce, ciphertext and tag: 69 bytes.

        Raises:
            ValueError: if the seed has another length, or is not the commitment's.
        """
        if len(seed) != _SEED_BYTES:
            raise ValueError(f"a server seed has {_SEED_BYTES} bytes, this one {len(seed)}")
        if hashlib.sha256(seed).digest() != commitment:
            raise ValueError(f"the server seed is not the one of commitment {commitment.hex()}")
        nonce = random_bytes(_NONCE_BYTES)
        if len(nonce) != _NONCE_BYTES:
            raise ValueError(f"the random source gave {len(nonce)} bytes, {_NONCE_BYTES} were asked for")
        header = _VERSION + self._current
        sealed = self._ciphers[self._current].encrypt(nonce, seed, _associated(header, tenant, commitment))
        return header + nonce + sealed

    def open(self, sealed: bytes, *, tenant: str, commitment: bytes) -> bytes:
        """Open a sealed server seed.

        Raises:
            SealError: if it was sealed under a key that is not in the ring, for another tenant or commitment, or is
                damaged.
        """
        if len(sealed) != _SEALED_BYTES or sealed[:1] != _VERSION:
            raise SealError(f"the sealed seed of commitment {commitment.hex()} is damaged or of an unknown version")
        header, rest = sealed[: 1 + _ID_BYTES], sealed[1 + _ID_BYTES :]
        cipher = self._ciphers.get(header[1:])
        if cipher is None:
            raise SealError(
                f"the seed of commitment {commitment.hex()} is sealed under key-encryption key {header[1:].hex()}, "
                f"which is not among {', '.join(self.ids)}: give the service that key too"
            )
        try:
            seed = cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _associated(header, tenant, commitment))
        except InvalidTag:
            raise SealError(
                f"the sealed seed of commitment {commitment.hex()} (tenant {tenant!r}) does not authenticate"
            ) from None
        if hashlib.sha256(seed).digest() != commitment:
            raise SealError(f"the sealed seed of commitment {commitment.hex()} is another seed")
        return seed

    def is_current(self, sealed: bytes) -> bool:
        """Say whether a sealed seed is under the key that seals now."""
        return sealed[1 : 1 + _ID_BYTES] == self._current


def parse_keys(text: str) -> list[bytes]:
    """Read keys of 64 lower-case hex characters, one a line; empty lines and lines that begin with # are skipped.

    Raises:
        ValueError: if a line is something else; the line's number is named, its content never.
    """
    keys: list[bytes] = []
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if not _HEX_KEY.match(stripped):
            raise ValueError(f"line {number} is not a key of 64 lower-case hex characters")
        keys.append(bytes.fromhex(stripped))
    return keys


def _key_id(key: bytes) -> bytes:
    # A digest with its own label: the id stands beside every sealed seed and must not help against the key.
    return hashlib.sha256(b"fairlot/kek-id/v1\n" + key).digest()[:_ID_BYTES]


def _associated(header: bytes, tenant: str, commitment: bytes) -> bytes:
    return b"fairlot/seal/v1\n" + header + tenant.encode() + b"\n" + commitment.hex().encode()
