"""Rules for an audit: each document read by both evaluators, found by its digest or by the game's name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from certification.history import HistoryError
from rng.games import Rules, RulesError, parse_rules
from rng.games.loader import BUNDLED, LoadError, read_document
from verifier import Malformed, TooExpensive, read_rules
from verifier import Rules as VerifierRules


@dataclass(frozen=True, slots=True, eq=False)
class Game:
    """Hold the rules of one game, as the engine read them and as the verifier did."""

    engine: Rules
    verifier: VerifierRules

    @property
    def name(self) -> str:
        """The game's name."""
        return self.engine.name

    @property
    def digest(self) -> str:
        """The digest of the rules document, 64 hex characters."""
        return self.engine.digest


class Shelf:
    """Hold the games that an audit knows."""

    def __init__(self, games: Iterable[Game]) -> None:
        self._by_digest: dict[str, Game] = {}
        self._by_name: dict[str, Game] = {}
        for game in games:
            self._by_digest[game.digest] = game
            self._by_name[game.name] = game

    def find(self, name: str, digest: str) -> Game | None:
        """Return a game by its digest, or by its name where the digest is empty; the newest one that was added."""
        return self._by_digest.get(digest) if digest else self._by_name.get(name)

    def digests(self) -> list[str]:
        """List the digests, sorted."""
        return sorted(self._by_digest)


def load_shelf(paths: Iterable[Path] = (), *, documents: Iterable[Mapping[str, Any]] = ()) -> Shelf:
    """Return the bundled games and those of rules files, folders and documents; of two of one name the last counts.

    Args:
        paths: rules files, or folders whose `*.json` files they are.
        documents: rules documents, such as a service publishes.

    Raises:
        HistoryError: a file holds no rules document.
    """
    games = list(_bundled())
    for path in paths:
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not files:
            raise HistoryError(f"{path}: holds no rules document: no file ends with .json")
        games += [read_game(file) for file in files]
    games += [_game(json.dumps(document).encode("utf-8"), dict(document), "the rules") for document in documents]
    return Shelf(games)


@cache
def _bundled() -> tuple[Game, ...]:
    return tuple(read_game(path) for path in sorted(BUNDLED.glob("*.json")))


def read_game(path: Path) -> Game:
    """Return the rules of one file, read by both evaluators.

    Raises:
        HistoryError: it holds no rules document, or the two do not agree about it.
    """
    try:
        return _game(path.read_bytes(), read_document(path), str(path))
    except (OSError, LoadError) as error:
        raise HistoryError(f"{path}: is no rules document: {error}") from None


def _game(data: bytes, document: object, where: str) -> Game:
    try:
        game = Game(parse_rules(document), read_rules(data))
    except (RulesError, Malformed, TooExpensive) as error:
        raise HistoryError(f"{where}: is no rules document: {error}") from None
    if game.engine.digest != game.verifier.digest:
        raise HistoryError(f"{where}: the two evaluators find different digests; please report this")
    return game
