"""Access: who asks, and what may be read of a seed."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from rng.epoch import Epoch
from rng.service.auth import Caller, same_digest, split_key
from rng.service.core import Service
from rng.service.errors import ServiceError
from rng.store import ApiKey, Store

__all__ = ["ApiKeys", "readable_epoch"]

_FRESH_MS: Final = 2_000
_MOST_KEYS: Final = 1_024
_NOBODY: Final = bytes(32)


class ApiKeys:
    """Look API keys up in the store, and remember them for two seconds: so long a revoked key may go on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[str, tuple[int, ApiKey]] = OrderedDict()

    async def caller(self, authorization: str | None, *, now: int) -> Caller | None:
        """Return who asks, or None where no key was given.

        Args:
            authorization: the Authorization header, or None.
            now: Unix time in milliseconds.

        Raises:
            ServiceError: `unauthenticated`; the same for an unknown, a wrong and a revoked key.
        """
        if authorization is None:
            return None
        key_id, digest = split_key(authorization)
        key = await self._find(key_id, now)
        # The comparison is made even where no such key exists, so that time does not tell which ids do.
        same = same_digest(key.digest if key is not None else _NOBODY, digest)
        if key is None or not same or key.revoked:
            raise ServiceError("unauthenticated", "this API key is unknown or revoked")
        return Caller(key_id=key.key_id, tenant=key.tenant, scopes=key.scopes)

    def forget(self, key_id: str) -> None:
        """Look the key up anew the next time."""
        self._known.pop(key_id, None)

    async def _find(self, key_id: str, now: int) -> ApiKey | None:
        known = self._known.get(key_id)
        if known is not None and 0 <= now - known[0] < _FRESH_MS:
            return known[1]
        key = await self._store.api_key(key_id)
        if key is None:
            self._known.pop(key_id, None)
            return None
        self._known[key_id] = (now, key)
        while len(self._known) > _MOST_KEYS:
            self._known.popitem(last=False)
        return key


def require(caller: Caller | None, *scopes: str) -> Caller:
    """Return the caller if there is one with one of these scopes.

    Raises:
        ServiceError: `unauthenticated` or `forbidden`.
    """
    if caller is None:
        raise ServiceError("unauthenticated", "send the header Authorization: Bearer flk_… (an API key)")
    caller.require(*scopes)
    return caller


async def readable_epoch(service: Service, seed_id: str, caller: Caller | None) -> Epoch:
    """Return an epoch that the caller may read: a revealed one, or one of the caller's tenant.

    Raises:
        ServiceError: `seed_not_found`, the same for a seed that does not exist and one that is not open to the caller;
            `forbidden`, if the seed is the tenant's own and the key lacks the scope.
    """
    epoch = await service.store.epoch(seed_id)
    if epoch is not None:
        if epoch.status == "revealed":
            return epoch
        if caller is not None and caller.tenant == epoch.tenant:
            caller.require("play", "audit")
            return epoch
    raise ServiceError(
        "seed_not_found",
        f"no seed {seed_id} is open to you: before its reveal a seed is read with an API key of its owner "
        "(scope play or audit)",
    )
