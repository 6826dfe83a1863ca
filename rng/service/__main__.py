"""`python -m rng.service`: serve, and care for keys. Every command has a form that a program can read."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from rng.entropy import EntropyFailure, EntropySource
from rng.games.loader import LoadError
from rng.service import setup
from rng.service.auth import SCOPES
from rng.service.core import unix_ms
from rng.service.keyfiles import KeyFileError
from rng.service.sealing import SealError
from rng.service.settings import Settings, SettingsError, load_settings
from rng.signing import Ed25519Signer
from rng.store import Store, StoreError
from rng.store.sqlite import open_store

T = TypeVar("T")

_EXPECTED = (SettingsError, KeyFileError, SealError, StoreError, LoadError, EntropyFailure, ValueError, OSError)

_config = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file with settings; FAIRLOT_CONFIG, then ./fairlot.toml by default.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def main() -> None:
    """Run the fairlot service and care for its keys."""


@main.command()
@_config
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes a free one.")
@click.option("--print-ready", is_flag=True, help="Print one JSON line on standard output when requests are answered.")
@click.option("--demo", is_flag=True, help="Make keys and database in a folder that is removed at the end.")
def serve(config: Path | None, host: str | None, port: int | None, print_ready: bool, demo: bool) -> None:
    """Serve until SIGTERM or SIGINT."""
    from rng.service.server import serve as run

    if demo:
        if config is not None:
            raise click.UsageError("--demo makes its own settings; leave --config out")
        with tempfile.TemporaryDirectory(prefix="fairlot-demo-") as folder:
            settings, extra = _guarded(lambda: _demo(Path(folder), host=host, port=port or 0))
            code = run(settings, print_ready=print_ready, extra=extra)
        sys.exit(code)
    sys.exit(run(_guarded(lambda: _settings(config, host=host, port=port)), print_ready=print_ready))


@main.group()
def keys() -> None:
    """Make keys, and change them."""


@keys.command("init")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="Where to make them.")
@click.option("--origin", required=True, help="Operator and network, such as example.org/main.")
@click.option("--tenant", default="main", show_default=True, help="The operator's own tenant.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8460, show_default=True, help="Port for the service.")
@_json
def init(folder: Path, origin: str, tenant: str, port: int, as_json: bool) -> None:
    """Make key files (mode 0600), a settings file, the database, and the first API key, which is shown once."""
    source = EntropySource()

    def make() -> dict[str, Any]:
        settings = setup.initialise(folder, origin=origin, tenant=tenant, port=port, random_bytes=source.random_bytes)
        return {"config": str(folder / setup.SETTINGS_FILE), **_first_key(settings, source)}

    made = _guarded(make)
    _show(
        made,
        as_json,
        f"settings     {made['config']}\n"
        f"public key   {made['public_key']}\n"
        f"key id       {made['key_id']}\n"
        f"API key      {made['api_key']}\n"
        f"             scopes {', '.join(SCOPES)}; it is shown this once and stored as a hash\n"
        f"start with   python -m rng.service serve --config {made['config']}",
    )


@keys.command("rotate")
@_config
@_json
def rotate(config: Path | None, as_json: bool) -> None:
    """Make a new key-encryption key and seal every server seed under it; the service may run meanwhile."""
    source = EntropySource()
    settings = _guarded(lambda: _settings(config))
    kek_id, count = _with_store(
        settings, lambda store: setup.rotate_kek(settings, store, random_bytes=source.random_bytes)
    )
    _show(
        {"kek_id": kek_id, "resealed": count},
        as_json,
        f"new key-encryption key {kek_id}, {count} server seeds sealed under it; run keys prune in a minute",
    )


@keys.command("prune")
@_config
@_json
def prune(config: Path | None, as_json: bool) -> None:
    """Remove the key-encryption keys that no server seed needs any more."""
    source = EntropySource()
    settings = _guarded(lambda: _settings(config))
    removed = _with_store(settings, lambda store: setup.prune_keks(settings, store, random_bytes=source.random_bytes))
    _show({"removed": list(removed)}, as_json, f"removed: {', '.join(removed) or 'none'}")


@keys.group("api")
def api() -> None:
    """Make, list and revoke API keys."""


@api.command("add")
@_config
@click.option("--tenant", help="Owner of the key; the operator's own tenant by default.")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="May be repeated.")
@click.option("--label", default="", help="A note for people.")
@_json
def add(config: Path | None, tenant: str | None, scopes: tuple[str, ...], label: str, as_json: bool) -> None:
    """Make an API key; it is shown once."""
    source = EntropySource()
    settings = _guarded(lambda: _settings(config))
    owner = tenant or settings.tenant
    key = _with_store(
        settings,
        lambda store: setup.add_api_key(
            store, tenant=owner, scopes=scopes, label=label, now=unix_ms(), random_bytes=source.random_bytes
        ),
    )
    shown = {"key_id": key.key_id, "tenant": owner, "scopes": sorted(set(scopes)), "api_key": key.text}
    _show(shown, as_json, f"{key.text}\n(shown this once; id {key.key_id}, tenant {owner})")


@api.command("list")
@_config
@_json
def list_keys(config: Path | None, as_json: bool) -> None:
    """List API keys by their ids; no secret is shown, and none is known."""
    settings = _guarded(lambda: _settings(config))
    found = _with_store(settings, lambda store: store.api_keys())
    rows = [
        {
            "key_id": key.key_id,
            "tenant": key.tenant,
            "scopes": sorted(key.scopes),
            "label": key.label,
            "created": key.created,
            "revoked": key.revoked,
        }
        for key in found
    ]
    lines = [
        "  ".join(
            (key.key_id, key.tenant, ",".join(sorted(key.scopes)), "revoked" if key.revoked else "valid", key.label)
        )
        for key in found
    ]
    _show({"keys": rows}, as_json, "\n".join(lines) or "no API keys")


@api.command("revoke")
@_config
@click.argument("key_id")
@_json
def revoke(config: Path | None, key_id: str, as_json: bool) -> None:
    """Revoke an API key by its id; a running service notices within two seconds."""
    settings = _guarded(lambda: _settings(config))
    _with_store(settings, lambda store: setup.revoke_api_key(store, key_id, now=unix_ms()))
    _show({"revoked": key_id}, as_json, f"revoked {key_id}")


def _settings(config: Path | None, **overrides: Any) -> Settings:
    if config is None and (named := os.environ.get("FAIRLOT_CONFIG")):
        config = Path(named)
    if config is None and Path(setup.SETTINGS_FILE).is_file():
        config = Path(setup.SETTINGS_FILE)
    return load_settings(config, **overrides)


def _demo(folder: Path, *, host: str | None, port: int) -> tuple[Settings, dict[str, Any]]:
    source = EntropySource()
    setup.initialise(
        folder, origin="demo.invalid/temporary", tenant="demo", port=port, random_bytes=source.random_bytes
    )
    settings = load_settings(folder / setup.SETTINGS_FILE, host=host, port=port)
    return settings, {"demo": True, **_first_key(settings, source)}


def _first_key(settings: Settings, source: EntropySource) -> dict[str, Any]:
    """Make the database and its first API key, with every scope."""

    async def make(store: Store) -> str:
        await setup.bind_database(settings, store)
        key = await setup.add_api_key(
            store,
            tenant=settings.tenant,
            scopes=SCOPES,
            label="first key",
            now=unix_ms(),
            random_bytes=source.random_bytes,
        )
        return key.text

    from rng.service.settings import Secrets

    text = _with_store(settings, make)
    signer = Ed25519Signer(Secrets.read(settings).signing_seed)
    return {
        "origin": settings.origin,
        "public_key": signer.public_key.hex(),
        "key_id": signer.key_id,
        "api_key": text,
    }


def _with_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        store = await open_store(settings.database)
        try:
            return await work(store)
        finally:
            await store.close()

    return _guarded(lambda: asyncio.run(run()))


def _guarded(work: Callable[[], T]) -> T:
    """Do something, and end with exit code 2 and one line where it fails in a way that was foreseen."""
    try:
        return work()
    except _EXPECTED as error:
        click.echo(f"fairlot: {error}", err=True)
        sys.exit(2)


def _show(values: Mapping[str, Any], as_json: bool, text: str) -> None:
    click.echo(json.dumps(values) if as_json else text)


if __name__ == "__main__":
    main(prog_name="python -m rng.service")
