"""`fairlot outcome` and `fairlot commit` compute what a round must be from the seeds alone."""

from __future__ import annotations

import hashlib
import hmac
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.rules import bundled_names
from tests.cli.running import ROOT, fairlot, fairlot_json, fairlot_process, one_line
from tests.verifier.builder import CLIENT_SEED, RULES, SERVER_SEED, History

SEED = SERVER_SEED.hex()
DICE = ("--game", "dice", "--server-seed", SEED, "--client-seed", "my lucky horse 42", "--nonce", "7")


def _block(game: str, client_seed: str, nonce: int) -> bytes:
    """Return the first block of a round, from hashlib and hmac alone (hmac_sha256_v1.md S3 and S4)."""
    document = json.loads((ROOT / f"rng/games/documents/{game}.json").read_text(encoding="utf-8"))
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    digest = hashlib.sha256(canonical).hexdigest()
    game_key = hmac.digest(SERVER_SEED, f"fairlot/hmac-sha256/v1:{digest}:".encode(), "sha256")
    return hmac.digest(game_key, f"{client_seed}:{nonce}:0".encode(), "sha256")


def test_a_roll_is_the_one_that_a_player_computes_by_hand() -> None:
    word = int.from_bytes(_block("dice", "my lucky horse 42", 7)[:8], "big")
    assert word < 2**64 - 2**64 % 10_000  # no rejection here, so one word decides
    found = fairlot_json("outcome", *DICE, "--param", "direction=under", "--param", "target=2500")
    assert found["draws"] == [{"name": "roll", "value": word % 10_000}]
    assert found["outcome"] == {"roll": word % 10_000, "win": word % 10_000 < 2500}
    assert found["parameters"] == {"direction": "under", "target": 2500}


def test_the_trace_shows_the_bytes_and_the_words() -> None:
    block = _block("dice", "my lucky horse 42", 7)
    shown = fairlot("outcome", *DICE, "--trace").stdout
    assert f"block 0      {block.hex()}" in shown
    assert f"word 0 {block[:8].hex()} = {int.from_bytes(block[:8], 'big')}" in shown
    traced = fairlot_json("outcome", *DICE, "--trace")
    assert traced["trace"]["blocks"] == [block.hex()]
    assert "trace" not in fairlot_json("outcome", *DICE)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_two_openssl_lines_that_it_prints_give_game_key_and_block() -> None:
    seeds = "it's '$HOME' `id` \\"
    arguments = ("--game", "dice", "--server-seed", SEED, "--client-seed", seeds, "--nonce", "7", "--trace")
    lines = [line.strip() for line in fairlot("outcome", *arguments).stdout.splitlines() if "openssl" in line]
    trace = fairlot_json("outcome", *arguments)["trace"]
    printed = [
        subprocess.run(
            ["/bin/sh", "-c", f"SERVER_SEED={shlex.quote(SEED)}; {line}"], capture_output=True, text=True, check=True
        ).stdout.split()[-1]
        for line in lines
    ]
    assert printed == [trace["game_key"], trace["blocks"][0]]


@pytest.mark.parametrize("name", bundled_names())
def test_every_bundled_game_has_an_outcome_with_its_defaults(name: str) -> None:
    found = fairlot_json("outcome", "--game", name, "--server-seed", SEED, "--client-seed", "c", "--nonce", "0")
    assert found["game"] == name
    assert found["draws"]
    assert found["outcome"]
    assert found["commitment"] == hashlib.sha256(SERVER_SEED).hexdigest()


def test_it_agrees_with_what_an_operator_signed(tmp_path: Path) -> None:
    rules = tmp_path / "little-dice.json"
    rules.write_text(json.dumps(RULES, indent=2, ensure_ascii=False))
    record: dict[str, Any] = History().receipt().records[0]
    found = fairlot_json(
        *("outcome", "--rules", rules, "--server-seed", SEED, "--client-seed", CLIENT_SEED, "--nonce", "0"),
        *("--param", "side=over", "--param", "target=3", "--scheme", "hmac-sha256/v1"),
    )
    assert {name: found[name] for name in ("draws", "outcome", "payout", "rules_digest")} == {
        name: record[name] for name in ("draws", "outcome", "payout", "rules_digest")
    }


