"""API keys and their scopes: made from entropy, shown once, kept as a hash, compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from rng.service.errors import ServiceError

__all__ = ["SCOPES", "Caller", "NewKey", "check_scopes", "hash_secret", "make_key", "split_key"]

SCOPES: Final = ("play", "admin", "audit")
"""play: seeds and rounds of the tenant; admin: voids and operation; audit: reading before the reveal."""

_KEY: Final = re.compile(r"flk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})\Z")
_AUTHORIZATION: Final = re.compile(r"bearer +([\x21-\x7e]{1,200}) *\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NewKey:
    """Hold a new API key: `text` is shown to its owner once and never stored."""

    key_id: str
    text: str
    digest: bytes

    def __repr__(self) -> str:
        return f"NewKey(key_id={self.key_id!r}, redacted)"


@dataclass(frozen=True, slots=True)
class Caller:
    """Say who asks: the API key's id, its tenant and its scopes. Without a key there is no caller."""

    key_id: str
    tenant: str
    scopes: frozenset[str]

    def require(self, *scopes: str) -> None:
        """Refuse the caller unless the key has one of these scopes.

        Raises:
            ServiceError: `forbidden`, naming the scopes that would do.
        """
        if self.scopes.isdisjoint(scopes):
            raise ServiceError(
                "forbidden",
                f"this needs an API key with scope {' or '.join(scopes)}; "
                f"this one has {', '.join(sorted(self.scopes))}",
            )


def make_key(random_bytes: Callable[[int], bytes]) -> NewKey:
    """Make an API key: `flk_`, 16 hex characters of id, `_`, 256 bits of secret in base64url."""
    key_id = random_bytes(8).hex()
    secret = base64.urlsafe_b64encode(random_bytes(32)).rstrip(b"=").decode()
    return NewKey(key_id=key_id, text=f"flk_{key_id}_{secret}", digest=hash_secret(secret))


def hash_secret(secret: str) -> bytes:
    """Hash the secret part of a key for storage.

    One SHA-256 with a label is enough: the secret has 256 bits of entropy, so there is nothing that a slow hash would
    protect from guessing.
    """
    return hashlib.sha256(b"fairlot/api-key/v1\n" + secret.encode()).digest()


def split_key(authorization: str) -> tuple[str, bytes]:
    """Read an Authorization header into the key's id and the hash of its secret.

    Raises:
        ServiceError: `unauthenticated`, if it is not `Bearer flk_…`.
    """
    bearer = _AUTHORIZATION.match(authorization)
    key = _KEY.match(bearer.group(1)) if bearer else None
    if key is None:
        raise ServiceError("unauthenticated", "the Authorization header must read: Bearer flk_… (an API key)")
    return key.group(1), hash_secret(key.group(2))


def check_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """Check a list of scopes.

    Raises:
        ValueError: if it is empty or names an unknown scope.
    """
    given = frozenset(scopes)
    unknown = sorted(given - set(SCOPES))
    if unknown:
        raise ValueError(f"unknown scope {unknown[0]!r}: the scopes are {', '.join(SCOPES)}")
    if not given:
        raise ValueError(f"an API key needs at least one scope: {', '.join(SCOPES)}")
    return given


def same_digest(stored: bytes, given: bytes) -> bool:
    """Compare two hashes in constant time."""
    return hmac.compare_digest(stored, given)
