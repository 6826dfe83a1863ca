"""Settings of the service, from the environment (FAIRLOT_*) and a TOML file; secrets in files or redacted values."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from rng.service.keyfiles import KeyFileError, read_secret_file
from rng.service.sealing import KeyRing, parse_keys

__all__ = ["Secrets", "Settings", "SettingsError", "load_settings"]

_ORIGIN: Final = re.compile(r"[!#-~]{1,128}\Z")
_TENANT: Final = re.compile(r"[a-z0-9-]{1,64}\Z")
_SECRETS: Final = ("signing_key", "kek", "slot_key")


class SettingsError(Exception):
    """Say which setting is missing, wrong or unsafe, and what to do."""


def _absolute(value: object) -> object:
    return Path(value).expanduser().absolute() if isinstance(value, str | Path) and str(value) else value


_File = Annotated[Path, BeforeValidator(_absolute)]


class Settings(BaseSettings):
    """Hold every setting of the service.

    The environment wins over the file. Each of the three secrets is given as a file (`…_file`, mode 0600) or as a
    value; there is no default for any of them.
    """

    model_config = SettingsConfigDict(
        env_prefix="FAIRLOT_",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        validate_default=True,
    )

    origin: str = Field(description="operator and network, as in every statement: printable ASCII, no space")
    tenant: str = Field("main", description="the operator's own tenant: a to z, 0 to 9, hyphen")
    database: _File = Field(description="path of the SQLite database; its folder must exist")
    signing_key_file: _File | None = Field(None, description="file with the Ed25519 seed, 64 hex characters")
    signing_key: SecretStr | None = Field(None, description="the Ed25519 seed instead of a file")
    kek_file: _File | None = Field(None, description="file with key-encryption keys, 64 hex a line, current one first")
    kek: SecretStr | None = Field(None, description="the key-encryption keys instead of a file")
    slot_key_file: _File | None = Field(None, description="file with the key that hides player ids, 64 hex characters")
    slot_key: SecretStr | None = Field(None, description="the slot key instead of a file")
    games_folder: _File | None = Field(None, description="folder with the operator's own rules documents")

    scheme: str = Field("hmac-sha256/v1", description="scheme of new epochs")
    reveal_after: int = Field(86_400, ge=2, le=31_536_000, description="seconds from an epoch to its reveal_by")
    reveal_early: int = Field(
        5_000, ge=100, le=3_600_000, description="milliseconds before reveal_by at which a seed is rotated by itself"
    )
    max_rounds: int = Field(2**53 - 1, ge=1, le=2**53 - 1, description="rounds that one seed may draw at most")
    batch_workers: int = Field(1, ge=1, le=64, description="processes that compute batches")
    max_body: int = Field(262_144, ge=1_024, le=16_777_216, description="bytes that a request body may have")

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8460, ge=0, le=65_535, description="port to listen on; 0 takes a free one")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error")

    @field_validator("origin")
    @classmethod
    def _check_origin(cls, value: str) -> str:
        if not _ORIGIN.match(value):
            raise ValueError(
                f"{value!r} must be 1 to 128 characters of printable ASCII without space or quotation mark"
            )
        return value

    @field_validator("tenant")
    @classmethod
    def _check_tenant(cls, value: str) -> str:
        return check_tenant(value)

    @field_validator("database")
    @classmethod
    def _check_database(cls, value: Path) -> Path:
        if value.is_dir() or not value.parent.is_dir():
            raise ValueError(f"{value} must be a file (it may not exist yet) in a folder that exists")
        return value

    @field_validator("games_folder")
    @classmethod
    def _check_games_folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError(f"{value} is not a folder")
        return value

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        for name in _SECRETS:
            given = [part for part in (f"{name}_file", name) if getattr(self, part) is not None]
            if not given:
                raise ValueError(
                    f"{name}_file is missing: make the keys with `python -m rng.service keys init`, "
                    f"or set FAIRLOT_{name.upper()}_FILE or FAIRLOT_{name.upper()}"
                )
            if len(given) == 2:
                raise ValueError(f"{name}_file and {name} are both given: give one of them")
        if self.reveal_early * 2 > self.reveal_after * 1000:
            raise ValueError(
                f"reveal_early ({self.reveal_early} ms) must be at most half of reveal_after ({self.reveal_after} s)"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then the environment; no .env file is ever looked for."""
        return (init_settings, env_settings)


