"""`fairlot trust` remembers keys in a file that is the player's alone."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.cli.running import fairlot, fairlot_json, one_line
from tests.verifier.builder import OTHER_KEY, SIGNING_KEY, key_id
from verifier import read_policy

KEY = bytes(SIGNING_KEY.verify_key).hex()
OTHER = bytes(OTHER_KEY.verify_key).hex()


def test_a_key_is_remembered_listed_and_forgotten(home: Path) -> None:
    assert fairlot("trust", "add", f"{KEY}@casino.example/main", "--note", "from their web page").exit_code == 0
    assert fairlot_json("trust", "list")["keys"] == [
        {
            "public_key": KEY,
            "key_id": key_id(SIGNING_KEY),
            "origin": "casino.example/main",
            "note": "from their web page",
        }
    ]
    shown = fairlot("trust", "list").stdout
    assert KEY in shown
    assert "from their web page" in shown
    assert fairlot("trust", "remove", KEY[:12]).exit_code == 0
    assert fairlot_json("trust", "list")["keys"] == []
    assert "no key is remembered" in fairlot("trust", "list").stdout
    assert (home / "trusted-keys.json").is_file()


def test_the_file_is_a_policy_that_only_its_owner_reads(home: Path) -> None:
    before = os.umask(0)
    try:
        fairlot("trust", "add", f"{KEY}@casino.example/main")
    finally:
        os.umask(before)
    path = home / "trusted-keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert read_policy(path.read_bytes()).keys[0].origin == "casino.example/main"
    assert sorted(entry.name for entry in home.iterdir()) == ["trusted-keys.json"]


def test_a_key_is_never_there_twice_and_its_note_is_renewed() -> None:
    for note in ("old", "new"):
        fairlot("trust", "add", f"{KEY}@casino.example/main", "--note", note)
    fairlot("trust", "add", f"{KEY}@casino.example/test")
    keys = fairlot_json("trust", "list")["keys"]
    assert [(key["origin"], key["note"]) for key in keys] == [
        ("casino.example/main", "new"),
        ("casino.example/test", ""),
    ]


def test_a_key_for_any_origin_comes_with_a_warning() -> None:
    result = fairlot("trust", "add", KEY)
    assert result.exit_code == 0
    assert "every operator" in result.stderr


def test_a_key_can_be_forgotten_for_one_origin_by_its_id() -> None:
    for origin in ("casino.example/main", "casino.example/test"):
        fairlot("trust", "add", f"{KEY}@{origin}")
    removed = fairlot_json("trust", "remove", f"{key_id(SIGNING_KEY)[:16]}@casino.example/test")["removed"]
    assert [key["origin"] for key in removed] == ["casino.example/test"]
    assert [key["origin"] for key in fairlot_json("trust", "list")["keys"]] == ["casino.example/main"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "abc"], "64 hex characters"),
        (["add", KEY + "@"], "origin after @"),
        (["add", KEY + "@two words"], "origin"),
        (["add", KEY, "--note", "a\nb"], "--note"),
        (["add", KEY, "--note", "x" * 501], "--note"),
        (["remove", "abc"], "8 characters"),
        (["remove", OTHER], "no remembered key"),
    ],
)
def test_a_bad_call_is_one_line_and_changes_nothing(arguments: list[str], said: str) -> None:
    fairlot("trust", "add", f"{KEY}@casino.example/main")
    result = fairlot("trust", *arguments)
    assert result.exit_code == 2
    assert said in one_line(result.stderr)
    assert len(fairlot_json("trust", "list")["keys"]) == 1


def test_a_file_that_others_may_write_is_no_memory(home: Path) -> None:
    fairlot("trust", "add", KEY)
    (home / "trusted-keys.json").chmod(0o666)
    for arguments in (["list"], ["add", OTHER]):
        result = fairlot("trust", *arguments)
        assert result.exit_code == 2
        assert "chmod 600" in one_line(result.stderr)


def test_a_broken_file_is_never_overwritten(home: Path) -> None:
    home.mkdir()
    path = home / "trusted-keys.json"
    path.write_text(json.dumps({"type": "policy", "version": 2, "keys": [], "require": []}))
    path.chmod(0o600)
    result = fairlot("trust", "add", KEY)
    assert result.exit_code == 2
    assert "version" in one_line(result.stderr)
    assert json.loads(path.read_text())["version"] == 2


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = fairlot("trust", "add", KEY, env={"FAIRLOT_HOME": str(tmp_path / "file" / "below")})
    assert result.exit_code == 2
    assert "FAIRLOT_HOME" in one_line(result.stderr)
