"""Audits that are stopped or killed: resumed, they give the same summary and the same list as one that went through."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from certification.audit import Interrupted
from certification.history import HistoryError
from tests.certification.histories import Row, changed, lines_of, rows_of, run, write_lines, write_table
from tests.cli.running import fairlot
from tests.verifier.builder import PINNED, RULES, History
from verifier import Policy

pytest.importorskip("pyarrow", reason="pyarrow, the extra fairlot[audit], is not installed")

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def bad_rows() -> list[Row]:
    """Rows with a lie, a double, a gap and a malformed row among them."""
    rows = changed(rows_of(6, 30), 17, payout=5)
    rows = changed(changed(rows, 100, nonce=3), 150, server_seed="no")
    return changed(rows, 160, **{"outcome.win": "maybe"})


def statements() -> list[bytes]:
    history = History()
    for _ in range(20):
        history.receipt()
    history.receipt(payout=1).batch(10).void_drawn(3).receipt().void_drawn(21)
    lines = lines_of(history, rounds=3)
    return [*lines[:9], b"no statement", *lines[9:]]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make blocks of a few rows, so that there is something between two blocks."""
    monkeypatch.setattr("certification.history_csv.BLOCK_BYTES", 1500)
    monkeypatch.setattr("certification.history_arrow.BATCH_ROWS", 4)
    monkeypatch.setattr("certification.history_statements.BLOCK_LINES", 4)


def _stop_after(blocks: int) -> Callable[[], bool]:
    left = [blocks]

    def is_stopped() -> bool:
        left[0] -= 1
        return left[0] < 0

    return is_stopped


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl", "all"])
@pytest.mark.parametrize("step", [1, 3])
def test_an_audit_that_is_stopped_again_and_again_gives_the_same_report(
    tmp_path: Path, bad_rows: list[Row], kind: str, step: int
) -> None:
    paths = []
    for one in ("csv", "parquet", "jsonl") if kind == "all" else (kind,):
        path = tmp_path / f"h.{one}"
        if one == "jsonl":
            write_lines(path, statements())
        elif one == "parquet":
            rows = [
                {n: v if isinstance(v, str | int) or v is None else str(v) for n, v in row.items()} for row in bad_rows
            ]
            write_table(path, [{**row, "outcome.win": str(row["outcome.win"]).lower()} for row in rows])
        else:
            write_table(path, bad_rows)
        paths.append(path)
    whole = run(*paths, rules=[RULES], out=tmp_path / "list")
    whole_list = (tmp_path / "list").read_bytes()
    state, stops = tmp_path / "state", 0
    while True:
        try:
            # The first pass over statements asks too, and has to get through each time.
            again = run(
                *paths,
                rules=[RULES],
                out=tmp_path / "list",
                state_path=state,
                is_stopped=_stop_after(step + 7),
                sample_seed=7 if not stops else 99,
            )
            break
        except Interrupted:
            stops += 1
            assert state.exists()
    assert stops >= 2
    assert again == whole
    assert (tmp_path / "list").read_bytes() == whole_list
    assert not state.exists()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


SLOWED = """
import sys, time
from pathlib import Path
from certification import history_csv
from tests.certification.histories import run
history_csv.BLOCK_BYTES = 4000
folder = Path(sys.argv[1])
run(folder / "h.csv", out=folder / "list", state_path=folder / "state", checkpoint_s=0.0,
    on_progress=lambda progress: time.sleep(0.02))
"""


