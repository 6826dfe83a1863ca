"""`fairlot play`, `serve` and `keys` against a real service in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.errors import CliError
from cli.own_service import OwnService, own_service
from cli.proofs import Checked
from tests.cli.running import COMMAND, environment, fairlot, fairlot_process, one_line
from tests.verifier.builder import OTHER_KEY

ORIGIN = "house.example/test"


@pytest.fixture(scope="module")
def service() -> Iterator[OwnService]:
    """Run one service for all tests of this module."""
    with own_service(origin=ORIGIN) as running:
        yield running


def _play(service: OwnService, out: Path, *more: str, rounds: int = 3, game: str = "dice") -> Any:
    arguments = ["play", "--url", service.url, "--game", game, "--rounds", str(rounds), "--out", str(out)]
    return fairlot(*arguments, *more, env={"FAIRLOT_API_KEY": service.api_key})


def test_rounds_are_played_and_verified_and_can_be_verified_again(service: OwnService, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "folder"
    result = _play(service, out, "--param", "target=2500", "--param", "direction=over")
    assert result.exit_code == 0, result.output
    assert "3 of 3 rounds" in result.stdout
    assert service.api_key not in result.output
    files = sorted(out.glob("*.proof.json"))
    assert len(files) == 3
    again = fairlot("verify", *files, "--policy", out / "policy.json", "-q")
    assert again.exit_code == 0, again.output
    # Against the key that the operator itself named, not only the one that was pinned on first sight.
    assert fairlot("verify", *files, "--key", service.pinned_key, "-q").exit_code == 0
    record = json.loads(files[1].read_bytes())["record"]
    assert record["parameters"] == {"direction": "over", "target": 2500}
    assert record["client_seed_source"] == "player"


def test_the_client_seed_is_made_after_the_epoch_and_differs_each_time(service: OwnService, tmp_path: Path) -> None:
    seeds = []
    for place in range(2):
        assert _play(service, tmp_path / str(place), rounds=1).exit_code == 0
        (path,) = (tmp_path / str(place)).glob("*.proof.json")
        proof = json.loads(path.read_bytes())
        assert proof["epoch"]["time"] <= proof["activation"]["time"]
        seeds.append(proof["record"]["client_seed"])
    assert len(set(seeds)) == 2
    assert all(len(seed) == 32 for seed in seeds)


def test_every_signed_statement_is_kept_in_order(service: OwnService, tmp_path: Path) -> None:
    _play(service, tmp_path)
    (path,) = tmp_path.glob("*-statements.jsonl")
    types = [json.loads(line)["type"] for line in path.read_text().splitlines()]
    assert types == ["epoch", "activation", "receipt", "receipt", "receipt", "reveal"]


def test_a_batch_is_played_in_one_step(service: OwnService, tmp_path: Path) -> None:
    result = _play(service, tmp_path, "--batch", "--json", rounds=5, game="plinko")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert (summary["rounds"], summary["verified"], summary["rounds_with_payout"]) == (5, 5, 5)
    assert [one["exit_code"] for one in summary["results"]] == [0] * 5
    (path,) = tmp_path.glob("*-statements.jsonl")
    assert [json.loads(line)["type"] for line in path.read_text().splitlines()][2] == "batch"


def test_a_player_who_comes_back_plays_the_announced_seed(service: OwnService, tmp_path: Path) -> None:
    for place in range(2):
        assert _play(service, tmp_path, "--player", "returning").exit_code == 0, place
    epochs = {}
    for path in tmp_path.glob("*.proof.json"):
        epoch = json.loads(path.read_bytes())["epoch"]
        epochs[epoch["sequence"]] = epoch
    assert sorted(epochs) == [0, 1]
    assert epochs[1]["commitment"] == epochs[0]["next_commitment"]


def test_a_seed_in_play_is_not_taken_over(service: OwnService, tmp_path: Path) -> None:
    def call(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            service.url + path,
            data=json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"Bearer {service.api_key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    seed_id = call("POST", "/v1/seeds", {"player": "busy"})["seed_id"]
    call("PUT", f"/v1/seeds/{seed_id}/client-seed", {"client_seed": "another's", "source": "player"})
    result = _play(service, tmp_path, "--player", "busy")
    assert result.exit_code == 2
    line = one_line(result.stderr)
    assert "seed_open" in line
    assert seed_id in line
    assert "--player" in line


def test_the_key_is_pinned_before_the_first_round_and_kept_private(service: OwnService, tmp_path: Path) -> None:
    _play(service, tmp_path)
    policy = json.loads((tmp_path / "policy.json").read_text())
    assert [f"{key['public_key']}@{key['origin']}" for key in policy["keys"]] == [service.pinned_key]
    assert stat.S_IMODE((tmp_path / "policy.json").stat().st_mode) == 0o600


def test_a_folder_remembers_the_key_of_the_first_play(service: OwnService, tmp_path: Path) -> None:
    """A service that comes back with another key is not played on, nor is the policy changed."""
    policy = tmp_path / "policy.json"
    other = {"public_key": bytes(OTHER_KEY.verify_key).hex(), "origin": ORIGIN, "note": ""}
    policy.write_text(json.dumps({"type": "policy", "version": 1, "keys": [other], "require": []}))
    before = policy.read_bytes()
    result = _play(service, tmp_path)
    assert result.exit_code == 2
    assert "nothing was played" in one_line(result.stderr)
    assert policy.read_bytes() == before


def test_a_given_key_is_held_against_the_service(service: OwnService, tmp_path: Path) -> None:
    assert _play(service, tmp_path / "a", "--key", service.pinned_key).exit_code == 0
    result = _play(service, tmp_path / "b", "--key", f"{bytes(OTHER_KEY.verify_key).hex()}@{ORIGIN}")
    assert result.exit_code == 2
    assert "not given with --key" in one_line(result.stderr)


def test_a_remembered_key_is_held_against_the_service(service: OwnService, tmp_path: Path) -> None:
    fairlot("trust", "add", f"{bytes(OTHER_KEY.verify_key).hex()}@{ORIGIN}")
    result = _play(service, tmp_path)
    assert result.exit_code == 2
    assert "remembered by fairlot trust" in one_line(result.stderr)
    fairlot("trust", "add", service.pinned_key)
    assert _play(service, tmp_path).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--param", "target=0"], "nothing was played"),
        (["--param", "aim=1"], "its parameters are"),
        (["--game", "no-such-game"], "game_not_found"),
        (["--game", "../keys"], "a game's name"),
        (["--api-key", "flk_wrong"], "unauthenticated"),
        (["--api-key", ""], "unauthenticated"),
        (["--url", "http://127.0.0.1:1"], "is the service running"),
        (["--url", "http://example.org"], "https"),
        (["--rounds", "0"], "--help"),
        (["--key", "abc"], "64 hex characters"),
    ],
)
def test_what_cannot_be_played_is_one_line(
    service: OwnService, tmp_path: Path, arguments: list[str], said: str
) -> None:
    result = _play(service, tmp_path, *arguments)
    assert result.exit_code == 2
    assert said in one_line(result.stderr)
    assert list(tmp_path.glob("*.proof.json")) == []


def test_rules_that_are_not_in_force_are_not_played(
    service: OwnService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service publishes other rules of the game than the signed epoch has under its name."""
    from cli.client import Service

    get = Service.get

    def other(self: Service, path: str, *, what: str) -> dict[str, Any]:
        answer: dict[str, Any] = get(self, path, what=what)
        if path.startswith("/v1/games/"):
            answer["rules"]["summary"] = "Kinder rules."
        return answer

    monkeypatch.setattr(Service, "get", other)
    result = _play(service, tmp_path)
    assert result.exit_code == 2
    assert "is not in force" in result.stderr
    # No client seed was given away, and no round was played.
    assert not list(tmp_path.glob("*.jsonl"))


