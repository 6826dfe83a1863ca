"""`fairlot audit`: files, folders and seeds of a real service, its exit codes, its list, and how it is stopped."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.own_service import OwnService, own_service
from cli.progress import line
from tests.certification.histories import changed, lines_of, rows_of, write_lines, write_table
from tests.cli.running import COMMAND, environment, fairlot, fairlot_json, one_line
from tests.verifier.builder import ORIGIN, RULES, SIGNING_KEY, History

pytest.importorskip("pyarrow", reason="pyarrow, the extra fairlot[audit], is not installed")

KEY = f"{bytes(SIGNING_KEY.verify_key).hex()}@{ORIGIN}"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules" / "little-dice.json"
    path.parent.mkdir()
    path.write_text(json.dumps(RULES))
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_honest_table_ends_with_0(tmp_path: Path, kind: str) -> None:
    summary = fairlot_json("audit", write_table(tmp_path / f"h.{kind}", rows_of(2, 10)))
    assert (summary["status"], summary["rounds"], summary["seeds"]) == ("verified", 20, 2)
    assert summary["run"]["rows_per_second"] > 0
    assert any("final count" in one for one in summary["not_checked"])


def test_a_lie_ends_with_1_and_stands_in_the_list_with_file_and_line(tmp_path: Path) -> None:
    path = write_table(tmp_path / "h.csv", changed(rows_of(2, 10), 12, payout=1))
    result = fairlot("audit", path, "--out", tmp_path / "list.jsonl")
    assert result.exit_code == 1
    assert "refuted" in result.stdout
    assert "1 payout" in result.stdout
    (found,) = [json.loads(one) for one in (tmp_path / "list.jsonl").read_text().splitlines()]
    assert (found["file"], found["line"], found["nonce"], found["check"]) == (str(path), 14, 2, "payout")
    assert found["judged"] == "verifier agrees"


def test_a_bad_row_ends_with_2_and_a_missing_key_with_3(tmp_path: Path, rules: Path) -> None:
    path = write_table(tmp_path / "h.csv", rows_of(1, 5))
    path.write_bytes(path.read_bytes() + b"a,b\n")
    assert fairlot("audit", path).exit_code == 2
    path = write_lines(tmp_path / "h.jsonl", lines_of(History().receipt()))
    assert fairlot("audit", path, "--rules", rules).exit_code == 3
    assert fairlot("audit", path, "--rules", rules.parent, "--key", KEY).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.csv"], "cannot be read"),
        (["https://casino.example", "--with-previous"], "--with-previous goes with --seed"),
        (["https://casino.example", "--state", "x"], "--keep FOLDER"),
        (["https://casino.example?status=revealed"], "no query"),
        (["h.csv", "--seed", "0" * 64], "URL"),
        (["h.csv", "--out", "x", "--state", "x"], "one file"),
        (["h.csv", "--rules", "none.json"], "no rules document"),
        (["h.csv", "--out", "no/such/folder/list"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    tmp_path: Path, arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "h.csv", rows_of(1, 2))
    result = fairlot("audit", *arguments)
    assert result.exit_code == 2
    assert words in one_line(result.stderr)


def test_the_same_sample_is_taken_again_with_its_seed(tmp_path: Path) -> None:
    path = write_table(tmp_path / "h.csv", rows_of(1, 5))
    first = fairlot_json("audit", path)
    seed = first["sample"]["seed"]
    assert fairlot_json("audit", path, "--sample-seed", str(seed))["sample"] == first["sample"]
    assert fairlot_json("audit", path)["sample"]["seed"] != seed


@pytest.fixture(scope="module")
def service() -> Iterator[OwnService]:
    """Run one service for all tests of this module."""
    with own_service(origin="audited.example/test") as running:
        yield running


def _played(service: OwnService, out: Path, player: str) -> Path:
    result = fairlot(
        "play", "--url", service.url, "--game", "dice", "--rounds", "4", "--out", out, "--player", player,
        "--key", service.pinned_key, env={"FAIRLOT_API_KEY": service.api_key},
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    return max(out.glob("*-statements.jsonl"), key=lambda path: path.stat().st_mtime_ns)


def test_what_play_keeps_and_what_the_service_gives_is_one_history(service: OwnService, tmp_path: Path) -> None:
    statements = _played(service, tmp_path / "play", "one")
    assert fairlot("audit", statements, "--key", service.pinned_key).exit_code == 0
    seed_id = json.loads(statements.read_bytes().splitlines()[1])["seed_id"]
    keep = tmp_path / "kept"
    summary = fairlot_json("audit", service.url, "--seed", seed_id, "--key", service.pinned_key, "--keep", keep)
    assert (summary["status"], summary["rounds"], summary["signatures"]["checked"]) == ("verified", 4, 7)
    assert (keep / f"{seed_id}.jsonl").read_bytes() == statements.read_bytes()


def test_the_seeds_before_come_too_in_their_order(service: OwnService, tmp_path: Path) -> None:
    _played(service, tmp_path / "play", "two")
    second = _played(service, tmp_path / "play", "two")
    seed_id = json.loads(second.read_bytes().splitlines()[1])["seed_id"]
    arguments = ["audit", service.url, "--seed", seed_id, "--with-previous", "--key", service.pinned_key]
    summary = fairlot_json(*arguments)
    assert (summary["status"], summary["rounds"], summary["seeds"]) == ("verified", 8, 2)


@pytest.mark.slow
def test_an_interrupted_audit_says_how_to_go_on_and_goes_on(tmp_path: Path) -> None:
    path = write_table(tmp_path / "h.parquet", rows_of(2, 400))  # 7 rows a group, so that there are many blocks
    state, out = tmp_path / "state", tmp_path / "list"
    command = [*COMMAND, "audit", str(path), "--state", str(state), "--out", str(out), "--json"]
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    while not out.exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, b"")
    assert f"go on with the same command and --state {state}" in one_line(errors.decode())
    assert state.exists()
    output = subprocess.run(command, env=environment(), capture_output=True, check=True).stdout
    assert json.loads(output)["rounds"] == 800
    assert not state.exists()


def test_the_bar_is_for_a_terminal_only(tmp_path: Path) -> None:
    path = write_table(tmp_path / "h.parquet", rows_of(1, 40))
    quiet = subprocess.run([*COMMAND, "audit", str(path)], env=environment(), capture_output=True, check=True)
    assert quiet.stderr == b""
    master, slave = pty.openpty()
    with subprocess.Popen([*COMMAND, "audit", str(path)], env=environment(), stderr=slave, stdout=subprocess.DEVNULL):
        os.close(slave)
        seen = b""
        try:
            while chunk := os.read(master, 4096):
                seen += chunk
        except OSError:  # the other end is closed
            pass
    os.close(master)
    assert re.search(rb"auditing \[[#.]+\] +\d+%  [\d,]+ rows/s  \S+ left", seen), seen


def test_the_bar_says_rate_and_time_left_of_this_run() -> None:
    text = line("auditing", 0.5, 1000, 10.0, share=0.25)
    assert text == "auditing [############............]  50%  100 rows/s  0:20 left"
    assert line("auditing", 0.0, 0, 0.0, share=0.0).endswith("? left")


def test_verifying_does_not_load_what_an_audit_needs() -> None:
    program = (
        "import sys, cli.main, cli.verify; print(any(name in sys.modules for name in ('numpy', 'pyarrow', 'rng')))"
    )
    answer = subprocess.run([sys.executable, "-c", program], env=environment(), capture_output=True, check=True)
    assert answer.stdout == b"False\n"
