"""Keys: the operator's public keys, old ones too, and what ties a database to its service."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Callable
from typing import Final

from rng.service.core import Service
from rng.service.sealing import KeyRing
from rng.service.settings import SettingsError
from rng.signing import key_id
from rng.store import PutSetting, Reseal, SealedSeed, Store, WrongSeal

__all__ = ["bind", "public_keys", "reseal_all"]

_PUBLIC_KEYS: Final = "public_keys"
_ORIGIN: Final = "origin"
_SLOT_KEY: Final = "slot_key_check"
_MOST_KEYS: Final = 60
_STEP: Final = 100


async def reseal_all(store: Store, key_ring: KeyRing, random_bytes: Callable[[int], bytes]) -> int:
    """Seal every server seed under the current key-encryption key, and return how many were sealed anew.

    Args:
        store: the open store; a service may use the same database meanwhile.
        key_ring: the new key first, and every key under which seeds are sealed.
        random_bytes: the source of nonces.

    Raises:
        SealError: if a seed does not open; those before it are done.
        StoreError: if the store refuses.
    """
    done = 0
    while sealed := await store.sealed_seeds(not_kek_id=key_ring.current_id, limit=_STEP):
        for old in sealed:
            commitment = bytes.fromhex(old.commitment)
            seed = key_ring.open(old.data, tenant=old.tenant, commitment=commitment)
            data = key_ring.seal(seed, tenant=old.tenant, commitment=commitment, random_bytes=random_bytes)
            new = SealedSeed(commitment=old.commitment, tenant=old.tenant, kek_id=key_ring.current_id, data=data)
            # One commit each: where a seed is revealed at this moment its sealed form is gone, and that is well.
            with contextlib.suppress(WrongSeal):
                await store.commit([Reseal(new, old_kek_id=old.kek_id)])
                done += 1
    return done


async def public_keys(service: Service) -> dict[str, bytes]:
    """Return all public keys that statements of this database may name, by key id, the current one first."""
    return {key_id(key): key for key in [service.signer.public_key, *await _known_keys(service.store)]}


async def bind(store: Store, *, origin: str, slot_key: bytes, public_key: bytes, key_ring: KeyRing) -> None:
    """Tie a new database to its origin, slot key and signing key, or check that an old one is tied to them.

    Another origin would break the chain of epochs, another slot key would give every player a second open seed, and a
    lost key-encryption key would show only when a seed is to be revealed.

    Args:
        store: the open store.
        origin: as in the settings.
        slot_key: 32 bytes.
        public_key: the key that signs from now on; those before it stay known.
        key_ring: the key-encryption keys at hand.

    Raises:
        SettingsError: naming the setting that does not fit the database.
    """
    check = hmac.digest(slot_key, b"fairlot/slot-key-check/v1", "sha256").hex()
    for name, value, setting in ((_ORIGIN, origin, "origin"), (_SLOT_KEY, check, "slot_key")):
        known = await store.setting(name)
        if known is None:
            await store.commit([PutSetting(name, value)])
        elif known != value:
            shown = f"it was made with {known!r}" if name == _ORIGIN else "it was made with another one"
            raise SettingsError(f"{setting} does not fit the database: {shown}")
    lost = sorted(set((await store.counts()).sealed) - set(key_ring.ids))
    if lost:
        raise SettingsError(f"kek does not fit the database: seeds are sealed under key {lost[0]}, which is not given")
    keys = await _known_keys(store)
    if public_key not in keys:
        if len(keys) >= _MOST_KEYS:
            raise SettingsError(f"the database knows {len(keys)} signing keys already; no more can be kept")
        text = " ".join(key.hex() for key in [public_key, *keys])
        await store.commit([PutSetting(_PUBLIC_KEYS, text)])


async def _known_keys(store: Store) -> list[bytes]:
    text = await store.setting(_PUBLIC_KEYS)
    return [bytes.fromhex(key) for key in (text or "").split()]