def test_what_is_remembered_comes_before_what_a_folder_was_told(service: OwnService, tmp_path: Path) -> None:
    """A key that came by another way is held against a service that named its own in an earlier play."""
    assert _play(service, tmp_path, rounds=1).exit_code == 0
    fairlot("trust", "add", f"{bytes(OTHER_KEY.verify_key).hex()}@{ORIGIN}")
    result = _play(service, tmp_path, rounds=1)
    assert result.exit_code == 2
    assert "not remembered by fairlot trust" in one_line(result.stderr)


def test_what_memory_requires_is_required_of_a_play_too(service: OwnService, tmp_path: Path, home: Path) -> None:
    home.mkdir()
    (home / "trusted-keys.json").write_text('{"type":"policy","version":1,"keys":[],"require":["log"]}')
    result = _play(service, tmp_path, rounds=1)
    assert result.exit_code == 3, result.output
    assert json.loads((tmp_path / "policy.json").read_text())["require"] == ["log"]


def test_a_folder_that_cannot_be_written_is_said_before_a_round_is_played(service: OwnService, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = _play(service, tmp_path / "file" / "below")
    assert result.exit_code == 2
    assert "--out" in one_line(result.stderr)


def test_a_round_that_is_refuted_gives_exit_code_1_and_is_shown_in_full(
    service: OwnService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof files are spoiled on their way here, their own digests made good."""
    from cli.client import Service
    from verifier.canonical import digest, encode

    fetch = Service.get_bytes

    def spoiled(self: Service, path: str, *, most_bytes: int, what: str) -> bytes:
        proof = json.loads(fetch(self, path, most_bytes=most_bytes, what=what))
        proof["record"]["outcome"]["roll"] += 1
        del proof["sha256"]
        return encode({**proof, "sha256": digest(proof)})

    monkeypatch.setattr(Service, "get_bytes", spoiled)
    result = _play(service, tmp_path)
    assert result.exit_code == 1
    assert "0 of 3 rounds" in result.stdout
    assert "the receipt is another one than during play" in result.stdout
    assert "V11 outcome" in result.stdout
    assert "For the claim to hold all the same" in result.stdout


def test_a_file_that_was_not_checked_is_never_verified() -> None:
    assert Checked(0, "x", None, (), b"").exit_code == 2


# --- serve and keys ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Make keys with `fairlot keys init`."""
    folder = tmp_path_factory.mktemp("house") / "keys"
    done = fairlot_process("keys", "init", "--folder", folder, "--origin", ORIGIN, "--json")
    assert done.returncode == 0, done.stderr
    made: dict[str, str] = json.loads(done.stdout)
    return made


def test_keys_are_passed_on_with_their_exit_code(keys: dict[str, str]) -> None:
    done = fairlot_process("keys", "rotate", "--config", keys["config"], "--json")
    assert done.returncode == 0, done.stderr
    assert "kek_id" in json.loads(done.stdout)
    again = fairlot_process("keys", "init", "--folder", Path(keys["config"]).parent, "--origin", ORIGIN)
    assert again.returncode == 2
    assert b"Traceback" not in again.stderr
    assert fairlot_process("keys", "--frob").returncode == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_ends_by_the_signals_it_gets(keys: dict[str, str], number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--config", keys["config"], "--port", "0", "--print-ready"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        with urllib.request.urlopen(f"{ready['url']}/healthz") as answer:
            assert answer.status == 200
        process.send_signal(number)
        assert process.wait(timeout=60) == 0
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen(f"{ready['url']}/healthz")
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def test_serve_without_settings_says_what_to_do(tmp_path: Path) -> None:
    done = fairlot_process("serve", cwd=tmp_path)
    assert done.returncode == 2
    assert b"keys init" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_folder_called_rng_is_not_taken_for_the_service(tmp_path: Path) -> None:
    (tmp_path / "rng" / "service").mkdir(parents=True)
    for folder in ("rng", "rng/service"):
        (tmp_path / folder / "__init__.py").write_text("")
    (tmp_path / "rng/service/__main__.py").write_text("raise SystemExit(77)")
    program = "from cli.main import main; import sys; sys.argv = ['fairlot', 'serve']; main()"
    done = subprocess.run([sys.executable, "-P", "-c", program], cwd=tmp_path, env=environment(), check=False)
    assert done.returncode == 2


def test_without_the_servers_packages_serve_says_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        "cli.server_process.importlib.util.find_spec", lambda name: None if name == "uvicorn" else find(name)
    )
    for arguments in (["serve"], ["keys", "init"], ["demo"]):
        result = fairlot(*arguments)
        assert result.exit_code == 2
        assert "uvicorn; install it with: pip install 'fairlot[server]'" in one_line(result.stderr)


# --- a service of one's own -------------------------------------------------------------------------------------------


def _gone(process_id: int) -> bool:
    for _ in range(200):
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_nothing_is_left_of_an_own_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def watched(*arguments: Any, **more: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **more))
        return started[-1]

    monkeypatch.setattr("cli.own_service.subprocess.Popen", watched)
    with pytest.raises(RuntimeError, match="halfway"), own_service(origin=ORIGIN) as running:
        assert running.api_key not in repr(running)
        assert len(list(tmp_path.iterdir())) == 1
        raise RuntimeError("halfway")
    assert list(tmp_path.iterdir()) == []
    assert [process.poll() for process in started if "serve" in process.args] == [0]  # type: ignore[operator]


def test_a_service_that_does_not_start_is_one_error_with_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "cli.own_service._make_keys",
        lambda folder, origin: {"config": str(folder / "no.toml"), "origin": origin, "public_key": "", "api_key": ""},
    )
    with pytest.raises(CliError, match=r"ended at once with exit code 2: .*no\.toml"), own_service(origin=ORIGIN):
        pass


def test_keys_that_cannot_be_made_are_one_error() -> None:
    with pytest.raises(CliError, match="making keys failed"), own_service(origin="two words"):
        pass
