"""First steps and later care: make keys and settings in a folder, API keys, and new key-encryption keys."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from rng.service.auth import NewKey, check_scopes, make_key
from rng.service.keyfiles import replace_secret_file, write_secret_file
from rng.service.sealing import KeyRing, parse_keys
from rng.service.settings import Secrets, Settings, SettingsError, check_tenant, load_settings
from rng.service.usecases.keys import bind, reseal_all
from rng.signing import Ed25519Signer
from rng.store import AddApiKey, ApiKey, RevokeApiKey, Store

__all__ = ["SETTINGS_FILE", "add_api_key", "initialise", "prune_keks", "revoke_api_key", "rotate_kek"]

SETTINGS_FILE: Final = "fairlot.toml"

RandomBytes = Callable[[int], bytes]


def initialise(folder: Path, *, origin: str, tenant: str, port: int, random_bytes: RandomBytes) -> Settings:
    """Make a folder with three key files (mode 0600) and a settings file, and return the settings.

    Args:
        folder: made with mode 0700 if it does not exist; what is in it is never overwritten.
        origin: operator and network.
        tenant: the operator's own tenant.
        port: port to listen on.
        random_bytes: the source of the keys.

    Raises:
        KeyFileError, SettingsError: if a file exists already or something is not valid; nothing is left behind then.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / SETTINGS_FILE
    if file.exists():
        raise SettingsError(f"{file} exists already: this folder is set up; use another one")
    made: list[Path] = []
    try:
        for name, what in (
            ("signing.key", "the Ed25519 key that signs statements; losing it ends the origin's history"),
            ("kek.keys", "key-encryption keys of server seeds, the current one first; make new ones with keys rotate"),
            ("slot.key", "hides players' ids; never change it"),
        ):
            write_secret_file(folder / name, f"# {what}\n{random_bytes(32).hex()}\n")
            made.append(folder / name)
        lines = (
            f'origin = "{_quoted(origin)}"',
            f'tenant = "{_quoted(tenant)}"',
            'database = "fairlot.db"',
            'signing_key_file = "signing.key"',
            'kek_file = "kek.keys"',
            'slot_key_file = "slot.key"',
            f"port = {port}",
        )
        write_secret_file(file, "\n".join(lines) + "\n")
        made.append(file)
        return load_settings(file)
    except BaseException:
        for path in made:
            with contextlib.suppress(OSError):
                path.unlink()
        raise


async def bind_database(settings: Settings, store: Store) -> None:
    """Tie the database to the settings, as the service does at every start.

    Raises:
        SettingsError: if they do not fit.
    """
    secrets = Secrets.read(settings)
    await bind(
        store,
        origin=settings.origin,
        slot_key=secrets.slot_key,
        public_key=Ed25519Signer(secrets.signing_seed).public_key,
        key_ring=secrets.key_ring,
    )


async def add_api_key(
    store: Store, *, tenant: str, scopes: Iterable[str], label: str, now: int, random_bytes: RandomBytes
) -> NewKey:
    """Make an API key; its text is in the answer and nowhere else.

    Args:
        store: the open store.
        tenant: its owner.
        scopes: out of play, admin and audit.
        label: a note for people, up to 200 characters.
        now: Unix time in milliseconds.
        random_bytes: the source of the key.

    Raises:
        ValueError: if tenant, scopes or label are not valid.
    """
    key = make_key(random_bytes)
    stored = ApiKey(
        key_id=key.key_id,
        tenant=check_tenant(tenant),
        scopes=check_scopes(scopes),
        digest=key.digest,
        created=now,
        label=label,
    )
    await store.commit([AddApiKey(stored)])
    return key


async def revoke_api_key(store: Store, key_id: str, *, now: int) -> None:
    """Revoke an API key; a running service notices within two seconds.

    Raises:
        UnknownApiKey: if there is no such key.
    """
    await store.commit([RevokeApiKey(key_id, now)])


async def rotate_kek(settings: Settings, store: Store, *, random_bytes: RandomBytes) -> tuple[str, int]:
    """Make a new key-encryption key, seal every server seed under it, and return its id and how many were sealed.

    The new key is in the file, durable, before anything is sealed under it. The old keys stay in the file: a running
    service may seal under them for another moment. `prune_keks` removes them later.

    Raises:
        SettingsError: if the keys are not in a file.
        SealError, StoreError: if it could not be finished; call it again.
    """
    file, ring, text = _key_file(settings)
    del ring
    replace_secret_file(file, f"{random_bytes(32).hex()}\n{text}")
    fresh = Secrets.read(settings).key_ring
    return fresh.current_id, await reseal_all(store, fresh, random_bytes)


async def prune_keks(settings: Settings, store: Store, *, random_bytes: RandomBytes) -> tuple[str, ...]:
    """Remove the key-encryption keys that no server seed needs any more, and return their ids.

    Raises:
        SettingsError: if the keys are not in a file, or seeds are still sealed under an old key.
        SealError, StoreError: if something could not be sealed anew.
    """
    file, ring, text = _key_file(settings)
    await reseal_all(store, ring, random_bytes)
    needed = set((await store.counts()).sealed) - {ring.current_id}
    if needed:
        raise SettingsError(f"seeds are still sealed under key {min(needed)}: a service has not read the new key yet")
    old = ring.ids[1:]
    if old:
        replace_secret_file(file, parse_keys(text)[0].hex() + "\n")
    return old


def _key_file(settings: Settings) -> tuple[Path, KeyRing, str]:
    if settings.kek_file is None:
        raise SettingsError("the key-encryption keys are not in a file (kek_file), so they must be changed by hand")
    ring = Secrets.read(settings).key_ring
    return settings.kek_file, ring, settings.kek_file.read_text(encoding="ascii")


def _quoted(text: str) -> str:
    # Whatever is not valid here is refused when the file is read back; it only must not end the string.
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