@pytest.mark.slow
def test_an_audit_that_is_killed_goes_on_and_gives_the_same_report(tmp_path: Path, bad_rows: list[Row]) -> None:
    path = write_table(tmp_path / "h.csv", bad_rows)
    whole = run(path, out=tmp_path / "whole")
    kills = 0
    for attempt in range(60):
        process = subprocess.Popen([sys.executable, "-c", SLOWED, str(tmp_path)], env=_environment())
        # Killed a little after its first new checkpoint, wherever that is.
        before = (tmp_path / "state").stat().st_mtime_ns if (tmp_path / "state").exists() else 0
        while process.poll() is None:
            state = tmp_path / "state"
            try:
                moved = state.stat().st_mtime_ns != before
            except FileNotFoundError:
                moved = False
            if moved:
                time.sleep(0.001 * (attempt % 7))
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.001)
        if process.wait() == 0:
            break
        kills += 1
        # What the killed one wrote behind its last checkpoint must not be there twice.
    else:
        pytest.fail("the audit never came to its end")
    assert kills > 3
    assert (tmp_path / "list").read_bytes() == (tmp_path / "whole").read_bytes()
    assert whole[0].exit_code == 1


def test_a_state_of_another_audit_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    path = write_table(tmp_path / "h.csv", rows_of(1, 3))
    state = tmp_path / "state"
    with pytest.raises(Interrupted):
        run(path, state_path=state, is_stopped=lambda: True)
    with pytest.raises(HistoryError, match="another audit"):
        run(path, state_path=state, policy=Policy())
    with pytest.raises(HistoryError, match="another audit"):
        run(path, state_path=state, out=tmp_path / "elsewhere")
    state.write_bytes(state.read_bytes().replace(b'"rows"', b'"Rows"').replace(b"0", b"1", 1))
    with pytest.raises(HistoryError, match="damaged"):
        run(path, state_path=state)
    state.unlink()
    assert run(path, state_path=state)[0].exit_code == 0


def test_a_history_that_changed_meanwhile_is_not_gone_on_with(tmp_path: Path) -> None:
    rows = rows_of(1, 4)
    path = write_table(tmp_path / "h.csv", rows)
    with pytest.raises(Interrupted):
        run(path, state_path=tmp_path / "state", is_stopped=lambda: True)
    write_table(path, changed(rows, 2, payout=77777))
    with pytest.raises(HistoryError, match="another audit"):
        run(path, state_path=tmp_path / "state")


def _stopped(paths: list[Path], state: Path, blocks: int) -> None:
    with pytest.raises(Interrupted):
        run(*paths, rules=[RULES], state_path=state, is_stopped=_stop_after(blocks))


def _edit(path: Path, place: int, *, bit: int = 1) -> None:
    """Change one byte of a file and nothing else: neither its size nor the time of its last change."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[place] ^= bit
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.fixture(scope="module")
def long_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Hold a history of each format, longer than the 64 KiB that every start looks at."""
    folder = tmp_path_factory.mktemp("long")
    rows = rows_of(2, 400)
    history = History()
    for _ in range(110):
        history.receipt()
    paths = [write_table(folder / f"h.{kind}", rows) for kind in ("csv", "parquet")]
    paths.append(write_lines(folder / "h.jsonl", lines_of(history)))
    assert {path.name: path.stat().st_size for path in paths if path.stat().st_size < 80_000} == {}
    return {path.suffix: path.read_bytes() for path in paths}


