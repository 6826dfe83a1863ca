"""The loader reads documents strictly, and tells which file is wrong and why."""

from __future__ import annotations

import builtins
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rng.games import RulesError, loader, parse_rules
from rng.games.loader import BUNDLED, LoadError, bundled_games, check_schema, load_file, load_games, read_document

from .builder import document


def test_bundled_games_are_called_as_their_files_and_fit_the_schema() -> None:
    games = bundled_games()
    assert len(games) >= 22
    for name, rules in games.items():
        path = BUNDLED / f"{name}.json"
        assert load_file(path).digest == rules.digest


def test_a_folder_adds_games(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(document(name="mine"), indent=2))
    (tmp_path / "readme.txt").write_text("no game")
    games = load_games(tmp_path)
    assert games["mine"].digest == parse_rules(document(name="mine")).digest
    assert set(games) == {*bundled_games(), "mine"}
    assert set(load_games()) == set(bundled_games())


@pytest.mark.parametrize("name", ["coinflip", "twice"])
def test_a_name_that_occurs_twice_is_refused(tmp_path: Path, name: str) -> None:
    for file in ("a.json", "b.json"):
        (tmp_path / file).write_text(json.dumps(document(name=name)))
    with pytest.raises(LoadError, match=f"a game called {name} exists already"):
        load_games(tmp_path)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="is no folder"):
        load_games(tmp_path / "nowhere")


GOOD = json.dumps(document())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "strict JSON"),
        (b"{", "strict JSON"),
        (b"\xff\xfe", "UTF-8"),
        (b"\xef\xbb\xbf" + GOOD.encode(), "strict JSON"),
        (GOOD.replace('"version": 1', '"version": 1, "version": 1').encode(), "'version' occurs twice"),
        (GOOD.replace("19800", "19800.0").encode(), "no integer"),
        (GOOD.replace("19800", "NaN").encode(), "no integer"),
        (GOOD.replace("19800", "9" * 5000).encode(), "strict JSON"),
        (b"[" * 100_000, "nests too deep"),
        (GOOD.encode() + b" " * 2**20, "longer than"),
        (b"[]", "JSON Schema"),
        (GOOD.replace('"type": "rules"', '"type": "rule"').encode(), "/type: does not fit the JSON Schema"),
        (GOOD.replace("19800", '"later"').encode(), "/payout/if/1: nothing is called 'later'"),
    ],
)
def test_a_file_that_is_no_document_is_refused_with_its_name_and_the_reason(
    tmp_path: Path, data: bytes, why: str
) -> None:
    path = tmp_path / "game.json"
    path.write_bytes(data)
    with pytest.raises(LoadError, match=why) as caught:
        load_file(path)
    assert str(path) in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="cannot be read"):
        load_file(tmp_path / "gone.json")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    for name in ("pipe.json", "folder.json"):
        with pytest.raises(LoadError, match="no regular file"):
            load_file(tmp_path / name)


def test_without_jsonschema_the_bundled_games_load_and_an_operators_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(document(name="mine")))
    imported = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == "jsonschema":
            raise ImportError(name)
        return imported(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    loader._validator.cache_clear()
    bundled_games.cache_clear()
    assert "coinflip" in load_games()
    with pytest.raises(LoadError, match=r"fairlot\[server\]"):
        load_games(tmp_path)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*document(), "add", "n"]), inner, max_size=3)
        ),
    ),
    st.sampled_from(sorted(document())),
)
def test_the_schema_refuses_nothing_that_the_parser_takes(value: Any, field: str) -> None:
    changed = document(**{field: value})
    try:
        parse_rules(changed)
    except RulesError:
        return
    check_schema(changed, Path("game.json"))


def test_read_document_keeps_what_json_says(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    path.write_text('{"a": [1, true, "é\\u00e9"]}', encoding="utf-8")
    assert read_document(path) == {"a": [1, True, "éé"]}