class Secrets:
    """Hold the service's secrets once they are read; its repr says nothing."""

    __slots__ = ("key_ring", "signing_seed", "slot_key")

    def __init__(self, *, signing_seed: bytes, key_ring: KeyRing, slot_key: bytes) -> None:
        self.signing_seed = signing_seed
        self.key_ring = key_ring
        self.slot_key = slot_key

    def __repr__(self) -> str:
        return "Secrets(redacted)"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled")

    @classmethod
    def read(cls, settings: Settings) -> Secrets:
        """Read the secrets that the settings name.

        Raises:
            SettingsError: if a file is missing or unsafe, or its content is not of the form; content is never shown.
        """
        texts = {name: _secret_text(settings, name) for name in _SECRETS}
        try:
            key_ring = KeyRing.parse(texts["kek"])
        except ValueError as error:
            raise SettingsError(f"kek: {error}") from None
        signing_seed, slot_key = (_one_key(name, texts[name]) for name in ("signing_key", "slot_key"))
        return cls(signing_seed=signing_seed, key_ring=key_ring, slot_key=slot_key)


def check_tenant(value: str) -> str:
    """Check a tenant's name (`statements.md` T2).

    Raises:
        ValueError: if it is not 1 to 64 characters of a to z, 0 to 9 and hyphen.
    """
    if not _TENANT.match(value):
        raise ValueError(f"{value!r} must be 1 to 64 characters of a to z, 0 to 9 and hyphen")
    return value


def load_settings(file: Path | None = None, **overrides: Any) -> Settings:
    """Load the settings: overrides, then the environment, then the TOML file.

    Relative paths in the file are relative to the file's folder.

    Args:
        file: TOML file, or `None` for none.
        overrides: settings by name; `None` means not given.

    Raises:
        SettingsError: listing every setting that is missing, unknown or wrong.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    environment = {name.lower() for name in os.environ}
    for name, value in (_read_toml(file) if file is not None else {}).items():
        # A secret's value outranks its file by the same order as everything else.
        rivals = {name, name.removesuffix("_file"), f"{name}_file"}
        if not any(rival in given or f"fairlot_{rival}" in environment for rival in rivals):
            given[name] = value
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in fault['loc']) or 'settings'}: {fault['msg']}" for fault in error.errors()
        ]
        where = f" (file {file})" if file is not None else " (no file; `python -m rng.service keys init` makes one)"
        raise SettingsError(f"the settings{where} are not valid: " + "; ".join(lines)) from None


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"settings file {file} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings file {file} is not valid TOML: {error}") from None
    for name in _SECRETS:
        if name in values:
            raise SettingsError(
                f"settings file {file} holds the secret {name}: put it in a file of its own, {name}_file"
            )
    for name in ("database", "signing_key_file", "kek_file", "slot_key_file", "games_folder"):
        if isinstance(values.get(name), str):
            values[name] = str(file.absolute().parent / Path(values[name]).expanduser())
    return values


def _secret_text(settings: Settings, name: str) -> str:
    value: SecretStr | None = getattr(settings, name)
    if value is not None:
        # In the environment several keys stand on one line, separated by spaces or commas.
        return value.get_secret_value().replace(",", "\n").replace(" ", "\n")
    file: Path = getattr(settings, f"{name}_file")
    try:
        return read_secret_file(file)
    except KeyFileError as error:
        raise SettingsError(f"{name}_file: {error}") from None


def _one_key(name: str, text: str) -> bytes:
    try:
        keys = parse_keys(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None
    if len(keys) != 1:
        raise SettingsError(f"{name}: exactly one key is needed, {len(keys)} are given")
    return keys[0]