def test_a_set_is_given_as_numbers_with_commas() -> None:
    arguments = ("--game", "keno", "--server-seed", SEED, "--client-seed", "c", "--nonce", "0")
    found = fairlot_json("outcome", *arguments, "--param", "picks=12,3,7")
    assert found["parameters"]["picks"] == [3, 7, 12]


def test_another_beacon_gives_other_bytes() -> None:
    beacon = f"{'ab' * 32}:17:{'cd' * 32}"
    with_beacon = fairlot_json("outcome", *DICE, "--trace", "--beacon", beacon)
    assert with_beacon["trace"]["game_key"] != fairlot_json("outcome", *DICE, "--trace")["trace"]["game_key"]


def test_a_server_seed_from_standard_input_never_stands_in_the_command_line() -> None:
    arguments = ("--game", "dice", "--server-seed", "-", "--client-seed", "my lucky horse 42", "--nonce", "7", "--json")
    result = fairlot("outcome", *arguments, data=f"{SEED}\n".encode())
    assert result.exit_code == 0
    assert json.loads(result.stdout) == fairlot_json("outcome", *DICE)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--game", "no-such-game"], "dice"),
        (["--game", "../dice"], "no game is called"),
        ([], "--game"),
        (["--game", "dice", "--scheme", "md5/v1"], "hmac-sha256/v1"),
        (["--game", "dice", "--param", "target"], "name=value"),
        (["--game", "dice", "--param", "target=high"], "integer"),
        (["--game", "dice", "--param", "target=0"], "target"),
        (["--game", "dice", "--param", "aim=5"], "its parameters are"),
        (["--game", "dice", "--param", "target=5", "--param", "target=6"], "twice"),
        (["--game", "dice", "--beacon", "sunrise"], "beacon"),
        (["--game", "dice", "--client-seed", "a\nb"], "control"),
        (["--game", "dice", "--client-seed", ""], "client_seed"),
        (["--game", "dice", "--client-seed", "x" * 257], "256"),
        (["--game", "dice", "--client-seed", "a\udcffb"], "client_seed"),
        (["--rules", "no-such-file.json"], "no-such-file.json"),
        (["--rules", str(ROOT / "pyproject.toml")], "is no rules document"),
        (["--rules", str(ROOT / "rng/games/documents/dice.json"), "--game", "keno"], "not of 'keno'"),
    ],
)
def test_a_bad_call_is_one_line(arguments: list[str], said: str) -> None:
    result = fairlot("outcome", "--server-seed", SEED, "--client-seed", "c", "--nonce", "0", *arguments)
    assert result.exit_code == 2
    assert said in one_line(result.stderr)


@pytest.mark.parametrize("seed", ["abc", SEED[:-1], SEED + "00", SEED[:-1] + "g", SEED[:-2] + "\u0660\u0661", ""])
@pytest.mark.parametrize("by_input", [False, True])
def test_a_server_seed_of_another_form_is_refused_and_not_repeated(seed: str, by_input: bool) -> None:
    for command in ("commit", "outcome"):
        more = ["--game", "dice", "--client-seed", "c", "--nonce", "0"] if command == "outcome" else []
        result = fairlot(command, "--server-seed", "-" if by_input else seed, *more, data=seed.encode())
        assert result.exit_code == 2
        assert "64 hex characters" in one_line(result.stderr)
        assert not seed or seed not in result.stderr


def test_a_commitment_is_the_sha_256_of_the_bytes() -> None:
    expected = hashlib.sha256(SERVER_SEED).hexdigest()
    assert fairlot("commit", "--server-seed", SEED).stdout == f"{expected}\n"
    assert fairlot("commit", "--server-seed", "-", data=SEED.encode()).stdout == f"{expected}\n"
    assert fairlot_json("commit", "--server-seed", SEED) == {"scheme": "hmac-sha256/v1", "commitment": expected}
    assert fairlot("commit", "--server-seed", SEED, "--scheme", "md5/v1").exit_code == 2


def test_computing_an_outcome_does_not_load_the_generator() -> None:
    code = (
        "import sys; from cli.main import main\n"
        f"sys.argv = ['fairlot', 'outcome', *{list(DICE)!r}, '--json']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "assert not [n for n in sys.modules if n.split('.')[0] == 'rng'], 'the generator was loaded'"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_a_process_gives_the_same(tmp_path: Path) -> None:
    done = fairlot_process("outcome", *DICE, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == fairlot_json("outcome", *DICE)