@pytest.mark.parametrize("kind", [".csv", ".parquet", ".jsonl"])
def test_one_byte_changed_in_what_was_gone_through_is_seen_on_the_resume(
    tmp_path: Path, long_files: dict[str, bytes], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certification.history_csv.BLOCK_BYTES", 20_000)
    monkeypatch.setattr("certification.history_statements.BLOCK_LINES", 4)
    path, state = tmp_path / f"h{kind}", tmp_path / "state"
    path.write_bytes(long_files[kind])
    whole = run(path, rules=[RULES])
    # In statements the first pass is asked too, block by block, before the second one begins.
    _stopped([path], state, -(-long_files[kind].count(b"\n") // 4) + 22 if kind == ".jsonl" else 5)
    kept, place = state.read_bytes(), 70_000
    _edit(path, place)
    with pytest.raises(HistoryError, match=rf"{path.name}: was changed in its first \d+ bytes .* begin again"):
        run(path, rules=[RULES], state_path=state)
    assert state.read_bytes() == kept
    _edit(path, place)
    assert run(path, rules=[RULES], state_path=state) == whole


def test_the_end_of_statements_is_looked_at_too_for_their_first_pass_saw_it(
    tmp_path: Path, long_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server seed stands in the last line, and the rounds that were gone through were held against it."""
    monkeypatch.setattr("certification.history_statements.BLOCK_LINES", 4)
    path, state = tmp_path / "h.jsonl", tmp_path / "state"
    path.write_bytes(long_files[".jsonl"])
    _stopped([path], state, -(-long_files[".jsonl"].count(b"\n") // 4) + 1)
    _edit(path, path.stat().st_size - 10)
    with pytest.raises(HistoryError, match="was changed"):
        run(path, rules=[RULES], state_path=state)


def test_a_file_that_was_done_with_is_looked_at_when_a_later_one_is_gone_on_with(
    tmp_path: Path, long_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certification.history_csv.BLOCK_BYTES", 20_000)
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        path.write_bytes(long_files[".csv"])
    blocks = -(-len(long_files[".csv"]) // 20_000)
    _stopped(paths, tmp_path / "state", blocks + 2)
    _edit(paths[0], len(long_files[".csv"]) - 3)
    with pytest.raises(HistoryError, match=r"a\.csv: was changed"):
        run(*paths, rules=[RULES], state_path=tmp_path / "state")


def test_rows_that_were_not_gone_through_are_audited_as_they_stand(
    tmp_path: Path, long_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certification.history_csv.BLOCK_BYTES", 20_000)
    path, state = tmp_path / "h.csv", tmp_path / "state"
    path.write_bytes(long_files[".csv"])
    _stopped([path], state, 2)
    _edit(path, path.stat().st_size - 2)
    again = run(path, rules=[RULES], state_path=state)
    assert [(one["line"], one["check"]) for one in again[1]] == [(801, "payout")]
    assert again == run(path, rules=[RULES])


def test_the_command_refuses_a_history_that_was_changed_with_exit_code_2(
    tmp_path: Path, long_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certification.history_csv.BLOCK_BYTES", 20_000)
    path, state, out = tmp_path / "h.csv", tmp_path / "state", tmp_path / "list"
    path.write_bytes(long_files[".csv"])
    with pytest.raises(Interrupted):
        run(path, policy=Policy(), out=out, state_path=state, is_stopped=_stop_after(5))
    _edit(path, 70_000)
    refused = fairlot("audit", path, "--state", state, "--out", out)
    assert refused.exit_code == 2
    assert "was changed in its first" in " ".join(refused.stderr.split())
    assert state.exists()


def test_a_state_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    path = write_table(tmp_path / "h.csv", rows_of(1, 3))
    state = tmp_path / "state"
    with pytest.raises(Interrupted):
        run(path, state_path=state, is_stopped=lambda: True)
    body = json.loads(state.read_text().split("\n")[1])
    older = json.dumps({**body, "version": 1}, separators=(",", ":"))
    state.write_text(hashlib.sha256(older.encode()).hexdigest() + "\n" + older + "\n")
    with pytest.raises(HistoryError, match="another version"):
        run(path, state_path=state)


def test_a_state_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = write_table(tmp_path / "h.csv", rows_of(1, 3))
    with pytest.raises(Interrupted):
        run(path, state_path=tmp_path / "state", is_stopped=lambda: True)
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
    assert PINNED.keys


def test_the_same_audit_gives_the_same_summary_and_another_sample_the_same_findings(
    tmp_path: Path, bad_rows: list[Row]
) -> None:
    path = write_table(tmp_path / "h.csv", bad_rows)
    one, two, other = (run(path, sample_seed=seed) for seed in (1, 1, 2))
    assert one == two
    assert one[1] == other[1]
    assert _without_sample(one[0].as_json()) == _without_sample(other[0].as_json())


def _without_sample(summary: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in summary.items() if name != "sample"})
