"""The loader of games: it reads rules documents from files, the bundled ones and an operator's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rng.games.document import DOCUMENT_LIMIT, parse_rules
from rng.games.expression import RulesError, point
from rng.games.operators import show
from rng.games.rules import Rules

BUNDLED = Path(__file__).parent / "documents"
SCHEMA = Path(__file__).parent / "rules.schema.json"

# A file is meant for people and may hold white space; the bytes that count are the canonical ones.
_FILE_LIMIT = 4 * DOCUMENT_LIMIT


class LoadError(ValueError):
    """Say which file holds no usable rules document, and why."""


def load_games(folder: Path | None = None) -> Mapping[str, Rules]:
    """Return all games by name: the bundled ones, and those of an operator's folder.

    Args:
        folder: a folder whose `*.json` files are rules documents; `None` for the bundled games only.

    Raises:
        LoadError: a file holds no valid rules document, the folder is none, or a name occurs twice.
    """
    games = dict(bundled_games())
    if folder is None:
        return MappingProxyType(games)
    if not folder.is_dir():
        raise LoadError(f"{folder} is no folder; name one that holds rules documents")
    for path in sorted(folder.glob("*.json")):
        rules = load_file(path)
        if rules.name in games:
            raise LoadError(f"{path}: a game called {rules.name} exists already; give this one another name")
        games[rules.name] = rules
    return MappingProxyType(games)


@cache
def bundled_games() -> Mapping[str, Rules]:
    """Return the bundled games by name.

    Raises:
        LoadError: the installation is damaged.
    """
    games: dict[str, Rules] = {}
    for path in sorted(BUNDLED.glob("*.json")):
        rules = _parse(path, read_document(path))
        if rules.name != path.stem:
            raise LoadError(f"{path}: the file of the game {rules.name} is called {rules.name}.json")
        games[rules.name] = rules
    return MappingProxyType(games)


def load_file(path: Path) -> Rules:
    """Return the rules of one file, held against the JSON Schema first.

    Args:
        path: a file of UTF-8 JSON without duplicate keys; it may be pretty-printed.

    Raises:
        LoadError: the file cannot be read, or holds no valid rules document; or jsonschema is not installed.
    """
    document = read_document(path)
    check_schema(document, path)
    return _parse(path, document)


def _parse(path: Path, document: object) -> Rules:
    try:
        return parse_rules(document)
    except RulesError as error:
        raise LoadError(f"{path}: {error}") from None


def read_document(path: Path) -> object:
    """Return the JSON value of a file, strictly read.

    Raises:
        LoadError: the file cannot be read, is too large, is not UTF-8 or not JSON, or holds a duplicate key or a float.
    """
    if path.exists() and not path.is_file():
        raise LoadError(f"{path}: is no regular file")
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_LIMIT + 1)
    except OSError as error:
        raise LoadError(f"{path}: cannot be read: {error.strerror}") from None
    if len(data) > _FILE_LIMIT:
        raise LoadError(f"{path}: is longer than {_FILE_LIMIT} bytes")
    try:
        value: object = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_int=_integer,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
    except UnicodeDecodeError as error:
        raise LoadError(f"{path}: is not UTF-8: byte {error.start}") from None
    except RecursionError:
        raise LoadError(f"{path}: nests too deep") from None
    except ValueError as error:
        raise LoadError(f"{path}: is not strict JSON: {error}") from None
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {show(next(key for key in keys if keys.count(key) > 1))} occurs twice")
    return result


def _integer(text: str) -> int:
    # The value 0 has one spelling (canonical.md C4.2); and Python's message for thousands of digits speaks of Python.
    if text == "-0" or len(text) > 17:
        raise ValueError(f"{text:.40} is no integer within 2^53 - 1, or is spelt in another way than its value")
    return int(text)


def _refuse(text: str) -> object:
    raise ValueError(f"{text:.40} is no integer; fractions do not occur in rules")


@cache
def _validator() -> Any:
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        raise LoadError("an operator's rules need jsonschema; install it with: pip install 'fairlot[server]'") from None
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def check_schema(document: object, path: Path) -> None:
    """Hold a document against `rules.schema.json`.

    Raises:
        LoadError: it does not fit; or jsonschema is not installed.
    """
    error = next(iter(sorted(_validator().iter_errors(document), key=lambda error: list(map(str, error.path)))), None)
    if error is not None:
        place = point("", *error.absolute_path) or "/"
        raise LoadError(f"{path}: {place}: does not fit the JSON Schema: {error.message[:200]}")
