"""`fairlot demo` plays and verifies every bundled game, and leaves nothing running."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from cli import demo
from cli.own_service import own_service
from cli.rules import bundled_names, bundled_rules
from tests.cli.running import COMMAND, environment, fairlot
from verifier.rounds import parameters_scope, plan_draws

pytestmark = pytest.mark.slow


def _left(folder: Path) -> list[str]:
    """List the processes that have this folder in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in line:
                found.append(line.decode(errors="replace"))
    return found


def test_every_round_of_every_game_is_verified_and_nothing_is_left(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "demo", "--json"], env=environment(TMPDIR=str(tmp_path)), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    summary = json.loads(done.stdout)
    assert [game["name"] for game in summary["games"]] == bundled_names()
    assert all(game["verified"] == game["rounds"] >= 7 for game in summary["games"])
    assert summary["rounds"] == summary["verified"] == sum(game["rounds"] for game in summary["games"])
    if shutil.which("openssl"):
        assert summary["openssl"]["printed"] == summary["openssl"]["expected"]
    assert list(tmp_path.iterdir()) == []
    assert _left(tmp_path) == []


def test_the_table_names_each_game_with_its_return(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "bundled_names", lambda: ["coinflip", "crash"])
    result = fairlot("demo")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    (coin,) = [line for line in lines if line.startswith("coinflip")]
    (crash,) = [line for line in lines if line.startswith("crash")]
    assert coin.split()[1] == coin.split()[2]
    assert "99 % = 99/100" in coin
    assert "the engine settles" in crash
    assert [line for line in lines if line.startswith("all 2 games")]
    assert result.stdout.count("openssl dgst -sha256 -mac HMAC") == 2
    assert "every round of every game is verified" in result.stdout


def test_one_round_that_is_not_verified_fails_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """A voided outcome is an honest round, and still none that is plainly verified."""
    from cli.seed import Seed

    void_next = Seed.void_next

    def void_drawn(self: Seed, reason: str) -> object:
        from cli.client import seed_path

        path = seed_path(self.seed_id, "/rounds/0/void")
        answer = self._service.send("POST", path, {"reason": reason}, what="voiding")
        self.records.append(self._take(answer["void"], ("void",)))
        return void_next(self, reason)

    monkeypatch.setattr(Seed, "void_next", void_drawn)
    monkeypatch.setattr(demo, "bundled_names", lambda: ["coinflip"])
    result = fairlot("demo")
    assert result.exit_code == 3, result.output
    assert "NOT every round is verified" in result.stdout
    assert "coinflip, nonce 0: voided after outcome" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_demo_that_is_stopped_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*COMMAND, "demo"], env=environment(TMPDIR=str(tmp_path)), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    while not process.stdout.readline().startswith(b"baccarat"):
        assert process.poll() is None
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else 2)
    assert len(errors.strip().splitlines()) == 1  # click begins a new line after a ^C
    assert list(tmp_path.iterdir()) == []
    assert _left(tmp_path) == []


def test_the_demo_does_not_use_the_settings_of_another_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLOT_PORT", "1")
    monkeypatch.setenv("FAIRLOT_CONFIG", "/nowhere/fairlot.toml")
    with own_service(origin=demo.ORIGIN) as running:
        assert not running.url.endswith(":1")


@pytest.mark.parametrize("name", bundled_names())
def test_the_settings_of_each_game_are_allowed_distinct_and_begin_with_the_defaults(name: str) -> None:
    rules = bundled_rules(name)
    settings = demo._settings(rules)
    assert 1 <= len(settings) <= 3
    assert all(one not in settings[:place] for place, one in enumerate(settings))
    if rules.document["parameters"]:
        assert len(settings) >= 2 or name == "slots-3x3"
    for setting in settings:
        assert plan_draws(rules, parameters_scope(rules, setting))
