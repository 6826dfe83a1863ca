"""Settings: where they come from, what is refused, and that secrets stay in files of their own."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from rng.service.keyfiles import KeyFileError, read_secret_file, replace_secret_file, write_secret_file
from rng.service.settings import Secrets, SettingsError, load_settings

KEY = "ab" * 32


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.upper().startswith("FAIRLOT_"):
            monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with three key files and a settings file."""
    for name in ("signing.key", "kek.keys", "slot.key"):
        write_secret_file(tmp_path / name, KEY + "\n")
    (tmp_path / "fairlot.toml").write_text(
        'origin = "example.org/test"\ndatabase = "fairlot.db"\nsigning_key_file = "signing.key"\n'
        'kek_file = "kek.keys"\nslot_key_file = "slot.key"\nport = 9000\n'
    )
    return tmp_path


def test_the_file_is_read_and_its_paths_are_relative_to_it(folder: Path) -> None:
    settings = load_settings(folder / "fairlot.toml")
    assert settings.origin == "example.org/test"
    assert settings.database == folder / "fairlot.db"
    assert settings.port == 9000
    assert settings.host == "127.0.0.1"


def test_the_environment_wins_over_the_file_and_arguments_over_both(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLOT_PORT", "9001")
    assert load_settings(folder / "fairlot.toml").port == 9001
    assert load_settings(folder / "fairlot.toml", port=9002).port == 9002


def test_a_secret_from_the_environment_takes_the_place_of_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLOT_KEK", f"{'cd' * 32},{KEY}")
    settings = load_settings(folder / "fairlot.toml")
    assert settings.kek_file is None
    assert len(Secrets.read(settings).key_ring.ids) == 2


def test_without_any_setting_the_error_lists_what_is_missing() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "origin" in str(caught.value)
    assert "database" in str(caught.value)


def test_a_missing_key_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="keys init"):
        load_settings(origin="example.org", database=tmp_path / "db")


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ('origin = "two words"', "origin"),
        ("port = 70000", "port"),
        ("colour = 1", "colour"),
        ('tenant = "Main"', "tenant"),
        ("reveal_after = 1", "reveal_after"),
        ("reveal_after = 5\nreveal_early = 4000", "reveal_early"),
        ('database = "no/such/folder/db"', "database"),
        ('log_level = "loud"', "log_level"),
        (f'kek = "{KEY}"', "holds the secret kek"),
        ("origin = ", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named_in_the_error(folder: Path, line: str, match: str) -> None:
    file = folder / "fairlot.toml"
    names = [part.split(" = ")[0] for part in line.split("\n")]
    kept = [old for old in file.read_text().splitlines() if old.split(" = ")[0] not in names]
    file.write_text("\n".join([*kept, line]) + "\n")
    with pytest.raises(SettingsError, match=match) as caught:
        load_settings(file)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_file_that_others_can_reach_is_refused(folder: Path, mode: int) -> None:
    (folder / "kek.keys").chmod(mode)
    with pytest.raises(SettingsError, match=f"mode {mode:04o}"):
        Secrets.read(load_settings(folder / "fairlot.toml"))


@pytest.mark.parametrize("content", ["", "xyz", KEY + KEY, f"{KEY}\n{KEY}\n", "é" * 64])
def test_a_key_file_with_anything_but_one_key_is_refused_and_never_shown(folder: Path, content: str) -> None:
    (folder / "slot.key").write_text(content)
    with pytest.raises(SettingsError) as caught:
        Secrets.read(load_settings(folder / "fairlot.toml"))
    assert "slot_key" in str(caught.value)
    assert not content or content not in str(caught.value)


def test_settings_and_secrets_show_no_secret(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLOT_SIGNING_KEY", KEY)
    settings = load_settings(folder / "fairlot.toml")
    secrets = Secrets.read(settings)
    for text in (repr(settings), str(settings), settings.model_dump_json(), repr(secrets)):
        assert KEY not in text
    with pytest.raises(TypeError):
        pickle.dumps(secrets)


def test_a_new_key_file_is_for_its_owner_only_and_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write_secret_file(file, KEY)
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyFileError, match="exists already"):
        write_secret_file(file, "other")
    assert read_secret_file(file) == KEY


def test_a_replaced_key_file_keeps_its_mode_and_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write_secret_file(file, KEY)
    replace_secret_file(file, "cd" * 32)
    assert read_secret_file(file) == "cd" * 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("make", ["folder", "missing"])
def test_a_key_file_that_is_no_file_is_refused(tmp_path: Path, make: str) -> None:
    path = tmp_path / "key"
    if make == "folder":
        path.mkdir(mode=0o700)
    with pytest.raises(KeyFileError, match="key file"):
        read_secret_file(path)
