"""`fairlot stream`: the bytes that the specification has, rounds of games, and a clean end on a closed pipe."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
from pathlib import Path

import pytest

from cli.rules import bundled_rules
from tests.cli.running import COMMAND, environment, fairlot_process, one_line
from verifier import compute_outcome, with_defaults
from verifier.rounds import row_bytes

SEED = bytes(range(32))


def raw(count: int, *, first: int = 0, client: str = "stream") -> bytes:
    """Return the raw stream as the standard library has it."""
    key = hmac.digest(SEED, b"fairlot/hmac-sha256/v1:" + b"0" * 64 + b":", "sha256")
    return b"".join(hmac.digest(key, f"{client}:{nonce}:0".encode(), "sha256") for nonce in range(first, first + count))


@pytest.mark.parametrize("length", [1, 32, 100, 2**18, 2**18 + 1, 700_001])
def test_raw_bytes_are_the_blocks_of_nonces_in_order_and_end_where_they_are_told_to(length: int) -> None:
    done = fairlot_process("stream", "--server-seed", SEED.hex(), "--bytes", str(length))
    assert done.returncode == 0, done.stderr
    assert done.stdout == raw(-(-length // 32))[:length]
    assert done.stderr == b""


def test_a_stream_begins_where_it_is_told_to_and_ends_with_the_last_nonce() -> None:
    first = 2**53 - 3
    done = fairlot_process(
        "stream", "--server-seed", "-", "--first-nonce", str(first), "--client-seed", "é", data=SEED.hex().encode()
    )
    assert done.stdout == raw(3, first=first, client="é")


def test_a_fresh_seed_is_named_so_that_the_stream_can_be_made_again() -> None:
    done = fairlot_process("stream", "--bytes", "64")
    words = one_line(done.stderr.decode()).split()
    seed = words[2]
    assert hashlib.sha256(bytes.fromhex(seed)).hexdigest() in done.stderr.decode()
    assert fairlot_process("stream", "--bytes", "64", "--server-seed", seed).stdout == done.stdout
    assert fairlot_process("stream", "--bytes", "64").stdout != done.stdout


@pytest.mark.parametrize("game", ["dice", "keno", "plinko"])
@pytest.mark.parametrize("form", ["draws", "outcome", "packed"])
def test_rounds_of_a_game_are_those_that_the_verifier_computes(game: str, form: str) -> None:
    rules = bundled_rules(game)
    rounds = [
        compute_outcome(
            "hmac-sha256/v1", SEED, client_seed="stream", nonce=nonce, rules=rules,
            parameters=with_defaults(rules.document, {}),
        )
        for nonce in range(20)
    ]  # fmt: skip
    done = fairlot_process("stream", "--game", game, "--as", form, "--rounds", "20", "--server-seed", SEED.hex())
    assert done.returncode == 0, done.stderr
    draws = [one["draws"] for one in rounds]
    rows = [row_bytes(one) for one in draws if isinstance(one, list)]
    if form == "packed":
        assert done.stdout == b"".join(rows)
    elif form == "outcome":
        assert [json.loads(line) for line in done.stdout.splitlines()] == [one["outcome"] for one in rounds]
    else:
        numbers = [[int.from_bytes(row[at : at + 8], "big") for at in range(0, len(row), 8)] for row in rows]
        assert [[int(number) for number in line.split()] for line in done.stdout.splitlines()] == numbers


@pytest.mark.parametrize("arguments", [[], ["--game", "dice"], ["--game", "dice", "--as", "packed"]])
def test_a_reader_that_closes_the_pipe_ends_it_without_a_word(arguments: list[str]) -> None:
    command = [*COMMAND, "stream", "--server-seed", SEED.hex(), *arguments]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert len(process.stdout.read(1000)) == 1000
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--server-seed", "ab"], "64 hex"),
        (["--client-seed", ""], "client"),
        (["--rounds", "3"], "--game"),
        (["--game", "nonsense"], "nonsense"),
        (["--game", "dice", "--param", "target=0"], "target"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments: list[str], words: str, tmp_path: Path) -> None:
    full = ["--server-seed", SEED.hex(), *arguments] if "--server-seed" not in arguments else arguments
    done = fairlot_process("stream", *full, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert words in one_line(done.stderr.decode())
