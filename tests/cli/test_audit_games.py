"""`fairlot audit URL`: a service that lies about its games, to keep an audit at work or to fill its memory."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from cli import audit_download
from tests.cli.casino import KEY, serving, three_seeds
from tests.cli.running import fairlot, one_line
from tests.verifier.builder import RULES

GAMES = "/v1/games"


def many(count: int) -> dict[str, Any]:
    """Return a list of games that all are one."""
    return {"games": [{"name": "little-dice"}] * count}


def test_more_games_than_there_may_be_are_refused_before_any_is_asked_for() -> None:
    casino, *_ = three_seeds()
    casino.lies[GAMES] = lambda query, honest: many(audit_download.MOST_GAMES + 1)
    with serving(casino):
        result = fairlot("audit", casino.url, "--key", KEY)
    assert result.exit_code == 2
    assert f"lists {audit_download.MOST_GAMES + 1} games" in one_line(result.stderr)
    assert not [path for path in casino.requests if path.startswith(f"{GAMES}/")]


def test_rules_that_are_too_long_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_download, "MOST_RULES_BYTES", 10_000)
    casino, *_ = three_seeds()
    casino.lies[GAMES] = lambda query, honest: many(100)
    casino.lies[f"{GAMES}/little-dice"] = lambda query, honest: {"rules": {**RULES, "summary": "x" * 4000}}
    with serving(casino):
        result = fairlot("audit", casino.url, "--key", KEY)
    assert result.exit_code == 2
    assert "rules of more than 10000 bytes" in one_line(result.stderr)
    assert len([path for path in casino.requests if path.startswith(f"{GAMES}/")]) <= 3


def test_an_audit_stops_between_two_games() -> None:
    casino, *_ = three_seeds()
    casino.lies[GAMES] = lambda query, honest: many(50)

    def stop(query: dict[str, str], honest: Any) -> Any:
        del casino.lies[f"{GAMES}/little-dice"]
        os.kill(os.getpid(), signal.SIGINT)
        return honest

    casino.lies[f"{GAMES}/little-dice"] = stop
    with serving(casino):
        result = fairlot("audit", casino.url, "--key", KEY)
    assert result.exit_code == 130
    assert len([path for path in casino.requests if path.startswith(f"{GAMES}/")]) <= 2
